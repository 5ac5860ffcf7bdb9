"""Where on a page a sighting is: found again in the snapshot, by the words it shows or the link it is."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from spiders.browser.layout import Box, Element, Run, Snapshot, box_around
from spiders.detect.forms import read_forms
from spiders.detect.numbering import digits_of
from spiders.detect.pressable import label_of, pressables
from spiders.detect.sighting import Sighting
from storage.vocabulary import Channel

MOST_PLACES = 200
"""Places of one value that are looked at on one page (ours)."""

_SPACE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00ad]+")
_WRITTEN = frozenset({Channel.PHONE, Channel.EMAIL})
_PRESSED = frozenset({Channel.CHAT, Channel.CALLBACK, Channel.WHATSAPP})
_TELEPHONE = ("tel:", "callto:")
_MOST_CLIMBED = 400


class Place(NamedTuple):
    """Where a sighting is: its box, the element, whether it stands in the header, whether it stays put on scrolling."""

    box: Box
    element: int
    in_header: bool
    fixed: bool


def locate(snapshot: Snapshot, sighting: Sighting) -> Box | None:
    """Return the box of *sighting* in CSS pixels of the page, or ``None`` where the snapshot does not show it.

    Of several places the one in the header counts, else the highest on the page.
    """
    place = place_of(snapshot, sighting)
    return place.box if place else None


def place_of(snapshot: Snapshot, sighting: Sighting) -> Place | None:
    """Return where *sighting* is, see :func:`locate`."""
    # Where a button or a form makes an offer, its value is the page's own address, which its logo leads to as well.
    ways = (_pressed, _formed, _linked) if _is_callback(sighting) else (_worded, _linked, _pressed, _formed, _titled)
    for found in ways:
        place = _first(islice(found(snapshot, sighting), MOST_PLACES))
        if place is not None:
            return place
    return None


def _first(places: Iterable[Place]) -> Place | None:
    return min(places, key=lambda place: (not place.in_header, place.box.y, place.box.x), default=None)


def _worded(snapshot: Snapshot, sighting: Sighting) -> Iterator[Place]:
    """Yield the places where the words of a number or an address are written."""
    if sighting.channel not in _WRITTEN or not sighting.readable:
        return
    stream = _Stream(snapshot.runs)
    for words in dict.fromkeys((sighting.display, sighting.value)):
        found = list(islice(stream.places(words), MOST_PLACES))
        if found:
            yield from (_place(snapshot.elements.get(number), number, box) for number, box in found)
            return


def _place(element: Element | None, number: int, box: Box) -> Place:
    return Place(box, number, bool(element and element.in_header), bool(element and element.fixed))


class _Stream:
    """All words of a snapshot without the space between them, and whose they are."""

    def __init__(self, runs: tuple[Run, ...]) -> None:
        self._pieces = [(run, piece) for run in runs for piece in run.pieces]
        bare = [_SPACE.sub("", piece.text).casefold() for _, piece in self._pieces]
        self._starts = [0]
        for text in bare:
            self._starts.append(self._starts[-1] + len(text))
        self._words = "".join(bare)

    def places(self, words: str) -> Iterator[tuple[int, Box]]:
        """Yield the element and the box of each place where *words* stand, not as a part of a longer number."""
        wanted = _SPACE.sub("", words).casefold()
        at = self._words.find(wanted) if wanted else -1
        while at >= 0:
            first, last = self._piece_at(at), self._piece_at(at + len(wanted) - 1)
            if not self._goes_on(at - 1, at, first) and not self._goes_on(at + len(wanted), at + len(wanted) - 1, last):
                box = box_around(
                    piece.box or run.box for run, piece in self._pieces[first : last + 1] if piece.text.strip()
                )
                if box is not None:
                    yield self._pieces[first][0].element, box
            at = self._words.find(wanted, at + len(wanted))

    def _piece_at(self, position: int) -> int:
        return bisect_right(self._starts, position) - 1

    def _goes_on(self, outside: int, inside: int, piece: int) -> bool:
        """Tell whether a digit at the edge of a match is followed at once, in the same piece, by another."""
        start, end = self._starts[piece], self._starts[piece + 1]
        if not start <= outside < end or not (self._words[outside].isdigit() and self._words[inside].isdigit()):
            return False
        before = min(outside, inside)
        return self._words[before : before + 2] in self._pieces[piece][1].text


def _linked(snapshot: Snapshot, sighting: Sighting) -> Iterator[Place]:
    """Yield the links that lead to the value of a sighting."""
    for element in snapshot.elements.values():
        if element.href and element.kind in ("link", "button") and _leads(element.href, sighting):
            yield _place(element, element.number, element.box)


def _leads(href: str, sighting: Sighting) -> bool:
    scheme = href[:8].lower()
    if sighting.channel is Channel.PHONE:
        return scheme.startswith(_TELEPHONE) and _same_number(href.partition(":")[2], sighting)
    if sighting.channel is Channel.EMAIL:
        return scheme.startswith("mailto:") and sighting.value.casefold() in unquote(href).casefold()
    if sighting.channel in (Channel.FORM, Channel.CONTACT_PAGE):
        return False
    # What a site adds to a link (where the visitor came from) is left out, unless the address wanted has such a part too.
    wanted = {_bare(sighting.value), _bare(sighting.display)} - {""}
    return _bare(href) in wanted or _bare(re.sub(r"[?#].*$", "", href)) in wanted


def _same_number(target: str, sighting: Sighting) -> bool:
    dialled, wanted = digits_of(unquote(target)), digits_of(sighting.value)
    return bool(wanted) and (dialled == wanted or (len(wanted) > 6 and dialled.endswith(wanted[-9:])))


def _bare(address: str) -> str:
    """Return an address without what does not change where it leads: scheme, "www." and the like, a final slash."""
    return re.sub(r"^(?:https?:)?(?://)?(?:www\.|m\.|[a-z]{2}-[a-z]{2}\.)?", "", address.strip().casefold()).rstrip("/")


def _pressed(snapshot: Snapshot, sighting: Sighting) -> Iterator[Place]:
    """Yield the links and buttons that say what the sighting shows."""
    if sighting.channel not in _PRESSED or not sighting.display:
        return
    for node, label in pressables(snapshot.document):
        if label == sighting.display or (not label and sighting.context and label_of(node) == sighting.context):
            yield from _place_of_node(snapshot, node)


def _place_of_node(snapshot: Snapshot, node: LexborNode | None) -> Iterator[Place]:
    """Yield the place of *node*, or of the nearest element around it that has one."""
    for _ in range(_MOST_CLIMBED):
        if node is None:
            return
        number = node.attributes.get("data-b") or ""
        element = snapshot.elements.get(int(number)) if number.isdecimal() else None
        if element is not None:
            yield _place(element, element.number, element.box)
            return
        node = node.parent


def _formed(snapshot: Snapshot, sighting: Sighting) -> Iterator[Place]:
    """Yield the form a sighting is about."""
    if sighting.channel not in (Channel.FORM, Channel.CONTACT_PAGE, Channel.CALLBACK):
        return
    forms = [form for form in read_forms(snapshot.document) if form.writes_to_merchant or _is_callback(sighting)]
    told = [form for form in forms if form.label and form.label in (sighting.display, sighting.context)]
    for form in (told or forms)[:1]:
        yield from _place_of_node(snapshot, snapshot.document.tree.css_first(form.css))


def _is_callback(sighting: Sighting) -> bool:
    return sighting.channel is Channel.CALLBACK


def _titled(snapshot: Snapshot, sighting: Sighting) -> Iterator[Place]:
    """Yield the heading of a contact page."""
    if sighting.channel is Channel.CONTACT_PAGE:
        for node in snapshot.document.tree.css("h1,h2")[:1]:
            yield from _place_of_node(snapshot, node)
