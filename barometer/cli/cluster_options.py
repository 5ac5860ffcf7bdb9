"""The options of commands whose batches a Dask cluster may read, and what comes of them."""

from typing import TYPE_CHECKING, Annotated

import typer

from barometer.cli.console import plain_error
from barometer.errors import UserError

if TYPE_CHECKING:
    from barometer.night import MakesExecutor
    from barometer.night_settings import Night
    from barometer.nights.terms import Wishes
    from barometer.settings import Settings

Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="Let the workers of this Dask cluster read the sites (tls:// too). Default: the settings', none.",
    ),
]
WaitWorkers = Annotated[
    float | None,
    typer.Option(
        "--wait-workers", metavar="SECONDS", min=0, max=3600,
        help="With a scheduler, wait so long for a worker that can read. Default: the settings', 30.",
    ),
]  # fmt: skip


def checked(scheduler: str | None) -> str | None:
    """Return the address that ``--scheduler`` gives; raises :class:`UserError` for what is none."""
    from barometer.clusters.address import scheduler_address

    if scheduler is None:
        return None
    try:
        return scheduler_address(scheduler)
    except UserError as error:
        raise UserError(f"--scheduler: {error.what}", error.remedy) from None


def executor(settings: "Settings", wishes: "Wishes", terms: "Night") -> "MakesExecutor":
    """Return what makes those who read the batches: the workers of a cluster that is there, else children of this machine."""
    from barometer.nights.executor import LocalChildren

    if not terms.scheduler:
        return LocalChildren
    from barometer.cluster import dask_workers

    return dask_workers(settings, wishes, terms, plain_error)
