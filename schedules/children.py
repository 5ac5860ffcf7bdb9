"""Run a command as a child: with a deadline, a limit of memory, a log, and an end that its browser shares.

Between the caller and the command stands a guardian (:mod:`schedules.guardian`), so that not even ``kill -9`` of the
caller leaves a browser behind. Nothing here knows what is run.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from schedules.guardian import end_all


class Ended(StrEnum):
    """How a child came to its end; ``lost``: its guardian was killed, and the child was ended after it."""

    EXITED = "exited"
    DEADLINE = "deadline"
    MEMORY = "memory"
    STOPPED = "stopped"
    NOT_STARTED = "not_started"
    LOST = "lost"


class Limits(NamedTuple):
    """Seconds a child may take, bytes all its processes together may hold (resident; ``None``: any), and how many seconds it has
    to end by itself once it is asked to.
    """

    seconds: float
    memory_bytes: int | None = None
    grace_seconds: float = 10.0


class ChildEnd(NamedTuple):
    """How a child ended: its exit code (negative: the signal that ended it; ``None``: it never began), what it took in
    seconds of the clock and of the processor, its largest resident size in bytes as sampled, its log, and what went wrong.
    """

    ended: Ended
    exit_code: int | None
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    log: Path
    problem: str | None = None

    @property
    def well(self) -> bool:
        """Whether it ended by itself with exit code 0."""
        return self.ended is Ended.EXITED and self.exit_code == 0


async def run_child(command: Sequence[str], limits: Limits, log: Path, stop: asyncio.Event | None = None) -> ChildEnd:
    """Run *command*, its output appended to *log*, and return how it ended; nothing of it lives on afterwards.

    When *stop* is set, or this task is cancelled, the child is asked to end, then made to. A command that cannot be started is
    no exception but a :class:`ChildEnd`.
    """
    mark = f"{os.getpid()}-{uuid4().hex}"
    guardian = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schedules.guardian", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    assert guardian.stdin is not None
    assert guardian.stdout is not None
    orders = {"command": list(command), "log": str(log), "mark": mark, **limits._asdict()}
    stopping = asyncio.create_task(_closed_when_set(stop, guardian.stdin)) if stop is not None else None
    try:
        with suppress(ConnectionError):
            guardian.stdin.write(json.dumps(orders).encode() + b"\n")
            await guardian.stdin.drain()
        told = await guardian.stdout.readline()
        await guardian.wait()
    except asyncio.CancelledError:
        guardian.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(guardian.wait()), limits.grace_seconds + 30)
        raise
    finally:
        if stopping is not None:
            stopping.cancel()
        await asyncio.to_thread(end_all, mark)
    return _end(told, log)


async def _closed_when_set(stop: asyncio.Event, pipe: asyncio.StreamWriter) -> None:
    await stop.wait()
    pipe.close()


def _end(told: bytes, log: Path) -> ChildEnd:
    try:
        found = json.loads(told)
    except ValueError:
        return ChildEnd(Ended.LOST, None, 0.0, 0.0, 0, log, "its guardian was killed")
    return ChildEnd(
        Ended(found["ended"]), found["exit_code"], found["seconds"], found["cpu_seconds"], found["peak_bytes"], log,
        found["problem"],
    )  # fmt: skip
