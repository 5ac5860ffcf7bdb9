"""JSON Lines: one object a row, in UTF-8, keys in the order of the columns.

Exact numbers are strings, so that no reader rounds them; moments are ISO 8601 in UTC; JSON columns are nested. Control and
direction characters are escaped, which changes no value and keeps them from steering a terminal.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from barometer.tables.cells import moment_cell
from barometer.tables.table import Kind, Row, Table

SUFFIX = ".jsonl"

_STEERING = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)  # fmt: skip


class LinesFile:
    """A table as one file of JSON Lines."""

    def __init__(self, folder: Path, table: Table) -> None:
        self.files = [folder / f"{table.name}{SUFFIX}"]
        self._out = self.files[0].open("w", encoding="utf-8", newline="\n")
        self._names = [column.name for column in table.columns]
        self._turned = [
            (place, _TURNED[column.kind]) for place, column in enumerate(table.columns) if column.kind in _TURNED
        ]
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def add(self, rows: Sequence[Row]) -> None:
        """Add *rows*."""
        self._out.write("".join(map(self._line, rows)))

    def _line(self, row: Row) -> str:
        values = list(row)
        for place, turned in self._turned:
            if values[place] is not None:
                values[place] = turned(values[place])
        line = self._encode(dict(zip(self._names, values, strict=True))) + "\n"
        return line if line.isascii() else _STEERING.sub(_escaped, line)

    def close(self) -> None:
        """End the file."""
        self._out.close()


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _real(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _decimal(value: Decimal) -> str:
    return format(value, "f")


_TURNED: dict[Kind, Callable[[Any], Any]] = {
    Kind.REAL: _real,
    Kind.DECIMAL: _decimal,
    Kind.MOMENT: moment_cell,
    Kind.DAY: str,
}
