"""What makes a folder a backup: its manifest, written last, and the lists of the evidence that it needs.

A backup folder holds ``database.sqlite3`` or ``database.dump``, ``evidence.txt`` and ``missing.txt`` (names of evidence, one a
line, in order: what the database refers to, and what of that had no file) and ``manifest.json``. The files themselves are in
the folder ``evidence`` beside it, which all backups share.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from barometer.errors import UserError
from storage.evidence_folder import keep_names

SCHEMA = "barometer-backup/1"
MANIFEST, NEEDED, MISSING, EVIDENCE = "manifest.json", "evidence.txt", "missing.txt", "evidence"
UNFINISHED = ".unfinished-"
"""How the name of a folder begins that is not yet a backup."""
CHUNK = 1 << 20
"""Bytes read or written at once."""
_MAX_MANIFEST = 1_000_000
_NAME = re.compile(r"[0-9a-f]{64}")
_SHA256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Count = Annotated[int, Field(ge=0)]


class Kind(StrEnum):
    """What kind of database was backed up."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"

    @property
    def file(self) -> str:
        """The name of its copy in the backup."""
        return "database.sqlite3" if self is Kind.SQLITE else "database.dump"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Dump(_Part):
    """The copy of the database: ``bytes`` and SHA-256 of the file; ``namespace`` and ``server`` of PostgreSQL alone."""

    kind: Kind
    bytes: _Count
    sha256: _SHA256
    namespace: str | None = None
    server: str | None = None


class Needs(_Part):
    """The evidence that the database refers to: files and their bytes, how many had no file, the SHA-256 of both lists."""

    files: _Count
    bytes: _Count
    missing: _Count
    sha256: _SHA256
    missing_sha256: _SHA256


class Manifest(_Part):
    """What a backup holds; ``revision`` is that of the tables, ``tables`` are rows by table."""

    schema_: Annotated[Literal["barometer-backup/1"], Field(alias="schema")]
    made_at: datetime
    tool_version: str
    revision: str
    database: Dump
    tables: dict[str, _Count]
    evidence: Needs

    def text(self) -> str:
        """Return it as it is written."""
        return self.model_dump_json(indent=1, by_alias=True) + "\n"


class Backup(NamedTuple):
    """A complete backup: its folder and its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def dump(self) -> Path:
        """The copy of the database."""
        return self.folder / self.manifest.database.kind.file

    @property
    def evidence(self) -> Path:
        """The folder of evidence, which all backups beside this one share."""
        return self.folder.parent / EVIDENCE


def read_backup(folder: Path) -> Backup:
    """Return the backup in *folder*; raises :class:`UserError` where there is none, or one that cannot be understood."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            content = file.read(_MAX_MANIFEST)
        return Backup(folder, Manifest.model_validate_json(content))
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{folder}: is no backup, or not a complete one", "see: barometer backup list") from None
    except OSError as error:
        raise UserError(f"{folder / MANIFEST}: {error.strerror}", "make it readable") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "it"
        if where == "schema":
            raise UserError(
                f"{folder / MANIFEST}: is no {SCHEMA}", "update the barometer, or use another backup"
            ) from None
        raise UserError(f"{folder / MANIFEST}: {where}: {first['msg'].lower()}", "use another backup") from None


def backups(folder: Path) -> tuple[list[Backup], list[UserError]]:
    """Return the complete backups in *folder*, oldest first, and what is wrong with those that cannot be understood.

    Raises :class:`UserError` where *folder* cannot be read; one that is not there holds none.
    """
    found, damaged = [], []
    try:
        inside = sorted(folder.iterdir()) if folder.exists() else []
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror}", "name the folder of the backups with --from") from None
    for one in inside:
        if one.name.startswith(".") or not (one / MANIFEST).is_file():
            continue
        try:
            found.append(read_backup(one))
        except UserError as error:
            damaged.append(error)
    return sorted(found, key=lambda backup: (backup.manifest.made_at, backup.folder.name)), damaged


def names(file: Path) -> Iterator[str]:
    """Yield the names of a list, checked: no line leads out of the folder of evidence. Raises :class:`UserError`."""
    try:
        with file.open("r", encoding="ascii", errors="replace", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                if not _NAME.fullmatch(line.rstrip("\n")):
                    raise UserError(f"{file}:{number}: is no name of evidence", "use another backup")
                yield line.rstrip("\n")
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}", "use another backup") from None


def digest(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def keep(path: Path) -> None:
    """Make a file, or a folder's list of names, outlast a power cut."""
    if path.is_dir():
        keep_names(path)
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
