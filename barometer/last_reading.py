"""When answers were last read without leaving any unread: silence is known up to then, and not a moment longer.

A mailbox that could not be read is our failure. What lies unread in it must not count as never answered.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.records import Run, utc_now
from storage.vocabulary import Channel, RunState

KIND = "reading"
"""The kind of the one run that keeps this."""
DUE = "answers"
READ_IN_FULL = frozenset({Channel.EMAIL, Channel.FORM})
"""Channels whose answers arrive in a mailbox, so that a reading of it leaves none of them unknown."""
_READ_AT = "read_at"
_QUERY = select(Run).where(Run.kind == KIND, Run.due == DUE)


def remember_reading(session: Session, began: datetime) -> None:
    """Write down that a reading which began at *began* took in all that was there, unless a later one is known."""
    run = session.scalar(_QUERY.with_for_update())
    if run is None:
        run = Run(kind=KIND, state=RunState.CLOSED, due=DUE)
        try:
            with session.begin_nested():
                session.add(run)
        except IntegrityError:  # another process has just written its first
            run = session.scalars(_QUERY.with_for_update()).one()
    if (_read_at(run) or began) <= began:
        run.finished_at, run.outcome = utc_now(), {_READ_AT: began.isoformat()}


def last_reading(session: Session) -> datetime | None:
    """Return when the last reading began that left nothing unread; ``None`` where there was none yet."""
    run = session.scalar(_QUERY)
    return None if run is None else _read_at(run)


def _read_at(run: Run) -> datetime | None:
    told: Any = (run.outcome or {}).get(_READ_AT)
    return datetime.fromisoformat(told) if told else None
