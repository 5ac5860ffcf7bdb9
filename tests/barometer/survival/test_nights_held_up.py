"""The job of a night waits for what is in its way, a holder or a disk, and closes what nights before it left open."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from barometer.crawl import worked_on
from barometer.jobs import night as job
from barometer.jobs.running import Report, Work, run_job
from barometer.night import COMMAND
from barometer.night_settings import Night
from barometer.nights.beginning import begun
from barometer.nights.closing import close_forgotten
from barometer.nights.ending import NightEnd
from barometer.nights.terms import Wishes
from barometer.settings import Settings
from storage.database import Database, open_database
from storage.records import Batch, Merchant, Run, utc_now
from storage.vocabulary import RunState
from tests.barometer.command_line import ROOT

SITES = 2
pytestmark = pytest.mark.timeout(300)
ELSEWHERE = "elsewhere:17"


@pytest.fixture
def settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give settings that the processes of batches find as well."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("BAROMETER_RENDER", "false")
    text = (
        f'database = "{database_url}"\nevidence = "{tmp_path / "evidence"}"\nrender = false\n[night]\nbatch_size = 1\n'
    )
    (tmp_path / "barometer.toml").write_text(text, "utf-8")
    return Settings(database=database_url, evidence=tmp_path / "evidence", render=False, night=Night(batch_size=1))


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """Give a database with a panel whose sites nobody may visit, so that each is closed at once as unreachable."""
    with open_database(settings.database) as opened:
        opened.migrate()
        with opened.session() as session:
            for number in range(SITES):
                address = f"127.75.0.{number + 1}:9"
                session.add(Merchant(key=address, name=f"Boutique {number}", url=f"http://{address}/"))
        yield opened


def begin(database: Database, settings: Settings, due: str, seconds: float, holder: str = ELSEWHERE) -> str:
    """Begin the night of *due* as *holder*, which is not heard of again, and return the key of its run."""
    started = begun(database, settings, due, Wishes(), settings.night)
    assert not isinstance(started, NightEnd)
    with database.session() as session:
        run = session.get_one(Run, started[0].run_id)
        run.claimed_by, run.lease_until = holder, utc_now() + timedelta(seconds=seconds)
        return run.id


def run_of(database: Database, run_id: str) -> Run:
    with database.reading() as session:
        return session.get_one(Run, run_id)


def done(database: Database, settings: Settings, tell: Callable[[str], None]) -> Report:
    ended = run_job(Work(database, settings, "K", COMMAND, tell), "night")
    assert isinstance(ended, Report)
    return ended


@pytest.mark.slow
def test_a_night_that_a_dead_machine_holds_is_waited_for_and_read(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "LOOK_AGAIN_SECONDS", 0.2)
    run_id = begin(database, settings, "K", seconds=3)
    told: list[str] = []
    report = done(database, settings, told.append)
    assert f"waits: {ELSEWHERE} is working on this night" in told
    assert (report.outcome["sites"], report.outcome["closed"]) == (SITES, SITES)
    assert run_of(database, run_id).state is RunState.CLOSED


@pytest.mark.slow
def test_a_night_waits_for_a_disk_that_is_in_its_way_and_no_batch_suffers_from_it(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "LOOK_AGAIN_SECONDS", 0.2)
    monkeypatch.setattr("barometer.nights.executor.PAUSE_SECONDS", 0.0)
    logs = tmp_path / "var" / "logs"
    logs.parent.mkdir()
    logs.write_text("not a folder")
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        if "cannot go on" in line:
            logs.unlink()

    report = done(database, settings, tell)
    assert "waits: the night cannot go on: a batch could not be started: " in told[-1] and "logs" in told[-1]
    assert (report.outcome["closed"], report.outcome["bad_batches"]) == (SITES, 0)
    with database.reading() as session:
        assert {batch.starts for batch in session.scalars(select(Batch))} == {1}


def test_a_night_whose_job_was_given_up_is_closed_with_its_report_and_others_are_left_alone(
    database: Database, settings: Settings
) -> None:
    given_up, held = begin(database, settings, "monday", -1), begin(database, settings, "tuesday", 60)
    mine = begin(database, settings, "by-person", -1)
    with database.session() as session:
        session.add_all(Run(kind="job:night", due=due, state=RunState.FAILED) for due in ("monday", "tuesday", "K"))
    (report,) = close_forgotten(database, "K")
    assert (report.night, report.state, report.closed) == ("monday", "closed", 0)
    assert [site.why for site in report.not_closed] == ["never begun"] * SITES
    states = [run_of(database, run_id).state for run_id in (given_up, held, mine)]
    assert states == [RunState.CLOSED, RunState.OPEN, RunState.OPEN]
    assert close_forgotten(database, "K") == []


def test_a_process_that_is_dead_and_not_yet_buried_works_on_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE) as child:
        run = Run(
            kind="crawl", claimed_by=f"{socket.gethostname()}:{child.pid}", lease_until=utc_now() + timedelta(hours=1)
        )
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not worked_on(run)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        run.claimed_by = f"{socket.gethostname()}:{child.pid}"
        assert worked_on(run)
        child.kill()


def test_the_pause_between_two_looks_is_one_that_ctrl_c_ends(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from barometer.jobs.running import Interrupted

    begin(database, settings, "K", seconds=600)

    def tell(line: str) -> None:
        if line.startswith("waits"):
            threading.Timer(0.2, lambda: os.kill(os.getpid(), 2)).start()

    assert isinstance(run_job(Work(database, settings, "K", COMMAND, tell), "night"), Interrupted)
