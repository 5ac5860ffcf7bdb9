"""The life of an attempt, written down before it is lived.

An event is only ever appended, and the attempt's row repeats the last one. Two writers cannot both take the next step:
the second one's event would have the same sequence number, which the database refuses.

Around a send there are two notes in state ``sending``: the intent, and :data:`HANDING_OVER` just before the step that
cannot be taken back. Whoever finds an attempt whose sender died knows from the last of them: after the intent nothing
had left, and it may be sent; after the other nobody knows, and it becomes ``unknown``, never sent again by itself.

So there are never two hand-overs of one attempt, unless between them the sender that made the first said that it was
refused, or a person decided that it had not left. The journal itself sees to that, whoever writes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar, cast

from sqlalchemy import Table, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.database import Database
from storage.records import Attempt, Event, new_id, utc_now
from storage.vocabulary import AttemptState, BlockedBy

Item = TypeVar("Item")

# Many rows go into the tables themselves: the way of records would sort them by which of their values are empty.
_ATTEMPTS, _EVENTS = cast(Table, Attempt.__table__), cast(Table, Event.__table__)

INTENT = "intent"
HANDING_OVER = "handing over"
AT_ONCE = 500
"""Attempts written with one statement (*ours*: SQLite takes at most 32,766 values in one)."""

S = AttemptState
STEPS: dict[AttemptState, frozenset[AttemptState]] = {
    S.PLANNED: frozenset({S.RELEASED, S.BLOCKED, S.CANCELLED}),
    S.RELEASED: frozenset({S.RELEASED, S.SENDING, S.BLOCKED, S.CANCELLED}),
    S.SENDING: frozenset({S.SENDING, S.SENT, S.RELEASED, S.BLOCKED, S.UNKNOWN, S.CANCELLED}),
    S.UNKNOWN: frozenset({S.UNKNOWN, S.SENT, S.RELEASED, S.CANCELLED, S.BLOCKED}),
    S.SENT: frozenset({S.SENT, S.ACKNOWLEDGED, S.ANSWERED, S.BOUNCED, S.EXPIRED, S.CANCELLED}),
    S.ACKNOWLEDGED: frozenset({S.ACKNOWLEDGED, S.ANSWERED, S.BOUNCED, S.EXPIRED}),
    S.BOUNCED: frozenset({S.BOUNCED, S.ACKNOWLEDGED, S.ANSWERED}),
    S.EXPIRED: frozenset({S.EXPIRED, S.ANSWERED}),
    S.ANSWERED: frozenset({S.ANSWERED}),
    S.BLOCKED: frozenset({S.BLOCKED, S.RELEASED, S.SENT, S.CANCELLED}),
    S.CANCELLED: frozenset(),
}
"""Which state may follow which (method, section 3). A blocked attempt may be made by a person at the desk.

A state that follows itself is a note: more evidence, another time it is planned for, a second answer.
"""
OPEN = frozenset({S.RELEASED, S.SENDING, S.UNKNOWN, S.SENT, S.ACKNOWLEDGED})
"""States in which an attempt may still reach the merchant, or an answer is still awaited."""
ACCEPTED = frozenset({S.SENT, S.ACKNOWLEDGED, S.ANSWERED, S.BOUNCED, S.EXPIRED})
"""States of an attempt that the other side once accepted."""
REACHED = ACCEPTED | {S.SENDING, S.UNKNOWN}
"""States of an attempt that the merchant has seen, or may have."""


class OutOfStep(Exception):
    """Somebody else took the attempt's next step, or the step is not one that may follow."""


class Step(NamedTuple):
    """What is to be written: the next state, who caused it, in which words, what proves it, when it happened.

    ``by_person``: the actor is a person who looked into it; only such a step lets an unknown attempt go again.
    ``planned_for`` moves the time at which the attempt is due.
    """

    state: AttemptState
    actor: str
    detail: str | None = None
    evidence: str | None = None
    at: datetime | None = None
    t0: datetime | None = None
    link: str | None = None
    blocked_by: BlockedBy | None = None
    by_person: bool = False
    planned_for: datetime | None = None


def append(session: Session, attempt_id: str, step: Step) -> Event:
    """Write *step* into the life of an attempt and return its event; it counts once *session* commits.

    Raises :class:`OutOfStep` when the step may not follow what was written last. A second writer who commits the same
    sequence number meets the database's own refusal, which :func:`take` turns into :class:`OutOfStep`.
    """
    attempt = session.get_one(Attempt, attempt_id, with_for_update=True, populate_existing=True)
    last = last_event(session, attempt_id)
    _refuse_out_of_step(attempt, last, step)
    event = Event(
        attempt_id=attempt_id,
        sequence=last.sequence + 1 if last else 0,
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
    attempt.blocked_by = (step.blocked_by or attempt.blocked_by) if step.state is S.BLOCKED else None
    attempt.planned_for = step.planned_for or attempt.planned_for
    session.flush()
    return event


def _refuse_out_of_step(attempt: Attempt, last: Event | None, step: Step) -> None:
    if step.state not in STEPS[attempt.state]:
        raise OutOfStep(f"attempt {attempt.id} is {attempt.state} and cannot become {step.state}")
    if step.state is S.RELEASED and not step.by_person:
        if attempt.state is S.UNKNOWN:
            raise OutOfStep(f"attempt {attempt.id} may have been sent; only a person can let it go again")
        if last is not None and last.detail == HANDING_OVER and last.actor != step.actor:
            raise OutOfStep(
                f"attempt {attempt.id} was handed over by {last.actor}, who alone knows that it did not leave"
            )
    if attempt.state is step.state is S.SENDING:
        goes_on = last is not None and last.actor == step.actor and last.detail != HANDING_OVER
        if not (goes_on and step.detail == HANDING_OVER):
            raise OutOfStep(f"attempt {attempt.id} is being sent by somebody else, or was handed over already")


def take(database: Database, attempt_id: str, *steps: Step, provided: Callable[[Session], None] | None = None) -> None:
    """Write *steps*, all or none, and commit them: they are on the disk when this returns.

    *provided* is called first, in the same transaction, and may raise to forbid it. Raises :class:`OutOfStep`.
    """
    try:
        with database.session() as session:
            if provided is not None:
                provided(session)
            for step in steps:
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


def plan_rows(session: Session, rows: Sequence[Mapping[str, Any]], actor: str, at: datetime) -> None:
    """Add planned attempts, given as *rows* with a value for every column, each with the first event of its life.

    The same as :func:`plan` for many: ninety thousand take seconds.
    """
    first = Step(S.PLANNED, actor)
    for part in _parts(rows):
        session.execute(insert(_ATTEMPTS), [dict(row) for row in part])
        session.execute(insert(_EVENTS), [_event_row(row["id"], 0, first, at) for row in part])


def take_planned(session: Session, attempt_ids: Sequence[str], step: Step) -> None:
    """Write *step* into the lives of attempts that are planned, and nothing more yet; as :func:`append`, for many.

    Raises :class:`OutOfStep` when another process took the next step of one of them.
    """
    if step.state not in STEPS[S.PLANNED]:
        raise OutOfStep(f"planned attempts cannot become {step.state}")
    at = step.at or utc_now()
    for part in _parts(attempt_ids):
        changed = session.execute(
            update(Attempt)
            .where(Attempt.id.in_(part), Attempt.state == S.PLANNED)
            .values(state=step.state, blocked_by=step.blocked_by),
            execution_options={"synchronize_session": False},
        )
        if changed.rowcount != len(part):  # type: ignore[attr-defined]
            raise OutOfStep("another process took the next step of one of these attempts")
        session.execute(insert(_EVENTS), [_event_row(one, 1, step, at) for one in part])


def _parts(items: Sequence[Item]) -> Iterable[Sequence[Item]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def _event_row(attempt_id: str, sequence: int, step: Step, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(), "attempt_id": attempt_id, "sequence": sequence, "state": step.state, "at": at,
        "actor": step.actor, "detail": step.detail, "evidence": step.evidence,
    }  # fmt: skip


def last_event(session: Session, attempt_id: str) -> Event | None:
    """Return the event of an attempt that was written last."""
    query = select(Event).where(Event.attempt_id == attempt_id).order_by(Event.sequence.desc()).limit(1)
    return session.scalar(query)


def history(session: Session, attempt_id: str) -> list[Event]:
    """Return the events of an attempt in the order in which they were written."""
    return list(session.scalars(select(Event).where(Event.attempt_id == attempt_id).order_by(Event.sequence)))
