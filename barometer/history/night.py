"""What one night says of a merchant, as plain values: its site, and the depth, the values and the price of each channel."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from barometer.history.settling import Rules
from barometer.measures.depth import Outcome
from storage.vocabulary import SOCIAL_CHANNELS, Channel, OutcomeKind, PriceClass, Reason, Searched, VisitStatus

ABSENT = 1_000_000
"""The depth of what is not there: deeper than anything is."""
WITH_VALUES = (Channel.PHONE, Channel.EMAIL, *SOCIAL_CHANNELS, Channel.WHATSAPP)
"""Channels whose number, address or account is told; the others show a page or a control, whose address says little."""
OUR_FAILURES = (Reason.CRAWLER_ERROR, Reason.PRIVATE_ADDRESS, Reason.NEEDS_BROWSER)
"""Reasons for which a site was not read that say nothing about it."""


class Depth(NamedTuple):
    """What was proven of a depth, in clicks: it lies between ``least`` and ``most``; :data:`ABSENT` is nowhere at all."""

    least: int
    most: int


class Site(StrEnum):
    """Whether the site could be read: a fact about our visits, and never a mark."""

    READ = "read"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    BLOCKED = "blocked"


class Conditions(NamedTuple):
    """How a night was read: by which version, ``rendered`` or ``static``, under which country's numbering plan."""

    tool_version: str | None
    mode: str
    country: str


class Condition(NamedTuple):
    """One condition that changed, under the name it has in :class:`Conditions`."""

    what: str
    before: str
    after: str


class ChannelNight(NamedTuple):
    """One channel on one night, as far as it was measured; ``values`` and ``price`` are those of its nearest sightings.

    ``price`` is the cheapest class among them, so it is ``premium`` only where every one of them is.
    """

    depth: Depth
    values: frozenset[str] = frozenset()
    price: PriceClass | None = None


class Night(NamedTuple):
    """One night of one merchant: ``visit`` is the visit's key, ``began`` its time in UTC; ``site`` is ``None`` where we failed.

    ``channels`` holds what was measured and nothing else.
    """

    day: date
    visit: str
    began: datetime
    site: Site | None
    reason: Reason | None
    conditions: Conditions
    channels: Mapping[Channel, ChannelNight]


def site_of(status: VisitStatus | None, reason: Reason | None, robots: bool = True) -> Site | None:
    """Return whether the site could be read, ``None`` where the failure was ours.

    A robots.txt that closes the site was stored (*robots*); one that answered with an error closes it too, for the moment, and
    tells of a server out of reach rather than of a wish.
    """
    if status in (VisitStatus.COMPLETE, VisitStatus.PARTIAL):
        return Site.READ
    if status is VisitStatus.REFUSED and reason is None and not robots:
        return Site.UNREACHABLE
    return None if status is None or reason in OUR_FAILURES else Site(status)


def depth_of(outcome: Outcome, read_below: int | None, broken_off: bool) -> Depth | None:
    """Return what *outcome* proves, ``None`` where it proves nothing.

    Of a search that its budget ended, every page below *read_below* clicks was read. What a visit that ran out of its time
    (*broken_off*) did not see was not measured.
    """
    match outcome.kind:
        case OutcomeKind.EXACT if outcome.clicks is not None:
            return Depth(outcome.clicks, outcome.clicks)
        case OutcomeKind.AT_MOST if outcome.clicks is not None:
            return Depth(min(outcome.at_least or 0, outcome.clicks), outcome.clicks)
        case OutcomeKind.NOT_FOUND if not broken_off:
            least = (read_below or 0) if outcome.searched is Searched.BUDGET else ABSENT
            return Depth(least, ABSENT) if least else None
    return None


def changed_conditions(before: Conditions, after: Conditions) -> tuple[Condition, ...]:
    """Return the conditions that differ; what is not known of one of them differs from nothing."""
    pairs = zip(Conditions._fields, before, after, strict=True)
    return tuple(Condition(what, old, new) for what, old, new in pairs if old and new and old != new)


def _apart(one: Depth, other: Depth) -> bool:
    return one.most < other.least or other.most < one.least


def _room(depth: Depth) -> int:
    return depth.most - depth.least


def _hull(depths: Sequence[Depth]) -> Depth:
    return Depth(min(one.least for one in depths), max(one.most for one in depths))


DEPTHS: Rules[Depth] = Rules(_apart, _room, _hull)
"""Two depths contradict each other where no number of clicks agrees with both."""
