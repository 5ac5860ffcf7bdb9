"""Backups are of one moment, complete or none, and bring back what was there."""

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL, make_url

from barometer.backups import backup as module
from barometer.backups import evidence as backup_evidence
from barometer.backups.backup import BackupMade, Progress, create, prune
from barometer.backups.check import check
from barometer.backups.manifest import EVIDENCE, MANIFEST, NEEDED, backups, read_backup
from barometer.backups.restore import MARK, restore
from barometer.errors import UserError
from barometer.settings import Settings
from storage import schema
from storage.database import Database, open_database
from storage.evidence import EvidenceStore
from storage.records import Event, Page, PageState, Record, Reply, Visit
from storage.vocabulary import ReplyKind
from tests.barometer.backup_commands import barometer, surroundings, words
from tests.databases import fresh_database
from tests.storage.examples import one_of_each

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Place:
    """A database and a store that hold something, and a folder for their backups."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.store = EvidenceStore(folder / "live")
        self.settings = Settings(database=url, evidence=self.store.directory)
        self.backups = folder / "backups"
        self.database = open_database(url)
        self.database.migrate()

    def fill(self) -> None:
        """Keep one record of each kind; all that names evidence has its file."""
        records = one_of_each()
        page = self.store.put(b"<html>robots, page, event</html>", ".html")
        for record in records:
            match record:
                case Visit():
                    record.robots = self.store.put(b"User-agent: *", ".txt")
                case Page():
                    record.evidence = page
                case PageState():
                    record.html, record.layout = page, self.store.put(b"{}", ".json")
                    record.picture = self.store.put(os.urandom(50_000), ".png")
                case Event():
                    record.evidence = self.store.put(b"250 accepted", ".txt")
                case Reply():
                    record.evidence = self.store.put(b"From: shop", ".eml")
                    record.purged_at = None
                case _ if hasattr(record, "evidence"):
                    record.evidence = self.store.put(b"{'sheet': 1}", ".json")
        with self.database.session() as session:
            session.add_all(records)

    def reply(self, words: str) -> str:
        """Keep one more reply and its file, and return the name of that."""
        name = self.store.put(words.encode(), ".eml")
        kept = Reply(kind=ReplyKind.HUMAN, rule="r", received_at=NOON, source="mailbox", evidence=name, text=words)
        with self.database.session() as session:
            session.add(kept)
        return name

    def back_up(self, keep: int | None = None, told: Callable[[Progress], None] = lambda _: None) -> BackupMade:
        """Make a backup."""
        return create(self.settings, self.backups, keep, told)


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    made = Place(database_url, tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def other_url(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of an empty place of the same kind."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'other' / 'back.db'}"
        return
    server: URL = request.getfixturevalue("postgresql_server")
    with fresh_database(server) as fresh:
        wanted = make_url(database_url).query["options"]
        yield fresh.update_query_dict({"options": str(wanted)}).render_as_string(hide_password=False)


def rows(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table, in the order of their keys."""
    with database.reading() as session:
        return {
            name: [dict(row) for row in session.execute(select(table).order_by(table.c.id)).mappings()]
            for name, table in Record.metadata.tables.items()
        }


def contents(store: EvidenceStore) -> dict[str, bytes]:
    return {name: store.get(name) for name in store}


def test_what_is_restored_is_what_was_backed_up_every_row_and_every_file(
    place: Place, other_url: str, tmp_path: Path
) -> None:
    place.fill()
    made = place.back_up()
    assert check(read_backup(made.folder)).problems == []
    back = EvidenceStore(tmp_path / "back")
    done = restore(read_backup(made.folder), other_url, back.directory)
    with open_database(other_url) as database:
        assert rows(database) == rows(place.database)
        assert all(rows(database).values())
        database.migrate()
        assert database.revision() == schema.newest()
    assert contents(back) == contents(place.store)
    assert len(contents(back)) == 7
    assert (done.files, done.damaged_files) == (7, 0)
    assert not (back.directory / MARK).exists()


def test_triggers_and_references_come_back_too(place: Place, other_url: str, tmp_path: Path) -> None:
    place.fill()
    restore(read_backup(place.back_up().folder), other_url, tmp_path / "back")
    with open_database(other_url) as database, pytest.raises(Exception, match="only appended"), database.session() as s:
        s.delete(s.scalars(select(Event)).one())


def test_a_backup_holds_what_its_rows_name_and_not_what_nobody_needs(place: Place) -> None:
    place.fill()
    stranger = place.store.put(b"nobody's", ".txt")
    made = place.back_up()
    kept = EvidenceStore(place.backups / EVIDENCE)
    assert stranger not in set(kept)
    assert len(set(kept)) == made.manifest.evidence.files == 7


def test_a_second_backup_brings_new_files_only(place: Place) -> None:
    place.fill()
    assert place.back_up().new_files == 7
    place.reply("a second answer")
    second = place.back_up()
    assert (second.new_files, second.manifest.evidence.files) == (1, 8)


def test_on_one_disk_a_file_is_linked_and_a_link_is_never_what_comes_back(
    place: Place, other_url: str, tmp_path: Path
) -> None:
    name = place.reply("an answer")
    made = place.back_up()
    assert place.store.path(name).samefile(EvidenceStore(place.backups / EVIDENCE).path(name))
    restore(read_backup(made.folder), other_url, tmp_path / "back")
    assert EvidenceStore(tmp_path / "back").path(name).stat().st_nlink == 1


def test_on_another_disk_a_file_is_copied_with_its_age(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    name = place.reply("an answer")
    os.utime(place.store.path(name), (1_000_000_000, 1_000_000_000))

    def refused(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(backup_evidence.os, "link", refused)
    place.back_up()
    copy = EvidenceStore(place.backups / EVIDENCE).path(name)
    assert not copy.samefile(place.store.path(name))
    assert copy.read_bytes() == place.store.path(name).read_bytes()
    assert copy.stat().st_mtime == 1_000_000_000


def test_evidence_that_is_gone_already_is_listed_and_does_not_stop_a_backup(place: Place) -> None:
    place.fill()
    lost = place.reply("lost")
    place.store.remove(lost)
    made = place.back_up()
    assert (made.manifest.evidence.missing, made.manifest.evidence.files) == (1, 7)
    assert "1 without a file" in made.said()
    assert check(read_backup(made.folder)).wrong == 0


def test_a_backup_while_a_writer_writes_is_of_one_moment_and_holds_every_file_it_names(
    place: Place, other_url: str, tmp_path: Path
) -> None:
    place.fill()
    over = threading.Event()
    written: list[str] = []

    def write() -> None:
        while not over.is_set():
            written.append(place.reply(f"answer {len(written)} {uuid4()}"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 5:
            time.sleep(0.01)
        before = len(written)
        made = place.back_up()
        between = len(written)
        while len(written) < between + 5:
            time.sleep(0.01)
    finally:
        over.set()
        writer.join()
    assert made.manifest.evidence.missing == 0
    assert check(read_backup(made.folder)).problems == []
    restore(read_backup(made.folder), other_url, tmp_path / "back")
    with open_database(other_url) as database, database.reading() as session:
        back = set(session.scalars(select(Reply.evidence)))
    assert before < len(back) <= between + 2
    assert set(written[:before]) <= back <= set(contents(EvidenceStore(tmp_path / "back")))


def test_keeping_two_removes_older_ones_and_the_evidence_that_only_they_need(place: Place) -> None:
    first = place.reply("first")
    old = place.back_up()
    with place.database.session() as session:
        session.delete(session.scalars(select(Reply)).one())
    place.store.remove(first)
    second = place.reply("second")
    place.back_up(keep=2)
    assert {first, second} == set(EvidenceStore(place.backups / EVIDENCE))
    made = place.back_up(keep=2)
    assert made.pruned == [old.folder]
    assert not old.folder.exists()
    assert {second} == set(EvidenceStore(place.backups / EVIDENCE))
    assert [one.manifest.evidence.files for one in backups(place.backups)[0]] == [1, 1]


def test_what_a_damaged_backup_may_need_is_not_pruned(place: Place) -> None:
    name = place.reply("first")
    damaged = place.back_up()
    (damaged.folder / MANIFEST).write_text("{")
    with place.database.session() as session:
        session.delete(session.scalars(select(Reply)).one())
    place.back_up(keep=1)
    assert EvidenceStore(place.backups / EVIDENCE).exists(name)
    with pytest.raises(ValueError, match="at least 1"):
        prune(place.backups, 0)


def test_a_folder_of_backups_is_for_its_owner_alone(place: Place) -> None:
    made = place.back_up()
    assert stat.S_IMODE(place.backups.stat().st_mode) == 0o700
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700


def test_backups_into_the_folder_of_the_store_itself_are_refused(place: Place, tmp_path: Path) -> None:
    settings = Settings(database=place.url, evidence=tmp_path / "var" / "evidence")
    with pytest.raises(UserError, match="its folder of evidence would be in"):
        create(settings, tmp_path / "var", 1)


@pytest.mark.parametrize("when", ["database", "evidence", "manifest"])
def test_a_backup_that_fails_leaves_none_and_those_before_it_whole(
    place: Place, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.fill()
    before = place.back_up()
    added = place.reply("not in the first")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    step = {"database": (module, "dump"), "evidence": (backup_evidence, "_place"), "manifest": (module, "_finished")}
    monkeypatch.setattr(*step[when], fail)
    with pytest.raises(UserError, match=r"No space left on device.*make room"):
        place.back_up()
    monkeypatch.undo()
    assert [one.folder for one in backups(place.backups)[0]] == [before.folder]
    assert sorted(one.name for one in place.backups.iterdir()) == sorted([".lock", EVIDENCE, before.folder.name])
    assert not EvidenceStore(place.backups / EVIDENCE).exists(added)
    assert check(read_backup(before.folder)).problems == []


def test_two_backups_into_one_folder_at_once_are_refused(place: Place) -> None:
    def again(_: Progress) -> None:
        with pytest.raises(UserError, match="another backup is being made"):
            place.back_up()
        seen.append(True)

    seen: list[bool] = []
    place.fill()
    place.back_up(told=again)
    assert seen


@pytest.mark.slow
def test_a_killed_backup_leaves_nothing_that_looks_like_one_and_the_next_clears_up(place: Place) -> None:
    place.fill()
    for number in range(200):
        place.reply(f"{number} " + "x" * 2000)
    left = 0
    for wait in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.1):
        environment = surroundings(place.url, place.store.directory)
        begun = subprocess.Popen(
            words("backup", "create", "--to", place.backups), env=environment, stdout=-3, stderr=-3
        )
        while begun.poll() is None and not list(place.backups.glob(".unfinished-*")):
            time.sleep(0.005)
        time.sleep(wait * 0.2)
        begun.send_signal(signal.SIGKILL)
        begun.wait()
        left += bool(list(place.backups.glob(".unfinished-*")))
        for one in backups(place.backups)[0]:
            assert check(one).problems == []
    assert left > 0
    made = place.back_up(keep=1)
    assert sorted(one.name for one in place.backups.iterdir()) == sorted([".lock", EVIDENCE, made.folder.name])
    assert check(read_backup(made.folder)).problems == []


DAMAGE: dict[str, Callable[[Path], object]] = {
    "the database": lambda folder: _flip(next(folder.glob("database.*"))),
    "the list": lambda folder: (folder / NEEDED).write_text("../../../etc/passwd\n"),
    "a file": lambda folder: _flip(next((folder.parent / EVIDENCE).rglob("*.png"))),
    "no file": lambda folder: next((folder.parent / EVIDENCE).rglob("*.png")).unlink(),
    "no database": lambda folder: next(folder.glob("database.*")).unlink(),
}


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255
    file.unlink()
    file.write_bytes(content)


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_found_out_and_a_damaged_database_is_not_restored(
    place: Place, what: str, other_url: str, tmp_path: Path
) -> None:
    place.fill()
    made = place.back_up()
    DAMAGE[what](made.folder)
    found = check(read_backup(made.folder))
    assert found.wrong == len(found.problems) > 0
    if "file" in what:
        done = restore(read_backup(made.folder), other_url, tmp_path / "back")
        assert (done.files, done.damaged_files) == (6, 1)
        return
    with pytest.raises(UserError):
        restore(read_backup(made.folder), other_url, tmp_path / "back")
    assert not (tmp_path / "other").exists()


def test_a_restore_overwrites_nothing(place: Place, other_url: str, tmp_path: Path) -> None:
    place.fill()
    backup = read_backup(place.back_up().folder)
    with pytest.raises(UserError, match=r"nothing is overwritten"):
        restore(backup, place.url, tmp_path / "back")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        restore(backup, other_url, tmp_path / "full")
    with pytest.raises(UserError, match="the backup's own folder"):
        restore(backup, other_url, place.backups / EVIDENCE)
    assert len(rows(place.database)["visit"]) == 1
    assert [one.name for one in (tmp_path / "full").iterdir()] == ["mine"]


def test_a_restore_that_was_broken_off_goes_on(
    place: Place, other_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.fill()
    backup = read_backup(place.back_up().folder)
    monkeypatch.setattr(
        "barometer.backups.restore._database", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    with pytest.raises(UserError, match="the same command goes on"):
        restore(backup, other_url, tmp_path / "back")
    monkeypatch.undo()
    restore(backup, other_url, tmp_path / "back")
    assert contents(EvidenceStore(tmp_path / "back")) == contents(place.store)


def test_a_backup_of_a_newer_version_is_refused_in_one_line(place: Place, other_url: str, tmp_path: Path) -> None:
    made = place.back_up()
    manifest = json.loads((made.folder / MANIFEST).read_text())
    (made.folder / MANIFEST).write_text(json.dumps({**manifest, "revision": "9999"}))
    with pytest.raises(UserError, match="made by a newer version"):
        restore(read_backup(made.folder), other_url, tmp_path / "back")


def test_a_backup_of_one_kind_of_database_is_not_restored_to_the_other(place: Place, tmp_path: Path) -> None:
    made = place.back_up()
    url = "postgresql://127.0.0.1/x" if place.url.startswith("sqlite") else f"sqlite:///{tmp_path / 'x.db'}"
    with pytest.raises(UserError, match="and the address is one of"):
        restore(read_backup(made.folder), url, tmp_path / "back")


def test_a_database_of_an_older_revision_can_be_backed_up_before_it_is_changed(place: Place) -> None:
    place.reply("an answer")
    schema.downgrade(place.database.engine, "0003")
    made = place.back_up()
    assert made.manifest.revision == "0003"
    assert made.manifest.evidence.files == 1
    assert check(read_backup(made.folder)).problems == []


def test_a_database_without_tables_or_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no database"):
        create(Settings(database=f"sqlite:///{tmp_path / 'none.db'}"), tmp_path / "backups")
    assert not (tmp_path / "none.db").exists()
    open_database(f"sqlite:///{tmp_path / 'empty.db'}").close()
    with pytest.raises(UserError, match="nothing to back up"):
        create(Settings(database=f"sqlite:///{tmp_path / 'empty.db'}"), tmp_path / "backups")
    assert backups(tmp_path / "backups") == ([], [])


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "pg_dump is not on the PATH; install the client programs of PostgreSQL"),
        ("echo pg_dump '(PostgreSQL)' 9.6.1", "is of version 9, older than the server"),
        ("exit 3", "does not tell its version"),
    ],
)
def test_a_pg_dump_that_is_not_there_or_too_old_is_told(
    postgresql_database: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, said: str
) -> None:
    url = postgresql_database.render_as_string(hide_password=False)
    with open_database(url) as database:
        database.migrate()
    programs = tmp_path / "programs"
    programs.mkdir()
    if script:
        (programs / "pg_dump").write_text(f"#!/bin/sh\n{script}\n")
        (programs / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(UserError, match=said):
        create(Settings(database=url, evidence=tmp_path / "none"), tmp_path / "backups")
    assert backups(tmp_path / "backups") == ([], [])


@pytest.mark.postgres
def test_a_password_is_given_to_pg_dump_by_the_environment_alone(
    postgresql_database: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql_database.set(password="s3cret!").render_as_string(hide_password=False)
    with open_database(url) as database:
        database.migrate()
    seen = tmp_path / "seen"
    real = shutil.which("pg_dump")
    (tmp_path / "pg_dump").write_text(
        f'#!/bin/sh\necho "$@" >> {seen}\necho "=$PGPASSWORD" >> {seen}\nexec {real} "$@"\n'
    )
    (tmp_path / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    create(Settings(database=url, evidence=tmp_path / "none"), tmp_path / "backups")
    said = [line for line in seen.read_text().splitlines() if "s3cret" in line]
    assert said == ["=s3cret!"]


@pytest.mark.postgres
def test_a_backup_of_a_public_schema_comes_back(postgresql_server: URL, tmp_path: Path) -> None:
    with fresh_database(postgresql_server) as one, fresh_database(postgresql_server) as other:
        place = Place(one.render_as_string(hide_password=False), tmp_path)
        place.fill()
        made = place.back_up()
        restore(read_backup(made.folder), other.render_as_string(hide_password=False), tmp_path / "back")
        with open_database(other.render_as_string(hide_password=False)) as database:
            assert rows(database) == rows(place.database)
        place.database.close()


@pytest.mark.postgres
def test_tables_of_one_schema_are_not_restored_where_another_is_read(
    database_url: str, postgresql_server: URL, tmp_path: Path
) -> None:
    if database_url.startswith("sqlite"):
        return
    place = Place(database_url, tmp_path)
    made = place.back_up()
    place.database.close()
    with fresh_database(postgresql_server) as other, pytest.raises(UserError, match="search_path="):
        restore(read_backup(made.folder), other.render_as_string(hide_password=False), tmp_path / "back")


def test_a_sqlite_copy_is_one_file_that_any_reader_opens(tmp_path: Path) -> None:
    place = Place(f"sqlite:///{tmp_path / 'live.db'}", tmp_path)
    place.fill()
    made = place.back_up()
    place.database.close()
    names = {one.name for one in made.folder.iterdir()}
    assert names == {"database.sqlite3", "evidence.txt", "missing.txt", "manifest.json"}
    with sqlite3.connect(made.folder / "database.sqlite3") as opened:
        assert opened.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "invalid json"),
        (b"\xff\xfe", "invalid json"),
        (b'{"schema": "barometer-backup/9"}', "is no barometer-backup/1"),
        (b"[]", "should be|input"),
    ],
)
def test_a_manifest_that_is_none_is_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / MANIFEST).write_bytes(content)
    with pytest.raises(UserError, match=said) as told:
        read_backup(tmp_path / "b")
    assert "\n" not in str(told.value)
    found, damaged = backups(tmp_path)
    assert (found, len(damaged)) == ([], 1)


def test_the_commands_make_list_check_and_restore(place: Place, other_url: str, tmp_path: Path) -> None:
    place.fill()
    environment = surroundings(place.url, place.store.directory)
    made = barometer("backup", "create", "--to", "backups", "--json", environment=environment, cwd=tmp_path)
    assert made.code == 0, made.err
    assert json.loads(made.out)["evidence"]["files"] == 7
    listed = barometer("backup", "list", "--from", "backups", environment=environment, cwd=tmp_path)
    assert Path(json.loads(made.out)["backup"]).name in listed.out
    whole = barometer("backup", "verify", "--from", "backups", environment=environment, cwd=tmp_path)
    assert (whole.code, whole.out.count("whole, 7 files of evidence read")) == (0, 1), whole.err
    name = json.loads(made.out)["backup"]
    back = barometer(
        "restore", name, "--database", other_url, "--evidence", "back", environment=environment, cwd=tmp_path
    )
    assert back.code == 0, back.err
    assert "7 files of evidence are back" in back.err
    DAMAGE["a file"](tmp_path / name)
    hurt = barometer("backup", "verify", name, environment=environment, cwd=tmp_path)
    assert hurt.code == 1
    assert "is damaged" in hurt.out
    again = barometer(
        "restore", name, "--database", other_url, "--evidence", "back", environment=environment, cwd=tmp_path
    )
    assert (again.code, again.err.count("\n")) == (2, 1)


def test_what_is_no_backup_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    environment = surroundings(f"sqlite:///{tmp_path / 'x.db'}", tmp_path / "e")
    for given in (
        ["backup", "verify"],
        ["backup", "verify", "nothing\x1b[31m"],
        ["backup", "verify", "n" * 300],
        ["restore", "x", "--database", "sqlite:///y", "--evidence", "z"],
    ):
        done = barometer(*given, environment=environment, cwd=tmp_path)
        assert (done.code, done.err.count("\n")) == (2, 1), done.err
        assert done.err.startswith("barometer: ")
        assert "\x1b" not in done.err
