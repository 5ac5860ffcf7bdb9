"""A night: the whole panel read in batches, each by a process of its own, a second look at what failed, and a report.

The database is the truth. Killed at any moment, the same command takes the night up again: closed visits stay, sites that were
half read are read anew, and whatever still runs from before can store nothing any more.
"""

import asyncio
import re
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import ceil
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from barometer import crawl, panel
from barometer.crawl import KIND, Claim, ClaimLost
from barometer.errors import UserError
from barometer.night_settings import Night
from barometer.nights import batches
from barometer.nights.executor import Executor, LocalChildren, Work
from barometer.nights.files import write_report
from barometer.nights.report import NightReport, folder_of, report_of
from barometer.optout import optouts
from barometer.reading import patiently
from barometer.settings import Settings, tool_version
from schedules.children import Limits
from spiders.orders import CrawlOptions
from spiders.plan import Plan
from storage.database import Database
from storage.problems import DatabaseProblem
from storage.records import Batch, Merchant, Run, Visit, utc_now
from storage.vocabulary import RunState

__all__ = ["COMMAND", "Executor", "NightEnd", "NightState", "Progress", "Wishes", "Work", "run_night"]

COMMAND = (sys.executable, "-P", "-c", "from barometer.cli import main; main()")
"""The words that start ``barometer`` in a process of its own, whatever lies in the working directory."""
BY_HAND_HOURS = 24
"""How old a night begun by hand may be that the same command takes up again (*ours*); one with a key has no age."""
LOOK_SECONDS = 1.0
"""How often progress is looked at (*ours*)."""
RENEW_SECONDS = 120.0
"""How often the lease of a night is prolonged (*ours*), well within :data:`barometer.nights.batches.NIGHT_LEASE`."""
START_SECONDS = 180.0
"""What a batch may take besides the budgets of its sites (*ours*): to start, and to end its browser."""
GRACE_SECONDS = 20.0
"""How long a process that is asked to end may take to close its browser (*ours*)."""
_KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z:.+_-]{0,63}")


class NightState(StrEnum):
    """How the command ended: every site closed, some not, another process at it, or stopped and to be taken up again."""

    CLOSED = "closed"
    NOT_ALL = "not_all"
    BUSY = "busy"
    STOPPED = "stopped"


class NightEnd(NamedTuple):
    """How a night ended for whoever ran it; ``said`` is the reason in words where there is no report."""

    state: NightState
    key: str
    run_id: str
    report: NightReport | None = None
    said: str = ""

    @property
    def exit_code(self) -> int:
        """0 when all sites are closed, or another process is at it; 1 when some are not; 130 when it was stopped."""
        return {NightState.NOT_ALL: 1, NightState.STOPPED: 130}.get(self.state, 0)


class Progress(NamedTuple):
    """How far a night is: sites closed of all, batches ended of those cut so far, which pass, and its seconds so far."""

    key: str
    closed: int
    sites: int
    ended: int
    batches: int
    second_look: bool
    seconds: float


class Wishes(NamedTuple):
    """Which merchants a night reads and how: options where they were given, ``None`` where the settings decide.

    They are kept in the run, so that it is taken up as it was begun.
    """

    category: str | None = None
    limit: int | None = None
    channels: str | None = None
    pages: int | None = None
    depth: int | None = None
    seconds: float | None = None
    delay: float | None = None
    basis: str | None = None
    static: bool | None = None
    allow_private: bool = False
    map_host: tuple[str, ...] = ()

    @property
    def selection(self) -> dict[str, Any]:
        """What a night is known by among those begun by hand."""
        return {"night": True, **self._asdict(), "map_host": list(self.map_host)}


Told = Callable[[Progress], None]
MakesExecutor = Callable[[Work, int, asyncio.Event], Executor]


@dataclass
class _Night:
    """A night that this process has claimed."""

    database: Database
    claimed: Claim
    key: str
    sites: int
    terms: Night
    work: Work
    stop: asyncio.Event
    late: bool = False
    lost: bool = False


def run_night(
    database: Database,
    settings: Settings,
    due: str | None,
    told: Told,
    wishes: Wishes | None = None,
    *,
    terms: Night | None = None,
    command: Sequence[str] = COMMAND,
    executor: MakesExecutor = LocalChildren,
) -> NightEnd:
    """Read the panel for the time that *due* names, or take that night up again, and return how it ended.

    Without *due* a night begun by hand with the same *wishes* is taken up, or another one begun. *terms* are ``[night]``'s unless
    given; *command* starts ``barometer`` with these settings; *executor* makes what works through the batches. Raises
    :class:`UserError` for bad input, and where nothing can go on; :class:`~storage.problems.StorageProblem`.
    """
    terms = terms or night_settings(settings)
    begun = _begun(database, settings, due, wishes or Wishes(), terms)
    if isinstance(begun, NightEnd):
        return begun
    claimed, key, sites = begun
    night = _Night(
        database, claimed, key, sites, terms,
        Work(database, claimed, command, _limits(settings, terms, sites), terms.logs, folder_of(key)), asyncio.Event(),
    )  # fmt: skip
    try:
        stopped = asyncio.run(_worked_through(night, told, executor))
    except ClaimLost:
        return NightEnd(NightState.BUSY, key, claimed.run_id, said="another process took this night over")
    except BaseException:
        with suppress(DatabaseProblem):
            _release(night)
        raise
    if stopped:
        patiently(lambda: _release(night))
        return NightEnd(NightState.STOPPED, key, claimed.run_id, said="stopped; the same command goes on with it")
    report = patiently(lambda: _closed(night))
    if report is None:
        return NightEnd(NightState.BUSY, key, claimed.run_id, said="another process took this night over")
    return _end(report)._replace(said=write_report(report, terms.logs))


def night_settings(settings: Settings) -> Night:
    """Return the table ``[night]`` of *settings*, its defaults where it has none."""
    found = getattr(settings, "night", None)
    return found if isinstance(found, Night) else Night()


def reading_terms(settings: Settings, run: Run) -> tuple[Plan, CrawlOptions]:
    """Return what the processes of *run* look for on a site, and how they behave.

    What settings allow the machine at once is shared among them. Raises :class:`UserError` where pages are to be shown and
    there is no browser.
    """
    kept = dict(run.parameters["selection"])
    kept.pop("night")
    return _reading_terms(settings, Wishes(**{**kept, "map_host": tuple(kept["map_host"])}), run.parameters["at_once"])


def _reading_terms(settings: Settings, wishes: Wishes, at_once: int) -> tuple[Plan, CrawlOptions]:
    from barometer.cli import options

    plan = options.plan(
        settings, None, wishes.channels, wishes.pages, wishes.depth, wishes.seconds, wishes.basis, False, wishes.static
    )
    shared = settings.model_copy(update={"renders_at_once": max(1, settings.renders_at_once // at_once)})
    sites_at_once = max(1, settings.sites_at_once // at_once)
    return plan, options.behaviour(
        shared, wishes.delay, wishes.allow_private, list(wishes.map_host), sites_at_once, settings.evidence
    )


def _limits(settings: Settings, terms: Night, sites: int) -> Limits:
    rounds = ceil(min(terms.batch_size, sites) / max(1, settings.sites_at_once // terms.at_once))
    usual = rounds * settings.budgets.seconds + START_SECONDS
    return Limits(terms.batch_minutes * 60 or usual, terms.memory_mb * 1_000_000, GRACE_SECONDS)


def _begun(
    database: Database, settings: Settings, due: str | None, wishes: Wishes, terms: Night
) -> tuple[Claim, str, int] | NightEnd:
    """Claim the night of *due*, or a new one; a :class:`NightEnd` where there is nothing to do for this process."""
    if due is not None and not _KEY.fullmatch(due):
        raise UserError(
            f"--due: {due[:60]!r} names no time", "give letters, digits and : . + - _, such as 2026-11-22T02:30"
        )
    _, behaviour = _reading_terms(settings, wishes, terms.at_once)
    try:
        with database.session() as session:
            run = _known(session, due, wishes) or _new(session, settings, due, wishes, terms)
            if run.state is not RunState.OPEN:
                return _end(report_of(session, run))
            settings.require_operator(crawl.on_public_hosts(crawl.left_to_read(session, run), behaviour.map_hosts))
            key, sites = str(run.due), len(run.parameters["merchants"])
            if crawl.worked_on(run):
                said = f"{run.claimed_by} is working on this night"
                return NightEnd(NightState.BUSY, key, run.id, said=said)
            try:
                claimed = crawl.claim(session, run, batches.NIGHT_LEASE)
            except UserError:  # between our looking and our claiming
                return NightEnd(NightState.BUSY, key, run.id, said="another process has just claimed this night")
            run.parameters = {**run.parameters, "at_once": terms.at_once}
            return claimed, key, sites
    except IntegrityError:
        # Another process has made the row of this time between our looking and our making it.
        return NightEnd(NightState.BUSY, str(due), "", said="another process has just begun this night")


def _known(session: Session, due: str | None, wishes: Wishes) -> Run | None:
    if due is not None:
        run = session.scalar(select(Run).where(Run.kind == KIND, Run.due == due))
        if run is not None and not run.parameters.get("selection", {}).get("night"):
            raise UserError(f"--due: {due!r} is not the key of a night", "give another key")
        return run
    young = utc_now() - timedelta(hours=BY_HAND_HOURS)
    query = select(Run).where(
        Run.kind == KIND, Run.state == RunState.OPEN, Run.due.is_not(None), Run.started_at > young
    )
    by_hand = (run for run in session.scalars(query.order_by(Run.started_at.desc())) if run.parameters.get("by_hand"))
    return next((run for run in by_hand if run.parameters["selection"] == wishes.selection), None)


def _new(session: Session, settings: Settings, due: str | None, wishes: Wishes, terms: Night) -> Run:
    merchants = _selected(session, wishes)
    # Two commands begun at once do this one after the other, so that the second finds what the first has made.
    session.execute(select(Merchant.id).where(Merchant.id == merchants[0].id).with_for_update())
    known = _known(session, due, wishes)
    if known is not None:
        return known
    run = Run(
        kind=KIND, tool_version=tool_version(), due=due or f"by-hand-{utc_now():%Y-%m-%dT%H:%M:%S}Z",
        parameters={
            "selection": wishes.selection, "by_hand": due is None, "at_once": terms.at_once,
            "merchants": [merchant.id for merchant in merchants], "keys": [merchant.key for merchant in merchants],
        },
    )  # fmt: skip
    session.add(run)
    session.flush()
    batches.cut(session, run, terms.batch_size)
    session.flush()
    return run


def _selected(session: Session, wishes: Wishes) -> list[Merchant]:
    allowed = optouts(session).honoured(panel.merchants(session, wishes.category)).allowed
    if not allowed:
        raise UserError("there is no merchant to read", "bring some in with: barometer panel import FILE.csv")
    return allowed[: wishes.limit]


async def _worked_through(night: _Night, told: Told, executor: MakesExecutor) -> bool:
    """Work through both passes; return whether somebody asked to stop. Raises :class:`ClaimLost`."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    def ask() -> None:
        asked.set()
        night.stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(ValueError, RuntimeError):  # outside of the main thread there are no signals to wait for
            loop.add_signal_handler(number, ask)
    watching = asyncio.create_task(_watch(night, told))
    try:
        await _both_passes(night, executor(night.work, night.terms.at_once, night.stop))
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    if night.lost:
        raise ClaimLost
    return asked.is_set() and not night.late


async def _both_passes(night: _Night, executor: Executor) -> None:
    run_id = night.claimed.run_id
    for retry_pass in (0, 1):
        if retry_pass and not await _asked(
            night, lambda s: batches.cut_second(s, night.claimed, night.terms.second_batch_size)
        ):
            return
        await executor.run(await _asked(night, lambda s, number=retry_pass: batches.open_batches(s, run_id, number)))
        if night.stop.is_set():
            return


async def _asked(night: _Night, question: Callable[..., Any]) -> Any:
    def ask() -> Any:
        with night.database.session() as session:
            return question(session)

    return await asyncio.to_thread(patiently, ask)


async def _watch(night: _Night, told: Told) -> None:
    """Tell how far the night is, prolong its lease, and stop it when it is late or another process has it."""
    clock = asyncio.get_running_loop().time
    began = renewed = clock()
    while True:
        with suppress(DatabaseProblem):  # the next look may find it again; the batches say it when it stays away
            told(await asyncio.to_thread(_progress, night, clock() - began))
            if clock() - renewed > RENEW_SECONDS:
                renewed = clock()
                try:
                    await asyncio.to_thread(_renew, night)
                except ClaimLost:
                    night.lost = True
                    night.stop.set()
        if clock() - began > night.terms.deadline_hours * 3600:
            night.late = True
            night.stop.set()
        await asyncio.sleep(LOOK_SECONDS)


def _renew(night: _Night) -> None:
    with night.database.session() as session:
        crawl.renew(session, night.claimed, batches.NIGHT_LEASE)


def _progress(night: _Night, seconds: float) -> Progress:
    run_id = night.claimed.run_id
    with night.database.reading() as session:
        closed = session.scalar(select(func.count()).where(Visit.run_id == run_id, Visit.finished_at.is_not(None)))
        query = select(Batch.state, Batch.retry_pass, func.count()).where(Batch.run_id == run_id)
        counts = session.execute(query.group_by(Batch.state, Batch.retry_pass)).all()
    ended = sum(count for state, _, count in counts if state is not RunState.OPEN)
    second = any(retry_pass for _, retry_pass, _ in counts)
    return Progress(night.key, closed or 0, night.sites, ended, sum(count for *_, count in counts), second, seconds)


def _release(night: _Night) -> None:
    with night.database.session() as session:
        run = session.get_one(Run, night.claimed.run_id, with_for_update=True)
        if run.token == night.claimed.token:
            run.claimed_by = run.lease_until = None


def _closed(night: _Night) -> NightReport | None:
    """Close the run with its report; ``None`` where another process has it."""
    with night.database.session() as session:
        try:
            batches.give_up_open(session, night.claimed)
        except ClaimLost:
            return None
        run = session.get_one(Run, night.claimed.run_id)
        run.state, run.finished_at, run.claimed_by, run.lease_until = RunState.CLOSED, utc_now(), None, None
        run.outcome = {"late": night.late}
        session.flush()
        report = report_of(session, run)
        run.outcome = {"late": night.late, **report.summary()}
        return report


def _end(report: NightReport) -> NightEnd:
    state = NightState.NOT_ALL if report.not_closed else NightState.CLOSED
    return NightEnd(state, report.night, report.run, report)
