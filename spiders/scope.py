"""Is this address still the merchant's site? Pure.

The site is the registered domain reached after the home page's redirects, with all its sub-domains; an address given as a
number, or a host without a public suffix, is its own site together with its port.
"""

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

import tldextract

from spiders.identity import ascii_host

_EXTRACT = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


@lru_cache(maxsize=8192)
def registered_domain(host: str) -> str:
    """Return the domain somebody registered (``shop.co.uk`` of ``www.shop.co.uk``), or *host* itself where there is none.

    Read from the bundled public suffix list, private suffixes included, so that two tenants of one hosting platform are two
    sites; never online. An ending that the list does not know is a suffix of one label, as the list itself demands.
    """
    host = ascii_host(host)
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        found = _EXTRACT(host)
        return found.top_domain_under_public_suffix or (host if found.suffix else ".".join(host.split(".")[-2:]))
    return host


class Scope:
    """The merchant's site, once its home page is known.

    *home* is the address after redirects. ``covers`` answers for any absolute address.
    """

    def __init__(self, home: str) -> None:
        self._site, self._port = self._of(home)
        self._known: dict[str, bool] = {}

    def covers(self, url: str) -> bool:
        """Tell whether *url* belongs to the merchant's site."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        netloc = parts.netloc.rpartition("@")[2].lower()
        if parts.scheme not in ("http", "https") or not netloc:
            return False
        known = self._known.get(netloc)
        if known is None:
            known = self._known[netloc] = self._of(url) == (self._site, self._port)
        return known

    @staticmethod
    def _of(url: str) -> tuple[str, int | None]:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return "", None
        site = registered_domain(host)
        numeric = site == host and "." in host and host.replace(".", "").isdigit()
        alone = numeric or ":" in host or "." not in site
        return site, (port or 80) if alone else None
