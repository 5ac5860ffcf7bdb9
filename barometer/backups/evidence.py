"""The evidence of backups: one folder for all of them, each file kept once, gone when no backup needs it any more."""

import errno
import heapq
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from barometer.backups.manifest import EVIDENCE, MISSING, NEEDED, Backup, keep, names
from storage.evidence import EvidenceStore, Kept
from storage.orphans import merged

TOLD_EVERY = 200
"""Files between two words of progress."""
ToldFiles = Callable[[int], None]
"""Hears how many files were dealt with."""
_OTHER_DISK = {errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EACCES, errno.ENOSYS}


class Placed(NamedTuple):
    """What a backup needs: files and the bytes they take, how many of both were new, how many had no file."""

    files: int = 0
    bytes: int = 0
    new: int = 0
    new_bytes: int = 0
    missing: int = 0


def place(store: EvidenceStore, unfinished: Path, told: ToldFiles) -> Placed:
    """Bring the evidence that the list in *unfinished* names into the folder beside it; what has no file is listed as missing.

    On one disk a file is linked, which takes no room; else, and from a bucket, it is copied. Raises ``OSError`` and
    :class:`~storage.problems.StorageProblem`.
    """
    target = EvidenceStore(unfinished.parent / EVIDENCE)
    found = Placed()
    touched: set[Path] = set()
    with (unfinished / MISSING).open("x", encoding="ascii", newline="\n") as missing:
        for number, (name, kept) in enumerate(store.look_through(names(unfinished / NEEDED)), 1):
            one = _place(store, kept, target, name, touched)
            if one.missing:
                missing.write(f"{name}\n")
            found = Placed(*map(sum, zip(found, one, strict=True)))
            if number % TOLD_EVERY == 0:
                told(number)
    for folder in sorted(touched):
        keep(folder)
    return found


def _place(store: EvidenceStore, kept: Kept | None, target: EvidenceStore, name: str, touched: set[Path]) -> Placed:
    """Bring one file, unless it is there already."""
    there = target.look(name)
    # Of two files of one name and different sizes at most one is what was stored.
    if there is not None and (kept is None or kept.size == there.size or target.verify(name)):
        return Placed(1, there.size)
    if kept is None:
        return Placed(missing=1)
    folder = target.directory / name[:2] / name[2:4]
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        touched.update((target.directory, folder.parent))
    try:
        bring(store, kept, folder / kept.file.name)
    except FileNotFoundError:
        return Placed(missing=1)
    touched.add(folder)
    return Placed(1, kept.size, 1, kept.size)


def bring(store: EvidenceStore, kept: Kept, target: Path, *, link: bool = True) -> None:
    """Make *target* a link to a stored file, or a copy that is as old where linking is not possible or not wanted.

    It appears whole or not at all. Raises ``OSError`` and :class:`~storage.problems.StorageProblem`.
    """
    part = target.with_name(f".{uuid4().hex}.part")
    try:
        try:
            if not link or not isinstance(store.location, Path):
                raise OSError(errno.EXDEV, "a copy is wanted")
            os.link(kept.file, part)
        except OSError as error:
            if error.errno not in _OTHER_DISK:
                raise
            with store.open(kept) as source, part.open("xb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
                copy.flush()
                os.fsync(copy.fileno())
            age = kept.written_at.timestamp()
            os.utime(part, (age, age))
        part.replace(target)
    finally:
        # A rename of one link onto another of the same file leaves both.
        with suppress(OSError):
            part.unlink(missing_ok=True)


def needed_by(backups: Iterable[Backup]) -> Iterator[str]:
    """Yield every name that one of *backups* needs, once, in order."""
    last = None
    for name in heapq.merge(*(names(backup.folder / NEEDED) for backup in backups)):
        if name != last:
            yield name
        last = name


def sweep(folder: Path, backups: Iterable[Backup]) -> None:
    """Remove the evidence in *folder* that none of *backups* needs, and what was half written. Raises ``StorageProblem``."""
    store = EvidenceStore(folder / EVIDENCE)
    for side in merged(needed_by(backups), store):
        if not side.in_rows:
            store.remove(side.name)
    store.discard(*store.leftovers(datetime.max.replace(tzinfo=UTC)))
