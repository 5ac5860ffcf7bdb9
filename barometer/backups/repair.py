"""Bring records and evidence in step again after crashes: what is no longer anybody's goes, what is missing is named.

A row whose file is gone stays as it is: it is a record of what was seen, and it names the SHA-256 by which a copy of the file can
be known again. It proves nothing meanwhile: every picture and every export is made from the file itself, checked against its
name, and says "missing" without it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from barometer.backups.settings import retired_before
from barometer.crawl import worked_on
from barometer.errors import UserError
from barometer.jobs.claims import KIND as JOB
from barometer.jobs.storage import runs_of_editions
from barometer.settings import Settings
from storage import orphans
from storage.database import Database
from storage.evidence import EvidenceStore
from storage.orphans import Reference, Side
from storage.records import Batch, Run, Visit, utc_now
from storage.vocabulary import RunState

YOUNGEST_ORPHAN = timedelta(hours=1)
"""How long a file without a row is left alone (*ours*): a crawl stores the file first, and the row when the site is read."""
ABANDONED = timedelta(days=1)
"""Age from which a visit that never ended is taken for abandoned; no site may take longer (``budgets.seconds``)."""
LISTED = 1000
"""Missing files named one by one; the rest is counted."""
_BATCH = 500
_SAMPLE, _TOO_FEW = 1000, 20
_One = TypeVar("_One")

Told = Callable[[str, int], None]


class Taken(NamedTuple):
    """How many files were removed, or in a dry run would be, and the bytes they take on the disk."""

    files: int
    bytes: int


class Repaired(NamedTuple):
    """What was found, and done about it unless ``dry_run``.

    ``visits`` never ended and were removed; ``released`` are the runs and batches whose holder died; ``orphans`` are files
    without a row, ``leftovers`` files half written. ``missing`` is how many files are gone that rows rely on:
    ``references`` name the first of these rows. ``retired`` are files that retention took away, as it should;
    ``brought_back`` were missing and came from a backup.
    """

    dry_run: bool
    visits: int
    released: list[str]
    orphans: Taken
    leftovers: Taken
    retired: int
    brought_back: int
    missing: int
    references: list[Reference]

    @property
    def whole(self) -> bool:
        """Whether nothing is left that a person must mend."""
        return not self.missing

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values, ``schema`` ``barometer-repair/1``."""
        plain = {**self._asdict(), "orphans": self.orphans._asdict(), "leftovers": self.leftovers._asdict()}
        del plain["references"]
        return {
            "schema": "barometer-repair/1",
            **plain,
            "missing_in": [
                {
                    "evidence": one.evidence, "table": one.table, "column": one.column, "row": one.row,
                    "visit": one.visit_id, "url": one.url,
                }
                for one in self.references
            ],
        }  # fmt: skip


def repair(
    database: Database,
    settings: Settings,
    *,
    dry_run: bool = False,
    strangers: bool = False,
    copies: Path | None = None,
    told: Told = lambda _what, _count: None,
) -> Repaired:
    """Mend what can be mended and return what was found; with *dry_run* nothing is changed.

    Missing files are brought back from *copies*, a backup's folder of evidence, where that has them whole. Nothing of a crawl
    at work is touched. *told* hears what is being done, and how much of it is done. Broken off anywhere, the next one goes
    on. Raises :class:`UserError` where the folder seems to belong to another database, unless *strangers* says that it does
    not, and :class:`~storage.problems.StorageProblem`.
    """
    now, store = utc_now(), EvidenceStore(settings.evidence)
    gone = now - ABANDONED
    if not (dry_run or strangers):
        _refuse_another_database(database, store)
    told("runs and batches", 0)
    with database.reading() if dry_run else database.session() as session:
        released = _released(session, dry_run)
        young = min([now - _longest_wait(settings), *_since(session)])
        lasting = set(runs_of_editions(session))
    visits = _unclosed(database, gone, dry_run)
    comparing = _Comparing(database, store, young, gone, dry_run)
    retired_at = retired_before(settings, now)
    retired = brought_back = missing = looked = 0
    named: list[Reference] = []
    for found in _batches(orphans.sides(database, store, gone)):
        looked += len(found)
        told("files and rows of evidence", looked)
        batch = [one for one in found if not (one.in_rows and one.in_files)]
        comparing.take_away([one.name for one in batch if one.in_files])
        lost, old = _lost([one for one in batch if one.in_rows], database, store, retired_at, lasting)
        back = _brought_back({one.evidence for one in lost}, store, copies, dry_run)
        lost = [one for one in lost if one.evidence not in back]
        retired += old
        brought_back += len(back)
        missing += len({one.evidence for one in lost})
        named += lost[: LISTED - len(named)]
    leftovers = _leftovers(store, young, dry_run)
    return Repaired(dry_run, visits, released, comparing.taken, leftovers, retired, brought_back, missing, named)


def _refuse_another_database(database: Database, store: EvidenceStore) -> None:
    """Raise :class:`UserError` where not one of many files is known: a wrong address would cost all evidence."""
    first = list(islice(store, _SAMPLE))
    if len(first) < _TOO_FEW:
        return
    with database.reading() as session:
        if any(len(orphans.unneeded(session, part)) < len(part) for part in _batches(first)):
            return
    raise UserError(
        f"none of {len(first)} files looked at in {store.location} is known to the database {database.address}",
        "check both in the settings; if they do belong together, give --strangers",
    )


class _Comparing:
    """Removes files that no row refers to."""

    def __init__(
        self, database: Database, store: EvidenceStore, young: datetime, gone: datetime, dry_run: bool
    ) -> None:
        self._database, self._store, self._young, self._gone, self._dry_run = database, store, young, gone, dry_run
        self.taken = Taken(0, 0)

    def take_away(self, names: Collection[str]) -> None:
        """Remove those of *names* that are old enough and still nobody's."""
        old = [kept for name in names if (kept := self._store.look(name)) and kept.written_at < self._young]
        if not old:
            return
        with self._database.reading() as session:
            free = orphans.unneeded(session, [kept.name for kept in old], self._gone)
        for kept in old:
            if kept.name in free and (self._dry_run or self._store.take_away(kept, self._young)):
                self.taken = Taken(self.taken.files + 1, self.taken.bytes + kept.size)


def _longest_wait(settings: Settings) -> timedelta:
    """Return how long a file may wait for its row: a site's time, and as much again for what is stored at its end."""
    return max(YOUNGEST_ORPHAN, 2 * timedelta(seconds=settings.budgets.seconds))


def _since(session: Session) -> list[datetime]:
    """Return when those runs began that somebody is at work on: what was stored since may be theirs."""
    return [run.started_at for run in session.scalars(select(Run).where(Run.state == RunState.OPEN)) if _alive(run)]


def _released(session: Session, dry_run: bool) -> list[str]:
    """Take the name of the holder from runs and batches where it died; they are taken up again, or given up, as ever."""
    runs = select(Run).where(Run.state == RunState.OPEN, Run.claimed_by.is_not(None)).order_by(Run.started_at, Run.id)
    batches = select(Batch).where(Batch.state == RunState.OPEN, Batch.claimed_by.is_not(None))
    held: list[Run | Batch] = [
        *session.scalars(runs), *session.scalars(batches.order_by(Batch.run_id, Batch.number)),
    ]  # fmt: skip
    dead = [one for one in held if not _alive(one)]
    released = [_named(one) for one in dead]
    for one in dead if not dry_run else ():
        row = type(one)
        mine = (row.id == one.id, row.token == one.token, row.claimed_by == one.claimed_by)
        session.execute(update(row).where(*mine).values(claimed_by=None, lease_until=None))
    return released


def _alive(held: Run | Batch) -> bool:
    """Tell whether somebody may be at work on *held*: jobs are heard of every minute, so that of these the lease says."""
    if isinstance(held, Run) and held.kind.startswith(JOB):
        return held.lease_until is not None and held.lease_until > utc_now()
    # What is read of it are the columns that both have.
    return worked_on(cast(Run, held))


def _named(held: Run | Batch) -> str:
    if isinstance(held, Batch):
        return f"batch {held.number} of run {held.run_id[:8]}, held by {held.claimed_by}"
    return f"{held.kind} {held.due or held.id[:8]}, held by {held.claimed_by}"


def _unclosed(database: Database, gone: datetime, dry_run: bool) -> int:
    if dry_run:
        with database.reading() as session:
            query = select(func.count()).select_from(Visit).where(Visit.id.in_(orphans.unclosed(gone)))
            return session.scalar(query) or 0
    removed = 0
    while True:
        with database.session() as session:
            batch = orphans.remove_unclosed(session, gone)
        if not batch:
            return removed
        removed += batch


def _lost(
    sides: Collection[Side], database: Database, store: EvidenceStore, retired: datetime, lasting: set[str]
) -> tuple[list[Reference], int]:
    """Return the rows whose file ought to be there and is not, and how many files retention took away."""
    gone = [side.name for side in sides if not store.exists(side.name)]
    if not gone:
        return [], 0
    with database.reading() as session:
        found = orphans.references(session, gone)
    kept = [one for one in found if one.aged_from is None or one.aged_from >= retired or one.run_id in lasting]
    lost = {one.evidence for one in kept}
    return kept, len({one.evidence for one in found} - lost)


def _brought_back(names: set[str], store: EvidenceStore, copies: Path | None, dry_run: bool) -> set[str]:
    """Copy what *copies* holds whole of *names* into the store, and return it."""
    if copies is None:
        return set()
    source = EvidenceStore(copies)
    whole = {kept.name: kept for name in names if source.verify(name) and (kept := source.look(name)) is not None}
    for name in sorted(whole) if not dry_run else ():
        store.put(source.get(name), whole[name].suffix)
    return set(whole)


def _leftovers(store: EvidenceStore, young: datetime, dry_run: bool) -> Taken:
    parts = store.leftovers(young)
    if not dry_run:
        store.discard(*parts)
    return Taken(len(parts), sum(part.size for part in parts))


def _batches(found: Iterable[_One]) -> Iterator[list[_One]]:
    left = iter(found)
    while batch := list(islice(left, _BATCH)):
        yield batch
