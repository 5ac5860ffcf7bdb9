"""A panel file read: the good rows, and one line for every bad cell."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from barometer.errors import UserError
from barometer.panel_columns import REQUIRED, Value, column_name, columns, nearest_column, value_of
from barometer.panel_csv import Record, cell_as_shown, csv_records
from barometer.site_address import site_key

MAX_ROWS = 300_000
"""Most rows of one file (*ours*)."""

_WORDS = frozenset({"name", "category", "email", "logo"})
"""Columns in which an apostrophe may come first and mean itself."""


class Problem(NamedTuple):
    """What is wrong at one place of a file; *column* is empty when the row as a whole is meant."""

    line: int
    column: str
    what: str
    remedy: str | None

    def written(self, file: str) -> str:
        """Return the problem as one line, ``file:line: column: what; remedy``."""
        column = f"{self.column}: " if self.column else ""
        return f"{file}:{self.line}: {column}{_one_line(str(UserError(self.what, self.remedy)))}"


class Row(NamedTuple):
    """One merchant of a file: the line it begins on, its key, and the value of every column the file has."""

    line: int
    key: str
    values: dict[str, Value]


class Reading(NamedTuple):
    """A file read: its columns, its good rows, what is wrong, and how many rows are bad."""

    columns: tuple[str, ...]
    rows: list[Row]
    problems: list[Problem]
    bad_rows: int


def read_panel(content: bytes, file: str, country: str, countries: Mapping[str, str] | None = None) -> Reading:
    """Return what *content*, the bytes of *file*, holds.

    A phone number is read for the row's country; where the file has no such column, for the country that *countries*
    gives the merchant's key, else for *country*. Raises :class:`UserError`, which names file and line, when nothing can
    be read: no text, no columns, columns that are unknown, missing or there twice, too many rows.
    """
    records = csv_records(content, file, _known_columns)
    places = _places(next(records, None), file)
    rows: list[Row] = []
    problems: list[Problem] = []
    lines_of_keys: dict[str, int] = {}
    count = 0
    for count, record in enumerate(records, start=1):
        if count > MAX_ROWS:
            raise UserError(f"{file}:{record.line}: more than {MAX_ROWS} rows", "split the file into several")
        read = _row(record, places, country, countries or {})
        if isinstance(read, list):
            problems += read
        elif read.key in lines_of_keys:
            what = f"is the same site ({read.key}) as line {lines_of_keys[read.key]}"
            problems.append(Problem(read.line, "url", what, "keep one of the two rows"))
        else:
            lines_of_keys[read.key] = read.line
            rows.append(read)
    return Reading(tuple(places), rows, problems, count - len(rows))


def _row(record: Record, places: Mapping[str, int], country: str, countries: Mapping[str, str]) -> Row | list[Problem]:
    """Return the row, or everything that is wrong with it."""
    if record.problem:
        return [Problem(record.line, "", record.problem.what, record.problem.remedy)]
    values: dict[str, Value] = {}
    problems: dict[str, Problem] = {}

    def read(column: str) -> Value:
        place = places[column]
        cell = record.cells[place] if place < len(record.cells) else ""
        try:
            values[column] = value_of(column, cell_as_shown(cell, text=column in _WORDS), country)
        except UserError as error:
            problems[column] = Problem(record.line, column, error.what, error.remedy)
        return values.get(column)

    url = read("url")
    key = site_key(url) if isinstance(url, str) else ""
    if "country" in places:
        # Without a country, nothing can be said about the number: one problem is enough.
        values["country"] = country = str(read("country") or country)
    else:
        country = countries.get(key, country)
    for column in places:
        if column not in {"url", "country"} and not (column == "phone" and "country" in problems):
            read(column)
    found = _stray_cells(record, places) + [problems[column] for column in places if column in problems]
    return found or Row(record.line, key, values)


def _stray_cells(record: Record, places: Mapping[str, int]) -> list[Problem]:
    named = set(places.values())
    for place, cell in enumerate(record.cells):
        if place not in named and cell.strip():
            what = f"'{_one_line(cell)[:40]}' stands in column {place + 1}, which has no name"
            return [Problem(record.line, "", what, "quote a cell that holds the delimiter, or name the column")]
    return []


def _known_columns(cells: Iterable[str]) -> int:
    return sum(column_name(cell) in columns() or nearest_column(cell) is not None for cell in cells if cell.strip())


def _places(heading: Record | None, file: str) -> dict[str, int]:
    """Return where each column stands in a row; raises :class:`UserError` for a heading that will not do."""
    if heading is None:
        raise UserError(f"{file}: is empty", f"give it a first line that names its columns: {', '.join(columns())}")
    where = f"{file}:{heading.line}:"
    if heading.problem:
        raise UserError(f"{where} {heading.problem.what}", heading.problem.remedy)
    names = [column_name(cell) for cell in heading.cells]
    unknown = [cell for cell, name in zip(heading.cells, names, strict=True) if name and name not in columns()]
    if unknown:
        raise UserError(f"{where} {_unknown_columns(unknown)}", f"known are: {', '.join(columns())}")
    twice = [name for name, count in Counter(filter(None, names)).items() if count > 1]
    if twice:
        raise UserError(f"{where} column '{twice[0]}' stands twice", "keep one of the two")
    missing = [f"'{name}'" for name in REQUIRED if name not in names]
    if missing:
        raise UserError(f"{where} lacks the column {' and '.join(missing)}", "add it to this line")
    return {name: place for place, name in enumerate(names) if name}


def _unknown_columns(headings: list[str]) -> str:
    told = []
    for heading in headings[:10]:
        nearest = nearest_column(heading)
        told.append(f"'{_one_line(heading)[:40]}'" + (f" (do you mean '{nearest}'?)" if nearest else ""))
    return f"unknown column{'s' if len(headings) > 1 else ''} {', '.join(told)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
