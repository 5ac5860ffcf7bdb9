"""Run one contestant as a process of its own; measure what it costs and judge what it answers."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from benchmarks.contestant import Answer, Task
from benchmarks.serving import ROOT

LONGEST = 3_600
"""Seconds after which a contestant is ended."""


class Contestant(NamedTuple):
    """Who runs: a name for the table, the module, what of the task is its own, and what its environment must hold."""

    name: str
    module: str
    told: Mapping[str, Any] = {}
    environment: Mapping[str, str] = {}


class Cost(NamedTuple):
    """What a run cost: processor and wall-clock seconds (starting included), peak memory in MB, pages read."""

    cpu: float
    wall: float
    memory: float
    pages: int

    @property
    def pages_a_second(self) -> float:
        """Pages per processor second."""
        return self.pages / self.cpu


class Marks(NamedTuple):
    """Answers judged against the truth: right; wrong though it was sure; and those that only gave a bound."""

    right: int
    wrong: int
    unsaid: int


def run(contestant: Contestant, sites: list[str], label: str) -> tuple[Cost, dict[str, Answer]]:
    """Let *contestant* read *sites*; return what it cost and what it answered, by site; *label* names it in the log.

    Processor time and memory are those that the system accounts to the finished process, its own children included.
    Raises ``SystemExit`` with the end of its log when it fails.
    """
    started = time.monotonic()
    command = [sys.executable, "-m", f"benchmarks.{contestant.module}"]
    environment = {**os.environ, **contestant.environment}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
        watchdog = threading.Timer(LONGEST, process.kill)
        watchdog.start()
        answers = _listen(process, Task(sites)._replace(**contestant.told), label)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watchdog.cancel()
        if process.returncode or len(answers) != len(sites):
            log.seek(0)
            raise SystemExit(f"{contestant.name} failed ({process.returncode}):\n{log.read()[-3000:]}")
    wall, pages = time.monotonic() - started, sum(answer.pages for answer in answers.values())
    cost = Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / (1024**2 if _MACOS else 1024), pages)
    start = "\r" if sys.stderr.isatty() else ""
    print(f"{start}{label}: {cost.cpu:.1f} s CPU, {pages} pages{' ' * 20}".rstrip(), file=sys.stderr)
    return cost, answers


_MACOS = sys.platform == "darwin"


def _listen(process: subprocess.Popen[str], task: Task, label: str) -> dict[str, Answer]:
    """Tell the task, show progress, return the answers."""
    assert process.stdin is not None and process.stdout is not None
    with process.stdin as stdin:
        json.dump(task._asdict(), stdin)
    answers: dict[str, Answer] = {}
    for line in process.stdout:
        told = json.loads(line)
        if "site" in told:
            answers[told["site"]] = Answer(**told)
        elif sys.stderr.isatty():
            print(f"\r{label}: {told['pages']} pages", end="", file=sys.stderr, flush=True)
    return answers


def judge(answers: Mapping[str, Answer], truth: Mapping[str, int | None]) -> Marks:
    """Return how *answers* compare with *truth*, both by site.

    A bound that the truth keeps is neither right nor wrong; one that it breaks is wrong.
    """
    right = wrong = unsaid = 0
    for site, clicks in truth.items():
        answer = answers[site]
        kept = clicks is not None and (answer.clicks is None or clicks <= answer.clicks)
        if answer.sure and answer.clicks == clicks:
            right += 1
        elif not answer.sure and (kept or answer.clicks is None):
            unsaid += 1
        else:
            wrong += 1
    return Marks(right, wrong, unsaid)
