"""What moved among the merchants of the panel, and what was looked at to say so."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy.orm import Session

from barometer.history.asked import Asked
from barometer.history.changes import Change, News, Unsettled, news
from barometer.history.night import Condition, Night, changed_conditions
from barometer.history.stored_nights import Outage, outages_of, stored_nights
from barometer.optout import optouts
from storage.records import Merchant


class Owner(NamedTuple):
    """The merchant that something is about; ``key`` is the panel's."""

    key: str
    name: str
    url: str
    category: str | None


class Moved(NamedTuple):
    """A change and whose it is."""

    owner: Owner
    change: Change


class Restless(NamedTuple):
    """What came and went, and whose it is."""

    owner: Owner
    unsettled: Unsettled


class Turn(NamedTuple):
    """From that day on, so many merchants were read under another condition."""

    day: date
    condition: Condition
    merchants: int


class Found(NamedTuple):
    """What moved, newest first; ``merchants`` of them were looked at on ``nights`` different days, ``left_alone`` were not.

    ``turns`` are changes of ours, ``outages`` days that tell nothing of who was out of reach, ``waiting`` counts what was seen
    to move and is not confirmed yet.
    """

    merchants: int
    nights: int
    left_alone: int
    moved: list[Moved]
    restless: list[Restless]
    turns: list[Turn]
    outages: list[Outage]
    waiting: int


class Told(NamedTuple):
    """All nights of one merchant, with what is news in them."""

    owner: Owner
    nights: list[Night]
    news: News
    outages: list[Outage]


def found_changes(session: Session, merchants: Sequence[Merchant], asked: Asked) -> Found:
    """Return what is news of *merchants* in the nights *asked* for; those that opted out are left out and counted."""
    honoured = optouts(session).honoured(merchants)
    owners = {one.id: owner_of(one) for one in honoured.allowed}
    outages = outages_of(session, asked)
    moved: list[Moved] = []
    restless: list[Restless] = []
    turns: Counter[tuple[date, Condition]] = Counter()
    days: set[date] = set()
    waiting = looked_at = 0
    for key, nights in stored_nights(session, owners, asked, outages):
        told = news(nights, asked.confirm, asked.since)
        moved += [Moved(owners[key], change) for change in told.changes]
        restless += [Restless(owners[key], one) for one in told.unsettled]
        waiting += told.waiting
        own = {night.day for night in nights if night.day >= asked.since}
        looked_at += bool(own)
        days |= own
        turns.update(turns_of(nights, asked.since))
    moved.sort(key=lambda one: (-one.change.first.day.toordinal(), one.owner.category or "", one.owner.name.casefold()))
    restless.sort(key=lambda one: (-one.unsettled.times, one.owner.name.casefold()))
    return Found(
        looked_at, len(days), len(honoured.left_alone), moved, restless,
        [Turn(day, condition, count) for (day, condition), count in sorted(turns.items(), reverse=True)],
        [outage for outage in outages if outage.day >= asked.since], waiting,
    )  # fmt: skip


def told_of(session: Session, merchant: Merchant, asked: Asked) -> Told:
    """Return all that the nights *asked* for say of *merchant*."""
    outages = outages_of(session, asked)
    nights = [night for _, own in stored_nights(session, [merchant.id], asked, outages) for night in own]
    shown = [night for night in nights if night.day >= asked.since]
    seen = [outage for outage in outages if outage.day >= asked.since]
    return Told(owner_of(merchant), shown, news(nights, asked.confirm, asked.since), seen)


def owner_of(merchant: Merchant) -> Owner:
    """Return what is told of *merchant* beside what moved."""
    return Owner(merchant.key, merchant.name, merchant.url, merchant.category)


def turns_of(nights: Sequence[Night], since: date) -> list[tuple[date, Condition]]:
    """Return the conditions that changed between two nights of one merchant, from *since* on, with the later night's day."""
    return [
        (after.day, condition)
        for before, after in pairwise(nights)
        if after.day >= since
        for condition in changed_conditions(before.conditions, after.conditions)
    ]
