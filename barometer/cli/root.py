"""What every command shares: the settings in force and the database they name."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barometer.errors import UserError
from barometer.settings import Settings, load_settings, tool_version

if TYPE_CHECKING:
    from storage.database import Database

_settings_file: ContextVar[Path | None] = ContextVar("settings_file", default=None)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"barometer {tool_version()}\n")
        raise typer.Exit


def root(
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            metavar="FILE",
            help="Settings file; otherwise BAROMETER_SETTINGS, otherwise barometer.toml in the working directory.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Keep the options that stand before the command."""
    _settings_file.set(settings)


def current_settings() -> Settings:
    """Return the settings of the running command; raises :class:`UserError` when they are wrong."""
    return load_settings(_settings_file.get())


@contextmanager
def opened_database(settings: Settings) -> Iterator["Database"]:
    """Give the database of *settings*, its tables up to date; what is wrong with it is a :class:`UserError`."""
    from storage.database import open_database
    from storage.problems import StorageProblem

    try:
        with open_database(settings.database) as database:
            database.migrate()
            yield database
    except StorageProblem as problem:
        raise UserError(problem.what, problem.remedy) from problem
