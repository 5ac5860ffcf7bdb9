"""The life of an attempt, written down before it is lived.

An event is only ever appended, and the attempt's row repeats the last one. Two writers cannot both take the next step:
the second one's event would have the same sequence number, which the database refuses.

Around a send there are two notes in state ``sending``: the intent, and :data:`HANDING_OVER` just before the step that
cannot be taken back. Whoever finds an attempt whose sender died knows from the last of them: after the intent nothing
had left, and it may be sent; after the other nobody knows, and it becomes ``unknown``, never sent again by itself.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.database import Database
from storage.records import Attempt, Event, utc_now
from storage.vocabulary import AttemptState, BlockedBy

INTENT = "intent"
HANDING_OVER = "handing over"

S = AttemptState
STEPS: dict[AttemptState, frozenset[AttemptState]] = {
    S.PLANNED: frozenset({S.RELEASED, S.BLOCKED, S.CANCELLED}),
    S.RELEASED: frozenset({S.SENDING, S.BLOCKED, S.CANCELLED}),
    S.SENDING: frozenset({S.SENDING, S.SENT, S.RELEASED, S.BLOCKED, S.UNKNOWN, S.CANCELLED}),
    S.UNKNOWN: frozenset({S.SENT, S.RELEASED, S.CANCELLED, S.BLOCKED}),
    S.SENT: frozenset({S.SENT, S.ACKNOWLEDGED, S.ANSWERED, S.BOUNCED, S.EXPIRED, S.CANCELLED}),
    S.ACKNOWLEDGED: frozenset({S.ACKNOWLEDGED, S.ANSWERED, S.BOUNCED, S.EXPIRED}),
    S.BOUNCED: frozenset({S.BOUNCED, S.ACKNOWLEDGED, S.ANSWERED}),
    S.EXPIRED: frozenset({S.EXPIRED, S.ANSWERED}),
    S.ANSWERED: frozenset({S.ANSWERED}),
    S.BLOCKED: frozenset({S.RELEASED, S.SENT, S.CANCELLED}),
    S.CANCELLED: frozenset(),
}
"""Which state may follow which (method, section 3). A blocked attempt may be made by a person at the desk."""
OPEN = frozenset({S.RELEASED, S.SENDING, S.UNKNOWN, S.SENT, S.ACKNOWLEDGED})
"""States in which an attempt may still reach the merchant, or an answer is still awaited."""
ACCEPTED = frozenset({S.SENT, S.ACKNOWLEDGED, S.ANSWERED, S.BOUNCED, S.EXPIRED})
"""States of an attempt that the other side once accepted."""


class OutOfStep(Exception):
    """Somebody else took the attempt's next step, or the step is not one that may follow."""


class Step(NamedTuple):
    """What is to be written: the next state, who caused it, in which words, what proves it, when it happened."""

    state: AttemptState
    actor: str
    detail: str | None = None
    evidence: str | None = None
    at: datetime | None = None
    t0: datetime | None = None
    link: str | None = None
    blocked_by: BlockedBy | None = None


def append(session: Session, attempt_id: str, step: Step) -> Event:
    """Write *step* into the life of an attempt and return its event; it counts once *session* commits.

    Raises :class:`OutOfStep` when the step may not follow the state the attempt is in. A second writer who commits the
    same sequence number meets the database's own refusal, which :func:`take` turns into :class:`OutOfStep`.
    """
    attempt = session.get_one(Attempt, attempt_id, with_for_update=True, populate_existing=True)
    if step.state not in STEPS[attempt.state]:
        raise OutOfStep(f"attempt {attempt_id} is {attempt.state} and cannot become {step.state}")
    last = session.scalar(select(func.max(Event.sequence)).where(Event.attempt_id == attempt_id))
    event = Event(
        attempt_id=attempt_id,
        sequence=0 if last is None else last + 1,
        state=step.state,
        at=step.at or utc_now(),
        actor=step.actor,
        detail=step.detail,
        evidence=step.evidence,
    )
    session.add(event)
    attempt.state = step.state
    attempt.t0 = step.t0 or attempt.t0
    attempt.link = step.link or attempt.link
    attempt.blocked_by = step.blocked_by if step.state is S.BLOCKED else None
    return event


def take(database: Database, attempt_id: str, step: Step) -> None:
    """Write *step* and commit it: it is on the disk when this returns. Raises :class:`OutOfStep`."""
    try:
        with database.session() as session:
            append(session, attempt_id, step)
    except IntegrityError as error:
        raise OutOfStep(f"attempt {attempt_id}: another process took its next step") from error


def plan(session: Session, attempts: Iterable[Attempt], actor: str) -> None:
    """Add planned *attempts*, each with the first event of its life."""
    for attempt in attempts:
        session.add(attempt)
        session.add(
            Event(attempt_id=attempt.id, sequence=0, state=S.PLANNED, at=attempt.created_at, actor=actor, detail=None)
        )


def history(session: Session, attempt_id: str) -> list[Event]:
    """Return the events of an attempt in the order in which they were written."""
    return list(session.scalars(select(Event).where(Event.attempt_id == attempt_id).order_by(Event.sequence)))
