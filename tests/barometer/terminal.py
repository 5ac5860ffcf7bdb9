"""A real terminal for tests: the program runs in it as a process of its own, keys go in, what it shows comes out."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.barometer.command_line import ROOT

START = (
    "import fcntl, signal, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "signal.signal(signal.SIGINT, signal.default_int_handler); from barometer.cli import main; main()"
)
"""Ctrl-C reaches only the programs whose own terminal it is typed at, and none that inherited to ignore it, as everything does
that a shell started in the background."""
PATIENCE_SECONDS = 60
"""How long a slow machine may take to show what is waited for."""


class Terminal:
    """The screen and the keyboard of a running program."""

    def __init__(self, process: subprocess.Popen[bytes], controller: int) -> None:
        self.process, self.controller = process, controller
        self.shown = ""

    def wait_for(self, text: str) -> str:
        """Read until *text* is shown, and return what was shown up to it; later waits look at what follows."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.shown:
            left = deadline - time.monotonic()
            ready = select.select([self.controller], [], [], max(0, left))[0] if left > 0 else []
            chunk = self._read() if ready else ""
            if not chunk:
                raise AssertionError(f"{text!r} was never shown; this was: {self.shown[-2000:]}")
            self.shown += chunk
        before, _, self.shown = self.shown.partition(text)
        return before

    def press(self, keys: str) -> None:
        """Press *keys*, all at once."""
        os.write(self.controller, keys.encode())

    def end(self) -> int:
        """Wait for the program to end, and return its exit code."""
        while self._read():
            pass
        return self.process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """End the program as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)

    def _read(self) -> str:
        try:
            return os.read(self.controller, 65536).decode("utf-8", "replace")
        except OSError:
            # Linux tells the end of a terminal's other side so.
            return ""


@contextmanager
def at_a_terminal(*words: str, cwd: Path, environment: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    """Run ``barometer`` with *words* at a terminal of 100 columns; it is gone afterwards, whatever happened."""
    controller, side = pty.openpty()
    termios.tcsetwinsize(side, (40, 100))
    process = subprocess.Popen(
        [sys.executable, "-c", START, *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "NO_COLOR": "1", **(environment or {})},
        stdin=side,
        stdout=side,
        stderr=side,
        start_new_session=True,
    )
    os.close(side)
    try:
        yield Terminal(process, controller)
    finally:
        process.kill()
        process.wait()
        os.close(controller)
