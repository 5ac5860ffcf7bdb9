"""How long merchants took to answer, computed again from the records of their campaigns."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.last_reading import READ_IN_FULL, last_reading
from barometer.measures.delay import AttemptFact, Measured, ReplyFact, measure_all
from barometer.merchant_hours import calendar_of
from probes.replies_reviewed import ATTEMPT, SUBJECT, effective_reply
from schedules.calendars import Calendar
from storage.records import Attempt, Campaign, Merchant, Reply, Review, Sighting, Visit
from storage.vocabulary import Channel

IN_WRITING = (Channel.EMAIL, Channel.FORM, Channel.X, Channel.FACEBOOK)
"""Channels whose answers are messages; what people time at the desk, calls above all, is counted from their stamps."""
DEMONSTRATION = "demonstration"
"""Under which word a campaign's parameters say that its clock was not ours: ``factor`` and ``collected_until``."""


class Answering(NamedTuple):
    """What was measured of one merchant: an outcome for each of its attempts."""

    key: str
    name: str
    category: str
    measured: tuple[Measured, ...]


class Found(NamedTuple):
    """The merchants by category and name; ``clocks`` are the campaigns among them that ran on a clock of their own.

    Each of these says how many of its seconds passed in one of ours: no time of theirs was measured.
    """

    merchants: tuple[Answering, ...]
    clocks: Mapping[str, int]


def delays(session: Session, campaigns: Sequence[Campaign], now: datetime, category: str | None = None) -> Found:
    """Return the outcomes of *campaigns*' attempts in writing as they stood at *now*, up to which replies were collected.

    Of campaigns whose answers come to a mailbox that is up to when it was last read, where that is known.

    Reviews of replies count as their reviewers decided. Only merchants of *category*, where one is named.
    """
    attempts = _attempts(session, campaigns, category)
    replies = _replies(session, {attempt.id for attempt, _ in attempts})
    given_out = _given_out(session, [attempt for attempt, _ in attempts])
    read = last_reading(session) or now
    in_mailboxes = {attempt.campaign_id for attempt, _ in attempts if attempt.channel in READ_IN_FULL}
    until = {one.id: _collected_until(one, min(now, read) if one.id in in_mailboxes else now) for one in campaigns}
    calendars = {merchant.key: _calendar(merchant.hours, merchant.country) for _, merchant in attempts}
    facts: defaultdict[str, list[AttemptFact]] = defaultdict(list)
    for attempt, merchant in attempts:
        known = replies.get(attempt.id, [])
        facts[attempt.campaign_id].append(_fact(attempt, merchant, known, attempt.id in given_out))
    measured: defaultdict[str, list[Measured]] = defaultdict(list)
    for campaign_id, listed in facts.items():
        for one in measure_all(listed, lambda fact: calendars[fact.merchant], until[campaign_id]):
            measured[one.attempt.merchant].append(one)
    merchants = {merchant.key: merchant for _, merchant in attempts}
    found = [Answering(key, one.name, one.category or "", tuple(measured[key])) for key, one in merchants.items()]
    return Found(
        tuple(sorted(found, key=lambda one: (one.category, one.name.casefold(), one.key))),
        {campaign.name: clock_of(campaign) for campaign in campaigns if clock_of(campaign) != 1},
    )


def by_category(found: Iterable[Answering]) -> Iterator[tuple[str, list[Answering]]]:
    """Yield each category with its merchants, in the order of *found*."""
    groups: dict[str, list[Answering]] = {}
    for one in found:
        groups.setdefault(one.category, []).append(one)
    yield from groups.items()


def clock_of(campaign: Campaign) -> int:
    """Return how many seconds of *campaign*'s clock passed in one of ours: 1 but for a demonstration's."""
    return int(campaign.parameters.get(DEMONSTRATION, {}).get("factor", 1))


def _collected_until(campaign: Campaign, now: datetime) -> datetime:
    told = campaign.parameters.get(DEMONSTRATION, {}).get("collected_until")
    return min(now, datetime.fromisoformat(told)) if told else now


def _attempts(session: Session, campaigns: Sequence[Campaign], category: str | None) -> list[tuple[Attempt, Merchant]]:
    query = (
        select(Attempt, Merchant)
        .join(Merchant, Merchant.id == Attempt.merchant_id)
        .where(Attempt.campaign_id.in_([campaign.id for campaign in campaigns]), Attempt.channel.in_(IN_WRITING))
        .order_by(Attempt.planned_for, Attempt.id)
    )
    if category is not None:
        query = query.where(Merchant.category == category)
    return [(attempt, merchant) for attempt, merchant in session.execute(query)]


def _replies(session: Session, attempt_ids: set[str]) -> Mapping[str, list[ReplyFact]]:
    """Return the replies to each of the attempts, as reviewers left them."""
    reviews: defaultdict[str, list[Review]] = defaultdict(list)
    for review in session.scalars(select(Review).where(Review.subject == SUBJECT)):
        reviews[review.subject_id].append(review)
    moved = [key for key, own in reviews.items() if any((one.replacement or "").startswith(ATTEMPT) for one in own)]
    found: defaultdict[str, list[ReplyFact]] = defaultdict(list)
    tied = session.scalars(select(Reply).where(Reply.attempt_id.is_not(None)))
    loose = session.scalars(select(Reply).where(Reply.attempt_id.is_(None))) if moved else ()
    for reply in (*tied, *loose):
        counts = effective_reply(reply, reviews.get(reply.id, ()))
        if counts.attempt_id in attempt_ids:
            overruled = counts.kind if counts.kind is not reply.kind else None
            found[counts.attempt_id].append(ReplyFact(reply.kind, reply.received_at, overruled))
    return found


def _given_out(session: Session, attempts: Iterable[Attempt]) -> set[str]:
    """Return the keys of the attempts whose target the merchant itself gives out: it was seen on its site.

    What only the panel says may be an address that nobody publishes any more.
    """
    seen = {attempt.id for attempt in attempts if not (attempt.target_source or "").startswith("panel")}
    asked = [attempt for attempt in attempts if attempt.id not in seen and attempt.channel is Channel.EMAIL]
    if not asked:
        return seen
    query = (
        select(Visit.merchant_id, Sighting.value)
        .join(Visit, Visit.id == Sighting.visit_id)
        .where(Sighting.channel == Channel.EMAIL, Sighting.set_aside.is_(None), Visit.merchant_id.is_not(None))
    )
    shown = {(merchant_id, value.lower()) for merchant_id, value in session.execute(query)}
    return seen | {one.id for one in asked if (one.merchant_id, (one.target or "").lower()) in shown}


def _fact(attempt: Attempt, merchant: Merchant, replies: Sequence[ReplyFact], published: bool) -> AttemptFact:
    return AttemptFact(
        key=attempt.id,
        merchant=merchant.key,
        channel=attempt.channel,
        scenario=attempt.scenario,
        state=attempt.state,
        t0=attempt.t0,
        window=timedelta(seconds=attempt.window_seconds),
        replies=replies,
        blocked_by=attempt.blocked_by,
        published=published,
        reminder_of=attempt.reminder_of,
    )


@cache
def _calendar(hours: str | None, country: str) -> Calendar:
    return calendar_of(hours, country)


def parameters_of_demonstration(factor: int, collected_until: datetime) -> dict[str, Any]:
    """Return what a campaign's parameters say when its clock ran *factor* times as fast as ours, until when."""
    return {DEMONSTRATION: {"factor": factor, "collected_until": collected_until.isoformat()}}
