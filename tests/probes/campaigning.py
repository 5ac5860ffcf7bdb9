"""A small panel, a campaign over it, a clock that is set by hand, and a probe that keeps what it was given."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import select

from probes import campaign_life, campaigns
from probes.addresses import Addresses
from probes.campaigns import Order, Planned
from probes.guard import Guard, Limits
from probes.probe import Checked, Delivery, Outgoing, Probe, Sent
from probes.rescheduling import reschedule
from probes.scenarios import scenarios
from probes.sending import Outbox
from probes.terms import Terms
from schedules.calendars import OFFICE, Calendar
from schedules.shortfalls import DoesNotFit
from storage.database import Database
from storage.records import Attempt, Event, Merchant
from storage.vocabulary import AttemptState, Channel
from tests.probes.clocks import StillClock

TUESDAY = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
"""Ten o'clock in Paris, on a day like any other."""
SOON = TUESDAY + timedelta(hours=3)
LIMITS = Limits(
    per_day=500, per_day_and_domain=10, per_campaign=100_000, gap=timedelta(0), merchant_gap=timedelta(0),
    late=timedelta(days=1),
)  # fmt: skip


def terms(limits: Limits = LIMITS, calendar: Calendar = OFFICE, **changed: object) -> Terms:
    plain = Terms(
        limits, calendar, timedelta(days=14), "Camille Durand",
        Addresses("camille@probe.example", "answers.probe.example"),
    )  # fmt: skip
    return plain._replace(**changed)  # type: ignore[arg-type]


def merchant(key: str, **values: object) -> Merchant:
    own = {"name": key.partition(".")[0].title(), "url": f"https://{key}/", "email": f"contact@{key}", **values}
    return Merchant(key=key, **own)  # type: ignore[arg-type]


def panel(database: Database, *merchants: Merchant) -> list[Merchant]:
    with database.session() as session:
        session.add_all(merchants)
    return list(merchants)


def order(**changed: object) -> Order:
    plain = Order(
        "spring", {Channel.EMAIL: 1}, list(scenarios().values()), TUESDAY, TUESDAY + timedelta(days=60), seed="7"
    )
    return plain._replace(**changed)  # type: ignore[arg-type]


def planned(
    database: Database, wanted: Order, merchants: list[Merchant], on: Terms | None = None, now: datetime = TUESDAY
) -> Planned:
    with database.session() as session:
        done = campaigns.plan(session, wanted, merchants, on or terms(), now)
    assert not isinstance(done, DoesNotFit), done
    return done


def released(
    database: Database, wanted: Order, merchants: list[Merchant], on: Terms | None = None, now: datetime = TUESDAY
) -> list[Attempt]:
    """Plan and let go, with every attempt due at once; return the attempts."""
    planned(database, wanted, merchants, on, now)
    with database.session() as session:
        campaign_life.release(session, wanted.name, "Camille Durand", now)
        for attempt in session.scalars(select(Attempt)):
            attempt.planned_for = now
    return attempts(database)


def attempts(database: Database) -> list[Attempt]:
    with database.reading() as session:
        return list(session.scalars(select(Attempt).order_by(Attempt.planned_for, Attempt.id)))


def states(database: Database) -> list[AttemptState]:
    return sorted(attempt.state for attempt in attempts(database))


def events(database: Database, attempt_id: str) -> list[tuple[str, str | None]]:
    with database.reading() as session:
        query = select(Event).where(Event.attempt_id == attempt_id).order_by(Event.sequence)
        return [(event.state, event.detail) for event in session.scalars(query)]


Answer = Callable[[Outgoing], Delivery]


class KeepingProbe:
    """Keeps what it is given and answers as told; *before* and *after* happen around the hand-over."""

    channel = Channel.EMAIL

    def __init__(
        self,
        answer: Answer,
        before: Callable[[Outgoing], object] = lambda _: None,
        after: Callable[[Outgoing], object] = lambda _: None,
        checked: Checked | None = None,
    ) -> None:
        self.given: list[Outgoing] = []
        self.handed_over: list[str] = []
        self.looked_at: list[str] = []
        self._answer, self._before, self._after, self._checked = answer, before, after, checked or Checked(True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def check(self, target: str) -> Checked:
        self.looked_at.append(target)
        return self._checked

    async def deliver(self, outgoing: Outgoing, handing_over: Callable[[], Awaitable[None]]) -> Delivery:
        self.given.append(outgoing)
        self._before(outgoing)
        await handing_over()
        self.handed_over.append(outgoing.attempt_id)
        self._after(outgoing)
        return self._answer(outgoing)


def accepted(clock: StillClock) -> Answer:
    return lambda _: Sent(clock.now(), "250 accepted")


def outbox(
    database: Database,
    probe: Probe,
    clock: StillClock,
    stop_file: Path,
    on: Terms | None = None,
    covers: Iterable[str] = (),
) -> Outbox:
    own, covered = on or terms(), set(covers)
    return Outbox(
        database=database,
        guard=lambda _: Guard(own.limits, own.calendar, lambda *asked: bool(covered & set(asked))),
        probes={Channel.EMAIL: lambda: probe},
        stop_file=stop_file,
        reschedule=lambda session, late, now: reschedule(session, late, own, now),
        pause=clock.sleep,
        now=clock.now,
        longest_pause=timedelta(hours=6),
    )
