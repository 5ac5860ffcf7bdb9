"""Kills a real night a hundred times at random moments, and looks afterwards whether anything was lost, doubled or left behind.

``python -m benchmarks.soak_night`` serves sixty small slow sites, starts ``barometer schedule run`` as systemd would, again and
again, alone or as two on one database, and kills while its nights are at work: schedulers, the night's job, guardians, batches,
the Playwright driver, Chromium and its renderers, connections of the database. Every third night is read with a browser. After
each night everything in ``soak_night_checks`` must hold; where it does not, the exit code is 1.
"""

import argparse
import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import psutil
from sqlalchemy import select
from sqlalchemy.engine import make_url

from benchmarks.soak_night_checks import (
    check_evidence,
    check_history,
    check_jobs,
    check_night,
    check_status,
    watch,
)
from benchmarks.soak_night_command import WORDS
from benchmarks.soak_night_kills import Victims, is_alive, living, reap
from benchmarks.soak_night_market import ROOT, die_with_parent, market, minute_of, plant_panel, settings_file
from benchmarks.soak_night_report import Report, table
from storage.database import Database, open_database
from storage.problems import DatabaseProblem
from storage.records import Run
from storage.vocabulary import RunState
from tests.databases import fresh_database

KILLS, SITES, SITES_SHOWN = 100, 60, 15
KILLS_A_NIGHT = 12
MINUTES = 90.0
"""After which no other night is begun."""
PAUSE_SECONDS = (0.3, 9.0)
"""Between two kills of a night, drawn evenly."""
RESTART_SECONDS = 0.5
"""How soon a dead scheduler is started again, as systemd would."""
NIGHT_SECONDS = 600
"""How long a night may take, kills included, before it counts as stuck."""
LEAVE_SECONDS = 20
_PR_SET_CHILD_SUBREAPER = 36


class Soak:
    """The panel, its database, and the schedulers that are killed while they have it read."""

    def __init__(
        self, database: Database, folder: Path, sites: int, report: Report, pause: tuple[float, float]
    ) -> None:
        self.database, self.folder, self.sites, self.report, self.pause = database, folder, sites, report, pause
        self.url = database.engine.url.render_as_string(hide_password=False)
        self.random = random.Random(report.seed)
        self.kills: Counter[str] = Counter()
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._schedulers: list[subprocess.Popen[bytes]] = []
        self._market = {child.pid for child in _children()}
        self._last_due = ""

    def run(self, kills: int, a_night: int, rendered_every: int, minutes: float) -> None:
        """Kill until there were *kills*, *a_night* at most in one night, or *minutes* have passed, or something went wrong."""
        number, deadline = 0, time.monotonic() + minutes * 60
        while self.kills.total() < kills and not self.report.wrong and time.monotonic() < deadline:
            rendered = bool(rendered_every) and number % rendered_every == rendered_every - 1
            key = self._set_up(rendered)
            wanted = min(a_night, kills - self.kills.total())
            self._night(key, wanted, schedulers=1 + number % 2)
            self._check(key)
            number += 1

    def close(self) -> None:
        """Kill whatever still runs of ours, the market apart."""
        for scheduler in self._schedulers:
            scheduler.kill()
            scheduler.wait()
        while left := [child for child in _children() if child.pid not in self._market and is_alive(child)]:
            for child in left:
                with suppress(psutil.Error):
                    child.kill()
            time.sleep(0.1)
        reap(self._market)

    def _set_up(self, rendered: bool) -> str:
        """Let a night be due at this minute, which had none before, and return its key."""
        while minute_of(due := datetime.now(UTC)) == self._last_due:
            time.sleep(0.2)
        self._last_due = minute_of(due)
        self.environment["SOAK_LIMIT"] = str(SITES_SHOWN) if rendered else ""
        settings_file(self.folder, self.url, due, render=rendered, batch_size=max(2, self.sites // 10))
        return self._last_due

    def _night(self, key: str, kills: int, schedulers: int) -> None:
        """See the night *key* through to its end, and kill on the way."""
        self._schedulers = [self._scheduler() for _ in range(schedulers)]
        ours = self._market
        deadline = time.monotonic() + NIGHT_SECONDS
        next_kill = time.monotonic() + self.random.uniform(*self.pause)
        while (ended := self._ended(key)) is None:
            self._restart()
            reap(ours | {one.pid for one in self._schedulers})
            if kills and time.monotonic() > next_kill:
                victims = Victims((one.pid for one in self._schedulers), self.database, self.random)
                what = victims.choose()
                if victims.kill(what):
                    self.kills[what] += 1
                    kills -= 1
                next_kill = time.monotonic() + self.random.uniform(*self.pause)
            _progress(self.kills, self.report, key)
            if time.monotonic() > deadline:
                self.report.wrong.append(f"the night {key} did not end within {NIGHT_SECONDS} s")
                break
            time.sleep(0.1)
        self._stop()
        if ended is RunState.FAILED:
            self._by_hand(key)

    def _scheduler(self) -> "subprocess.Popen[bytes]":
        with (self.folder / "scheduler.log").open("ab") as said:
            return subprocess.Popen(
                [*WORDS, "schedule", "run"], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=said,
                stderr=said, start_new_session=True, preexec_fn=die_with_parent,  # noqa: PLW1509 - one thread starts them
            )  # fmt: skip

    def _restart(self) -> None:
        for place, scheduler in enumerate(self._schedulers):
            if scheduler.poll() is not None:
                if scheduler.returncode != -signal.SIGKILL:
                    self.report.wrong.append(f"a scheduler ended by itself with {scheduler.returncode}")
                time.sleep(RESTART_SECONDS)
                self._schedulers[place] = self._scheduler()
                self.report.restarts += 1

    def _ended(self, key: str) -> RunState | None:
        """Return how the job of the night ended, ``None`` while it has not."""
        try:
            with self.database.reading() as session:
                row = session.scalar(select(Run).where(Run.kind == "job:night", Run.due == key))
        except DatabaseProblem:
            return None
        return None if row is None or row.state is RunState.OPEN else row.state

    def _stop(self) -> None:
        """Ask the schedulers to end; nothing of them may live on."""
        for scheduler in self._schedulers:
            scheduler.send_signal(signal.SIGTERM)
        for scheduler in self._schedulers:
            try:
                if code := scheduler.wait(120):
                    self.report.wrong.append(f"asked to end, a scheduler ended with {code}")
            except subprocess.TimeoutExpired:
                self.report.wrong.append("asked to end, a scheduler went on for two minutes")
                scheduler.kill()
        deadline = time.monotonic() + LEAVE_SECONDS
        while (left := living(self._market)) and time.monotonic() < deadline:
            time.sleep(0.2)
        reap(self._market)
        self.report.wrong += [f"left behind: {process}" for process in left]

    def _by_hand(self, key: str) -> None:
        """Do what ``status`` says about a night whose job was given up after too many kills, and see that it goes on."""
        self.report.by_hand += 1
        code, _, err = self._command("night", "run", "--due", key)
        if code not in (0, 1):
            self.report.wrong.append(f"taken up by hand, the night {key} ended with {code}: {err.strip()[-300:]}")

    def _check(self, key: str) -> None:
        night, wrong = check_night(self.database, key, self._command)
        ended, of_jobs = check_jobs(self.database)
        self.report.nights.append(night)
        self.report.jobs = dict(sorted(ended.items()))
        self.report.wrong += [*wrong, *of_jobs, *check_history(self.database), *check_status(self._command)]
        self.report.wrong += check_evidence(self.database, self.folder / "evidence", self._command)

    def _command(self, *words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [*WORDS, *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr


def soak(
    url: str,
    folder: Path,
    seed: int,
    *,
    kills: int = KILLS,
    sites: int = SITES,
    a_night: int = KILLS_A_NIGHT,
    rendered_every: int = 3,
    minutes: float = MINUTES,
    pause: tuple[float, float] = PAUSE_SECONDS,
) -> Report:
    """Run the crash test on the empty database *url* in *folder*, and return its report."""
    report = Report(seed, make_url(url).get_backend_name())
    begun = time.monotonic()
    _adopt_orphans()
    with market(sites, seed) as addresses, open_database(url) as database:
        database.migrate()
        plant_panel(database, addresses)
        watch(database)
        test = Soak(database, folder, sites, report, pause)
        try:
            test.run(kills, a_night, rendered_every, minutes)
        finally:
            test.close()
            report.kills = dict(sorted(test.kills.items()))
    report.seconds = round(time.monotonic() - begun, 1)
    return report


def _children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _adopt_orphans() -> None:
    """Let what outlives its parent fall to this process, where it is seen."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@contextmanager
def _database(server: str | None, folder: Path) -> Iterator[str]:
    if server is None:
        yield f"sqlite:///{folder / 'soak.sqlite3'}"
        return
    with fresh_database(make_url(server).set(drivername="postgresql+psycopg")) as made:
        yield made.render_as_string(hide_password=False)


def _progress(kills: Counter[str], report: Report, key: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{kills.total()} kills, {len(report.nights)} nights over, now {key}   ")


def main() -> int:
    """Run from the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak_night", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--sites", type=int, default=SITES)
    parser.add_argument("--pause", type=float, default=PAUSE_SECONDS[1], help="seconds between two kills at most")
    parser.add_argument("--a-night", type=int, default=KILLS_A_NIGHT, help="kills in one night at most")
    parser.add_argument("--rendered-every", type=int, default=3, help="how many nights apart those with a browser are")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="begin no night after so many")
    parser.add_argument(
        "--postgres", metavar="URL", default=None, help="a server on which a database is made and dropped"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed makes the same choices; the machine does not"
    )
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs and database, and name it")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="barometer-soak-night-"))
    try:
        with _database(chosen.postgres, folder) as url:
            report = soak(
                url, folder, chosen.seed, kills=chosen.kills, sites=chosen.sites, a_night=chosen.a_night,
                rendered_every=chosen.rendered_every, minutes=chosen.minutes, pause=(PAUSE_SECONDS[0], chosen.pause),
            )  # fmt: skip
    except KeyboardInterrupt:
        sys.stderr.write("broken off\n")
        return 130
    finally:
        if chosen.keep:
            sys.stderr.write(f"\n{folder}\n")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    sys.stdout.write((json.dumps(asdict(report), indent=1) if chosen.json else table(report)) + "\n")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
