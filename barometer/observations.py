"""What was observed of a merchant during an edition: nights and attempts, as plain values that no database is needed for."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from storage.vocabulary import Channel, OutcomeKind, PriceClass


class MerchantFact(NamedTuple):
    """A merchant as the panel held it when the edition was scored; ``id`` is the record's key, ``key`` the panel's."""

    id: str
    key: str
    name: str
    url: str
    category: str
    country: str = "FR"
    entered: bool = False
    logo: str | None = None


class ChannelSeen(NamedTuple):
    """One channel on one night.

    ``clicks`` is set where it was seen (of an ``at_most`` outcome the known path's, ``at_least`` what was proven). Of its best
    sighting: ``clearly_visible``, for a phone ``price_class``, and ``confidence``, 0 to 1; ``None`` where nobody could tell.
    ``reason`` says why it was not measured. ``overruled`` tells that a reviewer decided. ``evidence`` are references such as
    ``visit:KEY`` and ``sighting:KEY``. ``searched`` tells of ``not_found`` how far was looked: a word of :class:`.Searched`.
    """

    kind: OutcomeKind
    clicks: int | None = None
    at_least: int | None = None
    clearly_visible: bool | None = None
    price_class: PriceClass | None = None
    confidence: float | None = None
    reason: str | None = None
    overruled: bool = False
    evidence: tuple[str, ...] = ()
    searched: str | None = None


class Night(NamedTuple):
    """What one night's visit saw; a channel that is not listed was not looked for."""

    day: date
    channels: Mapping[Channel, ChannelSeen]


class Answered(NamedTuple):
    """A person answered after so many seconds, by the clock and in business time (calls: equal)."""

    seconds: float
    business_seconds: float


class Never(NamedTuple):
    """Nobody answered in the seconds that were waited: silence, a bounce at a published address, a call given up."""

    seconds: float
    business_seconds: float


class Pending(NamedTuple):
    """Nobody has answered yet, and the window is still open after so many seconds."""

    seconds: float
    business_seconds: float


class Missing(NamedTuple):
    """Not measured: ``reason`` is a word (blocked, not sent, not ended, not rated, ...). Never held against anybody."""

    reason: str


Ending = Answered | Never | Pending | Missing


class Tried(NamedTuple):
    """One first attempt (no reminder), how it ended, and what people thought of the answer.

    ``ratings`` hold, by human criterion, the mean over raters, exact. ``acknowledged`` is the seconds until a machine's
    receipt. ``evidence`` are references such as ``attempt:KEY``, ``reply:KEY``, ``rating:KEY``.
    """

    attempt: str
    channel: Channel
    scenario: str
    ending: Ending
    ratings: Mapping[str, Fraction] = {}
    acknowledged: float | None = None
    evidence: tuple[str, ...] = ()


class Observed(NamedTuple):
    """All that an edition knows of one merchant; nights are oldest first, attempts by key."""

    merchant: MerchantFact
    nights: tuple[Night, ...] = ()
    attempts: tuple[Tried, ...] = ()


class Seen(NamedTuple):
    """A value in the unit of its measure, or one of its words."""

    value: Decimal | str


class Nothing(NamedTuple):
    """Not shown, or never answered."""


class Unknown(NamedTuple):
    """Not measured, with the reason as a word; an attempt that is still open is ``pending``."""

    reason: str


Finding = Seen | Nothing | Unknown
"""What one night or one attempt says about one criterion."""
