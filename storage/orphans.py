"""Rows whose evidence file is gone, and files that no row refers to: names of both sides, compared in order.

Neither side is ever held in memory: rows come slice by slice of the names, files folder by folder.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, delete, func, inspect, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.database import Database
from storage.evidence import EvidenceStore
from storage.records import EditionFile, Event, Page, PageState, Reply, Visit

ROWS_AT_ONCE = 1000
"""Rows fetched, or removed, at once; a few hundred kilobytes."""
_DIGITS = "0123456789abcdef"
_SLICES = [first + second for first in _DIGITS for second in _DIGITS]

OF_VISITS: tuple[InstrumentedAttribute[Any], ...] = (
    Visit.robots, Page.evidence, PageState.html, PageState.layout, PageState.picture,
)  # fmt: skip
"""The columns that name evidence of a visit, which retention takes away with age."""
LASTING: tuple[InstrumentedAttribute[Any], ...] = (Event.evidence, Reply.evidence, EditionFile.evidence)
"""The columns that name evidence which does not age; a reply's goes when the reply is purged."""


class Side(NamedTuple):
    """A name of evidence, and where it was found: in a row of the database, as a file in the store, or both."""

    name: str
    in_rows: bool
    in_files: bool


class Reference(NamedTuple):
    """A row that refers to evidence: its table, column and key; ``visit_id``, address, run and age where it is a visit's."""

    evidence: str
    table: str
    column: str
    row: str
    visit_id: str | None = None
    url: str | None = None
    run_id: str | None = None
    aged_from: datetime | None = None


def named_evidence(session: Session) -> Iterator[str]:
    """Yield every name of evidence that a row refers to, once, in order; tables of an older revision will do."""
    there = inspect(session.connection())
    tables = {name: {column["name"] for column in there.get_columns(name)} for name in there.get_table_names()}
    absent = [one for one in (*OF_VISITS, *LASTING, Reply.purged_at) if one.key not in tables.get(_table(one), ())]
    if len(absent) == len(OF_VISITS) + len(LASTING) + 1:
        return
    for start in _SLICES:
        yield from session.scalars(_names_in(start, absent=absent).execution_options(yield_per=ROWS_AT_ONCE))


def sides(database: Database, store: EvidenceStore, gone: datetime | None = None) -> Iterator[Side]:
    """Yield every name that rows or files know, once, in order.

    Visits that :func:`unclosed` gives for *gone* do not count. Each of 256 slices of the names is one moment of the database, so
    that no transaction lasts long; files come and go meanwhile: look again before anything is removed.
    """
    return merged(_named_in_slices(database, gone), store)


def merged(rows: Iterable[str], files: Iterable[str]) -> Iterator[Side]:
    """Compare two series of names, both in order and without repetition."""
    left, right = iter(rows), iter(files)
    row, file = next(left, None), next(right, None)
    while row is not None or file is not None:
        if file is None or (row is not None and row < file):
            assert row is not None
            yield Side(row, True, False)
            row = next(left, None)
        elif row is None or file < row:
            yield Side(file, False, True)
            file = next(right, None)
        else:
            yield Side(row, True, True)
            row, file = next(left, None), next(right, None)


def references(session: Session, names: Collection[str]) -> list[Reference]:
    """Return the rows that refer to one of *names*, a few hundred at most."""
    age = func.coalesce(Visit.finished_at, Visit.started_at)
    found: list[Reference] = []
    for column in OF_VISITS:
        record = column.class_
        query = select(column, record.id, Visit.id, record.url, Visit.run_id, age).where(column.in_(names))
        if record is not Visit:
            query = query.join(Visit, Visit.id == record.visit_id)
        rows = session.execute(query.order_by(column, record.id).limit(ROWS_AT_ONCE))
        found += [Reference(name, record.__tablename__, column.key, *rest) for name, *rest in rows]
    for column in LASTING:
        record = column.class_
        lasting = select(column, record.id).where(column.in_(names), _in_force(column)).limit(ROWS_AT_ONCE)
        found += [Reference(name, record.__tablename__, column.key, row) for name, row in session.execute(lasting)]
    return sorted(found)


def unneeded(session: Session, names: Collection[str], gone: datetime | None = None) -> set[str]:
    """Return those of *names* that no row refers to now; visits that :func:`unclosed` gives for *gone* do not count."""
    return set(names) - set(session.scalars(_union(lambda column: column.in_(names), gone)))


def unclosed(before: datetime) -> Select[str]:
    """Return the query for the keys of visits that began before *before* and never came to an end."""
    return select(Visit.id).where(Visit.finished_at.is_(None), Visit.started_at < before)


def remove_unclosed(session: Session, before: datetime) -> int:
    """Remove at most :data:`ROWS_AT_ONCE` visits that never came to an end, with what belongs to them; return how many."""
    keys = list(session.scalars(unclosed(before).order_by(Visit.id).limit(ROWS_AT_ONCE)))
    if keys:
        session.execute(delete(Visit).where(Visit.id.in_(keys), Visit.finished_at.is_(None)))
    return len(keys)


def _named_in_slices(database: Database, gone: datetime | None) -> Iterator[str]:
    for start in _SLICES:
        with database.reading() as session:
            yield from session.scalars(_names_in(start, gone).execution_options(yield_per=ROWS_AT_ONCE))


def _names_in(start: str, gone: datetime | None = None, absent: Collection[Any] = ()) -> Select[Any]:
    # Every character of a name sorts alike in every language: digits come before letters, and all letters are small.
    found = _union(lambda column: and_(column >= start, column < f"{start}g"), gone, absent).subquery()
    return select(found.c[0]).order_by(found.c[0])


def _union(wanted: Any, gone: datetime | None, absent: Collection[Any] = ()) -> Any:
    without = {(_table(one), one.key) for one in absent}
    queries = []
    for column in OF_VISITS:
        query = select(column).where(wanted(column))
        if gone is not None:
            visit = Visit.id if column.class_ is Visit else column.class_.visit_id
            query = query.where(visit.not_in(unclosed(gone)))
        queries.append((column, query))
    for column in LASTING:
        query = select(column).where(wanted(column))
        if (_table(Reply), "purged_at") not in without:
            query = query.where(_in_force(column))
        queries.append((column, query))
    return union(*(query for column, query in queries if (_table(column), column.key) not in without))


def _in_force(column: InstrumentedAttribute[Any]) -> Any:
    return Reply.purged_at.is_(None) if column.class_ is Reply else column.is_not(None)


def _table(column: Any) -> str:
    return str(getattr(column, "class_", column).__tablename__)
