"""What a Dask worker does with a batch: it looks whether it may, and reads it in a child process of its own machine."""

import asyncio
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import select

from barometer.clusters.errand import BROWSER, Errand, of_another_version, why_not
from barometer.crawl import Claim, ClaimLost
from barometer.errors import UserError
from barometer.night import COMMAND
from barometer.nights.batches import in_trouble
from barometer.nights.executor import Work, run_batch, why_in_trouble
from barometer.nights.terms import limits_of, wishes_of
from barometer.settings import Settings, load_settings
from schedules.children import ChildEnd
from storage.database import Database, open_database
from storage.problems import DatabaseProblem, StorageProblem
from storage.records import Run
from storage.vocabulary import RunState

LOOK_SECONDS = 1.0
"""How often a task looks whether its scheduler still wants it (*ours*)."""
ASK_SECONDS = 5.0
"""How often it asks the database whether the night still goes on (*ours*)."""


def read_on_worker(errand: Errand, batch_id: str) -> dict[str, Any]:
    """Return what :func:`barometer.clusters.task.read` promises."""
    from distributed import get_worker

    worker = get_worker()
    told: dict[str, Any] = {"worker": worker.address, "host": socket.gethostname()}
    try:
        told |= _told(errand, batch_id, worker)
    except UserError as error:
        told["refused"] = str(error)
    except StorageProblem as problem:
        told["trouble"] = f"{problem.what}; {problem.remedy}"
    except ClaimLost:
        told["lost"] = True
    return told


def _told(errand: Errand, batch_id: str, worker: Any) -> dict[str, Any]:
    refused = of_another_version(errand) or _without_browser(errand, worker.state.total_resources)
    if refused is not None:
        return {"refused": refused}
    at_once = int(min(worker.state.nthreads, worker.state.total_resources.get(BROWSER, worker.state.nthreads)))
    settings = load_settings()
    with open_database(settings.database) as database:
        refused = why_not(errand, settings, database)
        if refused is not None:
            return {"refused": refused}
        end = asyncio.run(_read(_work(errand, settings, database, at_once), batch_id, _wanted(worker)))
    if end is None:
        return {"ended": None}
    return (
        {"trouble": why_in_trouble(end)} if in_trouble(end) else {"ended": str(end.ended), "exit_code": end.exit_code}
    )


def _without_browser(errand: Errand, resources: dict[str, float]) -> str | None:
    if errand["rendered"] and resources.get(BROWSER, 0) < 1:
        return f'it offers no browser; start it with: dask worker --resources "{BROWSER}=2"'
    return None


def _work(errand: Errand, settings: Settings, database: Database, at_once: int) -> Work:
    terms = settings.night.model_copy(
        update={key: errand[key] for key in ("batch_size", "batch_minutes", "memory_mb")} | {"at_once": at_once}
    )
    # Logs lie on the machine that wrote them; with its name in their path a report says where.
    host = re.sub(r"[^0-9A-Za-z.-]", "-", socket.gethostname()).strip(".") or "worker"
    return Work(
        database, Claim(errand["run"], errand["token"]), COMMAND, limits_of(settings, terms, terms.batch_size),
        settings.night.logs, f"{errand['folder']}/{host}", wishes_of(errand["wishes"]), at_once,
    )  # fmt: skip


def _wanted(worker: Any) -> Callable[[], bool]:
    """Return what tells whether the scheduler still waits for the task of this thread: it may be cancelled, or gone itself."""
    key = worker.get_current_task()

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state == "executing" and worker.status.name in ("running", "paused")

    return wanted


async def _read(work: Work, batch_id: str, wanted: Callable[[], bool]) -> ChildEnd | None:
    stop = asyncio.Event()
    watching = asyncio.create_task(_stop_when_unwanted(work, wanted, stop))
    try:
        return await run_batch(work, batch_id, stop)
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _stop_when_unwanted(work: Work, wanted: Callable[[], bool], stop: asyncio.Event) -> None:
    looks = 0
    while wanted() and (looks % (ASK_SECONDS // LOOK_SECONDS) or await asyncio.to_thread(_goes_on, work)):
        looks += 1
        await asyncio.sleep(LOOK_SECONDS)
    stop.set()


def _goes_on(work: Work) -> bool:
    """Tell whether the night is still that of the client who sent the batch; yes, while the database does not answer."""
    with suppress(DatabaseProblem), work.database.reading() as session:
        found = session.execute(
            select(Run.token, Run.state, Run.claimed_by).where(Run.id == work.claimed.run_id)
        ).one_or_none()
        return (
            found is not None
            and found.token == work.claimed.token
            and found.state is RunState.OPEN
            and found.claimed_by is not None
        )
    return True
