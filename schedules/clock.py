"""The clock that starts commands at their times; APScheduler keeps time, whoever is started keeps the truth.

A job's time is named by a key, such as ``2026-10-25T02:30``, that every scheduler computes alike. The started command
claims it in the database, so two schedulers, a restart, or a clock that jumps back start a thing twice and do it once.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

GRACE = timedelta(hours=6)
"""How late a job may still begin unless it says otherwise (*ours*)."""
JUMP_SECONDS = 10.0
"""How far the clock on the wall may move within a second, more than time did, before all is planned anew (*ours*)."""
_NEXT = timedelta(microseconds=1)


class BadTime(ValueError):
    """A cron expression that says no time; the message tells what is wrong."""


class Job(NamedTuple):
    """A thing that is begun at the times of ``cron`` (five fields, days of the week by name) in ``zone``.

    A time that was missed is made up for until ``grace`` has passed, once, whatever number of them was missed.
    """

    name: str
    cron: str
    zone: ZoneInfo
    grace: timedelta = GRACE


def trigger(job: Job) -> Any:
    """Return APScheduler's trigger for *job*; raises :class:`BadTime`."""
    from apscheduler.triggers.cron import CronTrigger

    fields = job.cron.split()
    if len(fields) != 5:
        raise BadTime(
            f"'{job.cron[:80]}' has {len(fields)} fields instead of minute, hour, day, month, day of the week"
        )
    if any(sign.isdigit() for sign in fields[4]):
        # The scheduler counts from Monday, cron from Sunday: a figure would be misread by one of its readers.
        raise BadTime(f"'{fields[4][:40]}': write days of the week by name, such as mon-fri")
    try:
        return CronTrigger.from_crontab(job.cron, timezone=job.zone)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadTime(f"'{job.cron[:80]}': {error}") from None


def next_times(job: Job, after: datetime, count: int = 1) -> list[datetime]:
    """Return the next *count* times of *job* after *after*, in UTC; fewer where its expression ends."""
    times: list[datetime] = []
    timer, moment = trigger(job), after.astimezone(UTC) + _NEXT
    while len(times) < count and (due := _fires(timer, moment)) is not None:
        times.append(due)
        moment = due + _NEXT
    return times


def last_time(job: Job, now: datetime) -> datetime | None:
    """Return the latest time of *job* at or before *now* that its grace still covers, in UTC, ``None`` where there is none."""
    timer, found = trigger(job), None
    moment = now.astimezone(UTC) - job.grace
    while (due := _fires(timer, moment)) is not None and due <= now:
        found = due
        moment = due + _NEXT
    return found


def _fires(timer: Any, moment: datetime) -> datetime | None:
    """Return when *timer* fires at or after *moment*, in UTC: times of one zone are compared by their wall clocks."""
    due: datetime | None = timer.get_next_fire_time(None, moment)
    return None if due is None else due.astimezone(UTC)


def key_of(job: Job, due: datetime) -> str:
    """Return the name of the time *due*.

    When clocks go back, an hour of the day comes twice. For a job that names its hours that is one time and one key; for
    one that runs in every hour both are, told apart by their UTC.
    """
    if job.cron.split()[1].startswith("*"):
        return f"{due.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
    return f"{due.astimezone(job.zone):%Y-%m-%dT%H:%M}"


def serve(
    jobs: Iterable[Job],
    begin: Callable[[Job, str], None],
    stopped: Callable[[float], bool],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Call *begin* with each job and the key of its time, in a thread of its own, until *stopped* says so.

    *stopped* is called with the seconds that it may wait. At the start, after a sleep of the machine, and when its clock was
    set, the last time missed is made up for. A job never runs beside itself. Raises :class:`BadTime` before anything has begun.
    """
    from apscheduler.jobstores.base import JobLookupError
    from apscheduler.schedulers.background import BackgroundScheduler

    jobs = list(jobs)
    timers = {job.name: trigger(job) for job in jobs}
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})

    def due_now(job: Job) -> None:
        if (due := last_time(job, now())) is not None:
            begin(job, key_of(job, due))

    for job in jobs:
        scheduler.add_job(
            due_now, timers[job.name], args=[job], id=job.name, misfire_grace_time=int(job.grace.total_seconds()),
            next_run_time=datetime.now(UTC),
        )  # fmt: skip
    scheduler.start()
    try:
        apart = _wall_and_time_apart()
        while not stopped(1.0):
            before, apart = apart, _wall_and_time_apart()
            # Whoever planned for ten o'clock and finds that it is nine would be silent for an hour.
            for job in jobs if abs(apart - before) > JUMP_SECONDS else ():
                with suppress(JobLookupError):  # one whose times have come to an end
                    scheduler.modify_job(job.name, next_run_time=datetime.now(UTC))
    finally:
        scheduler.shutdown(wait=True)


def _wall_and_time_apart() -> float:
    """Return by how many seconds the clock on the wall is ahead of the one that nobody sets and that stands still in a sleep."""
    return time.time() - time.monotonic()
