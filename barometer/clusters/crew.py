"""The workers of a cluster: who is there, how many batches each may read at once, and who cannot take part."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from barometer.clusters.connecting import connected, workers_of
from barometer.clusters.errand import BROWSER
from barometer.nights.executor import MOST_TROUBLES, CannotGoOn

if TYPE_CHECKING:
    from distributed import Client

LOOK_SECONDS = 2.0
"""How old what is known of the workers may be (*ours*)."""

Say = Callable[[str], None]


async def rallied(address: str, rendered: bool, wait_seconds: float, say: Say) -> None:
    """Return once a worker is there that may read a batch; raises :class:`CannotGoOn` when none came in *wait_seconds*."""
    waiting = False
    async with connected(address) as client:
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                workers = await workers_of(client)
            except ConnectionError as error:
                raise CannotGoOn(f"no Dask scheduler answers at {address} ({error})", "is it still running?") from None
            if any(slots_of(worker, rendered) for worker in workers.values()):
                return
            if time.monotonic() >= deadline:
                raise nobody(address, rendered, len(workers))
            if not waiting:
                waiting = True
                say(
                    f"waiting up to {wait_seconds:g} s for a worker{' with a browser' if rendered else ''} at {address}"
                )
            await asyncio.sleep(0.5)


def slots_of(worker: Mapping[str, Any], rendered: bool) -> int:
    """Return how many batches a worker may read at once: its threads, and not more than its browsers where they are wanted."""
    threads = int(worker.get("nthreads", 0))
    return min(threads, int(worker.get("resources", {}).get(BROWSER, 0))) if rendered else threads


def nobody(address: str, rendered: bool, others: int) -> CannotGoOn:
    """Return what is said where no worker may read a batch, *others* being there."""
    start = f"dask worker {address} --nworkers 1 --nthreads 2"
    if not rendered:
        return CannotGoOn(f"there is no worker at {address}", f"start one on each machine with: {start}")
    start += f' --resources "{BROWSER}=2"'
    if others:
        return CannotGoOn(
            f"none of the {others} workers at {address} offers a browser", f"start them with: {start}; or give --static"
        )
    return CannotGoOn(f"there is no worker at {address}", f"start one on each machine with: {start}")


class Crew:
    """The workers at one scheduler as a night comes to know them; ``refusing``: why some cannot take part, by address."""

    def __init__(self, address: str, rendered: bool, wait_seconds: float, say: Say) -> None:
        self._address, self._rendered, self._wait_seconds, self._say = address, rendered, wait_seconds, say
        self.refusing: dict[str, str] = {}
        self._troubles: Counter[str] = Counter()
        self._slots: dict[str, int] = {}
        self._looked = 0.0
        self._nobody_since: float | None = None

    async def slots(self, client: "Client") -> Mapping[str, int]:
        """Return how many batches each worker may read at once, by address.

        Raises ``ConnectionError`` when the scheduler is gone, :class:`CannotGoOn` when no worker is left, for as long as one is
        waited for, or none that can take part.
        """
        if client.status == "running" and time.monotonic() - self._looked < LOOK_SECONDS:
            return self._able()
        workers = await workers_of(client)
        self._looked = time.monotonic()
        self._slots = {address: slots_of(worker, self._rendered) for address, worker in workers.items()}
        able = self._able()
        if sum(able.values()):
            self._nobody_since = None
            return able
        blocked = [self.refusing[address] for address in workers if address in self.refusing]
        if blocked:
            raise CannotGoOn(
                f"no worker can go on: {blocked[-1]}", "then run the same command again; nothing stored is lost"
            )
        self._nobody_since = self._nobody_since or self._looked
        if self._looked - self._nobody_since >= self._wait_seconds:
            gone = nobody(self._address, self._rendered, len(workers))
            raise CannotGoOn(gone.what, f"{gone.remedy}; then run the same command again: nothing stored is lost")
        return able

    def complaint(self, told: Mapping[str, Any]) -> None:
        """Take in that a worker refused, or that something was in its way, which it may be three times in a row."""
        address, why = str(told["worker"]), str(told.get("refused") or told.get("trouble"))
        self._troubles[address] += 1
        if ("refused" in told or self._troubles[address] >= MOST_TROUBLES) and address not in self.refusing:
            self.refusing[address] = f"worker {told.get('host')} ({address}): {why}"
            self._say(f"not taking part: {self.refusing[address]}")
        self._looked = 0.0

    def well(self, told: Mapping[str, Any]) -> None:
        """Take in that a worker brought a batch to an end."""
        self._troubles.pop(str(told["worker"]), None)

    def _able(self) -> dict[str, int]:
        return {address: count for address, count in self._slots.items() if address not in self.refusing and count}
