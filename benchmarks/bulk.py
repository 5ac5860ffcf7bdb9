"""Many rows into a database at once, past the records: for benchmarks, which need millions of them and check none.

SQLite gets them by one prepared statement, PostgreSQL by ``COPY``. Values are given as both take them: moments as text in UTC
(:func:`moment`), words and decimals as text, JSON as text.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from storage.records import Record

ROWS_AT_ONCE = 5_000

_EPOCH = datetime(1970, 1, 1)


def moment(seconds: float) -> str:
    """Return the moment so many *seconds* after 1970 as a column of either database takes it."""
    return (_EPOCH + timedelta(seconds=seconds)).isoformat(" ", "microseconds")


def json_text(value: object) -> str:
    """Return *value* as a JSON column takes it."""
    return json.dumps(value)


class Rows:
    """Rows for one table, written as they come; *columns* differ from row to row, *fixed* are the same in all."""

    def __init__(self, connection: Connection, record: type[Record], columns: str, **fixed: Any) -> None:
        self._connection = connection
        self._fixed = tuple(fixed.values())
        self._waiting: list[tuple[Any, ...]] = []
        self.table, self._names = record.__tablename__, [*columns.split(), *fixed]
        self.count = 0
        missing = {
            column.name
            for column in record.__table__.columns
            if not column.nullable and column.name not in self._names and column.server_default is None
        }
        if missing:
            raise ValueError(f"{self.table}: {', '.join(sorted(missing))} must be given")

    def add(self, *values: Any) -> None:
        """Add one row."""
        self._waiting.append(values + self._fixed)
        if len(self._waiting) >= ROWS_AT_ONCE:
            self.write()

    def write(self) -> None:
        """Write what waits."""
        self.count += len(self._waiting)
        driver = self._connection.connection.driver_connection
        assert driver is not None
        if self._connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(self._names))
            driver.executemany(f"INSERT INTO {self.table} ({', '.join(self._names)}) VALUES ({marks})", self._waiting)
        elif self._waiting:
            with driver.cursor() as cursor:
                cursor.execute("SET LOCAL timezone = 'UTC'")
                with cursor.copy(f"COPY {self.table} ({', '.join(self._names)}) FROM STDIN") as copy:
                    for row in self._waiting:
                        copy.write_row(row)
        self._waiting = []
