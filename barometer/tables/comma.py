"""Comma-separated files: UTF-8 with a byte-order mark, which Excel needs, and cells that cannot run as formulas.

No value is an empty cell, an empty text a quoted one (``""``), as PostgreSQL's ``COPY`` and DuckDB have it.
"""

import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from barometer.tables.cells import guarded, json_cell, moment_cell
from barometer.tables.table import Kind, Row, Table

SUFFIX = ".csv"

_QUOTED = frozenset('",\r\n;\t')
_PLAIN = re.compile(r"[A-Za-z0-9/][A-Za-z0-9/_.:#?&=%+@~-]*")
"""What can neither run nor be mistaken for several cells: keys, addresses and words, which are most of all cells."""


class CommaFile:
    """A table as one comma-separated file."""

    def __init__(self, folder: Path, table: Table) -> None:
        self.files = [folder / f"{table.name}{SUFFIX}"]
        # The mark belongs to the file, so it is written by hand, once.
        self._out = self.files[0].open("w", encoding="utf-8", newline="")
        self._out.write("\ufeff" + ",".join(column.name for column in table.columns) + "\r\n")
        self._cells = [_CELLS[column.kind] for column in table.columns]

    def add(self, rows: Sequence[Row]) -> None:
        """Add *rows*."""
        cells = self._cells
        self._out.write(
            "".join(
                ",".join(
                    ["" if value is None else cell(value) for cell, value in zip(cells, row, strict=True)]
                ) + "\r\n"
                for row in rows
            )
        )  # fmt: skip

    def close(self) -> None:
        """End the file."""
        self._out.close()


def _text(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else _quoted(guarded(value))


def _quoted(cell: str) -> str:
    if not cell or not _QUOTED.isdisjoint(cell) or cell[0] == " " or cell[-1] == " ":
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _json(value: Any) -> str:
    return _quoted(guarded(json_cell(value)))


def _real(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""


def _decimal(value: Decimal) -> str:
    return format(value, "f")


def _truth(value: bool) -> str:
    return "true" if value else "false"


_CELLS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: str,
    Kind.REAL: _real,
    Kind.DECIMAL: _decimal,
    Kind.MOMENT: moment_cell,
    Kind.DAY: str,
    Kind.TRUTH: _truth,
    Kind.JSON: _json,
}
