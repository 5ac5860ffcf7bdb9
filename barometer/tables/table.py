"""A table that is exported: its columns with their kinds and words, and where its rows come from."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

ROWS_AT_ONCE = 2_000
"""Rows that are held at once (*ours*)."""
SCALE = 18
"""Digits after the point that an exact number has in typed files, unless the table holds finer ones (*ours*)."""

Row = Sequence[Any]
"""Values in the order of the columns, ``None`` where there is none; see :class:`Kind` for their types."""


class Kind(StrEnum):
    """What a column holds: ``str``, ``int``, ``float``, ``Decimal``, aware UTC ``datetime``, ``date``, ``bool``.

    ``json`` is any plain value; it is written as JSON text, nested only in JSON Lines.
    """

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    DECIMAL = "decimal"
    MOMENT = "moment"
    DAY = "day"
    TRUTH = "truth"
    JSON = "json"


class Column(NamedTuple):
    """A column; ``says`` are words for people, ``scale`` counts the digits that a decimal has after its point at most."""

    name: str
    kind: Kind
    says: str
    scale: int = SCALE


class Table(NamedTuple):
    """A table; ``left_out`` are columns of the record that leave no export, with the reason."""

    name: str
    says: str
    columns: tuple[Column, ...]
    left_out: tuple[tuple[str, str], ...] = ()


class Source(NamedTuple):
    """Tables that are read in one go: ``batches`` yields the name of one of them with some of its rows, until all are told.

    ``counted`` returns the rows by table without reading them, ``None`` where that would take as long as the export.
    """

    tables: tuple[Table, ...]
    batches: Callable[[], Iterator[tuple[str, Sequence[Row]]]]
    counted: Callable[[], int | None]
