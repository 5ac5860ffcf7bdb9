"""A full night of generated shops, as an operator has it: how long, how much of the machine, and is every depth right?

``python -m benchmarks.night [--shops 400] [--quick] [--seed 0] [--postgres URL] [--option=WORD ...]``, or
``python -m benchmarks.night static [--sites 1000 2000 4000]``, or ``python -m benchmarks.night crawlee [--shops 40]``, from the
repository. Needs Chromium, the last also ``crawlee[playwright]``. Tables go to standard output, progress to standard error;
the exit code is 1 where a target is missed.

The market (``night_shops``) is served on loopback by a process of its own, each answer after 100 to 800 ms, and its robots.txt
asks for the pause of a second that the settings keep between two requests to a public site. Then ``barometer panel import`` and
``barometer night run`` run as processes with the settings' defaults: desktop, rendered proof, all channels. What follows
``--option`` is handed to ``night run`` (``--option=--at-once --option=3``), ``--setting "renders_at_once = 2"`` is a line of
the settings file.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from benchmarks import night_crawlee, night_static
from benchmarks.night_figures import Batches, Kept, Site, batches, kept, sites, unread
from benchmarks.night_run import Ended, Market, Office, served
from benchmarks.night_shops import LOOPS, UNANSWERED, Ailment, Case, market, truth
from spiders.browser.executable import find_browser
from storage.vocabulary import Channel
from tests.databases import fresh_database

MOST_MINUTES = 25
"""Wall time that a night of 400 shops may take on two processors, servers included (wanted), as are the three below."""
MOST_MB = 3_000
"""Memory that night and servers together may hold at the peak."""
LEAST_CLOSED = 0.99
"""Share of the shops that answer which is to be closed."""
SHOPS = 400
QUICK = 40
SLOWEST = 10


def main() -> int:
    """Measure what is asked for and print it; return the exit code."""
    asked = _options()
    if asked.what != "static" and find_browser() is None:
        raise SystemExit("night: no Chromium found; run: make browser")
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, seed {asked.seed}", flush=True)
    if asked.what == "static":
        return night_static.measure(asked.sites)
    if asked.what == "crawlee":
        return night_crawlee.measure(asked.shops or QUICK, asked.seed, asked.setting)
    return _night(asked)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser()
    options.add_argument("what", nargs="?", choices=("full", "static", "crawlee"), default="full")
    options.add_argument("--shops", type=int, default=0, help=f"shops of the market; {SHOPS}, for crawlee {QUICK}")
    options.add_argument("--quick", action="store_true", help=f"{QUICK} shops")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--postgres", metavar="URL", help="a server on which a database is made for this run")
    options.add_argument("--option", action="append", default=[], help="a word for night run, as --option=--at-once")
    options.add_argument("--setting", action="append", default=[], help="a line of the settings file")
    options.add_argument("--sites", type=int, nargs="+", default=[1000, 2000, 4000], help="for static")
    asked = options.parse_args()
    if asked.what == "full":
        asked.shops = QUICK if asked.quick else asked.shops or SHOPS
    return asked


def _night(asked: argparse.Namespace) -> int:
    cases = market(asked.shops, asked.seed)
    with _office(asked) as (office, stage, file):
        ended = office.night(
            [stage.server], *asked.option, on_line=lambda line: print(line, file=sys.stderr, flush=True)
        )
        with office.database() as database:
            by_home = {f"{address}/": case for address, case in zip(stage.addresses, cases, strict=True)}
            read, left = sites(database, by_home, truth), unread(database)
            evidence, parts = kept(database, office.evidence, file), batches(database)
    _print_sites(cases, read)
    _print_depths(read)
    _print_kept(evidence, len(cases))
    _print_cost(ended, stage, read, parts)
    _print_slowest(read)
    return _print_verdict(cases, ended, read, left)


@contextmanager
def _office(asked: argparse.Namespace) -> Iterator[tuple[Office, Market, Path | None]]:
    with tempfile.TemporaryDirectory() as name, served(asked.shops, asked.seed) as stage:
        folder = Path(name)
        if asked.postgres:
            with fresh_database(make_url(asked.postgres).set(drivername="postgresql+psycopg")) as url:
                words = url.render_as_string(hide_password=False)
                yield Office(folder, stage.addresses, words, asked.setting), stage, None
        else:
            yield Office(folder, stage.addresses, None, asked.setting), stage, folder / "barometer.sqlite3"


def _print_sites(cases: Sequence[Case], read: Sequence[Site]) -> None:
    columns = ("complete", "partial", "unreachable", "refused", "blocked", "not closed")
    print("\n| shops | number | " + " | ".join(columns) + " | pages read | shown | pictures | seconds | own CPU s |")
    print("| --- " + "| ---: " * (len(columns) + 6) + "|")
    groups: defaultdict[str, list[Site]] = defaultdict(list)
    for site in read:
        groups[site.case.kind].append(site)
    for kind, number in [*Counter(case.kind for case in cases).most_common(), ("all", len(cases))]:
        ours = groups[kind] if kind != "all" else list(read)
        ends = Counter(site.status for site in ours)
        told = [ends[name] for name in columns[:-1]] + [number - len(ours)]
        means = [
            _mean(getattr(site, name) for site in ours) for name in ("read", "rendered", "states", "seconds", "cpu")
        ]
        print(f"| {kind} | {number} | " + " | ".join([*map(str, told), *(f"{one:.1f}" for one in means)]) + " |")
    reasons = Counter(
        f"{site.case.kind}: {site.status}, {site.reason or 'budget'}" for site in read if site.status != "complete"
    )
    print("\nNot read to the end: " + ("; ".join(f"{name} ({n})" for name, n in reasons.most_common()) or "none") + ".")


def _mean(values: Iterator[float]) -> float:
    found = list(values)
    return statistics.fmean(found) if found else 0.0


def _print_depths(read: Sequence[Site]) -> None:
    print("\n| channel | right | wrong | unsure |\n| --- | ---: | ---: | ---: |")
    judged = [site for site in read if site.right or site.wrong or site.unsure]
    for channel in Channel:
        wrong, unsure = (sum(channel in getattr(site, name) for site in judged) for name in ("wrong", "unsure"))
        print(f"| {channel} | {len(judged) - wrong - unsure} | {wrong} | {unsure} |")
    for site in judged:
        for name in ("wrong", "unsure"):
            for channel, said in getattr(site, name).items():
                print(f"{name}: shop {site.case.number} ({site.case.kind}), {channel}: {said}", file=sys.stderr)


def _print_kept(found: Kept, many: int) -> None:
    print("\n| kept | files or rows | kB | kB a site |\n| --- | ---: | ---: | ---: |")
    for ending, (files, size) in found.evidence.items():
        print(f"| evidence, {ending} | {files} | {size / 1000:.0f} | {size / 1000 / many:.1f} |")
    print(
        f"| database | {sum(found.rows.values())} | {found.database / 1000:.0f} | {found.database / 1000 / many:.1f} |"
    )
    rows = ", ".join(f"{name} {count / many:.1f}" for name, count in found.rows.items() if count > 1)
    print(f"\nRows a site: {rows}.")


def _print_cost(ended: Ended, stage: Market, read: Sequence[Site], parts: Batches) -> None:
    spent, held = ended.spent, ended.spent.held
    many = max(1, len(stage.addresses))
    print("\n| cost | in all | a site |\n| --- | ---: | ---: |")
    print(f"| seconds by the clock | {spent.wall:.0f} | {spent.wall / many:.2f} |")
    print(f"| processor seconds, night and all it started | {spent.cpu:.0f} | {spent.cpu / many:.2f} |")
    for part, seconds in sorted(held.cpu.items(), key=lambda entry: -entry[1]):
        print(f"| of them, as last seen: {part} | {seconds:.0f} | {seconds / many:.2f} |")
    print(f"| processor seconds, server | {stage.cpu:.0f} | {stage.cpu / many:.2f} |")
    print(f"| answers of the server | {stage.told.get('answers', 0)} | {stage.told.get('answers', 0) / many:.0f} |")
    print(f"| pages read | {sum(site.read for site in read)} | {sum(site.read for site in read) / many:.1f} |")
    print(f"| pages shown | {sum(site.rendered for site in read)} | {sum(site.rendered for site in read) / many:.1f} |")
    print(f"| processor seconds, this measuring | {time.process_time():.0f} | {time.process_time() / many:.2f} |")
    print(f"| seconds of the second pass, {parts.second} batches | {parts.second_seconds:.0f} | |")
    shares = "; ".join(f"{part} {held.peak.parts[part]:.0f}" for part in sorted(held.peak.parts))
    print(f"\nAt the peak {held.peak.whole:.0f} MB (proportional), {held.peak.browsers} browsers: {shares}.")
    _print_batches(held.batches, parts)


def _print_batches(held: Mapping[int, float], parts: Batches) -> None:
    for name, peaks in (
        ("proportional, once a second", list(held.values())),
        ("resident, by the guardian", [one / 1e6 for one in parts.peaks]),
    ):
        if peaks:
            print(f"Peaks of batches in MB, {name}: median {statistics.median(peaks):.0f}, largest {max(peaks):.0f}.")


def _print_slowest(read: Sequence[Site]) -> None:
    print("\n| slowest shops | seconds | pages | shown | status |\n| --- | ---: | ---: | ---: | --- |")
    for site in sorted(read, key=lambda site: -site.seconds)[:SLOWEST]:
        print(
            f"| {site.case.number}, {site.case.kind} | {site.seconds:.0f} | {site.read} | {site.rendered} | {site.status} |"
        )


def _print_verdict(cases: Sequence[Case], ended: Ended, read: Sequence[Site], left: Sequence[str]) -> int:
    answering = sum(case.ailment not in UNANSWERED for case in cases)
    closed = sum(site.case.ailment not in UNANSWERED for site in read)
    whole = sum(site.case.ailment is Ailment.NONE and site.status == "complete" for site in read)
    endless = sum(case.ailment in LOOPS for case in cases)
    wrong, unsure = (sum(len(getattr(site, name)) for site in read) for name in ("wrong", "unsure"))
    right = sum(site.right for site in read)
    minutes, peak = ended.spent.wall / 60, ended.spent.held.with_servers
    share = closed / max(1, answering)
    print("\n| figure | measured | wanted |\n| --- | ---: | ---: |")
    print(f"| minutes by the clock | {minutes:.1f} | at most {MOST_MINUTES}, for {SHOPS} shops |")
    print(f"| MB at the peak, server included | {peak:.0f} | at most {MOST_MB} |")
    print(f"| closed, of {answering} shops that answer | {share:.1%} | at least {LEAST_CLOSED:.0%} |")
    print(f"| read to the end, of these without {endless} that loop | {whole} of {answering - endless} | all |")
    print(f"| depths right, wrong, unsure | {right}, {wrong}, {unsure} | all right |")
    print(f"\n`barometer night run` ended with {ended.code}; without a closed visit: {len(left)} of {len(cases)}.")
    missed = minutes > MOST_MINUTES or peak > MOST_MB or share < LEAST_CLOSED or wrong or unsure
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
