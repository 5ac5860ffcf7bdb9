"""Show that memory stays flat over many sites, and that time grows no faster than the page.

``python -m benchmarks.growth [memory|time] [--sites 10000] [--largest 2000000] [--quick] [--all]``, from the
repository. Tables go to standard output. The exit code is 1 when the spider needs over 300 MB on top of what 100 sites
take, or when the time of some part grows faster than size to the power of 1.3 on any page, honest or hostile.

Memory is the peak that the system accounts to the finished process. For time, pages double in size; a page is read
anew three times, each time with nothing remembered from before, and the best of each part counts. The exponent is the
slope through the sizes at which the part takes at least two milliseconds; below that there is nothing to measure. Of
each page two rows are printed, the whole and the part that grows fastest.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.contest import Contestant, run
from benchmarks.detection_cost import ADDRESS, DETECTORS
from benchmarks.hostile_pages import PAGES
from benchmarks.serving import served
from spiders.detect.document import Document
from spiders.plan import Fetched
from spiders.search import SiteSearch

MOST_MEMORY = 300
"""MB that the many sites may cost more than the hundred."""
MOST_GROWTH = 1.3
"""Exponent of the growth of time with size from which on it counts as more than linear."""
REPEATS = 3
SHORTEST = 0.002
"""Seconds from which on a time is used for the exponent."""
TOO_LONG = 20.0
"""Seconds from which on no larger page is tried."""
SIZES = 5
OURS = Contestant("ours", "our_spider")
SEARCH = "a step of the search"


class Growth(NamedTuple):
    """How one part of reading copes with one kind of page: seconds by size, and the exponent."""

    page: str
    part: str
    seconds: dict[int, float]

    @property
    def exponent(self) -> float | None:
        """The slope of time over size, both as logarithms; ``None`` with fewer than three times worth measuring."""
        points = [(math.log(size), math.log(took)) for size, took in self.seconds.items() if took >= SHORTEST]
        if len(points) < 3:
            return None
        middle = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
        spread = sum((x - middle[0]) ** 2 for x, _ in points)
        return sum((x - middle[0]) * (y - middle[1]) for x, y in points) / spread


def main() -> None:
    """Measure what is asked for; exit with 1 where it grows too fast."""
    options = argparse.ArgumentParser()
    options.add_argument("what", nargs="?", choices=("memory", "time"), help="default: both")
    options.add_argument("--sites", type=int, default=10_000)
    options.add_argument("--largest", type=int, default=2_000_000, help="bytes of the largest page")
    options.add_argument("--quick", action="store_true", help="500 sites, pages up to 250 kB")
    options.add_argument("--all", action="store_true", help="a row for every part, not only the fastest growing one")
    asked = options.parse_args()
    if asked.quick:
        asked.sites, asked.largest = min(asked.sites, 500), min(asked.largest, 250_000)
    complaints = []
    if asked.what != "time":
        complaints += _memory(asked.sites)
    if asked.what != "memory":
        complaints += _time(asked.largest, asked.all)
    if complaints:
        raise SystemExit("\n".join(complaints))


def _memory(many: int) -> list[str]:
    """Read 100 sites, then *many*; print what each takes."""
    print("\n| sites | pages | CPU s | wall s | peak MB |\n| ---: | ---: | ---: | ---: | ---: |")
    peaks = []
    for count in (100, many):
        with served("tiny", "--sites", str(count)) as sites:
            cost, answers = run(OURS, [f"{site.address}/" for site in sites], f"{count} sites")
        wrong = sum(answer.clicks != 2 for answer in answers.values())
        if wrong:
            return [f"{wrong} of {count} sites were read wrongly"]
        print(f"| {count} | {cost.pages} | {cost.cpu:.1f} | {cost.wall:.1f} | {cost.memory:.0f} |", flush=True)
        peaks.append(cost.memory)
    more = peaks[1] - peaks[0]
    print(f"\n{many} sites take {more:.0f} MB more than 100; at most {MOST_MEMORY} wanted.")
    return [f"{more:.0f} MB more for {many} sites than for 100"] if more > MOST_MEMORY else []


def _time(largest: int, every_part: bool) -> list[str]:
    """Read each kind of page at doubling sizes; print seconds and exponents."""
    sizes = [largest >> step for step in reversed(range(SIZES))]
    head = " | ".join(f"{size // 1_000} kB" for size in sizes)
    print(f"\n| page | part | {head} | exponent |\n| --- | --- | " + "---: | " * (SIZES + 1))
    complaints = []
    for name, make in PAGES.items():
        if sys.stderr.isatty():
            print(f"\r{name:40}", end="", file=sys.stderr)
        grown = _grow(name, make, sizes)
        worst = max(grown, key=lambda growth: growth.exponent or 0.0)
        for growth in grown:
            if every_part or growth.part == "all" or growth is worst:
                _print_row(growth, sizes)
        complaints += [
            f"{growth.part} on {growth.page}: exponent {growth.exponent:.2f}"
            for growth in grown
            if (growth.exponent or 0.0) > MOST_GROWTH
        ]
    return complaints


def _print_row(growth: Growth, sizes: list[int]) -> None:
    times = " | ".join(f"{growth.seconds[size] * 1_000:.1f}" if size in growth.seconds else "-" for size in sizes)
    exponent = "flat" if growth.exponent is None else f"{growth.exponent:.2f}"
    print(f"| {growth.page} | {growth.part} | {times} | {exponent} |", flush=True)


def _grow(name: str, make: Callable[[int], bytes], sizes: list[int]) -> list[Growth]:
    """Return the growth of every part, the whole of them first."""
    parts = ["all", "reading", *DETECTORS, SEARCH]
    grown = [Growth(name, part, {}) for part in parts]
    for size in sizes:
        best = _best(make(size))
        for growth in grown:
            growth.seconds[size] = best[growth.part]
        if best["all"] > TOO_LONG:
            break
    return grown


def _best(body: bytes) -> dict[str, float]:
    """Return the least seconds of every part, out of :data:`REPEATS`."""
    rounds = []
    for _ in range(REPEATS):
        _forget()
        rounds.append(_once(body))
        if rounds[-1]["all"] > TOO_LONG / REPEATS:
            break
    return {part: min(one[part] for one in rounds) for part in rounds[0]}


def _forget() -> None:
    """Empty the caches of our own modules that hold a bounded number of strings met before; tables and lists stay."""
    for name, module in list(sys.modules.items()):
        if name.startswith("spiders."):
            for one in vars(module).values():
                if callable(getattr(one, "cache_clear", None)) and one.cache_parameters()["maxsize"] is not None:
                    one.cache_clear()


def _once(body: bytes) -> dict[str, float]:
    """Read *body* once; return the processor seconds of every part. What detectors share is paid by the first."""
    took: dict[str, float] = {}
    started = time.process_time()
    document = Document(body, ADDRESS)
    took["reading"] = time.process_time() - started
    for name, detector in DETECTORS.items():
        started = time.process_time()
        detector(document)
        took[name] = time.process_time() - started
    took["all"] = sum(took.values())
    search = SiteSearch(ADDRESS)
    home = search.next()
    assert home is not None
    started = time.process_time()
    search.take(home, Fetched(ADDRESS, 200, body, "text/html; charset=utf-8"))
    took[SEARCH] = time.process_time() - started
    return took


if __name__ == "__main__":
    main()
