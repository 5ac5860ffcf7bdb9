"""The jobs that nobody starts by hand: what each does, done once for a time, its end written down whatever it is."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from barometer.errors import UserError
from barometer.jobs import claims as job_claims
from barometer.jobs.claims import AlreadyDone, BeingDone, Claimed, ClaimLost
from barometer.monitoring.secrets import hidden, secrets
from barometer.settings import Settings
from storage.database import Database
from storage.problems import StorageProblem
from storage.records import utc_now
from storage.vocabulary import RunState

MANUAL = "manual:"
"""How the key of a job begins that a person started."""
LAST_SECONDS = 60.0
"""How long a job that lost its claim may take to end by itself (*ours*)."""
LOST_CODE = 3
"""Exit code of a process whose job another one took over."""
LONGEST_LINE = 500
"""Characters of what is kept of a job's last words (*ours*)."""
_PAUSES = (0.5, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds between two tries to write down how a job ended (*ours*): a server that is restarted is back by then."""


class Work(NamedTuple):
    """What a job is given: database, settings, the key of its time, the words that start ``barometer``, who hears of it."""

    database: Database
    settings: Settings
    due: str
    command: tuple[str, ...]
    tell: Callable[[str], None]


class Report(NamedTuple):
    """How a job ended in one line, whether well, and in plain values what it has to say."""

    well: bool
    said: str
    outcome: Mapping[str, Any] = {}


class Interrupted(NamedTuple):
    """The job was asked to end before it was done; it is taken up again, unless a person had started it."""

    said: str


class Lost(NamedTuple):
    """Another process took the job over."""

    said: str


Ran = Report | Interrupted | Lost | AlreadyDone | BeingDone


class JobKind(NamedTuple):
    """A job: what it is for, in words, what does it, and which jobs must not be at work meanwhile."""

    purpose: str
    do: Callable[[Work], Report]
    apart: frozenset[str] = frozenset()


def run_job(work: Work, name: str) -> Ran:
    """Do the job *name* for ``work.due`` unless that is done or being done, and return how it ended.

    Raises what the job raises (:class:`UserError`, :class:`~storage.problems.StorageProblem`, a defect) after it was written
    down; ``KeyError`` for a name that is none.
    """
    kind = JOBS[name]
    claimed = job_claims.claim(work.database, name, work.due, kind.apart)
    if not isinstance(claimed, Claimed):
        return claimed
    losing = _Losing()
    try:
        with job_claims.heard_of(work.database, claimed, losing):
            report = kind.do(work)
        if losing.why:
            return Lost(losing.why)
        state = RunState.CLOSED if report.well else RunState.FAILED
        said = _one_line(report.said)
        _written(lambda: job_claims.finish(work.database, claimed, state, said, dict(report.outcome)))
    except ClaimLost:
        return Lost("another process took it over")
    except KeyboardInterrupt:
        return Lost(losing.why) if losing.why else _interrupted(work.database, claimed)
    except Exception as error:
        known = isinstance(error, UserError | StorageProblem)
        # It is kept and may be mailed; what a library says of a refused login may hold the password.
        said = hidden(_one_line(str(error) if known else f"{type(error).__name__}: {error}"), secrets(work.settings))
        with suppress(ClaimLost, StorageProblem):
            _written(lambda: job_claims.finish(work.database, claimed, RunState.FAILED, said, {}))
        raise
    finally:
        losing.over.set()
    return report


def manual_key() -> str:
    """Return the key of a time that is now, for a job that a person starts."""
    return f"{MANUAL}{utc_now():%Y-%m-%dT%H:%M:%S.%f}Z"


class _Losing:
    """Ends the job whose claim is lost: politely, as Ctrl-C does, and after :data:`LAST_SECONDS` at once."""

    def __init__(self) -> None:
        self.why = ""
        self.over = threading.Event()

    def __call__(self, why: str) -> None:
        self.why = why
        # To the thread that works: another one that the system may choose would leave it asleep.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        threading.Thread(target=self._insist, daemon=True).start()

    def _insist(self) -> None:
        if not self.over.wait(LAST_SECONDS):
            sys.stderr.write(f"ended at once: {self.why}\n")
            sys.stderr.flush()
            os._exit(LOST_CODE)


def _interrupted(database: Database, claimed: Claimed) -> Interrupted | Lost:
    said = "asked to end before it was done"
    try:
        if claimed.due.startswith(MANUAL):
            _written(lambda: job_claims.finish(database, claimed, RunState.FAILED, said, {}))
        else:
            _written(lambda: job_claims.release(database, claimed))
    except ClaimLost:
        return Lost("another process took it over")
    return Interrupted(said)


def _one_line(text: str) -> str:
    # PostgreSQL stores no NUL in a text.
    return " ".join(text.replace("\0", "").split())[:LONGEST_LINE]


def _written(step: Callable[[], None]) -> None:
    """Do *step* also where the database is away for a minute: what was done must not be done again for want of a word."""
    for pause in _PAUSES:
        try:
            return step()
        except StorageProblem:
            time.sleep(pause)
    return step()


def _night(work: Work) -> Report:
    from barometer.jobs.night import crawl_the_panel

    return crawl_the_panel(work)


def _replies(work: Work) -> Report:
    from barometer.jobs.probes import read_answers

    return read_answers(work)


def _attempts(work: Work) -> Report:
    from barometer.jobs.probes import send_what_is_due

    return send_what_is_due(work)


def _expiry(work: Work) -> Report:
    from barometer.jobs.probes import close_what_is_over

    return close_what_is_over(work)


def _retention(work: Work) -> Report:
    from barometer.jobs.storage import remove_what_is_old

    return remove_what_is_old(work)


def _backup(work: Work) -> Report:
    from barometer.jobs.storage import back_up

    return back_up(work)


JOBS: Mapping[str, JobKind] = {
    "night": JobKind("read every site of the panel", _night),
    "replies": JobKind("read what came back", _replies),
    "attempts": JobKind("send what is due in released campaigns", _attempts),
    "expiry": JobKind("close what its time has ended", _expiry),
    "retention": JobKind("remove evidence and raw replies that are too old", _retention, frozenset({"backup"})),
    "backup": JobKind("back up the database and the evidence", _backup, frozenset({"retention"})),
}
