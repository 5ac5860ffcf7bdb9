"""How sure a mark and a place are: a bootstrap over the nights, scenarios and attempts within each merchant. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from barometer.grids.grid import SCALE, Grid
from barometer.marks.resampling import UNSCORED, Drawn, resampled
from barometer.observations import Observed
from barometer.ranking import Placed, Ranking
from barometer.scoring import Score

if TYPE_CHECKING:
    from barometer.marks.draws import Integers
    from barometer.marks.resampling import Floats

DRAWS = 1000
_LOW, _HIGH = Fraction(25, 1000), Fraction(975, 1000)
"""Between these parts of the draws lies an interval of 95 %."""


def drawn(ranking: Ranking, observed: Mapping[str, Observed], grid: Grid, seed: str, draws: int = DRAWS) -> Ranking:
    """Return *ranking* with an interval for each score, and for each place the part of the draws in which it stands.

    *observed* is by merchant id, as it was scored. A merchant's draws depend on *seed* and its key alone, so that others who
    join or leave change nothing about its interval; places depend on all that are eligible. In a draw in which nothing of a
    merchant is left, it keeps its own score.
    """
    by_merchant: dict[str, Drawn] = {}
    for score in (*(placed.score for placed in ranking.placed), *ranking.unplaced):
        if score.score is not None:
            by_merchant[score.merchant.id] = _kept(score, resampled(observed[score.merchant.id], grid, seed, draws))
    unplaced = tuple(_with_interval(score, by_merchant) for score in ranking.unplaced)
    if not ranking.placed:
        return ranking._replace(unplaced=unplaced)
    stable = _stability(ranking.placed, by_merchant, grid, draws)
    placed = tuple(
        one._replace(score=_with_interval(one.score, by_merchant), stability=share if could_vary(one.score) else None)
        for one, share in zip(ranking.placed, stable, strict=True)
    )
    return ranking._replace(placed=placed, unplaced=unplaced)


def _kept(score: Score, one: Drawn) -> Drawn:
    import numpy

    return one._replace(tenths=numpy.where(one.tenths == UNSCORED, int((score.score or Decimal(0)) * 10), one.tenths))


def could_vary(score: Score) -> bool:
    """Return whether anything of *score* rests on more than one night or one attempt; if not, draws say nothing of it."""
    return any(mark.units > 1 for mark in score.marks if mark.points is not None and mark.weight > 0)


def _with_interval(score: Score, by_merchant: Mapping[str, Drawn]) -> Score:
    one = by_merchant.get(score.merchant.id)
    return score if one is None or not could_vary(score) else score._replace(interval=_interval(one.tenths))


def _interval(tenths: "Integers") -> tuple[Decimal, Decimal]:
    """Return the 2.5th and the 97.5th percentile by nearest rank: two scores that were drawn."""
    import numpy

    ordered, count = numpy.sort(tenths), len(tenths)
    low, high = (-(-count * part.numerator // part.denominator) - 1 for part in (_LOW, _HIGH))
    return Decimal(int(ordered[low])).scaleb(-1), Decimal(int(ordered[high])).scaleb(-1)


def _stability(placed: Sequence[Placed], by_merchant: Mapping[str, Drawn], grid: Grid, draws: int) -> list[Decimal]:
    """Return for each merchant the part of the draws in which it has just its place, ties counted as in the ranking."""
    places = _places(_standings(placed, by_merchant, grid))
    times = [int((row == one.place).sum()) for row, one in zip(places, placed, strict=True)]
    return [(Decimal(count) / draws).quantize(Decimal("0.001")) for count in times]


def _standings(placed: Sequence[Placed], by_merchant: Mapping[str, Drawn], grid: Grid) -> "Integers":
    """Return what the merchants are compared by in each draw, merchants by draws: a higher number is better.

    It is the score, then the points on the tie criteria; where one was not measured the merchant stands as on the whole.
    """
    import numpy

    own = [by_merchant[one.score.merchant.id] for one in placed]
    standing = numpy.stack([one.tenths for one in own])
    for key in grid.award.tie_break:
        points = numpy.stack([one.points[key] for one in own])
        top, bottom = Fraction(grid.criterion(key).maximum).as_integer_ratio()
        as_on_whole = numpy.stack([one.tenths * float(top) / float(10 * SCALE * bottom) for one in own])
        points = numpy.where(numpy.isnan(points), as_on_whole, points)
        codes, levels = _codes(points)
        standing, _ = _codes(standing * levels + codes)
    return standing


def _codes(values: "Integers | Floats") -> tuple["Integers", int]:
    """Return *values* as the numbers 0, 1, 2 ... in the same order, and how many there are."""
    import numpy

    levels, codes = numpy.unique(values, return_inverse=True)
    return codes.reshape(values.shape), len(levels)


def _places(standings: "Integers") -> "Integers":
    """Return the place of each merchant in each draw: 1 and the number of those who stand higher."""
    import numpy

    merchants, draws = standings.shape
    ordered = numpy.sort(standings, axis=0)
    # Shifted by draw, all draws make one sorted row, in which one search finds how many stand higher.
    shift = numpy.arange(draws) * (int(standings.max()) + 1)
    row = (ordered + shift).T.ravel()
    not_higher = numpy.searchsorted(row, (standings + shift).ravel(), side="right").reshape(standings.shape)
    places: Integers = 1 + merchants - (not_higher - numpy.arange(draws) * merchants)
    return places
