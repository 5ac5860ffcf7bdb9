"""A disk of a megabyte that can be filled up or made read-only; mounting one takes root, and is skipped loudly elsewhere."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest


class SmallDisk:
    """A mounted disk; ``path`` is its folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, leaving: int = 0) -> None:
        """Use up all room but *leaving* bytes."""
        with suppress(OSError), (self.path / "fill").open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        size = (self.path / "fill").stat().st_size
        os.truncate(self.path / "fill", max(0, size - leaving))

    def make_room(self) -> None:
        """Give the room back."""
        (self.path / "fill").unlink()

    def read_only(self) -> None:
        """Refuse every write from now on, root's too."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.path)], check=True, capture_output=True)

    def writable(self) -> None:
        """Allow every write again."""
        subprocess.run(["mount", "-o", "remount,rw", str(self.path)], check=True, capture_output=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Give a disk of one megabyte."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"NOT TESTED ON A FULL DISK: mounting one is not allowed here ({mounted.stderr.strip()})")
    yield SmallDisk(path)
    subprocess.run(["umount", "-l", str(path)], check=True)
