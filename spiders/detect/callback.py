"""Offers to be called back: links, buttons and forms that say so; a promise in running text is no offer."""

import re
from collections.abc import Iterator
from functools import cache

from selectolax.lexbor import LexborNode

from spiders.detect.document import Document
from spiders.detect.lexicon import fold, pattern, words
from spiders.detect.pressable import LABEL_LENGTH, label_of, pressables
from spiders.detect.sighting import Findings, Sighting
from storage.vocabulary import Channel

MAX_FORMS = 30
"""Most forms looked at in a page (ours)."""


def find_callbacks(document: Document) -> Findings:
    """Return the offers to be called back on *document*, each target once.

    A value is the absolute address of the link, or the page's own where a button or a form makes the offer. A form
    counts when it asks for a phone number and its words, or those right above it, offer the call.
    """
    if not _may_offer(document):
        return Findings([], [])
    found: dict[str, Sighting] = {}
    for sighting in (*_pressed(document), *_forms(document)):
        found.setdefault(sighting.value, sighting)
    return Findings(list(found.values()), [])


def _may_offer(document: Document) -> bool:
    """Tell, quickly, whether words of an offer stand in the page: in its text, or on the button of a form."""
    lowered = document.lowered
    if any(stem in lowered and _is_offered(lowered, stem) for stem in words("callback", "stems")):
        return True
    return any(
        _offers(label_of(button))
        for form in document.forms[:MAX_FORMS]
        for button in form.css("input[type=submit],input[type=button]")[:5]
    )


def _is_offered(lowered: str, stem: str) -> bool:
    at = lowered.find(stem)
    while at >= 0:
        if pattern("callback", "offer").search(fold(lowered[max(0, at - 40) : at + 40])):
            return True
        at = lowered.find(stem, at + 40)
    return False


def _offers(label: str) -> bool:
    return 0 < len(label) <= LABEL_LENGTH and _stem().search(label.lower()) is not None and _says_offer(label)


@cache
def _stem() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, words("callback", "stems"))))


def _pressed(document: Document) -> Iterator[Sighting]:
    for node, label in pressables(document):
        if not _offers(label):
            continue
        href = (node.attributes.get("href") or "").strip() if node.tag == "a" else ""
        if href[:7].lower() in ("tel:", "mailto:") or href[:4].lower() == "tel:":
            continue
        leads_on = bool(href) and not href.startswith("#") and href[:11].lower() != "javascript:"
        value = document.absolute(href) if leads_on else document.url
        yield Sighting(
            Channel.CALLBACK, value or document.url, label, confidence=0.9 if leads_on or node.tag != "a" else 0.7
        )


def _forms(document: Document) -> Iterator[Sighting]:
    for form in document.forms[:MAX_FORMS]:
        if _asks_for_phone(form):
            told = next((said for said in (_shown(form), _said_above(form)) if _says_offer(said)), "")
            if told:
                yield Sighting(Channel.CALLBACK, document.url, told[:LABEL_LENGTH], told, confidence=0.8)


def _asks_for_phone(form: LexborNode) -> bool:
    for field in form.css("input")[:40]:
        own = field.attributes
        if own.get("type") == "tel" or own.get("autocomplete") == "tel":
            return True
        named = fold(f"{own.get('name') or ''} {own.get('id') or ''} {own.get('placeholder') or ''}")
        if own.get("type") in (None, "text", "number") and any(
            word in named for word in ("phone", "tel", "mobile", "portable")
        ):
            return True
    return False


def _shown(form: LexborNode) -> str:
    return " ".join(form.text(deep=True, separator=" ")[:1500].split())


def _said_above(form: LexborNode) -> str:
    """Return the heading or line right above *form*, a few elements up at most."""
    above: LexborNode | None = form
    for _ in range(3):
        before = above.prev if above is not None else None
        for _ in range(4):
            if before is None:
                break
            said = (
                " ".join(before.text(deep=True, separator=" ")[-200:].split())
                if before.tag not in ("script", "style")
                else ""
            )
            if said:
                return said
            before = before.prev
        above = above.parent if above is not None else None
    return ""


def _says_offer(said: str) -> bool:
    return pattern("callback", "offer").search(fold(said)) is not None
