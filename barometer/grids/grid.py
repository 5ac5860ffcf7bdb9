"""A grid: what is marked, how much it weighs, and what turns marks into places. Pure values; files are read elsewhere."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from storage.vocabulary import Channel, Profile

SCALE = Decimal(20)
"""What a score is out of, as French awards have it (method, section 4)."""


class Measure(StrEnum):
    """What a criterion looks at; the first four once a night, the others once an attempt.

    ``shown`` and ``clearly_visible`` give words, ``price_class`` the words of a tariff, ``depth`` clicks; ``delay``,
    ``business_delay`` and ``waiting`` give seconds until a person answered (``waiting``: on a call, from dialling), and
    ``rating`` the mark that people gave.
    """

    SHOWN = "shown"
    DEPTH = "depth"
    CLEARLY_VISIBLE = "clearly_visible"
    PRICE_CLASS = "price_class"
    DELAY = "delay"
    BUSINESS_DELAY = "business_delay"
    WAITING = "waiting"
    RATING = "rating"

    @property
    def nightly(self) -> bool:
        """Whether it is read off the nights rather than the attempts."""
        return self in NIGHTLY


NIGHTLY = frozenset({Measure.SHOWN, Measure.DEPTH, Measure.CLEARLY_VISIBLE, Measure.PRICE_CLASS})
WORDS: Mapping[Measure, tuple[str, ...]] = {
    Measure.SHOWN: ("shown",),
    Measure.CLEARLY_VISIBLE: ("visible", "not_visible"),
    Measure.PRICE_CLASS: ("free", "banalised", "ordinary", "premium", "unknown_short"),
}
"""Measures that give words instead of numbers, and all that they can give beside nothing at all."""


class Band(NamedTuple):
    """Numbers up to and including ``up_to``, in the measure's unit, and what they earn; ``None``: whatever is beyond."""

    up_to: Decimal | None
    points: Decimal


class Criterion(NamedTuple):
    """One thing that is marked, from 0 to ``maximum`` points.

    Exactly one of ``bands`` (numbers), ``words`` and ``scale`` (a mark of 0 to ``scale`` earns its part of ``maximum``) is
    set. ``nothing`` is what silence or a channel that is not shown earns. ``None`` as points means that such a case is
    left out, as if it had not been measured. ``weight`` is the part of the whole score, 0 to 1; what weighs nothing is
    measured and shown, and does not count. ``unshown_is_nothing``: where none of ``channels`` is shown and no attempt could
    be made for that, silence is assumed. ``of`` names the criterion that people mark (``probes/criteria.toml``).
    """

    key: str
    family: str
    title: Mapping[str, str]
    measure: Measure
    channels: tuple[Channel, ...]
    maximum: Decimal
    weight: Fraction
    nothing: Decimal | None
    bands: tuple[Band, ...] = ()
    words: Mapping[str, Decimal | None] = {}
    scale: Decimal | None = None
    of: str | None = None
    unshown_is_nothing: bool = False
    line: int = 0


class Family(NamedTuple):
    """Criteria that are weighed together; ``weight`` is its part of the whole, 0 to 1. Titles are by language."""

    key: str
    title: Mapping[str, str]
    weight: Fraction


class Condition(NamedTuple):
    """A criterion must have at least this many points."""

    criterion: str
    at_least: Decimal


class LabelRule(NamedTuple):
    """What a merchant must meet, all of it, to get the label; what was not measured is not met."""

    title: Mapping[str, str]
    conditions: tuple[Condition, ...]


class Award(NamedTuple):
    """When a category is ranked, and who may stand on its podium.

    A place needs a score ``above`` (with ``strict``: more than that, else at least). ``tie_break`` names criteria whose points
    part equal scores, in order; who is equal in these too shares the place.
    """

    participants: int = 3
    above: Decimal = Decimal(12)
    strict: bool = True
    tie_break: tuple[str, ...] = ()


class Grid(NamedTuple):
    """A grid as its file says it; ``sha256`` is of the file's bytes.

    ``nights`` is how many of the last valid nights count. A score needs ``minimum_coverage``, the part of the weights that was
    measured, and marks on ``channels_at_least`` different channels. ``stability`` is the probability below which a place on
    the podium is doubted. ``plan`` holds the attempts a merchant by channel group, as printed; empty where the grid has none.
    """

    name: str
    version: str
    title: Mapping[str, str]
    source: str
    sha256: str
    profile: Profile
    nights: int
    minimum_coverage: Decimal
    channels_at_least: int
    stability: Decimal
    families: tuple[Family, ...]
    criteria: tuple[Criterion, ...]
    award: Award
    label: LabelRule | None
    plan: Mapping[str, int]

    def criterion(self, key: str) -> Criterion:
        """Return the criterion named *key*; raises ``KeyError`` where there is none."""
        for one in self.criteria:
            if one.key == key:
                return one
        raise KeyError(key)
