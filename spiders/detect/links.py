"""Links that lead to contact, by words, path, ``rel``, accessible name and icon; and pages meant for contacting.

Words are read whole before they are read in part: "Contact" names a contact page, "Lentilles de contact" does not. What
a label says counts more than what an address says, since that is what a visitor reads.
"""

import re
from enum import IntEnum
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from spiders.detect.document import Document
from spiders.detect.lexicon import fold, pattern, words
from spiders.detect.link import Link, region_of
from spiders.scope import registered_domain

MAX_LABEL = 160
"""Characters of the longest label, heading or part of an address that is read as words."""
MAX_ADDRESS = 2_000
"""Characters of the longest address that is read for what it promises."""
CONTACT_THRESHOLD = 0.6
"""From this confidence on a link counts as one to a contact page (ours; see ``docs/method.md``)."""


class Interest(IntEnum):
    """What a link promises to somebody in search of a contact, least first."""

    OTHER = 0
    ABOUT = 1
    LEGAL = 2
    HELP = 3
    CONTACT_PART = 4
    CONTACT = 5


class ContactLink(NamedTuple):
    """A link that leads to contact, and how sure its words are, from 0 to 1."""

    link: Link
    confidence: float


def find_contact_links(document: Document) -> list[ContactLink]:
    """Return the links of *document* that lead to contact, surest first, each target once."""
    best: dict[str, ContactLink] = {}
    for link in document.links:
        confidence = contact_confidence(link)
        if confidence >= CONTACT_THRESHOLD and confidence > best.get(link.url, _NONE).confidence:
            best[link.url] = ContactLink(link, confidence)
    return sorted(best.values(), key=lambda found: -found.confidence)


_NONE = ContactLink(None, 0.0)  # type: ignore[arg-type]
_NOT_A_PAGE = ("tel:", "mailto:", "javascript:", "callto:", "sms:", "whatsapp:", "skype:", "data:", "fax:")


def contact_confidence(link: Link) -> float:
    """Return how sure it is, from 0 to 1, that *link* leads to a page or section for contacting the merchant."""
    href = link.href
    if not href or href == "#" or href[:11].lower().startswith(_NOT_A_PAGE):
        return 0.0
    text = link.text
    by_label = interest_of_words(text or link.label)
    by_path = interest_of_address(href)
    if by_label is Interest.CONTACT:
        return 0.98 if by_path is Interest.CONTACT else (0.9 if text else 0.85)
    if by_path is Interest.CONTACT:
        return 0.8 if _same_site(link) else 0.0
    if by_label is Interest.CONTACT_PART and len(text) <= 60 and _same_site(link):
        return 0.65
    if "contact" in link.rel.split():
        return 0.85
    wordless = not text and not link.label
    return 0.6 if wordless and _CONTACT_ICON.search(link.icon) and _same_site(link) else 0.0


_CONTACT_ICON = re.compile(r"(?:^|[\s#_-])(?:envelope|mail|contact|headset|support)(?:$|[\s_-])", re.I)


def _same_site(link: Link) -> bool:
    """Tell whether the target stays on the page's own site; an address alone promises nothing about other sites."""
    if not link.href[:8].lower().startswith(("http:", "https:", "//")):
        return True
    there, here = (urlsplit(url).hostname or "" for url in (link.url, link.document_url))
    return there == here or registered_domain(there) == registered_domain(here)


def interest_of(link: Link) -> Interest:
    """Return what *link* promises, by its words first, then by its address."""
    return max(interest_of_words(link.text or link.label), interest_of_address(link.href))


def interest_of_words(label: str) -> Interest:
    """Return what the words of a link or heading promise; more than :data:`MAX_LABEL` characters promise nothing."""
    return _interest_of_words(label) if 0 < len(label) <= MAX_LABEL else Interest.OTHER


@lru_cache(maxsize=16384)
def _interest_of_words(label: str) -> Interest:
    folded = fold(label)
    plain = _plain(folded)
    if plain in _whole_contact():
        return Interest.CONTACT
    if pattern("links", "contact_not").search(folded):
        return Interest.OTHER
    for interest, key in _PARTS:
        if pattern("links", key).search(folded):
            return interest
    return Interest.OTHER


_PARTS = (
    (Interest.CONTACT_PART, "contact_part"),
    (Interest.HELP, "help_part"),
    (Interest.LEGAL, "legal_part"),
    (Interest.ABOUT, "about_part"),
)


def interest_of_address(href: str) -> Interest:
    """Return what the last part of an address promises, extension and numbering left out.

    A fragment that names a section counts like a path; a path below one that names a contact page ("/contact/merci")
    counts as part of it. An address of more than :data:`MAX_ADDRESS` characters promises nothing.
    """
    return _interest_of_address(href) if len(href) <= MAX_ADDRESS else Interest.OTHER


@lru_cache(maxsize=16384)
def _interest_of_address(href: str) -> Interest:
    best = Interest.OTHER
    try:
        parts = urlsplit(href)
    except ValueError:
        return best
    segments = [segment for segment in parts.path.split("/") if segment]
    if segments and _INDEX.match(segments[-1]):
        segments.pop()
    spoken = segments[-1:] + ([parts.fragment.strip("!/")] if parts.fragment else [])
    spoken += [value.rsplit("/", 1)[-1] for value in re.findall(r"=([^&=]{3,60})", parts.query)]
    for segment in spoken:
        slug = _slug(segment)
        if slug in _whole_contact():
            return Interest.CONTACT
        best = max(best, interest_of_words(slug))
    if any(_slug(segment) in _whole_contact() for segment in segments[:-1]):
        best = max(best, Interest.CONTACT_PART)
    return best


_INDEX = re.compile(r"(?:index|default|home|accueil)\.\w{2,5}$", re.I)


def _slug(segment: str) -> str:
    if len(segment) > MAX_LABEL:
        return ""
    words_of = re.sub(r"\.(?:html?|php\d?|aspx?|jsp|cfm|do)$", "", unquote(segment), flags=re.I)
    words_of = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words_of)
    return _plain(re.sub(r"^\d+[-_]|[-_]\d+$", "", fold(words_of).strip("-_")))


@cache
def _whole_contact() -> frozenset[str]:
    return frozenset(_plain(word) for word in words("links", "contact"))


_AROUND = re.compile(r"^[^a-z0-9]+|[^a-z0-9]+$")
_BETWEEN = re.compile(r"[\s\-_/·|:>.,'\"()]+")


def _plain(folded: str) -> str:
    """Return folded words with single spaces between and nothing around, so that spellings compare equal."""
    return _BETWEEN.sub(" ", _AROUND.sub("", folded)).strip()


def is_contact_page(document: Document, labels: list[str]) -> bool:
    """Tell whether the purpose of *document* is contacting the merchant.

    *labels* are the words of links that lead to it. One of the last part of its own address, such a label, a main
    heading or the first part of its title must name a contact page as a whole.
    """
    if (
        interest_of_address(document.url) is Interest.CONTACT
        or interest_of_address(document.base_url) is Interest.CONTACT
    ):
        return True
    if any(interest_of_words(label) is Interest.CONTACT for label in labels):
        return True
    title_parts = [part for part in re.split(r"\s[|·•:»–—-]\s|\s*[|»]\s*", document.title) if part.strip()]
    return any(
        interest_of_words(words_of) is Interest.CONTACT for words_of in (*title_parts[:1], _main_heading(document))
    )


def _main_heading(document: Document) -> str:
    node = document.tree.css_first("h1")
    return " ".join(node.text().split()) if node is not None else ""


def holds_contact_section(document: Document) -> bool:
    """Tell whether the page has a section of its own that is meant for contacting (``method.md``, section 1).

    Either its own menu points to that section as contact, or one of its main headings names it and no other page is
    offered for contact. A footer or a card with a phone is not one.
    """
    if _menu_points_to_section(document):
        return True
    if any(not _in_page(found.link, document) for found in find_contact_links(document)):
        return False
    return any(
        interest_of_words(" ".join(node.text().split())) is Interest.CONTACT and region_of(node) not in _BESIDE
        for node in document.tree.css("h1,h2")
    )


_BESIDE = frozenset({"footer", "aside", "header", "nav"})


def _menu_points_to_section(document: Document) -> bool:
    for link in document.links:
        if "#" not in link.href or not _in_page(link, document):
            continue
        fragment = unquote(link.href.partition("#")[2])
        named = interest_of_words(link.text or link.label) is Interest.CONTACT or _slug(fragment) in _whole_contact()
        if named and _holds_words(document, fragment):
            return True
    return False


def _in_page(link: Link, document: Document) -> bool:
    """Tell whether *link* leads to a place on its own page; a bare ``#`` leads nowhere."""
    address, _, fragment = link.href.partition("#")
    return bool(fragment) and not fragment.startswith(("!", "/")) and (not address or _same_page(link, document))


def _same_page(link: Link, document: Document) -> bool:
    here, there = urlsplit(document.url), urlsplit(link.url)
    return (there.hostname, there.path.rstrip("/") or "/") == (here.hostname, here.path.rstrip("/") or "/")


def _holds_words(document: Document, fragment: str) -> bool:
    quoted = fragment.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    try:
        node = document.tree.css_first(f'[id="{quoted}"],a[name="{quoted}"]')
    except ValueError:
        return False
    if node is None:
        return False
    return node.tag == "a" or bool(node.text(deep=True).strip())
