"""What becomes of a planned campaign: a person lets it go, stops it, lets it go on; what is over is closed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from probes.journal import Step, append, take_planned
from storage.records import Attempt, Campaign
from storage.vocabulary import AttemptState

ACTOR = "sweep"
S = AttemptState
UNFINISHED = (S.PLANNED, S.RELEASED, S.SENDING, S.UNKNOWN, S.SENT, S.ACKNOWLEDGED)
"""States from which an attempt still moves on without a person's help, or waits for one."""


class NoCampaign(LookupError):
    """There is no campaign of that name."""


class CannotChange(Exception):
    """The campaign is not in a state for that: ``what`` is in the way, and the ``remedy``."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(f"{what}; {remedy}")


def campaign_named(session: Session, name: str) -> Campaign:
    """Return the campaign *name*, its row locked where the database can; raises :class:`NoCampaign`."""
    found = session.scalar(select(Campaign).where(Campaign.name == name).with_for_update())
    if found is None:
        raise NoCampaign(name)
    return found


def release(session: Session, name: str, person: str, now: datetime) -> int:
    """Let the planned attempts of a campaign go, on the word of *person*, and return how many these are.

    May be said again when reminders were planned since. Raises :class:`NoCampaign` and :class:`CannotChange`.
    """
    campaign = campaign_named(session, name)
    if campaign.stopped_at is not None:
        raise CannotChange(f"the campaign '{name}' was stopped by {campaign.stopped_by}", "resume it first")
    if now >= campaign.ends_at:
        raise CannotChange(f"the campaign '{name}' ended on {campaign.ends_at:%Y-%m-%d %H:%M} UTC", "plan another one")
    query = select(Attempt.id).where(Attempt.campaign_id == campaign.id, Attempt.state == S.PLANNED)
    waiting = list(session.scalars(query))
    if not waiting:
        raise CannotChange(f"the campaign '{name}' has no planned attempt", "see: barometer probe status")
    campaign.released_by = campaign.released_by or person
    campaign.released_at = campaign.released_at or now
    take_planned(session, waiting, Step(S.RELEASED, person, "let go", at=now))
    return len(waiting)


def stop(session: Session, name: str, person: str, now: datetime) -> Campaign:
    """Stop a campaign: nothing of it leaves any more until it is resumed. Raises as :func:`release` does."""
    campaign = campaign_named(session, name)
    if campaign.stopped_at is not None:
        raise CannotChange(f"the campaign '{name}' was stopped by {campaign.stopped_by} already", "nothing to do")
    campaign.stopped_by, campaign.stopped_at = person, now
    return campaign


def resume(session: Session, name: str, person: str, now: datetime) -> Campaign:
    """Let a stopped campaign go on; that it was stopped, by whom and until when, stays in its parameters.

    Raises as :func:`release` does.
    """
    campaign = campaign_named(session, name)
    if campaign.stopped_at is None:
        raise CannotChange(f"the campaign '{name}' is not stopped", "nothing to do")
    stopped = {
        "by": campaign.stopped_by, "at": campaign.stopped_at.isoformat(), "resumed_by": person,
        "resumed_at": now.isoformat(),
    }  # fmt: skip
    before: list[Any] = campaign.parameters.get("stops", [])
    campaign.parameters = {**campaign.parameters, "stops": [*before, stopped]}
    campaign.stopped_by = campaign.stopped_at = None
    return campaign


def sweep(session: Session, now: datetime) -> dict[AttemptState, int]:
    """Bring to its end what time has ended, and return how many attempts came to which state.

    Sent ones whose window has passed become ``expired``; those that never left in a campaign that is over are
    ``cancelled``; a campaign with nothing unfinished is closed.
    """
    ended = {S.EXPIRED: 0, S.CANCELLED: 0}
    query = select(Attempt.id, Attempt.t0, Attempt.window_seconds).where(Attempt.state.in_((S.SENT, S.ACKNOWLEDGED)))
    for attempt_id, t0, window in session.execute(query).all():
        if t0 is not None and now > t0 + timedelta(seconds=window):
            append(session, attempt_id, Step(S.EXPIRED, ACTOR, "its window has passed", at=now))
            ended[S.EXPIRED] += 1
    over = (
        select(Attempt.id)
        .join(Campaign, Campaign.id == Attempt.campaign_id)
        .where(Campaign.ends_at <= now, Attempt.state.in_((S.PLANNED, S.RELEASED)))
    )
    for attempt_id in session.scalars(over).all():
        append(session, attempt_id, Step(S.CANCELLED, ACTOR, "the campaign ended before it left", at=now))
        ended[S.CANCELLED] += 1
    unfinished = exists().where(Attempt.campaign_id == Campaign.id, Attempt.state.in_(UNFINISHED))
    for campaign in session.scalars(
        select(Campaign).where(Campaign.closed_at.is_(None), Campaign.ends_at <= now, ~unfinished)
    ):
        campaign.closed_at = now
    return ended
