"""The scheduler at work: for each time that the clock names it starts the job's command, and says how that ended.

What is to be done stands in the database alone. So the scheduler asks there before it starts anything, stands by while another
machine does the job, starts again what was killed, and lets what failed wait for its next time.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from barometer.errors import UserError
from barometer.jobs import claims as job_claims
from barometer.jobs.claims import AlreadyDone, BeingDone, Free
from barometer.jobs.clock_log import clock_heard
from barometer.jobs.log import rotate
from barometer.jobs.messages import message_on
from barometer.jobs.notifying import Notifier
from barometer.jobs.running import JOBS
from barometer.monitoring.log import about
from barometer.monitoring.textfile import Textfile
from barometer.probe_configuration import calendar
from barometer.settings import FILE_NAME, Settings
from schedules.calendars import is_quiet
from schedules.children import ChildEnd, Ended, Limits, run_child
from schedules.clock import Job, key_of, last_time, next_times, serve
from storage.database import Database
from storage.problems import StorageProblem
from storage.records import utc_now
from storage.vocabulary import RunState

RESTARTS = 3
"""How often a job that was killed is begun again for one time (*ours*)."""
PAUSE_SECONDS = 2.0
"""How long it waits before (*ours*)."""
LOOK_AGAIN_SECONDS = 20.0
"""How often it is asked whether another machine is done, or the database is back (*ours*)."""
GRACE_SECONDS = 60.0
"""How long a job that is asked to end may take (*ours*): a night ends its batches and their browsers."""
_TIMES_LOOKED_AT = 300
_TICK = "tick"


@dataclass
class Scheduler:
    """Starts jobs; ``command`` are the words that start ``barometer`` with these settings, ``tell`` hears one line an event.

    When ``stopping`` is set, it ends what it started, and itself. ``failed`` counts times of jobs that ended badly. The file of
    metrics that the settings name is rewritten every minute and after every job.
    """

    database: Database
    settings: Settings
    command: tuple[str, ...]
    tell: Callable[[str], None]
    notifier: Notifier
    stopping: threading.Event = field(default_factory=threading.Event)
    look_again: float = LOOK_AGAIN_SECONDS
    failed: int = 0

    def __post_init__(self) -> None:
        self._metrics = Textfile(self.settings.schedule.metrics_textfile, partial(self._say, "metrics_not_written"))

    def run(self) -> None:
        """Begin each job at its times until somebody stops it."""
        # A clock that waits for hours does not notice that the machine slept meanwhile: it is woken every minute.
        minutely = Job(_TICK, "* * * * *", ZoneInfo("UTC"), timedelta(minutes=1))

        def begin(job: Job, due: str) -> None:
            if job.name != _TICK:
                self.begin(job, due)
            elif not self.stopping.is_set():
                self._metrics.rewrite(self.database, self.settings)

        with clock_heard(self.tell):
            serve([*self._jobs(), minutely], begin, self.stopping.wait)

    def run_once(self) -> None:
        """Begin what is due now, or was missed and may still begin, wait for its end, and end."""
        now = utc_now()
        due = [(job, last_time(job, now)) for job in self._jobs()]
        threads = [
            threading.Thread(target=self.begin, args=(job, key_of(job, moment)))
            for job, moment in due
            if moment is not None
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def begin(self, job: Job, due: str) -> None:
        """See that *job* is done for the time *due*: by a child of this process, unless it is done or another's."""
        with about(job=job.name, due=due):
            self._begin(job, due)
            self._metrics.rewrite(self.database, self.settings)

    def _begin(self, job: Job, due: str) -> None:
        patience = _Patience(job.grace)
        told: str | None = None
        starts = 0
        while not self.stopping.is_set():
            now = self._standing(job.name, due)
            match now:
                case AlreadyDone():
                    if told is not None:
                        self._say("job_done_elsewhere", f"{job.name}: {due} was done elsewhere: {now.said}")
                    return
                case Free() if starts > RESTARTS:
                    self._give_up(job.name, due, f"was killed {starts} times")
                    return
                case Free():
                    starts += 1
                    said = f"{job.name}: begun for {due}" + (", taken up again" if now.begun else "")
                    self._say("job_begun", said, again=now.begun)
                    if self._ended(job.name, due, asyncio.run(self._child(job.name, due)), last=starts > RESTARTS):
                        return
                    self.stopping.wait(PAUSE_SECONDS)
                    continue
                case BeingDone():
                    which = f"{now.kind} of {now.due}"
                    what = f"waits while {now.holder} does the {which}"
                case StorageProblem():
                    what = f"waits: {now}"
            if what != told:
                self._say("job_waits", f"{job.name}: {due} {what}")
                told = what
            if patience.over():
                self._say("job_left_out", f"{job.name}: {due} is left out: its grace has passed")
                self.failed += isinstance(now, StorageProblem)
                return
            self.stopping.wait(self.look_again)

    def _say(self, event: str, said: str, **keys: object) -> None:
        with about(event, **keys):
            self.tell(said)

    def _jobs(self) -> list[Job]:
        return self.settings.schedule.enabled_jobs()

    def _standing(self, name: str, due: str) -> AlreadyDone | BeingDone | Free | StorageProblem:
        try:
            return job_claims.standing(self.database, name, due, JOBS[name].apart)
        except StorageProblem as problem:
            return problem

    def _standing_once_back(self, name: str, due: str) -> AlreadyDone | BeingDone | Free | StorageProblem:
        """Return how a time of a job stands as soon as the database answers; its problem when somebody stops us before."""
        found, told = self._standing(name, due), False
        while isinstance(found, StorageProblem) and not self.stopping.is_set():
            if not told:
                self._say("job_waits", f"{name}: {due} ended; how is not known yet: {found}")
                told = True
            self.stopping.wait(self.look_again)
            found = self._standing(name, due)
        return found

    async def _child(self, name: str, due: str) -> ChildEnd:
        """Run the command of a job, and return how it ended; its output goes to the job's log."""
        terms = self.settings.schedule.timed[name]
        limits = Limits(terms.deadline_minutes * 60.0, terms.memory_mb * 1_000_000 or None, GRACE_SECONDS)
        log = self._log(name)
        words = [*self.command, "schedule", "job", name, "--due", due]
        stop = asyncio.Event()
        watching = asyncio.create_task(self._set_when_stopping(stop))
        try:
            rotate(log)
            return await run_child(words, limits, log, stop)
        except OSError as error:
            said = f"{error.filename or log}: {error.strerror or error}"
            return ChildEnd(Ended.NOT_STARTED, None, 0.0, 0.0, 0, log, said)
        finally:
            watching.cancel()

    async def _set_when_stopping(self, stop: asyncio.Event) -> None:
        while not self.stopping.is_set():
            await asyncio.sleep(0.1)
        stop.set()

    def _log(self, name: str) -> Path:
        return self.settings.schedule.logs / "jobs" / f"{name}.log"

    def _ended(self, name: str, due: str, end: ChildEnd, last: bool) -> bool:
        """Tell how a child, which may be the *last* to be begun, ended; return whether this time of the job is over with it."""
        found = self._standing_once_back(name, due)
        if isinstance(found, AlreadyDone):
            self._report(name, due, found, end)
            return True
        if end.ended is Ended.STOPPED:
            said = f"{name}: {due} broken off; it is taken up again when the scheduler starts in time"
            self._say("job_broken_off", said, **_keys(end))
            return True
        if isinstance(found, BeingDone | StorageProblem):
            return isinstance(found, StorageProblem)
        why = {
            Ended.DEADLINE: f"was ended after {end.seconds / 60:.0f} min, its deadline",
            Ended.MEMORY: f"was ended with {end.peak_bytes / 1e6:.0f} MB, more than it may hold",
            Ended.NOT_STARTED: f"could not be started: {end.problem}",
        }.get(end.ended)
        if why is None and last and end.ended is Ended.EXITED and (end.exit_code or 0) > 0 and not found.begun:
            # Neither killed nor claimed: its settings are in the way, or its database, which may have been back by now.
            why = f"ended with exit code {end.exit_code} before it began"
        if why is not None:
            self._give_up(name, due, why, end)
            return True
        code = end.exit_code or 0
        how = f"signal {-code}" if code < 0 else end.problem or f"exit code {code}"
        self._say("job_broken_off", f"{name}: {due} was broken off ({how})", **_keys(end))
        return False

    def _give_up(self, name: str, due: str, why: str, end: ChildEnd | None = None) -> None:
        outcome: dict[str, Any] = {} if end is None else {"ended": str(end.ended), "exit_code": end.exit_code}
        with suppress(StorageProblem):
            job_claims.give_up(self.database, name, due, why, outcome)
        self._report(name, due, AlreadyDone(RunState.FAILED, why, outcome), end)

    def _report(self, name: str, due: str, found: AlreadyDone, end: ChildEnd | None) -> None:
        """Say how a time of a job ended, here and to whoever wants to be told."""
        took = "" if end is None else f" in {_span(end.seconds)}"
        if found.state is RunState.FAILED:
            self.failed += 1
            self._say("job_failed", f"{name}: FAILED{took}: {found.said}; see {self._log(name)}", **_keys(end))
        else:
            self._say("job_done", f"{name}: done{took}: {found.said}", **_keys(end))
        terms = self.settings.schedule.notify
        if not len(self.notifier):
            return
        try:
            message = message_on(self.database, terms, self.settings.schedule.timezone, name, due, found)
        except StorageProblem as problem:
            self._say("notification_failed", f"{name}: warning: nobody was told: {problem}")
            return
        if message is not None:
            self.notifier.tell(message, lambda line: self._say("notification_failed", f"{name}: warning: {line}"))


def require_sense(settings: Settings, now: datetime) -> None:
    """Raise :class:`UserError` where the schedule would run and do nothing."""
    jobs = settings.schedule.enabled_jobs()
    if not jobs:
        raise UserError("every job of the schedule is switched off", f"set enabled = true for one in {FILE_NAME}")
    night = settings.schedule.night
    if night.enabled and night.deadline_minutes <= settings.night.deadline_hours * 60:
        raise UserError(
            f"schedule.night.deadline_minutes: {night.deadline_minutes} would end the night before night.deadline_hours, "
            f"{settings.night.deadline_hours:g}, lets it end and report",
            f"make the first longer, or the second shorter, in {FILE_NAME}",
        )
    attempts = settings.schedule.attempts
    if attempts.enabled:
        times = next_times(settings.schedule.clock_job("attempts"), now, _TIMES_LOOKED_AT)
        open_hours = calendar(settings)
        if all(is_quiet(moment, open_hours) for moment in times):
            raise UserError(
                f"schedule.attempts.cron: {attempts.cron!r} comes only in the quiet hours of [probes], "
                "when nothing may leave",
                f"mend it, or probes.quiet_from, quiet_until and weekends, in {FILE_NAME}",
            )


class _Patience:
    """How long a time of a job may still begin; by a clock that nobody sets."""

    def __init__(self, grace: timedelta) -> None:
        self._until = time.monotonic() + grace.total_seconds()

    def over(self) -> bool:
        """Whether it has passed."""
        return time.monotonic() > self._until


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _keys(end: ChildEnd | None) -> dict[str, object]:
    """Return how a child ended, for programs that read the log."""
    if end is None:
        return {}
    return {
        "ended": str(end.ended), "exit_code": end.exit_code, "seconds": round(end.seconds, 1),
        "cpu_seconds": round(end.cpu_seconds, 1), "peak_bytes": end.peak_bytes,
    }  # fmt: skip
