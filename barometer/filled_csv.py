"""CSV files that go out to people and come back filled in: written whole, read row by row with what is wrong."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from barometer.errors import UserError
from barometer.panel_columns import column_name
from barometer.panel_csv import Record, cell_as_shown, csv_records, csv_text
from barometer.panel_file import Problem

MAX_ROWS = 100_000
"""Most rows of one file (*ours*)."""


class Row(NamedTuple):
    """One row: the line it begins on, and what stands in the known columns that the file has, white space trimmed."""

    line: int
    cells: dict[str, str]

    def cell(self, column: str) -> str:
        """Return what stands in *column*, nothing where the file has no such column."""
        return self.cells.get(column, "")


class Reading(NamedTuple):
    """A file read: its rows, and what is wrong with those that could not be read."""

    rows: list[Row]
    problems: list[Problem]


def read_rows(content: bytes, file: str, known: Sequence[str], required: Sequence[str]) -> Reading:
    """Return the rows of *content*, the bytes of *file*, whose columns are among *known*, in any order.

    Raises :class:`UserError`, which names the file, when its heading will not do or there are too many rows.
    """
    records = csv_records(content, file, lambda cells: sum(column_name(cell) in known for cell in cells))
    places = _places(next(records, None), file, known, required)
    reading = Reading([], [])
    for count, record in enumerate(records, start=1):
        if count > MAX_ROWS:
            raise UserError(f"{file}:{record.line}: more than {MAX_ROWS} rows", "split the file into several")
        _read(record, places, reading)
    return reading


def write_rows(path: Path, heading: Sequence[str], rows: Iterable[Sequence[str]], *, force: bool) -> None:
    """Write a CSV file that is safe to open in a spreadsheet, whole or not at all; only its owner may read it.

    Raises :class:`UserError` when it is there already and *force* is not given, or cannot be written.
    """
    if path.exists() and not force:
        raise UserError(f"{path} is there already", "give another name, or --force to replace it")
    text = csv_text([heading, *rows])
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        # Excel takes a file without the mark for Windows-1252.
        with open(descriptor, "w", encoding="utf-8-sig", newline="") as file:  # noqa: PTH123
            file.write(text)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise UserError(f"{path} cannot be written: {error.strerror}", "choose another place") from None


def _read(record: Record, places: dict[str, int], reading: Reading) -> None:
    if record.problem:
        reading.problems.append(Problem(record.line, "", record.problem.what, record.problem.remedy))
        return
    cells = {}
    for column, place in places.items():
        cell = record.cells[place] if place < len(record.cells) else ""
        try:
            cells[column] = cell_as_shown(cell, text=True)
        except UserError as error:
            reading.problems.append(Problem(record.line, column, error.what, error.remedy))
            return
    for place, cell in enumerate(record.cells):
        if place not in places.values() and cell.strip():
            what = f"'{' '.join(cell.split())[:40]}' stands in column {place + 1}, which has no name"
            reading.problems.append(Problem(record.line, "", what, "quote a cell that holds the delimiter"))
            return
    reading.rows.append(Row(record.line, cells))


def _places(heading: Record | None, file: str, known: Sequence[str], required: Sequence[str]) -> dict[str, int]:
    if heading is None or heading.problem:
        raise UserError(f"{file}: has no first line that names its columns", f"it needs: {', '.join(required)}")
    names = [column_name(cell) for cell in heading.cells]
    where = f"{file}:{heading.line}:"
    for name in names:
        if name and name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.6)
            hint = f"do you mean '{near[0]}'?" if near else f"known are: {', '.join(known)}"
            raise UserError(f"{where} unknown column '{name[:40]}'", hint)
    twice = [name for name, count in Counter(filter(None, names)).items() if count > 1]
    if twice:
        raise UserError(f"{where} column '{twice[0]}' stands twice", "keep one of the two")
    missing = [name for name in required if name not in names]
    if missing:
        raise UserError(f"{where} lacks the column '{missing[0]}'", "add it, as the export wrote it")
    return {name: place for place, name in enumerate(names) if name}
