"""Several processes that begin the same work at the same moment."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from typing import Any

PATIENCE_SECONDS = 90


def all_at_once(work: Callable[..., object], arguments: list[tuple[Any, ...]]) -> list[int | None]:
    """Run *work* once for each of *arguments*, every one in its own process, and return their exit codes."""
    spawning = multiprocessing.get_context("spawn")
    barrier = spawning.Barrier(len(arguments))
    processes = [spawning.Process(target=_wait_and_work, args=(barrier, work, own)) for own in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
    return [process.exitcode for process in processes]


def _wait_and_work(barrier: Barrier, work: Callable[..., object], own: tuple[Any, ...]) -> None:
    barrier.wait(PATIENCE_SECONDS)
    work(*own)
