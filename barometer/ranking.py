"""Places: who stands where in a category, by a grid's rules. Pure."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from barometer.grids.grid import SCALE, Award, Grid
from barometer.scoring import Score

TOO_FEW = "too_few"
"""Fewer eligible merchants than the grid asks for: the category is not ranked."""
NONE_ABOVE = "none_above"
"""Nobody reached the threshold: the category has no laureate."""


class Placed(NamedTuple):
    """An eligible merchant and its place among the eligible, 1 for the best; equals share it (1, 2, 2, 4).

    ``rewarded`` tells that its score reaches the grid's threshold. ``stability`` is the probability, over bootstrap draws, that
    this merchant has this place; ``None`` until it was drawn.
    """

    place: int
    score: Score
    rewarded: bool
    stability: Decimal | None = None


class Ranking(NamedTuple):
    """A category: eligible merchants by place, then key; the others by key. ``why_no_podium`` is a word, or ``None``.

    A category that is too small (:data:`TOO_FEW`) is not ranked: all its eligible merchants are in ``unplaced``.
    """

    category: str
    placed: tuple[Placed, ...]
    unplaced: tuple[Score, ...]
    why_no_podium: str | None = None


def rank(category: str, scores: Iterable[Score], grid: Grid) -> Ranking:
    """Return *category* ranked by *grid*, whatever the order of *scores*.

    Equal scores, rounded as they are printed, are parted by the points of the grid's tie criteria; who is equal in these too
    shares the place, and the places after it are skipped.
    """
    by_key = sorted(scores, key=lambda score: (score.merchant.key, score.merchant.id))
    eligible = [score for score in by_key if not score.ineligible and score.score is not None]
    if len(eligible) < grid.award.participants:
        return Ranking(category, (), tuple(by_key), TOO_FEW)
    standing = {score.merchant.id: _standing(score, grid) for score in eligible}
    best_first = sorted(eligible, key=lambda score: standing[score.merchant.id], reverse=True)  # stable: then by key
    placed: list[Placed] = []
    for position, score in enumerate(best_first, 1):
        shared = placed and standing[placed[-1].score.merchant.id] == standing[score.merchant.id]
        place = placed[-1].place if shared else position
        placed.append(Placed(place, score, reaches(grid.award, score.score)))
    others = tuple(score for score in by_key if score.merchant.id not in standing)
    nobody = not any(one.rewarded for one in placed)
    return Ranking(category, tuple(placed), others, NONE_ABOVE if nobody else None)


def reaches(award: Award, score: Decimal | None) -> bool:
    """Tell whether *score* is enough for a place on the podium."""
    if score is None:
        return False
    return score > award.above if award.strict else score >= award.above


def _standing(score: Score, grid: Grid) -> tuple[Fraction, ...]:
    """Return what the merchant is compared by: its score, then its points on the tie criteria.

    Where one was not measured, the merchant stands there as it does on the whole: that is what weighing the rest anew amounts
    to, and a gap of ours neither lifts nor sinks it.
    """
    whole = Fraction(score.score or 0)
    marks = {mark.criterion: mark for mark in score.marks}
    points = []
    for key in grid.award.tie_break:
        mark = marks[key]
        points.append(mark.points if mark.points is not None else whole / Fraction(SCALE) * Fraction(mark.maximum))
    return (whole, *points)
