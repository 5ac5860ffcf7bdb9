"""The job of the night: the whole panel is read, and the morning hears how it went."""

import time
from collections.abc import Callable
from contextlib import suppress

from barometer.jobs.running import Report, Work
from barometer.monitoring.log import about
from barometer.night import MakesExecutor, NightEnd, NightState, Progress, Wishes, night_settings, run_night
from barometer.nights.closing import close_forgotten
from barometer.nights.executor import CannotGoOn, LocalChildren
from barometer.nights.files import write_report
from barometer.nights.report import NightReport
from storage.problems import StorageProblem

NOT_CLOSED = 0.05
"""Share of the sites that may stay unread in a night that went well (*ours*); more, and something of ours is broken."""
TELL_SECONDS = 300.0
"""How often the log hears how far the night is (*ours*)."""
LOOK_AGAIN_SECONDS = 20.0
"""How often it is asked whether the night is free, or can go on (*ours*)."""
PATIENCE_SECONDS = 900.0
"""How long a night waits for what is in its way, a server that is restarted or a disk without room, until it fails (*ours*)."""


def crawl_the_panel(work: Work) -> Report:
    """Read the panel for the time of the job, or take that night up again."""
    told_at = -TELL_SECONDS

    def tell(progress: Progress) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= TELL_SECONDS:
            told_at = time.monotonic()
            with about("night_progress", **progress_keys(progress)):
                work.tell(f"{progress.closed} of {progress.sites} sites closed")

    _close_forgotten(work)
    say = _once(work.tell)
    end = _once_possible(
        work,
        lambda: run_night(
            work.database, work.settings, work.due, tell, command=work.command, executor=_executor(work, say)
        ),
    )
    if end.report is None:
        raise KeyboardInterrupt
    report = summed_up(end.report)
    return report._replace(said=f"{report.said}; {end.said}") if end.said else report


def _executor(work: Work, say: Callable[[str], None]) -> MakesExecutor:
    terms = night_settings(work.settings)
    if not terms.scheduler:
        return LocalChildren
    from barometer.cluster import dask_workers

    return dask_workers(work.settings, Wishes(), terms, say)


def _once(tell: Callable[[str], None]) -> Callable[[str], None]:
    """Return *tell* without what it has told: a night that waits for its workers looks for them again and again."""
    said: set[str] = set()

    def say(line: str) -> None:
        if line not in said:
            said.add(line)
            tell(line)

    return say


def progress_keys(progress: Progress) -> dict[str, object]:
    """Return how far a night is, for programs that read the log."""
    return {
        "night": progress.key, "sites": progress.sites, "sites_closed": progress.closed, "batches": progress.batches,
        "batches_ended": progress.ended,
    }  # fmt: skip


def _once_possible(work: Work, read: Callable[[], NightEnd]) -> NightEnd:
    """Return what *read* returns, as soon as nobody else has the night and nothing is in its way.

    Raises what is in its way for longer than :data:`PATIENCE_SECONDS`.
    """
    said, since = "", time.monotonic()
    while True:
        begun = time.monotonic()
        try:
            end = read()
            if end.state is not NightState.BUSY:
                return end
            # This job is ours, and so will the night be: who has it began it by hand, or died with its machine.
            why, since = end.said, time.monotonic()
        except (CannotGoOn, StorageProblem) as problem:
            now = time.monotonic()
            since = now if now - begun > PATIENCE_SECONDS else since
            if now - since > PATIENCE_SECONDS:
                raise
            why = str(problem)
        if why != said:
            said = why
            work.tell(f"waits: {said}")
        time.sleep(LOOK_AGAIN_SECONDS)


def _close_forgotten(work: Work) -> None:
    """Close the nights whose jobs were given up; a report says which of their sites were not read, and why."""
    reports: list[NightReport] = []
    with suppress(StorageProblem):  # the next night will do
        reports = close_forgotten(work.database, work.due)
    for report in reports:
        problem = write_report(report, night_settings(work.settings).logs)
        work.tell(f"the night of {report.night} was given up, and is closed: {summed_up(report).said}")
        if problem:
            work.tell(problem)


def summed_up(report: NightReport) -> Report:
    """Return a night in one line, as its job's report; the whole of it is shown by ``barometer night show``."""
    visits = ", ".join(f"{count} {status}" for status, count in report.visits.items()) or "none"
    parts = [f"{report.closed} of {report.sites} sites closed in {report.seconds / 60:.0f} min ({visits})"]
    for count, words in (
        (len(report.not_closed), "not closed"),
        (len(report.left_alone), "left alone, on the opt-out list"),
        (len(report.gone), "gone from the panel"),
        (len(report.bad_batches), "batches ended badly"),
    ):
        if count:
            parts.append(f"{count} {words}")
    if report.late:
        parts.append("the deadline of the night passed")
    if report.cut_off:
        parts.append("so many were out of reach that it must be our own connection")
    well = not report.late and not report.cut_off and len(report.not_closed) <= NOT_CLOSED * report.sites
    return Report(well, "; ".join(parts), {"run": report.run, "night": report.night, **report.summary()})
