"""After a repair every row has its file or is named, every file has its row, and nothing at work was touched."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.types import String

from barometer.backups.backup import create
from barometer.backups.repair import Repaired, repair
from barometer.errors import UserError
from barometer.processes import this_process
from barometer.settings import Settings
from storage import orphans
from storage.database import Database, open_database
from storage.evidence import EvidenceStore
from storage.orphans import LASTING, OF_VISITS, Side, merged, sides
from storage.records import Batch, Edition, Page, Record, Reply, Run, Visit
from storage.vocabulary import ReplyKind, RunState
from tests.barometer.backup_commands import barometer, surroundings

NOW = datetime.now(UTC)
DEAD = "another-machine:4000000"


class Place:
    """A database and a store, and ways to put them out of step."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.store = url, EvidenceStore(folder / "live")
        self.settings = Settings(database=url, evidence=self.store.directory)
        self.database: Database = open_database(url)
        self.database.migrate()

    def file(self, words: str, age: timedelta = timedelta(days=2)) -> str:
        """Keep a file that is *age* old, and return its name."""
        name = self.store.put(words.encode(), ".html")
        then = (NOW - age).timestamp()
        os.utime(self.store.path(name), (then, then))
        return name

    def visit(
        self, evidence: str, finished: datetime | None = NOW, started: datetime = NOW, run: Run | None = None
    ) -> str:
        """Keep a visit with one page, and return its key."""
        visit = Visit(url="https://shop.example/", started_at=started, finished_at=finished, run_id=run and run.id)
        page = Page(visit_id=visit.id, url="https://shop.example/\x1b[31m", depth=0, evidence=evidence)
        self.keep(*([run] if run else []), visit, page)
        return visit.id

    def keep(self, *records: Record) -> None:
        """Store records."""
        with self.database.session() as session:
            session.add_all(records)

    def repair(self, **options: bool) -> Repaired:
        """Repair."""
        return repair(self.database, self.settings, **options)


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    made = Place(database_url, tmp_path)
    yield made
    made.database.close()


def test_every_column_that_names_evidence_is_known() -> None:
    known = {(one.class_.__tablename__, one.key) for one in (*OF_VISITS, *LASTING)}
    others = {("edition", "grid_hash"), ("reply", "fingerprint")}
    sums = {
        (table.name, column.name)
        for table in Record.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, String) and column.type.length == 64
    }
    assert sums == known | others
    assert Edition.__tablename__ == "edition"


@pytest.mark.parametrize(
    ("rows", "files", "found"),
    [
        ("", "", []),
        ("a", "", [Side("a", True, False)]),
        ("", "a", [Side("a", False, True)]),
        ("ac", "bc", [Side("a", True, False), Side("b", False, True), Side("c", True, True)]),
        ("bc", "ac", [Side("a", False, True), Side("b", True, False), Side("c", True, True)]),
    ],
)
def test_two_series_of_names_are_compared_in_order(rows: str, files: str, found: list[Side]) -> None:
    assert list(merged(rows, files)) == found


def test_what_is_in_step_is_left_as_it_is(place: Place) -> None:
    name = place.file("page")
    place.visit(name)
    done = place.repair()
    assert (done.whole, done.visits, done.released, done.orphans.files, done.retired) == (True, 0, [], 0, 0)
    assert place.store.verify(name)


def test_an_old_file_without_a_row_goes_and_a_young_one_stays(place: Place) -> None:
    known, old, young = place.file("known"), place.file("old"), place.file("young", timedelta(minutes=20))
    place.visit(known)
    size = place.store.path(old).stat().st_size
    assert place.repair(dry_run=True).orphans == (1, size)
    assert place.store.exists(old)
    assert place.repair().orphans == (1, size)
    assert set(place.store) == {known, young}
    assert place.repair().orphans == (0, 0)


def test_a_file_may_wait_for_its_row_as_long_as_a_site_may_take(place: Place) -> None:
    place.visit(place.file("known"))
    name = place.file("of a long visit", timedelta(hours=3))
    patient = Settings(database=place.url, evidence=place.store.directory, budgets={"seconds": 7200})
    assert repair(place.database, patient).orphans.files == 0
    assert place.store.exists(name)
    assert place.repair().orphans.files == 1


def test_what_was_stored_since_a_crawl_at_work_began_is_left_alone(place: Place) -> None:
    before, since = place.file("before", timedelta(hours=9)), place.file("since", timedelta(hours=5))
    run = Run(
        kind="crawl",
        started_at=NOW - timedelta(hours=6),
        claimed_by="elsewhere:1",
        lease_until=NOW + timedelta(hours=1),
    )
    place.keep(run)
    place.repair()
    assert set(place.store) == {since}
    assert before != since


def test_a_file_that_is_put_again_while_it_is_taken_away_stays(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    name = place.file("page")
    kept = place.store.look(name)
    assert kept is not None
    os.utime(kept.file)  # what a crawl does that puts the same page once more
    assert not place.store.take_away(kept, NOW - timedelta(hours=1))
    assert place.store.verify(name)
    then = (NOW - timedelta(days=1)).timestamp()
    os.utime(kept.file, (then, then))
    assert place.store.take_away(kept, NOW - timedelta(hours=1))
    assert not place.store.exists(name)


def test_half_written_files_go(place: Place) -> None:
    place.visit(place.file("page"))
    folder = next(place.store.directory.glob("??/??"))
    for name, age in (("old", 86_400), ("young", 60)):
        (folder / f".{name}.part").write_bytes(b"half")
        os.utime(folder / f".{name}.part", (NOW.timestamp() - age,) * 2)
    assert place.repair().leftovers == (1, 4)
    assert {one.name for one in folder.glob(".*.part")} == {".young.part"}


def test_a_row_without_its_file_is_named_and_stays(place: Place) -> None:
    name = place.file("page")
    visit = place.visit(name)
    place.store.remove(name)
    done = place.repair()
    assert (done.whole, done.missing) == (False, 1)
    (one,) = done.references
    assert (one.evidence, one.table, one.column, one.visit_id) == (name, "page", "evidence", visit)
    with place.database.reading() as session:
        assert session.scalars(select(Page.evidence)).all() == [name]


def test_files_that_retention_or_the_purge_took_are_not_missing(place: Place) -> None:
    long_ago = NOW - timedelta(days=500)
    old, raw = place.file("old"), place.file("raw")
    place.visit(old, finished=long_ago, started=long_ago)
    place.keep(Reply(kind=ReplyKind.HUMAN, rule="r", received_at=long_ago, source="m", evidence=raw, purged_at=NOW))
    place.store.remove(old)
    place.store.remove(raw)
    done = place.repair()
    assert (done.whole, done.missing, done.retired) == (True, 0, 1)


def test_the_file_of_an_old_visit_that_an_edition_rests_on_is_missing_for_all_its_age(place: Place) -> None:
    long_ago = NOW - timedelta(days=500)
    name = place.file("old")
    run = Run(kind="crawl", state=RunState.CLOSED, started_at=long_ago, finished_at=long_ago)
    edition = Edition(
        name="2025", grid="g", grid_hash="0" * 64, title="t", year=2025,
        tests_from=long_ago - timedelta(days=1), tests_until=long_ago + timedelta(days=1),
    )  # fmt: skip
    place.visit(name, finished=long_ago, started=long_ago, run=run)
    place.keep(edition)
    place.store.remove(name)
    assert place.repair().missing == 1


def test_missing_files_come_back_from_a_backup(place: Place, tmp_path: Path) -> None:
    name, other = place.file("page"), place.file("another")
    place.visit(name)
    place.visit(other)
    made = create(place.settings, tmp_path / "backups")
    copies = EvidenceStore(tmp_path / "backups" / "evidence")
    place.store.remove(name)
    place.store.remove(other)
    copies.remove(other)
    done = repair(place.database, place.settings, copies=copies.directory)
    assert (done.brought_back, done.missing) == (1, 1)
    assert place.store.verify(name)
    assert made.folder.is_dir()


def test_a_visit_that_never_ended_goes_with_its_rows_and_its_evidence(place: Place) -> None:
    yesterday = NOW - timedelta(days=2)
    known, lost, fresh = place.file("known"), place.file("lost"), place.file("fresh")
    place.visit(known)
    place.visit(lost, finished=None, started=yesterday)
    place.visit(fresh, finished=None)
    dry = place.repair(dry_run=True)
    assert (dry.visits, dry.orphans.files) == (1, 1)
    done = place.repair()
    assert (done.visits, done.orphans.files) == (1, 1)
    assert set(place.store) == {known, fresh}
    with place.database.reading() as session:
        assert set(session.scalars(select(Page.evidence))) == {known, fresh}


def test_runs_and_batches_of_the_dead_are_released_and_those_of_the_living_are_not(place: Place) -> None:
    past, coming = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    alive = Run(kind="crawl", due="alive", claimed_by="elsewhere:1", lease_until=coming, token=3)
    dead = Run(kind="crawl", due="dead", claimed_by=DEAD, lease_until=past, token=4)
    here = Run(
        kind="crawl", due="killed here", claimed_by=this_process().rpartition(":")[0] + ":4000000", lease_until=coming
    )
    job = Run(kind="job:backup", due="j", claimed_by=DEAD, lease_until=past)
    batch = Batch(run_id=alive.id, number=0, merchants=[], claimed_by=DEAD, lease_until=past, token=2)
    ended = Run(kind="crawl", due="e", state=RunState.CLOSED, claimed_by=DEAD, lease_until=past)
    place.keep(alive, dead, here, job, batch, ended)
    assert len(place.repair(dry_run=True).released) == 4
    done = place.repair()
    assert len(done.released) == 4
    assert done.released[-1].startswith("batch 0 of run")
    with place.database.reading() as session:
        held = {run.due: (run.claimed_by, run.token) for run in session.scalars(select(Run))}
        assert session.scalars(select(Batch.claimed_by)).all() == [None]
    assert held == {
        "alive": ("elsewhere:1", 3), "dead": (None, 4), "killed here": (None, 0), "j": (None, 0), "e": (DEAD, 0),
    }  # fmt: skip


def test_a_folder_that_another_database_owns_is_not_emptied(place: Place) -> None:
    for number in range(25):
        place.file(f"page {number}")
    with pytest.raises(UserError, match=r"is known to the database.*--strangers"):
        place.repair()
    assert len(list(place.store)) == 25
    assert place.repair(dry_run=True).orphans.files == 25
    assert place.repair(strangers=True).orphans.files == 25


def test_many_names_are_compared_without_holding_them(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans, "ROWS_AT_ONCE", 7)
    names = sorted(place.file(f"page {number}") for number in range(120))
    visit = Visit(url="https://shop.example/", finished_at=NOW)
    place.keep(visit, *(Page(visit_id=visit.id, url="u", depth=0, evidence=name) for name in names[::2] * 2))
    found = list(sides(place.database, place.store))
    assert [one.name for one in found] == names
    assert [one.name for one in found if one.in_rows] == names[::2]


def test_the_command_says_what_it_found_and_did(place: Place, tmp_path: Path) -> None:
    name = place.file("page")
    place.visit(name)
    place.file("nobody's")
    environment = surroundings(place.url, place.store.directory)
    dry = barometer("doctor", "--repair", "--dry-run", environment=environment, cwd=tmp_path)
    assert (dry.code, dry.out) == (0, "1 file without a row, 0.0 MB: would be removed\n")
    done = barometer("doctor", "--repair", environment=environment, cwd=tmp_path)
    assert (done.code, done.out) == (0, "1 file without a row, 0.0 MB: removed\n")
    again = barometer("doctor", "--repair", environment=environment, cwd=tmp_path)
    assert again.out == "rows and files are in step\n"
    place.store.remove(name)
    hurt = barometer("doctor", "--repair", environment=environment, cwd=tmp_path)
    assert (hurt.code, hurt.err.count("\n")) == (1, 1)
    assert name in hurt.out
    assert "\x1b" not in hurt.out
    told = json.loads(barometer("doctor", "--repair", "--json", environment=environment, cwd=tmp_path).out)
    assert (told["schema"], told["missing"], told["missing_in"][0]["evidence"]) == ("barometer-repair/1", 1, name)
