"""How much the processes of a command hold: what they share counts once."""

import asyncio
import sys
from pathlib import Path

import pytest

from schedules.children import ChildEnd, Ended, Limits, run_child

MEGABYTES = 80
SHARED = f"""
import mmap, os, time
held = mmap.mmap(-1, {MEGABYTES} * 2**20)
for _ in range(4):
    if os.fork() == 0:
        break
for page in range(0, len(held), 4096):
    held[page] = 1
time.sleep(3)
"""
OWN = f"import time; held = bytearray({MEGABYTES * 4} * 2**20); time.sleep(2)"


def run(program: str, tmp_path: Path, limits: Limits) -> ChildEnd:
    return asyncio.run(run_child([sys.executable, "-c", program], limits, tmp_path / "child.log"))


@pytest.mark.skipif(sys.platform != "linux", reason="NOT TESTED: only Linux says what processes share")
def test_memory_that_processes_of_one_program_share_counts_once(tmp_path: Path) -> None:
    end = run(SHARED, tmp_path, Limits(seconds=60, memory_bytes=4 * MEGABYTES * 2**20))
    assert end.well
    assert MEGABYTES * 2**20 < end.peak_bytes < 4 * MEGABYTES * 2**20


def test_memory_of_a_process_s_own_still_ends_it(tmp_path: Path) -> None:
    end = run(OWN, tmp_path, Limits(seconds=60, memory_bytes=2 * MEGABYTES * 2**20))
    assert end.ended is Ended.MEMORY
