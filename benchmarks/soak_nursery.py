"""Processes under test, forked from one that has loaded everything, so that two hundred starts cost no time of the test.

Run as ``python -m benchmarks.soak_nursery SETTINGS``: for each line ``send`` or ``poll`` on standard input it forks a process
that does what the command line would do, and prints its number; for ``wait NUMBER`` it prints how that process ended.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from barometer.cli import main

COMMANDS = {"send": ["send", "--really"], "poll": ["poll", "--watch"]}
ROOT = Path(__file__).resolve().parents[1]


class Nursery:
    """Starts processes on *settings* and knows how they ended; *log* holds what they said."""

    def __init__(self, settings: Path, log: Path, environment: dict[str, str]) -> None:
        self.log = log
        with log.open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.soak_nursery", str(settings)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, cwd=ROOT, env=environment, text=True,
            )  # fmt: skip

    def child(self, kind: str) -> "Child":
        """Start a process: ``send`` or ``poll``."""
        return Child(self, int(self._asked(kind)))

    def ended(self, number: int) -> int:
        """Return the exit code of process *number*, negative for a signal, once it has ended."""
        return int(self._asked(f"wait {number}"))

    def close(self) -> None:
        """End the nursery."""
        self._process.communicate(timeout=60)

    def _asked(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the nursery ended: {self.log.read_text('utf-8', 'replace')[-2000:]}")
        return answer


class Child:
    """A process under test."""

    def __init__(self, nursery: Nursery, number: int) -> None:
        self._nursery, self.number = nursery, number

    @property
    def is_alive(self) -> bool:
        """Whether it still runs, or is stopped."""
        try:
            return psutil.Process(self.number).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def signal(self, number: int) -> None:
        """Send it *number*; nothing happens when it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.number, number)

    def kill(self) -> None:
        """Kill it, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        self._nursery.ended(self.number)

    def ended(self) -> None:
        """Wait until it has ended by itself; raises ``RuntimeError`` when it did not end well."""
        code = self._nursery.ended(self.number)
        if code:
            raise RuntimeError(f"it ended with {code}: {self._nursery.log.read_text('utf-8', 'replace')[-2000:]}")


def _work(kind: str, settings: str) -> None:
    """Do what a process under test does, and do not come back."""
    code = 70
    try:
        sys.argv = ["barometer", "--settings", settings, "probe", *COMMANDS[kind]]
        main()
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.stderr.flush()
        os._exit(code)


def _serve(settings: str) -> None:
    # Loaded here, once, by one thread: what is forked afterwards begins at once.
    import typer

    import storage.schema  # noqa: F401
    from barometer.cli import commands

    commands.register(typer.Typer())
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    while line := sys.stdin.readline().strip():
        kind, _, number = line.partition(" ")
        if kind == "wait":
            _, status = os.waitpid(int(number), 0)
            answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        else:
            child = os.fork()
            if child == 0:
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                _work(kind, settings)
            answers.write(f"{child}\n")
        answers.flush()


if __name__ == "__main__":
    _serve(sys.argv[1])
