"""What is killed while a night is at work: processes by what they are, connections of the database, or the right to write."""

import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum

import psutil
from sqlalchemy import text

from storage.database import Database
from storage.problems import DatabaseProblem


class Kill(StrEnum):
    """What is killed."""

    SCHEDULER = "scheduler"
    JOB_GUARDIAN = "guardian of the job"
    JOB = "process of the night's job"
    BATCH_GUARDIAN = "guardian of a batch"
    BATCH = "process of a batch"
    DRIVER = "Playwright's driver"
    BROWSER = "Chromium"
    RENDERER = "renderer of Chromium"
    CONNECTION = "connection of the database"
    ALL_CONNECTIONS = "all connections at once"
    LOCK = "database held for seconds"


WEIGHTS = {
    Kill.SCHEDULER: 3, Kill.JOB_GUARDIAN: 1, Kill.JOB: 2, Kill.BATCH_GUARDIAN: 2, Kill.BATCH: 3, Kill.DRIVER: 2,
    Kill.BROWSER: 3, Kill.RENDERER: 2, Kill.CONNECTION: 3, Kill.ALL_CONNECTIONS: 1, Kill.LOCK: 2,
}  # fmt: skip
"""How often each is chosen among what is there at the moment."""
_SIGNS = {
    Kill.JOB: " schedule job night ", Kill.BATCH: " night batch ", Kill.DRIVER: "run-driver", Kill.BROWSER: "--headless",
    Kill.RENDERER: "--type=renderer",
}  # fmt: skip
"""What the command line of a process holds that is one of these."""
_BY_DATABASE = {
    "sqlite": frozenset({Kill.LOCK}),
    "postgresql": frozenset({Kill.CONNECTION, Kill.ALL_CONNECTIONS}),
}


class Victims:
    """Everything that could be killed now; *schedulers* are the numbers of their processes."""

    def __init__(self, schedulers: Iterable[int], database: Database, chance: random.Random) -> None:
        self._database, self._chance = database, chance
        self._found: dict[Kill, list[psutil.Process]] = {}
        for number in schedulers:
            with suppress(psutil.Error):
                self._look(psutil.Process(number))

    def choose(self) -> Kill:
        """Return what is to be killed next."""
        there = [*self._found, *_BY_DATABASE[self._database.engine.dialect.name]]
        return self._chance.choices(there, [WEIGHTS[kill] for kill in there])[0]

    def kill(self, what: Kill) -> bool:
        """Kill one of *what*; return whether there still was one."""
        if what in self._found:
            with suppress(psutil.Error):
                self._chance.choice(self._found[what]).send_signal(signal.SIGKILL)
                return True
            return False
        if what is Kill.LOCK:
            seconds = self._chance.uniform(0.5, 5.0)
            threading.Thread(
                target=_hold, args=(self._database.engine.url.database or "", seconds), daemon=True
            ).start()
            return True
        return _cut(self._database, every=what is Kill.ALL_CONNECTIONS)

    def _look(self, scheduler: psutil.Process) -> None:
        self._add(Kill.SCHEDULER, scheduler)
        for process in scheduler.children(recursive=True):
            with suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and (kind := _kind(process)) is not None:
                    self._add(kind, process)

    def _add(self, kind: Kill, process: psutil.Process) -> None:
        self._found.setdefault(kind, []).append(process)


def _kind(process: psutil.Process) -> Kill | None:
    words = process.cmdline()
    line = " ".join(words)
    if "schedules.guardian" in words:
        children = " ".join(" ".join(child.cmdline()) for child in process.children())
        if " schedule job night " in children:
            return Kill.JOB_GUARDIAN
        return Kill.BATCH_GUARDIAN if " night batch " in children else None
    return next(
        (kind for kind, sign in _SIGNS.items() if sign in line and (kind is Kill.RENDERER or "--type=" not in line)),
        None,
    )


def _cut(database: Database, *, every: bool) -> bool:
    """End one connection to the database, or every one but our own; return whether there was any."""
    others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    others += " AND backend_type = 'client backend'"
    which = f"SELECT pid {others}" + ("" if every else " ORDER BY random() LIMIT 1")
    try:
        with database.session() as session:
            return bool(session.execute(text(f"SELECT pg_terminate_backend(pid) FROM ({which}) AS chosen")).all())
    except DatabaseProblem:
        return False


def _hold(file: str, seconds: float) -> None:
    """Keep every writer from *file* for so long."""
    connection = sqlite3.connect(file, timeout=20, isolation_level=None)
    with suppress(sqlite3.OperationalError):
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")
    connection.close()


def reap(ours: Iterable[int]) -> None:
    """Take the exit codes of orphans that fell to this process, *ours* apart."""
    known = set(ours)
    for child in psutil.Process().children():
        with suppress(psutil.Error, ChildProcessError):
            if child.pid not in known and child.status() == psutil.STATUS_ZOMBIE:
                os.waitpid(child.pid, os.WNOHANG)


def is_alive(process: psutil.Process) -> bool:
    """Tell whether *process* runs, or could."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def living(ours: Iterable[int]) -> list[str]:
    """Return, in words, the living processes below this one, *ours* apart."""
    known, found = set(ours), []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if process.pid not in known and is_alive(process):
                found.append(f"{process.pid} {' '.join(process.cmdline())[:160]}")
    return found
