"""What each job does, on a real database and real folders: no more than its command by hand would, and never a guess."""

import mailbox
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from barometer.errors import UserError
from barometer.jobs import running as jobs
from barometer.jobs.log import rotate
from barometer.jobs.running import JOBS, JobKind, Report, Work, run_job
from barometer.jobs.storage import runs_of_editions
from barometer.last_reading import last_reading
from barometer.settings import Settings, load_settings
from storage.database import Database, open_database
from storage.evidence import EvidenceStore
from storage.records import Edition, Run, utc_now
from storage.vocabulary import RunState
from tests.barometer.command_line import run_process


@pytest.fixture
def database(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.chdir(tmp_path)
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def settings(text: str = "") -> Settings:
    Path("barometer.toml").write_text(text, "utf-8")
    return load_settings()


def did(database: Database, name: str, text: str = "", due: str = "K") -> Report:
    ended = run_job(Work(database, settings(text), due, (), lambda _: None), name)
    assert isinstance(ended, Report)
    return ended


def row(database: Database, name: str) -> Run:
    with database.reading() as session:
        return session.scalars(
            select(Run).where(Run.kind == f"job:{name}").order_by(Run.started_at.desc())
        ).first() or Run(kind="")


def test_every_job_of_the_settings_is_one_and_the_other_way_round() -> None:
    assert list(JOBS) == list(Settings().schedule.timed)


def test_a_job_without_anything_to_do_ends_well_and_says_so(database: Database) -> None:
    assert "nowhere to read answers from" in did(database, "replies").said
    assert "nothing is released" in did(database, "attempts").said
    assert did(database, "expiry").well


def test_a_mailbox_that_cannot_be_read_fails_the_job_and_nothing_expires(database: Database) -> None:
    ended = did(database, "replies", '[mail]\nmaildir = "nowhere"')
    assert not ended.well and "nowhere" in ended.said
    assert row(database, "replies").state is RunState.FAILED
    assert "answers were not read yet" in did(database, "expiry", '[mail]\nmaildir = "nowhere"').said


def test_what_is_over_is_closed_as_of_the_last_reading(database: Database) -> None:
    mailbox.Maildir("answers", create=True)
    text = '[mail]\nmaildir = "answers"'
    assert did(database, "replies", text).well
    with database.reading() as session:
        read_at = last_reading(session)
    assert read_at is not None
    assert did(database, "expiry", text).outcome["until"] == read_at.isoformat()


def test_retention_removes_what_is_old_and_keeps_what_is_young(database: Database) -> None:
    store = EvidenceStore(Path("var/evidence"))
    old, young = store.put(b"old", ".html"), store.put(b"young", ".html")
    kept = store.look(old)
    assert kept is not None
    long_ago = (utc_now() - timedelta(days=40)).timestamp()
    files = [path for path in Path("var/evidence").rglob("*") if path.is_file() and path.name.startswith(old)]
    os.utime(files[0], (long_ago, long_ago))
    assert did(database, "retention", "[schedule.retention]\ndays = 30").outcome["files"] == 1
    assert (store.look(old), store.look(young) is not None) == (None, True)


def test_a_backup_is_made_and_the_newest_stay(database: Database, database_url: str) -> None:
    text = f'database = "{database_url}"\n[schedule.backup]\nfolder = "kept"\nkeep = 1'
    EvidenceStore(Path("var/evidence")).put(b"page", ".html")
    first = did(database, "backup", text)
    assert first.well and Path(str(first.outcome["folder"])).is_dir()
    second = did(database, "backup", text, due="L")
    assert second.outcome["pruned"] == 1
    assert not Path(str(first.outcome["folder"])).exists()


@pytest.mark.slow
def test_a_night_is_read_by_its_own_processes_and_summed_up(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    given = {"BAROMETER_DATABASE": database_url}
    Path("panel.csv").write_text("name,url\nUn,http://127.65.0.1:9/\nDeux,http://127.65.0.2:9/\n", "utf-8")
    assert run_process("panel", "import", "panel.csv", cwd=tmp_path, environment=given).code == 0
    done = run_process("schedule", "trigger", "night", cwd=tmp_path, environment=given)
    assert done.code == 0, done.err
    assert "night: done: 2 of 2 sites closed" in done.err and "2 unreachable" in done.err
    outcome = row(database, "night").outcome or {}
    assert (outcome["sites"], outcome["closed"], outcome["not_closed"]) == (2, 2, 0)


def test_runs_at_work_while_an_edition_was_tested_do_not_age(database: Database) -> None:
    now = utc_now()
    with database.session() as session:
        session.add_all(
            [
                Run(id="a" * 32, kind="crawl", started_at=now - timedelta(days=9), finished_at=now - timedelta(days=9)),
                Run(id="b" * 32, kind="crawl", started_at=now - timedelta(days=5), finished_at=now - timedelta(days=4)),
                Edition(
                    name="2026", grid="g", grid_hash="0" * 64, title="t", year=2026,
                    tests_from=now - timedelta(days=6), tests_until=now - timedelta(days=3),
                ),
            ]
        )  # fmt: skip
    with database.reading() as session:
        assert runs_of_editions(session) == ["b" * 32]


def test_a_job_that_raises_is_written_down_as_failed_and_still_raises(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(work: Work) -> Report:
        raise UserError("no\nroom", "make some")

    monkeypatch.setattr(jobs, "JOBS", {"backup": JobKind("", break_down)})
    with pytest.raises(UserError):
        did(database, "backup")
    kept = row(database, "backup")
    assert (kept.state, (kept.outcome or {})["said"]) == (RunState.FAILED, "no room; make some")


def test_what_is_kept_of_a_defect_holds_no_password_and_nothing_that_postgresql_refuses(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(work: Work) -> Report:
        raise RuntimeError("login\0 of us with s3cret-word refused")

    monkeypatch.setattr(jobs, "JOBS", {"backup": JobKind("", refused)})
    with pytest.raises(RuntimeError):
        did(database, "backup", '[mail]\nimap_password = "s3cret-word"')
    assert (row(database, "backup").outcome or {})["said"] == "RuntimeError: login of us with *** refused"


@pytest.mark.parametrize(("due", "state"), [("K", RunState.OPEN), ("manual:K", RunState.FAILED)])
def test_broken_off_a_time_is_open_again_and_what_a_person_started_is_over(
    database: Database, monkeypatch: pytest.MonkeyPatch, due: str, state: RunState
) -> None:
    def interrupt(work: Work) -> Report:
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "JOBS", {"night": JobKind("", interrupt)})
    ended = run_job(Work(database, settings(), due, (), lambda _: None), "night")
    assert isinstance(ended, jobs.Interrupted)
    assert (row(database, "night").state, row(database, "night").claimed_by) == (state, None)


def test_a_large_log_is_put_aside_and_three_of_them_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "night.log"
    for number in range(6):
        log.write_text(f"{number}" * 20, "utf-8")
        rotate(log, largest=10)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"night.log.{n}" for n in (1, 2, 3)]
    assert (tmp_path / "night.log.1").read_text("utf-8")[0] == "5"
    log.write_text("short", "utf-8")
    rotate(log, largest=10)
    assert log.exists()
