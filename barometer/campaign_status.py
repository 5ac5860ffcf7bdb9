"""How campaigns stand, and every attempt of one: plain values for the command line, for people and for spreadsheets."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from barometer.errors import UserError
from barometer.panel_csv import csv_text
from probes.guard import Allowed, Guard, Held, Ledger
from probes.ledger import candidate
from probes.scenarios import scenarios
from storage.records import Attempt, Campaign, Event, Merchant
from storage.vocabulary import AttemptState

EXPORTED = (
    "attempt", "campaign", "merchant", "merchant_name", "category", "channel", "state", "blocked_by", "scenario", "stage",
    "language", "variant", "reminder_of", "assisted", "target", "target_source", "planned_for", "t0", "window_seconds",
    "acknowledged_at", "answered_at", "bounced_at", "subject", "body",
)  # fmt: skip
"""The columns of an export, in their order; times are UTC, ISO 8601."""
_FIRST_TIMES = {
    AttemptState.ACKNOWLEDGED: "acknowledged_at",
    AttemptState.ANSWERED: "answered_at",
    AttemptState.BOUNCED: "bounced_at",
}


def campaigns(session: Session, name: str | None = None) -> Sequence[Campaign]:
    """Return the campaigns by their date, or the one called *name*; raises :class:`UserError` when there is none."""
    query = select(Campaign).order_by(Campaign.created_at, Campaign.name)
    found = session.scalars(query if name is None else query.where(Campaign.name == name)).all()
    if name is not None and not found:
        raise no_campaign(session, name)
    return found


def no_campaign(session: Session, name: str) -> UserError:
    """Return the error that says which campaigns there are instead of *name*."""
    known = ", ".join(session.scalars(select(Campaign.name).order_by(Campaign.created_at.desc()).limit(10)))
    return UserError(f"there is no campaign '{name[:80]}'", f"there is: {known}" if known else "plan one first")


def status(session: Session, campaign: Campaign, now: datetime) -> dict[str, Any]:
    """Return how *campaign* stands: its people and dates, how many attempts are in which state, what is due and unknown."""
    states: Counter[str] = Counter()
    by_channel: dict[str, Counter[str]] = {}
    grouped = select(Attempt.channel, Attempt.state, func.count()).where(Attempt.campaign_id == campaign.id)
    for channel, state, count in session.execute(grouped.group_by(Attempt.channel, Attempt.state)):
        states[str(state)] += count
        by_channel.setdefault(str(channel), Counter())[str(state)] += count
    waiting = (Attempt.campaign_id == campaign.id, Attempt.state == AttemptState.RELEASED)
    upcoming = select(func.min(Attempt.planned_for)).where(*waiting)
    counted = select(func.count()).select_from(Attempt).where(*waiting, Attempt.planned_for <= now)
    blocked = (
        select(Attempt.blocked_by, func.count())
        .where(Attempt.campaign_id == campaign.id, Attempt.state == AttemptState.BLOCKED)
        .group_by(Attempt.blocked_by)
    )
    return {
        "name": campaign.name,
        "starts_at": iso(campaign.starts_at),
        "ends_at": iso(campaign.ends_at),
        "contest": campaign.contest,
        "released_by": campaign.released_by,
        "released_at": iso(campaign.released_at),
        "stopped_by": campaign.stopped_by,
        "stopped_at": iso(campaign.stopped_at),
        "closed_at": iso(campaign.closed_at),
        "states": dict(sorted(states.items())),
        "channels": {channel: dict(sorted(found.items())) for channel, found in sorted(by_channel.items())},
        "blocked_by": {str(by): count for by, count in session.execute(blocked) if by is not None},
        "due": session.scalar(counted.where(Attempt.assisted.is_(False))) or 0,
        "due_at_the_desk": session.scalar(counted.where(Attempt.assisted.is_(True))) or 0,
        "next_at": iso(session.scalar(upcoming)),
        "unknown": unknown(session, campaign),
    }


def unknown(session: Session, campaign: Campaign) -> list[dict[str, Any]]:
    """Return the attempts of *campaign* of which nobody knows whether they left: a person must find out."""
    last = select(Event.attempt_id, func.max(Event.sequence).label("sequence")).group_by(Event.attempt_id).subquery()
    query = (
        select(Attempt, Merchant.key, Event.at, Event.detail)
        .join(Merchant, Merchant.id == Attempt.merchant_id)
        .join(last, last.c.attempt_id == Attempt.id)
        .join(Event, (Event.attempt_id == Attempt.id) & (Event.sequence == last.c.sequence))
        .where(Attempt.campaign_id == campaign.id, Attempt.state == AttemptState.UNKNOWN)
        .order_by(Event.at, Attempt.id)
    )
    return [
        {
            "attempt": attempt.id,
            "merchant": key,
            "channel": attempt.channel,
            "target": attempt.target,
            "message_id": attempt.message_id,
            "since": iso(at),
            "why": why,
        }
        for attempt, key, at, why in session.execute(query)
    ]


def previewed(
    session: Session, guard: Guard, ledger: Ledger, now: datetime, name: str | None, limit: int
) -> list[dict[str, Any]]:
    """Return the next *limit* attempts that the program would make, and what the guard says to each; nothing is sent.

    An attempt that is planned for later has no verdict yet.
    """
    query = (
        select(Attempt, Campaign, Merchant)
        .join(Campaign, Campaign.id == Attempt.campaign_id)
        .join(Merchant, Merchant.id == Attempt.merchant_id)
        .where(Attempt.state.in_((AttemptState.PLANNED, AttemptState.RELEASED)), Attempt.assisted.is_(False))
        .order_by(Attempt.planned_for, Attempt.id)
        .limit(limit)
    )
    if name is not None:
        query = query.where(Campaign.name == name)
    rows = []
    for attempt, campaign, merchant in session.execute(query):
        verdict, until = _verdict(attempt, campaign, merchant, guard, ledger, now)
        rows.append(
            {
                "attempt": attempt.id,
                "campaign": campaign.name,
                "planned_for": iso(attempt.planned_for),
                "merchant": merchant.key,
                "channel": attempt.channel,
                "target": attempt.target,
                "subject": attempt.subject,
                "body": attempt.body,
                "reply_address": attempt.reply_address,
                "verdict": verdict,
                "until": iso(until),
            }
        )
    return rows


def _verdict(
    attempt: Attempt, campaign: Campaign, merchant: Merchant, guard: Guard, ledger: Ledger, now: datetime
) -> tuple[str, datetime | None]:
    if campaign.released_at is not None and attempt.state is AttemptState.PLANNED:
        return "planned since; not released", None
    if campaign.released_at is not None and attempt.planned_for > now:
        return "planned", attempt.planned_for
    decision = guard.decide(candidate(attempt, campaign, merchant), ledger, now)
    if isinstance(decision, Allowed):
        return "leaves now", now
    return decision.why, decision.until if isinstance(decision, Held) else None


def exported(session: Session, campaign: Campaign) -> list[dict[str, Any]]:
    """Return every attempt of *campaign*, in the order they were planned for, with the columns of :data:`EXPORTED`."""
    first_times: dict[str, dict[str, str | None]] = {}
    events = (
        select(Event.attempt_id, Event.state, func.min(Event.at))
        .join(Attempt, Attempt.id == Event.attempt_id)
        .where(Attempt.campaign_id == campaign.id, Event.state.in_(_FIRST_TIMES))
        .group_by(Event.attempt_id, Event.state)
    )
    for attempt_id, state, at in session.execute(events):
        first_times.setdefault(attempt_id, {})[_FIRST_TIMES[state]] = iso(at)
    query = (
        select(Attempt, Merchant)
        .join(Merchant, Merchant.id == Attempt.merchant_id)
        .where(Attempt.campaign_id == campaign.id)
        .order_by(Attempt.planned_for, Attempt.id)
    )
    return [
        _exported(attempt, merchant, campaign, first_times.get(attempt.id, {}))
        for attempt, merchant in session.execute(query)
    ]


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Return *rows* of an export as the text of a file that is safe to open in a spreadsheet."""
    return csv_text([list(EXPORTED), *([_cell(row[column]) for column in EXPORTED] for row in rows)])


def iso(moment: datetime | None) -> str | None:
    """Return *moment* as the JSON contracts write it, ``None`` for none."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _exported(attempt: Attempt, merchant: Merchant, campaign: Campaign, times: dict[str, str | None]) -> dict[str, Any]:
    scenario = scenarios().get(attempt.scenario)
    own: dict[str, Any] = {
        "attempt": attempt.id,
        "campaign": campaign.name,
        "merchant": merchant.key,
        "merchant_name": merchant.name,
        "category": merchant.category,
        "stage": scenario.stage if scenario else None,
        "planned_for": iso(attempt.planned_for),
        "t0": iso(attempt.t0),
    }
    return {
        column: own[column]
        if column in own
        else times.get(column)
        if column.endswith("_at")
        else getattr(attempt, column)
        for column in EXPORTED
    }


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
