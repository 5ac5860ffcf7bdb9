"""Which visits an edition rests on: one a merchant and day, and no more of them than its marks need."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.in_batches import in_batches
from barometer.observing.sighting_reviews import Decisions, value_of
from barometer.result import outcomes
from spiders.reading import SiteReading
from storage.records import Sighting, Visit
from storage.vocabulary import Channel, OutcomeKind, Profile, Reason, VisitStatus

VALID = (VisitStatus.COMPLETE, VisitStatus.PARTIAL)
"""How a visit may have ended that says something about the merchant; all others say something about us or the network."""
DAYS_OF = ZoneInfo("Europe/Paris")
"""Whose calendar tells one night from the next."""


class Period(NamedTuple):
    """From a moment until another, which is not part of it."""

    start: datetime
    end: datetime


class _Look(NamedTuple):
    """A valid visit, not looked into yet."""

    id: str
    merchant_id: str


class _Need:
    """What a merchant still lacks: its nights that were not looked at, newest first, and its channels' measured nights."""

    def __init__(self, looks: list[_Look], channels: Iterable[Channel]) -> None:
        self.looks = looks
        self.measured: Counter[Channel] = Counter(dict.fromkeys(channels, 0))

    def lacks(self, nights: int) -> bool:
        return any(count < nights for count in self.measured.values())

    def takes(self, measured: Collection[Channel], nights: int) -> bool:
        """Count a night, and tell whether a channel needed it."""
        needed = [channel for channel in measured if self.measured.get(channel, nights) < nights]
        self.measured.update(needed)
        return bool(needed)


def day_of(moment: datetime) -> date:
    """Return the day in Paris that *moment* falls on."""
    return moment.astimezone(DAYS_OF).date()


def chosen_visits(
    session: Session, merchants: Iterable[str], profile: Profile, period: Period, nights: int, decided: Decisions
) -> list[str]:
    """Return the keys of the visits that count, of each of *merchants* (keys), through the window of *profile*.

    Of the closed visits begun in *period*, the last valid one of each day. The newest *nights* count always, an older one
    where a channel has fewer measured nights than that without it: so each channel has its last *nights*, if it ever had
    as many, whatever the others had.
    """
    needs = _needs(session, merchants, profile, period, decided)
    chosen: list[str] = []
    size, first = nights, True
    while needs:
        round_: list[_Look] = []
        for need in needs.values():
            round_ += need.looks[:size]
            del need.looks[:size]
        measured = _measured(session, round_, decided)
        for look in round_:
            needed = needs[look.merchant_id].takes(measured[look.id], nights)
            if needed or first:
                chosen.append(look.id)
        needs = {key: need for key, need in needs.items() if need.looks and need.lacks(nights)}
        # What one channel lacks may lie far back: to look twice as far each time needs few questions.
        size, first = size * 2, False
    return chosen


def _needs(
    session: Session, merchants: Iterable[str], profile: Profile, period: Period, decided: Decisions
) -> dict[str, _Need]:
    last: dict[tuple[str, date], str] = {}
    for batch in in_batches(merchants):
        query = (
            select(Visit.merchant_id, Visit.started_at, Visit.id)
            .where(Visit.merchant_id.in_(batch), Visit.profile == profile, Visit.finished_at.is_not(None))
            .where(Visit.status.in_(VALID), Visit.started_at >= period.start, Visit.started_at < period.end)
        )
        for merchant_id, started_at, key in sorted(session.execute(query), key=lambda row: (row[1], row[2])):
            if merchant_id is not None:
                last[merchant_id, day_of(started_at)] = key
    looks: dict[str, list[_Look]] = {}
    for (merchant_id, _), key in sorted(last.items(), reverse=True):
        looks.setdefault(merchant_id, []).append(_Look(key, merchant_id))
    return {
        merchant_id: _Need(own, (channel for channel in Channel if (merchant_id, channel) not in decided.depths))
        for merchant_id, own in looks.items()
    }


def _measured(session: Session, looks: Iterable[_Look], decided: Decisions) -> dict[str, frozenset[Channel]]:
    """Return the channels that each of the visits measured."""
    owners = {look.id: look.merchant_id for look in looks}
    seen = _seen(session, owners, decided)
    found: dict[str, frozenset[Channel]] = {}
    for batch in in_batches(owners):
        query = select(Visit.id, Visit.status, Visit.status_reason, Visit.search).where(Visit.id.in_(batch))
        for key, status, reason, search in session.execute(query):
            looked_for, if_unseen = _measured_unseen(status, reason, json.dumps(search, sort_keys=True))
            shown, dropped = seen.get(key, (frozenset(), frozenset()))
            lost = dropped - shown if search.get("proven") is not None else frozenset()
            found[key] = looked_for & (shown | (if_unseen - lost))
    return found


def _seen(
    session: Session, owners: Mapping[str, str], decided: Decisions
) -> dict[str, tuple[frozenset[Channel], frozenset[Channel]]]:
    """Return, by visit, the channels that were seen on it, and those of which a value was seen that reviewers set aside."""
    shown: dict[str, tuple[set[Channel], set[Channel]]] = {}
    doubted = {merchant_id for merchant_id, _, _ in decided.values}
    plain = [key for key, owner in owners.items() if owner not in doubted]
    for batch in in_batches(plain):
        query = select(Sighting.visit_id, Sighting.channel).where(
            Sighting.visit_id.in_(batch), Sighting.set_aside.is_(None)
        )
        for visit_id, channel in session.execute(query.distinct()):
            shown.setdefault(visit_id, (set(), set()))[0].add(channel)
    for visit_id, channel, value, own in _values(session, [key for key in owners if owners[key] in doubted]):
        decision = decided.values.get(value_of(owners[visit_id], channel, value))
        counts = own if decision is None else decision.own
        if counts or own:
            shown.setdefault(visit_id, (set(), set()))[0 if counts else 1].add(channel)
    return {key: (frozenset(one), frozenset(other)) for key, (one, other) in shown.items()}


def _values(session: Session, visits: Iterable[str]) -> Iterator[tuple[str, Channel, str, bool]]:
    for batch in in_batches(visits):
        query = select(Sighting.visit_id, Sighting.channel, Sighting.value, Sighting.set_aside)
        for visit_id, channel, value, set_aside in session.execute(
            query.where(Sighting.visit_id.in_(batch)).distinct()
        ):
            yield visit_id, channel, value, set_aside is None


@lru_cache(maxsize=4096)
def _measured_unseen(
    status: VisitStatus, reason: Reason | None, search: str
) -> tuple[frozenset[Channel], frozenset[Channel]]:
    """Return the channels that such a visit looked for, and those that it measured where it saw nothing."""
    proof: dict[str, Any] = json.loads(search)
    visit = Visit(url="", status=status, status_reason=reason, search=proof)
    if broken_off(status, reason):
        return looked_for(proof), frozenset()
    unseen = outcomes(SiteReading(visit))
    return looked_for(proof), frozenset(
        channel for channel, outcome in unseen.items() if outcome.kind is not OutcomeKind.NOT_MEASURED
    )


def broken_off(status: VisitStatus | None, reason: Reason | None) -> bool:
    """Tell whether a visit ran out of its time: what it did not see by then was not measured (method, section 1)."""
    return status is VisitStatus.PARTIAL and reason is Reason.TIMEOUT


def looked_for(search: Mapping[str, Any]) -> frozenset[Channel]:
    """Return the channels that a visit looked for, from what it says of its search: all where it says nothing."""
    return frozenset(map(Channel, search.get("channels", Channel)))
