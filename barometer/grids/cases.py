"""What a criterion looks at and what each case earns, in words; points tables and differences are made of these. Pure."""

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from barometer.grids.grid import WORDS, Criterion, Measure
from barometer.grids.spans import span_text
from probes.criteria import VALUES
from storage.vocabulary import Channel

_EXPECTED = {
    "measure": {"rating_of", *map(str, Measure)},
    "channel": {*map(str, Channel), "web", "social"},
    "word": {word for words in WORDS.values() for word in words},
}


class Case(NamedTuple):
    """One case and its points, ``None`` where it is left out."""

    words: str
    points: Decimal | None


@cache
def wording() -> Mapping[str, Mapping[str, str]]:
    """Return the words, by group; raises ``ValueError`` when the file does not hold what it should."""
    table = tomllib.loads((files("barometer.grids") / "words" / "en.toml").read_text("utf-8"))
    for group, expected in _EXPECTED.items():
        if set(table[group]) != expected:
            raise ValueError(f"grids/words/en.toml: [{group}] must hold {', '.join(sorted(expected))}")
    return table


def looks_at(criterion: Criterion) -> str:
    """Return what is measured, and on which channels; people's criterion only where it has another name."""
    names = ", ".join(wording()["channel"][channel] for channel in criterion.channels)
    measure = "rating_of" if criterion.of not in (None, criterion.key) else str(criterion.measure)
    return wording()["measure"][measure].format(channels=names, of=criterion.of)


def cases(criterion: Criterion) -> list[Case]:
    """Return every case that a criterion tells apart, best first as a rule, silence or absence last."""
    found = [*_cases(criterion), Case(wording()["case"][_silence(criterion)], criterion.nothing)]
    if criterion.unshown_is_nothing:
        found.append(Case(wording()["case"]["unshown"], criterion.nothing))
    return found


def points_text(points: Decimal | None) -> str:
    """Return points as people write them, or that the case is left out."""
    return wording()["case"]["left_out"] if points is None else f"{points.normalize():f}"


def _cases(criterion: Criterion) -> Iterator[Case]:
    if criterion.scale is not None:
        for mark in reversed(VALUES):
            words = wording()["case"]["mark"].format(mark=mark)
            yield Case(words, criterion.maximum * mark / criterion.scale)
    for word, points in criterion.words.items():
        yield Case(wording()["word"][word], points)
    before: Decimal | None = None
    for band in criterion.bands:
        yield Case(_band(criterion, band.up_to, before), band.points)
        before = band.up_to


def _band(criterion: Criterion, up_to: Decimal | None, before: Decimal | None) -> str:
    """Return which numbers a band takes that follows one up to *before*."""
    said = wording()["case"]
    kind = "clicks" if criterion.measure is Measure.DEPTH else "time"
    if up_to is None:
        return said[f"{kind}_any"] if before is None else said[f"{kind}_beyond"]
    if kind == "time":
        return said["time"].format(time=span_text(up_to))
    first = 0 if before is None else before + 1
    clicks = f"{up_to:f}"
    if first != up_to:
        return said["click_up_to" if up_to == 1 else "clicks_up_to"].format(clicks=clicks)
    return said["click" if up_to == 1 else "clicks"].format(clicks=clicks)


def _silence(criterion: Criterion) -> str:
    if criterion.measure.nightly:
        return "not_shown"
    return "no_answer" if criterion.measure is Measure.RATING else "never"
