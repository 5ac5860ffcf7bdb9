"""The process between the scheduler and a command: it ends the command and all that came of it, whatever happens above.

Run as ``python -m schedules.guardian``, with its orders as JSON on the first line of standard input; the end of that input
means that the parent is gone. It writes how the command ended as one JSON line on standard output. A browser started by
the command has process groups and sessions of its own, so what belongs to the command is found by a mark in its
environment as well as by descent, and on Linux orphans fall to the guardian and not to the system's first process.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

MARK = "BAROMETER_CHILD"
"""The variable that all processes of a command inherit: its mark, after those of the commands that it was started by."""
LOOK_SECONDS = 0.5
"""How often memory and deadline are looked at (*ours*)."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def main() -> None:
    """Run the command that standard input orders, and print how it ended."""
    orders = json.loads(sys.stdin.readline())
    gone = threading.Event()
    threading.Thread(target=_await_end_of_input, args=(gone,), daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: gone.set())
    _linux(_PR_SET_CHILD_SUBREAPER, 1)
    told = json.dumps(watch(orders, gone)).encode() + b"\n"
    with suppress(OSError):  # a parent that was killed reads nothing any more
        os.write(sys.stdout.fileno(), told)


def watch(orders: dict[str, Any], gone: threading.Event) -> dict[str, Any]:
    """Run the ordered command until it ends, is too old or too large, or *gone* is set; return how that went.

    ``orders``: ``command``, ``log`` (a file), ``mark``, ``seconds``, ``memory_bytes`` (or ``None``), ``grace_seconds``. The
    result holds ``ended`` (``exited``, ``deadline``, ``memory``, ``stopped``, ``not_started``), ``exit_code`` (negative: the
    signal), ``seconds``, ``cpu_seconds`` and ``peak_bytes`` of all its processes, resident, as sampled.
    """
    began = time.monotonic()
    try:
        command = _started(orders)
    except OSError as error:
        return _result("not_started", None, began, _Tally(), str(error))
    tally = _Tally()
    ended = "exited"
    while command.poll() is None:
        tally.look(orders["mark"])
        if gone.is_set():
            ended = "stopped"
        elif time.monotonic() - began > orders["seconds"]:
            ended = "deadline"
        elif orders["memory_bytes"] is not None and tally.bytes > orders["memory_bytes"]:
            ended = "memory"
        if ended != "exited":
            _ask(command, orders["grace_seconds"] if ended != "memory" else 0.0)
            break
        with suppress(subprocess.TimeoutExpired):
            command.wait(LOOK_SECONDS)
    tally.look(orders["mark"])
    end_all(orders["mark"], descendants=True)
    code = command.wait()
    return _result(ended, code, began, tally)


def of_mark(mark: str) -> list[psutil.Process]:
    """Return the living processes that carry *mark*, but for this one."""
    found = []
    for process in psutil.process_iter():
        if process.pid != os.getpid() and _carries(process, mark):
            found.append(process)
    return found


def end_all(mark: str, *, descendants: bool = False) -> None:
    """Kill every process that carries *mark*, with *descendants* all that this process started too, and what they start."""
    for _ in range(200):
        left = [*of_mark(mark), *(_descendants() if descendants else ())]
        if not left:
            return
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        # Not psutil's own waiting: it would take the exit code away from whoever started the process.
        time.sleep(0.05)


class _Tally:
    """What the processes of a command use: memory now and at its peak, processor time so far."""

    def __init__(self) -> None:
        self.bytes = self.peak = 0
        self._cpu: dict[tuple[int, float], float] = {}

    def look(self, mark: str) -> None:
        """Take a sample."""
        own, shared = 0, dict[str, int]()
        # Where orphans fall to this process, descent finds all: asking every process of a machine for its environment, twice a
        # second, took a tenth of the processor time of a night.
        for process in _descendants() if sys.platform == "linux" else {*of_mark(mark), *_descendants()}:
            with suppress(psutil.Error):
                memory, name = process.memory_info(), process.name()
                common = getattr(memory, "shared", 0)
                own += memory.rss - common
                shared[name] = max(common, shared.get(name, 0))
                times = process.cpu_times()
                self._cpu[process.pid, process.create_time()] = times.user + times.system
        # A browser is twenty processes that hold the same program: summing them up finds twice of what is there.
        self.bytes = own + sum(shared.values())
        self.peak = max(self.peak, self.bytes)

    @property
    def cpu_seconds(self) -> float:
        """Processor time of all that was ever seen."""
        return sum(self._cpu.values())


def _started(orders: dict[str, Any]) -> "subprocess.Popen[bytes]":
    log = Path(orders["log"])
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603 - the parent's own command, no shell
            orders["command"], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, MARK: f"{os.environ.get(MARK, '')} {orders['mark']}".strip()}, preexec_fn=_die_with_parent,  # noqa: PLW1509 - one thread waits
        )  # fmt: skip


def _ask(command: "subprocess.Popen[bytes]", grace_seconds: float) -> None:
    """Ask the command to end, as Ctrl-C does, and wait that long."""
    with suppress(ProcessLookupError):
        os.killpg(command.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        command.wait(grace_seconds)


def _die_with_parent() -> None:
    _linux(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _linux(option: int, value: int) -> None:
    """Set an attribute of this process; elsewhere than on Linux there is none, and the mark must do."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _carries(process: psutil.Process, mark: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and mark in process.environ().get(MARK, "").split()
    except (psutil.Error, OSError):
        return False


def _descendants() -> Iterable[psutil.Process]:
    try:
        return [one for one in psutil.Process().children(recursive=True) if one.status() != psutil.STATUS_ZOMBIE]
    except psutil.Error:
        return []


def _await_end_of_input(gone: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    gone.set()


def _result(ended: str, code: int | None, began: float, tally: _Tally, problem: str | None = None) -> dict[str, Any]:
    return {
        "ended": ended,
        "exit_code": code,
        "seconds": round(time.monotonic() - began, 3),
        "cpu_seconds": round(tally.cpu_seconds, 3),
        "peak_bytes": tally.peak,
        "problem": problem,
    }


if __name__ == "__main__":
    main()
