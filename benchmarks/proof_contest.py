"""Run one contestant of ``proof_cost`` with the browsers it starts; measure what all of them together cost.

Processor time is what the system accounts to ended processes. A browser that is killed leaves processes behind; on Linux
this process takes them in, so that they count too. Memory is looked at from outside while the contestant runs, shared
pages counted once.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import psutil

from benchmarks.serving import ROOT

LONGEST = 3_600
"""Seconds after which a contestant is ended."""
LOOK_EVERY = 0.5
"""Seconds between two looks at the memory."""
_ADOPT_ORPHANS = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2)."""
_END_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""
_ORPHANS_SECONDS = 15.0


class Task(NamedTuple):
    """The sites to prove (home addresses), as whom, how many pages at once, and how deep who follows every link goes."""

    sites: Sequence[str]
    profile: str = "desktop"
    at_once: int = 2
    depth: int = 2


class Answer(NamedTuple):
    """What a contestant says of one site: clicks by channel (``None``: nowhere), and whether it is sure.

    *pages* were read, *rendered* of them shown by a browser, *pictures* were taken.
    """

    site: str
    clicks: Mapping[str, int | None]
    sure: Mapping[str, bool]
    pages: int
    rendered: int
    pictures: int


class Memory(NamedTuple):
    """Resident memory in MB at one moment: of the contestant's own process, of its browser's driver, of Chromium.

    Pages that processes share are counted once.
    """

    own: float
    driver: float
    chromium: float

    @property
    def whole(self) -> float:
        """All of it."""
        return self.own + self.driver + self.chromium


class Spent(NamedTuple):
    """What a run cost, browsers included: processor and wall-clock seconds (starting included), peak memory in MB."""

    cpu: float
    wall: float
    memory: float


def told() -> Task:
    """Return the task on standard input; from here on the contestant ends when its benchmark does, where the system can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGTERM, 0, 0, 0)
    return Task(**json.load(sys.stdin))


def tell(answer: Answer) -> None:
    """Write one answer to standard output."""
    print(json.dumps(answer._asdict()), flush=True)


def run(
    module: str, task: Task, label: str, on_answer: Callable[[int, Memory], None] | None = None
) -> tuple[Spent, dict[str, Answer]]:
    """Let the contestant *module* do *task*; return what that cost and what it answered, by site.

    *on_answer* is called with the number of answers so far and the memory in that moment. Raises ``SystemExit`` with the
    end of its log when it fails.
    """
    _take_in_orphans()
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.{module}"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        watchdog = threading.Timer(LONGEST, process.kill)
        watchdog.start()
        peak = _Peak(process.pid)
        answers = _listen(process, task, label, on_answer)
        process.wait()
        watchdog.cancel()
        peak.stop()
        if process.returncode or len(answers) != len(task.sites):
            log.seek(0)
            raise SystemExit(f"{label} failed ({process.returncode}):\n{log.read()[-3000:]}")
    wall = time.monotonic() - started
    _bury_orphans()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{label}: {cpu:.1f} s CPU, {wall:.0f} s", file=sys.stderr)
    return Spent(cpu, wall, peak.memory), answers


def _listen(
    process: "subprocess.Popen[str]", task: Task, label: str, on_answer: Callable[[int, Memory], None] | None
) -> dict[str, Answer]:
    """Tell the task, show progress, return the answers."""
    assert process.stdin is not None and process.stdout is not None
    with process.stdin as stdin:
        json.dump(task._asdict(), stdin)
    answers: dict[str, Answer] = {}
    for line in process.stdout:
        answer = Answer(**json.loads(line))
        answers[answer.site] = answer
        if on_answer is not None:
            on_answer(len(answers), memory_of(process.pid))
        if sys.stderr.isatty():
            print(f"\r{label}: {len(answers)} of {len(task.sites)}", end="\r", file=sys.stderr, flush=True)
    return answers


def memory_of(pid: int) -> Memory:
    """Return what the process *pid* and all below it hold now; what ends meanwhile holds nothing."""
    own = driver = chromium = 0.0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        own = _held(root)
        for process in root.children(recursive=True):
            with suppress(psutil.Error):
                if process.name().startswith("node"):
                    driver += _held(process)
                else:
                    chromium += _held(process)
    return Memory(own, driver, chromium)


def _held(process: psutil.Process) -> float:
    held = process.memory_full_info()
    return float(getattr(held, "pss", held.rss)) / 1_000_000


class _Peak:
    """Looks at a process and all below it until told to stop; ``memory`` is the most that was seen, in MB."""

    def __init__(self, pid: int) -> None:
        self.memory = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(pid,), daemon=True)
        self._thread.start()

    def _look(self, pid: int) -> None:
        while not self._over.wait(LOOK_EVERY):
            self.memory = max(self.memory, memory_of(pid).whole)

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()


def _take_in_orphans() -> None:
    """Become the parent of processes that a contestant leaves behind, where the system can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)


def _bury_orphans() -> None:
    """Wait for every process that was left behind, so that its time is accounted."""
    deadline = time.monotonic() + _ORPHANS_SECONDS
    with suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.05)
