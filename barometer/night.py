"""A night: the whole panel read in batches, each by a process of its own, a second look at what failed, and a report.

The database is the truth. Killed at any moment, the same command takes the night up again: closed visits stay, sites that were
half read are read anew, and whatever still runs from before can store nothing any more.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from barometer.crawl import ClaimLost
from barometer.night_settings import Night
from barometer.nights import batches
from barometer.nights.beginning import begun
from barometer.nights.closing import close
from barometer.nights.ending import NightEnd, NightState, end_of
from barometer.nights.executor import Executor, LocalChildren, Work
from barometer.nights.files import write_report
from barometer.nights.report import NightReport, folder_of
from barometer.nights.terms import Wishes, limits_of, night_settings, reading_terms
from barometer.nights.working import Progress, Told, Underway, answered, release, worked_through
from barometer.reading import patiently
from barometer.settings import Settings
from storage.database import Database
from storage.problems import DatabaseProblem

__all__ = [
    "COMMAND", "Executor", "MakesExecutor", "NightEnd", "NightState", "Progress", "Told", "Wishes", "Work", "night_settings",
    "reading_terms", "run_night",
]  # fmt: skip

COMMAND = (sys.executable, "-P", "-c", "from barometer.cli import main; main()")
"""The words that start ``barometer`` in a process of its own, whatever lies in the working directory."""
TAKEN_OVER = "another process took this night over"

MakesExecutor = Callable[[Work, int, asyncio.Event], Executor]


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
    :class:`~barometer.errors.UserError` for bad input, and where nothing can go on; :class:`~storage.problems.StorageProblem`.
    """
    terms = terms or night_settings(settings)
    beginning = begun(database, settings, due, wishes or Wishes(), terms)
    if isinstance(beginning, NightEnd):
        return beginning
    claimed, key, sites, kept = beginning
    night = Underway(database, claimed, key, sites, terms.deadline_hours * 3600)
    limits = limits_of(settings, terms, sites)
    work = Work(database, claimed, command, limits, terms.logs, folder_of(key), kept, terms.at_once)
    try:
        stopped = asyncio.run(_worked_through(night, told, terms, work, executor))
    except ClaimLost:
        return NightEnd(NightState.BUSY, key, claimed.run_id, said=TAKEN_OVER)
    except BaseException:
        with suppress(DatabaseProblem):
            release(night)
        raise
    if stopped:
        patiently(lambda: release(night))
        return NightEnd(NightState.STOPPED, key, claimed.run_id, said="stopped; the same command goes on with it")
    report = patiently(lambda: _closed(night))
    if report is None:
        return NightEnd(NightState.BUSY, key, claimed.run_id, said=TAKEN_OVER)
    return end_of(report)._replace(said=write_report(report, terms.logs))


async def _worked_through(night: Underway, told: Told, terms: Night, work: Work, executor: MakesExecutor) -> bool:
    hands = executor(work, terms.at_once, night.stop)
    return await worked_through(night, told, _both_passes(night, hands, terms.second_batch_size))


async def _both_passes(night: Underway, executor: Executor, second_size: int) -> None:
    for retry_pass in (0, 1):
        if retry_pass and not await answered(
            night.database, lambda session: batches.cut_second(session, night.claimed, second_size)
        ):
            return
        waiting = await answered(
            night.database, lambda session, part=retry_pass: batches.open_batches(session, night.claimed.run_id, part)
        )
        await executor.run(waiting)
        if night.stop.is_set():
            return


def _closed(night: Underway) -> NightReport | None:
    """Close the run with its report; ``None`` where another process has it."""
    with night.database.session() as session:
        try:
            return close(session, night.claimed, late=night.late)
        except ClaimLost:
            return None
