"""What a merchant would earn by doing better, read off the grid: nothing here knows what any criterion is about. Pure.

A gain is what the score would rise by, on /20, if one thing alone changed and all else stayed as it was: the weight of the
criterion among those that were measured, times the points that are missing.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from barometer.grids.grid import SCALE, Band, Criterion, Grid, Measure
from barometer.observations import Nothing, Seen
from barometer.scoring import CriterionMark, Score


class Change(StrEnum):
    """What is to be different."""

    NEARER = "nearer"
    SHOWN_AT = "shown_at"
    SHOWN = "shown"
    VISIBLE = "visible"
    SHOWN_VISIBLE = "shown_visible"
    PRICE = "price"
    ANSWERED = "answered"
    ANSWERED_WITHIN = "answered_within"
    FASTER = "faster"
    ALL_WITHIN = "all_within"
    MARKED = "marked"
    REACHABLE = "reachable"


class Step(NamedTuple):
    """One change and what it would earn on /20.

    ``now`` and ``then`` are clicks, seconds, a mark, or words of a measure; ``many`` of the ``total`` attempts that count are
    those that would have to change.
    """

    change: Change
    gain: Fraction
    now: Decimal | str | None = None
    then: Decimal | tuple[str, ...] | None = None
    many: int = 0
    total: int = 0


class Gain(NamedTuple):
    """What one criterion still holds: ``whole`` up to its maximum, on /20, and the steps on the way, the nearest first."""

    criterion: Criterion
    mark: CriterionMark
    whole: Fraction
    steps: tuple[Step, ...]


def gains_of(score: Score, grid: Grid) -> list[Gain]:
    """Return what *score* still misses, the most first; what was not measured, and what weighs nothing, holds nothing."""
    found = []
    for mark in score.marks:
        criterion = grid.criterion(mark.criterion)
        worth = worth_of_a_point(mark, score)
        if mark.points is None or not worth or mark.points >= Fraction(mark.maximum):
            continue
        whole = worth * (Fraction(mark.maximum) - mark.points)
        steps = tuple(_distinct(step for step in _steps(criterion, mark, worth) if step.gain > 0))
        found.append(Gain(criterion, mark, whole, steps))
    return sorted(found, key=lambda gain: (-gain.whole, gain.criterion.key))


def worth_of_a_point(mark: CriterionMark, score: Score) -> Fraction:
    """Return what one point of *mark* is worth on /20, with what was not measured left out of the whole."""
    whole = sum((one.weight for one in score.marks if one.points is not None), Fraction(0))
    if not whole or mark.points is None or not mark.maximum:
        return Fraction(0)
    return Fraction(SCALE) * mark.weight / whole / Fraction(mark.maximum)


def _steps(criterion: Criterion, mark: CriterionMark, worth: Fraction) -> Iterator[Step]:
    if set(mark.tally) == {"unshown"}:
        yield Step(Change.REACHABLE, worth * (Fraction(mark.maximum) - (mark.points or 0)))
    elif criterion.measure is Measure.DEPTH:
        yield from _nearer(criterion, mark, worth)
    elif criterion.measure.nightly:
        yield from _other_word(criterion, mark, worth)
    elif criterion.measure is Measure.RATING:
        yield from _marked_higher(criterion, mark, worth)
    else:
        yield from _sooner(criterion, mark, worth)


def _nearer(criterion: Criterion, mark: CriterionMark, worth: Fraction) -> Iterator[Step]:
    """Yield the next better band, and the best one."""
    points = mark.points or Fraction(0)
    better = sorted((band for band in criterion.bands if band.points > points), key=lambda band: band.points)
    for band in (better[:1] + better[-1:]) if better else ():
        earned = worth * (Fraction(band.points) - points)
        if isinstance(mark.found, Seen) and isinstance(mark.found.value, Decimal):
            yield Step(Change.NEARER, earned, mark.found.value, band.up_to)
        elif isinstance(mark.found, Nothing):
            yield Step(Change.SHOWN if band.up_to is None else Change.SHOWN_AT, earned, None, band.up_to)


def _other_word(criterion: Criterion, mark: CriterionMark, worth: Fraction) -> Iterator[Step]:
    """Yield the next better word, with all that earn as much, and the best one."""
    points = mark.points or Fraction(0)
    worths = sorted({one for one in criterion.words.values() if one is not None and one > points})
    now = str(mark.found.value) if isinstance(mark.found, Seen) else None
    for worth_more in dict.fromkeys(worths[:1] + worths[-1:]):
        words = tuple(word for word, one in criterion.words.items() if one == worth_more)
        yield Step(_kind_of(criterion.measure, now), worth * (Fraction(worth_more) - points), now, words)


def _kind_of(measure: Measure, now: str | None) -> Change:
    if measure is Measure.PRICE_CLASS:
        return Change.PRICE
    if measure is Measure.CLEARLY_VISIBLE:
        return Change.VISIBLE if now is not None else Change.SHOWN_VISIBLE
    return Change.SHOWN


class _Group(NamedTuple):
    """Attempts that earned the same: how many, how much each, and in which band; ``None`` for silence."""

    many: int
    points: Decimal
    band: Band | None


def _sooner(criterion: Criterion, mark: CriterionMark, worth: Fraction) -> Iterator[Step]:
    """Yield an answer to what stayed silent, the slow group that holds the most one band better, and all in the best band."""
    groups = _groups(criterion, mark)
    if not groups:
        return
    each, total = worth / mark.units, mark.units
    for group in groups:
        if group.band is None:
            band = _next_better(criterion.bands, group.points)
            if band is not None:
                change = Change.ANSWERED if band.up_to is None else Change.ANSWERED_WITHIN
                earned = each * group.many * Fraction(band.points - group.points)
                yield Step(change, earned, None, band.up_to, group.many, total)
    slower = [step for group in groups if (step := _faster(criterion.bands, group, each, total))]
    yield from sorted(slower, key=lambda step: step.gain, reverse=True)[:1]
    best = max(criterion.bands, key=lambda band: band.points)
    below = [group for group in groups if group.points < best.points]
    earned = sum((each * group.many * Fraction(best.points - group.points) for group in below), Fraction(0))
    if best.up_to is not None:
        yield Step(Change.ALL_WITHIN, earned, None, best.up_to, sum(group.many for group in below), total)


def _faster(bands: Sequence[Band], group: _Group, each: Fraction, total: int) -> Step | None:
    band = _next_better(bands, group.points)
    if group.band is None or band is None or band.up_to is None:
        return None
    return Step(
        Change.FASTER, each * group.many * Fraction(band.points - group.points), None, band.up_to, group.many, total
    )


def _next_better(bands: Sequence[Band], points: Decimal) -> Band | None:
    """Return the easiest band that earns more than *points*: among those that earn the least more, the widest."""
    better = [band for band in bands if band.points > points]
    least = min((band.points for band in better), default=None)
    widest = [band for band in better if band.points == least]
    return max(widest, key=lambda band: (band.up_to is None, band.up_to or Decimal(0)), default=None)


def _groups(criterion: Criterion, mark: CriterionMark) -> list[_Group]:
    """Return the attempts by what they earned; none where the tally does not give the mark, so that nothing is made up."""
    by_limit = {band.up_to: band for band in criterion.bands}
    groups = []
    for key, count in mark.tally.items():
        kind, _, limit = key.partition(":")
        if kind == "nothing" and criterion.nothing is not None:
            groups.append(_Group(count, criterion.nothing, None))
        elif kind == "beyond" and None in by_limit:
            groups.append(_Group(count, by_limit[None].points, by_limit[None]))
        elif kind == "up_to" and limit and Decimal(limit) in by_limit:
            band = by_limit[Decimal(limit)]
            groups.append(_Group(count, band.points, band))
    earned = sum((group.many * Fraction(group.points) for group in groups), Fraction(0))
    counted = sum(group.many for group in groups)
    return groups if mark.units and counted == mark.units and earned / counted == mark.points else []


def _marked_higher(criterion: Criterion, mark: CriterionMark, worth: Fraction) -> Iterator[Step]:
    """Yield what every answer that was marked below the next whole mark would earn at it, and at the top of the scale."""
    scale, marks = criterion.scale, _given(criterion, mark)
    if scale is None or not marks:
        return
    each = worth * Fraction(mark.maximum) / Fraction(scale) / mark.units
    lowest = min(marks)
    first = next((Decimal(one) for one in range(1, int(scale) + 1) if one > lowest), scale)
    for target in dict.fromkeys((first, scale)):
        below = {value: count for value, count in marks.items() if value < target}
        earned = sum((each * count * (Fraction(target) - value) for value, count in below.items()), Fraction(0))
        yield Step(Change.MARKED, earned, None, target, sum(below.values()), mark.units)


def _given(criterion: Criterion, mark: CriterionMark) -> dict[Fraction, int]:
    """Return how many answers got which mark; silence counts as what it earns; empty where that does not give the mark."""
    marks: dict[Fraction, int] = {}
    scale, maximum = Fraction(criterion.scale or 1), Fraction(mark.maximum)
    for key, count in mark.tally.items():
        kind, _, value = key.partition(":")
        if kind == "mark":
            marks[Fraction(value)] = marks.get(Fraction(value), 0) + count
        elif kind == "nothing" and criterion.nothing is not None:
            silent = Fraction(criterion.nothing) / maximum * scale
            marks[silent] = marks.get(silent, 0) + count
    counted = sum(marks.values())
    if not mark.units or counted != mark.units:
        return {}
    mean = sum((value * count for value, count in marks.items()), Fraction(0)) / counted
    return marks if mean / scale * maximum == mark.points else {}


def _distinct(steps: Iterator[Step]) -> Iterator[Step]:
    """Yield *steps* without those that earn no more than an earlier one by changing as much."""
    seen: set[tuple[Fraction, object]] = set()
    for step in steps:
        if (step.gain, step.then) not in seen:
            seen.add((step.gain, step.then))
            yield step
