"""What may be said of merchants in public: a podium and a label, types that cannot hold anybody else. Pure.

Exporters that name a merchant take these and nothing else, so that no other name, score, file name or picture can leave
through them, by whatever mistake.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from barometer.observations import MerchantFact
from barometer.ranking import Ranking
from barometer.scoring import CriterionMark, Score

LAST_PLACE_SHOWN = 3


class Laureate(NamedTuple):
    """A merchant on a podium: its place, its score on /20, its own marks."""

    place: int
    merchant: MerchantFact
    score: Decimal
    marks: tuple[CriterionMark, ...]


class Podium:
    """The places 1 to 3 of one category, as far as they are deserved, and never the last eligible merchant.

    It is made from a whole :class:`~barometer.ranking.Ranking` and keeps nothing of it but the laureates. Merchants that share
    the last place of the category are all last, so none of them is on it; three eligible merchants thus show two places.
    """

    __slots__ = ("_category", "_laureates")

    def __init__(self, ranking: Ranking) -> None:
        last = max((placed.place for placed in ranking.placed), default=0)
        self._category = ranking.category
        self._laureates = tuple(
            _laureate(placed.place, placed.score)
            for placed in sorted(ranking.placed, key=lambda placed: (placed.place, placed.score.merchant.key))
            if placed.place <= LAST_PLACE_SHOWN and placed.place < last and placed.rewarded
        )

    @property
    def category(self) -> str:
        """The category's name."""
        return self._category

    @property
    def laureates(self) -> tuple[Laureate, ...]:
        """Best first; empty when nobody deserves a place."""
        return self._laureates

    def __bool__(self) -> bool:
        return bool(self._laureates)


class Label:
    """The merchants of an edition that meet its grid's label rule: by category and key, without score or rank."""

    __slots__ = ("_merchants",)

    def __init__(self, scores: Iterable[Score]) -> None:
        labelled = [score.merchant for score in scores if score.labelled is True]
        self._merchants = tuple(sorted(labelled, key=lambda merchant: (merchant.category, merchant.key)))

    @property
    def merchants(self) -> tuple[MerchantFact, ...]:
        """Those who carry the label."""
        return self._merchants


class PublicEdition(NamedTuple):
    """What the public may know of an edition beside its podiums.

    ``year`` is the one in the title, ``tests_from`` and ``tests_until`` say when the tests were made: awards are often named
    after the year that follows. ``grid`` and ``grid_version`` name the method.
    """

    name: str
    title: str
    year: int
    revision: int
    tests_from: date
    tests_until: date
    grid: str
    grid_version: str
    published_on: date | None
    correction: str | None = None
    """What a revision changed, as its publisher says it; ``None`` for the first."""


class PublicResult(NamedTuple):
    """All that a public exporter is given: the edition, its podiums by category, its label where the grid has one."""

    edition: PublicEdition
    podiums: tuple[Podium, ...]
    label: Label | None


def _laureate(place: int, score: Score) -> Laureate:
    if score.score is None:
        raise ValueError("a merchant without a score has no place")
    return Laureate(place, score.merchant, score.score, score.marks)
