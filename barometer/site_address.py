"""The address of a merchant's site: how people write it, how we keep it, and the key that tells merchants apart."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

from barometer.errors import UserError

MAX_URL_LENGTH = 2000
"""Longest address accepted, in characters (*ours*: what browsers and servers agree to carry)."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?!\d+(?:[/?#]|$))")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"{}|^`\u2028\u2029]")
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_HOST_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"\d+|0x[0-9a-f]*")
_DEFAULT_PORT = {"http": 80, "https": 443}


def site_url(text: str) -> str:
    """Return *text* as an absolute http or https address: lower-case punycode host, escaped path, no default port.

    ``https://`` is added where no scheme is given. A fragment is kept only when it is a route of a single-page site
    (``#/`` or ``#!``). Raises :class:`UserError` for another scheme, credentials, or a host that cannot be one.
    """
    text = text.strip()
    if len(text) > MAX_URL_LENGTH:
        raise UserError(f"the address is {len(text)} characters long", f"give one of at most {MAX_URL_LENGTH}")
    if not text or _FORBIDDEN.search(text):
        raise UserError(f"'{text[:80]}' is not a web address", "write it like https://www.shop.example/")
    parts = _split(_with_scheme(text))
    if "@" in parts.netloc:
        raise UserError("the address holds a user name or password", "remove everything before the @ of the address")
    host = host_name(parts.hostname or "")
    shown = f"[{host}]" if ":" in host else host
    port = _port(parts)
    netloc = shown if port in (None, _DEFAULT_PORT[parts.scheme]) else f"{shown}:{port}"
    root = f"{parts.scheme}://{netloc}/"
    query = f"?{_escaped(parts.query)}" if parts.query else ""
    fragment = f"#{_escaped(parts.fragment)}" if parts.fragment.startswith(("/", "!")) else ""
    return _within(root, _escaped(parts.path)) + query + fragment


def site_key(url: str) -> str:
    """Return what tells merchants apart: host without ``www.``, port unless usual, path without trailing slash.

    *url* is what :func:`site_url` returns; scheme, query and fragment do not count.
    """
    parts = urlsplit(url)
    host = without_www(parts.hostname or "")
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port not in (None, _DEFAULT_PORT.get(parts.scheme)) else ""
    return f"{host}{port}{parts.path.rstrip('/')}"


def without_www(host: str) -> str:
    """Return *host* without a leading ``www.``, which names the same site for every merchant."""
    shorter = host.removeprefix("www.")
    return shorter if "." in shorter else host


def host_name(text: str) -> str:
    """Return *text* as a host name: lower case, punycode, no trailing dot; an IP address in its usual form.

    Raises :class:`UserError` when it is neither ``localhost``, nor an IP address, nor a name with a dot in it.
    """
    host = text.strip().strip("[]").removesuffix(".").lower()
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    problem = UserError(f"'{text[:80]}' is not a host name", "write it like www.shop.example")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            raise problem from None
    labels = host.split(".")
    if len(host) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in labels):
        raise problem
    if host != "localhost" and (len(labels) == 1 or _NUMERIC_LABEL.fullmatch(labels[-1])):
        raise problem
    return host


def _with_scheme(text: str) -> str:
    scheme = _SCHEME.match(text)
    if scheme is None:
        return f"https:{text}" if text.startswith("//") else f"https://{text}"
    if scheme.group(1).lower() not in _DEFAULT_PORT:
        raise UserError(f"'{scheme.group(1)}:' is not an address that can be visited", "give an http or https address")
    if text[scheme.end() : scheme.end() + 2] != "//":
        raise UserError(f"'{text[:80]}' lacks the // after its scheme", "write it like https://www.shop.example/")
    return text


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise UserError(f"'{url[:80]}' is not a web address", "write it like https://www.shop.example/") from None


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise UserError(f"'{parts.netloc[:80]}' has an impossible port", "give one from 1 to 65535, or none")
    return port


def _within(root: str, path: str) -> str:
    """Return the address of *path* under *root*, its dot segments resolved."""
    if "/." not in path:
        return root + path.removeprefix("/")
    return urljoin(root, "/" + path.lstrip("/"))


def _escaped(part: str) -> str:
    """Return *part* with everything but the characters of RFC 3986 escaped, existing escapes in upper case."""
    return _ESCAPE.sub(lambda escape: escape.group().upper(), quote(part, safe="/%:@!$&'()*+,;=?-._~"))
