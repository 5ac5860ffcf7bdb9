"""What two grids decide differently, in words. Pure."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from barometer.grids.cases import cases, looks_at, points_text
from barometer.grids.grid import Criterion, Family, Grid
from barometer.grids.table import percent, rules


class Change(NamedTuple):
    """One thing that differs: what it is about, how the first grid has it, and how the second; ``None`` where one has not."""

    about: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        """Return it as a sentence for people."""
        if self.before is None:
            return f"{self.about}: new: {self.after}"
        if self.after is None:
            return f"{self.about}: gone: {self.before}"
        return f"{self.about}: {self.before} -> {self.after}"


def differences(first: Grid, second: Grid) -> list[Change]:
    """Return what differs between two grids, in the order of a grid file; what only reads differently is left out."""
    return [*_head(first, second), *_rules(first, second), *_families(first, second), *_criteria(first, second)]


def _head(first: Grid, second: Grid) -> Iterator[Change]:
    for about, before, after in (
        ("name", first.name, second.name),
        ("version", first.version, second.version),
        ("title", _titled(first.title), _titled(second.title)),
        ("source", first.source, second.source),
    ):
        if before != after:
            yield Change(about, before, after)


def _rules(first: Grid, second: Grid) -> Iterator[Change]:
    yield from _changed("", _by_subject(first), _by_subject(second))


def _by_subject(grid: Grid) -> Mapping[str, str]:
    """Return the sentences of a grid's rules, by what they are about."""
    said: dict[str, str] = {}
    for rule in rules(grid):
        about, _, words = rule.removesuffix(".").partition(": ")
        said[about.lower()] = words
    if grid.label is not None:
        said["label title"] = _titled(grid.label.title)
    return said


def _families(first: Grid, second: Grid) -> Iterator[Change]:
    yield from _changed("family ", _weights(first.families), _weights(second.families))


def _weights(families: tuple[Family, ...]) -> Mapping[str, str]:
    return {one.key: f"{_titled(one.title)}, {percent(one.weight)} of the whole" for one in families}


def _criteria(first: Grid, second: Grid) -> Iterator[Change]:
    before = {one.key: one for one in first.criteria}
    after = {one.key: one for one in second.criteria}
    for key in [*before, *(key for key in after if key not in before)]:
        about = f"criterion {key}"
        if key not in after:
            yield Change(about, _in_short(before[key]), None)
        elif key not in before:
            yield Change(about, None, _in_short(after[key]))
        else:
            yield from _changed(f"{about}: ", _facts(before[key]), _facts(after[key]))


def _facts(criterion: Criterion) -> Mapping[str, str]:
    """Return what can differ between two forms of a criterion."""
    return {
        "title": _titled(criterion.title),
        "family": criterion.family,
        "looks at": looks_at(criterion),
        "weight in the whole": f"{percent(criterion.weight)}",
        "exact weight": str(criterion.weight),
        "maximum": points_text(criterion.maximum),
        **{case.words: points_text(case.points) for case in cases(criterion)},
    }


def _in_short(criterion: Criterion) -> str:
    return f"{looks_at(criterion)}, {percent(criterion.weight)} of the whole"


def _changed(prefix: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for about in [*before, *(one for one in after if one not in before)]:
        old, new = before.get(about), after.get(about)
        # The exact weight is told only where rounding hides that it changed.
        if old != new and not (
            about == "exact weight" and before["weight in the whole"] != after["weight in the whole"]
        ):
            yield Change(f"{prefix}{about}", old, new)


def _titled(title: Mapping[str, str]) -> str:
    return " / ".join(title[language] for language in sorted(title))
