"""Live chat: launchers that a visitor can see and press, and services whose scripts a page loads."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from spiders.detect.document import Document
from spiders.detect.lexicon import fold, pattern, words
from spiders.detect.link import Link
from spiders.detect.messengers import conversation_at
from spiders.detect.pressable import LABEL_LENGTH, label_of, pressables
from spiders.detect.sighting import Findings, SetAside, Sighting
from storage.vocabulary import Channel

MOST_PLACES = 500
"""Most places looked at where a page may name a chat (ours)."""
_UNKNOWN = "chat"
_SURE = 0.5


class _Vendor(NamedTuple):
    name: str
    hosts: tuple[str, ...]
    launchers: tuple[str, ...]
    automatic: bool


def find_chat(document: Document) -> Findings:
    """Return the chat launchers of *document*, each service once.

    These are WhatsApp and Messenger links, launchers of known services, and links and buttons that say so in words. A
    value is the vendor's name, or "chat" where no vendor is known; ``display`` is the label, or the address of a link
    to WhatsApp or Messenger. A script that shows nothing is no sighting (see :func:`chat_hints`). A worded link that
    leads nowhere ("#") has a low confidence: only its script knows.
    """
    sightings: dict[str, Sighting] = {}
    set_aside: dict[SetAside, None] = {}
    for link in _conversation_links(document):
        opened = conversation_at(link.url)
        if opened is None:
            continue
        if opened.why_not is not None:
            set_aside[SetAside(Channel.CHAT, opened.address, opened.why_not)] = None
        elif opened.service not in sightings:
            found = Sighting(Channel.CHAT, opened.service, opened.address, link.label, automatic=False)
            sightings[opened.service] = found
    for found in (*_known_launchers(document), *_worded_launchers(document)):
        known = sightings.get(found.value)
        if known is None or found.confidence > known.confidence:
            sightings[found.value] = found
    if len(sightings) > 1 and _UNKNOWN in sightings and sightings[_UNKNOWN].confidence < _SURE:
        del sightings[_UNKNOWN]
    return Findings(list(sightings.values()), list(set_aside))


def chat_hints(document: Document) -> list[str]:
    """Return the names of the chat services whose scripts or frames *document* loads, in order, each once.

    A script shows nothing by itself, so these are hints and no sightings.
    """
    found: dict[str, None] = {}
    texts = [text for source, code in document.scripts for text in (source[:300], code) if text]
    for text in (*texts, *(source[:300] for source, _ in document.frames)):
        for host in _HOST.findall(text):
            vendor = _vendor_at(host.lower())
            if vendor is not None:
                found[vendor.name] = None
    return list(found)


_HOST = re.compile(r"//([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5})")
_CONVERSATION = re.compile(
    r"//(?:(?:www\.|api\.|web\.|chat\.)?(?:wa\.me|m\.me|wa\.link|whatsapp\.com|messenger\.com)\b|send\b)", re.I
)


def _conversation_links(document: Document) -> Iterator[Link]:
    """Yield the links that may open a conversation; all targets are searched in one go."""
    if _CONVERSATION.search(document.targets) is not None:
        yield from (link for link in document.links if _CONVERSATION.search(link.href, 0, 40) is not None)


def _known_launchers(document: Document) -> Iterator[Sighting]:
    """Yield the launchers that the vendors' table knows."""
    # Every launcher's name holds "chat": most pages are told by this alone, in half the time of a selector.
    if "chat" not in document.html or document.tree.css_first(_may_launch()) is None:
        return
    for vendor in _vendors():
        node = document.tree.css_first(",".join(vendor.launchers)) if vendor.launchers else None
        if node is not None:
            label = label_of(node) or vendor.name
            yield Sighting(Channel.CHAT, vendor.name, label, confidence=0.8, automatic=vendor.automatic)


def _worded_launchers(document: Document) -> Iterator[Sighting]:
    if not _words_offer_chat(document):
        return
    hints: list[str] | None = None
    for node, label in pressables(document):
        said = label if _says_chat(label) else _neighbours(node, label)
        confidence = _confidence(document, node) if said else 0.0
        if confidence == 0:
            continue
        hints = chat_hints(document) if hints is None else hints
        vendor = _vendor_at(_host(_target(document, node))) or next((_named(hint) for hint in hints), None)
        automatic = _is_automatic(said) or (vendor is not None and vendor.automatic)
        value = vendor.name if vendor else _UNKNOWN
        yield Sighting(Channel.CHAT, value, label or said, said, confidence=confidence, automatic=automatic)


def _words_offer_chat(document: Document) -> bool:
    """Tell, quickly, whether words of a launcher stand in the page: in its text, or in the name of an element."""
    lowered = document.lowered
    return any(
        _offers_at(lowered, at)
        for stem in _stems()
        if stem in lowered
        for at in islice(_places_of(stem, lowered), MOST_PLACES)
    ) or (
        ("chat" in document.html or "Chat" in document.html)
        and any(
            _says_chat(name or "")
            for node in document.tree.css(_NAMES_CHAT)[:MOST_PLACES]
            for name in map(node.attributes.get, _NAMES)
        )
    )


_REACH = 32
_NAMES = ("aria-label", "title", "alt", "value")
_NAMES_CHAT = ",".join(f"[{name}*=chat i]" for name in _NAMES)


@cache
def _stems() -> tuple[str, ...]:
    """Return what to look for first: "chat" and the stems, without those that hold another one."""
    stems = ("chat", *words("chat", "stems"))
    return tuple(stem for stem in stems if not any(other in stem for other in stems if other != stem))


def _offers_at(text: str, at: int) -> bool:
    return pattern("chat", "launch").search(fold(text[max(0, at - _REACH) : at + _REACH])) is not None


def _places_of(stem: str, text: str) -> Iterator[int]:
    """Yield where *stem* stands in *text*; "chat" not within "achat"."""
    at = text.find(stem)
    while at >= 0:
        if stem != "chat" or text[at - 1 : at] != "a":
            yield at
        at = text.find(stem, at + len(stem))


def _says_chat(label: str) -> bool:
    return 0 < len(label) <= LABEL_LENGTH and pattern("chat", "launch").search(fold(label)) is not None


def _is_automatic(said: str) -> bool:
    return pattern("chat", "automatic").search(fold(said)) is not None


def _neighbours(node: LexborNode, label: str) -> str:
    """Return the words around a link that says no more than "click here", where they say chat; else an empty string."""
    if label and pattern("chat", "press_here").fullmatch(fold(label)) is None:
        return ""
    above = node.parent
    for _ in range(2):
        if above is None:
            break
        around = " ".join(above.text(deep=True, separator=" ")[:400].split())
        if len(around) > len(label):
            return around if _says_chat(around) else ""
        above = above.parent
    return ""


def _confidence(document: Document, node: LexborNode) -> float:
    """Return how sure it is that a press opens a chat, by where it leads; 0 for a page that only writes about it."""
    if node.tag != "a" or node.attributes.get("role") == "button":
        return 0.7
    href = (node.attributes.get("href") or "").strip()
    if href.startswith("#") or href[:11].lower() == "javascript:":
        return 0.6 if node.attributes.get("onclick") or len(href) > 1 else 0.4
    target = _target(document, node)
    if _vendor_at(_host(target)) is not None:
        return 0.9
    last = fold(target.partition("?")[0].rstrip("/").rpartition("/")[2]).partition(".")[0]
    return 0.6 if href and pattern("chat", "path").fullmatch(last) else 0.0


def _target(document: Document, node: LexborNode) -> str:
    return document.absolute((node.attributes.get("href") or "").strip())


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _vendor_at(host: str) -> _Vendor | None:
    """Return the chat service that *host* belongs to, sub-domains included."""
    known = _by_host()
    while host:
        if host in known:
            return known[host]
        host = host.partition(".")[2]
    return None


@cache
def _by_host() -> dict[str, _Vendor]:
    return {host: vendor for vendor in _vendors() for host in vendor.hosts}


@cache
def _may_launch() -> str:
    """Return one selector for every element that may be a launcher: each class of the table holds the word "chat"."""
    launchers = [launcher for vendor in _vendors() for launcher in vendor.launchers]
    return ",".join({"[class*=chat]" if launcher.startswith(".") else launcher: None for launcher in launchers})


def _named(name: str) -> _Vendor:
    return next(vendor for vendor in _vendors() if vendor.name == name)


@cache
def _vendors() -> tuple[_Vendor, ...]:
    table = tomllib.loads((files("spiders.detect") / "chat.toml").read_text("utf-8"))
    return tuple(
        _Vendor(entry["name"], tuple(entry["hosts"]), tuple(entry.get("launchers", ())), entry.get("automatic", False))
        for entry in table["vendor"]
    )
