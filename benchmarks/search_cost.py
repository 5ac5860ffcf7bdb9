"""Compare what it costs to find a telephone: our spider, a plain Scrapy spider, Crawlee's ParselCrawler.

``python -m benchmarks.search_cost [--shops 200] [--pages 200] [--seed 0] [--only ours] [--quick] [--silent-outliers]
[--breadth-first]``, from the repository. All read the same sites, served on loopback by another process that is not
counted: the generated farm (``farm``), its shops whose telephone can be found and those that have none apart, and the
open corpus where ``BAROMETER_CORPUS`` (default ``../shared/corpus``) holds it. Tables go to standard output, progress
to standard error.

Every contestant is a process of its own; its processor time includes starting Python. Ours looks for the telephone
only, as the others do; one row shows it looking for all twelve channels. The exit code is 1 when our spider calls a
wrong number of clicks exact, or says "nowhere" where there is a telephone, on the farm.
"""

import argparse
import csv
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks.contest import Contestant, Cost, Marks, judge, run
from benchmarks.contestant import Answer
from benchmarks.serving import served

CORPUS = Path(os.environ.get("BAROMETER_CORPUS", "../shared/corpus"))
PHONE = {"channels": ["phone"]}
TEMPLATES = Contestant("ours, templates", "our_spider", {**PHONE, "basis": "templates"})
COMPLETE = Contestant("ours, complete", "our_spider", {**PHONE, "basis": "complete"})
EVERYTHING = Contestant("ours, everything", "our_spider", {**PHONE, "basis": "complete", "exhaustive": True})
TWELVE = Contestant("ours, templates, 12 channels", "our_spider", {"basis": "templates"})
SCRAPY = Contestant("plain Scrapy", "plain_scrapy")
LEVELS = Contestant("plain Scrapy, level by level", "plain_scrapy", environment={"BREADTH_FIRST": "1"})
CRAWLEE = Contestant("Crawlee ParselCrawler", "crawlee_parsel")
OURS = (TEMPLATES, COMPLETE, EVERYTHING, TWELVE)


class Group(NamedTuple):
    """Sites that are read and judged together: home address to clicks, ``None`` where there is no telephone."""

    name: str
    truth: Mapping[str, int | None]
    generated: bool = True


class Run(NamedTuple):
    """One contestant on one group of sites."""

    contestant: Contestant
    cost: Cost
    marks: Marks
    answers: Mapping[str, Answer]


def main() -> None:
    """Serve, run everybody, print the tables; exit with 1 after a wrong answer of ours on the farm."""
    asked = _options()
    others = [SCRAPY, CRAWLEE, *([LEVELS] if asked.breadth_first else [])]
    contestants = [*OURS, *(others if asked.only == "all" else [])]
    print(
        f"{asked.shops} shops of {asked.pages} pages; Python {platform.python_version()}, {os.cpu_count()} processors"
    )
    wrong = 0
    with ExitStack() as stack:
        sites = stack.enter_context(served(*_farm(asked)))
        truth = {f"{site.address}/": site.clicks for site in sites}
        groups = [
            Group("farm, telephone somewhere", {site: clicks for site, clicks in truth.items() if clicks is not None}),
            Group("farm, telephone nowhere", {site: clicks for site, clicks in truth.items() if clicks is None}),
        ]
        if (CORPUS / "sites").is_dir():
            groups.append(_corpus(stack))
        else:
            print(f"\nno corpus at {CORPUS}: give its folder in BAROMETER_CORPUS", file=sys.stderr)
        for group in filter(lambda group: group.truth, groups):
            runs = [_run(contestant, group) for contestant in contestants]
            _print_group(group, runs)
            if group is groups[0] and asked.only == "all":
                _print_ratios(runs)
            wrong += sum(run.marks.wrong for run in runs if run.contestant in OURS) if group.generated else 0
    if asked.silent_outliers:
        _silent(asked)
    if wrong:
        raise SystemExit(f"{wrong} wrong answers of ours on the farm")


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser()
    options.add_argument("--shops", type=int, default=200)
    options.add_argument("--pages", type=int, default=200, help="pages of each shop, at least 60")
    options.add_argument("--seed", type=int, default=0, help="another number grows another farm")
    options.add_argument("--only", choices=("ours", "all"), default="all", help="who runs")
    options.add_argument("--quick", action="store_true", help="20 shops of 80 pages, to see that it works")
    options.add_argument(
        "--silent-outliers", action="store_true", help="read one more farm, where nothing tells outliers"
    )
    options.add_argument("--breadth-first", action="store_true", help="also run Scrapy level by level")
    asked = options.parse_args()
    if asked.quick:
        asked.shops, asked.pages = min(asked.shops, 20), min(asked.pages, 80)
    return asked


def _farm(asked: argparse.Namespace) -> tuple[str, ...]:
    return "farm", "--shops", str(asked.shops), "--pages", str(asked.pages), "--seed", str(asked.seed)


def _corpus(stack: ExitStack) -> Group:
    """Serve the saved sites; those with a doubtful label are left out."""
    labels = (CORPUS / "sites" / "labels.csv").read_text("utf-8").splitlines()
    rows = {row["slug"]: row for row in csv.DictReader(labels) if row["channel"] == "phone"}
    slugs = sorted(folder.name for folder in (CORPUS / "sites").iterdir() if folder.is_dir())
    sites = stack.enter_context(served("corpus", str((CORPUS / "sites").resolve())))
    truth = {
        site.address + rows[slug]["home_path"]: None if rows[slug]["depth"] == "none" else int(rows[slug]["depth"])
        for slug, site in zip(slugs, sites, strict=True)
        if not rows[slug]["note"].startswith("DOUBTFUL")
    }
    return Group("open corpus", truth, generated=False)


def _run(contestant: Contestant, group: Group) -> Run:
    cost, answers = run(contestant, list(group.truth), f"{group.name}: {contestant.name}")
    return Run(contestant, cost, judge(answers, group.truth), answers)


def _print_group(group: Group, runs: Sequence[Run]) -> None:
    """Print one row a contestant; "agree" counts the sites where it says what our first row says."""
    print(f"\n### {group.name} ({len(group.truth)} sites)\n")
    print("| contestant | pages read | CPU s | wall s | peak MB | pages / CPU s | right | wrong | bound | agree |")
    print("| --- " + "| ---: " * 9 + "|")
    first = runs[0].answers
    for one in runs:
        cost, marks = one.cost, one.marks
        agree = sum(answer.clicks == first[site].clicks for site, answer in one.answers.items())
        print(
            f"| {one.contestant.name} | {cost.pages} | {cost.cpu:.1f} | {cost.wall:.1f} | {cost.memory:.0f}"
            f" | {cost.pages_a_second:.0f} | {marks.right} | {marks.wrong} | {marks.unsaid} | {agree} |",
            flush=True,
        )
    _print_wrong(group, runs)


def _print_wrong(group: Group, runs: Sequence[Run]) -> None:
    """Name the sites of the farm that our spider was wrong about, so that they can be looked at."""
    for one in runs:
        if one.contestant not in OURS or not one.marks.wrong or not group.generated:
            continue
        for site, clicks in group.truth.items():
            answer = one.answers[site]
            if answer.sure and answer.clicks != clicks:
                shop = int(site.split(":")[1].rpartition(".")[2]) - 1
                print(f"{one.contestant.name}: shop {shop}: said {answer.clicks}, true {clicks}", file=sys.stderr)


def _print_ratios(runs: Sequence[Run]) -> None:
    """Print the figures that have a target, on the shops whose telephone can be found."""
    costs = {run.contestant.name: run.cost for run in runs}
    print("\n| figure | against Scrapy | against Crawlee | wanted |\n| --- | ---: | ---: | ---: |")
    for name, contestant, wanted in (
        ("CPU, theirs / ours with templates", TEMPLATES, 20),
        ("CPU, theirs / ours complete", COMPLETE, 6),
    ):
        times = [costs[other.name].cpu / costs[contestant.name].cpu for other in (SCRAPY, CRAWLEE)]
        print(f"| {name} | {times[0]:.1f} | {times[1]:.1f} | {wanted} |")
    ours = costs[EVERYTHING.name].pages_a_second
    speed = [ours / costs[other.name].pages_a_second for other in (SCRAPY, CRAWLEE)]
    print(f"| pages / CPU s, ours reading everything / theirs | {speed[0]:.1f} | {speed[1]:.1f} | 3 |", flush=True)


def _silent(asked: argparse.Namespace) -> None:
    """Read a farm where links to outliers look like their siblings': what a sample can never see."""
    with served(*_farm(asked), "--silent-outliers") as sites:
        group = Group("farm, outliers that nothing tells", {f"{site.address}/": site.clicks for site in sites})
        runs = [_run(contestant, group) for contestant in (TEMPLATES, COMPLETE)]
    _print_group(group, runs)
    by_templates, complete = (run.marks.wrong for run in runs)
    print(f"\nWrong where nothing tells an outlier: {by_templates} by templates, {complete} complete.")


if __name__ == "__main__":
    main()
