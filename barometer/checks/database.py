"""The database: reached, of this version, to be written to, and of one mind with us about the time."""

import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from barometer.checks.check import Check, Health
from storage.database import Database, open_database
from storage.problems import StorageProblem
from storage.records import utc_now
from storage.schema import newest

MOST_APART_SECONDS = 2.0
"""How far two clocks may be apart before it is said (*ours*): the mark of an answered call turns on 30 s."""


def check_database(url: str) -> Check:
    """Return whether the database can be reached, read and written and is not newer than this program.

    A SQLite file is not made for this; nothing is written.
    """
    file = sqlite_file(url)
    if file is not None and not file.exists():
        folder = nearest_folder(file.parent)
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            return Check("database", Health.FAIL, f"{file} cannot be made", f"make {folder} a folder you may write to")
        return Check("database", Health.OK, f"{file} will be made at first use")
    try:
        with open_database(url) as database:
            return _looked_at(database, database.revision())
    except StorageProblem as problem:
        return Check("database", Health.FAIL, problem.what, problem.remedy)


def sqlite_file(url: str) -> Path | None:
    """Return the file of a SQLite database, ``None`` for any other."""
    scheme, _, name = url.partition(":///")
    named = scheme in {"sqlite", "sqlite+pysqlite"} and name not in {"", ":memory:"} and not name.startswith("file:")
    return Path(name.partition("?")[0]) if named else None


def nearest_folder(path: Path) -> Path:
    """Return *path*, or the nearest folder above it that is there."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())


def _looked_at(database: Database, revision: str | None) -> Check:
    address = database.address
    with database.session() as session:
        refused = _refuses_to_write(session, revision is not None)
        apart = _apart(session)
        session.rollback()
    if refused:
        return Check(
            "database", Health.FAIL, f"{address} {refused}", "give its user the right to write, or name the main server"
        )
    if abs(apart) > MOST_APART_SECONDS:
        found = f"{address}; its clock is {abs(apart):.1f} s {'ahead of' if apart > 0 else 'behind'} this machine's"
        return Check(
            "database", Health.WARN, found, "let both machines keep their clocks right (chrony, systemd-timesyncd)"
        )
    if revision is None:
        return Check("database", Health.OK, f"{address}, empty; its tables will be made at first use")
    if revision != newest():
        return Check("database", Health.OK, f"{address}, at revision {revision}; brought up to date at next use")
    return Check("database", Health.OK, f"{address}, at revision {revision}")


def _refuses_to_write(session: Session, has_tables: bool) -> str | None:
    """Return what keeps us from writing; SQLite has said so already, when the session began to write."""
    if session.get_bind().dialect.name != "postgresql":
        return None
    if session.scalar(text("SHOW transaction_read_only")) == "on":
        return "takes no writing: it is a copy that follows another server, or set to be read only"
    if has_tables and not session.scalar(text("SELECT has_table_privilege('run', 'INSERT, UPDATE, DELETE')")):
        return "does not let this user write"
    return None


def _apart(session: Session) -> float:
    """Return how many seconds the clock of the database is ahead of ours, less what the question itself may have taken."""
    if session.get_bind().dialect.name != "postgresql":
        return 0.0
    before = utc_now()
    told: datetime = session.scalar(select(func.clock_timestamp()))  # type: ignore[assignment]
    return seconds_apart(told, before, utc_now())


def seconds_apart(told: datetime, before: datetime, after: datetime) -> float:
    """Return by how much *told* lies outside the time between *before* and *after*, in seconds; negative: it is behind."""
    if told > after:
        return (told - after).total_seconds()
    return min(0.0, (told - before).total_seconds())
