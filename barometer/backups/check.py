"""Is a backup what it was when it was made, and does it hold all that it needs?"""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from barometer.backups.evidence import TOLD_EVERY, ToldFiles
from barometer.backups.manifest import MISSING, NEEDED, Backup, Kind, digest, names
from barometer.errors import UserError
from storage.evidence import EvidenceStore
from storage.orphans import LASTING, OF_VISITS, merged

LISTED = 200
"""Problems named one by one; the rest is counted."""


class Checked(NamedTuple):
    """What is wrong with a backup: the first problems in words, how many there are, and what could not be looked into."""

    problems: list[str]
    wrong: int
    files: int
    left_out: list[str]


def check(backup: Backup, told: ToldFiles = lambda _: None) -> Checked:
    """Check sums, the database itself, and that every row of evidence has its file, unpacked and compared with its name.

    Of PostgreSQL's dump the order of its contents and every compressed byte is read by pg_restore, where that is on the PATH.
    *told* hears how many files of evidence were read. Raises nothing for what is wrong with the backup: that is the result.
    """
    left_out: list[str] = []
    found = [*_of_files(backup), *_of_database(backup, left_out)]
    wrong, files = len(found), 0
    store = EvidenceStore(backup.evidence)
    try:
        for files, name in enumerate(names_with_files(backup), 1):
            if not store.verify(name):
                wrong += 1
                found += [f"evidence {name} is {'damaged' if store.exists(name) else 'missing'}"][: LISTED - len(found)]
            if files % TOLD_EVERY == 0:
                told(files)
    except UserError as error:
        wrong += 1
        found.append(str(error))
    return Checked(found, wrong, files, left_out)


def names_with_files(backup: Backup) -> Iterator[str]:
    """Yield the names of evidence that the backup says it holds, in order; raises :class:`UserError` for a damaged list."""
    for side in merged(names(backup.folder / NEEDED), names(backup.folder / MISSING)):
        if side.in_rows and not side.in_files:
            yield side.name


def sound_dump(backup: Backup) -> str | None:
    """Return what is wrong with the copy of the database by its size and sum, ``None`` where that is nothing."""
    return _of_file(backup.dump, backup.manifest.database.bytes, backup.manifest.database.sha256)


def _of_files(backup: Backup) -> Iterator[str]:
    needs = backup.manifest.evidence
    for problem in (
        sound_dump(backup),
        _of_file(backup.folder / NEEDED, None, needs.sha256),
        _of_file(backup.folder / MISSING, None, needs.missing_sha256),
    ):
        if problem is not None:
            yield problem


def _of_file(file: Path, size: int | None, sha256: str) -> str | None:
    try:
        if (size is not None and file.stat().st_size != size) or digest(file) != sha256:
            return f"{file.name} is not what was written"
    except OSError as error:
        return f"{file.name}: {error.strerror}"
    return None


def _of_database(backup: Backup, left_out: list[str]) -> Iterator[str]:
    if not backup.dump.is_file():
        return
    if backup.manifest.database.kind is Kind.POSTGRESQL:
        yield from _of_postgresql(backup, left_out)
        return
    try:
        opened = sqlite3.connect(f"{backup.dump.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            yield from _of_sqlite(opened, backup)
        finally:
            opened.close()
    except sqlite3.Error as error:
        yield f"{backup.dump.name}: {error}"


def _of_sqlite(opened: sqlite3.Connection, backup: Backup) -> Iterator[str]:
    said = [str(row[0]) for row in opened.execute("PRAGMA integrity_check(5)")]
    yield from (f"{backup.dump.name}: {line}" for line in said if line != "ok")
    broken = opened.execute("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        yield f"{backup.dump.name}: a row of table {broken[0]} refers to a row of {broken[2]} that is not there"
    revision = opened.execute("SELECT version_num FROM alembic_version").fetchone()
    if revision != (backup.manifest.revision,):
        yield f"{backup.dump.name} is at revision {revision and revision[0]}, and not {backup.manifest.revision}"
    there = {row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table, rows in backup.manifest.tables.items():
        quoted = table.replace('"', '""')
        counted = opened.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0] if table in there else 0  # noqa: S608
        if counted != rows:
            yield f"{backup.dump.name}: table {table} holds {counted} rows, and not {rows}"
    try:
        listed = names(backup.folder / NEEDED)
        unlisted = sum(1 for side in merged(_names_in_rows(opened, there), listed) if not side.in_files)
    except UserError:
        return
    if unlisted:
        yield f"{unlisted} names of evidence in rows of {backup.dump.name} are not in {NEEDED}"


def _names_in_rows(opened: sqlite3.Connection, there: set[str]) -> Iterator[str]:
    parts = []
    for column in (*OF_VISITS, *LASTING):
        table = column.class_.__tablename__
        has = {row[1] for row in opened.execute(f"PRAGMA table_info({table})")} if table in there else set()
        if column.key in has:
            purged = "AND purged_at IS NULL" if "purged_at" in has else ""
            parts.append(f"SELECT {column.key} FROM {table} WHERE {column.key} IS NOT NULL {purged}")  # noqa: S608 - our own names
    if parts:
        yield from (str(row[0]) for row in opened.execute(f"{' UNION '.join(parts)} ORDER BY 1"))


def _of_postgresql(backup: Backup, left_out: list[str]) -> Iterator[str]:
    program = shutil.which("pg_restore")
    if program is None:
        left_out.append("pg_restore is not on the PATH: the dump was compared with its sum, and not looked into")
        return
    command = [program, "--file=/dev/null", str(backup.dump)]
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - no shell
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").splitlines()
        yield f"{backup.dump.name}: {(said or ['pg_restore cannot read it'])[0][:300]}"
