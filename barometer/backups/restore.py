"""Bring a backup back into an empty place: the evidence first, the database last and at once, then a check of both."""

import errno
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import func, inspect, select, table, text

from barometer.backups.backup import Progress, Told
from barometer.backups.check import LISTED, names_with_files, sound_dump
from barometer.backups.database import client_program, connection_words, first_complaint, sqlite_file
from barometer.backups.evidence import TOLD_EVERY, bring
from barometer.backups.manifest import Backup, Kind, keep
from barometer.errors import UserError
from storage.database import Database, open_database
from storage.evidence import EvidenceStore, Kept, Location
from storage.evidence_files import shard
from storage.problems import DatabaseProblem
from storage.revisions import known_revisions

MARK = ".restoring"
"""The file that stands in the folder of evidence until all is back: the same command goes on where it was broken off."""
_IGNORED = {MARK, "lost+found"}


class Restored(NamedTuple):
    """What was brought back: rows, files of evidence, and the first names of evidence that the backup did not hold whole."""

    rows: int
    files: int
    damaged: list[str]
    damaged_files: int


def restore(backup: Backup, database_url: str, evidence: Location, told: Told = lambda _: None) -> Restored:
    """Restore *backup* to the database at *database_url* and the folder or bucket *evidence*, both empty.

    Files in a bucket are as old as their restoration; in a folder they keep their age. Every file is compared with its name:
    one that is damaged in the backup is left out and told, since the rest is worth having. Raises :class:`UserError` before
    anything is written where the backup does not fit or a place is not empty, and
    :class:`~storage.problems.StorageProblem`.
    """
    _refuse_what_does_not_fit(backup, database_url)
    target = EvidenceStore(evidence)
    _refuse_full_places(backup, database_url, target)
    try:
        target.set_note(MARK, f"{backup.folder.name}\n")
        files, damaged, damaged_files = _evidence(backup, target, told)
        told(Progress("database", 0, backup.manifest.database.bytes))
        _database(backup, database_url)
        told(Progress("database", backup.manifest.database.bytes, backup.manifest.database.bytes))
        rows = _compared(backup, database_url)
        target.set_note(MARK, None)
    except OSError as error:
        what = f"restore: {error.filename or evidence}: {error.strerror or error}"
        raise UserError(what, "make room, or choose another place; the same command goes on") from error
    return Restored(rows, files, damaged, damaged_files)


def _refuse_what_does_not_fit(backup: Backup, database_url: str) -> None:
    manifest = backup.manifest
    if manifest.revision not in known_revisions():
        raise UserError(
            f"{backup.folder}: was made by a newer version of the barometer ({manifest.tool_version}, its tables are at "
            f"revision {manifest.revision})",
            "update the barometer first",
        )
    wanted = Kind.SQLITE if database_url.startswith("sqlite") else Kind.POSTGRESQL
    if manifest.database.kind is not wanted:
        raise UserError(
            f"{backup.folder}: holds a {manifest.database.kind} database, and the address is one of {wanted}",
            f"give --database an address of {manifest.database.kind}",
        )
    problem = sound_dump(backup)
    if problem is not None:
        raise UserError(f"{backup.folder}: {problem}", "use another backup (barometer backup list)")


def _refuse_full_places(backup: Backup, database_url: str, target: EvidenceStore) -> None:
    evidence = target.location
    if isinstance(evidence, Path) and backup.evidence.resolve() == evidence.resolve():
        raise UserError(f"{evidence}: is the backup's own folder", "give --evidence another folder")
    try:
        inside = target.top()
        ours = target.note(MARK).strip() == backup.folder.name if MARK in inside else False
    except OSError as error:
        raise UserError(f"{evidence}: {error.strerror}", "give --evidence another place") from None
    if inside - _IGNORED and not ours:
        kind = "folder" if isinstance(evidence, Path) else "prefix"
        raise UserError(f"{evidence}: is not empty, and nothing is overwritten", f"give --evidence an empty {kind}")
    if backup.manifest.database.kind is Kind.SQLITE:
        file = _file(database_url)
        if file.exists() or file.is_symlink():
            raise UserError(f"{file}: is there already, and nothing is overwritten", "give --database another file")
        return
    with open_database(database_url) as database:
        _refuse_full_namespace(backup, database)


def _refuse_full_namespace(backup: Backup, database: Database) -> None:
    with database.reading() as session:
        current = session.scalar(text("SELECT current_schema()"))
        found = inspect(session.connection()).get_table_names(schema=backup.manifest.database.namespace)
        server = int(session.scalar(text("SHOW server_version_num")) or 0) // 10_000
    if found:
        what = f"database {database.address}: holds tables already ({', '.join(sorted(found)[:3])}, ...)"
        raise UserError(what, "nothing is overwritten: give --database an empty database")
    namespace = backup.manifest.database.namespace
    if current is not None and current != namespace:
        raise UserError(
            f"database {database.address}: reads the schema {current}, and the backup's tables are in {namespace}",
            f"add ?options=-csearch_path={namespace} to the address",
        )
    client_program("pg_restore", server)


def _file(database_url: str) -> Path:
    file = sqlite_file(database_url)
    if file is None:
        raise UserError(f"--database: {database_url} names no file", "write sqlite:///FILE")
    return file


def _evidence(backup: Backup, target: EvidenceStore, told: Told) -> tuple[int, list[str], int]:
    """Bring the files, each compared with its name; return how many, and which could not be."""
    source = EvidenceStore(backup.evidence)
    damaged: list[str] = []
    files = wrong = 0
    touched: set[Path] = set()
    total = backup.manifest.evidence.files
    for number, (name, there) in enumerate(target.look_through(names_with_files(backup)), 1):
        kept = source.look(name)
        if kept is None or not source.verify(name):
            wrong += 1
            damaged += [name][: LISTED - len(damaged)]
            continue
        if there is None:
            touched |= _brought(source, kept, target)
        files += 1
        if number % TOLD_EVERY == 0:
            told(Progress("evidence", number, total))
    for one in sorted(touched):
        keep(one)
    told(Progress("evidence", total, total))
    return files, damaged, wrong


def _brought(source: EvidenceStore, kept: Kept, target: EvidenceStore) -> set[Path]:
    """Bring one file; return the folders whose lists of names it changed."""
    if not isinstance(target.location, Path):
        target.put(source.get(kept.name), kept.suffix)
        return set()
    folder = target.location / shard(kept.name)
    folder.mkdir(parents=True, exist_ok=True)
    # Never a link: what is written to the live store must not change a backup.
    bring(source, kept, folder / kept.file.name, link=False)
    return {target.location, folder.parent, folder}


def _database(backup: Backup, database_url: str) -> None:
    if backup.manifest.database.kind is Kind.SQLITE:
        _copy(backup.dump, _file(database_url))
        return
    with open_database(database_url) as database:
        _into_postgresql(backup, database)


def _copy(dump: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{uuid4().hex}.part")
    try:
        shutil.copyfile(dump, part)
        keep(part)
        if target.exists():
            raise FileExistsError(errno.EEXIST, "somebody has just made it", str(target))
        part.rename(target)
        keep(target.parent)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _into_postgresql(backup: Backup, database: Database) -> None:
    namespace = str(backup.manifest.database.namespace).replace('"', '""')
    with database.session() as session:
        words, environment = connection_words(session)
        server = int(session.scalar(text("SHOW server_version_num")) or 0) // 10_000
        session.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{namespace}"'))
    command = [
        client_program("pg_restore", server), "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
        "--no-password", f"--schema={backup.manifest.database.namespace}", f"--dbname={words}", str(backup.dump),
    ]  # fmt: skip
    with tempfile.TemporaryFile() as complaints:
        done = subprocess.run(  # noqa: S603 - a program found on PATH, no shell, no secret among the words
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            env=environment,
            check=False,
        )
        if done.returncode:
            raise UserError(
                f"pg_restore: {first_complaint(complaints)}", "nothing was restored to the database; mend it first"
            )


def _compared(backup: Backup, database_url: str) -> int:
    """Return how many rows are back; raises :class:`DatabaseProblem` unless every table holds what it held."""
    with open_database(database_url) as database, database.reading() as session:
        if database.engine.dialect.name == "sqlite":
            said = session.scalar(text("PRAGMA integrity_check(1)"))
            if said != "ok":
                raise DatabaseProblem(f"database {database.address}: {said}", "use another backup")
        total = 0
        for name, rows in backup.manifest.tables.items():
            found = session.scalar(select(func.count()).select_from(table(name))) or 0
            if found != rows:
                raise DatabaseProblem(f"table {name} holds {found} rows, and held {rows}", "use another backup")
            total += found
        return total
