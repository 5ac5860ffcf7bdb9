"""The tables of records, read as they lie in the database, some rows at a time."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial

from sqlalchemy import Enum, String, func, select, type_coerce
from sqlalchemy import Table as Stored
from sqlalchemy.orm import Session

from barometer.tables.left_alone import Gone
from barometer.tables.table import ROWS_AT_ONCE, SCALE, Kind, Row, Source, Table
from barometer.tables.words import KEY, record_tables
from storage.records import Record


def record_sources(session: Session, gone: Gone) -> list[Source]:
    """Return a source for every record, without the rows *gone* names and what hangs on them."""
    return [_source(session, table, gone) for table in record_tables()]


def _source(session: Session, table: Table, gone: Gone) -> Source:
    stored = Record.metadata.tables[table.name]
    return Source((table,), partial(_batches, session, table, gone), partial(_count, session, stored))


def with_exact_scales(session: Session, sources: Iterable[Source]) -> list[Source]:
    """Return *sources*, decimals of records with as many digits after the point as the finest value needs.

    Typed files name the digits of a column before its first value; :data:`SCALE` is the least.
    """
    return [
        source._replace(tables=tuple(_with_scales(session, table) for table in source.tables)) for source in sources
    ]


def _with_scales(session: Session, table: Table) -> Table:
    stored = Record.metadata.tables.get(table.name)
    if stored is None:
        return table
    columns = (
        column._replace(scale=_scale(session, stored, column.name)) if column.kind is Kind.DECIMAL else column
        for column in table.columns
    )
    return table._replace(columns=tuple(columns))


def _scale(session: Session, stored: Stored, name: str) -> int:
    query = (
        select(stored.c[name]).where(stored.c[name].is_not(None)).distinct().execution_options(yield_per=ROWS_AT_ONCE)
    )
    return max((_digits(value) for value in session.scalars(query)), default=SCALE)


def _digits(value: Decimal) -> int:
    """Return how many digits *value* needs after its point, at least :data:`SCALE`."""
    exponent = value.normalize().as_tuple().exponent
    return max(SCALE, -exponent if isinstance(exponent, int) else 0)


def _count(session: Session, stored: Stored) -> int:
    return session.scalar(select(func.count()).select_from(stored)) or 0


def _batches(session: Session, table: Table, gone: Gone) -> Iterator[tuple[str, Sequence[Row]]]:
    stored = Record.metadata.tables[table.name]
    # Words are text already: making members of closed lists of them, to write them as text again, takes half the time.
    columns = [
        type_coerce(stored.c[column.name], String)
        if isinstance(stored.c[column.name].type, Enum)
        else stored.c[column.name]
        for column in table.columns
    ]
    query = select(*columns).order_by(stored.c[KEY]).execution_options(yield_per=ROWS_AT_ONCE, stream_results=True)
    hidden = _hidden(stored, table, gone)
    for rows in session.execute(query).partitions(ROWS_AT_ONCE):
        kept = [row for row in rows if not any(row[place] in keys for place, keys in hidden)] if hidden else rows
        yield table.name, kept


def _hidden(stored: Stored, table: Table, gone: Gone) -> list[tuple[int, frozenset[str]]]:
    """Return where in a row the keys stand that are looked up among those left out: its own, and those it refers to."""
    found = []
    for place, column in enumerate(table.columns):
        targets = {key.column.table.name for key in stored.c[column.name].foreign_keys}
        if column.name == KEY:
            targets = {table.name}
        found += [(place, gone[target]) for target in targets if gone.get(target)]
    return found
