"""Who works through the batches of a night: child processes of this machine, or whatever else follows the protocol."""

import asyncio
import json
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from barometer.crawl import Claim
from barometer.errors import UserError
from barometer.monitoring.log import sentence
from barometer.nights import batches
from barometer.nights.terms import Wishes
from barometer.reading import patiently
from schedules.children import ChildEnd, Ended, Limits, run_child
from storage.database import Database
from storage.records import Batch

MOST_TROUBLES = 3
"""Batches in a row that settings, database or disk kept from going on, until the night stops and says so (*ours*)."""
PAUSE_SECONDS = 2.0
"""How long is waited after such a batch."""
_LAST_BYTES = 4000


class CannotGoOn(UserError):
    """Settings, a disk or the database are in the way of every batch; what is stored stays, and the night open."""


class Work(NamedTuple):
    """What it takes to read one batch, plain values but for the database: the claim of the night, the words that start
    ``barometer``, what its process may take, the folder of logs with that of the night in it, on which wishes sites are read,
    and how many processes share this machine. Without the last two a process asks the run, which of a large panel is large.
    """

    database: Database
    claimed: Claim
    command: Sequence[str]
    limits: Limits
    logs: Path
    folder: str
    wishes: Wishes | None = None
    at_once: int | None = None


class Executor(Protocol):
    """Brings batches to an end, in any order, wherever it likes; made for one night with its :class:`Work`."""

    async def run(self, batch_ids: Sequence[str]) -> None:
        """Return when each batch has ended, or was left open because the night is to stop.

        How a batch ended stands in the database: each is read with :func:`run_batch`, on the machine that reads it.
        """


async def run_batch(work: Work, batch_id: str, stop: asyncio.Event | None = None) -> ChildEnd | None:
    """Hand a batch out, read it in a child process of this machine, and record how that ended.

    ``None`` where there was nothing to read. Started again while the former child still runs (a worker was taken for dead),
    the former can store nothing more. Raises :class:`~barometer.crawl.ClaimLost` when another process works on the night.
    """
    handed = await asyncio.to_thread(patiently, lambda: _handed(work, batch_id))
    if handed is None:
        return None
    token, log = handed
    words = [*work.command, "night", "batch", batch_id, "--token", str(token)]
    if work.wishes is not None and work.at_once is not None:
        words += ["--at-once", str(work.at_once), "--wishes", json.dumps(work.wishes.selection)]
    end = await run_child(words, work.limits, work.logs / log, stop)
    await asyncio.to_thread(patiently, lambda: _recorded(work, batch_id, token, end, log))
    return end


def _handed(work: Work, batch_id: str) -> tuple[int, str] | None:
    with work.database.session() as session:
        token = batches.hand_out(session, work.claimed, batch_id)
        if token is None:
            return None
        return token, f"{work.folder}/batch-{session.get_one(Batch, batch_id).number:04}.log"


def _recorded(work: Work, batch_id: str, token: int, end: ChildEnd, log: str) -> bool:
    with work.database.session() as session:
        return batches.record_end(session, batch_id, token, end, log)


class LocalChildren:
    """Reads batches in child processes of this machine, ``at_once`` side by side."""

    def __init__(self, work: Work, at_once: int, stop: asyncio.Event) -> None:
        self._work, self._at_once, self._stop = work, at_once, stop
        self._troubles = 0
        self._hopeless: str | None = None

    async def run(self, batch_ids: Sequence[str]) -> None:
        """Bring each of *batch_ids* to an end; raises :class:`CannotGoOn` where none of them can."""
        waiting = deque(batch_ids)
        workers = [asyncio.ensure_future(self._one_after_the_other(waiting)) for _ in range(self._at_once)]
        try:
            await asyncio.gather(*workers)
        except BaseException:
            # The others' children end with them: cancelling waits for that.
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            raise
        if self._hopeless is not None:
            raise CannotGoOn(
                f"the night cannot go on: {self._hopeless}",
                "nothing stored is lost; mend it, then run the same command again",
            )

    async def _one_after_the_other(self, waiting: deque[str]) -> None:
        while waiting and not self._stop.is_set():
            batch_id = waiting.popleft()
            end = await run_batch(self._work, batch_id, self._stop)
            if end is None or not batches.in_trouble(end):
                self._troubles = 0
                continue
            self._troubles += 1
            if self._troubles >= MOST_TROUBLES:
                self._hopeless = why_in_trouble(end)
                self._stop.set()
                return
            waiting.append(batch_id)
            await asyncio.sleep(PAUSE_SECONDS)


def why_in_trouble(end: ChildEnd) -> str:
    """Return in words what was in the way of a child: what its log says, or why it has none."""
    return f"a batch could not be started: {end.problem}" if end.ended is Ended.NOT_STARTED else last_line(end.log)


def last_line(log: Path) -> str:
    """Return the last line of *log*, without the name of the program, or what is known where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _LAST_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError as error:
        return f"the log {log} cannot be read: {error.strerror}"
    last = next((line.strip() for line in reversed(lines) if line.strip()), "its process said nothing")
    return sentence(last)
