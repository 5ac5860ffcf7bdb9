"""The way to a Dask scheduler: in at most ten seconds it answers as one, or it is said in a line what does not."""

import asyncio
import logging
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from barometer.clusters.address import scheduler_address
from barometer.errors import UserError
from barometer.nights.executor import CannotGoOn

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 10.0
"""How long a scheduler may take to answer, and to be found again when it was lost (*ours*)."""


@asynccontextmanager
async def connected(address: str) -> AsyncIterator["Client"]:
    """Give a client of the scheduler at *address*; raises :class:`~barometer.errors.UserError` where that is none of ours."""
    address = scheduler_address(address)
    client = await _client(address)
    try:
        await _require_the_same(client, address)
        yield client
    finally:
        with suppress(Exception):  # whatever is left of the connection: what counts stands in the database
            await asyncio.wait_for(client.close(timeout=2), 5)  # type: ignore[no-untyped-call]


async def workers_of(client: "Client") -> dict[str, dict[str, Any]]:
    """Return what the scheduler knows of each worker, by address; ``ConnectionError`` where it is gone."""
    if client.status != "running":
        raise ConnectionError("the scheduler is gone")
    try:
        told = await asyncio.wait_for(_scheduler(client).identity(n_workers=-1), CONNECT_SECONDS)
    except (OSError, TimeoutError) as error:
        raise ConnectionError("the scheduler does not answer") from error
    return dict(told["workers"])


async def _client(address: str) -> "Client":
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise UserError(
            "a scheduler needs the library distributed, which is not installed",
            'install it with: pip install "barometer[cluster]"',
        ) from None
    _hush()
    client = Client(address, asynchronous=True, timeout=CONNECT_SECONDS, set_as_default=False, direct_to_workers=False)  # type: ignore[no-untyped-call]
    try:
        await asyncio.wait_for(_started(client), CONNECT_SECONDS)
    except Exception as error:
        with suppress(Exception):
            await asyncio.wait_for(client.close(timeout=1), 5)  # type: ignore[no-untyped-call]
        raise _no_answer(address, error) from None
    return client


async def _started(client: "Client") -> None:
    await client
    if client.status != "running":
        raise ConnectionError("it hung up")


def _scheduler(client: "Client") -> Any:
    if client.scheduler is None:
        raise ConnectionError("the scheduler is gone")
    return client.scheduler


def _no_answer(address: str, error: Exception) -> CannotGoOn:
    return CannotGoOn(
        f"no Dask scheduler answers at {address} ({_reason(error)})",
        "start one there with: dask scheduler; or mend the address",
    )


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError) or "Timed out" in str(error):
        return f"nothing within {CONNECT_SECONDS:.0f} s"
    return " ".join(str(error).split())[:120] or type(error).__name__


async def _require_the_same(client: "Client", address: str) -> None:
    from distributed.versions import get_versions

    ours = get_versions()["packages"]
    try:
        theirs = (await asyncio.wait_for(_scheduler(client).versions(packages=[]), CONNECT_SECONDS))["packages"]
    except (OSError, TimeoutError) as error:
        raise _no_answer(address, error) from None
    for package in ("distributed", "dask"):
        if theirs.get(package) != ours.get(package):
            raise UserError(
                f"the scheduler at {address} runs {package} {theirs.get(package)}, this machine {ours.get(package)}",
                "install the same version on every machine of the cluster",
            )


def _hush() -> None:
    """Keep the library from telling on standard error what we say in a line of our own."""
    from distributed.versions import VersionMismatchWarning

    warnings.simplefilter("ignore", VersionMismatchWarning)
    for name in ("distributed", "distributed.client", "tornado.application", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
