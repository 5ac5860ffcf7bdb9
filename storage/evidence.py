"""Evidence files, named by what they hold: the same page twice is one file, and a changed file is found out."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

from storage.evidence_bucket import EvidenceBucket
from storage.evidence_files import AS_THEY_ARE, COMPRESSED, MAX_BYTES, Kept, is_named
from storage.evidence_folder import EvidenceFolder
from storage.evidence_location import Bucket, Location, evidence_location
from storage.problems import EvidenceProblem

__all__ = ["AS_THEY_ARE", "COMPRESSED", "MAX_BYTES", "Bucket", "EvidenceStore", "Kept", "Location", "evidence_location"]


class Place(Protocol):
    """What a store rests on; the names it is given are checked by it, and what it raises is :class:`EvidenceProblem`."""

    def names(self) -> Iterator[str]:
        """Yield every name, in order and once."""

    def inventory(self) -> Iterator[Kept]:
        """Yield every file, in order of the names."""

    def look(self, name: str) -> Kept | None:
        """Return what is known of the file under *name*."""

    def look_through(self, names: Iterable[str]) -> Iterator[tuple[str, Kept | None]]:
        """Do so for many names, which come in order."""

    def content(self, kept: Kept) -> bytes | None:
        """Return what a file holds, unpacked, ``None`` when it is damaged; ``FileNotFoundError`` when it is gone."""

    def open(self, kept: Kept) -> IO[bytes]:
        """Open the file as it is kept; ``FileNotFoundError`` when it is gone, ``OSError`` when it cannot be read."""

    def put(self, name: str, content: bytes, suffix: str) -> None:
        """See to it that the file is there, whole and young."""

    def discard(self, files: Iterable[Kept]) -> None:
        """Remove *files*; what is gone already does no harm."""

    def take_away(self, kept: Kept, before: datetime) -> bool:
        """Remove a file unless it was put again since *before*; return whether it is gone."""

    def leftovers(self, before: datetime) -> list[Kept]:
        """Return what was half written, last before *before*."""

    def top(self) -> set[str]:
        """Return the names of what lies directly in the store."""

    def note(self, name: str) -> str:
        """Return the text of a small file directly in the store."""

    def set_note(self, name: str, text: str | None) -> None:
        """Write a small file directly in the store; ``None`` removes it."""


class EvidenceStore:
    """A folder, or a bucket, of evidence files; each is known by the SHA-256 of its content, in hexadecimal.

    Two levels of folders (``ab/cd/``) keep each one small, and are the same in both, so that a plain copy of one is the other.
    Files appear whole or not at all, and several processes on several machines may write at once. Nothing is made, nor is
    a bucket asked anything, before the first use.
    """

    def __init__(self, location: Path | str) -> None:
        self.location: Location = evidence_location(location)
        where = self.location
        self._place: Place = EvidenceFolder(where) if isinstance(where, Path) else EvidenceBucket(where)

    def __iter__(self) -> Iterator[str]:
        """Give the name of every file, in order."""
        return self._place.names()

    @property
    def directory(self) -> Path:
        """The folder; :class:`EvidenceProblem` where the store is none."""
        if isinstance(self.location, Path):
            return self.location
        raise EvidenceProblem(f"evidence in {self.location} lies in no folder", "copy it into one first")

    def put(self, content: bytes, suffix: str) -> str:
        """Keep *content* and return its name, the SHA-256 of what was given (not of what is on the disk).

        *suffix* says what it is, one of :data:`COMPRESSED` or :data:`AS_THEY_ARE`; another raises ``ValueError``. What
        is there already has its age renewed, and is written again if it is damaged. Raises ``ValueError`` for more than
        :data:`MAX_BYTES`, :class:`EvidenceProblem` when it cannot be written; nothing half-written is left then.
        """
        if suffix not in COMPRESSED | AS_THEY_ARE:
            raise ValueError(
                f"'{suffix}' is no kind of evidence; give one of {', '.join(sorted(COMPRESSED | AS_THEY_ARE))}"
            )
        if len(content) > MAX_BYTES:
            raise ValueError(f"{len(content)} bytes are no evidence: give at most {MAX_BYTES}")
        name = hashlib.sha256(content).hexdigest()
        self._place.put(name, content, suffix)
        return name

    def get(self, name: str) -> bytes:
        """Return what was put under *name*, checked.

        Raises :class:`EvidenceProblem` when it is missing, damaged or unreadable, ``ValueError`` when *name* is none.
        """
        kept = self._there(name)
        try:
            content = self._place.content(kept)
        except FileNotFoundError:
            raise self._missing(name) from None
        if content is None or not is_named(content, name):
            what = f"evidence {self._where(kept)} is not what was stored"
            raise EvidenceProblem(what, "bring it back from a copy, or visit again")
        return content

    def path(self, name: str) -> Path:
        """Return the file that holds *name*, in a store that is a folder; texts are gzipped in it.

        Raises :class:`EvidenceProblem` when there is none, ``ValueError`` when *name* is no SHA-256.
        """
        if isinstance(self.location, Bucket):
            raise EvidenceProblem(f"evidence in {self.location} lies in no folder", "read it by its name")
        return Path(self._there(name).file)

    def exists(self, name: str) -> bool:
        """Tell whether there is a file under *name*; ``ValueError`` when *name* is no SHA-256."""
        return self._place.look(name) is not None

    def verify(self, name: str) -> bool:
        """Tell whether the file under *name* is there and holds what was stored; a bucket that is not reached says neither."""
        try:
            self.get(name)
        except EvidenceProblem:
            return False
        return True

    def look(self, name: str) -> Kept | None:
        """Return what is known of the file under *name* without reading it, or ``None`` where there is none."""
        return self._place.look(name)

    def look_through(self, names: Iterable[str]) -> Iterator[tuple[str, Kept | None]]:
        """Yield each of *names*, which come in order and once, with what :meth:`look` says of it.

        A bucket is listed for it from the first to the last, a thousand files a request.
        """
        return self._place.look_through(names)

    def inventory(self) -> Iterator[Kept]:
        """Yield every file, in order of the names; never all of them in memory."""
        return self._place.inventory()

    def open(self, kept: Kept) -> IO[bytes]:
        """Open a file as it is kept, unchecked.

        Raises ``FileNotFoundError`` when it is gone, ``OSError`` or a :class:`~storage.problems.StorageProblem` when it cannot
        be read.
        """
        return self._place.open(kept)

    def remove(self, name: str) -> None:
        """Take *name* away; nothing happens when it is gone already."""
        kept = self.look(name)
        if kept is not None:
            self.discard(kept)

    def discard(self, *files: Kept) -> None:
        """Take away files that :meth:`look` or :meth:`leftovers` gave; :class:`EvidenceProblem` when one stays."""
        self._place.discard(files)

    def take_away(self, kept: Kept, before: datetime) -> bool:
        """Remove a file unless it was put again since *before*; return whether it is gone. Raises :class:`EvidenceProblem`."""
        return self._place.take_away(kept, before)

    def leftovers(self, before: datetime) -> list[Kept]:
        """Return the unfinished files that a killed process left, last written before *before*; a bucket has none."""
        return self._place.leftovers(before)

    def top(self) -> set[str]:
        """Return the names of what lies directly in the store, folders and strangers too. Raises ``OSError``."""
        return self._place.top()

    def note(self, name: str) -> str:
        """Return the text of a small file that lies directly in the store. Raises ``OSError``."""
        return self._place.note(name)

    def set_note(self, name: str, text: str | None) -> None:
        """Write a small file directly into the store, which is made for it; ``None`` removes it. Raises ``OSError``."""
        self._place.set_note(name, text)

    def _there(self, name: str) -> Kept:
        kept = self._place.look(name)
        if kept is None:
            raise self._missing(name)
        return kept

    def _where(self, kept: Kept) -> str:
        return str(kept.file) if isinstance(self.location, Path) else f"{self.location}/{kept.file}"

    def _missing(self, name: str) -> EvidenceProblem:
        what = f"there is no evidence {name} in {self.location}"
        return EvidenceProblem(what, "it may have been retired by age; check the place, or visit again")
