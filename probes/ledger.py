"""What the guard must know, read from the journal: hand-overs, open attempts, campaigns, and which attempts are due."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from probes.guard import Candidate, Contact, Guard, Ledger, OpenAttempt, Standing
from probes.journal import HANDING_OVER, REACHED
from probes.targets import domain_of
from storage.records import Attempt, Campaign, Event, Merchant
from storage.vocabulary import AttemptState, Channel

LOOKED_AT_ONCE = 200
"""Due attempts that are fetched together (*ours*): most looks end at one of the first."""
STILL_OPEN = (AttemptState.SENDING, AttemptState.UNKNOWN, AttemptState.SENT, AttemptState.ACKNOWLEDGED)
"""States in which the merchant has the attempt, or may have it, and may still answer."""


def read_ledger(session: Session, guard: Guard, now: datetime, stop_file: Path) -> Ledger:
    """Return what has happened so far, as far as *guard* looks back."""
    return Ledger(
        _contacts(session, guard.looks_back_to(now)),
        _open(session),
        _per_campaign(session),
        stop_file.exists(),
    )


def due(
    session: Session, now: datetime, channels: Collection[Channel] | None = None, campaign: str | None = None
) -> Iterator[Candidate]:
    """Yield the attempts that the program itself is to make now, oldest first; those of *channels* and *campaign* only."""
    query = waiting(campaign).where(Attempt.planned_for <= now)
    if channels is not None:
        query = query.where(Attempt.channel.in_(channels))
    for attempt, owner, merchant in session.execute(query, execution_options={"yield_per": LOOKED_AT_ONCE}):
        yield candidate(attempt, owner, merchant)


def candidate_of(session: Session, attempt_id: str) -> Candidate:
    """Return what the guard must know of one attempt as it stands now."""
    query = (
        select(Attempt, Campaign, Merchant)
        .join(Campaign, Campaign.id == Attempt.campaign_id)
        .join(Merchant, Merchant.id == Attempt.merchant_id)
        .where(Attempt.id == attempt_id)
    )
    attempt, owner, merchant = session.execute(query).one()
    return candidate(attempt, owner, merchant)


def next_due(
    session: Session, channels: Collection[Channel], campaign: str | None = None, after: datetime | None = None
) -> datetime | None:
    """Return when the first attempt of *channels* that the program itself is to make is planned, ``None`` where none is.

    With *after* only those count that are planned for later.
    """
    query = waiting(campaign).where(Attempt.channel.in_(channels)).order_by(None)
    if after is not None:
        query = query.where(Attempt.planned_for > after)
    return session.scalar(query.with_only_columns(func.min(Attempt.planned_for)))


def waiting_count(session: Session, channels: Collection[Channel], campaign: str | None = None) -> dict[Channel, int]:
    """Return how many attempts the program itself is still to make, by channel; a channel without any is left out."""
    query = waiting(campaign).where(Attempt.channel.in_(channels)).order_by(None)
    counted = query.with_only_columns(Attempt.channel, func.count()).group_by(Attempt.channel)
    return {channel: count for channel, count in session.execute(counted)}  # noqa: C416 - rows are no pairs to mypy


def waiting(campaign: str | None) -> Select[Attempt, Campaign, Merchant]:
    """Return the question for what is released, and no person's task, in campaigns that were not stopped."""
    query = (
        select(Attempt, Campaign, Merchant)
        .join(Campaign, Campaign.id == Attempt.campaign_id)
        .join(Merchant, Merchant.id == Attempt.merchant_id)
        .where(Attempt.state == AttemptState.RELEASED, Attempt.assisted.is_(False))
        .where(Campaign.released_at.is_not(None), Campaign.stopped_at.is_(None))
        .order_by(Attempt.planned_for, Attempt.id)
    )
    return query.where(Campaign.name == campaign) if campaign is not None else query


def candidate(attempt: Attempt, campaign: Campaign, merchant: Merchant) -> Candidate:
    """Return what the guard must know of *attempt*."""
    return Candidate(
        id=attempt.id,
        campaign=standing(campaign),
        merchant_id=merchant.id,
        merchant_url=merchant.url,
        merchant_email=merchant.email,
        merchant_phone=merchant.phone,
        channel=attempt.channel,
        target=attempt.target or "",
        domain=domain_of(attempt.channel, attempt.target),
        planned_for=attempt.planned_for,
        reply_address=attempt.reply_address,
        contest=campaign.contest and merchant.entered,
        reminder_of=attempt.reminder_of,
    )


def standing(campaign: Campaign) -> Standing:
    """Return what *campaign* allows by itself."""
    return Standing(
        campaign.id,
        campaign.name,
        campaign.starts_at,
        campaign.ends_at,
        released=campaign.released_at is not None,
        stopped_by=(campaign.stopped_by or "somebody") if campaign.stopped_at is not None else None,
    )


def _contacts(session: Session, since: datetime) -> list[Contact]:
    """Return the hand-overs since *since*; an attempt that a person made otherwise counts when it was sent.

    Looking for an answer on the merchant's site contacts nobody.
    """
    handed = (Event.state == AttemptState.SENDING) & (Event.detail == HANDING_OVER)
    query = (
        select(Event.attempt_id, Event.state, Event.at, Attempt.merchant_id, Attempt.channel, Attempt.target)
        .join(Attempt, Attempt.id == Event.attempt_id)
        .where(
            Event.at >= since, Attempt.channel != Channel.CONTACT_PAGE, or_(handed, Event.state == AttemptState.SENT)
        )
        .order_by(Event.attempt_id, Event.sequence)
    )
    found, counted = [], set()
    for attempt_id, state, at, merchant_id, channel, target in session.execute(query):
        if state is AttemptState.SENDING or attempt_id not in counted:
            counted.add(attempt_id)
            found.append(Contact(merchant_id, domain_of(channel, target), at))
    return found


def _open(session: Session) -> dict[tuple[str, Channel], list[OpenAttempt]]:
    found: dict[tuple[str, Channel], list[OpenAttempt]] = defaultdict(list)
    query = select(
        Attempt.merchant_id, Attempt.channel, Attempt.id, Attempt.t0, Attempt.window_seconds, Attempt.reply_address
    ).where(Attempt.state.in_(STILL_OPEN))
    for merchant_id, channel, attempt_id, t0, window, address in session.execute(query):
        closes = None if t0 is None else t0 + timedelta(seconds=window)
        found[merchant_id, channel].append(OpenAttempt(attempt_id, closes, address))
    return dict(found)


def _per_campaign(session: Session) -> dict[str, int]:
    query = select(Attempt.campaign_id, func.count()).where(Attempt.state.in_(REACHED))
    counted = session.execute(query.group_by(Attempt.campaign_id))
    return {campaign_id: count for campaign_id, count in counted}  # noqa: C416 - rows are no pairs to mypy
