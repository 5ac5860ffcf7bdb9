"""The database: SQLite in a file by default, PostgreSQL by its address."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session

from storage.problems import DatabaseProblem

EXAMPLES = "give an address like sqlite:///barometer.db or postgresql://user@host/database"
LOCK_PATIENCE_SECONDS = 30
"""How long a writer waits for another one; a batch is written in well under a second."""
CONNECT_PATIENCE_SECONDS = 10
"""How long a PostgreSQL server may take to accept a connection."""

_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
_SQLITE = ("sqlite", "sqlite+pysqlite")


class Database:
    """An open database; made by :func:`open_database`, closed by ``close()`` or as a context."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        snapshot: dict[str, Any] = {"reads_only": True}
        if engine.dialect.name == "postgresql":
            snapshot |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._snapshots = engine.execution_options(**snapshot)

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def address(self) -> str:
        """The address of the database, its password hidden."""
        return _shown(self.engine.url)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session that commits at the end and rolls back on an error; one writer at a time on SQLite.

        Records stay readable afterwards. Raises :class:`DatabaseProblem` when the server is gone, the disk is full, the
        file cannot be written or another writer holds it for too long.
        """
        with self._told_plainly(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one moment of the database, hinders no writer, and refuses to write."""
        with self._told_plainly(), Session(self._snapshots, expire_on_commit=False) as session:
            yield session

    def migrate(self) -> None:
        """Bring the tables up to date; safe when several processes start at once.

        Raises :class:`DatabaseProblem` when the database was written by a newer version, or cannot be changed.
        """
        from storage import schema

        with self._told_plainly():
            schema.upgrade(self.engine)

    def revision(self) -> str | None:
        """Return the revision of the tables, or ``None`` where there are none yet."""
        from storage import schema

        with self._told_plainly():
            return schema.revision(self.engine)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise _problem(self.engine.url, error) from error


def open_database(url: str) -> Database:
    """Return the database at *url*, reached once to be sure; a SQLite file and its folder are made when missing.

    ``postgresql://`` addresses are read by psycopg 3. Raises :class:`DatabaseProblem` for an address that is none, a
    file that cannot be written, a server that does not answer, or a driver that is not installed.
    """
    address = _address(url)
    engine = _sqlite(address) if address.get_backend_name() == "sqlite" else _postgresql(address)
    try:
        with engine.connect() as connection:
            _check_encoding(connection)
    except DBAPIError as error:
        engine.dispose()
        raise _problem(address, error) from error
    except DatabaseProblem:
        engine.dispose()
        raise
    return Database(engine)


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseProblem(f"'{_without_password(url)}' is no database address", EXAMPLES) from None
    if address.drivername in _POSTGRESQL:
        return address.set(drivername="postgresql+psycopg")
    if address.drivername in _SQLITE:
        return address
    raise DatabaseProblem(f"'{address.drivername}' is no database that the barometer can use", EXAMPLES)


def _without_password(url: str) -> str:
    """Return *url* without what may be its credentials: one that cannot be read may still hold a password."""
    head, at, tail = url.rpartition("@")
    scheme, colon, _ = head.partition("://")
    return f"{scheme if colon else ''}{colon}...@{tail}" if at else url


def _shown(address: URL) -> str:
    """Return *address* without its passwords: a driver takes them behind the question mark, too."""
    hidden = {key: "***" for key in address.query if key.lower().endswith("password")}
    return address.update_query_dict(hidden).render_as_string(hide_password=True)


_JSON = partial(json.dumps, allow_nan=False)
"""PostgreSQL refuses NaN in JSON and SQLite does not; both must refuse the same."""


def _sqlite(address: URL) -> Engine:
    name = address.database
    if name and name != ":memory:" and not name.startswith("file:"):
        try:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = f"the folder of the database {name} cannot be made: {error.strerror}"
            raise DatabaseProblem(what, "choose another place for it") from error
    engine = create_engine(address, json_serializer=_JSON, connect_args={"timeout": LOCK_PATIENCE_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    # The driver would begin transactions late and commit before DDL; we begin them ourselves.
    connection.isolation_level = None
    # What is committed must outlive a power cut: a message that was sent and forgotten would be sent again.
    connection.execute("PRAGMA synchronous = FULL")
    _use_write_ahead_log(connection)


def _use_write_ahead_log(connection: Any) -> None:
    """Switch the file to WAL; SQLite does not wait for others here, so that several first starts have to."""
    deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] not in ("wal", "memory"):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except connection.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    """Begin a transaction; a writer takes its lock at once, since one that asks later is refused without waiting."""
    options = connection.get_execution_options()
    reads_only = options.get("reads_only", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reads_only else 'OFF'}")
    connection.exec_driver_sql(f"PRAGMA foreign_keys = {'OFF' if options.get('changes_tables') else 'ON'}")
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _postgresql(address: URL) -> Engine:
    patience = {} if "connect_timeout" in address.query else {"connect_timeout": CONNECT_PATIENCE_SECONDS}
    try:
        return create_engine(address, json_serializer=_JSON, pool_pre_ping=True, connect_args=patience)
    except ModuleNotFoundError as error:
        remedy = 'install it with: pip install "barometer[postgres]"'
        raise DatabaseProblem("PostgreSQL needs psycopg 3, which is not installed", remedy) from error


def _check_encoding(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            what = f"the database {connection.engine.url.database} keeps its text as {encoding}"
            raise DatabaseProblem(what, "create it with ENCODING 'UTF8' TEMPLATE template0")


def _problem(address: URL, error: DBAPIError) -> DatabaseProblem:
    """Return *error*, a driver's, as one line for a person."""
    said = str(error.orig).strip() or type(error.orig).__name__
    what = f"database {_shown(address)}: {said.splitlines()[0]}"
    remedies = {
        "locked": "another process is writing to it; wait for it, or end it",
        "full": "make room on the disk",
        "disk I/O error": "make room on the disk; if there is room, it is damaged",
        "No space left": "make room on the disk of the server",
        "unable to open": "choose a file in a folder where you may write",
        "readonly": "make the file writable, or choose another",
        "not a database": "this file is something else; choose another",
        "does not exist": "create it, or mend the address",
        "authentication": "mend the user or the password in the address",
        "could not receive": "is the server still running? Try again",
    }
    fallback = "is the server running, and is the address right?" if address.host else "check the address and the file"
    return DatabaseProblem(what, next((remedy for sign, remedy in remedies.items() if sign in said), fallback))
