"""Numbers and addresses that stand only in a picture: its alternative text or file name gives them away."""

from typing import NamedTuple

from selectolax.lexbor import LexborNode

from spiders.browser.layout import Box, Picture, Snapshot
from spiders.detect.addresses import addresses_in
from spiders.detect.lexicon import fold, pattern
from spiders.detect.numbering import french_numbers, numbers_in
from spiders.detect.page import detect
from storage.vocabulary import Channel

MOST_PICTURES = 200
"""Pictures judged in one snapshot (ours)."""

_NEAR = 160
_LEVELS = 3


class ImageNumber(NamedTuple):
    """A value that a person can read in a picture, and our reading of text cannot.

    ``value`` is E.164 or an e-mail address, ``words`` the alternative text or file name that holds it.
    """

    channel: Channel
    value: str
    words: str
    element: int
    box: Box


def image_numbers(snapshot: Snapshot, country: str) -> list[ImageNumber]:
    """Return the telephones and e-mail addresses that only pictures of *snapshot* show, each once.

    A telephone counts when a word for it stands in the same text, in the file name, or right beside the picture.
    *country* is the ISO code numbers without a prefix are read for.
    """
    if not snapshot.pictures:
        return []
    written = {found.value for found in detect(snapshot.document, country, {Channel.PHONE, Channel.EMAIL}).sightings}
    found: dict[str, ImageNumber] = {}
    for picture in snapshot.pictures[:MOST_PICTURES]:
        element = snapshot.elements.get(picture.element)
        for channel, value, words in _values(snapshot, picture, country):
            if element is not None and value not in written:
                found.setdefault(value, ImageNumber(channel, value, words, picture.element, element.box))
    return list(found.values())


def _values(snapshot: Snapshot, picture: Picture, country: str) -> list[tuple[Channel, str, str]]:
    """Return what a picture holds: channel, value, and the words it was read in."""
    stem = picture.file.rpartition(".")[0] or picture.file
    values = []
    for words in filter(None, (picture.alternative, stem)):
        values += [(Channel.EMAIL, each.address, words) for each in addresses_in(words)]
        numbers = (
            french_numbers(words, labelled=True) if country.upper() == "FR" else numbers_in(words, country.upper())
        )
        read = [number.value for number in numbers if number.value and not number.placeholder]
        if read and _says_phone(snapshot, picture, stem):
            values += [(Channel.PHONE, value, words) for value in read]
    return values


def _says_phone(snapshot: Snapshot, picture: Picture, stem: str) -> bool:
    own = fold(f"{picture.alternative} {stem}".replace("_", " "))
    near = fold(_beside(snapshot, picture.element))
    if pattern("phones", "fax").search(own):
        return False
    if pattern("phones", "label", "call", "dial").search(own):
        return True
    return bool(pattern("phones", "label", "call").search(near)) and not pattern("phones", "fax").search(near)


def _beside(snapshot: Snapshot, number: int) -> str:
    """Return the words of the smallest element around a picture that has any."""
    node: LexborNode | None = snapshot.document.tree.css_first(f'[data-b="{number}"]')
    for _ in range(_LEVELS):
        node = node.parent if node is not None else None
        if node is None:
            break
        words = " ".join(node.text(deep=True, separator=" ")[: 4 * _NEAR].split())
        if words:
            return words[:_NEAR] if len(words) <= 2 * _NEAR else ""
    return ""
