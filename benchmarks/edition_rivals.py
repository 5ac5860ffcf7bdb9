"""The bootstrap of a score as an analyst would script it, beside ours, on the same merchants; prints JSON.

Both scripts are given the points of every night and attempt, which ours has to find out first, and both do less: they draw
attempts without regard to scenarios, and a criterion that a draw does not measure is not weighed anew. One hands the points to
``scipy.stats.bootstrap``, the other is a loop over draws in plain Python, as a spreadsheet's macro would be. Run by
``benchmarks.edition --rivals``, with the environment that it sets.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from barometer import observing
from barometer.edition import grid_of, listed
from barometer.grids.grid import Grid
from barometer.marks import counted_attempts, counted_nights
from barometer.marks.stability import drawn
from barometer.observations import Observed
from barometer.ranking import rank
from barometer.scoring import score
from storage.database import open_database
from storage.evidence import EvidenceStore

BY_SCIPY, BY_LOOP = 20, 3
"""Merchants that each script is given: it takes too long for all."""


class Points(NamedTuple):
    """What one criterion earned, each night or attempt a part of its maximum, and its weight."""

    parts: list[float]
    weight: float
    nightly: bool


def main() -> int:
    """Measure and print; return the exit code."""
    options = argparse.ArgumentParser()
    options.add_argument("--draws", type=int, default=1_000)
    draws: int = options.parse_args().draws
    with open_database(os.environ["BAROMETER_DATABASE"]) as database, database.reading() as session:
        edition = listed(session)[0]
        grid = grid_of(session, EvidenceStore(os.environ["BAROMETER_EVIDENCE"]), edition)
        category = observing.categories(session, edition)[0]
        observed = observing.observe(session, observing.choose(session, edition, grid, category))
    ranking = rank(category, [score(one, grid) for one in observed], grid)
    points = [_points(one, grid) for one in observed]
    by_scipy(points[0], 10)  # libraries load themselves on first use
    by_key = {one.merchant.id: one for one in observed}
    drawn(ranking, by_key, grid, "a", 10)
    told = [
        {"name": "ours, places included", "ms": _ms(lambda: drawn(ranking, by_key, grid, "a", draws)) / len(observed)},
        {"name": "scipy.stats.bootstrap", "ms": _each(by_scipy, points[:BY_SCIPY], draws)},
        {"name": "a loop in plain Python", "ms": _each(by_loop, points[:BY_LOOP], draws)},
    ]
    sys.stdout.write(json.dumps(told))
    return 0


def by_scipy(points: Sequence[Points], draws: int) -> tuple[float, float]:
    """Return the interval of a score by SciPy's bootstrap, percentiles of *draws* draws."""
    import numpy as np
    from scipy.stats import bootstrap

    whole = sum(one.weight for one in points)

    def statistic(*samples: np.ndarray, axis: int) -> np.ndarray:
        earned = [
            one.weight * (np.median(sample, axis=axis) if one.nightly else np.mean(sample, axis=axis))
            for one, sample in zip(points, samples, strict=True)
        ]
        return np.asarray(20 * sum(earned) / whole)

    samples = [np.array(one.parts) for one in points]
    found = bootstrap(samples, statistic, n_resamples=draws, vectorized=True, method="percentile", rng=0)
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def by_loop(points: Sequence[Points], draws: int) -> tuple[float, float]:
    """Return the interval of a score by a loop over draws."""
    draw, whole = random.Random(0), sum(one.weight for one in points)
    scores = []
    for _ in range(draws):
        earned = 0.0
        for one in points:
            sample = draw.choices(one.parts, k=len(one.parts))
            earned += one.weight * (statistics.median(sample) if one.nightly else sum(sample) / len(sample))
        scores.append(20 * earned / whole)
    scores.sort()
    return scores[draws * 25 // 1_000], scores[draws * 975 // 1_000 - 1]


def _points(observed: Observed, grid: Grid) -> list[Points]:
    """Return the points of every criterion that weighs and was measured at least twice, which SciPy wants."""
    found = []
    for criterion in grid.criteria:
        top = float(criterion.maximum)
        if criterion.measure.nightly:
            nights = counted_nights.counting(criterion, observed.nights, grid.nights)
            parts = [float(one.worth.points) / top for one in nights.found]
        else:
            attempts = counted_attempts.counting(criterion, observed, grid.nights)
            parts = [float(attempts.worths[place].points) / top for place in attempts.earned]
        if criterion.weight and len(parts) > 1:
            found.append(Points(parts, float(criterion.weight), criterion.measure.nightly))
    return found


def _each(script: Callable[[Sequence[Points], int], object], points: Sequence[Sequence[Points]], draws: int) -> float:
    return _ms(lambda: [script(one, draws) for one in points]) / len(points)


def _ms(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1e3


if __name__ == "__main__":
    sys.exit(main())
