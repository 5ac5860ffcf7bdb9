"""Which evidence may go: files that only old visits refer to. Records stay."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.evidence import EvidenceStore, Kept
from storage.records import EditionFile, Event, Page, PageState, Reply, Visit
from storage.records.columns import as_utc

BATCH = 500
"""Files asked about at once; well under the number of values a statement may hold."""


class Retired(NamedTuple):
    """What was removed, or in a dry run would be: how many files, and how many bytes they take on the disk."""

    files: int
    bytes: int


def retire(
    database: Database,
    store: EvidenceStore,
    before: datetime,
    *,
    kept_runs: Collection[str] = (),
    dry_run: bool = False,
) -> Retired:
    """Remove the evidence that nothing younger than *before* needs, and return how much that was.

    A visit is as old as its end, or its start where it never ended. The visits of *kept_runs*, those on which a
    published edition rests, do not age, nor do events, replies and the files of editions. A file written since *before*
    stays whatever the records say: a crawl at work stores the file first and the record afterwards. With *dry_run* nothing
    is removed.
    Raises ``ValueError`` for a naive *before*, :class:`~storage.problems.StorageProblem` when a file or the database
    is in the way.
    """
    limit = as_utc(before)
    sizes: list[int] = []
    for old in _batches(kept.name for kept in store.inventory() if kept.written_at < limit):
        with database.reading() as session:
            needed = still_needed(session, old, limit, kept_runs)
        # Looked at once more: what was put again in the meantime is young, and its record is on its way.
        again = store.look_through(name for name in old if name not in needed)
        sizes += _discard(store, [kept for _, kept in again if kept is not None and kept.written_at < limit], dry_run)
    sizes += _discard(store, store.leftovers(limit), dry_run)
    return Retired(len(sizes), sum(sizes))


def still_needed(session: Session, names: Collection[str], before: datetime, kept_runs: Collection[str]) -> set[str]:
    """Return those of *names* that a visit since *before*, a visit of *kept_runs*, an event, a reply or an edition has."""
    age = func.coalesce(Visit.finished_at, Visit.started_at)
    lasting = or_(age >= before, Visit.run_id.in_(kept_runs))
    seen = [select(Visit.robots).where(Visit.robots.in_(names), lasting)]
    for column in (Page.evidence, PageState.html, PageState.layout, PageState.picture):
        seen.append(select(column).join(Visit, Visit.id == column.class_.visit_id).where(column.in_(names), lasting))
    events = select(Event.evidence).where(Event.evidence.in_(names))
    replies = select(Reply.evidence).where(Reply.evidence.in_(names))
    frozen = select(EditionFile.evidence).where(EditionFile.evidence.in_(names))
    return {name for name in session.scalars(events.union(replies, frozen, *seen)) if name is not None}


def _discard(store: EvidenceStore, files: list[Kept], dry_run: bool) -> list[int]:
    """Remove *files*, unless this is a dry run, and return the bytes each takes on the disk."""
    if not dry_run:
        store.discard(*files)
    return [kept.size for kept in files]


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    left = iter(names)
    while batch := list(islice(left, BATCH)):
        yield batch
