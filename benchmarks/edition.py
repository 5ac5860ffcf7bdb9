"""What it costs to score an edition, to rank it, to know how sure its places are, and to publish it.

``python -m benchmarks.edition [--merchants 400] [--draws 1000] [--larger 2000 10000] [--postgres URL] [--quick]``, from the
repository. An invented market (``edition_records``) is written into a database, which is not counted; then each step of a
scoring is timed, category by category, in a process of its own. Afterwards the commands are run as a user runs them, from
start to end, Chromium included. Tables go to standard output, progress to standard error.

``--larger`` repeats the steps for other numbers of merchants, with fewer nights and attempts each (``--larger-nights``,
``--larger-attempts``), to see that they grow in proportion; their first row is the smaller market at that size. ``--rivals``
compares the bootstrap with what an analyst would write instead.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy.engine import make_url

from benchmarks.edition_records import CAMPAIGN, PLAN, TESTS_FROM, TESTS_UNTIL, Size, fill
from storage.database import open_database
from tests.databases import fresh_database

ROOT = Path(__file__).resolve().parents[1]
NAME = "Benchmark 2026"
STEPS = ("choose", "freeze", "observe", "score", "rank", "bootstrap", "sheet")
AIMED = ("score", "rank", "bootstrap")
MOST_SECONDS = 30
"""Processor seconds wanted at most for score, rank and bootstrap together, and for all public exports (*ours*)."""


class Market(NamedTuple):
    """A database with a market in it, and the environment in which the commands find it."""

    size: Size
    rows: int
    environment: Mapping[str, str]


class Step(NamedTuple):
    """What one step cost in all categories: processor seconds, and the peak of the process until then in MB."""

    name: str
    cpu: float
    peak: float


class Command(NamedTuple):
    """What one command cost, its children included: processor seconds, seconds, peak of the largest process in MB."""

    words: str
    cpu: float
    wall: float
    peak: float
    failed: str


def main() -> int:
    """Measure and print; return 1 where a target is missed or a command failed."""
    asked = _options()
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, grid {asked.grid}, {asked.draws} draws")
    missed: list[str] = []
    size = Size(asked.merchants, asked.categories, asked.nights).with_attempts(asked.attempts)
    for server in [None, *([asked.postgres] if asked.postgres else [])]:
        with _market(size, server, asked.grid) as market:
            steps = _steps(market, asked)
            _print_steps(market, server, steps)
            missed += _too_slow("score, rank and bootstrap", sum(step.cpu for step in steps if step.name in AIMED))
            if server is None and not asked.no_commands:
                missed += _commands(market)
            if server is None and asked.rivals:
                _rivals(market, asked)
    if asked.larger:
        _larger(asked)
    for line in missed:
        print(line, file=sys.stderr)
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m benchmarks.edition", description=__doc__.partition("\n")[0])
    options.add_argument("--merchants", type=int, default=400)
    options.add_argument("--categories", type=int, default=20)
    options.add_argument("--nights", type=int, default=60)
    options.add_argument("--attempts", type=int, default=sum(PLAN.values()), help="attempts a merchant")
    options.add_argument("--draws", type=int, default=1_000)
    options.add_argument("--grid", default="escda")
    options.add_argument(
        "--larger", type=int, nargs="*", default=[], help="other numbers of merchants, such as 2000 10000"
    )
    options.add_argument("--larger-nights", type=int, default=6)
    options.add_argument("--larger-attempts", type=int, default=30)
    options.add_argument(
        "--postgres", metavar="URL", help="measure on a PostgreSQL server too, in a database of its own"
    )
    options.add_argument("--no-commands", action="store_true", help="time the steps alone")
    options.add_argument("--rivals", action="store_true", help="compare the bootstrap with a script's")
    options.add_argument("--quick", action="store_true", help="20 merchants, 3 nights, to see that it works")
    asked = options.parse_args()
    if asked.quick:
        asked.merchants, asked.categories, asked.nights = 20, 2, 3
    return asked


@contextmanager
def _market(size: Size, server: str | None, grid: str) -> Iterator[Market]:
    """Give a market in a database that is gone afterwards, with an edition opened on it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edition-")))
        address = f"sqlite:///{folder / 'edition.db'}"
        if server is not None:
            url = make_url(server).set(drivername="postgresql+psycopg")
            address = stack.enter_context(fresh_database(url)).render_as_string(hide_password=False)
        environment = {
            "BAROMETER_DATABASE": address,
            "BAROMETER_EVIDENCE": str(folder / "evidence"),
            "PYTHONPATH": str(ROOT),
            "OUT": str(folder),
        }
        began = time.perf_counter()
        with open_database(address) as database:
            database.migrate()
            rows = sum(fill(database, size).rows.values())
        print(
            f"{size.merchants} merchants, {rows:,} rows written in {time.perf_counter() - began:.0f} s", file=sys.stderr
        )
        _open(address, folder / "evidence", grid)
        yield Market(size, rows, environment)


def _open(address: str, evidence: Path, grid: str) -> None:
    from barometer.editions.life import Opening, open_edition
    from storage.evidence import EvidenceStore

    last = TESTS_UNTIL.date().fromordinal(TESTS_UNTIL.date().toordinal() - 1)
    opening = Opening(NAME, grid, "Prize 2027", 2027, TESTS_FROM.date(), last, (CAMPAIGN,))
    with open_database(address) as database, database.session() as session:
        open_edition(session, EvidenceStore(evidence), opening, "Camille Durand")


def _steps(market: Market, asked: argparse.Namespace) -> list[Step]:
    """Return what each step costs, measured by a process of its own."""
    words = [sys.executable, "-m", "benchmarks.edition_steps", "--draws", str(asked.draws)]
    done = subprocess.run(
        words, env={**os.environ, **market.environment}, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return [Step(**told) for told in json.loads(done.stdout)]


def _print_steps(market: Market, server: str | None, steps: Sequence[Step]) -> None:
    size = market.size
    where = "PostgreSQL, its own work not counted" if server else "SQLite"
    shape = f"{size.merchants} merchants x {sum(size.plan.values())} attempts x {size.nights} nights"
    print(f"\n### {shape}, {size.categories} categories ({where})\n")
    print("| step | CPU s | ms a merchant | peak MB so far |\n| --- | ---: | ---: | ---: |")
    for step in steps:
        print(f"| {step.name} | {step.cpu:.2f} | {step.cpu / size.merchants * 1e3:.2f} | {step.peak:.0f} |")
    aimed = sum(step.cpu for step in steps if step.name in AIMED)
    print(f"| **score, rank, bootstrap** | **{aimed:.2f}** | {aimed / size.merchants * 1e3:.2f} | |")
    whole = sum(step.cpu for step in steps)
    print(f"| everything | {whole:.2f} | {whole / size.merchants * 1e3:.2f} | |", flush=True)


def _commands(market: Market) -> list[str]:
    """Run the commands of an edition's life and its exports; return what is amiss."""
    out = market.environment["OUT"]
    podium = ["podium", "export", NAME, "--lang", "fr,en"]
    formats = ("html", "pdf", "pptx", "csv", "json", "badges")
    ran = [_run(market, "edition", "score", NAME, "--by", "Camille Durand"), _run(market, "edition", "verify", NAME)]
    _publish(market.environment["BAROMETER_DATABASE"])
    ran += [_run(market, *podium, "--format", one, "--out", f"{out}/{one}") for one in formats]
    everything = _run(market, *podium, "--format", ",".join(formats), "--out", f"{out}/all")
    ran.append(everything)
    tables = ("csv", "json", "parquet")
    ran += [
        _run(market, "export", "--edition", NAME, "--format", one, "--out", f"{out}/tables-{one}") for one in tables
    ]
    podiums, laureates = _laureates(market.environment)
    print(f"\n{laureates} laureates on {podiums} podiums, in French and in English")
    print("\n| command, from start to end | CPU s | wall s | peak MB |\n| --- | ---: | ---: | ---: |")
    for one in ran:
        words = one.words.replace(out, "").replace(f" {NAME}", "")
        print(f"| {words} | {one.cpu:.1f} | {one.wall:.1f} | {one.peak:.0f} | {one.failed}".rstrip(), flush=True)
    failed = [f"barometer {one.words}: {one.failed}" for one in ran if one.failed]
    return failed + ([] if everything.failed else _too_slow("all public exports", everything.cpu))


def _run(market: Market, *words: str) -> Command:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.metered", *words],
        env={**os.environ, **market.environment},
        cwd=market.environment["OUT"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    *said, last = [line for line in done.stderr.splitlines() if line.strip()] or [""]
    peak = float(last) if last.replace(".", "").isdigit() else 0.0
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    failed = "" if done.returncode == 0 else (said or [last])[-1][:200]
    print(f"barometer {' '.join(words)}: {cpu:.1f} s CPU {failed}", file=sys.stderr)
    return Command(" ".join(words), cpu, wall, peak, failed)


def _publish(address: str) -> None:
    """Set the edition's state past the review: an invented market has thousands of doubts, and nobody to look at them."""
    from sqlalchemy import update

    from storage.records import Edition, EditionState, utc_now

    published = {"state": EditionState.PUBLISHED, "published_at": utc_now(), "published_by": "Camille Durand"}
    with open_database(address) as database, database.session() as session:
        session.execute(update(Edition).values(published))


def _laureates(environment: Mapping[str, str]) -> tuple[int, int]:
    """Return how many categories have a podium, and how many merchants stand on one."""
    from barometer.edition import named, public_result
    from storage.evidence import EvidenceStore

    with open_database(environment["BAROMETER_DATABASE"]) as database, database.reading() as session:
        result = public_result(session, EvidenceStore(environment["BAROMETER_EVIDENCE"]), named(session, NAME))
    return sum(map(bool, result.podiums)), sum(len(podium.laureates) for podium in result.podiums)


def _too_slow(what: str, cpu: float) -> list[str]:
    print(f"\n{what}: {cpu:.1f} CPU s, at most {MOST_SECONDS} wanted", flush=True)
    return [f"{what} take {cpu:.1f} CPU s, more than {MOST_SECONDS}"] if cpu > MOST_SECONDS else []


def _larger(asked: argparse.Namespace) -> None:
    """Print what each step costs a merchant as their number grows."""
    counts = [asked.merchants, *asked.larger]
    costs: list[list[Step]] = []
    for count in counts:
        categories = max(1, count // 20)
        size = Size(count, categories, asked.larger_nights).with_attempts(asked.larger_attempts)
        with _market(size, None, asked.grid) as market:
            costs.append(_steps(market, asked))
    print(
        f"\n### ms of CPU a merchant; {asked.larger_attempts} attempts, {asked.larger_nights} nights, categories of 20\n"
    )
    print("| step | " + " | ".join(f"{count:,} merchants" for count in counts) + " |")
    print("| --- | " + "---: | " * len(counts))
    for number, step in enumerate(STEPS):
        cells = [f"{steps[number].cpu / count * 1e3:.2f}" for steps, count in zip(costs, counts, strict=True)]
        print(f"| {step} | " + " | ".join(cells) + " |")
    print("| peak MB | " + " | ".join(f"{steps[-1].peak:.0f}" for steps in costs) + " |", flush=True)


def _rivals(market: Market, asked: argparse.Namespace) -> None:
    """Print what the bootstrap of a merchant costs here and in the scripts that an analyst would write."""
    words = [sys.executable, "-m", "benchmarks.edition_rivals", "--draws", str(asked.draws)]
    done = subprocess.run(
        words, env={**os.environ, **market.environment}, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    told: list[dict[str, Any]] = json.loads(done.stdout)
    ours = told[0]["ms"]
    print("\n| bootstrap of one merchant | CPU ms | against ours |\n| --- | ---: | ---: |")
    for one in told:
        print(f"| {one['name']} | {one['ms']:.1f} | {one['ms'] / ours:.1f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
