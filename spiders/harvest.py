"""The links of a page, handed to the frontier: which of them are pages of the merchant's site, and what each promises. Pure."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from spiders.browser.layout import Element
from spiders.detect.document import Document
from spiders.detect.link import Link
from spiders.detect.links import Interest, interest_of
from spiders.frontier import PROMISING, Candidate, Frontier, Leads, State, Way
from spiders.identity import is_hash_route, is_page, page_key
from spiders.scope import Scope
from spiders.siblings import set_apart
from storage.vocabulary import Action, Reason

MAX_PLACES = 50_000
"""Ways of writing a target that are remembered with the page they lead to."""
MAX_LINKS = 5_000
"""Links looked at on one page; a page with more is a list nobody reads to its end."""
MAX_HREF = 4_000
"""Characters of a target that is looked at; no server takes much more."""
SHOWN = 200
"""Characters kept of a label."""


class Shown(NamedTuple):
    """How a browser showed the links of a state: their elements by target, their targets as the source writes them, and
    whether a menu had to be pointed at.
    """

    elements: Mapping[str, Element]
    written: Mapping[str, str]
    hovered: bool = False


class Harvest:
    """Takes the links of one site's pages; *scope* is what belongs to the site. Without *renders* a route that only
    scripts show counts as unread.
    """

    def __init__(self, frontier: Frontier, scope: Scope, renders: bool = False) -> None:
        self._frontier = frontier
        self._scope = scope
        self._renders = renders
        self._keys: dict[str, str] = {}

    def keys(self, document: Document) -> frozenset[str]:
        """Return the keys of the pages of the site that *document* links to."""
        return frozenset(key for key, _ in self._links(document, None))

    def take(self, page: Candidate, document: Document, state: str, depth: int, shown: Shown | None = None) -> Leads:
        """Offer what the state of *page* called *state* links to, *depth* clicks away, and return where it leads."""
        links = self._links(document, depth)
        if len(document.links) > MAX_LINKS:
            self._frontier.leave_out(depth)
        ways = {key: _way(link, shown) for key, link in reversed(links)} if shown is not None else None
        leads = Leads(state, depth - page.depth, Action.FOLLOW, [key for key, _ in links], ways)
        for key, link, apart in set_apart(links, self._fresh(links, depth)):
            self._offer(key, link, state, depth, apart, ways)
        return leads

    def frames(self, page: Candidate, document: Document, state: str, depth: int) -> None:
        """Offer the frames of a state of *page*, *depth* clicks away: they are part of what the visitor sees there."""
        keys = []
        for source, title in document.frames[:MAX_LINKS]:
            url = document.absolute(source)
            key = self._key_of(source, url)
            if key:
                keys.append(key)
                framed = Candidate(
                    key, url, depth, state, Action.REDIRECT, title[:SHOWN], apart=True, framed=True
                )  # fmt: skip
                self._frontier.add(framed)
        if keys:
            self._frontier.connect(page, Leads(state, depth - page.depth, Action.REDIRECT, keys))

    def promises(self, leads: Leads, known: frozenset[str]) -> bool:
        """Tell whether *leads* hold a page beyond *known* whose link speaks of contact."""
        pages = (self._frontier.known.get(key) for key in leads.keys if key not in known)
        return any(page is not None and page.interest >= PROMISING for page in pages)

    def _links(self, document: Document, depth: int | None) -> list[tuple[str, Link]]:
        resolve = self._resolver(document.base_url)
        links: list[tuple[str, Link]] = []
        for link in document.links[:MAX_LINKS]:
            href = link.href
            if not href or (href[0] == "#" and not is_hash_route(href)):
                continue
            if len(href) > MAX_HREF:
                if depth is not None and not _is_no_page(href):
                    self._frontier.leave_out(depth)
                continue
            key = resolve(link)
            if key:
                links.append((key, link))
        return links

    def _fresh(self, links: list[tuple[str, Link]], depth: int) -> set[str]:
        """Return the targets to which this is a shorter way, or as short a one to a page that is still to be read."""
        known, fresh = self._frontier.known, set[str]()
        for key, _ in links:
            page = known.get(key)
            unread = page is None or page.state in (State.PENDING, State.SAMPLED)
            if page is None or page.depth > depth or (unread and page.depth == depth):
                fresh.add(key)
        return fresh

    def _offer(
        self, key: str, link: Link, parent: str, depth: int, apart: bool, ways: Mapping[str, Way] | None
    ) -> None:
        interest = interest_of(link)
        label, selector, box, hovered = ways[key] if ways is not None else _way(link, None)
        candidate = Candidate(
            key, link.url, depth, parent, Action.FOLLOW, label, selector, int(interest),
            apart=apart or interest >= Interest.LEGAL, box=box, hovered=hovered,
        )  # fmt: skip
        self._frontier.add(candidate)
        known = self._frontier.known.get(key)
        if not self._renders and known is not None and known.state is State.PENDING and is_hash_route(link.url):
            self._frontier.close(known, State.UNREAD, Reason.NEEDS_BROWSER)

    def _resolver(self, base: str) -> Callable[[Link], str]:
        """Return what tells the key of a link's page; each way of writing a target is resolved once a place.

        What starts with a slash means the same all over a host, a query or fragment alone something else on every page, and
        anything else the same throughout a folder.
        """
        keys = self._keys
        page = base.partition("#")[0].partition("?")[0]
        folder, host = page.rpartition("/")[0], "/".join(page.split("/", 3)[:3])

        def resolve(link: Link) -> str:
            href = link.href
            if href.startswith(("http://", "https://")):
                place = href
            else:
                place = f"{host if href[0] == '/' else base if href[0] in '?#' else folder} {href}"
            key = keys.get(place)
            if key is None:
                if len(keys) >= MAX_PLACES:
                    keys.clear()
                key = keys[place] = self._key_of(href, link.url)
            return key

        return resolve

    def _key_of(self, href: str, url: str) -> str:
        """Return the key of the page *href* leads to, or an empty string where it is none of the merchant's pages."""
        if _is_no_page(href) or not self._scope.covers(url) or not is_page(url):
            return ""
        return page_key(url)


def selector_of(href: str) -> str:
    """Return a CSS selector for the links of a page that lead to *href* as it is written there."""
    quoted = href.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\a ")
    return f'a[href="{quoted}"]'


def _way(link: Link, shown: Shown | None) -> Way:
    """Return how a visitor follows *link*."""
    label = link.label[:SHOWN]
    if shown is None:
        return Way(label, selector_of(link.href))
    element = shown.elements.get(link.href)
    box = (*element.box,) if element is not None else None
    return Way(label, selector_of(shown.written.get(link.url, link.href)), box, shown.hovered)


def _is_no_page(href: str) -> bool:
    return href[:11].lower().startswith(("mailto:", "tel:", "javascript:", "data:", "sms:", "callto:"))
