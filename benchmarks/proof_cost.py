"""Compare what it costs to prove depths in a browser: ours, and Crawlee's PlaywrightCrawler rendering every page.

``python -m benchmarks.proof_cost [--shops 60] [--pages 100] [--compared 2] [--quick]`` or
``python -m benchmarks.proof_cost memory [--sites 200]``, from the repository. Needs Chromium, and for the comparison
``crawlee[playwright]``. All read the same sites, served on loopback by this process, which is not counted: the farm's
shops, of which a third needs scripts (``scripted_shops``), and the open corpus where ``BAROMETER_CORPUS`` (default
``../shared/corpus``) holds it. Tables go to standard output, progress to standard error.

Each contestant is a process of its own; what it costs includes starting Python, the driver and Chromium. Crawlee renders
to two clicks, so only what is that near, or nowhere, is judged. Rendering everything takes a minute and more a shop:
it reads the first ``--compared`` of each kind of shop, and its cost for the rest is reckoned from these.

``memory`` reads many tiny sites in one process and looks at what it and its browsers hold on the way. The exit code
is 1 when that grows.
"""

import argparse
import csv
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, NoReturn

from barometer.demo.loopback import Reply, Site, serving
from benchmarks.accuracy import served_sites
from benchmarks.proof_contest import Answer, Memory, Spent, Task, run
from benchmarks.scripted_shops import Manner, shop
from benchmarks.serving import tiny
from spiders.browser.executable import find_browser
from storage.vocabulary import Channel

CORPUS = Path(os.environ.get("BAROMETER_CORPUS", "../shared/corpus"))
AT_ONCE = 4
"""Pages that either contestant shows at once."""
DEEPEST = 2
"""Clicks to which Crawlee renders, and answers are judged."""
LEAST_RATIO = 15
"""Times less processor time than rendering everything that is wanted of ours."""
MOST_CPU = 6
"""Processor seconds a site and profile that are wanted at most."""
MARKS = 4
"""Looks at the memory on the way through the many sites."""
MOST_GROWTH = 0.1
"""Share by which memory may be larger after all sites than after the first quarter of them."""
NEEDS = {
    "no script needed": (Manner.PLAIN,),
    "menu or footer by script": (Manner.CHROME, Manner.FRAGMENT),
    "shell filled by JSON": (Manner.SHELL,),
}

Truth = Mapping[str, Mapping[Channel, int | None]]


class Marks(NamedTuple):
    """Pairs of site and channel: answered rightly, wrongly, and without being sure."""

    right: int
    wrong: int
    unsure: int

    @property
    def share(self) -> float:
        """Right ones among all."""
        return self.right / max(1, sum(self))


class Line(NamedTuple):
    """One contestant on one group of sites."""

    group: str
    contestant: str
    sites: int
    spent: Spent
    answers: Mapping[str, Answer]


def main() -> None:
    """Measure what is asked for and print it."""
    asked = _options()
    if find_browser() is None:
        _refuse("no Chromium found; run: make browser")
    if asked.what == "memory":
        _memory(asked.sites)
    elif asked.compared and find_spec("browserforge") is None:
        _refuse("Crawlee lacks its browser part; pip install 'crawlee[playwright]', or --compared 0")
    else:
        _compare(asked)


def _refuse(why: str) -> NoReturn:
    print(f"proof_cost: {why}", file=sys.stderr)
    raise SystemExit(2)


def judge(answers: Mapping[str, Answer], truth: Truth) -> Marks:
    """Return how *answers* compare with *truth* on the sites they are about, as far as :data:`DEEPEST`.

    A depth is right when it is the true one and given as certain, and wrong when it is certain and another.
    """
    right = wrong = unsure = 0
    for site, answer in answers.items():
        for channel, clicks in truth[site].items():
            if clicks is not None and clicks > DEEPEST:
                continue
            if not answer.sure[channel]:
                unsure += 1
            elif answer.clicks[channel] == clicks:
                right += 1
            else:
                wrong += 1
    return Marks(right, wrong, unsure)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser()
    options.add_argument("what", nargs="?", choices=("cost", "memory"), default="cost")
    options.add_argument("--shops", type=int, default=60, help="0: the corpus alone")
    options.add_argument("--pages", type=int, default=100, help="pages of each shop, at least 60")
    options.add_argument(
        "--compared", type=int, default=2, help="shops of each kind that Crawlee renders; 0: it stays out"
    )
    options.add_argument("--sites", type=int, default=200, help="tiny sites, for memory; at least 8")
    options.add_argument(
        "--quick", action="store_true", help="six shops of 60 pages and no corpus, to see that it works"
    )
    asked = options.parse_args()
    asked.sites = max(asked.sites, 2 * MARKS)
    if asked.quick:
        asked.shops, asked.pages, asked.compared = min(asked.shops, 6), 60, min(asked.compared, 1)
    return asked


def _compare(asked: argparse.Namespace) -> None:
    shops = [shop(number, asked.pages) for number in range(asked.shops)]
    lines: list[Line] = []
    with ExitStack() as stack:
        addresses = stack.enter_context(serving([one.site for one in shops], "127.14.0.1"))
        homes = {f"{address}/": one for address, one in zip(addresses, shops, strict=True)}
        truth: dict[str, Mapping[Channel, int | None]] = {home: one.truth for home, one in homes.items()}
        print(f"{asked.shops} shops of {asked.pages} pages, {AT_ONCE} pages shown at once; {os.cpu_count()} processors")
        _head()
        for need, manners in NEEDS.items():
            sites = [home for home, one in homes.items() if one.manner in manners]
            lines += _group(need, sites, sites[: asked.compared], truth)
        if (CORPUS / "sites").is_dir() and not asked.quick:
            labelled = _labels(stack)
            lines += _group("open corpus", list(labelled), list(labelled) if asked.compared else [], labelled)
            lines.append(_line("open corpus", "ours, mobile", "our_proof", Task(list(labelled), "mobile", AT_ONCE)))
            _print(lines[-1], judge(lines[-1].answers, labelled))
    _print_figures(lines)


def _labels(stack: ExitStack) -> dict[str, dict[Channel, int | None]]:
    """Serve the saved sites; return the labelled clicks by home address, without doubtful labels."""
    homes = stack.enter_context(served_sites(CORPUS))
    with (CORPUS / "sites" / "labels.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["channel"] in set(Channel)]
    truth: dict[str, dict[Channel, int | None]] = {}
    for row in rows:
        if not row["note"].startswith("DOUBTFUL"):
            depth = None if row["depth"] == "none" else int(row["depth"])
            truth.setdefault(homes[row["slug"]], {})[Channel(row["channel"])] = depth
    return truth


def _group(name: str, sites: list[str], compared: list[str], truth: Truth) -> list[Line]:
    """Let ours prove *sites* and Crawlee render *compared*, some of them; print and return what came of it."""
    if not sites:
        return []
    lines = [_line(name, "ours, desktop", "our_proof", Task(sites, at_once=AT_ONCE))]
    _print(lines[0], judge(lines[0].answers, truth))
    if compared:
        theirs = _line(name, "Crawlee", "crawlee_playwright", Task(compared, at_once=AT_ONCE, depth=DEEPEST))
        _print(theirs, judge(theirs.answers, truth))
        same = judge({site: lines[0].answers[site] for site in compared}, truth)
        print(f"| {name} | ours, on Crawlee's sites | {len(compared)} " + "| " * 6 + _words(same), flush=True)
        lines.append(theirs)
    _print_wrong(lines, truth)
    return lines


def _line(group: str, contestant: str, module: str, task: Task) -> Line:
    spent, answers = run(module, task, f"{group}: {contestant}")
    return Line(group, contestant, len(task.sites), spent, answers)


def _head() -> None:
    columns = "pages read a site", "rendered a site", "pictures a site", "CPU s a site", "wall s a site", "peak MB"
    print("\n| sites | contestant | number | " + " | ".join(columns) + " | right | wrong | unsure | share |")
    print("| --- | --- " + "| ---: " * (len(columns) + 5) + "|", flush=True)


def _print(line: Line, marks: Marks) -> None:
    told = line.answers.values()
    work = [sum(one) / line.sites for one in zip(*((a.pages, a.rendered, a.pictures) for a in told), strict=True)]
    figures = [
        *(f"{one:.1f}" for one in work),
        f"{line.spent.cpu / line.sites:.1f}",
        f"{line.spent.wall / line.sites:.1f}",
    ]
    print(
        f"| {line.group} | {line.contestant} | {line.sites} | {' | '.join(figures)} | {line.spent.memory:.0f} {_words(marks)}",
        flush=True,
    )


def _words(marks: Marks) -> str:
    return f"| {marks.right} | {marks.wrong} | {marks.unsure} | {marks.share:.3f} |"


def _print_wrong(lines: Sequence[Line], truth: Truth) -> None:
    """Name the answers of ours that are not right, so that they can be looked at."""
    for site, answer in lines[0].answers.items():
        odd = [
            f"{channel}: {answer.clicks[channel] if answer.sure[channel] else 'unsure'}, true {clicks}"
            for channel, clicks in truth[site].items()
            if not answer.sure[channel] or answer.clicks[channel] != clicks
        ]
        if odd:
            print(f"{lines[0].group}, {site}: {'; '.join(odd)}", file=sys.stderr)


def _print_figures(lines: Sequence[Line]) -> None:
    """Print the figures that have a target; what Crawlee would take for all shops is reckoned from those it read."""
    ours = {line.group: line for line in lines if line.contestant == "ours, desktop"}
    theirs = {line.group: line for line in lines if line.contestant == "Crawlee"}
    print("\n| figure | measured | wanted |\n| --- | ---: | ---: |")
    for name, line in ours.items():
        if name in theirs:
            times = _a_site(theirs[name]) / _a_site(line)
            print(f"| CPU, Crawlee / ours, {name} | {times:.1f} | at least {LEAST_RATIO} |")
    shops = [name for name in ours if name in NEEDS]
    many = sum(ours[name].sites for name in shops)
    if many and all(name in theirs for name in shops):
        reckoned = sum(_a_site(theirs[name]) * ours[name].sites for name in shops)
        times = reckoned / sum(ours[name].spent.cpu for name in shops)
        print(f"| CPU, Crawlee / ours, all {many} shops | {times:.1f} | at least {LEAST_RATIO} |")
    if many:
        print(f"| CPU s a shop, ours | {sum(ours[name].spent.cpu for name in shops) / many:.1f} | at most {MOST_CPU} |")
    for line in lines:
        if line.group not in NEEDS and line.contestant != "Crawlee":
            print(f"| CPU s a site of the corpus, {line.contestant} | {_a_site(line):.1f} | at most {MOST_CPU} |")


def _a_site(line: Line) -> float:
    return line.spent.cpu / line.sites


def _memory(many: int) -> None:
    """Prove *many* tiny sites in one process; print what it and its browsers hold after each quarter."""
    held: list[Memory] = []
    with serving([_tiny(number) for number in range(many)], "127.15.0.1") as addresses:
        task = Task([f"{address}/" for address in addresses])
        spent, _ = run("our_proof", task, f"{many} tiny sites", lambda _, memory: held.append(memory))
    print("| sites | our process MB | driver MB | Chromium MB | all MB |\n| ---: | ---: | ---: | ---: | ---: |")
    quarter = many // MARKS
    after = [_middle(held[quarter * mark - quarter // 2 : quarter * mark]) for mark in range(1, MARKS + 1)]
    for mark, memory in enumerate(after, 1):
        print(
            f"| {quarter * mark} | {memory.own:.0f} | {memory.driver:.0f} | {memory.chromium:.0f} | {memory.whole:.0f} |"
        )
    print(f"\n{spent.cpu / many:.1f} CPU s a site, {spent.memory:.0f} MB at most.")
    more = after[-1].whole / after[0].whole - 1
    if more > MOST_GROWTH:
        raise SystemExit(f"{more:.0%} more memory after {many} sites than after {quarter}; {MOST_GROWTH:.0%} allowed")


def _middle(held: Sequence[Memory]) -> Memory:
    """Return the median of each part, since pages come and go."""
    return Memory(*(statistics.median(part) for part in zip(*held, strict=True)))


def _tiny(number: int) -> Site:
    site = tiny(number)

    def answer(_: str, target: str) -> Reply:
        told = site(target)
        return Reply(told.status, told.body, told.kind)

    return answer


if __name__ == "__main__":
    main()
