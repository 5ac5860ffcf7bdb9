"""``barometer schedule`` as processes: what is due is done once, whoever dies, stops or races; its end is told.

The work of the jobs is a stand-in, so that it can be slow, fail or be killed; schedulers, children and databases are real.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import select, update

from barometer.jobs.claims import Claimed, claim, finish
from schedules.guardian import MARK
from storage.database import Database, open_database
from storage.records import Run, utc_now
from storage.vocabulary import RunState
from tests.barometer.command_line import ROOT, Finished

STAND_IN = str(Path(__file__).with_name("stand_in.py"))
PATIENCE = 90.0
pytestmark = pytest.mark.timeout(600)
NAMES = ("night", "replies", "attempts", "expiry", "retention", "backup")


class Machine:
    """A folder with settings in which schedulers are started, over one database."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder, self.url = folder, url
        self.database: Database = open_database(url)
        self.database.migrate()
        self.started: list[subprocess.Popen[str]] = []

    def settings(self, orders: dict[str, str], cron: str | None = None, more: str = "") -> None:
        """Switch on the jobs of *orders* alone, due a few minutes ago, or by *cron*."""
        ago = datetime.now(UTC) - timedelta(minutes=4)
        tables = [f'database = "{self.url}"\n[schedule]\ntimezone = "UTC"\n']
        for name in NAMES:
            given = cron or f"{ago.minute} {ago.hour} * * *"
            tables.append(f'[schedule.{name}]\nenabled = {str(name in orders).lower()}\ncron = "{given}"\n')
        quiet = '[probes]\nquiet_from = "00:00"\nquiet_until = "00:00"\nweekends = true\n'
        (self.folder / "barometer.toml").write_text("".join(tables) + more + quiet, "utf-8")
        self.order(orders)

    def order(self, orders: dict[str, str]) -> None:
        (self.folder / "orders").write_text("".join(f"{name} {word}\n" for name, word in orders.items()), "utf-8")

    def start(self, *words: str, environment: dict[str, str] | None = None) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, STAND_IN, "schedule", *words], cwd=self.folder, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        )  # fmt: skip
        self.started.append(process)
        return process

    def run(self, *words: str) -> Finished:
        return ended(self.start(*words))

    @property
    def done(self) -> list[tuple[str, str, int]]:
        """Return what was done: job, key, process."""
        if not (self.folder / "done").exists():
            return []
        lines = (self.folder / "done").read_text("utf-8").splitlines()
        return [(name, due, int(process)) for name, due, process in (line.split() for line in lines)]

    def rows(self, name: str) -> Sequence[Run]:
        with self.database.reading() as session:
            return session.scalars(select(Run).where(Run.kind == f"job:{name}").order_by(Run.started_at)).all()

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.communicate()
        self.database.close()


def ended(process: "subprocess.Popen[str]") -> Finished:
    out, err = process.communicate(timeout=PATIENCE)
    return Finished(process.returncode, out, err)


def wait_for(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.05)
    return found


def children_of(folder: Path) -> list[psutil.Process]:
    """Return the living processes that belong to a job and work in *folder*."""
    found = []
    for process in psutil.process_iter():
        try:
            here = process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(folder)
            if here and process.environ().get(MARK):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture
def machine(database_url: str, tmp_path: Path) -> Iterator[Machine]:
    made = Machine(database_url, tmp_path)
    yield made
    made.close()


@pytest.mark.soak
def test_what_was_missed_is_done_at_the_start_and_once(machine: Machine) -> None:
    machine.settings({"expiry": "well", "night": "well"})
    first = machine.run("run", "--once")
    assert first.code == 0
    assert "expiry: done" in first.err and "night was done" in first.err
    again = machine.run("run", "--once")
    assert (again.code, "begun for" in again.err) == (0, False)
    assert sorted(name for name, *_ in machine.done) == ["expiry", "night"]
    assert [run.state for run in machine.rows("night")] == [RunState.CLOSED]
    assert "night was done" in (machine.folder / "var/logs/jobs/night.log").read_text("utf-8")


@pytest.mark.soak
def test_a_job_that_fails_is_reported_and_waits_for_its_next_time(machine: Machine) -> None:
    machine.settings({"backup": "fail"})
    failed = machine.run("run", "--once")
    assert failed.code == 1
    line = next(line for line in failed.err.splitlines() if "FAILED" in line)
    assert "the oven is cold; light it" in line and "backup.log" in line
    assert "Traceback" not in failed.err + (machine.folder / "var/logs/jobs/backup.log").read_text("utf-8")
    machine.order({"backup": "well"})
    assert machine.run("run", "--once").code == 0
    assert len(machine.done) == 1
    due = machine.rows("backup")[0].due
    with machine.database.session() as session:
        session.execute(update(Run).values(due="yesterday"))
    assert machine.run("run", "--once").code == 0
    assert [key for _, key, _ in machine.done] == [due, due]


@pytest.mark.soak
def test_a_job_that_is_killed_is_taken_up_again_and_done_once(machine: Machine) -> None:
    machine.settings({"night": "die"})
    told = machine.run("run", "--once")
    assert told.code == 0
    assert told.err.count("was broken off (signal 9)") == 2
    assert len(machine.done) == 3
    row = machine.rows("night")[0]
    assert (row.state, row.token, row.outcome) == (RunState.CLOSED, 3, {"times": 3, "said": "night was done"})


@pytest.mark.soak
def test_a_job_that_cannot_begin_for_a_moment_is_begun_again(machine: Machine) -> None:
    machine.settings({"night": "well"})
    (machine.folder / "stumbles").write_text("once\ntwice\n", "utf-8")
    told = machine.run("run", "--once")
    assert told.code == 0, told.err
    assert told.err.count("was broken off (exit code 2)") == 2
    assert [(run.state, run.token) for run in machine.rows("night")] == [(RunState.CLOSED, 1)]


@pytest.mark.soak
def test_a_job_that_dies_every_time_is_given_up_until_its_next_time(machine: Machine) -> None:
    machine.settings({"night": "dies"})
    told = machine.run("run", "--once")
    assert told.code == 1
    assert "FAILED: was killed 4 times" in told.err
    assert (len(machine.done), machine.rows("night")[0].state) == (4, RunState.FAILED)


@pytest.mark.soak
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_its_jobs_and_the_next_one_takes_them_up(machine: Machine, number: int) -> None:
    machine.settings({"night": "sleep", "expiry": "well"})
    scheduler = machine.start("run")
    wait_for(lambda: {name for name, *_ in machine.done} == {"night", "expiry"})
    wait_for(lambda: machine.rows("expiry")[0].state is RunState.CLOSED)
    scheduler.send_signal(number)
    stopped = ended(scheduler)
    assert stopped.code == 0
    assert "night: " in stopped.err and "broken off; it is taken up again" in stopped.err
    assert stopped.err.rstrip().endswith("ended")
    assert children_of(machine.folder) == []
    row = machine.rows("night")[0]
    assert (row.state, row.claimed_by) == (RunState.OPEN, None)
    machine.order({"night": "well"})
    assert "taken up again" in machine.run("run", "--once").err
    assert [run.state for run in machine.rows("night")] == [RunState.CLOSED]


@pytest.mark.slow
def test_killed_it_leaves_no_job_behind_and_the_next_one_takes_it_up(machine: Machine) -> None:
    machine.settings({"night": "sleep"})
    scheduler = machine.start("run")
    wait_for(lambda: machine.done)
    scheduler.send_signal(signal.SIGKILL)
    assert ended(scheduler).code == -signal.SIGKILL
    machine.order({"night": "well"})
    wait_for(lambda: not children_of(machine.folder))
    assert machine.run("run", "--once").code == 0
    assert [run.state for run in machine.rows("night")] == [RunState.CLOSED]


@pytest.mark.slow
def test_two_schedulers_on_one_database_do_a_thing_once(machine: Machine) -> None:
    machine.settings(dict.fromkeys(NAMES, "well"))
    both = [machine.start("run", "--once") for _ in range(2)]
    assert [ended(one).code for one in both] == [0, 0]
    assert sorted(name for name, *_ in machine.done) == sorted(NAMES)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_twenty_rounds_of_two_schedulers_at_once_do_everything_once(machine: Machine) -> None:
    machine.settings({"expiry": "well"})
    for number in range(20):
        both = [machine.start("run", "--once") for _ in range(2)]
        assert [ended(one).code for one in both] == [0, 0]
        assert len(machine.done) == number + 1
        with machine.database.session() as session:
            session.execute(update(Run).where(Run.due.not_like("round%")).values(due=f"round {number}"))
    assert {run.token for run in machine.rows("expiry")} == {1}


@pytest.mark.soak
def test_while_another_machine_does_it_the_scheduler_stands_by(machine: Machine) -> None:
    machine.settings({"night": "well"})
    key = f"{datetime.now(UTC) - timedelta(minutes=4):%Y-%m-%dT%H:%M}"
    theirs = claim(machine.database, "night", key)
    assert isinstance(theirs, Claimed)
    with machine.database.session() as session:
        elsewhere = {"claimed_by": "elsewhere:17", "parameters": {"process": "another/1:5"}}
        session.execute(update(Run).values(**elsewhere, lease_until=utc_now() + timedelta(minutes=5)))
    scheduler = machine.start("run", "--once")
    assert scheduler.stderr is not None
    lines = iter(scheduler.stderr.readline, "")
    assert any("waits while elsewhere:17 does the night" in line for line in lines)
    finish(machine.database, theirs, RunState.CLOSED, "read elsewhere", {})
    told = ended(scheduler)
    assert (told.code, "was done elsewhere: read elsewhere" in told.err, machine.done) == (0, True, [])


@pytest.mark.soak
def test_a_job_whose_claim_was_taken_stops_and_writes_nothing(machine: Machine) -> None:
    machine.settings({"night": "sleep"})
    beats = {"STAND_IN_BEAT": "0.1"}
    job = machine.start("job", "night", "--due", "K", environment=beats)
    wait_for(lambda: machine.done)
    with machine.database.session() as session:
        session.execute(update(Run).values(token=Run.token + 1))
    told = ended(job)
    assert told.code == 3 and "another process took it over" in told.err
    assert "ended at once" not in told.err
    assert (machine.rows("night")[0].state, machine.rows("night")[0].outcome) == (RunState.OPEN, None)


@pytest.mark.soak
def test_a_running_scheduler_begins_what_falls_due(machine: Machine) -> None:
    machine.settings({"expiry": "well"}, cron="* * * * *")
    scheduler = machine.start("run")
    wait_for(lambda: len({due for _, due, _ in machine.done}) >= 2)
    scheduler.send_signal(signal.SIGTERM)
    assert ended(scheduler).code == 0
    dues = [due for _, due, _ in machine.done]
    assert len(dues) == len(set(dues))


@pytest.mark.soak
def test_triggered_by_hand_a_job_runs_at_once_and_its_end_is_the_exit_code(machine: Machine) -> None:
    machine.settings({"expiry": "well", "backup": "fail"})
    assert machine.run("trigger", "expiry").code == 0
    failed = machine.run("trigger", "backup")
    assert (failed.code, "the oven is cold; light it" in failed.err) == (2, True)
    assert machine.run("trigger", "bakup").err.startswith("barometer: there is no job 'bakup'; there are: night,")
    listed = {row["job"]: row for row in json.loads(machine.run("list", "--json").out)}
    assert (listed["expiry"]["last"]["result"], listed["backup"]["last"]["result"]) == ("closed", "failed")
    assert listed["expiry"]["last"]["due"].startswith("manual:")
    assert (listed["night"]["enabled"], listed["night"]["next"]) == (False, None)
    shown = machine.run("list").out
    assert "backup: the oven is cold; light it" in shown and "switched off" in shown
    coming = json.loads(machine.run("next", "--count", "3", "--json").out)
    assert len(coming) == 3 and coming == sorted(coming, key=lambda row: row["at"])


@pytest.mark.soak
def test_settings_that_went_wrong_meanwhile_are_told_and_not_tried_for_ever(machine: Machine) -> None:
    machine.settings({"expiry": "well"}, cron="* * * * *")
    scheduler = machine.start("run")
    wait_for(lambda: machine.rows("expiry"))
    with (machine.folder / "barometer.toml").open("a", encoding="utf-8") as settings:
        settings.write("[nonsense]\n")
    wait_for(lambda: any(run.state is RunState.FAILED for run in machine.rows("expiry")))
    scheduler.send_signal(signal.SIGTERM)
    told = ended(scheduler)
    assert "FAILED: ended with exit code 2 before it began" in told.err or "exit code 2 before it began" in told.err
    assert "nonsense: unknown setting" in (machine.folder / "var/logs/jobs/expiry.log").read_text("utf-8")


@pytest.mark.soak
def test_a_log_that_cannot_be_written_is_told(machine: Machine) -> None:
    machine.settings({"expiry": "well"})
    (machine.folder / "var").write_text("not a folder", "utf-8")
    told = machine.run("run", "--once")
    assert told.code == 1
    assert "expiry: FAILED" in told.err and "could not be started" in told.err and "Traceback" not in told.err
