"""What a file of evidence is: its name, its place below the store, and how its content is packed. The same everywhere."""

import gzip
import hashlib
import re
import zlib
from contextlib import nullcontext
from datetime import datetime
from pathlib import PurePath
from typing import IO, NamedTuple

COMPRESSED = frozenset({".html", ".eml", ".json", ".txt"})
"""Suffixes of texts; they are kept gzipped, as ``.html.gz`` and so on."""
AS_THEY_ARE = frozenset({".png", ".jpg", ".webp", ".pdf"})
"""Suffixes of what is compressed already."""
ENDINGS = tuple(sorted([f"{suffix}.gz" for suffix in COMPRESSED] + list(AS_THEY_ARE)))
"""What follows the name in the name of a file."""
MAX_BYTES = 100_000_000
"""Largest file kept, in bytes before it is packed (*ours*); a file that holds more is not one that was put here."""

_NAME = re.compile(r"[0-9a-f]{64}")


class Kept(NamedTuple):
    """A file of the store: where it is there, the bytes it takes, and when it was last put, in UTC.

    ``file`` is a path that can be opened where the store is a folder, and a key below the prefix where it is a bucket.
    """

    file: PurePath
    size: int
    written_at: datetime

    @property
    def name(self) -> str:
        """The name it is known by; of no meaning for what was half written."""
        return self.file.name.partition(".")[0]

    @property
    def suffix(self) -> str:
        """What kind of evidence it is, one of :data:`COMPRESSED` or :data:`AS_THEY_ARE`."""
        return f".{self.file.name.partition('.')[2].removesuffix('.gz')}"


def shard(name: str) -> str:
    """Return the two levels of folders that *name* lies in, ``ab/cd``; ``ValueError`` when it is no SHA-256."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is no name of evidence: 64 hexadecimal digits, lower case")
    return f"{name[:2]}/{name[2:4]}"


def file_name(name: str, suffix: str) -> str:
    """Return the name of the file that holds *name*."""
    return f"{name}{suffix}.gz" if suffix in COMPRESSED else f"{name}{suffix}"


def name_in(file: str) -> str | None:
    """Return the name that a file of this name holds, ``None`` for a stranger."""
    name, dot, ending = file.partition(".")
    return name if _NAME.fullmatch(name) and dot + ending in ENDINGS else None


def packed(content: bytes, suffix: str) -> bytes:
    """Return *content* as it is kept: the same bytes for the same content, on one version of zlib."""
    return gzip.compress(content, compresslevel=6, mtime=0) if suffix in COMPRESSED else content


def unpacked(stream: IO[bytes], file: str) -> bytes | None:
    """Return what the file of this name holds, or ``None`` when it is damaged or larger than anything that is kept."""
    try:
        with gzip.GzipFile(fileobj=stream) if file.endswith(".gz") else nullcontext(stream) as inside:
            content = inside.read(MAX_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return None
    return content if len(content) <= MAX_BYTES else None


def is_named(content: bytes | None, name: str) -> bool:
    """Tell whether *content* is what *name* stands for."""
    return content is not None and hashlib.sha256(content).hexdigest() == name
