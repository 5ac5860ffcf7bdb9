"""Opening a database, writing to it from many processes, and saying plainly what is wrong with it."""

import pickle
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from storage import database as module
from storage.database import Database, open_database
from storage.problems import DatabaseProblem
from storage.records import Merchant, OptOut, OptOutKind, Run
from tests.databases import fresh_database
from tests.storage.processes import all_at_once

WRITERS, WRITES = 3, 40


def problem_of(url: str) -> DatabaseProblem:
    with pytest.raises(DatabaseProblem) as raised:
        open_database(url)
    assert "\n" not in str(raised.value)
    return raised.value


def test_a_sqlite_file_and_its_folder_are_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "barometer.db"
    open_database(f"sqlite:///{file}").close()
    assert file.is_file()


def test_sqlite_keeps_a_write_ahead_log_checks_references_and_waits(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'b.db'}") as database, database.session() as session:
        found = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    assert found == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "busy_timeout": module.LOCK_PATIENCE_SECONDS * 1000,
        "synchronous": 2,
    }


def test_a_database_in_memory_works(tmp_path: Path) -> None:
    with open_database("sqlite://") as database:
        database.migrate()
        with database.session() as session:
            session.add(OptOut(kind=OptOutKind.DOMAIN, value="no.example"))
        with database.reading() as session:
            assert session.scalar(select(OptOut.value)) == "no.example"


def test_an_error_in_a_session_undoes_all_of_it(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.session() as session:
        session.add(Run(kind="crawl"))
        session.flush()
        _ = 1 / 0
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Run)) == 0


def test_records_stay_readable_after_their_session(database: Database) -> None:
    run = Run(kind="crawl")
    with database.session() as session:
        session.add(run)
    assert run.kind == "crawl"
    with database.reading() as session:
        read = session.get_one(Run, run.id)
    assert read.kind == "crawl"


def test_a_reading_session_refuses_to_write(database: Database) -> None:
    with pytest.raises((DBAPIError, DatabaseProblem)), database.reading() as session:
        session.add(Run(kind="crawl"))
        session.commit()
    with database.session() as session:
        session.add(Run(kind="afterwards"))
    with database.reading() as session:
        assert session.scalars(select(Run.kind)).all() == ["afterwards"]


def test_a_reader_sees_one_moment_and_hinders_no_writer(database: Database) -> None:
    count = select(func.count()).select_from(Run)
    with database.reading() as reader:
        assert reader.scalar(count) == 0
        with database.session() as writer:
            writer.add(Run(kind="crawl"))
        assert reader.scalar(count) == 0
    with database.reading() as reader:
        assert reader.scalar(count) == 1


def test_writers_in_several_processes_lose_nothing(database: Database, database_url: str) -> None:
    run = Run(kind="crawl")
    with database.session() as session:
        session.add(run)
    assert all_at_once(_count_up, [(database_url, run.id)] * WRITERS) == [0] * WRITERS
    with database.reading() as session:
        assert session.get_one(Run, run.id).token == WRITERS * WRITES


def _count_up(url: str, run_id: str) -> None:
    with open_database(url) as database:
        for _ in range(WRITES):
            with database.session() as session:
                session.get_one(Run, run_id, with_for_update=True).token += 1


def test_a_writer_that_never_ends_is_reported_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOCK_PATIENCE_SECONDS", 0.05)
    url = f"sqlite:///{tmp_path / 'b.db'}"
    with open_database(url) as one, open_database(url) as other:
        one.migrate()
        with one.session() as writing:
            writing.add(Run(kind="crawl"))
            writing.flush()
            with pytest.raises(DatabaseProblem, match="another process is writing"), other.session() as waiting:
                waiting.scalar(select(Run.kind))


def test_a_full_disk_is_reported_in_one_line_and_undoes_the_session(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'b.db'}") as database:
        database.migrate()
        with pytest.raises(DatabaseProblem, match="make room on the disk"), database.session() as session:
            pages = session.scalar(text("PRAGMA page_count"))
            session.execute(text(f"PRAGMA max_page_count = {pages}"))
            session.add(Merchant(key="shop.example", name="x" * 1_000_000, url="https://shop.example/"))
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Merchant)) == 0


@pytest.mark.parametrize(
    "url", ["", "barometer.db", "/var/lib/barometer.db", "mysql://root@localhost/x", "postgresql+psycopg2://x/y", "://"]
)
def test_what_is_no_address_gets_examples_of_one(url: str) -> None:
    assert "sqlite:///barometer.db" in problem_of(url).remedy


@pytest.mark.parametrize("url", ["postgresql://me:s3cret@127.0.0.1:port/x", "postgresql//me:s3cret@127.0.0.1/x"])
def test_a_password_is_never_shown(url: str) -> None:
    assert "s3cret" not in str(problem_of(url))


def test_the_address_of_an_open_database_hides_its_password(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'b.db'}") as database:
        assert database.address == f"sqlite:///{tmp_path / 'b.db'}"
        engine = create_engine("postgresql+psycopg://me:s3cret@db.example/barometer")
        assert Database(engine).address == "postgresql+psycopg://me:***@db.example/barometer"


def test_a_password_behind_the_question_mark_is_not_shown_either() -> None:
    url = "postgresql://me@127.0.0.1:1/x?password=s3cret&sslpassword=s3cret&application_name=night"
    what = problem_of(url).what
    assert "s3cret" not in what and "application_name=night" in what
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    assert "s3cret" not in Database(engine).address


def test_a_problem_crosses_to_another_process_whole() -> None:
    problem = DatabaseProblem("the disk\nis full", "make room")
    again = pickle.loads(pickle.dumps(problem))
    assert (type(again), again.what, again.remedy) == (DatabaseProblem, "the disk is full", "make room")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    assert "unable to open" in problem_of(f"sqlite:///{tmp_path}").what


def test_a_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "folder" in problem_of(f"sqlite:///{tmp_path / 'file' / 'b.db'}").what


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "letters.txt"
    file.write_text("Dear Sir or Madam, " * 100)
    assert "choose another" in problem_of(f"sqlite:///{file}").remedy
    assert file.read_text().startswith("Dear Sir")


def test_a_file_that_cannot_be_written_is_reported_when_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "b.db"
    open_database(f"sqlite:///{file}").close()
    read_only = f"sqlite:///file:{file}?mode=ro&uri=true"
    with open_database(read_only) as database, pytest.raises(DatabaseProblem, match="make the file writable"):
        database.migrate()


def test_a_server_that_does_not_answer_is_reported() -> None:
    problem = problem_of("postgresql://me:s3cret@127.0.0.1:1/barometer")
    assert "s3cret" not in str(problem)
    assert "is the server running" in problem.remedy


def test_a_missing_driver_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "barometer[postgres]" in problem_of("postgresql://127.0.0.1/barometer").remedy


def test_a_sqlite_older_than_the_log_is_switched_over(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE note (words TEXT)")
    connection.close()
    with open_database(f"sqlite:///{file}") as database, database.session() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"


@pytest.fixture
def writer_without_log(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection that is writing to ``old.db``, a file without write-ahead log."""
    connection = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
    connection.execute("CREATE TABLE note (words TEXT)")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO note VALUES ('kept')")
    yield connection
    connection.close()


def test_the_switch_to_the_log_waits_for_whoever_is_writing(
    tmp_path: Path, writer_without_log: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The writer ends while we wait for it, and not before.
    monkeypatch.setattr(module.time, "sleep", lambda seconds: writer_without_log.execute("COMMIT"))
    with open_database(f"sqlite:///{tmp_path / 'old.db'}") as database, database.reading() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("SELECT words FROM note")) == "kept"


def test_a_switch_to_the_log_that_waits_for_ever_is_reported(
    tmp_path: Path, writer_without_log: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOCK_PATIENCE_SECONDS", 0)
    assert "another process is writing" in problem_of(f"sqlite:///{tmp_path / 'old.db'}").remedy


@pytest.mark.postgres
def test_a_database_that_does_not_exist_is_reported(postgresql_server: URL) -> None:
    url = postgresql_server.set(database="nobody_made_this").render_as_string(hide_password=False)
    assert problem_of(url).remedy == "create it, or mend the address"


@pytest.mark.postgres
def test_a_server_that_keeps_text_in_another_encoding_is_refused(postgresql_server: URL) -> None:
    options = "ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    with fresh_database(postgresql_server, options) as address:
        assert "LATIN1" in problem_of(address.render_as_string(hide_password=False)).what


@pytest.mark.postgres
@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_way_to_say_postgresql_is_read_by_psycopg_3(postgresql_database: URL, scheme: str) -> None:
    address = postgresql_database.render_as_string(hide_password=False).partition("://")[2]
    with open_database(f"{scheme}://{address}") as database:
        assert database.engine.driver == "psycopg"


@pytest.mark.postgres
def test_a_connection_that_the_server_ended_is_made_again(postgresql_database: URL) -> None:
    with open_database(postgresql_database.render_as_string(hide_password=False)) as database:
        with pytest.raises(DatabaseProblem), database.session() as session:
            _end_connection_of(database, session.scalar(text("SELECT pg_backend_pid()")))
            session.execute(text("SELECT 1"))
        with database.session() as session:
            assert session.scalar(text("SELECT 1")) == 1


def _end_connection_of(database: Database, process: int | None) -> None:
    with database.session() as session:
        session.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})


@pytest.mark.parametrize("use", [Database.migrate, Database.revision], ids=["migrate", "revision"])
def test_a_database_taken_away_is_reported(tmp_path: Path, use: Callable[[Database], object]) -> None:
    folder = tmp_path / "folder"
    with open_database(f"sqlite:///{folder / 'b.db'}") as database:
        database.close()
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        with pytest.raises(DatabaseProblem, match="where you may write"):
            use(database)
