"""Text that a merchant's page wrote, made harmless to look at and to link to."""

import re
import unicodedata
from urllib.parse import urlsplit

MAX_TEXT = 240
"""Characters of a page's text that a report shows in one place (*ours*)."""
MAX_LINK = 2000
"""Longest address that is made a link (*ours*); mail programs cut longer ones."""

# Controls, marks that turn the direction of writing, tags and other characters that show nothing and steer what does; and two
# that no XML may hold, so that no drawing may.
_STEERING = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_SPACES = re.compile(r"[ \t\n\r\x0b\x0c]+")
_MARKS_IN_A_ROW = 2


def legible(text: str, limit: int = MAX_TEXT) -> str:
    """Return *text* on one line, of at most *limit* characters, each steering character replaced by U+FFFD.

    Of the marks piled on one letter two are kept, so that no text climbs over its neighbours.
    """
    # Marks may be many a letter, so more is looked at than is shown; both are bounded.
    shown = _SPACES.sub(" ", _STEERING.sub("\ufffd", text[: 8 * limit])).strip()
    shown = _without_piles(shown)
    return shown if len(shown) <= limit and len(text) <= 8 * limit else shown[: limit - 1].rstrip() + "…"


def _without_piles(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


def web_link(address: str) -> str | None:
    """Return *address* when a reader may follow it: http or https, a host, no user name, nothing that steers."""
    if len(address) > MAX_LINK or _STEERING.search(address) or _SPACES.search(address) or "\\" in address:
        return None
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
    except ValueError:
        return None
    return address if usable else None


def host_of(address: str) -> str:
    """Return the host of *address* without ``www.``, with an unusual port; the address itself where it has no host."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").removeprefix("www."), parts.port
    except ValueError:
        return address
    if not host:
        return address
    return host if port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f"{host}:{port}"


def bare_address(address: str) -> str:
    """Return *address* as people write it: without the scheme, ``www.`` and a closing slash."""
    bare = address.partition("://")[2] if "://" in address else address
    return bare.removeprefix("www.").rstrip("/") or address
