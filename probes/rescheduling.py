"""Another time for attempts that should have left long ago: spread anew, never let go in a burst."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from probes.campaigns import taken_slots
from probes.journal import Step, append
from probes.targets import domain_of
from probes.terms import Terms, slot_limits
from schedules import slots
from schedules.shortfalls import DoesNotFit
from storage.records import Attempt, Campaign, Merchant
from storage.vocabulary import AttemptState

ACTOR = "planner"
NO_ROOM = "it was late, and no room is left before the campaign ends"


class Rescheduled(NamedTuple):
    """How many late attempts were given another time, and how many had to be cancelled."""

    moved: int
    cancelled: int


def reschedule(session: Session, attempt_ids: Sequence[str], terms: Terms, now: datetime) -> Rescheduled:
    """Give released attempts another slot between *now* and the end of their campaign; what finds none is cancelled."""
    moved = cancelled = 0
    for campaign, late in _by_campaign(session, attempt_ids).items():
        placed = _placed(session, campaign, late, terms, now) if now < campaign.ends_at else {}
        for attempt, _ in late:
            at = placed.get(attempt.id)
            if at is None:
                append(session, attempt.id, Step(AttemptState.CANCELLED, ACTOR, NO_ROOM, at=now))
                cancelled += 1
            else:
                why = f"it was late, due at {attempt.planned_for:%Y-%m-%d %H:%M} UTC"
                append(session, attempt.id, Step(AttemptState.RELEASED, ACTOR, why, at=now, planned_for=at))
                moved += 1
    return Rescheduled(moved, cancelled)


Late = list[tuple[Attempt, Merchant]]


def _by_campaign(session: Session, attempt_ids: Sequence[str]) -> dict[Campaign, Late]:
    query = (
        select(Attempt, Merchant, Campaign)
        .join(Merchant, Merchant.id == Attempt.merchant_id)
        .join(Campaign, Campaign.id == Attempt.campaign_id)
        .where(Attempt.state == AttemptState.RELEASED)
        .order_by(Attempt.planned_for, Attempt.id)
    )
    wanted, found = set(attempt_ids), defaultdict(list)
    for attempt, merchant, campaign in session.execute(query):
        if attempt.id in wanted:
            found[campaign].append((attempt, merchant))
    return dict(found)


def _placed(session: Session, campaign: Campaign, late: Late, terms: Terms, now: datetime) -> dict[str, datetime]:
    """Return a new time for each late attempt that finds one, by its key.

    All at once where all fit; else a merchant and channel at a time, as many as fit beside those before.
    """
    limits = slot_limits(terms, now, campaign.ends_at, {attempt.channel for attempt, _ in late})
    ids = {attempt.id for attempt, _ in late}
    taken = taken_slots(session, limits, leave_out=ids)
    seed = f"{campaign.parameters.get('seed', '')} {now:%Y-%m-%dT%H:%M}"
    found = slots.spread(_requests(campaign, late), limits, seed, taken)
    if not isinstance(found, DoesNotFit):
        return _assigned(late, found.slots)
    groups: dict[tuple[str, str], Late] = defaultdict(list)
    for attempt, merchant in late:
        groups[merchant.key, str(attempt.channel)].append((attempt, merchant))
    placed: dict[str, datetime] = {}
    for group in groups.values():
        part = group
        while part:
            found = slots.spread(_requests(campaign, part), limits, seed, taken)
            if not isinstance(found, DoesNotFit):
                taken = [*taken, *found.slots]
                placed |= _assigned(part, found.slots)
                break
            part = part[: max(0, min(found.fit, len(part) - 1))]
    return placed


def _requests(campaign: Campaign, late: Late) -> list[slots.Request]:
    """Return one request a merchant, channel and scenario; of several targets of a merchant the first tells the domain."""
    domains: dict[tuple[str, str], str] = {}
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    entered: dict[str, bool] = {}
    for attempt, merchant in late:
        place = merchant.key, str(attempt.channel)
        domains.setdefault(place, domain_of(attempt.channel, attempt.target))
        counts[(*place, attempt.scenario)] += 1
        entered[merchant.key] = campaign.contest and merchant.entered
    return [
        slots.Request(key, channel, scenario, count, domains[key, channel], entered[key])
        for (key, channel, scenario), count in counts.items()
    ]


def _assigned(late: Late, found: Sequence[slots.Slot]) -> dict[str, datetime]:
    waiting: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for attempt, merchant in late:
        waiting[merchant.key, str(attempt.channel), attempt.scenario].append(attempt.id)
    return {waiting[slot.merchant, slot.channel, slot.scenario].pop(0): slot.at for slot in found}
