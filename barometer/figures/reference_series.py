"""Published figures of others that ours are read beside: ``open_to_dialog.toml``. What was not published stays missing."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

SCHEMA = "barometer-reference/1"
FILE = "open_to_dialog.toml"
DENOMINATORS = ("sites", "shown", "unsaid")
"""Of what a figure is a share: of all sites, of those that show the channel, or its source does not say."""
MEASURES = (
    "phone.shown", "phone.visible", "phone.premium", "calls.reachable", "calls.within_30", "calls.unreachable",
    "email.shown", "email.within_3600", "social.facebook", "social.x",
)  # fmt: skip
"""What was published, in the order it is shown."""
LANGUAGES = frozenset(("en", "fr"))


class Source(NamedTuple):
    """Where a figure was published."""

    title: str
    url: str


class Reference(NamedTuple):
    """One published figure: ``percent`` of what ``of`` says, among ``sites``; ``note`` is by language, empty for none."""

    measure: str
    year: int
    percent: int
    of: str
    sites: str
    source: Source
    approximate: bool
    note: Mapping[str, str]


class Context(NamedTuple):
    """Another study: its name, year, and what it found, by language."""

    study: str
    year: int
    what: Mapping[str, str]


class Series(NamedTuple):
    """All of them; figures by measure, then year."""

    figures: tuple[Reference, ...]
    context: tuple[Context, ...]

    def of(self, measure: str) -> tuple[Reference, ...]:
        """Return the figures of *measure*, by year; no year stands between two that were published."""
        return tuple(one for one in self.figures if one.measure == measure)


@cache
def reference_series() -> Series:
    """Return the series; raises ``ValueError`` when the file says something that cannot be."""
    return read_series(files("barometer.figures").joinpath(FILE).read_text("utf-8"))


def read_series(text: str) -> Series:
    """Return the series in *text*; raises ``ValueError`` for an unknown measure, source or denominator, or no percentage."""
    told = tomllib.loads(text)
    if told.get("schema") != SCHEMA:
        raise ValueError(f"{FILE}: schema is not {SCHEMA}")
    sources = {key: Source(one["title"], one["url"]) for key, one in told["sources"].items()}
    figures = [_figure(one, sources) for one in told["figure"]]
    if len({(one.measure, one.year) for one in figures}) != len(figures):
        raise ValueError(f"{FILE}: a measure has two figures for one year")
    figures.sort(key=lambda one: (MEASURES.index(one.measure), one.year))
    context = [Context(one["study"], one["year"], _both(one["what"], one["study"])) for one in told["context"]]
    return Series(tuple(figures), tuple(sorted(context, key=lambda one: (one.year, one.study))))


def _figure(one: Mapping[str, Any], sources: Mapping[str, Source]) -> Reference:
    where = f"{FILE}: {one.get('measure')} of {one.get('year')}"
    if one["measure"] not in MEASURES or one["source"] not in sources or one["of"] not in DENOMINATORS:
        raise ValueError(f"{where}: unknown measure, source or denominator")
    if not isinstance(one["percent"], int) or not 0 <= one["percent"] <= 100:
        raise ValueError(f"{where}: {one['percent']} is no percentage")
    note = _both(one["note"], where) if "note" in one else {}
    return Reference(
        one["measure"], one["year"], one["percent"], one["of"], one["sites"], sources[one["source"]],
        one.get("approximate", False), note,
    )  # fmt: skip


def _both(texts: Mapping[str, str], where: str) -> Mapping[str, str]:
    if set(texts) != LANGUAGES:
        raise ValueError(f"{where}: is not told in both languages")
    return texts
