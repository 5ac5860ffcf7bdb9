"""E-mail addresses a visitor can read or press on one page, and whose they are."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from spiders.detect.addresses import addresses_in, is_at, is_at_provider, is_machine, is_placeholder, valid_address
from spiders.detect.brand import brand_names, registered_name, resembles
from spiders.detect.document import HEADING, MAILTO, Document
from spiders.detect.emails_cloaked import cloaked_addresses, recipients
from spiders.detect.emails_spelled import spelled_addresses
from spiders.detect.lexicon import fold, pattern, words
from spiders.detect.link import Link
from spiders.detect.purpose import purpose_at
from spiders.detect.sighting import Findings, SetAside, Sighting
from storage.vocabulary import Channel, SetAsideReason

MAX_ADDRESSES = 200
"""Most distinct addresses judged on a page; directories beyond that are not a merchant's contact (ours)."""
_MAX_PLACES = 4
"""Most places judged of one address: the merchant's own stands in the first ones, or in none (ours)."""


class _Place(NamedTuple):
    """One place where an address shows: ``text[start:end]``, or -1 where the place is not known."""

    address: str
    start: int
    end: int
    display: str
    readable: bool
    confidence: float = 1.0
    visible: bool = True


def find_emails(document: Document) -> Findings:
    """Return the merchant's addresses on *document*, each once, in order of appearance, and those set aside.

    An address is ``readable`` when the page shows it, not when it stands behind a word or an icon only. Set aside are
    examples (``placeholder``), what purpose words give to others (``host``, ``mediator``, ``agency``, ...) and what no
    visitor sees (``hidden``). An address at the site's own domain is the merchant's whatever the words around it say.
    """
    sightings: list[Sighting] = []
    set_aside: list[SetAside] = []
    judged = [(places, _why_not(document, places)) for places in _by_address(document)]
    publishers = _other_publishers(document, [places for places, why in judged if why is None])
    for places, why in judged:
        reason = SetAsideReason.AGENCY if places[0].address in publishers else why
        best = next((place for place in places if place.readable and place.visible), places[0])
        context = document.context(best.start, best.end) if best.start >= 0 else ""
        if reason is None:
            readable = best.readable and best.visible
            sightings.append(
                Sighting(
                    Channel.EMAIL,
                    best.address,
                    best.display,
                    context,
                    readable,
                    max(place.confidence for place in places),
                )
            )
        else:
            set_aside.append(SetAside(Channel.EMAIL, best.address, reason, context))
    seen = {sighting.value.casefold() for sighting in sightings} | {value.value.casefold() for value in set_aside}
    hidden = dict.fromkeys(address for address in _unseen(document) if address.casefold() not in seen)
    return Findings(
        sightings, set_aside + [SetAside(Channel.EMAIL, address, SetAsideReason.HIDDEN) for address in hidden]
    )


def _by_address(document: Document) -> list[list[_Place]]:
    """Return the places of each address, addresses compared without regard to case, in order of appearance."""
    places: dict[str, list[_Place]] = {}
    for place in sorted(_places(document), key=lambda place: place.start if place.start >= 0 else len(document.text)):
        if is_machine(place.address):
            continue
        key = place.address.casefold()
        if key in places:
            places[key].append(place)
        elif len(places) < MAX_ADDRESSES:
            places[key] = [place]
    return list(places.values())


def _places(document: Document) -> Iterator[_Place]:
    covered: list[tuple[int, int]] = []
    for found in cloaked_addresses(document):
        end = found.position + found.stands_for
        if found.stands_for:
            covered.append((found.position, end))
        readable = not found.display
        yield _Place(found.address, found.position, end, found.display or found.address, readable, 0.95, found.visible)
    text = document.text
    if "@" in text:
        for written in addresses_in(text):
            if not any(start <= written.start < end for start, end in covered):
                yield _Place(written.address, written.start, written.end, text[written.start : written.end], True)
    for written, confidence in spelled_addresses(text, document.lowered):
        yield _Place(written.address, written.start, written.end, text[written.start : written.end], True, confidence)
    if document.mailto_links:
        yield from _behind_links(document)


def _behind_links(document: Document) -> Iterator[_Place]:
    position = -1
    for link in document.mailto_links:
        position = document.text.find(MAILTO, position + 1) if position > -2 else -2
        position = position if position >= 0 else -2
        found = recipients(link.href)
        if found:
            label = link.label
            confidence = 1.0 if label or _has_picture(link) else 0.5
            for address in found:
                yield _Place(address, max(position, -1), max(position, -1), label or address, False, confidence)


def _has_picture(link: Link) -> bool:
    """Tell whether a link without a word holds an icon; where it holds nothing, only a style sheet can draw one."""
    return bool(link.icon) or link.node.css_first("img,svg,i,span,picture") is not None


def _why_not(document: Document, places: list[_Place]) -> SetAsideReason | None:
    """Return why an address is not a sighting, judged at the first places where it shows; one good place is enough."""
    shown = [place for place in places if place.visible]
    if not shown:
        return SetAsideReason.HIDDEN
    address = shown[0].address
    if address.endswith("@"):
        return SetAsideReason.INVALID
    if is_at(address.rpartition("@")[2], _host(document)):
        return None
    if is_placeholder(address) or _follows_example(document, shown[0]):
        return SetAsideReason.PLACEHOLDER
    why: SetAsideReason | None = None
    for place in [place for place in shown if place.start >= 0][:_MAX_PLACES]:
        why = purpose_at(document, place.start, place.end, Channel.EMAIL)
        if why is None:
            return None
    return why


def _other_publishers(document: Document, kept: list[list[_Place]]) -> set[str]:
    """Return the addresses of a company that publishes the site for the merchant, as some agencies have it.

    Such an address stands where the notice names the publisher, at a domain of its own, on a page that also shows one
    at the merchant's domain, which bears the name of the site.
    """
    own = {places[0].address for places in kept}
    if len(own) < 2:
        return set()
    suspects = {
        places[0].address
        for places in kept
        if not is_at_provider(places[0].address) and all(_names_publisher(document, place) for place in places)
    }
    if not suspects:
        return set()
    brands = brand_names(document)
    named = {address for address in own if resembles(registered_name(address.rpartition("@")[2]), brands)}
    return suspects - named if named - suspects else set()


def _names_publisher(document: Document, place: _Place) -> bool:
    """Tell whether the line of *place*, or the heading right above it, says who publishes the site."""
    if place.start < 0:
        return False
    before = document.text[max(0, place.start - 400) : place.start]
    lines = before.rsplit("\n", 2)
    heading = lines[-2] if len(lines) > 1 and lines[-2].startswith(HEADING) else ""
    return pattern("emails", "editor").search(fold(f"{heading} {lines[-1]}")) is not None


def _host(document: Document) -> str:
    try:
        return (urlsplit(document.base_url).hostname or "").lower()
    except ValueError:
        return ""


def _follows_example(document: Document, place: _Place) -> bool:
    """Tell whether the words right before the address call it an example ("ex. : jean@boutique.fr")."""
    before = fold(document.text[max(0, place.start - 24) : max(0, place.start)]).rpartition("\n")[2]
    stem = before.rstrip(" :.,(«\"'\x04\x05\x02")
    return any(stem == word or stem.endswith((" " + word, "(" + word)) for word in words("emails", "example"))


def _unseen(document: Document) -> Iterator[str]:
    """Yield the addresses that stand in the page for machines only: structured notes, and where forms are sent."""
    if '"email"' in document.code:
        for match in _STRUCTURED.finditer(document.code):
            yield from filter(None, [valid_address(match.group(1).removeprefix("mailto:"))])
    for form in document.forms[:50]:
        action = unquote((form.attributes.get("action") or "")[:400])
        if "@" in action:
            yield from (found.address for found in addresses_in(action.replace(":", " ").replace("/", " ")))


_STRUCTURED = re.compile(r'"email"\s{0,9}:\s{0,9}"([^"\s]{3,254})"')
