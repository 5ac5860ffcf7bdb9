"""The machine: Python, its clock, processors and memory, how many files a process may have open."""

import ctypes
import os
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil

from barometer.checks.check import Check, Health
from barometer.settings import Settings

OLDEST_PYTHON = (3, 11)
YEARS = range(2026, 2100)
"""Years in which the clock may be right: this program was not written before."""
RENDERS_A_CORE = 3
"""Pages that one processor may be asked to show at once (*ours*): each takes half of one while it waits for its site."""
MOST_OF_MEMORY = 0.9
"""Share of the memory that the batches of a night may be allowed together (*ours*)."""
FEWEST_FILES = 1024
"""Files a process may have open, at least (*ours*): a crawl of 16 sites with a browser holds some 300."""
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_NOT_SYNCHRONISED = 5
"""What Linux answers about a clock that nothing keeps right (``TIME_ERROR``, adjtimex(2))."""


def check_python(version: tuple[int, int, int]) -> Check:
    """Return whether this Python is new enough."""
    found = ".".join(map(str, version))
    if version[:2] < OLDEST_PYTHON:
        return Check("python", Health.FAIL, found, "install Python 3.11 or later")
    return Check("python", Health.OK, found)


def check_clock(now: datetime, synchronised: bool | None = None) -> Check:
    """Return whether *now* can be right: every delay is measured with this clock.

    *synchronised* tells whether something keeps the clock right, ``None`` where nobody knows.
    """
    found = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if now.year not in YEARS:
        return Check("clock", Health.FAIL, found, "set the date; delays and certificates depend on it")
    if synchronised is False:
        remedy = "install chrony or systemd-timesyncd (timedatectl set-ntp true): delays are measured with this clock"
        return Check("clock", Health.WARN, f"{found}, and nothing keeps it right", remedy)
    return Check("clock", Health.OK, found + (", kept right" if synchronised else ""))


def clock_is_synchronised() -> bool | None:
    """Return whether the system says that its clock is kept right; ``None`` where it does not say."""
    if sys.platform != "linux":
        return None
    asked = ctypes.create_string_buffer(512)  # struct timex, all zero: nothing is to be changed
    state = ctypes.CDLL(None, use_errno=True).adjtimex(asked)
    return None if state < 0 else state != _NOT_SYNCHRONISED


def check_memory(settings: Settings, memory: int, cores: int) -> Check:
    """Return whether *memory* (bytes) and *cores* fit what ``[night]`` allows itself."""
    night = settings.night
    wanted = night.at_once * night.memory_mb * 1_000_000
    found = f"{cores} cores, {memory / 1e9:.1f} GB of memory"
    if wanted > MOST_OF_MEMORY * memory:
        told = f"{found}; {night.at_once} batches may hold {wanted / 1e9:.1f} GB"
        return Check("machine", Health.WARN, told, "lower night.at_once or night.memory_mb, or add memory")
    if settings.render and settings.renders_at_once > RENDERS_A_CORE * cores:
        told = f"{found}; {settings.renders_at_once} pages are to be shown at once, and each takes half of one"
        return Check("machine", Health.WARN, told, "lower renders_at_once")
    return Check("machine", Health.OK, found)


def memory_bytes() -> int:
    """Return the memory this process may use: the machine's, or less where a container or a service has a limit."""
    limits = [psutil.virtual_memory().total]
    for file in _CGROUP_LIMITS:
        try:
            limits.append(int(Path(file).read_text("ascii")))
        except (OSError, ValueError):
            continue
    return min(limits)


def core_count() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_files(allowed: int | None = None) -> Check:
    """Return whether a process may have enough files open; *allowed* is the limit, by default this process's."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if allowed is None else allowed
    if allowed != resource.RLIM_INFINITY and allowed < FEWEST_FILES:
        remedy = f"raise it: ulimit -n {FEWEST_FILES}, or LimitNOFILE= of the service"
        return Check("open files", Health.WARN, f"a process may open {allowed}", remedy)
    return Check("open files", Health.OK, f"a process may open {'any' if allowed < 0 else allowed}")
