"""Takes the steps of a scoring one by one, category by category, and prints as JSON what each cost.

Run by ``benchmarks.edition`` in a process of its own, with the database in ``BAROMETER_DATABASE`` and the evidence in
``BAROMETER_EVIDENCE``. The steps are those of ``barometer.editions.score``; nothing is stored.
"""

import argparse
import json
import os
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from barometer import observing
from barometer.edition import grid_of, listed
from barometer.editions.sheet import Head, sheet_bytes
from barometer.marks.stability import drawn
from barometer.ranking import rank
from barometer.scoring import score
from storage.database import open_database
from storage.evidence import EvidenceStore


def main() -> int:
    """Measure and print; return the exit code."""
    options = argparse.ArgumentParser()
    options.add_argument("--draws", type=int, default=1_000)
    draws: int = options.parse_args().draws
    meter = Meter()
    with open_database(os.environ["BAROMETER_DATABASE"]) as database, database.reading() as session:
        store = EvidenceStore(os.environ["BAROMETER_EVIDENCE"])
        edition = listed(session)[0]
        grid = grid_of(session, store, edition)
        for category in observing.categories(session, edition):
            with meter("choose"):
                inputs = observing.choose(session, edition, grid, category)
            with meter("freeze"):
                inputs = observing.Inputs.read(inputs.to_bytes())
            with meter("observe"):
                observed = observing.observe(session, inputs)
            with meter("score"):
                scores = [score(one, grid) for one in observed]
            with meter("rank"):
                ranking = rank(category, scores, grid)
            with meter("bootstrap"):
                ranking = drawn(ranking, {one.merchant.id: one for one in observed}, grid, category, draws)
            with meter("sheet"):
                sheet_bytes(Head(edition.name, 1, grid.name, grid.version, grid.sha256, "0.1.0", category, ""), ranking)
    sys.stdout.write(
        json.dumps([{"name": name, "cpu": cpu, "peak": meter.peaks[name]} for name, cpu in meter.cpu.items()])
    )
    return 0


class Meter:
    """Adds up processor seconds by step, and notes the peak of the process in MB at its last end."""

    def __init__(self) -> None:
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.peaks: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Count what the block costs to *step*."""
        began = time.process_time()
        yield
        self.cpu[step] += time.process_time() - began
        self.peaks[step] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
