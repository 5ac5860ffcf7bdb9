"""Evidence files, named by what they hold: the same page twice is one file, and a changed file is found out."""

import errno
import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from storage.problems import EvidenceProblem

COMPRESSED = frozenset({".html", ".eml", ".json", ".txt"})
"""Suffixes of texts; they are kept gzipped, as ``.html.gz`` and so on."""
AS_THEY_ARE = frozenset({".png", ".jpg", ".webp", ".pdf"})
"""Suffixes of what is compressed already."""
MAX_BYTES = 100_000_000
"""Largest file kept, in bytes before it is packed (*ours*); a file that holds more is not one that was put here."""

_NAME = re.compile(r"[0-9a-f]{64}")
_PART = ".part"
_ENDINGS = tuple(sorted([f"{suffix}.gz" for suffix in COMPRESSED] + list(AS_THEY_ARE)))
_REMEDIES = {
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room: the quota is used up",
    errno.EFBIG: "the system allows no file of this size; raise the limit",
    errno.EROFS: "choose a folder on a disk that can be written",
    errno.EACCES: "make the folder writable, or choose another",
    errno.EPERM: "make the folder writable, or choose another",
    errno.ENOTDIR: "a part of the path is a file; choose another folder",
    errno.EEXIST: "a part of the path is a file; choose another folder",
}


class Kept(NamedTuple):
    """A file of the store: where it is, its bytes on the disk, and when it was last put, in UTC."""

    file: Path
    size: int
    written_at: datetime


class EvidenceStore:
    """A folder of evidence files; each is known by the SHA-256 of its content, in hexadecimal.

    Two levels of folders (``ab/cd/``) keep each one small. Files appear whole or not at all, and several processes may
    write at once. Nothing is made before the first ``put``.
    """

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory)

    def __iter__(self) -> Iterator[str]:
        """Give the name of every file, in order."""
        for folder in self._folders():
            parts = (file.name.partition(".") for file in folder.iterdir())
            yield from sorted({name for name, dot, end in parts if _NAME.fullmatch(name) and dot + end in _ENDINGS})

    def put(self, content: bytes, suffix: str) -> str:
        """Keep *content* and return its name, the SHA-256 of what was given (not of what is on the disk).

        *suffix* says what it is, one of :data:`COMPRESSED` or :data:`AS_THEY_ARE`; another raises ``ValueError``. What
        is there already is checked, its age renewed, and written again if it is damaged. Raises ``ValueError`` for more than
        :data:`MAX_BYTES`, :class:`EvidenceProblem` when it cannot be written; nothing half-written is left then.
        """
        if suffix not in COMPRESSED | AS_THEY_ARE:
            raise ValueError(
                f"'{suffix}' is no kind of evidence; give one of {', '.join(sorted(COMPRESSED | AS_THEY_ARE))}"
            )
        if len(content) > MAX_BYTES:
            raise ValueError(f"{len(content)} bytes are no evidence: give at most {MAX_BYTES}")
        name = hashlib.sha256(content).hexdigest()
        try:
            if not self._renewed(name):
                self._write(name, content, suffix)
        except OSError as error:
            raise self._problem(f"evidence cannot be written to {self.directory}", error) from error
        return name

    def get(self, name: str) -> bytes:
        """Return what was put under *name*, checked.

        Raises :class:`EvidenceProblem` when it is missing, damaged or unreadable, ``ValueError`` when *name* is none.
        """
        file = self.path(name)
        try:
            content = _content(file)
        except FileNotFoundError:
            raise self._missing(name) from None
        except OSError as error:
            raise self._problem(f"evidence {file} cannot be read", error) from error
        if content is None or hashlib.sha256(content).hexdigest() != name:
            raise EvidenceProblem(
                f"evidence {file} is not what was stored", "bring it back from a copy, or visit again"
            )
        return content

    def path(self, name: str) -> Path:
        """Return the file that holds *name*; texts are gzipped in it.

        Raises :class:`EvidenceProblem` when there is none, ``ValueError`` when *name* is no SHA-256.
        """
        file = self._find(name)
        if file is None:
            raise self._missing(name)
        return file

    def exists(self, name: str) -> bool:
        """Tell whether there is a file under *name*; ``ValueError`` when *name* is no SHA-256."""
        return self._find(name) is not None

    def verify(self, name: str) -> bool:
        """Tell whether the file under *name* is there and holds what was stored."""
        try:
            self.get(name)
        except EvidenceProblem:
            return False
        return True

    def look(self, name: str) -> Kept | None:
        """Return what is known of the file under *name* without reading it, or ``None`` where there is none."""
        file = self._find(name)
        return None if file is None else _kept(file)

    def remove(self, name: str) -> None:
        """Take *name* away; nothing happens when it is gone already."""
        kept = self.look(name)
        if kept is not None:
            self.discard(kept)

    def discard(self, kept: Kept) -> None:
        """Take away a file that :meth:`look` or :meth:`leftovers` gave; :class:`EvidenceProblem` when it stays."""
        try:
            kept.file.unlink(missing_ok=True)
        except OSError as error:
            raise self._problem(f"evidence {kept.file} cannot be removed", error) from error

    def leftovers(self, before: datetime) -> list[Kept]:
        """Return the unfinished files that a killed process left, last written before *before*."""
        parts = (file for folder in self._folders() for file in folder.iterdir() if file.name.endswith(_PART))
        return [kept for part in parts if (kept := _kept(part)) is not None and kept.written_at < before]

    def _folders(self) -> Iterator[Path]:
        yield from sorted(folder for folder in self.directory.glob("??/??") if folder.is_dir())

    def _folder(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name[:80]!r} is no name of evidence: 64 hexadecimal digits, lower case")
        return self.directory / name[:2] / name[2:4]

    def _find(self, name: str) -> Path | None:
        folder = self._folder(name)
        return next((file for ending in _ENDINGS if (file := folder / f"{name}{ending}").is_file()), None)

    def _renewed(self, name: str) -> bool:
        """Tell whether *name* is there and sound; if so, mark it as just written, so that it is not taken for old."""
        file = self._find(name)
        if file is None:
            return False
        with suppress(FileNotFoundError):
            content = _content(file)
            if content is not None and hashlib.sha256(content).hexdigest() == name:
                os.utime(file)
                return True
        return False

    def _write(self, name: str, content: bytes, suffix: str) -> None:
        packed = suffix in COMPRESSED
        kept = gzip.compress(content, compresslevel=6, mtime=0) if packed else content
        folder = self._folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{name[:16]}.{uuid4().hex}{_PART}"
        try:
            with part.open("xb") as file:
                file.write(kept)
                file.flush()
                os.fsync(file.fileno())
            part.replace(folder / f"{name}{suffix}{'.gz' if packed else ''}")
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        _keep_names(folder)

    def _missing(self, name: str) -> EvidenceProblem:
        what = f"there is no evidence {name} in {self.directory}"
        return EvidenceProblem(what, "it may have been retired by age; check the folder, or visit again")

    def _problem(self, what: str, error: OSError) -> EvidenceProblem:
        remedy = _REMEDIES.get(error.errno or 0, "check the folder and the disk")
        return EvidenceProblem(f"{what}: {error.strerror or error}", remedy)


def _kept(file: Path) -> Kept | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return Kept(file, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _content(file: Path) -> bytes | None:
    """Return what *file* holds, unpacked, or ``None`` when it is damaged or larger than anything that is kept."""
    with file.open("rb") as packed:
        try:
            with gzip.GzipFile(fileobj=packed) if file.suffix == ".gz" else nullcontext(packed) as stream:
                content = stream.read(MAX_BYTES + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return None
    return content if len(content) <= MAX_BYTES else None


def _keep_names(folder: Path) -> None:
    """Make the folder's list of names last: a file whose name is lost in a power cut is lost."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
