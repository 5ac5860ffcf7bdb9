"""Marks and scores: what was observed of a merchant, read through a grid. Pure; the same input gives the same score."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from typing import NamedTuple

from barometer.grids.grid import SCALE, Criterion, Grid, LabelRule
from barometer.grids.ways import ways
from barometer.marks import counted_attempts, counted_nights
from barometer.marks.counted_attempts import NOT_RATED
from barometer.marks.counted_nights import NightLeftOut
from barometer.marks.points import LEFT_OUT, Worth
from barometer.marks.sentence import sentence
from barometer.observations import Finding, MerchantFact, Observed

NOTHING_MEASURED = "nothing_measured"
COVERAGE = "coverage"
CHANNELS = "channels"
"""Why a merchant may not be ranked."""
NO_VISIT, NO_ATTEMPT, PENDING = "no_visit", "no_attempt", "pending"
"""Why a criterion was not measured, where no night and no attempt gives a reason of its own."""


class CriterionMark(NamedTuple):
    """What a merchant gets for one criterion.

    ``points`` is exact, between 0 and ``maximum``; ``None`` when it was not measured, and ``reason`` then says why. ``weight`` is
    the grid's, before anything is weighed anew. ``found`` is the median night's finding (``None`` for attempts), ``spread`` the
    best and the worst of the nights measured. ``units`` counts the nights or attempts that earn points, ``left_out`` the others,
    by reason: nights ``left_out`` by the grid are still among those whose median is taken, and answers ``not_rated`` among the
    answers. ``tally`` is how many fell where: ``up_to:3600``, ``beyond``, ``word:free``, ``mark:1.5``, ``nothing``.
    ``open`` counts attempts that may still be answered and would change the points. ``rule`` is a sentence for people.
    """

    criterion: str
    points: Fraction | None
    maximum: Decimal
    weight: Fraction
    units: int
    tally: Mapping[str, int]
    left_out: Mapping[str, int]
    rule: str
    evidence: tuple[str, ...]
    found: Finding | None = None
    spread: tuple[Finding, Finding] | None = None
    reason: str | None = None
    open: int = 0


class Score(NamedTuple):
    """A merchant's score on /20, to the tenth, half to even; ``None`` where nothing was measured.

    ``coverage`` is the part of the weights that was measured. ``ineligible`` holds the reasons why it may not be ranked, as words
    (``coverage``, ``channels``, ``nothing_measured``), empty when it may. ``labelled`` is ``None`` where the grid has no label;
    ``unmet`` are the criteria of the label that are not met. ``interval`` is the bootstrap's, at 95 %, ``None`` until drawn.
    """

    merchant: MerchantFact
    score: Decimal | None
    coverage: Fraction
    marks: tuple[CriterionMark, ...]
    ineligible: tuple[str, ...]
    labelled: bool | None
    unmet: tuple[str, ...] = ()
    interval: tuple[Decimal, Decimal] | None = None


def score(observed: Observed, grid: Grid) -> Score:
    """Return what *observed* is worth under *grid*: a mark for each criterion, and the score on /20.

    What was not measured is left out and the rest weighed anew. All is exact until the score is rounded, once.
    """
    marks = tuple(mark(criterion, observed, grid.nights) for criterion in grid.criteria)
    unmet = _unmet(marks, grid.label)
    return Score(
        merchant=observed.merchant,
        score=score_of(marks),
        coverage=coverage_of(marks),
        marks=marks,
        ineligible=_ineligible(marks, grid),
        labelled=None if grid.label is None else not unmet,
        unmet=unmet,
    )


def mark(criterion: Criterion, observed: Observed, nights: int) -> CriterionMark:
    """Return the mark for one criterion, of the last *nights* valid nights or of all attempts."""
    if criterion.measure.nightly:
        given = _nightly_mark(criterion, observed, nights)
    else:
        given = _attempts_mark(criterion, observed, nights)
    return given._replace(rule=sentence(given, criterion, "en"))


def score_of(marks: Iterable[CriterionMark]) -> Decimal | None:
    """Return 20 x sum of weight x points / maximum, by the sum of the weights measured, to the tenth, half to even."""
    measured = [
        (one.weight, one.points / Fraction(one.maximum)) for one in marks if one.points is not None and one.weight
    ]
    if not measured:
        return None
    weighed = sum((weight * part for weight, part in measured), Fraction(0))
    whole = weighed / sum((weight for weight, _ in measured), Fraction(0))
    return tenth(whole * Fraction(SCALE))


def tenth(exact: Fraction) -> Decimal:
    """Return *exact* to the tenth, half to even."""
    return Decimal(round(exact * 10)).scaleb(-1)


def coverage_of(marks: Sequence[CriterionMark]) -> Fraction:
    """Return the part of the weights that was measured."""
    whole = sum((one.weight for one in marks), Fraction(0))
    return sum((one.weight for one in marks if one.points is not None), Fraction(0)) / whole if whole else Fraction(0)


def _nightly_mark(criterion: Criterion, observed: Observed, limit: int) -> CriterionMark:
    nights = counted_nights.counting(criterion, observed.nights, limit)
    if not nights.measured:
        return _not_measured(criterion, nights.left_out, NO_VISIT)
    median = nights.median
    if isinstance(median, NightLeftOut):
        return _not_measured(criterion, nights.left_out, LEFT_OUT)._replace(reason=LEFT_OUT)
    return CriterionMark(
        criterion=criterion.key,
        points=median.worth.points,
        maximum=criterion.maximum,
        weight=criterion.weight,
        units=len(nights.found),
        tally=_tally(one.worth for one in nights.found),
        left_out=nights.left_out,
        rule="",
        evidence=median.evidence,
        found=median.finding,
        spread=(nights.measured[0].finding, nights.measured[-1].finding),
    )


def _attempts_mark(criterion: Criterion, observed: Observed, nights: int) -> CriterionMark:
    attempts = counted_attempts.counting(criterion, observed, nights)
    if not attempts.positions:
        if attempts.unshown is not None:
            return _silence_assumed(criterion, observed, nights, attempts.unshown)._replace(left_out=attempts.left_out)
        reason = PENDING if attempts.open else NO_ATTEMPT
        found = _not_measured(criterion, attempts.left_out, reason)._replace(open=attempts.open)
        return found._replace(reason=NOT_RATED) if NOT_RATED in attempts.left_out else found
    used = sorted((*attempts.positions, *attempts.unrated))
    evidence = (observed.attempts[position].evidence for position in used)
    return CriterionMark(
        criterion=criterion.key,
        points=attempts.points(),
        maximum=criterion.maximum,
        weight=criterion.weight,
        units=len(attempts.positions),
        tally=_tally(attempts.worths[which] for which in attempts.earned),
        left_out=attempts.left_out,
        rule="",
        evidence=tuple(dict.fromkeys(chain.from_iterable(evidence))),
        open=attempts.open,
    )


def _silence_assumed(criterion: Criterion, observed: Observed, limit: int, worth: Worth) -> CriterionMark:
    """Return the mark of a merchant that could not be asked because it shows no way to: no attempt counts."""
    shown = counted_nights.counting(counted_nights.as_shown(criterion), observed.nights, limit)
    return CriterionMark(
        criterion=criterion.key,
        points=worth.points,
        maximum=criterion.maximum,
        weight=criterion.weight,
        units=0,
        tally={worth.case: 1},
        left_out={},
        rule="",
        evidence=shown.median.evidence,
    )


def _not_measured(criterion: Criterion, left_out: Mapping[str, int], otherwise: str) -> CriterionMark:
    """Return a mark without points, for the most frequent reason, of equally frequent ones the first by the alphabet."""
    reason = min(left_out, key=lambda one: (-left_out[one], one), default=otherwise)
    none: dict[str, int] = {}
    return CriterionMark(
        criterion.key, None, criterion.maximum, criterion.weight, 0, none, left_out, "", (), reason=reason
    )


def _tally(worths: Iterable[Worth]) -> Mapping[str, int]:
    return dict(sorted(Counter(worth.case for worth in worths).items()))


def _unmet(marks: Sequence[CriterionMark], label: LabelRule | None) -> tuple[str, ...]:
    points = {one.criterion: one.points for one in marks}
    unmet = []
    for condition in label.conditions if label is not None else ():
        reached = points[condition.criterion]
        if reached is None or reached < Fraction(condition.at_least):
            unmet.append(condition.criterion)
    return tuple(dict.fromkeys(unmet))


def _ineligible(marks: Sequence[CriterionMark], grid: Grid) -> tuple[str, ...]:
    measured = [one.criterion for one in marks if one.points is not None and one.weight]
    if not measured:
        return (NOTHING_MEASURED,)
    reasons = []
    if coverage_of(marks) < Fraction(grid.minimum_coverage):
        reasons.append(COVERAGE)
    if ways(grid.criterion(key) for key in measured) < grid.channels_at_least:
        reasons.append(CHANNELS)
    return tuple(reasons)
