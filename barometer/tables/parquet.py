"""Parquet: typed columns, written a group of rows at a time.

Moments are microseconds in UTC, exact numbers decimals, JSON columns text. The words of a column stand in its metadata.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from barometer.errors import UserError
from barometer.tables.cells import json_cell
from barometer.tables.table import SCALE, Column, Kind, Row, Table

SUFFIX = ".parquet"
ROWS_A_GROUP = 20_000
BYTES_A_GROUP = 16_000_000
"""Rows, and bytes of them, that are held before they are written (*ours*); readers skip whole groups."""


class ParquetFile:
    """A table as one Parquet file."""

    def __init__(self, folder: Path, table: Table) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.files = [folder / f"{table.name}{SUFFIX}"]
        self._pa = pa
        self._table = table
        self._schema = pa.schema([self._field(column) for column in table.columns], {"says": table.says})
        self._file = pq.ParquetWriter(self.files[0], self._schema, compression="zstd")
        self._waiting: list[Any] = []
        self._count = self._bytes = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Add *rows*; raises :class:`UserError` for a number of more digits than the format can hold."""
        if not rows:
            return
        # Turned into columns at once: they take a fraction of the memory that rows do.
        batch = self._batch(rows)
        self._waiting.append(batch)
        self._count += len(rows)
        self._bytes += batch.nbytes
        if self._count >= ROWS_A_GROUP or self._bytes >= BYTES_A_GROUP:
            self._write()

    def close(self) -> None:
        """Write what waits and end the file."""
        try:
            self._write()
        finally:
            self._file.close()

    def _write(self) -> None:
        if self._waiting:
            self._file.write_table(self._pa.Table.from_batches(self._waiting, self._schema), row_group_size=self._count)
        self._waiting, self._count, self._bytes = [], 0, 0

    def _batch(self, rows: Sequence[Row]) -> Any:
        columns = []
        for column, field, values in zip(self._table.columns, self._schema, zip(*rows, strict=True), strict=True):
            told = map(_json, values) if column.kind is Kind.JSON else values
            try:
                columns.append(self._pa.array(list(told), field.type))
            except self._pa.ArrowInvalid as error:
                what = f"{self._table.name}.{column.name}: a value does not fit into Parquet: {str(error)[:200]}"
                raise UserError(what, "write this table as csv or json") from None
        return self._pa.record_batch(columns, schema=self._schema)

    def _field(self, column: Column) -> Any:
        pa = self._pa
        decimal = pa.decimal128(38, column.scale) if column.scale <= SCALE else pa.decimal256(76, column.scale)
        kinds = {
            Kind.TEXT: pa.string(),
            Kind.INTEGER: pa.int64(),
            Kind.REAL: pa.float64(),
            Kind.DECIMAL: decimal,
            Kind.MOMENT: pa.timestamp("us", tz="UTC"),
            Kind.DAY: pa.date32(),
            Kind.TRUTH: pa.bool_(),
            Kind.JSON: pa.string(),
        }
        return pa.field(column.name, kinds[column.kind], metadata={"says": column.says})


def _json(value: Any) -> str | None:
    return None if value is None else json_cell(value)
