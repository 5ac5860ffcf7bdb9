"""Back up the database and its evidence: all of one moment, complete once the manifest is there, old ones pruned."""

import errno
import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple

from barometer.backups.database import Dumped, dump, sqlite_file
from barometer.backups.evidence import Placed, place, sweep
from barometer.backups.manifest import (
    EVIDENCE,
    MANIFEST,
    MISSING,
    NEEDED,
    SCHEMA,
    UNFINISHED,
    Backup,
    Manifest,
    backups,
    digest,
    keep,
    read_backup,
)
from barometer.errors import UserError
from barometer.settings import Settings, tool_version
from storage.database import open_database
from storage.evidence import EvidenceStore
from storage.problems import StorageProblem

_LOCK = ".lock"


class Progress(NamedTuple):
    """How far a backup is: what is being done, how much of it, and of how much where that is known (bytes, or files)."""

    stage: str
    done: int
    total: int | None = None


Told = Callable[[Progress], None]


class BackupMade(NamedTuple):
    """A backup that was made: its folder and manifest, the files of evidence that were new and their bytes, backups pruned."""

    folder: Path
    manifest: Manifest
    new_files: int
    new_bytes: int
    pruned: list[Path]

    def said(self) -> str:
        """Return it in one line."""
        needs = self.manifest.evidence
        gone = f", {needs.missing} without a file" if needs.missing else ""
        return (
            f"{sum(self.manifest.tables.values())} rows, {self.manifest.database.bytes / 1e6:.1f} MB; {needs.files} files of "
            f"evidence{gone}, {self.new_files} of them new ({self.new_bytes / 1e6:.1f} MB)"
        )


def create(settings: Settings, folder: Path, keep_newest: int | None = None, told: Told = lambda _: None) -> BackupMade:
    """Back up what *settings* name into a new folder under *folder*, and prune all but the *keep_newest* backups.

    Others may write meanwhile: the backup is of one moment. A backup that fails leaves none, and those before it whole.
    Raises :class:`UserError` and :class:`~storage.problems.StorageProblem`.
    """
    _refuse_nothing(settings)
    if isinstance(settings.evidence, Path):
        _refuse_the_store(settings.evidence, folder)
    with _written_to(folder), _alone(folder):
        made_at = datetime.now(UTC)
        unfinished = _begun(folder, made_at)
        try:
            with open_database(settings.database) as database:
                dumped = dump(database, unfinished, lambda done, total: told(Progress("database", done, total)))
            placed = _placed(settings, unfinished, dumped, told)
            finished = _finished(unfinished, made_at, dumped, placed)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            with suppress(OSError, UserError, StorageProblem):
                sweep(folder, backups(folder)[0])
            raise
        pruned = prune(folder, keep_newest) if keep_newest is not None else []
    return BackupMade(finished.folder, finished.manifest, placed.new, placed.new_bytes, pruned)


def prune(folder: Path, keep_newest: int) -> list[Path]:
    """Remove all backups in *folder* but the newest, and the evidence that none of those needs; return what was removed.

    Raises ``ValueError`` for fewer than one.
    """
    if keep_newest < 1:
        raise ValueError("a backup that was just made is kept: keep at least 1")
    complete, damaged = backups(folder)
    old = complete[:-keep_newest]
    for backup in old:
        # Without its manifest it is no backup any more, however far its removal gets.
        (backup.folder / MANIFEST).unlink()
        keep(backup.folder)
        shutil.rmtree(backup.folder)
    if not damaged:
        # What one that cannot be understood needs is not known.
        sweep(folder, complete[len(old) :])
    return [backup.folder for backup in old]


def _refuse_nothing(settings: Settings) -> None:
    file = sqlite_file(settings.database)
    if settings.database.startswith("sqlite") and (file is None or not file.is_file()):
        raise UserError(f"there is no database {settings.database}", "mend the address in the settings")


def _refuse_the_store(store: Path, folder: Path) -> None:
    """Raise :class:`UserError` where pruning backups would prune the store itself."""
    own, given = (folder / EVIDENCE).resolve(), store.resolve()
    if own == given or own in given.parents or given in own.parents:
        raise UserError(f"backup {folder}: its folder of evidence would be in {store}", "name another folder with --to")


def _placed(settings: Settings, unfinished: Path, dumped: Dumped, told: Told) -> Placed:
    with (unfinished / NEEDED).open("rb") as listed:
        total = sum(1 for _ in listed)
    told(Progress("evidence", 0, total))
    store = EvidenceStore(settings.evidence)
    placed = place(store, unfinished, lambda done: told(Progress("evidence", done, total)))
    told(Progress("evidence", total, total))
    return placed


@contextmanager
def _written_to(folder: Path) -> Iterator[None]:
    """Make *folder*, for its owner alone: it holds what people wrote. Say plainly where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield
    except OSError as error:
        remedy = "make room on the disk, or name another folder"
        if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
            remedy = "let the barometer write there (a service: ReadWritePaths= of its unit), or name another folder"
        remedy += ", with --to or schedule.backup.folder; earlier backups are whole"
        where = f" ({error.filename})" if error.filename and str(error.filename) != str(folder) else ""
        raise UserError(f"backup {folder}: {error.strerror or error}{where}", remedy) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep every other process from backing up into *folder*; the lock goes with the process."""
    with (folder / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"backup {folder}: another backup is being made", "wait for it to end") from None
        yield


def _begun(folder: Path, made_at: datetime) -> Path:
    """Return a new folder for what is not yet a backup; what a killed process left of its own goes."""
    for left in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left)
    unfinished = folder / f"{UNFINISHED}{made_at:%Y-%m-%dT%H%M%SZ}"
    unfinished.mkdir(mode=0o700)
    return unfinished


def _finished(unfinished: Path, made_at: datetime, dumped: Dumped, placed: Placed) -> Backup:
    """Write the manifest, make all of it last, and give the folder the name of a backup."""
    copy = unfinished / dumped.kind.file
    plain = {
        "schema": SCHEMA, "made_at": made_at.isoformat(), "tool_version": tool_version(), "revision": dumped.revision,
        "database": {
            "kind": dumped.kind, "bytes": copy.stat().st_size, "sha256": digest(copy),
            "namespace": dumped.namespace, "server": dumped.server,
        },
        "tables": dumped.tables,
        "evidence": {
            "files": placed.files, "bytes": placed.bytes, "missing": placed.missing,
            "sha256": digest(unfinished / NEEDED), "missing_sha256": digest(unfinished / MISSING),
        },
    }  # fmt: skip
    manifest = Manifest.model_validate_json(json.dumps(plain))
    (unfinished / MANIFEST).write_text(manifest.text(), "utf-8")
    for file in (copy, unfinished / NEEDED, unfinished / MISSING, unfinished / MANIFEST, unfinished):
        keep(file)
    name = unfinished.name.removeprefix(UNFINISHED)
    tries = (unfinished.with_name(name if number == 1 else f"{name}-{number}") for number in count(1))
    target = next(one for one in tries if not one.exists())
    unfinished.rename(target)
    keep(target.parent)
    return read_backup(target)
