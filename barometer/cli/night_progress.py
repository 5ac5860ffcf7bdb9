"""How far a night is: a bar on a terminal, a plain line now and then in a log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from barometer.cli.console import stderr, stderr_line
from barometer.monitoring.log import about
from barometer.reports.night_words import duration

if TYPE_CHECKING:
    from barometer.night import Progress

LINE_SECONDS = 300.0
"""How often a line is written where there is no terminal, besides one whenever a batch has ended (*ours*)."""


@contextmanager
def shown(
    tell: Callable[[str], None] = stderr_line, *, lines: bool = False, what: str = "night"
) -> Iterator[Callable[["Progress"], None]]:
    """Give what shows progress on standard error: a bar, or by *tell* where there is no terminal, or *lines* are wanted.

    *what* is read: a night, or a crawl.
    """
    if lines or not stderr.is_terminal:
        yield _Lines(tell, what).show
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("sites, {task.fields[batches]}"),
        TimeElapsedColumn(),
    )  # fmt: skip
    with Bar(*columns, console=stderr) as bar:
        task = bar.add_task(what, total=None, batches="")

        def show(progress: "Progress") -> None:
            doing = "second look" if progress.second_look else "reading"
            bar.update(
                task, description=doing, completed=progress.closed, total=progress.sites,
                batches=f"{progress.ended} of {progress.batches} batches",
            )  # fmt: skip

        yield show


class _Lines:
    """Progress as lines: one when a batch has ended, or when nothing was said for long."""

    def __init__(self, tell: Callable[[str], None], what: str) -> None:
        self._tell, self._what = tell, what
        self._said: tuple[int, int] | None = None
        self._at = 0.0

    def show(self, progress: "Progress") -> None:
        state = (progress.ended, progress.batches)
        if state == self._said and progress.seconds - self._at < LINE_SECONDS:
            return
        self._said, self._at = state, progress.seconds
        from barometer.jobs.night import progress_keys

        second = ", second look" if progress.second_look else ""
        with about("night_progress", **progress_keys(progress)):
            self._tell(
                f"{self._what} {progress.key}: {progress.closed} of {progress.sites} sites closed, {progress.ended} of "
                f"{progress.batches} batches ended{second}, {duration(progress.seconds)}"
            )
