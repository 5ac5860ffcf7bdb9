"""A copy of the database at one moment, while others go on writing: SQLite by its own backup, PostgreSQL by pg_dump."""

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import func, inspect, select, table, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from barometer.backups.manifest import CHUNK, NEEDED, Kind
from barometer.errors import UserError
from storage.database import Database
from storage.orphans import named_evidence
from storage.records import Record

ToldBytes = Callable[[int, int | None], None]
"""Hears how many bytes are copied, and of how many, where that is known."""
PAGES_AT_ONCE = 2000
"""Pages of SQLite copied between two words of progress: 8 MB."""
LOCK_PATIENCE = "30s"
"""How long pg_dump waits for somebody who is changing the tables (*ours*)."""


class Dumped(NamedTuple):
    """A copied database: its kind, revision, rows by table; of PostgreSQL the namespace of its tables and the version."""

    kind: Kind
    revision: str
    tables: dict[str, int]
    namespace: str | None = None
    server: str | None = None


def sqlite_file(url: str) -> Path | None:
    """Return the file that a SQLite address names, ``None`` for any other address."""
    address = make_url(url)
    name = address.database or ""
    if address.get_backend_name() != "sqlite" or name in {"", ":memory:"} or name.startswith("file:"):
        return None
    return Path(name)


def dump(database: Database, folder: Path, told: ToldBytes) -> Dumped:
    """Copy the database into *folder*, with the list of the evidence it names, all of one moment.

    Raises :class:`UserError` where there is nothing to copy or pg_dump is not at hand, ``OSError`` where *folder* cannot be
    written, :class:`~storage.problems.DatabaseProblem` where the database cannot be read.
    """
    revision = database.revision()
    if revision is None:
        raise UserError(f"database {database.address}: has no tables yet", "there is nothing to back up")
    with database.reading() as session:
        rows = _rows(session)
        with (folder / NEEDED).open("x", encoding="ascii", newline="\n") as listed:
            listed.writelines(f"{name}\n" for name in named_evidence(session))
        if session.get_bind().dialect.name == "sqlite":
            _copy_sqlite(session, folder / Kind.SQLITE.file, told)
            return Dumped(Kind.SQLITE, revision, rows)
        return _copy_postgresql(session, revision, rows, folder / Kind.POSTGRESQL.file, told)


def _rows(session: Session) -> dict[str, int]:
    """Count the rows of every table of ours; the first look also fixes the moment that is copied."""
    there = set(inspect(session.connection()).get_table_names())
    ours = sorted(name for name in Record.metadata.tables if name in there)
    return {name: session.scalar(select(func.count()).select_from(table(name))) or 0 for name in ours}


def _copy_sqlite(session: Session, target: Path, told: ToldBytes) -> None:
    source: Any = session.connection().connection.driver_connection
    size = session.scalar(text("PRAGMA page_size")) or 0

    def progress(_status: int, left: int, total: int) -> None:
        told((total - left) * size, total * size)

    try:
        copy = sqlite3.connect(target)
        try:
            # The reading transaction holds its moment, so that no writer makes the copy begin again.
            source.backup(copy, pages=PAGES_AT_ONCE, progress=progress, sleep=0)
            # One file without a log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
        finally:
            copy.close()
    except sqlite3.Error as error:
        raise UserError(f"{target}: {error}", "make room on the disk, or name another folder with --to") from None


def _copy_postgresql(session: Session, revision: str, rows: dict[str, int], target: Path, told: ToldBytes) -> Dumped:
    server = str(session.scalar(text("SHOW server_version")))
    number = int(session.scalar(text("SHOW server_version_num")) or 0)
    program = client_program("pg_dump", number // 10_000)
    namespace = str(session.scalar(text("SELECT current_schema()")))
    # Rows were counted and evidence was listed in this transaction: what pg_dump sees is the same moment.
    moment = str(session.scalar(text("SELECT pg_export_snapshot()")))
    words, environment = connection_words(session)
    quoted = namespace.replace('"', '""')
    command = [
        program, "--format=custom", "--no-password", f"--snapshot={moment}", f'--schema="{quoted}"',
        f"--lock-wait-timeout={LOCK_PATIENCE}", f"--dbname={words}",
    ]  # fmt: skip
    # Through a pipe: when this process is killed, pg_dump ends with it.
    with tempfile.TemporaryFile() as complaints, target.open("xb") as file:
        running = subprocess.Popen(  # noqa: S603 - a program found on PATH, no shell, no secret among the words
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, env=environment
        )
        assert running.stdout is not None
        written = 0
        try:
            while chunk := running.stdout.read(CHUNK):
                file.write(chunk)
                written += len(chunk)
                told(written, None)
        except BaseException:
            running.kill()
            raise
        finally:
            running.stdout.close()
            code = running.wait()
        if code:
            raise UserError(
                f"pg_dump: {first_complaint(complaints)}", "is the server running, and may this user read all tables?"
            )
    return Dumped(Kind.POSTGRESQL, revision, rows, namespace, server)


def client_program(name: str, oldest: int) -> str:
    """Return the path of a program of PostgreSQL that is of version *oldest* or later; raises :class:`UserError`."""
    remedy = f"install the client programs of PostgreSQL {oldest} or later (Debian: postgresql-client-{oldest})"
    program = shutil.which(name)
    if program is None:
        raise UserError(f"{name} is not on the PATH", remedy)
    try:
        asked = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - no word is a user's
    except (OSError, subprocess.TimeoutExpired):
        raise UserError(f"{program} does not start", remedy) from None
    version = re.search(r"\d+", asked.stdout)
    if version is None or asked.returncode:
        raise UserError(f"{program} does not tell its version", remedy)
    if int(version.group()) < oldest:
        raise UserError(f"{program} is of version {version.group()}, older than the server ({oldest})", remedy)
    return program


def connection_words(session: Session) -> tuple[str, Mapping[str, str]]:
    """Return how a program of PostgreSQL reaches the database of *session*: words for its command line, and its environment.

    A password is in the environment alone: every user of a machine may read command lines.
    """
    from psycopg.conninfo import make_conninfo
    from psycopg.pq import Conninfo

    engine = session.get_bind().engine
    _, given = engine.dialect.create_connect_args(engine.url)
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    wanted = {key: value for key, value in given.items() if key in known}
    password = wanted.pop("password", None)
    environment = {**os.environ, **({} if password is None else {"PGPASSWORD": str(password)})}
    return make_conninfo("", **wanted), environment


def first_complaint(complaints: Any) -> str:
    """Return the first line that a program wrote to the open file *complaints*, without its own name."""
    complaints.seek(0)
    lines = complaints.read(10_000).decode("utf-8", "replace").splitlines()
    said = next((line for line in lines if line.strip()), "it ended without a word")
    return re.sub(r"^pg_\w+: (?:error: )?", "", said)[:300]
