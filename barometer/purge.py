"""Raw replies hold names and addresses of people: after the retention time they go, and the measures stay."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update

from storage.database import Database
from storage.evidence import EvidenceStore
from storage.records import Reply
from storage.records.columns import as_utc

BATCH = 500
"""Replies looked at in one transaction (*ours*)."""


class Purged(NamedTuple):
    """What was removed, or in a dry run would be: replies, and the bytes their raw messages take on the disk."""

    replies: int
    bytes: int


def purge(
    database: Database, store: EvidenceStore, before: datetime, now: datetime, *, dry_run: bool = False
) -> Purged:
    """Remove the raw message of every reply that arrived before *before*, and note *now* as the time of it.

    The reply's kind, rule, times and redacted words stay, so that every measure comes out as it was. The file goes first:
    broken off anywhere, the next purge goes on. With *dry_run* nothing is removed. Raises ``ValueError`` for a naive time,
    :class:`~storage.problems.StorageProblem` when a file or the database is in the way.
    """
    limit, size, count, last = as_utc(before), 0, 0, ""
    while True:
        with database.reading() as session:
            query = select(Reply.id, Reply.evidence).where(Reply.received_at < limit, Reply.purged_at.is_(None))
            batch = session.execute(query.where(Reply.id > last).order_by(Reply.id).limit(BATCH)).all()
        if not batch:
            return Purged(count, size)
        last = batch[-1].id
        for _, evidence in batch:
            kept = store.look(evidence)
            count += 1
            size += kept.size if kept else 0
            if kept and not dry_run:
                store.discard(kept)
        if not dry_run:
            with database.session() as session:
                keys = [key for key, _ in batch]
                session.execute(update(Reply).where(Reply.id.in_(keys)).values(purged_at=as_utc(now)))
