"""When attempts leave: spread over days and hours in strata, within every limit, the same again from the same seed."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schedules.calendars import Calendar
from schedules.hours import open_hours, without
from schedules.shortfalls import DoesNotFit, crowded, refusal
from schedules.strata import Load, Series, Tallies, Tally, place

LONGEST = timedelta(days=732)
"""Longest time that attempts can be spread over (*ours*: two years)."""
PASSES = 3
"""How often the attempts are laid out anew, the crowded ones first, before they count as not fitting (*ours*)."""


class Request(NamedTuple):
    """How many attempts a merchant is to get on one channel with one scenario.

    ``domain`` is where the attempts go, for the cap of a day and domain; without one only the other limits hold.
    ``entered``: the merchant agreed to have several attempts open at a time.
    """

    merchant: str
    channel: str
    scenario: str
    attempts: int = 1
    domain: str = ""
    entered: bool = False


class Slot(NamedTuple):
    """One attempt and when it leaves: ``at`` is in UTC, in whole seconds."""

    at: datetime
    merchant: str
    channel: str
    scenario: str
    domain: str


class Pace(NamedTuple):
    """When a channel may be used, and how often for one merchant.

    Attempts leave in the open hours of ``calendar`` only, ``gap`` apart at least. An attempt is open for ``open_for``, and
    a merchant that did not enter has one at a time.
    """

    calendar: Calendar
    gap: timedelta
    open_for: timedelta


class Limits(NamedTuple):
    """From when to when attempts leave, the pace of each channel, and how many at most a day, in all and to a domain.

    A day is a local date of the channel's calendar.
    """

    start: datetime
    end: datetime
    paces: Mapping[str, Pace]
    per_day: int
    per_day_and_domain: int


class Spread(NamedTuple):
    """The slots by time, one for every attempt asked for."""

    slots: tuple[Slot, ...]


def spread(requests: Iterable[Request], limits: Limits, seed: str, taken: Iterable[Slot] = ()) -> Spread | DoesNotFit:
    """Return a slot for every attempt of *requests*, or the sum that shows why they do not all fit into *limits*.

    The time is cut into as many strata as a merchant has attempts on a channel, and each attempt leaves in its own, at a
    weekday and an hour that the merchant, the channel and the scenario had least so far. *taken* are attempts that
    leave or left anyway. The same requests, in whatever order, limits, *seed* and *taken* give the same slots.

    Raises ``ValueError`` for a channel without a pace, a moment without a time zone, less than one attempt, limits that
    are negative or run backwards or longer than :data:`LONGEST`, and requests that contradict each other.
    """
    taken = list(taken)
    _check(limits, taken)
    series = _series(requests, limits, taken)
    return refusal(series, _load(limits, taken)) or _laid_out(series, limits, seed, taken)


def _check(limits: Limits, taken: Iterable[Slot]) -> None:
    if not limits.paces:
        raise ValueError("no channel has a pace")
    if any(moment.utcoffset() is None for moment in (limits.start, limits.end, *(slot.at for slot in taken))):
        raise ValueError("a moment has no time zone")
    if limits.end <= limits.start or limits.end - limits.start > LONGEST:
        raise ValueError(f"attempts cannot be spread from {limits.start} to {limits.end}")
    paces = limits.paces.values()
    if min(limits.per_day, limits.per_day_and_domain) < 0 or any(min(p.gap, p.open_for) < timedelta(0) for p in paces):
        raise ValueError("a limit is negative")


def _series(requests: Iterable[Request], limits: Limits, taken: Iterable[Slot]) -> list[Series]:
    """Return the attempts of each merchant and channel, in an order that does not depend on that of the requests."""
    scenarios: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    terms: dict[tuple[str, str], tuple[str, bool]] = {}
    for request in requests:
        key = request.merchant, request.channel
        if request.channel not in limits.paces:
            raise ValueError(f"the channel {request.channel!r} has no pace")
        if request.attempts < 1:
            raise ValueError(f"{request.attempts} attempts are none")
        if terms.setdefault(key, (request.domain, request.entered)) != (request.domain, request.entered):
            raise ValueError(f"two requests for {request.merchant!r} by {request.channel} contradict each other")
        scenarios[key][request.scenario] += request.attempts
    before: dict[tuple[str, str], list[int]] = defaultdict(list)
    for slot in taken:
        at = slot.at.timestamp()
        before[slot.merchant, slot.channel] += {math.floor(at), math.ceil(at)}
    hours = {channel: open_hours(limits.start, limits.end, pace.calendar) for channel, pace in limits.paces.items()}
    series = []
    for key in sorted(scenarios):
        (merchant, channel), (domain, entered) = key, terms[key]
        pace = limits.paces[channel]
        apart = pace.gap if entered else max(pace.gap, pace.open_for)
        spacing = max(1, math.ceil(apart.total_seconds()))
        free = without(hours[channel], before[key], spacing) if key in before else hours[channel]
        series.append(Series(merchant, channel, domain, scenarios[key], free, spacing, apart > pace.gap))
    return series


def _load(limits: Limits, taken: Iterable[Slot]) -> Load:
    load = Load(limits.per_day, limits.per_day_and_domain)
    for slot in taken:
        load.add(_local_day(slot.at, limits, slot.channel), slot.domain)
    return load


def _local_day(at: datetime, limits: Limits, channel: str) -> int:
    """Return the date that *at* falls on; one of a channel that the plan does not use, by the time of any that it does."""
    pace = limits.paces.get(channel) or next(iter(limits.paces.values()))
    return at.astimezone(ZoneInfo(pace.calendar.zone)).toordinal()


def _laid_out(series: list[Series], limits: Limits, seed: str, taken: Sequence[Slot]) -> Spread | DoesNotFit:
    """Place the attempts, those first that are the hardest to place; and, where some find no room, these before all others."""
    draws = {(one.merchant, one.channel): _draw(seed, one).random() for one in series}
    series = sorted(series, key=lambda one: (-one.attempts * one.spacing, draws[one.merchant, one.channel]))
    most = 0
    for _ in range(PASSES):
        load, tallies = _load(limits, taken), Tallies(Tally)
        slots: list[Slot] = []
        left: set[tuple[str, str]] = set()
        for one in series:
            placed = place(one, load, tallies, _draw(seed, one).random)
            slots += [Slot(datetime.fromtimestamp(at, UTC), *one[:2], name, one.domain) for at, name in placed]
            if len(placed) < one.attempts:
                left.add((one.merchant, one.channel))
        if not left:
            return Spread(tuple(sorted(slots)))
        most = max(most, len(slots))
        series.sort(key=lambda one: (one.merchant, one.channel) not in left)
    return crowded(sum(one.attempts for one in series), most)


def _draw(seed: str, series: Series) -> Random:
    """Return the random numbers of one merchant and channel; text seeds Python's generator alike on every machine."""
    return Random(json.dumps([seed, series.merchant, series.channel]))  # noqa: S311 - to be repeated, not to be secret
