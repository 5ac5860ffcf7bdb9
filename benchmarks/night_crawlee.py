"""The same shops twice: our night, and Crawlee's PlaywrightCrawler rendering every page, in one run.

Both read the same market with its ailing shops made well, since Crawlee would wait for those that hang and wander in those
that never end. Both detect with our detectors (see ``crawlee_playwright``). Ours keeps the pause of a second a site, presses
controls, keeps evidence and writes its records; Crawlee asks as fast as its pages load, and keeps one picture a site in memory.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmarks.night_figures import Site, sites
from benchmarks.night_run import Office, served
from benchmarks.night_shops import Case, market, truth, well
from benchmarks.proof_contest import Answer, Task, run
from storage.vocabulary import Channel

AT_ONCE = 4
"""Pages that Crawlee shows at once, as in ``proof_cost``."""
DEEPEST = 5
"""Clicks to which Crawlee follows links: as far as our budget goes."""


def measure(shops: int, seed: int, settings: Sequence[str] = ()) -> int:
    """Run both and print what they took, and their ratio."""
    if find_spec("browserforge") is None:
        raise SystemExit("night: Crawlee lacks its browser part; pip install 'crawlee[playwright]'")
    cases = [well(case) for case in market(shops, seed)]
    with tempfile.TemporaryDirectory() as name, served(shops, seed, well=True) as stage:
        office = Office(Path(name), stage.addresses, None, settings)
        ended = office.night([stage.server], on_line=lambda line: print(line, file=sys.stderr, flush=True))
        homes = {f"{address}/": case for address, case in zip(stage.addresses, cases, strict=True)}
        with office.database() as database:
            read = sites(database, homes, truth)
        ours = (ended.spent.wall, ended.spent.cpu, ended.spent.held.peak.whole)
        spent, answers = run("crawlee_playwright", Task(list(homes), at_once=AT_ONCE, depth=DEEPEST), "Crawlee")
    _print(read, ours, answers, (spent.wall, spent.cpu, spent.memory), homes)
    return 0


def _print(
    read: Sequence[Site],
    ours: Sequence[float],
    answers: Mapping[str, Answer],
    theirs: Sequence[float],
    homes: Mapping[str, Case],
) -> None:
    many = len(homes)
    print(f"\n| {many} shops | pages read | pages shown | wall s | CPU s | peak MB | right | wrong | unsure |")
    print("| --- " + "| ---: " * 8 + "|")
    counts = [
        sum(site.right for site in read),
        sum(len(site.wrong) for site in read),
        sum(len(site.unsure) for site in read),
    ]
    _line("our night", sum(site.read for site in read), sum(site.rendered for site in read), ours, counts)
    right = sum(_right(answer, homes[home]) for home, answer in answers.items())
    shown = sum(answer.rendered for answer in answers.values())
    _line("Crawlee, every page", shown, shown, theirs, [right, many * len(Channel) - right, 0])
    wall, cpu, memory = (their / our for their, our in zip(theirs, ours, strict=True))
    print(f"| Crawlee / ours | | | {wall:.1f} | {cpu:.1f} | {memory:.1f} | | | |")


def _line(name: str, pages: int, shown: int, spent: Sequence[float], counts: Sequence[int]) -> None:
    print(
        f"| {name} | {pages} | {shown} | " + " | ".join([*(f"{one:.0f}" for one in spent), *map(str, counts)]) + " |",
        flush=True,
    )


def _right(answer: Answer, case: Case) -> int:
    known = truth(case) or {}
    return sum(answer.clicks[channel] == clicks for channel, clicks in known.items())
