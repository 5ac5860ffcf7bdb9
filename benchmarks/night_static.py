"""Many sites in static mode: does a night grow in proportion, and does its memory stay flat?

Sites of four small pages (``benchmarks.serving tiny``), answered at once and without pauses, so that thousands are over in
minutes, at sizes that double. Else the night is the usual one, with ``--static`` and larger batches.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.night_figures import kept
from benchmarks.night_run import Office
from benchmarks.serving import served

MOST_GROWTH = 1.15
"""Times by which a site may cost more, and a night hold more, at the largest size than at the smallest (*ours*)."""


BATCH = 100
"""Sites that one process reads: so small ones are read faster than a process starts."""


class Row(NamedTuple):
    """A night of so many sites: seconds, processor seconds, pages, closed visits; MB at the peak, and of its largest batch and
    of the process that runs the night; bytes of the database.
    """

    sites: int
    wall: float
    cpu: float
    pages: int
    closed: int
    peak: float
    batch: float
    own: float
    database: int

    @property
    def milliseconds(self) -> float:
        """Of the processor, a site."""
        return 1000 * self.cpu / self.sites


def measure(sizes: Sequence[int]) -> int:
    """Run a night of each of *sizes* and print what it took; return 1 where it does not grow in proportion."""
    columns = (
        "wall s",
        "ms a site",
        "CPU s",
        "CPU ms a site",
        "pages",
        "closed",
        "peak MB",
        "largest batch MB",
        "night MB",
    )
    print("| sites | " + " | ".join(columns) + " | database kB a site |")
    print("| ---: " * (len(columns) + 2) + "|", flush=True)
    rows = [_row(size) for size in sizes]
    first, last = rows[0], rows[-1]
    dearer, larger = last.milliseconds / first.milliseconds, last.peak / first.peak
    print(
        f"\n{last.sites} sites against {first.sites}: {dearer:.2f} times the cost of a site, {larger:.2f} times the peak."
    )
    return 1 if max(dearer, larger) > MOST_GROWTH or any(row.closed < row.sites for row in rows) else 0


def _row(size: int) -> Row:
    with tempfile.TemporaryDirectory() as name, served("tiny", "--sites", str(size)) as homes:
        folder, servers = Path(name), [child.pid for child in psutil.Process().children()]
        office = Office(folder, [home.address for home in homes])
        ended = office.night(
            servers,
            "--static",
            "--batch-size",
            str(BATCH),
            on_line=lambda line: print(line, file=sys.stderr, flush=True),
        )
        with office.database() as database:
            left = kept(database, office.evidence, folder / "barometer.sqlite3")
    spent, cost = ended.spent, ended.report["cost"]
    held = spent.held
    row = Row(
        size, spent.wall, spent.cpu, cost["pages_read"], ended.report["closed"], held.peak.whole,
        max(held.batches.values(), default=0.0), held.peak.parts.get("night", 0.0), left.database,
    )  # fmt: skip
    figures = (
        row.wall,
        1000 * row.wall / size,
        row.cpu,
        row.milliseconds,
        row.pages,
        row.closed,
        row.peak,
        row.batch,
        row.own,
    )
    print(
        f"| {size} | " + " | ".join(f"{one:.0f}" for one in figures) + f" | {row.database / 1000 / size:.0f} |",
        flush=True,
    )
    return row
