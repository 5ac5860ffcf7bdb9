"""What a visitor can press in a page besides plain links, and what is written on it."""

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from spiders.detect.document import Document

LABEL_LENGTH = 80
"""Longest label taken for one, in characters (ours): longer links are sentences."""
MOST_PRESSED = 600
"""Most links and buttons looked at in a page (ours); menus of thousands hold nothing new further down."""

_PRESSED = "a,button,[role=button],input[type=submit],input[type=button]"


def pressables(document: Document) -> Iterator[tuple[LexborNode, str]]:
    """Yield links and buttons of *document* with what is written on them, in order, at most :data:`MOST_PRESSED`."""
    for node in document.tree.css(_PRESSED)[:MOST_PRESSED]:
        yield node, label_of(node)


def label_of(node: LexborNode) -> str:
    """Return the words of an element, else its accessible name, white space folded; empty where it has neither."""
    shown = " ".join(node.text(deep=True, separator=" ")[:400].split())
    if shown:
        return shown
    own = node.attributes
    named = own.get("aria-label") or own.get("title") or own.get("value")
    if not named:
        picture = node.css_first("img[alt],[title],[aria-label]")
        inner = picture.attributes if picture is not None else {}
        named = inner.get("alt") or inner.get("aria-label") or inner.get("title")
    return " ".join((named or "")[:400].split())
