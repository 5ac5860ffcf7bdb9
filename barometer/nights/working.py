"""A claimed run while batches of it are read: how far it is, its lease, its deadline, and whoever asks it to stop."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import func, select

from barometer import crawl
from barometer.crawl import Claim, ClaimLost
from barometer.nights import batches
from barometer.reading import patiently
from storage.database import Database
from storage.problems import DatabaseProblem
from storage.records import Batch, Run, Visit
from storage.vocabulary import RunState

LOOK_SECONDS = 1.0
"""How often progress is looked at (*ours*)."""
LOOK_SHARE = 20
"""How many times as long as a look took is waited before the next (*ours*): counting a million visits takes its time."""
RENEW_SECONDS = 120.0
"""How often the lease of a night is prolonged (*ours*), well within :data:`barometer.nights.batches.NIGHT_LEASE`."""


class Progress(NamedTuple):
    """How far a night is: sites closed of all, batches ended of those cut so far, which pass, and its seconds so far."""

    key: str
    closed: int
    sites: int
    ended: int
    batches: int
    second_look: bool
    seconds: float


Told = Callable[[Progress], None]


@dataclass
class Underway:
    """A run that this process has claimed: what it is called, its sites, and how long it may take.

    Whoever works on it ends once ``stop`` is set: asked for, ``late``, or ``lost`` to another process.
    """

    database: Database
    claimed: Claim
    key: str
    sites: int
    deadline_seconds: float
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    late: bool = False
    lost: bool = False


async def worked_through(underway: Underway, told: Told, passes: Awaitable[None]) -> bool:
    """Await *passes* while *told* hears how far they are; return whether somebody asked to stop.

    Raises :class:`~barometer.crawl.ClaimLost` once another process has the run.
    """
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    def ask() -> None:
        """Ask to stop."""
        asked.set()
        underway.stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(ValueError, RuntimeError):  # outside of the main thread there are no signals to wait for
            loop.add_signal_handler(number, ask)
    watching = asyncio.create_task(_watch(underway, told))
    try:
        await passes
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    if underway.lost:
        raise ClaimLost
    return asked.is_set() and not underway.late


async def answered(database: Database, question: Callable[..., Any]) -> Any:
    """Return what *question* answers, asked with a session in a thread, again when the database is in the way."""

    def ask() -> Any:
        """Ask once."""
        with database.session() as session:
            return question(session)

    return await asyncio.to_thread(patiently, ask)


def release(underway: Underway) -> None:
    """Give the claim back, so that the same command can go on at once."""
    with underway.database.session() as session:
        run = session.get_one(Run, underway.claimed.run_id, with_for_update=True)
        if run.token == underway.claimed.token:
            run.claimed_by = run.lease_until = None


async def _watch(underway: Underway, told: Told) -> None:
    """Tell how far the run is, prolong its lease, and stop it when it is late or another process has it."""
    clock = asyncio.get_running_loop().time
    began = renewed = clock()
    while True:
        looked = clock()
        with suppress(DatabaseProblem):  # the next look may find it again; the batches say it when it stays away
            told(await asyncio.to_thread(_progress, underway, clock() - began))
            if clock() - renewed > RENEW_SECONDS:
                renewed = clock()
                try:
                    await asyncio.to_thread(_renew, underway)
                except ClaimLost:
                    underway.lost = True
                    underway.stop.set()
        if clock() - began > underway.deadline_seconds:
            underway.late = True
            underway.stop.set()
        await asyncio.sleep(max(LOOK_SECONDS, min(30.0, LOOK_SHARE * (clock() - looked))))


def _renew(underway: Underway) -> None:
    with underway.database.session() as session:
        crawl.renew(session, underway.claimed, batches.NIGHT_LEASE)


def _progress(underway: Underway, seconds: float) -> Progress:
    run_id = underway.claimed.run_id
    with underway.database.reading() as session:
        closed = session.scalar(select(func.count()).where(Visit.run_id == run_id, Visit.finished_at.is_not(None)))
        query = select(Batch.state, Batch.retry_pass, func.count()).where(Batch.run_id == run_id)
        counts = session.execute(query.group_by(Batch.state, Batch.retry_pass)).all()
    ended = sum(count for state, _, count in counts if state is not RunState.OPEN)
    second = any(retry_pass for _, retry_pass, _ in counts)
    total = sum(count for *_, count in counts)
    return Progress(underway.key, closed or 0, underway.sites, ended, total, second, seconds)
