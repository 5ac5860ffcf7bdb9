"""Every figure of one merchant's own report: its marks, the category's mean and best where they may be told. Pure.

Nothing of any other merchant is in it but these means and bests, which :mod:`barometer.reports.merchant_comparison` lets
through; what is drawn and written of them can therefore give nobody else away.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import NamedTuple

from barometer.grids.grid import SCALE, Award, Criterion, Family, Grid, Measure
from barometer.marks import counted_attempts, counted_nights
from barometer.marks.points import LEFT_OUT
from barometer.observations import Answered, Finding, MerchantFact, Observed, Unknown
from barometer.podium import LAST_PLACE_SHOWN, Laureate, Podium
from barometer.ranking import Ranking
from barometer.reports.merchant_comparison import (
    Compared,
    Public,
    Withheld,
    compared_few,
    compared_parts,
    compared_scores,
)
from barometer.reports.merchant_gains import Gain, gains_of, worth_of_a_point
from barometer.scoring import CriterionMark, Score

STRONG = Fraction(4, 5)
"""From which part of the maximum on a criterion is a strength (*ours*)."""
AHEAD = Fraction(3, 20)
"""How far above the category's mean, as a part of the maximum, it is one too (*ours*)..."""
FAIR = Fraction(3, 5)
"""... if it has at least this part of the maximum (*ours*): being the best of poor ones is none."""
FEW_UNITS = 4
"""Attempts a merchant up to which all the marks that there can be are listed (*ours*)."""


class NightCell(NamedTuple):
    """One night: what it says, and its points; ``None`` where it does not count. ``is_median``: the mark is this night's."""

    day: date
    finding: Finding
    points: Fraction | None
    is_median: bool


class Timed(NamedTuple):
    """One attempt that counts: seconds until a person answered, ``None`` for never, and what it earned."""

    seconds: float | None
    points: Fraction


class CriterionFigure(NamedTuple):
    """One criterion: what is ``possible`` and what was ``earned`` on /20, and how it came about.

    ``possible`` and ``earned`` are of the whole that was measured, so that the earned ones add up to the score; both are 0
    where the criterion weighs nothing, ``earned`` is ``None`` where it was not measured.
    """

    criterion: Criterion
    mark: CriterionMark
    possible: Fraction
    earned: Fraction | None
    compared: Compared
    nights: tuple[NightCell, ...]
    times: tuple[Timed, ...]

    @property
    def part(self) -> Fraction | None:
        """Points as a part of the maximum, ``None`` where it was not measured."""
        return part_of(self.mark)


class FamilyFigure(NamedTuple):
    """A family: its weight in the whole, and the part of it that was earned, ``None`` where nothing was measured."""

    family: Family
    part: Fraction | None
    compared: Compared


class Met(NamedTuple):
    """A condition of the label, and whether it is met."""

    criterion: Criterion
    at_least: Decimal
    is_met: bool


class MerchantFigures(NamedTuple):
    """All that a merchant's report says in figures; ``place`` is set for published laureates alone.

    ``is_ranked`` tells whether the category is, ``is_compared`` whether any mean of it is told.
    """

    merchant: MerchantFact
    score: Score
    category: str
    place: int | None
    is_ranked: bool
    is_compared: bool
    compared: Compared
    families: tuple[FamilyFigure, ...]
    criteria: tuple[CriterionFigure, ...]
    gains: tuple[Gain, ...]
    strengths: tuple[CriterionFigure, ...]
    label: tuple[Met, ...]

    def criterion(self, key: str) -> CriterionFigure:
        """Return the figures of the criterion *key*; raises ``KeyError`` where there is none."""
        for one in self.criteria:
            if one.criterion.key == key:
                return one
        raise KeyError(key)


class CategoryFigures:
    """The means and bests of one category; worked out once, the same for every merchant of it."""

    def __init__(self, ranking: Ranking, grid: Grid) -> None:
        self._ranked = [placed.score for placed in ranking.placed]
        laureates = Podium(ranking).laureates
        self._laureates = {one.merchant.id for one in laureates}
        scores = [found for score in self._ranked if (found := _score_part(score)) is not None]
        self.score = compared_scores(scores, _public(laureates, grid.award))
        self.families = {family.key: self._family(family, grid) for family in grid.families if family.weight}
        self.criteria = {one.key: self._criterion(one) for one in grid.criteria}

    def _family(self, family: Family, grid: Grid) -> Compared:
        parts, public = self._measured(_of_family(family, grid))
        return compared_parts(parts, len(public))

    def _criterion(self, criterion: Criterion) -> Compared:
        parts, public = self._measured(_of_criterion(criterion.key))
        possible = self._possible(criterion)
        return compared_few(parts, public, possible) if possible else compared_parts(parts, len(public))

    def _measured(self, part: Callable[[Score], Fraction | None]) -> tuple[list[Fraction], list[int]]:
        """Return what those earned who are ranked and measured, nobody else is in a mean; and where laureates stand."""
        parts = [(score.merchant.id, found) for score in self._ranked if (found := part(score)) is not None]
        public = [at for at, (merchant, _) in enumerate(parts) if merchant in self._laureates]
        return [found for _, found in parts], public

    def _possible(self, criterion: Criterion) -> frozenset[Fraction]:
        """Return all the marks that there can be, as parts of the maximum; none where they are too many to list."""
        units = {
            1 if criterion.measure.nightly or not mark.units else mark.units
            for score in self._ranked
            if (mark := _mark(score, criterion.key)) is not None and mark.points is not None
        }
        if not units or max(units) > FEW_UNITS:
            return frozenset()
        each = _earnable(criterion)
        return frozenset(
            sum(earned, Fraction(0)) / count / Fraction(criterion.maximum)
            for count in units
            for earned in combinations_with_replacement(each, count)
        )


def figures_of(
    score: Score, ranking: Ranking, observed: Observed | None, grid: Grid, category: CategoryFigures, *, is_public: bool
) -> MerchantFigures:
    """Return the figures of the merchant of *score*; *is_public* tells that the podium is, and so a laureate's place."""
    laureates = {one.merchant.id: one.place for one in Podium(ranking).laureates}
    criteria = tuple(
        _criterion(grid.criterion(mark.criterion), mark, score, observed, grid, category) for mark in score.marks
    )
    return MerchantFigures(
        merchant=score.merchant,
        score=score,
        category=ranking.category,
        place=laureates.get(score.merchant.id) if is_public else None,
        is_ranked=bool(ranking.placed),
        is_compared=not isinstance(category.score, Withheld)
        or any(not isinstance(one, Withheld) for one in (*category.families.values(), *category.criteria.values())),
        compared=category.score,
        families=tuple(
            FamilyFigure(family, _of_family(family, grid)(score), category.families[family.key])
            for family in grid.families
            if family.weight
        ),
        criteria=criteria,
        gains=tuple(gains_of(score, grid)),
        strengths=tuple(_strengths(criteria)),
        label=tuple(_label(score, grid)),
    )


def _public(laureates: Sequence[Laureate], award: Award) -> Public:
    """Return what the podium tells everybody: its marks, and what nobody beside it is above."""
    marks = tuple(Fraction(one.score) / Fraction(SCALE) for one in laureates)
    # Where places are left, nobody else earned one.
    ceiling = min(marks) if len(marks) >= LAST_PLACE_SHOWN else Fraction(award.above) / Fraction(SCALE)
    return Public(marks, ceiling)


def part_of(mark: CriterionMark) -> Fraction | None:
    """Return the points of *mark* as a part of its maximum, ``None`` where it was not measured."""
    return None if mark.points is None else mark.points / Fraction(mark.maximum)


def _criterion(
    criterion: Criterion, mark: CriterionMark, score: Score, observed: Observed | None, grid: Grid, category: CategoryFigures
) -> CriterionFigure:  # fmt: skip
    point = worth_of_a_point(mark, score)
    return CriterionFigure(
        criterion=criterion,
        mark=mark,
        possible=point * Fraction(mark.maximum),
        earned=None if mark.points is None else point * mark.points,
        compared=category.criteria[criterion.key],
        nights=_nights(criterion, observed, grid.nights) if observed and criterion.measure.nightly else (),
        times=_times(criterion, observed, grid.nights) if observed and _is_timed(criterion) else (),
    )


def _is_timed(criterion: Criterion) -> bool:
    return criterion.measure in (Measure.DELAY, Measure.BUSINESS_DELAY, Measure.WAITING)


def _nights(criterion: Criterion, observed: Observed, limit: int) -> tuple[NightCell, ...]:
    """Return the nights that count, and those among them that do not, oldest first."""
    counted = counted_nights.counting(criterion, observed.nights, limit)
    if not counted.found:
        return ()
    by_day, median = {one.day: one for one in counted.found}, counted.median.day
    first = min(by_day)
    cells = []
    for night in observed.nights:
        if night.day < first:
            continue
        found = by_day.get(night.day)
        if found is None:
            cells.append(NightCell(night.day, Unknown(LEFT_OUT), None, False))
        else:
            cells.append(NightCell(night.day, found.finding, found.worth.points, night.day == median))
    return tuple(cells)


def _times(criterion: Criterion, observed: Observed, limit: int) -> tuple[Timed, ...]:
    """Return the attempts that count, the fastest first, silence last."""
    counted = counted_attempts.counting(criterion, observed, limit)
    times = []
    for position, earned in zip(counted.positions, counted.earned, strict=True):
        ending = observed.attempts[position].ending
        business = criterion.measure is Measure.BUSINESS_DELAY
        seconds = (ending.business_seconds if business else ending.seconds) if isinstance(ending, Answered) else None
        times.append(Timed(seconds, counted.worths[earned].points))
    return tuple(sorted(times, key=lambda one: (one.seconds is None, one.seconds or 0.0)))


def _strengths(criteria: Iterable[CriterionFigure]) -> list[CriterionFigure]:
    """Return what is at the maximum or near it, or well above the category, what earns the most first."""
    strong = [one for one in criteria if one.possible and _is_strong(one)]
    return sorted(strong, key=lambda one: (-(one.earned or Fraction(0)), one.criterion.key))


def _is_strong(figure: CriterionFigure) -> bool:
    part = figure.part
    if part is None:
        return False
    if isinstance(figure.compared, Withheld) or part >= STRONG:
        return part >= STRONG
    return part >= FAIR and part - figure.compared.mean >= AHEAD


def _label(score: Score, grid: Grid) -> Iterable[Met]:
    for condition in grid.label.conditions if grid.label else ():
        is_met = condition.criterion not in score.unmet
        yield Met(grid.criterion(condition.criterion), condition.at_least, is_met)


def _mark(score: Score, key: str) -> CriterionMark | None:
    return next((mark for mark in score.marks if mark.criterion == key), None)


def _score_part(score: Score) -> Fraction | None:
    return None if score.score is None else Fraction(score.score) / Fraction(SCALE)


def _of_criterion(key: str) -> Callable[[Score], Fraction | None]:
    def part(score: Score) -> Fraction | None:
        mark = _mark(score, key)
        return None if mark is None else part_of(mark)

    return part


def _of_family(family: Family, grid: Grid) -> Callable[[Score], Fraction | None]:
    """Return the function that tells which part of a family a score earned, of what was measured of it."""
    keys: Mapping[str, bool] = {one.key: one.family == family.key for one in grid.criteria}

    def part(score: Score) -> Fraction | None:
        own = [mark for mark in score.marks if keys.get(mark.criterion) and mark.points is not None]
        weight = sum((mark.weight for mark in own), Fraction(0))
        if not weight:
            return None
        earned = sum((mark.weight * (part_of(mark) or Fraction(0)) for mark in own), Fraction(0))
        return earned / weight

    return part


def _earnable(criterion: Criterion) -> Sequence[Fraction]:
    """Return what one night or attempt can earn, as points."""
    worths = {band.points for band in criterion.bands} | {one for one in criterion.words.values() if one is not None}
    if criterion.scale is not None and criterion.scale == int(criterion.scale):
        worths |= {criterion.maximum * mark / criterion.scale for mark in range(int(criterion.scale) + 1)}
    if criterion.nothing is not None:
        worths.add(criterion.nothing)
    return sorted(map(Fraction, worths))
