"""What a night and everything it starts holds and uses: a tree of processes looked at once a second, from outside.

Memory is the proportional set size, in which what processes share is counted once. Processor time of the whole is what the
system accounts to ended processes: on Linux those whose parent was killed fall to this process, so that they count too. By
part it is what was last seen of each process, and a little less than the whole.
"""

import ctypes
import os
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

import psutil

LOOK_SECONDS = 1.0
_ADOPT_ORPHANS = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2)."""
_ORPHANS_SECONDS = 15.0


class Peak(NamedTuple):
    """The moment at which a tree held the most: MB in all, by part, and how many browsers (main processes) there were."""

    whole: float
    parts: Mapping[str, float]
    browsers: int


class Held(NamedTuple):
    """What was seen: the tree at its peak, the most that tree and servers held together and the most each batch held, by its
    process, all in MB; and processor seconds by part.
    """

    peak: Peak
    with_servers: float
    batches: Mapping[int, float]
    cpu: Mapping[str, float]


class Tree:
    """Looks at the process *root* and all below it, and at *servers*, until :meth:`stop`."""

    def __init__(self, root: int, servers: Iterable[int]) -> None:
        self._root, self._servers = psutil.Process(root), [psutil.Process(pid) for pid in servers]
        self._peak, self._with_servers = Peak(0.0, {}, 0), 0.0
        self._batches: dict[int, float] = {}
        self._cpu: dict[tuple[int, float], tuple[str, float]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, daemon=True)
        self._thread.start()

    def stop(self) -> Held:
        """Look no more; return what was seen."""
        self._over.set()
        self._thread.join()
        cpu: Counter[str] = Counter()
        for part, seconds in self._cpu.values():
            cpu[part] += seconds  # type: ignore[assignment]
        return Held(self._peak, self._with_servers, self._batches, dict(cpu))

    def _keep_looking(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        parts: Counter[str] = Counter()
        batches: Counter[int] = Counter()
        browsers = 0
        above: dict[int, int] = {}
        with suppress(psutil.Error):
            for process in [self._root, *self._root.children(recursive=True)]:
                with suppress(psutil.Error):
                    part, held, times = part_of(process), megabytes(process), process.cpu_times()
                    parts[part] += held  # type: ignore[assignment]
                    browsers += part == "Chromium, main"
                    self._cpu[process.pid, process.create_time()] = part, times.user + times.system
                    batch = process.pid if part == "batch" else above.get(process.ppid(), 0)
                    if batch:
                        above[process.pid] = batch
                        batches[batch] += held  # type: ignore[assignment]
        for batch, held in batches.items():
            self._batches[batch] = max(self._batches.get(batch, 0.0), held)
        whole = float(sum(parts.values()))
        if whole > self._peak.whole:
            self._peak = Peak(whole, dict(parts), browsers)
        served = 0.0
        for server in self._servers:
            with suppress(psutil.Error):
                served += megabytes(server)
        self._with_servers = max(self._with_servers, whole + served)


def part_of(process: psutil.Process) -> str:
    """Return what a process of a night is there for."""
    name, words = process.name(), process.cmdline()
    if name.startswith("node"):
        return "driver"
    if name.startswith(("chrom", "headless", "Google")):
        kind = next((word.partition("=")[2] for word in words if word.startswith("--type=")), "main")
        return f"Chromium, {kind}"
    if "schedules.guardian" in words:
        return "guardian"
    return "batch" if "batch" in words else "night"


def megabytes(process: psutil.Process) -> float:
    """Return what *process* holds, in MB; what it shares with others is counted in proportion, where the system tells."""
    held = process.memory_full_info()
    return float(getattr(held, "pss", held.rss)) / 1_000_000


def take_in_orphans() -> None:
    """Become the parent of processes that are left behind, where the system can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)


def bury_orphans(but: Iterable[int]) -> None:
    """Wait for every process that was left behind, so that its time is accounted; *but* are those that are to live on."""
    alive = set(but)
    deadline = time.monotonic() + _ORPHANS_SECONDS
    while time.monotonic() < deadline:
        left = [one for one in psutil.Process().children() if one.pid not in alive]
        if not left:
            return
        for one in left:
            with suppress(ChildProcessError):
                os.waitpid(one.pid, os.WNOHANG)
        time.sleep(0.05)


def ended_cpu_seconds() -> float:
    """Return the processor seconds of all processes below this one that have ended and were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
