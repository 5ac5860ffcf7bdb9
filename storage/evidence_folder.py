"""Evidence in a folder, of this machine or of a file system that several machines share."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from uuid import uuid4

from storage.evidence_files import ENDINGS, Kept, file_name, is_named, name_in, packed, shard, unpacked
from storage.problems import EvidenceProblem

_PART = ".part"
_REMEDIES = {
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room: the quota is used up",
    errno.EFBIG: "the system allows no file of this size; raise the limit",
    errno.EROFS: "choose a folder on a disk that can be written",
    errno.EACCES: "make the folder writable, or choose another",
    errno.EPERM: "make the folder writable, or choose another",
    errno.ENOTDIR: "a part of the path is a file; choose another folder",
    errno.EEXIST: "a part of the path is a file; choose another folder",
    errno.EIO: "check the disk, or the server that shares the folder",
    errno.ETIMEDOUT: "check the server that shares the folder",
    errno.ESTALE: "the server that shares the folder was started anew; mount it again",
}
_NO_FSYNC_OF_FOLDERS = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


class EvidenceFolder:
    """A folder of evidence files. Each appears under its name by a rename, which every file system does at once.

    On a shared one its server's clock says when a file was written, and what another machine wrote may be seen some
    seconds later: what is put twice for that reason is the same file.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def names(self) -> Iterator[str]:
        """Yield every name, in order."""
        for folder in self._folders():
            yield from sorted({name for file in folder.iterdir() if (name := name_in(file.name)) is not None})

    def inventory(self) -> Iterator[Kept]:
        """Yield every file, in order of the names."""
        return (kept for name in self.names() if (kept := self.look(name)) is not None)

    def look(self, name: str) -> Kept | None:
        """Return what is known of the file under *name*."""
        file = self._find(name)
        return None if file is None else _kept(file)

    def look_through(self, names: Iterable[str]) -> Iterator[tuple[str, Kept | None]]:
        """Look at one after the other."""
        return ((name, self.look(name)) for name in names)

    def content(self, kept: Kept) -> bytes | None:
        """Return what the file holds; what another machine replaced meanwhile is read again."""
        try:
            return self._content(Path(kept.file))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._problem(f"evidence {kept.file} cannot be read", error) from error

    def open(self, kept: Kept) -> IO[bytes]:
        """Open the file as it is kept."""
        return Path(kept.file).open("rb")

    def put(self, name: str, content: bytes, suffix: str) -> None:
        """Renew the age of what is there and sound; write it where it is not."""
        try:
            if not self._renewed(name):
                self._write(name, content, suffix)
        except OSError as error:
            raise self._problem(f"evidence cannot be written to {self._directory}", error) from error

    def discard(self, files: Iterable[Kept]) -> None:
        """Remove *files*; what is gone already does no harm."""
        for kept in files:
            try:
                Path(kept.file).unlink(missing_ok=True)
            except OSError as error:
                raise self._problem(f"evidence {kept.file} cannot be removed", error) from error

    def take_away(self, kept: Kept, before: datetime) -> bool:
        """Move the file aside and look once more before it is removed.

        Whoever puts the same page in that moment either renews the age of the file, which then comes back, or finds none and
        writes its own.
        """
        file = Path(kept.file)
        aside = file.with_name(f".{uuid4().hex}{_PART}")
        try:
            file.rename(aside)
            if aside.stat().st_mtime < before.timestamp():
                aside.unlink()
                return True
            # If it was written anew meanwhile, that is the same content.
            aside.replace(file)
        except FileNotFoundError:
            return False
        except OSError as error:
            what = f"evidence {kept.file} cannot be removed: {error.strerror or error}"
            raise EvidenceProblem(what, f"make {self._directory} writable, then repair again") from error
        return False

    def leftovers(self, before: datetime) -> list[Kept]:
        """Return what was half written when its process was killed."""
        parts = (file for folder in self._folders() for file in folder.iterdir() if file.name.endswith(_PART))
        return [kept for part in parts if (kept := _kept(part)) is not None and kept.written_at < before]

    def top(self) -> set[str]:
        """Return the names of what lies directly in the folder; ``OSError`` where it cannot be read."""
        return {one.name for one in self._directory.iterdir()} if self._directory.exists() else set()

    def note(self, name: str) -> str:
        """Return the text of a small file directly in the folder; ``OSError`` where it cannot be read."""
        return (self._directory / name).read_text("utf-8")

    def set_note(self, name: str, text: str | None) -> None:
        """Write a small file directly in the folder, or remove it; raises ``OSError``."""
        if text is None:
            (self._directory / name).unlink()
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        (self._directory / name).write_text(text, "utf-8")

    def _folders(self) -> Iterator[Path]:
        yield from sorted(folder for folder in self._directory.glob("??/??") if folder.is_dir())

    def _folder(self, name: str) -> Path:
        return self._directory / shard(name)

    def _find(self, name: str) -> Path | None:
        folder = self._folder(name)
        return next((file for ending in ENDINGS if (file := folder / f"{name}{ending}").is_file()), None)

    def _content(self, file: Path) -> bytes | None:
        try:
            return _content(file)
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
        return _content(file)

    def _renewed(self, name: str) -> bool:
        """Tell whether *name* is there and sound; if so, mark it as just written, so that it is not taken for old."""
        file = self._find(name)
        if file is None:
            return False
        # What belongs to another machine's user is replaced instead, as is what that machine took away meanwhile.
        with suppress(FileNotFoundError, PermissionError):
            if is_named(self._content(file), name):
                os.utime(file)
                return True
        return False

    def _write(self, name: str, content: bytes, suffix: str) -> None:
        folder = self._folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{name[:16]}.{uuid4().hex}{_PART}"
        try:
            with part.open("xb") as file:
                file.write(packed(content, suffix))
                file.flush()
                os.fsync(file.fileno())
            part.replace(folder / file_name(name, suffix))
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        keep_names(folder)

    def _problem(self, what: str, error: OSError) -> EvidenceProblem:
        remedy = _REMEDIES.get(error.errno or 0, "check the folder and the disk")
        return EvidenceProblem(f"{what}: {error.strerror or error}", remedy)


def keep_names(folder: Path) -> None:
    """Make the folder's list of names last: a file whose name is lost in a power cut is lost.

    Some shared file systems know no such thing, and keep names by themselves. Raises ``OSError``.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FSYNC_OF_FOLDERS:
            raise
    finally:
        os.close(descriptor)


def _kept(file: Path) -> Kept | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return Kept(file, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _content(file: Path) -> bytes | None:
    with file.open("rb") as stream:
        return unpacked(stream, file.name)
