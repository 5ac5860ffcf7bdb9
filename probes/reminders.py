"""One reminder after silence: the same question again, by the same channel, to a merchant that has not answered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from probes import journal
from probes.campaign_life import CannotChange, campaign_named
from probes.campaigns import ACTOR, attempt_row, taken_slots
from probes.targets import domain_of
from probes.terms import Terms, slot_limits
from probes.wording import WRITTEN, Words, reminder
from schedules import slots
from schedules.shortfalls import DoesNotFit
from storage.records import Attempt, Merchant
from storage.vocabulary import AttemptState, Channel

CHANNELS = (Channel.EMAIL, Channel.FORM)
"""Channels on which a reminder makes sense: a message that a signature and a subject tie to the first."""


class Reminded(NamedTuple):
    """How many reminders were planned, and how many merchants that asked to be left alone were left out."""

    planned: int
    left_alone: int


def plan_reminders(
    session: Session, name: str, after: timedelta, terms: Terms, now: datetime, left_alone: Callable[[Merchant], bool]
) -> Reminded | DoesNotFit:
    """Plan a reminder for every attempt of campaign *name* that has been without an answer for *after*; at most one each.

    They are planned, not released: a person lets them go. Raises :class:`~probes.campaign_life.NoCampaign`, and
    :class:`~probes.campaign_life.CannotChange` when the campaign is over.
    """
    campaign = campaign_named(session, name)
    if now >= campaign.ends_at:
        ended = f"the campaign '{name}' ended on {campaign.ends_at:%Y-%m-%d %H:%M} UTC"
        raise CannotChange(ended, "reminders leave before a campaign's end; plan the next one with room for them")
    silent = _silent(session, campaign.id, now - after)
    kept = [(attempt, merchant) for attempt, merchant in silent if not left_alone(merchant)]
    if not kept:
        return Reminded(0, len(silent))
    limits = slot_limits(terms, now, campaign.ends_at, {attempt.channel for attempt, _ in kept})
    # The first attempt is open still, and its reminder may be open beside it; the guard sees to all others.
    requests = [
        slots.Request(
            merchant.key, str(attempt.channel), attempt.id, 1, domain_of(attempt.channel, attempt.target), True
        )
        for attempt, merchant in kept
    ]
    seed = f"{campaign.parameters.get('seed', '')} reminders"
    found = slots.spread(_one_domain_each(requests), limits, seed, taken_slots(session, limits))
    if isinstance(found, DoesNotFit):
        return found
    first = {attempt.id: attempt for attempt, _ in kept}
    rows = []
    for slot in found.slots:
        attempt = first[slot.scenario]
        if attempt.t0 is None:
            continue
        text = reminder(
            Words(attempt.subject, attempt.body), attempt.t0, terms.calendar.zone, attempt.language, attempt.variant,
            terms.sender,
        )  # fmt: skip
        rows.append(
            attempt_row(
                campaign, attempt.merchant_id, attempt.channel, terms, now,
                target=attempt.target, target_source=attempt.target_source, scenario=attempt.scenario,
                language=attempt.language, variant=attempt.variant, subject=text.subject, body=text.body,
                planned_for=slot.at, reminder_of=attempt.id,
            )
        )  # fmt: skip
    journal.plan_rows(session, rows, ACTOR, now)
    return Reminded(len(rows), len(silent) - len(kept))


def _silent(session: Session, campaign_id: str, before: datetime) -> list[tuple[Attempt, Merchant]]:
    """Return the attempts that were sent *before*, are no reminders, were not answered and not yet recalled."""
    recall = aliased(Attempt)
    query = (
        select(Attempt, Merchant)
        .join(Merchant, Merchant.id == Attempt.merchant_id)
        .where(
            Attempt.campaign_id == campaign_id,
            Attempt.state.in_((AttemptState.SENT, AttemptState.ACKNOWLEDGED)),
            Attempt.channel.in_([channel for channel in CHANNELS if channel in WRITTEN]),
            Attempt.t0 <= before,
            Attempt.reminder_of.is_(None),
            ~select(recall.id).where(recall.reminder_of == Attempt.id).exists(),
        )
        .order_by(Attempt.id)
    )
    return [(attempt, merchant) for attempt, merchant in session.execute(query)]


def _one_domain_each(requests: list[slots.Request]) -> list[slots.Request]:
    """Return *requests* with one domain a merchant and channel, as the spreading wants it."""
    domains: dict[tuple[str, str], str] = {}
    return [
        request._replace(domain=domains.setdefault((request.merchant, request.channel), request.domain))
        for request in requests
    ]
