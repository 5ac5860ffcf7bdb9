"""Workers of a Dask cluster as those who read the batches of a night: one task a batch, the database as the truth.

Dask may lose a worker, begin a task twice, or lose the client. Each start of a batch draws a token one above the last, so
whatever still runs from before can store nothing more, and nothing that Dask says of a task is believed about a site.
"""

import asyncio
import concurrent.futures
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import func, select

from barometer.clusters import errand as errands
from barometer.clusters.connecting import connected
from barometer.clusters.crew import Crew, rallied
from barometer.clusters.errand import BROWSER, Errand
from barometer.clusters.task import read
from barometer.crawl import ClaimLost
from barometer.errors import UserError
from barometer.night import MakesExecutor
from barometer.night_settings import Night
from barometer.nights.batches import MOST_STARTS
from barometer.nights.executor import MOST_TROUBLES, CannotGoOn, Executor, Work
from barometer.nights.terms import GRACE_SECONDS, Wishes
from barometer.settings import Settings
from schedules.children import Ended
from storage.problems import DatabaseProblem
from storage.records import Batch
from storage.vocabulary import RunState

if TYPE_CHECKING:
    from distributed import Client, Future

LOOK_SECONDS = 1.0
"""How often workers are looked for (*ours*)."""
END_SECONDS = GRACE_SECONDS + 10.0
"""How long is waited for the processes of cancelled tasks to end (*ours*); what is slower can store nothing later."""

Say = Callable[[str], None]


def dask_workers(settings: Settings, wishes: Wishes, terms: Night, say: Say) -> MakesExecutor:
    """Return what makes :class:`DaskWorkers` for the scheduler that *terms* name; *say* hears of workers that cannot go on.

    Raises :class:`UserError` when nothing answers there, when no worker comes within ``terms.wait_workers`` seconds, and for a
    database that other machines cannot reach.
    """
    address = terms.scheduler
    if settings.database.startswith("sqlite"):
        raise UserError(
            "workers on other machines cannot write to a SQLite file",
            'with a scheduler, give them all one PostgreSQL: database = "postgresql://USER@HOST/NAME"',
        )
    if isinstance(settings.evidence, Path) and not settings.evidence.is_absolute():
        say(
            f"evidence = {settings.evidence} is a folder of this directory; each worker is asked whether it sees the same one"
        )
    asyncio.run(rallied(address, errands.is_rendered(settings, wishes), terms.wait_workers, say))

    def made(work: Work, at_once: int, stop: asyncio.Event) -> Executor:
        return DaskWorkers(settings, terms, say, work, stop)

    return made


class DaskWorkers:
    """Reads batches on the workers of a Dask cluster, as many at once as these have threads (and browsers, where wanted)."""

    def __init__(self, settings: Settings, terms: Night, say: Say, work: Work, stop: asyncio.Event) -> None:
        self._settings, self._terms, self._say, self._work = settings, terms, say, work
        self._wishes = work.wishes or Wishes()
        self._stop = stop
        self._address = terms.scheduler
        self._rendered = errands.is_rendered(settings, self._wishes)
        self._crew = Crew(self._address, self._rendered, terms.wait_workers, say)
        self._dropped: Counter[str] = Counter()
        self._failed = 0

    async def run(self, batch_ids: Sequence[str]) -> None:
        """Bring each of *batch_ids* to an end; raises :class:`CannotGoOn` where none can for now, :class:`ClaimLost`."""
        if not batch_ids:
            return
        try:
            async with connected(self._address) as client:
                with errands.witness(self._settings, self._work.claimed) as witness:
                    errand = errands.errand_of(
                        self._work.claimed, self._work.folder, self._settings, self._wishes, self._terms, witness
                    )
                    await self._work_off(client, errand, deque(batch_ids))
        except ConnectionError as error:
            raise CannotGoOn(
                f"nothing can go on: {error} ({self._address})",
                "nothing stored is lost; start scheduler and workers, then run the same command again",
            ) from None

    async def _work_off(self, client: "Client", errand: Errand, waiting: deque[str]) -> None:
        sent: dict[asyncio.Task[Any], tuple[str, Future[Any]]] = {}
        stopping: asyncio.Task[Any] = asyncio.create_task(self._stop.wait())
        try:
            while (waiting or sent) and not self._stop.is_set():
                slots = await self._crew.slots(client)
                while waiting and len(sent) < sum(slots.values()):
                    batch_id = waiting.popleft()
                    future = self._submitted(client, errand, batch_id, slots)
                    sent[asyncio.create_task(_outcome(future))] = batch_id, future
                done, _ = await asyncio.wait(
                    [*sent, stopping], timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done - {stopping}:
                    batch_id, _ = sent.pop(task)
                    if self._is_wanted_again(batch_id, task.result()):
                        waiting.append(batch_id)
        finally:
            stopping.cancel()
            await self._withdrawn(client, sent)

    def _submitted(
        self, client: "Client", errand: Errand, batch_id: str, slots: Mapping[str, int]
    ) -> "Future[Mapping[str, Any]]":
        # Never a key that was used before: what Dask still holds under it is an answer to another question.
        where: dict[str, Any] = {"resources": {BROWSER: 1}} if self._rendered else {}
        if self._crew.refusing:
            where |= {"workers": list(slots), "allow_other_workers": True}
        return client.submit(read, errand, batch_id, key=f"barometer-{batch_id}-{uuid4().hex[:8]}", pure=False, **where)

    def _is_wanted_again(self, batch_id: str, told: Mapping[str, Any]) -> bool:
        """Take in how a task ended and return whether its batch is to be sent again. Raises :class:`ClaimLost`."""
        if told.get("lost"):
            raise ClaimLost
        if "failed" in told:
            self._failed += 1
            if self._failed >= MOST_TROUBLES:
                raise CannotGoOn(
                    f"workers at {self._address} cannot begin: {told['failed']}",
                    "install the same barometer on each of them, and see what dask worker printed",
                )
            return True
        if "dropped" in told:
            self._dropped[batch_id] += 1
            return self._dropped[batch_id] < MOST_STARTS
        if "refused" in told or "trouble" in told:
            self._crew.complaint(told)
            return True
        self._failed = 0
        self._crew.well(told)
        return bool(told["ended"] == Ended.STOPPED)

    async def _withdrawn(self, client: "Client", sent: Mapping[asyncio.Task[Any], tuple[str, "Future[Any]"]]) -> None:
        """Cancel what was sent; the workers end the processes of it, which is waited for in the database."""
        if not sent:
            return
        for task in sent:
            task.cancel()
        await asyncio.gather(*sent, return_exceptions=True)
        if client.status != "running":
            return
        with suppress(Exception):  # a scheduler that goes at this moment: its workers end what they do without it
            await asyncio.wait_for(client.cancel([future for _, future in sent.values()], force=True), END_SECONDS)  # type: ignore[no-untyped-call]
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline and await asyncio.to_thread(
            self._are_read, [key for key, _ in sent.values()]
        ):
            await asyncio.sleep(LOOK_SECONDS / 2)

    def _are_read(self, batch_ids: Sequence[str]) -> bool:
        with suppress(DatabaseProblem), self._work.database.reading() as session:
            query = select(func.count()).where(
                Batch.id.in_(batch_ids), Batch.state == RunState.OPEN, Batch.claimed_by.is_not(None)
            )
            return bool(session.scalar(query))
        return False


async def _outcome(future: "Future[Any]") -> Mapping[str, Any]:
    """Return what the task said, or in its place how Dask lost it."""
    from distributed.scheduler import KilledWorker

    try:
        return dict(await future.result())
    except (asyncio.CancelledError, concurrent.futures.CancelledError):
        return {"dropped": "its task was cancelled"}
    except KilledWorker:
        return {"dropped": "it went down with its workers"}
    except Exception as error:
        # Whatever a worker that is not ours, or not as ours, may raise: it is told in one line and not in its words alone.
        return {"failed": f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"}
