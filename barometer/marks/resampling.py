"""One merchant's nights and attempts drawn anew, and its score in each draw. Pure.

What is resampled, and why, is told in ``docs/scoring.md``. All that is summed are integers below 2**53, and all else is one
operation of IEEE 754 after the other in a fixed order, so that every machine comes to the same scores.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from barometer.grids.grid import SCALE, Criterion, Grid
from barometer.marks import counted_attempts, counted_nights
from barometer.marks.counted_nights import NightFound
from barometer.marks.draws import Stream
from barometer.marks.points import NOTHING
from barometer.observations import Observed

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    from barometer.marks.draws import Integers

    Floats = NDArray[float64]

_FINEST = 10**6
"""Points are kept exact where their common denominator is smaller than this, else to a millionth."""
_GUARD = 10**8
"""Parts of a tenth that are told apart: sums of floats differ from what is exact by far less, so that halves stay halves."""
UNSCORED = -1
_COLUMNS = 5
"""What is summed for each criterion of attempts (see ``joined``)."""


class Parts(NamedTuple):
    """What a criterion earned in each draw as a fraction, in points; the denominator is 0 where it was not measured."""

    numerators: "Floats"
    denominators: "Floats"

    def points(self) -> "Floats":
        """Return the points; not a number where they were not measured."""
        import numpy

        points: Floats = numpy.full(self.numerators.shape, numpy.nan)
        numpy.divide(self.numerators, self.denominators, out=points, where=self.denominators > 0)
        return points


class Drawn(NamedTuple):
    """The score of each draw in tenths, :data:`UNSCORED` where nothing was measured, and the points of the criteria asked for."""

    tenths: "Integers"
    points: Mapping[str, "Floats"]


def resampled(observed: Observed, grid: Grid, seed: str, draws: int) -> Drawn:
    """Return the merchant's scores in *draws* draws, and what it earned in each on the grid's tie criteria.

    They depend on *seed*, the merchant's key, what was observed of it and the grid, and on nothing else.
    """
    wanted = [one for one in grid.criteria if one.weight or one.key in grid.award.tie_break]
    parts = _parts(observed, wanted, grid.nights, (seed, observed.merchant.key), draws)
    tenths = _tenths([one for one in wanted if one.weight], parts, draws)
    return Drawn(tenths, {key: parts[key].points() for key in grid.award.tie_break})


def _parts(
    observed: Observed, criteria: Sequence[Criterion], limit: int, seed: tuple[str, ...], draws: int
) -> Mapping[str, Parts]:
    parts: dict[str, Parts] = {}
    for_attempts: dict[str, tuple[Criterion, counted_attempts.Attempts]] = {}
    nightly: dict[str, tuple[counted_nights.Nights, list[Fraction | None]]] = {}
    for criterion in criteria:
        if criterion.measure.nightly:
            nights = counted_nights.counting(criterion, observed.nights, limit)
            nightly[criterion.key] = (
                nights,
                [one.worth.points if isinstance(one, NightFound) else None for one in nights.measured],
            )
            continue
        attempts = counted_attempts.counting(criterion, observed, limit)
        if attempts.unshown is not None:
            shown = counted_nights.counting(counted_nights.as_shown(criterion), observed.nights, limit)
            silent = attempts.unshown.points
            nightly[criterion.key] = shown, [None if one.channel is not None else silent for one in shown.measured]
        else:
            for_attempts[criterion.key] = criterion, attempts
    parts |= _nights_drawn(nightly, seed, draws)
    parts |= _attempts_drawn(observed, for_attempts, seed, draws)
    return parts


def _nights_drawn(
    nightly: Mapping[str, tuple[counted_nights.Nights, list[Fraction | None]]], seed: tuple[str, ...], draws: int
) -> Mapping[str, Parts]:
    """Draw nights with replacement and take their median again; criteria of the same nights share the draws."""
    import numpy

    drawn: dict[tuple[str, ...], Integers] = {}
    parts: dict[str, Parts] = {}
    for key, (nights, points) in nightly.items():
        count = len(points)
        if len(set(points)) < 2:
            parts[key] = _constant(points[0] if points else None, draws)
            continue
        days = [one.day.isoformat() for one in nights.measured]
        order = sorted(days)
        label = tuple(order)
        if label not in drawn:
            drawn[label] = Stream(*seed, "nights", *label).below(count, draws * count).reshape(draws, count)
        best_first = numpy.argsort(numpy.array([order.index(day) for day in days]), kind="stable")
        ranks = numpy.sort(best_first[drawn[label]], axis=1)
        medians = ranks[:, (count - 1) // 2]
        numerators, denominator = _integers([one or Fraction(0) for one in points])
        measured = numpy.array([one is not None for one in points])
        parts[key] = Parts(numerators[medians], numpy.where(measured[medians], float(denominator), 0.0))
    return parts


def _attempts_drawn(
    observed: Observed,
    criteria: Mapping[str, tuple[Criterion, counted_attempts.Attempts]],
    seed: tuple[str, ...],
    draws: int,
) -> Mapping[str, Parts]:
    """Draw attempts once for all criteria: scenarios with replacement in each channel, then attempts within these."""
    import numpy

    used = sorted({at for _, attempts in criteria.values() for at in (*attempts.positions, *attempts.unrated)})
    if not used:
        return {key: _constant(None, draws) for key in criteria}
    row_of = numpy.zeros(len(observed.attempts), dtype=numpy.int64)
    row_of[used] = numpy.arange(len(used))
    times = _times(observed, used, seed, draws)
    columns = numpy.zeros((len(used), _COLUMNS * len(criteria)))
    denominators = []
    for which, (_, attempts) in enumerate(criteria.values()):
        numerators, denominator = _integers([one.points for one in attempts.worths])
        denominators.append(float(denominator))
        silent = numpy.array([one.case == NOTHING for one in attempts.worths])
        first = _COLUMNS * which
        if attempts.positions:
            rows, earned = row_of[numpy.array(attempts.positions)], numpy.array(attempts.earned)
            kind = numpy.where(silent[earned], 2, 0)
            columns[rows, first + kind] = numerators[earned]
            columns[rows, first + kind + 1] = 1.0
        if attempts.unrated:
            columns[row_of[numpy.array(attempts.unrated)], first + 4] = 1.0
    sums = times.T @ columns  # integers below 2**53 in whatever order they are added
    return {
        key: joined(sums[:, _COLUMNS * which : _COLUMNS * (which + 1)], denominators[which], has_unrated=bool(unrated))
        for which, (key, unrated) in enumerate((key, attempts.unrated) for key, (_, attempts) in criteria.items())
    }


def joined(sums: "Floats", denominator: float, *, has_unrated: bool) -> Parts:
    """Return the parts of the sums of each draw: points and number of the rated, of the silent, and the number unrated."""
    import numpy

    points, rated, silence, silent, unrated = sums.T
    if not has_unrated:
        return Parts(points + silence, (rated + silent) * denominator)
    answered = rated + unrated
    weighed = Parts(points * answered + silence * rated, (answered + silent) * rated * denominator)
    alone = answered == 0  # silence and nothing else was drawn
    return Parts(
        numpy.where(alone, silence, weighed.numerators),
        numpy.where(alone, silent * denominator, weighed.denominators),
    )


def _times(observed: Observed, used: Sequence[int], seed: tuple[str, ...], draws: int) -> "Floats":
    """Return how often each of the attempts at the positions *used* is drawn, attempts by draws."""
    import numpy

    scenarios: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, position in enumerate(used):
        tried = observed.attempts[position]
        scenarios[tried.channel.value][tried.scenario].append(row)
    times = numpy.zeros((len(used), draws))
    each = numpy.arange(draws)
    for channel in sorted(scenarios):
        stream = Stream(*seed, "attempts", channel)
        groups = [scenarios[channel][name] for name in sorted(scenarios[channel])]
        chosen = stream.below(len(groups), draws * len(groups)) * draws + numpy.tile(each, len(groups))
        chosen_times = numpy.bincount(chosen, minlength=draws * len(groups)).reshape(len(groups), draws)
        for rows, often in zip(groups, chosen_times, strict=True):
            # A scenario that was drawn twice has its attempts drawn twice over, each time anew.
            draw_of = numpy.repeat(each, often * len(rows))
            picked = stream.below(len(rows), draw_of.size)
            counted = numpy.bincount(picked * draws + draw_of, minlength=draws * len(rows))
            times[rows] = counted.reshape(len(rows), draws)
    return times


def _tenths(criteria: Sequence[Criterion], parts: Mapping[str, Parts], draws: int) -> "Integers":
    """Return the scores in tenths; a criterion that a draw does not measure is left out of it, and the rest weighed anew."""
    import numpy

    weighed, weights = numpy.zeros(draws), numpy.zeros(draws)
    for criterion in criteria:
        numerators, denominators = parts[criterion.key]
        measured = denominators > 0
        share = numpy.zeros(draws)
        numpy.divide(numerators, denominators, out=share, where=measured)
        weighed += share * float(criterion.weight / Fraction(criterion.maximum))
        weights += measured * float(criterion.weight)
    whole = numpy.zeros(draws)
    numpy.divide(weighed * float(10 * SCALE), weights, out=whole, where=weights > 0)
    fine = numpy.rint(whole * _GUARD).astype(numpy.int64)
    tenths, rest = fine // _GUARD, fine % _GUARD
    up = (2 * rest > _GUARD) | ((2 * rest == _GUARD) & (tenths % 2 == 1))
    return numpy.where(weights > 0, tenths + up, UNSCORED)


def _constant(points: Fraction | None, draws: int) -> Parts:
    import numpy

    if points is None:
        return Parts(numpy.zeros(draws), numpy.zeros(draws))
    numerators, denominator = _integers([points])
    return Parts(numpy.full(draws, numerators[0]), numpy.full(draws, float(denominator)))


def _integers(points: Sequence[Fraction]) -> tuple["Floats", int]:
    """Return *points* as whole numbers of one denominator."""
    import numpy

    common = lcm(*(one.denominator for one in points)) if points else 1
    if common > _FINEST:
        return numpy.array([float(round(one * _FINEST)) for one in points]), _FINEST
    return numpy.array([float(one.numerator * (common // one.denominator)) for one in points]), common
