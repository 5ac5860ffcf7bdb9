"""What the doctor says of the schedule, of who keeps it, of backups, and of whom it tells."""

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from barometer.backups.manifest import Dump, Kind, Manifest, Needs
from barometer.checks.check import Check, Health
from barometer.checks.database import check_database
from barometer.checks.schedule import check_backup, check_jobs, check_notify, check_schedule
from barometer.jobs.claims import KIND, claim, finish
from barometer.schedule_settings import BackupTimes, NightTimes, Notify, Schedule
from barometer.settings import Settings
from storage.database import Database, open_database
from storage.records import Run, utc_now
from storage.vocabulary import RunState

NAMES = ("night", "replies", "attempts", "expiry", "retention", "backup")


def settings_for(url: str) -> Settings:
    return Settings(database=url)


@pytest.fixture
def database(database_url: str) -> Database:
    database = open_database(database_url)
    database.migrate()
    return database


def jobs(url: str, now: datetime) -> dict[str, Check]:
    return {check.name: check for check in check_jobs(settings_for(url), now)}


def ran(
    database: Database, name: str, started: datetime, state: RunState = RunState.CLOSED, said: str = "done"
) -> None:
    with database.session() as session:
        session.add(
            Run(
                kind=KIND + name, due=started.isoformat(), state=state, started_at=started, finished_at=started,
                outcome={"said": said},
            )
        )  # fmt: skip


def test_a_schedule_that_would_do_nothing_fails_with_its_remedy() -> None:
    now = utc_now()
    assert check_schedule(Settings(), now).health is Health.OK
    check = check_schedule(Settings(schedule=Schedule(night=NightTimes(deadline_minutes=60))), now)
    assert check.health is Health.FAIL
    assert "deadline" in check.found
    assert check.remedy


def test_a_database_without_tables_or_without_a_file_has_no_jobs(database_url: str, tmp_path: Path) -> None:
    assert check_jobs(settings_for(database_url), utc_now()) == []
    missing = tmp_path / "none.sqlite3"
    assert check_jobs(settings_for(f"sqlite:///{missing}"), utc_now()) == []
    assert not missing.exists()


def test_nobody_who_ever_began_a_job_is_a_warning(database: Database, database_url: str) -> None:
    found = jobs(database_url, utc_now())
    assert found["scheduler"].health is Health.WARN
    assert "barometer schedule run" in (found["scheduler"].remedy or "")


def test_jobs_that_begin_in_time_are_well_and_late_ones_a_warning(database: Database, database_url: str) -> None:
    now = utc_now()
    for name in NAMES:
        ran(database, name, now - timedelta(minutes=3))
    assert jobs(database_url, now)["scheduler"].health is Health.OK
    late = jobs(database_url, now + timedelta(hours=30))["scheduler"]
    assert late.health is Health.WARN
    assert "replies since" in late.found


def test_a_job_that_is_being_done_tells_that_somebody_keeps_the_schedule(database: Database, database_url: str) -> None:
    now = utc_now()
    for name in NAMES:
        ran(database, name, now - timedelta(days=3))
    claim(database, "night", now.isoformat())
    check = jobs(database_url, utc_now())["scheduler"]
    assert (check.health, check.found) == (Health.OK, "at work on night")


def test_a_job_that_failed_last_is_told_with_its_words(database: Database, database_url: str) -> None:
    claimed = claim(database, "backup", "x")
    finish(database, claimed, RunState.FAILED, "the folder is full", {})  # type: ignore[arg-type]
    check = jobs(database_url, utc_now())["last jobs"]
    assert (check.health, "backup: the folder is full" in check.found) == (Health.WARN, True)
    ran(database, "backup", utc_now() + timedelta(seconds=1))
    assert "last jobs" not in jobs(database_url, utc_now())


def test_an_old_run_that_nobody_works_on_is_named(database: Database, database_url: str) -> None:
    began = utc_now() - timedelta(days=2)
    with database.session() as session:
        session.add(Run(kind="crawl", due="2027-03-01", started_at=began, claimed_by="gone:1", lease_until=began))
        holder = f"{socket.gethostname()}:{os.getpid()}"
        later = utc_now() + timedelta(hours=1)
        session.add(Run(kind="crawl", due="2027-03-02", started_at=began, claimed_by=holder, lease_until=later))
    check = jobs(database_url, utc_now())["open runs"]
    assert check.health is Health.WARN
    assert "1 that nobody works on: crawl of 2027-03-01" in check.found


def test_a_server_that_takes_no_writing_fails(database: Database, database_url: str) -> None:
    assert check_database(database_url).health is Health.OK
    if database.engine.dialect.name != "postgresql":
        return
    told = make_url(database_url)
    only_read = f"{told.query['options']} -cdefault_transaction_read_only=on"
    check = check_database(told.update_query_dict({"options": only_read}).render_as_string(hide_password=False))
    assert (check.health, "takes no writing" in check.found) == (Health.FAIL, True)


def backed_up(folder: Path, made: datetime) -> None:
    none = "0" * 64
    manifest = Manifest(
        schema="barometer-backup/1", made_at=made, tool_version="1", revision="1", tables={},
        database=Dump(kind=Kind.SQLITE, bytes=0, sha256=none),
        evidence=Needs(files=0, bytes=0, missing=0, sha256=none, missing_sha256=none),
    )  # fmt: skip
    place = folder / f"{made:%Y-%m-%dT%H%M%SZ}"
    place.mkdir(parents=True)
    (place / "manifest.json").write_text(manifest.text(), "utf-8")


def test_a_backup_may_be_as_old_as_its_times_and_no_older(tmp_path: Path) -> None:
    settings = Settings(schedule=Schedule(backup=BackupTimes(folder=tmp_path / "backups")))
    made = datetime(2027, 3, 1, 6, tzinfo=UTC)
    (none,) = check_backup(settings, made)
    assert (none.health, "there is none" in none.found) == (Health.WARN, True)
    backed_up(tmp_path / "backups", made)
    assert [check.health for check in check_backup(settings, made + timedelta(hours=26))] == [Health.OK]
    assert [check.health for check in check_backup(settings, made + timedelta(hours=60))] == [Health.WARN]
    off = Settings(schedule=Schedule(backup=BackupTimes(enabled=False)))
    assert check_backup(off, made) == []


def test_an_address_that_nobody_knows_fails_without_being_told() -> None:
    assert check_notify(Settings()).health is Health.OK
    check = check_notify(Settings(schedule=Schedule(notify=Notify(urls=SecretStr("nonsense://secret-token")))))
    assert check.health is Health.FAIL
    assert "secret-token" not in str(check)
