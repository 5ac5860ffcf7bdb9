"""Small sites that log who asked, and ``barometer`` as a process of its own that can be broken off."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from barometer.demo.loopback import Reply, serving
from tests.barometer.command_line import ROOT, Finished

PATIENCE = 90.0


class LoggedSite:
    """A site of *pages* by path that logs every request; it waits *seconds*, or until *go_on*, before each answer."""

    def __init__(
        self, pages: Mapping[str, str | Reply], seconds: float = 0.0, go_on: threading.Event | None = None
    ) -> None:
        self.asked: list[str] = []
        self._pages = pages
        self._seconds = seconds
        self._go_on = go_on

    def __call__(self, method: str, target: str) -> Reply:
        self.asked.append(target)
        time.sleep(self._seconds)
        if self._go_on is not None:
            self._go_on.wait(PATIENCE)
        page = self._pages.get(target)
        if page is None:
            return Reply(404, b"<p>Page introuvable</p>")
        return page if isinstance(page, Reply) else Reply(200, page.encode())

    @property
    def pages_asked(self) -> list[str]:
        """Return what was asked for besides robots.txt."""
        return [target for target in self.asked if target != "/robots.txt"]


class Running:
    """A started command."""

    def __init__(self, words: Sequence[str], cwd: Path, environment: Mapping[str, str] | None = None) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-c", "from barometer.cli import main; main()", *words],
            cwd=cwd,
            env={
                **os.environ,
                "BAROMETER_RENDER": "false",
                "PYTHONPATH": str(ROOT),
                "PYTHONIOENCODING": "utf-8",
                **(environment or {}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def send(self, signal: int) -> None:
        """Send *signal* to the command."""
        self._child.send_signal(signal)

    def end(self) -> Finished:
        """Wait for the command to end and return how it did."""
        out, err = self._child.communicate(timeout=PATIENCE)
        return Finished(self._child.returncode, out.decode(), err.decode())

    @property
    def alive(self) -> bool:
        """Whether the command has not ended yet."""
        return self._child.poll() is None


@contextmanager
def running(*words: str, cwd: Path, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Start ``barometer`` with *words*; it is gone at the end."""
    command = Running(words, cwd, environment)
    try:
        yield command
    finally:
        if command.alive:
            command._child.kill()
            command._child.communicate()


def wait_until(happened: Callable[[], object]) -> None:
    """Wait until *happened* is true; fails after :data:`PATIENCE` seconds."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.01)


__all__ = ["LoggedSite", "Reply", "Running", "running", "serving", "wait_until"]
