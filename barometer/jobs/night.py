"""The job of the night: the whole panel is read, and the morning hears how it went."""

import time

from barometer.jobs.running import Report, Work
from barometer.night import NightState, Progress, run_night
from barometer.nights.report import NightReport

NOT_CLOSED = 0.05
"""Share of the sites that may stay unread in a night that went well (*ours*); more, and something of ours is broken."""
TELL_SECONDS = 300.0
"""How often the log hears how far the night is (*ours*)."""


def crawl_the_panel(work: Work) -> Report:
    """Read the panel for the time of the job, or take that night up again."""
    told_at = -TELL_SECONDS

    def tell(progress: Progress) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= TELL_SECONDS:
            told_at = time.monotonic()
            work.tell(f"{progress.closed} of {progress.sites} sites closed")

    end = run_night(work.database, work.settings, work.due, tell, command=work.command)
    if end.state is NightState.STOPPED:
        raise KeyboardInterrupt
    if end.report is None:
        return Report(True, f"left to another: {end.said}", {"run": end.run_id})
    if end.said:
        work.tell(end.said)
    return summed_up(end.report)


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
    well = not report.late and len(report.not_closed) <= NOT_CLOSED * report.sites
    return Report(well, "; ".join(parts), {"run": report.run, "night": report.night, **report.summary()})
