"""Answers from a Maildir: files are read where they lie, never moved, renamed or marked.

A position is the moment at which a file's name last changed (``ctime``): a delivery ends with a renaming, so no file can
appear with an older one, whatever the time it was written. Being marked as read renames a file as well; it is then given again,
which whoever takes it in recognises by its bytes.
"""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from probes.mail.imap import MAX_BYTES
from probes.probe import Arrival, Unreachable

OVERLAP_NANOSECONDS = 10_000_000_000
"""How much before a position is read again (*ours*): clocks of a file system move in steps, and listing takes a moment."""
LOOK_SECONDS = 2.0
"""How often :meth:`Maildir.wait` looks (*ours*)."""


class _File(NamedTuple):
    renamed_at: int
    path: Path


class Maildir:
    """A Maildir and the folders in it (Maildir++: ``.Junk`` and so on); ``name`` is ``maildir:PATH``."""

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self.name = f"maildir:{folder.absolute()}"
        self._folder = folder
        self._max_bytes = max_bytes

    async def validity(self) -> str:
        """Return what positions are valid for: the folder's inode, another one where it was made anew."""
        try:
            return str(self._folder.stat().st_ino)
        except OSError as error:
            raise Unreachable(f"{self.name}: {error.strerror}") from error

    async def arrivals(self, after: str | None) -> AsyncIterator[Arrival]:
        """Give the files that appeared after *after*, oldest first, and those shortly before it once more.

        ``received_at`` is when the file was written. Raises :class:`Unreachable` when the folder cannot be listed.
        """
        since = int(after) - OVERLAP_NANOSECONDS if after else 0
        try:
            files = await asyncio.to_thread(lambda: sorted(self._files(since)))
        except OSError as error:
            raise Unreachable(f"{self.name}: {error.strerror}") from error
        for file in files:
            read = await asyncio.to_thread(self._read, file.path)
            if read is not None:
                yield Arrival(*read, str(max(file.renamed_at, int(after or 0))))

    async def wait(self, seconds: float) -> None:
        """Return when something may have arrived, at the latest after *seconds*."""
        before = await asyncio.to_thread(self._touched)
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0 and await asyncio.to_thread(self._touched) == before:
            await asyncio.sleep(min(left, LOOK_SECONDS))

    def _files(self, since: int) -> Iterator[_File]:
        for folder in self._folders():
            with os.scandir(folder) as entries:
                for entry in entries:
                    found = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(found.st_mode) and found.st_ctime_ns >= since and not entry.name.startswith("."):
                        yield _File(found.st_ctime_ns, Path(entry.path))

    def _folders(self) -> list[Path]:
        """Return every ``new`` and ``cur`` that is a folder; the Maildir's own two must be."""
        inner = sorted(folder for folder in self._folder.glob(".?*") if folder.is_dir() and not folder.is_symlink())
        others = [folder / name for folder in inner for name in ("new", "cur")]
        return [self._folder / "new", self._folder / "cur", *(folder for folder in others if folder.is_dir())]

    def _touched(self) -> list[int]:
        try:
            return [folder.stat().st_mtime_ns for folder in self._folders()]
        except OSError:
            return []

    def _read(self, path: Path) -> tuple[bytes, datetime] | None:
        """Return what a file holds and when it was written; ``None`` when it has moved on: it is found there next time."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreachable(f"{self.name}: {path.name}: {error.strerror}") from error
        with os.fdopen(descriptor, "rb") as file:
            return file.read(self._max_bytes), datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC)
