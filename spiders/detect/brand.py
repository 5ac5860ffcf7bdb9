"""Under which names a page presents its merchant, to tell the merchant's own accounts and addresses from others'."""

import re
from functools import cache, lru_cache

import tldextract

from spiders.detect.document import Document
from spiders.detect.lexicon import fold

SHORTEST = 4
"""Fewest letters a name must have to be looked for inside another one (ours): "art" is inside too many."""

_TITLE_BORDER = re.compile(r"\s[-–—·•:/~]\s|\s*[|»«:]\s*")
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_SITE_NAME = "meta[property='og:site_name'],meta[name='application-name'],meta[name='author']"
_MOST_WORDS = 6


def brand_names(document: Document) -> frozenset[str]:
    """Return the names of the site, letters and digits only: from host, ``og:site_name`` and the parts of its title."""
    names = {compact(registered_name(document.base_url))}
    names.update(compact(node.attributes.get("content") or "") for node in document.tree.css(_SITE_NAME))
    parts = _TITLE_BORDER.split(document.title[:300])
    names.update(compact(part) for part in parts if len(part.split()) <= _MOST_WORDS)
    return frozenset(
        name for name in names if len(name) >= SHORTEST or name == compact(registered_name(document.base_url))
    ) - {""}


def resembles(name: str, brands: frozenset[str]) -> bool:
    """Tell whether *name* (an account's, a domain's) is that of one of *brands*: the same, or one inside the other."""
    short = compact(name)
    return any(
        short == brand or (len(brand) >= SHORTEST and brand in short) or (len(short) >= SHORTEST and short in brand)
        for brand in brands
    )


@lru_cache(maxsize=4096)
def compact(name: str) -> str:
    """Return *name* folded, letters and digits only."""
    return _NOT_LETTERS.sub("", fold(name))


@lru_cache(maxsize=4096)
def registered_name(address: str) -> str:
    """Return the name that was registered ("maison" of ``www.maison.co.uk``), or an empty string for a bare number."""
    found = _split()(address)
    if found.suffix or found.ipv4 or found.ipv6:
        return found.domain if found.suffix else ""
    return found.subdomain.rpartition(".")[2]


@cache
def _split() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())
