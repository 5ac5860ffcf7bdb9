"""The schedule: does it make sense, does somebody keep it, and what came of it last time?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.checks.check import Check, Health
from barometer.checks.database import sqlite_file
from barometer.errors import UserError
from barometer.settings import Settings
from schedules.clock import next_times
from storage.database import open_database
from storage.problems import StorageProblem
from storage.records import Run
from storage.vocabulary import RunState

LATE = timedelta(minutes=15)
"""How long after its time a job may begin before somebody is missed (*ours*): a job waits for one that must not meet it."""
ABANDONED = timedelta(days=1)
"""Age from which an open run that nobody works on is spoken of (*ours*): the next start takes up a younger one."""
_START = "systemctl start barometer, or: barometer schedule run"


def check_schedule(settings: Settings, now: datetime) -> Check:
    """Return whether the schedule of *settings* would do what it says."""
    from barometer.jobs.scheduling import require_sense

    try:
        require_sense(settings, now)
    except UserError as problem:
        return Check("schedule", Health.FAIL, problem.what, problem.remedy)
    jobs = settings.schedule.enabled_jobs()
    coming = min(
        ((moment, job) for job in jobs for moment in next_times(job, now)), key=lambda one: one[0], default=None
    )
    if coming is None:
        return Check("schedule", Health.WARN, "no job ever comes", "see: barometer schedule list")
    zone = coming[1].zone
    return Check(
        "schedule",
        Health.OK,
        f"{len(jobs)} jobs, times of {settings.schedule.timezone}; next {coming[1].name} at {coming[0].astimezone(zone):%H:%M}",
    )


def check_jobs(settings: Settings, now: datetime) -> list[Check]:
    """Return whether jobs begin at their times, how they ended, and which runs nobody came back to.

    Nothing where the database has no tables, or cannot be opened, which is a check of its own.
    """
    file = sqlite_file(settings.database)
    if file is not None and not file.exists():
        return []
    try:
        with open_database(settings.database) as database:
            if database.revision() is None:
                return []
            with database.reading() as session:
                return [
                    _of_scheduler(session, settings, now),
                    *_of_failures(session, settings),
                    *_of_runs(session, now),
                ]
    except StorageProblem:
        return []


def check_backup(settings: Settings, now: datetime) -> list[Check]:
    """Return whether the last backup is as young as the schedule promises; nothing where none is to be made."""
    from barometer.backups.manifest import backups

    terms = settings.schedule.backup
    if not terms.enabled:
        return []
    try:
        found, damaged = backups(terms.folder)
    except UserError as problem:
        return [Check("backup", Health.WARN, problem.what, problem.remedy)]
    if damaged:
        return [Check("backup", Health.WARN, damaged[0].what, damaged[0].remedy)]
    if not found:
        return [Check("backup", Health.WARN, f"there is none in {terms.folder}", "make one: barometer backup create")]
    made = found[-1].manifest.made_at
    told = f"the last of {len(found)} in {terms.folder} is of {made:%Y-%m-%d %H:%M} UTC"
    missed = next_times(settings.schedule.clock_job("backup"), made, 2)
    if len(missed) == 2 and missed[1] + LATE < now:
        return [
            Check(
                "backup",
                Health.WARN,
                f"{told}: two or more were missed",
                "barometer schedule list; barometer backup create",
            )
        ]
    return [Check("backup", Health.OK, told)]


def check_notify(settings: Settings) -> Check:
    """Return whether every address that is told of failures can be understood; nobody is told anything now."""
    from barometer.jobs.notifying import notifier

    try:
        told = len(notifier(settings.schedule.notify))
    except UserError as problem:
        return Check("notify", Health.FAIL, problem.what, problem.remedy)
    if not told:
        return Check("notify", Health.OK, "nobody is told of failures; see [schedule.notify]")
    return Check(
        "notify",
        Health.OK,
        f"{told} {'address hears' if told == 1 else 'addresses hear'} of failures; try: barometer schedule notify",
    )


def _of_scheduler(session: Session, settings: Settings, now: datetime) -> Check:
    """Tell whether somebody begins jobs: none is late, or one is being done."""
    from barometer.jobs.claims import last_run

    late: list[str] = []
    known = [
        (job, last) for job in settings.schedule.enabled_jobs() if (last := last_run(session, job.name)) is not None
    ]
    if not known:
        return Check("scheduler", Health.WARN, "no job was ever begun here", _START)
    at_work = [job.name for job, last in known if last.holder]
    if at_work:
        return Check("scheduler", Health.OK, f"at work on {', '.join(at_work)}")
    for job, last in known:
        missed = next_times(job, last.started_at)
        if missed and missed[0] + LATE < now:
            late.append(f"{job.name} since {missed[0]:%Y-%m-%d %H:%M} UTC")
    if late:
        return Check("scheduler", Health.WARN, f"late: {', '.join(late)}; is it running?", _START)
    newest = max(last.started_at for _, last in known)
    return Check("scheduler", Health.OK, f"last began a job at {newest:%Y-%m-%d %H:%M} UTC")


def _of_failures(session: Session, settings: Settings) -> list[Check]:
    from barometer.jobs.claims import last_run

    failed = [
        f"{name}: {last.said}"
        for name in settings.schedule.timed
        if (last := last_run(session, name)) is not None and last.state is RunState.FAILED
    ]
    if not failed:
        return []
    return [
        Check(
            "last jobs",
            Health.WARN,
            "; ".join(failed)[:500],
            f"see its log in {settings.schedule.logs}/jobs, then: barometer schedule trigger NAME",
        )
    ]


def _of_runs(session: Session, now: datetime) -> list[Check]:
    left = [
        run
        for run in _open_runs(session)
        if run.started_at < now - ABANDONED and (run.lease_until is None or run.lease_until < now)
    ]
    if not left:
        return []
    kinds = ", ".join(f"{run.kind} of {run.due or f'{run.started_at:%Y-%m-%d}'}" for run in left[:5])
    remedy = "take it up with the command that began it (barometer night run), or: barometer doctor --repair"
    return [Check("open runs", Health.WARN, f"{len(left)} that nobody works on: {kinds}", remedy)]


def _open_runs(session: Session) -> Sequence[Run]:
    return session.scalars(select(Run).where(Run.state == RunState.OPEN).order_by(Run.started_at)).all()
