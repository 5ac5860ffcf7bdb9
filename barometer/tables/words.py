"""The words of the tables, from the TOML files beside this one, checked against the records."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Float, Integer
from sqlalchemy import Table as Stored

from barometer.tables.table import Column, Kind, Table
from storage.records import Record
from storage.records.columns import ExactDecimal, UtcDateTime

RECORDS, RESULTS = "records.toml", "results.toml"
KEY = "id"

_KINDS: tuple[tuple[type, Kind], ...] = (
    (UtcDateTime, Kind.MOMENT),
    (ExactDecimal, Kind.DECIMAL),
    (Boolean, Kind.TRUTH),
    (JSON, Kind.JSON),
    (Float, Kind.REAL),
    (BigInteger, Kind.INTEGER),
    (Integer, Kind.INTEGER),
)


@cache
def record_tables() -> tuple[Table, ...]:
    """Return the table of every record, in the order of the file.

    Raises ``ValueError`` where file and records differ: a column without words, or words without a column.
    """
    told = _toml(RECORDS)
    key = told.pop(KEY)
    stored = Record.metadata.tables
    if set(told) != set(stored):
        raise ValueError(f"{RECORDS}: tables and records differ: {', '.join(sorted(set(told) ^ set(stored)))}")
    return tuple(_record_table(stored[name], {KEY: key, **entry}) for name, entry in told.items())


@cache
def result_tables() -> Mapping[str, Table]:
    """Return the tables that are made from an edition, by name, in the order of the file."""
    told = _toml(RESULTS)
    head = _columns(told["head"])
    return {name: _result_table(name, entry, head, told) for name, entry in told["tables"].items()}


def _record_table(stored: Stored, entry: Mapping[str, Any]) -> Table:
    words = dict(entry)
    says, left_out = words.pop("says"), words.pop("left_out", {})
    names = [column.name for column in stored.columns]
    if sorted(names) != sorted([*words, *left_out]):
        differing = sorted(set(names) ^ {*words, *left_out}) or sorted(set(words) & set(left_out))
        raise ValueError(f"{RECORDS}: {stored.name}: words and columns differ: {', '.join(differing)}")
    columns = tuple(
        Column(column.name, _kind(column.type), words[column.name]) for column in stored.columns if column.name in words
    )
    return Table(stored.name, says, columns, tuple(left_out.items()))


def _result_table(name: str, entry: Mapping[str, Any], head: tuple[Column, ...], told: Mapping[str, Any]) -> Table:
    own = dict(entry)
    says, of = own.pop("says"), own.pop("of", None)
    about = _columns(told[of]) if of else ()
    return Table(name, says, (*head, *about, *_columns(own)))


def _columns(entry: Mapping[str, list[str]]) -> tuple[Column, ...]:
    return tuple(Column(name, Kind(kind), says) for name, (kind, says) in entry.items())


def _kind(column_type: object) -> Kind:
    return next((kind for known, kind in _KINDS if isinstance(column_type, known)), Kind.TEXT)


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((files("barometer.tables") / name).read_text("utf-8"))
