"""What the commands of ``barometer edition`` and ``barometer review`` have in common."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from barometer.cli.console import printable, stderr
from barometer.errors import UserError

Name = Annotated[str, typer.Argument(metavar="EDITION", help="The edition, by its name.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides it: your name.")]
Actor = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who does it: your name. Default: the program's.")
]
Why = Annotated[str, typer.Option("--why", metavar="WORDS", help="Why, in a few words.")]
Revision = Annotated[
    int | None, typer.Option("--revision", min=1, metavar="N", help="This revision. Default: the last.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]

YEARS = range(1990, 2200)
"""Years that a day of an edition may lie in (*ours*)."""


def day(text: str, option: str) -> date:
    """Return the day that *text* names; raises :class:`UserError`, which names *option*, for what is none."""
    try:
        named = date.fromisoformat(text.strip())
    except ValueError:
        raise UserError(f"{option}: '{text[:40]}' is no day", "write it like 2027-03-31") from None
    if named.year not in YEARS:
        raise UserError(f"{option}: {named} is too far away", f"give a day from {YEARS[0]} to {YEARS[-1]}")
    return named


def note(line: str) -> None:
    """Print *line* on standard error, where remarks go."""
    stderr.print(Text(printable(line)), soft_wrap=True)


@contextmanager
def progress(doing: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show on a terminal how many categories are done; give what is to be told it."""
    columns = (
        TextColumn(doing), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[category]}", markup=False),
        TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=stderr, disable=not stderr.is_terminal) as shown:
        task = shown.add_task("", total=None, category="")

        def tell(done: int, total: int, category: str) -> None:
            shown.update(task, completed=done, total=total, category=printable(category)[:40])

        yield tell
