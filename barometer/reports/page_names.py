"""How a page is named to a reader: by its path on the merchant's own site, with what was pressed there in words."""

import unicodedata
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from barometer.reports.merchant_text import bare_address, host_of, legible, web_link
from barometer.reports.wording import Words

MAX_LABEL = 120
"""Characters of a link's or button's label that are shown (*ours*)."""
_DIRECTIVE = ":~:"
"""What parts an address from the words of the controls that were pressed (``docs/decisions.md``, entry 12)."""


class PageLink(NamedTuple):
    """An address as a reader sees it, and the link to follow, ``None`` where it may not be one."""

    text: str
    href: str | None


class State(NamedTuple):
    """A page, and the words of what was pressed on it, in order."""

    page: str
    pressed: tuple[str, ...]


def state_of(address: str) -> State:
    """Return the page that *address* is a state of, and what a visitor pressed to see it."""
    page, _, directives = address.partition(_DIRECTIVE)
    pressed = tuple(
        legible(unquote(one.removeprefix("text=")), MAX_LABEL)
        for one in directives.split("&")
        if one.startswith("text=")
    )
    return State(page.removesuffix("#") if directives else page, pressed)


def path_of(address: str) -> str:
    """Return the path and query of the page at *address* as a person reads them, ``/`` for that of its host."""
    page = state_of(address).page
    try:
        parts = urlsplit(page)
    except ValueError:
        return legible(page)
    rest = f"?{parts.query}" if parts.query else ""
    return legible(unquote(parts.path or "/") + rest + (f"#{parts.fragment}" if parts.fragment else ""))


def words_on(label: str | None) -> str:
    """Return the words on a link or button, empty where it has none that can be read.

    The letters of icon fonts stand in Unicode's private areas and look like nothing anywhere else.
    """
    return legible("".join(one for one in label or "" if unicodedata.category(one) != "Co"), MAX_LABEL)


def page_link(address: str) -> PageLink:
    """Return the whole *address* for display, linked where following it is harmless."""
    return PageLink(legible(address), web_link(address))


def page_on_site(address: str, home: str, words: Words) -> PageLink:
    """Return the page at *address* named as the visitor of *home* knows it: "home page", a path, or another site.

    What was pressed on it is said after it.
    """
    page, pressed = state_of(address)
    if is_same_page(page, home):
        name = words["path.home"]
    elif host_of(page) == host_of(home) and web_link(page):
        name = path_of(page)
    else:
        name = legible(bare_address(page))
    if pressed:
        labels = words.listed(words["path.quoted"].format(text=label) for label in pressed if label)
        name = words["path.after"].format(page=name, labels=labels or words["path.icon"])
    return PageLink(name, web_link(address))


def is_same_page(address: str, other: str) -> bool:
    """Tell whether two addresses are one page, whatever was pressed on it."""
    return state_of(address).page.rstrip("/") == state_of(other).page.rstrip("/")
