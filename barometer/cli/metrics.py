"""``barometer metrics``: what an operator alerts on, as Prometheus reads it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.settings import Settings


def metrics(
    textfile: Annotated[
        Path | None,
        typer.Option(
            "--textfile", metavar="FILE",
            help="Write them into this file, at one stroke, for node_exporter's textfile collector; its name ends in .prom.",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Print figures in Prometheus text format: the last night and the one at work, jobs, attempts, replies, database, disks.

    They name no merchant, host or account. The scheduler writes the same file by itself where schedule.metrics_textfile names
    one. Where the database cannot be read, barometer_up is 0.

    Exit codes: 0 they were printed; 2 settings, database or file are in the way.

    Example: [bold]barometer metrics --textfile /var/lib/prometheus/node-exporter/barometer.prom[/bold]
    """
    from barometer.monitoring import exposition
    from barometer.monitoring import textfile as files

    if textfile is not None:
        files.textfile(textfile)
    settings: Settings | None = None
    problem: UserError | None = None
    try:
        settings = current_settings()
        with opened_database(settings) as database:
            text = exposition.read(database, settings)
    except UserError as error:
        problem, text = error, exposition.unreadable(settings)
    if textfile is None:
        sys.stdout.write(text)
    else:
        try:
            files.write(textfile, text)
        except OSError as error:
            raise UserError(
                f"{textfile} cannot be written: {error.strerror or error}",
                "name a file in a folder where you may write",
            ) from problem
    if problem is not None:
        raise problem
