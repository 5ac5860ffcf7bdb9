"""Reading a merchant's own addresses from somewhere else: a mirror, a staging server, a test bench."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from spiders.addresses import without_credentials

_SHAPE = "write HOST=ADDRESS:PORT, as in www.shop.example=127.0.0.1:8300"


class Mirror(NamedTuple):
    """*host* (lower case, IDNA) is read in plain HTTP from *address*, an IP address or a name, at *port*."""

    host: str
    address: str
    port: int


def parse_map_host(text: str) -> Mirror:
    """Return the mirror that *text* names, ``HOST=ADDRESS:PORT``; the port is 80 when left out.

    Raises ``ValueError`` with one line that says what is wrong and what to write.
    """
    host, equals, target = (part.strip() for part in text.partition("="))
    if not equals or not host or not target:
        raise ValueError(f"--map-host {text!r}: not of the form HOST=ADDRESS:PORT; {_SHAPE}")
    if any(character in host for character in "/:@?# ") or "/" in target or "@" in target:
        raise ValueError(f"--map-host {text!r}: takes a bare host name and a bare address, no URL; {_SHAPE}")
    try:
        parts = urlsplit(f"//{target}")
        address, port = parts.hostname, parts.port
        logical = host.rstrip(".").encode("idna").decode("ascii").lower()
    except (ValueError, UnicodeError) as error:
        raise ValueError(f"--map-host {text!r}: {error}; {_SHAPE}") from None
    if not address or not logical or port == 0:
        raise ValueError(f"--map-host {text!r}: {target!r} is no address with a port; {_SHAPE}")
    return Mirror(logical, address, 80 if port is None else port)


class Mirrors:
    """The mirrors of one crawl, found by logical host."""

    def __init__(self, mirrors: Iterable[Mirror] = ()) -> None:
        self._by_host = {mirror.host: mirror for mirror in mirrors}

    @classmethod
    def parse(cls, texts: Sequence[str]) -> "Mirrors":
        """Return the mirrors that *texts* name; raises ``ValueError`` where one is malformed or contradicts another."""
        found: dict[str, Mirror] = {}
        for mirror in map(parse_map_host, texts):
            known = found.setdefault(mirror.host, mirror)
            if known != mirror:
                raise ValueError(
                    f"--map-host: {mirror.host} is mapped to {known.address}:{known.port} and to"
                    f" {mirror.address}:{mirror.port}; keep one of the two"
                )
        return cls(found.values())

    def __bool__(self) -> bool:
        return bool(self._by_host)

    def of(self, host: str) -> Mirror | None:
        """Return the mirror of *host*, or ``None``."""
        return self._by_host.get(host.lower().rstrip(".")) if self._by_host else None

    def logical(self, url: str, page: str) -> str:
        """Return *url* as the merchant would write it: an address of the mirror of *page* becomes one of *page*'s site.

        *page* is the logical URL that *url* was found on or redirected from. Anything else is returned as it is.
        """
        if not self._by_host:
            return url
        own = urlsplit(page)
        mirror = self.of(own.hostname or "")
        if mirror is None:
            return url
        try:
            parts = urlsplit(without_credentials(url))
            port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
        except ValueError:
            return url
        if (parts.hostname, port) != (mirror.address.lower(), mirror.port):
            return url
        return urlunsplit(parts._replace(scheme=own.scheme, netloc=own.netloc))
