"""Places: who stands where in a category, by a grid's rules. Pure."""

from decimal import Decimal
from typing import NamedTuple

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
