"""The command line: one module per command group, each thin."""

import os
import sys

import typer

from barometer.cli.console import NOWHERE_TO_WRITE, plain_error
from barometer.errors import UserError

app = typer.Typer(
    name="barometer",
    help="A contactability barometer: how many clicks to a merchant's phone number, and every other channel.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; a :class:`UserError` or a problem of storage is one line on standard error and exit code 2."""
    try:
        from barometer.cli import commands
        from storage.problems import StorageProblem

        commands.register(app)
    except KeyboardInterrupt:
        sys.exit(130)
    try:
        app()
        sys.stdout.flush()
    except (UserError, StorageProblem) as error:
        plain_error(str(error))
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain while it closes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        if error.errno not in NOWHERE_TO_WRITE:
            raise
        plain_error(f"the output cannot be written: {error.strerror}; make room on the disk, or write elsewhere")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
