"""An audit folder: ``result.json`` and the pictures it names, read without trusting either."""

import hashlib
from enum import StrEnum
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

from barometer.audit_files import RESULT_FILE
from barometer.errors import UserError
from barometer.reports.audit_contract import AuditResult, NotAnAuditError, parse_results

MAX_RESULT_BYTES = 32_000_000
"""Largest ``result.json`` read, in bytes (*ours*)."""
MAX_PICTURE_BYTES = 32_000_000
"""Largest picture read, in bytes (*ours*)."""


class Absence(StrEnum):
    """Why a picture that the result names is not shown."""

    MISSING = "missing"
    OUTSIDE = "outside"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"


class AuditFile(NamedTuple):
    """The results of one ``result.json``, where they came from, and the SHA-256 of the file."""

    path: Path
    results: tuple[AuditResult, ...]
    sha256: str

    @property
    def folder(self) -> Path:
        """The folder that file names in the results are relative to."""
        return self.path.parent


def read_folder(folder: Path) -> AuditFile:
    """Return the audit in *folder*, or beside its ``result.json``; raises :class:`UserError` where none can be read."""
    if folder.name == RESULT_FILE and folder.is_file():
        folder = folder.parent
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder", "give the folder that barometer audit --out wrote")
    file = folder / RESULT_FILE
    if not file.is_file():
        raise UserError(f"{folder}: no {RESULT_FILE} in it", "give the folder that barometer audit --out wrote")
    return _read(file)


def read_audit(path: Path) -> AuditFile:
    """Return the audit at *path*, a folder or a result file; raises :class:`UserError` where it cannot be read."""
    return read_folder(path) if path.is_dir() else _read(path)


def read_picture(folder: Path, name: str) -> bytes | Absence:
    """Return the content of the picture *name* in *folder*, or why it may not or cannot be read.

    A name that leads out of the folder, by itself or through a symbolic link, is not followed.
    """
    if not _stays_inside(name):
        return Absence.OUTSIDE
    try:
        file = (folder / name).resolve(strict=True)
        return _content(file) if file.is_relative_to(folder.resolve(strict=True)) else Absence.OUTSIDE
    except FileNotFoundError:
        return Absence.MISSING
    except (OSError, ValueError, RuntimeError):
        return Absence.UNREADABLE


def _content(picture: Path) -> bytes | Absence:
    if not picture.is_file():
        return Absence.UNREADABLE
    return picture.read_bytes() if picture.stat().st_size <= MAX_PICTURE_BYTES else Absence.TOO_LARGE


def _stays_inside(name: str) -> bool:
    """Tell whether *name* is relative on every system, since a folder made on one is read on another."""
    if not name or "\0" in name or len(name) > 255:
        return False
    return not any(
        path.is_absolute() or path.drive or path.root or ".." in path.parts
        for path in (PurePosixPath(name), PureWindowsPath(name))
    )


def _read(file: Path) -> AuditFile:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_RESULT_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{file}: {why}", "give the folder or result.json that barometer audit --out wrote") from None
    if len(content) > MAX_RESULT_BYTES:
        raise UserError(f"{file}: larger than {MAX_RESULT_BYTES // 1_000_000} MB", "give a result of barometer audit")
    try:
        results = parse_results(content)
    except NotAnAuditError as problem:
        raise UserError(
            f"{file}: not an audit result: {problem}", "write it again: barometer audit URL --out DIR"
        ) from None
    return AuditFile(file, results, hashlib.sha256(content).hexdigest())
