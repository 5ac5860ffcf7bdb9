"""Which addresses the crawl may touch; pure rules, nothing here resolves a name or opens a connection."""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import inet_aton
from urllib.parse import urlsplit, urlunsplit

Address = IPv4Address | IPv6Address

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})")
_NAT64 = IPv6Network("64:ff9b::/96")


@lru_cache(maxsize=4096)
def is_public(address: str) -> bool:
    """Tell whether *address*, an IP address as text, belongs to the public internet.

    False for anything that is not one. Private, loopback, link-local, shared (carrier NAT), multicast, reserved and
    unspecified ranges are the special-purpose registries of IANA (RFC 6890), as :mod:`ipaddress` holds them. An IPv6
    address that carries an IPv4 address (mapped, 6to4, NAT64) is as public as what it carries.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return _public_v4(parsed) if isinstance(parsed, IPv4Address) else _public_v6(parsed)


def _public_v4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast


def _public_v6(address: IPv6Address) -> bool:
    if address in _NAT64:
        return _public_v4(IPv4Address(int(address) & 0xFFFFFFFF))
    carried = address.ipv4_mapped or address.sixtofour
    if carried is not None:
        return _public_v4(carried)
    return address in _GLOBAL_UNICAST and address.is_global


def literal_address(host: str) -> str | None:
    """Return the IP address that *host* spells out, in its usual form, or ``None`` where *host* is a name.

    Every form that a resolver takes for an address counts: dotted, shortened, decimal, octal and hexadecimal IPv4
    (``127.1``, ``2130706433``, ``0177.0.0.1``, ``0x7f000001``), IPv6 with or without brackets.
    """
    bare = host.strip("[]").rstrip(".")
    if ":" in bare:
        try:
            return str(IPv6Address(bare))
        except AddressValueError:
            return None
    if not bare or not bare.rpartition(".")[2][:1].isdigit():
        return None
    try:
        return str(IPv4Address(inet_aton(bare)))
    except (OSError, UnicodeEncodeError):
        return None


def is_host_name(host: str) -> bool:
    """Tell whether *host*, in ASCII, can be looked up: labels of 1 to 63 characters, 253 in all (RFC 1035, 2.3.4)."""
    return len(host) <= 253 and all(map(_LABEL.fullmatch, host.split(".")))


def without_credentials(url: str) -> str:
    """Return *url* without ``user:password@``, which a crawl never sends; raise ``ValueError`` where it is no URL."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
