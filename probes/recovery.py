"""What becomes of an attempt whose sender died, and of one that is found to have left after all."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from probes.journal import HANDING_OVER, INTENT, OutOfStep, Step, append, last_event
from probes.lease import SENDER, Lease
from storage.database import Database
from storage.records import Attempt, Event
from storage.vocabulary import AttemptState

ACTOR = "recovery"
MAY_HAVE_LEFT = frozenset({AttemptState.RELEASED, AttemptState.SENDING, AttemptState.UNKNOWN, AttemptState.BLOCKED})
"""States of an attempt that we do not count as sent, and that a copy or an answer may prove to have been."""


class Recovered(NamedTuple):
    """Keys of the attempts that a dead sender left behind: ``released`` never left, ``unknown`` may have."""

    released: tuple[str, ...]
    unknown: tuple[str, ...]


def recover(database: Database, lease: Lease) -> Recovered:
    """Settle what senders before *lease* left half done, and return what that was; safe to be killed and repeated.

    After the intent nothing had left: the attempt is released again. After the hand-over nobody knows: it becomes
    ``unknown``, and only a proof or a person ends that. What a person is at work on is left alone.
    """
    released: list[str] = []
    unknown: list[str] = []
    with database.reading() as session:
        waiting = list(session.scalars(select(Attempt.id).where(Attempt.state == AttemptState.SENDING)))
    for attempt_id in waiting:
        with database.session() as session:
            lease.renew(session)
            last = last_event(session, attempt_id)
            if last is None or not (last.actor or "").startswith(SENDER) or last.actor == lease.actor:
                continue
            handed_over = last.detail == HANDING_OVER
            state = AttemptState.UNKNOWN if handed_over else AttemptState.RELEASED
            what = "after handing it over" if handed_over else "before handing it over"
            try:
                append(session, attempt_id, Step(state, ACTOR, f"{last.actor} ended {what}"))
            except OutOfStep:
                continue  # its copy has just proved that it left
            (unknown if handed_over else released).append(attempt_id)
    return Recovered(tuple(released), tuple(unknown))


def prove_sent(session: Session, attempt_id: str, step: Step) -> bool:
    """Write that an attempt left after all, because its copy or an answer to it came in; return whether that was news.

    *step* is the ``sent`` step to write, with ``t0`` (the arrival of the copy, a few seconds late at most), evidence
    and reason. An attempt that counts as sent, or was never let go, stays as it is. Raises
    :class:`~probes.journal.OutOfStep` for a step that is not ``sent``.
    """
    if step.state is not AttemptState.SENT:
        raise OutOfStep(f"a proof makes an attempt sent, not {step.state}")
    attempt = session.get_one(Attempt, attempt_id, with_for_update=True, populate_existing=True)
    if attempt.state not in MAY_HAVE_LEFT:
        return False
    if attempt.state is AttemptState.RELEASED:
        append(session, attempt_id, Step(AttemptState.SENDING, step.actor, INTENT, at=step.at))
    append(session, attempt_id, step)
    return True


def decide_unknown(session: Session, attempt_id: str, person: str, why: str, *, was_sent: bool, at: datetime) -> Step:
    """Write what *person* found out about an ``unknown`` attempt, and return the step.

    Sent: its clock starts when it was handed over. Not sent: it is released again. Raises
    :class:`~probes.journal.OutOfStep` where it is not unknown.
    """
    attempt = session.get_one(Attempt, attempt_id, with_for_update=True, populate_existing=True)
    if attempt.state is not AttemptState.UNKNOWN:
        raise OutOfStep(f"attempt {attempt_id} is {attempt.state}, not unknown")
    if was_sent:
        step = Step(AttemptState.SENT, person, why, at=at, t0=_handed_over_at(session, attempt_id), by_person=True)
    else:
        step = Step(AttemptState.RELEASED, person, why, at=at, by_person=True, planned_for=at)
    append(session, attempt_id, step)
    return step


def _handed_over_at(session: Session, attempt_id: str) -> datetime | None:
    query = (
        select(Event.at)
        .where(Event.attempt_id == attempt_id, Event.detail == HANDING_OVER)
        .order_by(Event.sequence.desc())
        .limit(1)
    )
    return session.scalar(query)
