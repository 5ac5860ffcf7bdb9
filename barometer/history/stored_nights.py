"""The nights that the database holds: of each merchant one a day, and of its visits no more than the history is made of."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Text, case, cast, func, literal, select
from sqlalchemy.orm import Session

from barometer.history.asked import Asked
from barometer.history.night import WITH_VALUES, ChannelNight, Conditions, Night, depth_of, site_of
from barometer.in_batches import in_batches
from barometer.measures.depth import Outcome, Proven, outcome
from barometer.observing.chosen_nights import VALID, broken_off, looked_for
from barometer.outage import LEAST, was_ours
from storage.records import Sighting, Visit
from storage.vocabulary import Channel, PriceClass, Reason, VisitStatus

MERCHANTS_AT_ONCE = 20
"""Merchants whose nights are held at once (*ours*): a year of them takes some megabytes."""

_PRICES = (PriceClass.FREE, PriceClass.BANALISED, PriceClass.ORDINARY, PriceClass.UNKNOWN_SHORT, PriceClass.PREMIUM)
"""Classes, the cheapest first."""


class Outage(NamedTuple):
    """A day on which most sites were out of reach, so that it was our own connection: so many of so many visits."""

    day: date
    unreachable: int
    of: int


class _Look(NamedTuple):
    """A visit as its row has it, ``search`` as text."""

    visit: str
    began: datetime
    status: VisitStatus
    reason: Reason | None
    tool_version: str | None
    mode: str
    country: str
    search: str
    robots: bool


class _Seen(NamedTuple):
    """What a visit saw of a channel: how deep at the nearest, the values there, and their cheapest price."""

    depth: int
    values: frozenset[str]
    price: PriceClass | None


def stored_nights(
    session: Session, merchants: Iterable[str], asked: Asked, outages: Iterable[Outage]
) -> Iterator[tuple[str, list[Night]]]:
    """Yield the nights of each of *merchants* (keys of records), oldest first, from as far back as states are looked up.

    Of the visits that a day began, the last that read the site is its night, or the last of all where none did. On a day
    of an outage no site is said to be out of reach.
    """
    days = {outage.day for outage in outages}
    keys = iter(merchants)
    while batch := list(islice(keys, MERCHANTS_AT_ONCE)):
        chosen = _chosen(session, batch, asked)
        seen = _sightings(session, [look.visit for looks in chosen.values() for look in looks.values()], asked.channels)
        for key in batch:
            looks = sorted(chosen.get(key, {}).items())
            nights = (_night(day, look, seen.get(look.visit, {}), asked.channels, day in days) for day, look in looks)
            yield key, list(nights)


def outages_of(session: Session, asked: Asked) -> list[Outage]:
    """Return the days on which more than half of all sites looked at were out of reach, oldest first."""
    first, last = _moments(asked, asked.looked_at_from, asked.until)
    closed = select(Visit.started_at).where(
        Visit.profile == asked.profile, Visit.finished_at.is_not(None), Visit.merchant_id.is_not(None),
        Visit.started_at >= first, Visit.started_at < last,
    )  # fmt: skip
    lost: dict[date, int] = {}
    for began in session.scalars(closed.where(Visit.status == VisitStatus.UNREACHABLE)):
        day = began.astimezone(asked.zone).date()
        lost[day] = lost.get(day, 0) + 1
    found = []
    for day, count in sorted(lost.items()):
        if count >= LEAST:
            begin, end = _moments(asked, day, day)
            visits = select(func.count()).where(
                Visit.profile == asked.profile, Visit.finished_at.is_not(None), Visit.merchant_id.is_not(None),
                Visit.started_at >= begin, Visit.started_at < end,
            )  # fmt: skip
            of = int(session.scalar(visits) or 0)
            if was_ours(count, of):
                found.append(Outage(day, count, of))
    return found


def first_day(session: Session, merchant: str, asked: Asked) -> date | None:
    """Return the day of the first closed visit of *merchant*, ``None`` where there is none."""
    query = select(func.min(Visit.started_at)).where(
        Visit.merchant_id == merchant, Visit.profile == asked.profile, Visit.finished_at.is_not(None)
    )
    began = session.scalar(query)
    return None if began is None else began.astimezone(asked.zone).date()


def _moments(asked: Asked, first: date, last: date) -> tuple[datetime, datetime]:
    """Return when the first day begins and the day after the last, in UTC."""
    start = datetime.combine(first, time(), asked.zone)
    day_after = last + timedelta(days=1) if last < date.max else last
    return _utc(start), _utc(datetime.combine(day_after, time(), asked.zone))


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _chosen(session: Session, merchants: Sequence[str], asked: Asked) -> dict[str, dict[date, _Look]]:
    first, last = _moments(asked, asked.looked_at_from, asked.until)
    query = (
        select(
            Visit.merchant_id, Visit.id, Visit.started_at, Visit.status, Visit.status_reason, Visit.tool_version,
            case((Visit.browser.is_(None), "static"), else_="rendered"), Visit.country, cast(Visit.search, Text),
            Visit.robots.is_not(None),
        )
        .where(Visit.merchant_id.in_(merchants), Visit.profile == asked.profile, Visit.finished_at.is_not(None))
        .where(Visit.started_at >= first, Visit.started_at < last)
    )  # fmt: skip
    chosen: dict[str, dict[date, _Look]] = {}
    for merchant, *row in sorted(session.execute(query), key=lambda row: (row[3] in VALID, row[2], row[1])):
        look = _Look(*row)
        chosen.setdefault(merchant, {})[look.began.astimezone(asked.zone).date()] = look
    return chosen


def _sightings(
    session: Session, visits: Iterable[str], channels: frozenset[Channel]
) -> dict[str, dict[Channel, _Seen]]:
    """Return what each of *visits* saw, by channel; only what is the merchant's counts."""
    told = case((Sighting.channel.in_(WITH_VALUES), Sighting.value), else_=literal(""))
    seen: dict[str, dict[Channel, _Seen]] = {}
    for batch in in_batches(visits):
        query = (
            select(Sighting.visit_id, Sighting.channel, told, Sighting.price_class, func.min(Sighting.depth))
            .where(Sighting.visit_id.in_(batch), Sighting.set_aside.is_(None), Sighting.channel.in_(channels))
            .group_by(Sighting.visit_id, Sighting.channel, told, Sighting.price_class)
        )
        for visit, channel, value, price, depth in session.execute(query):
            own = seen.setdefault(visit, {})
            own[channel] = _nearer(own.get(channel), _Seen(depth, _values(value), price))
    return seen


@lru_cache(maxsize=20_000)
def _values(value: str) -> frozenset[str]:
    return frozenset((value.casefold(),)) if value else frozenset()


def _nearer(one: _Seen | None, other: _Seen) -> _Seen:
    """Return what is nearer; of what is equally near, both together."""
    if one is None or other.depth < one.depth:
        return other
    if other.depth > one.depth:
        return one
    prices = [price for price in (one.price, other.price) if price is not None]
    return _Seen(one.depth, one.values | other.values, min(prices, key=_PRICES.index, default=None))


def _night(day: date, look: _Look, seen: Mapping[Channel, _Seen], channels: frozenset[Channel], outage: bool) -> Night:
    site = site_of(look.status, look.reason, look.robots)
    if outage and look.status is VisitStatus.UNREACHABLE:
        site = None
    measured: dict[Channel, ChannelNight] = {}
    if look.status in VALID:
        searched = _search(look.search)
        for channel in Channel:
            if channel in channels and channel in searched.channels:
                one = _channel(look, searched, seen.get(channel))
                if one is not None:
                    measured[channel] = one
    conditions = Conditions(look.tool_version, look.mode, look.country)
    return Night(day, look.visit, look.began, site, look.reason, conditions, measured)


class _Searched(NamedTuple):
    """What a visit says of its search: the channels it looked for, and what it proved."""

    channels: frozenset[Channel]
    proven: Proven


@lru_cache(maxsize=4096)
def _search(text: str) -> _Searched:
    told: dict[str, Any] = json.loads(text)
    proven = Proven(**{key: told.get(key) for key in Proven._fields})
    why, lost = (None if word is None else Reason(word) for word in (proven.why, proven.lost))
    return _Searched(looked_for(told), proven._replace(why=why, lost=lost))


def _channel(look: _Look, searched: _Searched, seen: _Seen | None) -> ChannelNight | None:
    """Return what a visit says of one channel, the same object for the same: most nights are like the one before."""
    cut = broken_off(look.status, look.reason)
    return _measured(seen, searched.proven, look.status, look.reason, cut)


@lru_cache(maxsize=20_000)
def _measured(
    seen: _Seen | None, proven: Proven, status: VisitStatus, reason: Reason | None, cut: bool
) -> ChannelNight | None:
    found: Outcome = outcome(None if seen is None else seen.depth, proven, status, reason)
    depth = depth_of(found, proven.proven, cut)
    if depth is None:
        return None
    return ChannelNight(depth) if seen is None else ChannelNight(depth, seen.values, seen.price)
