"""Workbooks for spreadsheets: one a table, typed cells, row by row, so that memory does not grow with the table.

Text is written as text, whatever it looks like: nothing becomes a formula or a link. What a sheet cannot hold is told by a mark
(a cell that was cut) or goes on on the next sheet (rows).
"""

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from barometer.tables.cells import begins_like_a_formula, json_cell, legible, moment_cell
from barometer.tables.table import Kind, Row, Table

SUFFIX = ".xlsx"
LAST_ROW = 1_048_575
"""Rows that a sheet holds beside its heading (Excel's limit)."""
LONGEST = 32_767
"""UTF-16 units that a cell holds (Excel's limit)."""
CUT = " [... cut]"
SURE_DIGITS = 15
"""Digits of a number that a spreadsheet keeps; one with more is written as text."""

_NOT_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_FIRST_DAY = datetime(1899, 12, 30, tzinfo=UTC)
_FIRST_SURE_DAY = datetime(1900, 3, 1, tzinfo=UTC)
"""Before it, spreadsheets disagree about the 29th of February 1900, which never was."""
_WIDTHS = {Kind.TEXT: 24, Kind.JSON: 32, Kind.MOMENT: 24}
_KEY_WIDTH = 36
"""Widths of columns in characters."""


class Workbook:
    """A table as one workbook; it goes on on another sheet after *rows_a_sheet* rows."""

    def __init__(self, folder: Path, table: Table, rows_a_sheet: int = LAST_ROW) -> None:
        import xlsxwriter

        self.files = [folder / f"{table.name}{SUFFIX}"]
        self._table, self._rows_a_sheet = table, rows_a_sheet
        options = {
            "constant_memory": True, "tmpdir": str(folder), "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd",
        }  # fmt: skip
        self._book = xlsxwriter.Workbook(str(self.files[0]), options)
        self._book.use_zip64()
        self._book.set_properties({"title": table.name, "comments": "Confidential", "author": "barometer"})
        self._heading = self._book.add_format({"bold": True, "bottom": 1})
        self._as_text = self._book.add_format({"quote_prefix": True, "num_format": "@"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._write: list[Callable[[int, int, Any], None]] = [self._writers()[column.kind] for column in table.columns]
        self._sheets = 0
        self._next_sheet()

    def add(self, rows: Sequence[Row]) -> None:
        """Add *rows*."""
        for row in rows:
            if self._row == self._rows_a_sheet:
                self._let_filter()
                self._next_sheet()
            self._row += 1
            for place, (write, value) in enumerate(zip(self._write, row, strict=True)):
                if value is not None:
                    write(self._row, place, value)

    def close(self) -> None:
        """Pack the workbook; raises ``OSError`` where it cannot be written."""
        from xlsxwriter.exceptions import XlsxFileError

        self._let_filter()
        try:
            self._book.close()
        except XlsxFileError as error:
            raise OSError(f"{self.files[0].name} cannot be written: {error}") from error

    def _let_filter(self) -> None:
        self._sheet.autofilter(0, 0, self._row, len(self._table.columns) - 1)

    def _next_sheet(self) -> None:
        self._sheets += 1
        name = self._table.name if self._sheets == 1 else f"{self._table.name[:24]} ({self._sheets})"
        self._sheet = self._book.add_worksheet(name)
        self._sheet.freeze_panes(1, 1)
        for place, column in enumerate(self._table.columns):
            is_key = column.name == "id" or column.name.endswith("_id")
            self._sheet.set_column(place, place, _KEY_WIDTH if is_key else _WIDTHS.get(column.kind, 14))
            heading = f"{column.name} (UTC)" if column.kind is Kind.MOMENT else column.name
            self._sheet.write_string(0, place, heading, self._heading)
        self._row = 0

    def _writers(self) -> dict[Kind, Callable[[int, int, Any], None]]:
        return {
            Kind.TEXT: self._text,
            Kind.INTEGER: self._integer,
            Kind.REAL: self._real,
            Kind.DECIMAL: self._decimal,
            Kind.MOMENT: self._at,
            Kind.DAY: self._on,
            Kind.TRUTH: self._truth,
            Kind.JSON: self._json,
        }

    def _text(self, row: int, place: int, value: str) -> None:
        text = text_of_a_cell(value)
        # Somebody who edits the cell gets the text again, and no formula.
        style = self._as_text if begins_like_a_formula(text) else None
        self._sheet.write_string(row, place, text, style)

    def _integer(self, row: int, place: int, value: int) -> None:
        if len(str(abs(value))) > SURE_DIGITS:
            self._text(row, place, str(value))
        else:
            self._sheet.write_number(row, place, value)

    def _real(self, row: int, place: int, value: float) -> None:
        if math.isfinite(value):
            self._sheet.write_number(row, place, value)

    def _decimal(self, row: int, place: int, value: Decimal) -> None:
        if len(value.normalize().as_tuple().digits) > SURE_DIGITS:
            self._text(row, place, format(value, "f"))
        else:
            self._sheet.write_number(row, place, float(value))

    def _at(self, row: int, place: int, value: datetime) -> None:
        if value < _FIRST_SURE_DAY:
            self._text(row, place, moment_cell(value))
        else:
            self._sheet.write_number(row, place, (value - _FIRST_DAY).total_seconds() / 86_400, self._moment)

    def _on(self, row: int, place: int, value: date) -> None:
        self._sheet.write_number(row, place, (value - _FIRST_DAY.date()).days, self._day)

    def _truth(self, row: int, place: int, value: bool) -> None:
        self._sheet.write_boolean(row, place, value)

    def _json(self, row: int, place: int, value: Any) -> None:
        self._text(row, place, json_cell(value))


def text_of_a_cell(value: str) -> str:
    """Return *value* as a cell can hold it: cut after :data:`LONGEST` units with :data:`CUT`, what XML refuses replaced."""
    text = _NOT_IN_XML.sub("\ufffd", legible(value))
    if len(text) * 2 > LONGEST and len(text.encode("utf-16-le")) > LONGEST * 2:
        kept = text.encode("utf-16-le")[: (LONGEST - len(CUT)) * 2]
        text = kept.decode("utf-16-le", "ignore") + CUT
    # The library would pass this on as markup of its own.
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text
