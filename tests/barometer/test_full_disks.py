"""A full or read-only disk is one line with the remedy and exit code 2, and what was stored before stays."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from barometer.backups.backup import create
from barometer.backups.check import check
from barometer.backups.manifest import EVIDENCE, backups, read_backup
from barometer.backups.repair import repair
from barometer.backups.restore import restore
from barometer.errors import UserError
from barometer.settings import Settings
from schedules.children import Ended, Limits, run_child
from storage.database import open_database
from storage.evidence import EvidenceStore
from storage.problems import EvidenceProblem
from storage.records import Merchant, Page, Visit
from tests.barometer.command_line import ROOT, Finished, run_process
from tests.barometer.live import LoggedSite, serving
from tests.barometer.small_disks import SmallDisk, small_disk

__all__ = ["small_disk"]

FULL: list[Callable[[SmallDisk], None]] = [SmallDisk.fill, SmallDisk.read_only]
EITHER = pytest.mark.parametrize("end", FULL, ids=["full", "read-only"])
REMEDY = r"(make room|choose|make .* writable|name another|give another)"


def one_line(done: Finished) -> str:
    """Return the line a command ended with, sure that it is one, of bad luck and not of a defect."""
    assert "Traceback" not in done.err, done.err
    assert done.code == 2, done.err
    lines = [line for line in done.err.splitlines() if line.startswith("barometer: ")]
    assert len(lines) == 1, done.err
    return lines[0]


def merchants(database: str) -> int:
    with open_database(database) as opened, opened.reading() as session:
        return session.scalar(select(func.count()).select_from(Merchant)) or 0


def panel(file: Path, count: int) -> Path:
    file.write_text("name,url\n" + "".join(f"Shop {one},http://shop{one}.example/\n" for one in range(count)))
    return file


def test_a_database_on_a_full_disk_is_told_and_keeps_what_it_held(small_disk: SmallDisk, tmp_path: Path) -> None:
    database = f"sqlite:///{small_disk.path / 'b.db'}"
    first, many = panel(tmp_path / "first.csv", 3), panel(tmp_path / "many.csv", 3000)
    environment = {"BAROMETER_DATABASE": database}
    assert run_process("panel", "import", str(first), cwd=tmp_path, environment=environment).code == 0
    small_disk.fill(leaving=80_000)
    told = one_line(run_process("panel", "import", str(many), cwd=tmp_path, environment=environment))
    assert "make room on the disk" in told
    small_disk.make_room()
    assert merchants(database) == 3
    more = panel(tmp_path / "more.csv", 20)
    assert run_process("panel", "import", str(more), cwd=tmp_path, environment=environment).code == 0
    assert merchants(database) == 20


def test_a_database_on_a_disk_without_any_room_left_is_told(small_disk: SmallDisk, tmp_path: Path) -> None:
    database = f"sqlite:///{small_disk.path / 'b.db'}"
    environment = {"BAROMETER_DATABASE": database}
    assert (
        run_process("panel", "import", str(panel(tmp_path / "a.csv", 3)), cwd=tmp_path, environment=environment).code
        == 0
    )
    small_disk.fill()
    told = one_line(
        run_process("panel", "import", str(panel(tmp_path / "b.csv", 9)), cwd=tmp_path, environment=environment)
    )
    assert "make room on the disk" in told
    small_disk.make_room()
    assert merchants(database) == 3


def test_a_database_on_a_read_only_disk_is_told(small_disk: SmallDisk, tmp_path: Path) -> None:
    database = f"sqlite:///{small_disk.path / 'b.db'}"
    environment = {"BAROMETER_DATABASE": database}
    assert (
        run_process("panel", "import", str(panel(tmp_path / "a.csv", 3)), cwd=tmp_path, environment=environment).code
        == 0
    )
    small_disk.read_only()
    told = one_line(
        run_process("panel", "import", str(panel(tmp_path / "b.csv", 9)), cwd=tmp_path, environment=environment)
    )
    assert "make the file writable" in told or "may write" in told


@EITHER
def test_evidence_that_cannot_be_written_is_told_and_what_was_there_is_whole(
    small_disk: SmallDisk, end: Callable[[SmallDisk], None]
) -> None:
    store = EvidenceStore(small_disk.path / "evidence")
    name = store.put(b"<html>before</html>", ".html")
    end(small_disk)
    with pytest.raises(EvidenceProblem, match=REMEDY):
        store.put(os.urandom(200_000), ".png")
    assert list(store) == [name]
    assert store.verify(name)
    assert not list(small_disk.path.rglob("*.part"))


@EITHER
def test_a_crawl_whose_evidence_cannot_be_written_is_told_and_loses_nothing(
    small_disk: SmallDisk, end: Callable[[SmallDisk], None], tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'b.db'}"
    environment = {"BAROMETER_DATABASE": database, "BAROMETER_EVIDENCE": str(small_disk.path / "evidence")}
    page = "<html lang=fr><body><a href='tel:+33344271900'>03 44 27 19 00</a></body></html>"
    sites = [LoggedSite({"/": page}), LoggedSite({"/": page + "<p>2"})]
    with serving(sites, "127.0.0.1") as (url, two):
        (tmp_path / "p.csv").write_text(f"name,url\nShop,{url}\n")
        (tmp_path / "q.csv").write_text(f"name,url\nShop 2,{two}\n")
        run_process("panel", "import", "p.csv", cwd=tmp_path, environment=environment)
        done = run_process("crawl", "--allow-private", cwd=tmp_path, environment=environment)
        assert done.code == 0, done.err
        run_process("panel", "import", "q.csv", cwd=tmp_path, environment=environment)
        end(small_disk)
        told = one_line(run_process("crawl", "--new", "--allow-private", cwd=tmp_path, environment=environment))
    assert "evidence cannot be written" in told
    with open_database(database) as opened, opened.reading() as session:
        # What was stored before needs no room to be stored again.
        assert {(visit.url, visit.status) for visit in session.scalars(select(Visit))} == {(f"{url}/", "complete")}
        named = set(session.scalars(select(Page.evidence)))
    store = EvidenceStore(small_disk.path / "evidence")
    assert named == set(store) - set(session_robots(database))
    assert all(store.verify(name) for name in named)
    with open_database(database) as opened:
        settings = Settings(database=database, evidence=small_disk.path / "evidence")
        assert repair(opened, settings, dry_run=True).whole


def session_robots(database: str) -> list[str | None]:
    with open_database(database) as opened, opened.reading() as session:
        return list(session.scalars(select(Visit.robots)))


def filled(tmp_path: Path) -> Settings:
    """Return the settings of a database with one page of evidence that does not fit on a small disk."""
    settings = Settings(database=f"sqlite:///{tmp_path / 'b.db'}", evidence=tmp_path / "live")
    name = EvidenceStore(settings.evidence).put(os.urandom(1_500_000), ".png")
    with open_database(settings.database) as database:
        database.migrate()
        visit = Visit(url="https://shop.example/")
        with database.session() as session:
            session.add_all([visit, Page(visit_id=visit.id, url="u", depth=0, evidence=name)])
    return settings


@EITHER
def test_a_backup_that_has_no_room_is_told_and_leaves_nothing_but_the_backups_before_it(
    small_disk: SmallDisk, end: Callable[[SmallDisk], None], tmp_path: Path
) -> None:
    settings = filled(tmp_path)
    folder = small_disk.path / "backups"
    empty = Settings(database=f"sqlite:///{tmp_path / 'small.db'}", evidence=tmp_path / "none")
    with open_database(empty.database) as database:
        database.migrate()
    before = create(empty, folder)
    end(small_disk)
    with pytest.raises(UserError, match="earlier backups are whole"):
        create(settings, folder)
    assert [one.folder for one in backups(folder)[0]] == [before.folder]
    assert check(before and read_backup(before.folder)).problems == []
    assert not list(folder.glob(".unfinished-*"))
    assert list(EvidenceStore(folder / EVIDENCE)) == []


@EITHER
def test_a_restore_that_has_no_room_is_told_and_goes_on_when_there_is(
    small_disk: SmallDisk, end: Callable[[SmallDisk], None], tmp_path: Path
) -> None:
    made = create(filled(tmp_path), tmp_path / "backups")
    end(small_disk)
    with pytest.raises(UserError, match="make room, or choose another place"):
        restore(read_backup(made.folder), f"sqlite:///{tmp_path / 'back.db'}", small_disk.path / "back")
    assert not (tmp_path / "back.db").exists()


@EITHER
def test_a_child_whose_log_cannot_be_written_ends_with_the_code_of_a_disk_in_the_way(
    small_disk: SmallDisk, end: Callable[[SmallDisk], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    (small_disk.path / "child.log").write_text("before\n" * 4096)  # whole pages: not a byte is left
    end(small_disk)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, "-c", "from barometer.cli import main; main()", "settings"]
    done = asyncio.run(run_child(command, Limits(60), small_disk.path / "child.log"))
    if end is SmallDisk.read_only:
        assert done.ended is Ended.NOT_STARTED
        assert "Read-only file system" in (done.problem or "")
    else:
        assert (done.ended, done.exit_code) == (Ended.EXITED, 2)
    assert (small_disk.path / "child.log").read_text().startswith("before\n")


def test_output_that_cannot_be_written_is_told_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from barometer.cli import main; main()", "settings"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    told = one_line(Finished(done.returncode, "", done.stderr.decode()))
    assert "make room" in told
