"""Where things stand: the night at work, the last one, nights left open, open attempts, and what is due next."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from barometer.crawl import KIND, worked_on
from barometer.errors import UserError
from storage.records import Attempt, Batch, Merchant, Run, Visit
from storage.vocabulary import AttemptState, RunState

SCHEMA = "barometer-status/1"
_WAITING = (AttemptState.PLANNED, AttemptState.RELEASED, AttemptState.SENDING, AttemptState.UNKNOWN)
_UNANSWERED = (AttemptState.SENT, AttemptState.ACKNOWLEDGED)


@dataclass(frozen=True)
class NightNow:
    """A night that is not over: how far, who works on it and until when that is believed; ``worked_on`` may be false."""

    key: str
    run: str
    by_hand: bool
    started_at: datetime
    sites: int
    closed: int
    batches: int
    batches_ended: int
    second_look: bool
    worked_on: bool
    claimed_by: str | None
    lease_until: datetime | None


@dataclass(frozen=True)
class LastNight:
    """The last night that is over, in counts."""

    key: str
    run: str
    state: str
    finished_at: datetime | None
    sites: int
    closed: int
    not_closed: int


@dataclass(frozen=True)
class Due:
    """A job of the schedule, and when it begins next."""

    job: str
    at: datetime | None


@dataclass(frozen=True)
class Status:
    """Everything ``barometer status`` says; ``due`` is ``None`` where no schedule is set up."""

    merchants: int
    open_nights: list[NightNow]
    last_night: LastNight | None
    attempts_waiting: int
    attempts_unanswered: int
    due: list[Due] | None

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values, by the contract ``barometer-status/1``; times are UTC."""
        return {"schema": SCHEMA, **_plain(asdict(self))}


def status_of(session: Session, due: list[Due] | None = None) -> Status:
    """Return where things stand; *due* is what the schedule says."""
    return Status(
        merchants=_count(session, select(func.count()).select_from(Merchant)),
        open_nights=[_now(session, run) for run in _nights(session) if run.state is RunState.OPEN],
        last_night=next((_last(run) for run in _nights(session) if run.state is not RunState.OPEN), None),
        attempts_waiting=_count(session, select(func.count()).where(Attempt.state.in_(_WAITING))),
        attempts_unanswered=_count(session, select(func.count()).where(Attempt.state.in_(_UNANSWERED))),
        due=due,
    )


def night_run(session: Session, wanted: str | None) -> Run:
    """Return the night with the key *wanted*, or whose run's key begins so, or the last one; raises :class:`UserError`."""
    if wanted is None:
        run = next(iter(_nights(session)), None)
    else:
        nights = select(Run).where(Run.kind == KIND, Run.due.is_not(None)).order_by(Run.started_at.desc())
        run = session.scalar(nights.where(Run.due == wanted).limit(1))
        run = run or session.scalar(nights.where(Run.id.startswith(wanted, autoescape=True)).limit(1))
    if run is None or not run.parameters.get("selection", {}).get("night"):
        raise UserError(
            f"there is no night {wanted[:80]!r}" if wanted else "there was no night yet",
            "begin one with: barometer night run",
        )
    return run


def _nights(session: Session) -> list[Run]:
    """Return the nights, the last one first."""
    query = select(Run).where(Run.kind == KIND, Run.due.is_not(None)).order_by(Run.started_at.desc()).limit(50)
    return [run for run in session.scalars(query) if run.parameters.get("selection", {}).get("night")]


def _now(session: Session, run: Run) -> NightNow:
    batches = session.execute(select(Batch.state, Batch.retry_pass).where(Batch.run_id == run.id)).all()
    closed = select(func.count()).where(Visit.run_id == run.id, Visit.finished_at.is_not(None))
    return NightNow(
        key=str(run.due), run=run.id, by_hand=bool(run.parameters.get("by_hand")), started_at=run.started_at,
        sites=len(run.parameters["merchants"]), closed=_count(session, closed), batches=len(batches),
        batches_ended=sum(state is not RunState.OPEN for state, _ in batches),
        second_look=any(retry_pass for _, retry_pass in batches), worked_on=worked_on(run), claimed_by=run.claimed_by,
        lease_until=run.lease_until,
    )  # fmt: skip


def _last(run: Run) -> LastNight:
    told = run.outcome or {}
    return LastNight(
        str(run.due), run.id, str(run.state), run.finished_at, len(run.parameters["merchants"]),
        int(told.get("closed", 0)), int(told.get("not_closed", 0)),
    )  # fmt: skip


def _count(session: Session, query: Any) -> int:
    return int(session.scalar(query) or 0)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value.isoformat() if isinstance(value, datetime) else value
