"""Who does a job's work of one time: claimed in the database, kept by a heartbeat, lost to a higher token, ended once.

The row of a job and a time is a :class:`~storage.records.Run` of the kind ``job:NAME`` with the key of the time as its
``due``. All claims are made one after the other, so that two schedulers on one database never do a thing twice, nor two
things at once that must not meet.
"""

import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from barometer.processes import machine_mark, process_mark, this_process
from barometer.settings import tool_version
from storage.database import Database
from storage.problems import StorageProblem
from storage.records import Run, utc_now
from storage.vocabulary import RunState

KIND = "job:"
"""How the kind of every job's row begins."""
LEASE = timedelta(minutes=3)
"""How long a job that is not heard of is left alone on another machine (*ours*)."""
LONGEST_LEASE = LEASE + timedelta(minutes=1)
"""What no lease reaches beyond but where the clock was set back; whoever lives has renewed it by the next beat (*ours*)."""
BEAT_SECONDS = 30.0
"""How often a job is heard of (*ours*): five times may fail before the lease runs out."""
_LOCK = 0x0BA2_0E7E_0106
"""The number under which PostgreSQL makes claims wait for each other; any would do."""


class Claimed(NamedTuple):
    """The right to do the job *name* for the time *due*; a smaller ``token`` than the row's has lost it.

    ``again`` tells that it was begun before and broken off.
    """

    run_id: str
    name: str
    due: str
    token: int
    again: bool


class AlreadyDone(NamedTuple):
    """Nothing is left to do: it was done, or failed and has its next chance at its next time."""

    state: RunState
    said: str
    outcome: dict[str, Any]


class BeingDone(NamedTuple):
    """``holder`` (machine and process) is at work on ``kind``, which may be another job that this one must not meet."""

    holder: str
    kind: str
    due: str | None


class Free(NamedTuple):
    """Nobody is at it; ``begun`` tells whether somebody was."""

    begun: bool


class ClaimLost(Exception):
    """Another process took the job over; nothing more may be written to it."""


def claim(database: Database, name: str, due: str, apart: Collection[str] = ()) -> Claimed | AlreadyDone | BeingDone:
    """Claim the job *name* for the time *due* unless it is done, or somebody living does it, another time of it, or one *apart*.

    What was broken off is taken up with a higher token; older times of the job that were broken off are given up, since this one
    takes their place. Raises :class:`~storage.problems.DatabaseProblem`.
    """
    with database.session() as session:
        _one_after_the_other(session)
        run, now = _row(session, name, due, locked=True), _now(session)
        found = _standing(session, name, run, apart, now)
        if not isinstance(found, Free):
            return found
        if run is None:
            run = Run(kind=KIND + name, due=due, tool_version=tool_version(), started_at=now)
            session.add(run)
        _give_up_others(session, run, now)
        run.token += 1
        run.claimed_by, run.lease_until = this_process(), now + LEASE
        run.parameters = {**run.parameters, "process": process_mark(os.getpid())}
        session.flush()
        return Claimed(run.id, name, due, run.token, found.begun)


def standing(database: Database, name: str, due: str, apart: Collection[str] = ()) -> AlreadyDone | BeingDone | Free:
    """Return how the job *name* stands for the time *due*, and change nothing."""
    with database.reading() as session:
        return _standing(session, name, _row(session, name, due), apart, _now(session))


def finish(database: Database, claimed: Claimed, state: RunState, said: str, outcome: dict[str, Any]) -> None:
    """End a claimed job with what it has to say; raises :class:`ClaimLost`."""
    with database.session() as session:
        ended = {"state": state, "finished_at": _now(session), "outcome": {**outcome, "said": said}}
        _changed(session, claimed, **ended, claimed_by=None, lease_until=None)


def release(database: Database, claimed: Claimed) -> None:
    """Give a claimed job back unfinished, to be taken up again; raises :class:`ClaimLost`."""
    with database.session() as session:
        _changed(session, claimed, claimed_by=None, lease_until=None)


def renew(database: Database, claimed: Claimed) -> None:
    """Prolong the lease; raises :class:`ClaimLost`."""
    with database.session() as session:
        _changed(session, claimed, lease_until=_now(session) + LEASE)


def give_up(database: Database, name: str, due: str, said: str, outcome: dict[str, Any]) -> bool:
    """Mark a time of a job as failed that nobody is at; return whether that was so.

    Also where no process got so far as to claim it, so that it is not begun again before its next time.
    """
    with database.session() as session:
        _one_after_the_other(session)
        run, now = _row(session, name, due, locked=True), _now(session)
        if not isinstance(_standing(session, name, run, (), now), Free):
            return False
        if run is None:
            run = Run(kind=KIND + name, due=due, tool_version=tool_version(), started_at=now)
            session.add(run)
        run.token += 1
        _fail(run, now, said, outcome)
        return True


def forget_before(session: Session, before: datetime) -> int:
    """Remove the rows of jobs that ended before *before*, and return how many: a job every ten minutes leaves 50,000 a year."""
    forgotten = delete(Run).where(Run.kind.startswith(KIND, autoescape=True), Run.finished_at < before)
    return int(session.execute(forgotten).rowcount)  # type: ignore[attr-defined]


class LastRun(NamedTuple):
    """The time of a job that was begun last: its key, when it began and ended, its state, what it said.

    ``holder`` is the living process that is at work on it, ``None`` where it ended or was broken off.
    """

    due: str | None
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    said: str
    holder: str | None


def last_run(session: Session, name: str) -> LastRun | None:
    """Return the time of the job *name* that was begun last, ``None`` where none ever was."""
    query = select(Run).where(Run.kind == KIND + name).order_by(Run.started_at.desc()).limit(1)
    run = session.scalar(query)
    if run is None:
        return None
    holder = run.claimed_by if run.state is RunState.OPEN and _worked_on(run, _now(session)) else None
    said = str((run.outcome or {}).get("said", ""))
    return LastRun(run.due, run.state, run.started_at, run.finished_at, said, holder)


@contextmanager
def heard_of(
    database: Database, claimed: Claimed, lost: Callable[[str], None], beat: float = BEAT_SECONDS
) -> Iterator[None]:
    """Prolong the lease every *beat* seconds in a thread; *lost* is called there, once, when the job is another's.

    A database that cannot be reached counts as that once the lease may have run out.
    """
    over = threading.Event()

    def hearts() -> None:
        last = time.monotonic()
        while not over.wait(beat):
            try:
                renew(database, claimed)
                last = time.monotonic()
            except ClaimLost:
                lost("another process took it over")
                return
            except (StorageProblem, SQLAlchemyError) as problem:
                if time.monotonic() - last > LEASE.total_seconds():
                    lost(f"its lease ran out: {problem}")
                    return

    thread = threading.Thread(target=hearts, name=f"heartbeat of {claimed.name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _standing(
    session: Session, name: str, own: Run | None, apart: Collection[str], now: datetime
) -> AlreadyDone | BeingDone | Free:
    if own is not None and own.state is not RunState.OPEN:
        outcome = own.outcome or {}
        return AlreadyDone(own.state, str(outcome.get("said", "")), outcome)
    kinds = [KIND + one for one in (name, *apart)]
    for run in session.scalars(select(Run).where(Run.kind.in_(kinds), Run.state == RunState.OPEN)):
        if _worked_on(run, now):
            return BeingDone(run.claimed_by or "", run.kind.removeprefix(KIND), run.due)
    return Free(own is not None and own.token > 0)


def _row(session: Session, name: str, due: str, *, locked: bool = False) -> Run | None:
    """Return the row of a time; *locked*, so that whoever is at work on it cannot end it while it is being judged."""
    query = select(Run).where(Run.kind == KIND + name, Run.due == due)
    return session.scalar(query.with_for_update() if locked else query)


def _give_up_others(session: Session, run: Run, now: datetime) -> None:
    """Close the times of the same job that nobody came back to."""
    others = select(Run).where(Run.kind == run.kind, Run.state == RunState.OPEN, Run.id != run.id)
    for other in session.scalars(others):
        _fail(other, now, "broken off, and not taken up before its next time", {})
        other.token += 1


def _fail(run: Run, now: datetime, said: str, outcome: dict[str, Any]) -> None:
    run.state, run.finished_at, run.claimed_by, run.lease_until = RunState.FAILED, now, None, None
    run.outcome = {**outcome, "said": said}


def _changed(session: Session, claimed: Claimed, **values: Any) -> None:
    mine = (Run.id == claimed.run_id, Run.token == claimed.token, Run.state == RunState.OPEN)
    if session.execute(update(Run).where(*mine).values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise ClaimLost


def _one_after_the_other(session: Session) -> None:
    """Let claims wait for each other; on SQLite there is one writer at a time anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _now(session: Session) -> datetime:
    """Return the time by the one clock that all who share a database see: its server's, else this machine's."""
    if session.get_bind().dialect.name == "postgresql":
        told: datetime = session.scalar(select(func.clock_timestamp()))  # type: ignore[assignment]
        return told
    return utc_now()


def _worked_on(run: Run, now: datetime) -> bool:
    """Tell whether a living process may be at work on *run*: of this machine's the system knows, else the lease says."""
    if run.claimed_by is None or run.lease_until is None or run.lease_until <= now:
        return False
    mark, number = run.parameters.get("process"), run.claimed_by.rpartition(":")[2]
    if not number.isdigit() or not mark or mark.rpartition(":")[0] != machine_mark():
        return run.lease_until <= now + LONGEST_LEASE
    return process_mark(int(number)) == str(mark)
