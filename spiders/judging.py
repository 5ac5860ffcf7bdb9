"""What one state of a page holds, the same way whoever asks: the search while it looks, a replay years later. Pure."""

from collections.abc import Collection

from spiders.browser.image_numbers import ImageNumber, image_numbers
from spiders.browser.layout import Snapshot
from spiders.browser.locate import Place, place_of
from spiders.detect.document import Document
from spiders.detect.page import detect
from spiders.detect.sighting import Findings, Sighting
from spiders.detect.tariffs import tariff_of_value
from storage.vocabulary import Channel

PICTURED = 0.6
"""Confidence in a value that only a picture shows (ours)."""


def judged(
    document: Document,
    country: str,
    asked: Collection[Channel],
    *,
    home: bool = False,
    label: str = "",
    snapshot: Snapshot | None = None,
) -> Findings:
    """Return the channels *asked* for that *document* holds, and what was set aside.

    *document* is the source of a page, or with *snapshot* what a browser showed of it; then what only pictures show is
    told too. *label* are the words of the link that leads here, empty for a state that a press leads to.
    """
    found = detect(document, country, asked, home=home, labels=(label,) if label else ())
    if snapshot is None or not snapshot.pictures:
        return found
    drawn = [_sighting(one, country) for one in image_numbers(snapshot, country) if one.channel in asked]
    return Findings([*found.sightings, *drawn], found.set_aside)


def is_pictured(sighting: Sighting) -> bool:
    """Tell whether only a picture shows *sighting*."""
    return not sighting.readable and sighting.confidence == PICTURED


def placed(snapshot: Snapshot, sighting: Sighting, country: str) -> Place | None:
    """Return where *sighting* stands in *snapshot*, ``None`` where it is not to be found."""
    if not is_pictured(sighting):
        return place_of(snapshot, sighting)
    same = (one for one in image_numbers(snapshot, country) if (one.channel, one.value) == sighting[:2])
    number = next(same, None)
    element = snapshot.elements.get(number.element) if number is not None else None
    return Place(number.box, number.element, element.in_header, element.fixed) if number and element else None


def _sighting(number: ImageNumber, country: str) -> Sighting:
    tariff = tariff_of_value(number.value, country) if number.channel is Channel.PHONE else None
    return Sighting(
        number.channel, number.value, number.words, number.words, readable=False, confidence=PICTURED, tariff=tariff
    )
