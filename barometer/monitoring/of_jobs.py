"""Figures of the jobs of the schedule: when each went well and when it failed, how it stands, and when it is due."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from barometer.jobs.claims import KIND, LastRun, last_run
from barometer.monitoring.samples import Metric, Sample
from barometer.schedule_settings import Schedule
from schedules.clock import next_times
from storage.records import Run
from storage.vocabulary import RunState

_JOB = ("job",)
STATES = ("done", "failed", "at_work", "broken_off", "never_begun")
"""How a job may stand, by the time of it that was begun last; the words of ``barometer schedule list``."""

ENABLED = Metric("barometer_job_enabled", "1 where the settings let the scheduler begin the job, else 0.", _JOB)
NEXT = Metric("barometer_job_next_timestamp_seconds", "When the scheduler begins the job next.", _JOB)
STATE = Metric(
    "barometer_job_state",
    "1 for how the time of the job stands that was begun last, 0 for the other states.",
    ("job", "state"),
)
SUCCEEDED = Metric("barometer_job_last_success_timestamp_seconds", "When the job ended well last.", _JOB)
FAILED = Metric("barometer_job_last_failure_timestamp_seconds", "When the job failed last.", _JOB)
DURATION = Metric("barometer_job_last_duration_seconds", "How long the job took when it ended last.", _JOB)

METRICS = (ENABLED, NEXT, STATE, SUCCEEDED, FAILED, DURATION)


def of_jobs(session: Session, schedule: Schedule, now: datetime) -> Iterator[Sample]:
    """Yield the figures of every job, enabled or not."""
    for name, terms in schedule.timed.items():
        yield ENABLED(terms.enabled, name)
        if terms.enabled:
            yield from NEXT.at(next(iter(next_times(schedule.clock_job(name), now)), None), name)
        state = _state(last_run(session, name))
        for one in STATES:
            yield STATE(one == state, name, one)
        ends = _ends(session, name)
        yield from SUCCEEDED.at(ends.get(RunState.CLOSED), name)
        yield from FAILED.at(ends.get(RunState.FAILED), name)
        if ends:
            yield DURATION(_last_duration(session, name), name)


def _state(last: LastRun | None) -> str:
    if last is None:
        return "never_begun"
    if last.state is RunState.OPEN:
        return "at_work" if last.holder else "broken_off"
    return "done" if last.state is RunState.CLOSED else "failed"


def _ends(session: Session, name: str) -> dict[RunState, datetime]:
    ended = (Run.kind == KIND + name, Run.finished_at.is_not(None))
    query = select(Run.state, func.max(Run.finished_at)).where(*ended).group_by(Run.state)
    return {state: moment for state, moment in session.execute(query) if moment is not None}


def _last_duration(session: Session, name: str) -> float:
    ended = (Run.kind == KIND + name, Run.finished_at.is_not(None))
    times = select(Run.started_at, Run.finished_at).where(*ended).order_by(Run.finished_at.desc()).limit(1)
    started, finished = session.execute(times).one()
    return max(0.0, ((finished or started) - started).total_seconds())
