"""How many sites a Dask cluster of one, two and four workers reads in a minute, where it is the sites that take their time.

``python -m benchmarks.cluster --postgres postgresql://USER@HOST/NAME [--sites 80] [--workers 1 2 4]``: sites answer on loopback
after 200 to 400 ms and have four pages each, static mode; the workers are processes of this machine with one thread each, so that
the table tells what the cluster adds and not what more machines would. Beside them the same batches as children without Dask.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from barometer.demo.loopback import Reply, serving
from storage.database import open_database
from storage.records import Merchant

ROOT = Path(__file__).parents[1]
PAGES = {
    "/": '<a href="/contact">Contact</a><a href="/a">A</a><a href="/b">B</a>',
    "/contact": "<p>Tél. 01 99 00 12 34</p>",
    "/a": "<p>a</p>",
    "/b": "<p>b</p>",
}
LATENCY = (0.2, 0.4)
START = "from barometer.cli import main; main()"


class Measured(NamedTuple):
    """A night: who read it, seconds by the clock, processor seconds of the batches, sites closed."""

    who: str
    seconds: float
    cpu_seconds: float
    closed: int


class SlowSite:
    """A site of four pages that takes its own time for each answer, the same in every run."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, method: str, target: str) -> Reply:
        """Return the page, late."""
        time.sleep(self.seconds)
        page = PAGES.get(target)
        return Reply(404, b"<p>none</p>") if page is None else Reply(200, page.encode())


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster")
    parser.add_argument("--postgres", required=True)
    parser.add_argument("--sites", type=int, default=80)
    parser.add_argument("--batch-size", type=int, default=5)
    parser.add_argument("--sites-at-once", type=int, default=1, help="sites that one batch reads side by side")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    words = parser.parse_args()
    draw = random.Random(7)
    with ExitStack() as stack:
        sites = [SlowSite(draw.uniform(*LATENCY)) for _ in range(words.sites)]
        # Each has a server of its own: while one waits, the others answer.
        addresses = [
            stack.enter_context(serving([site], f"127.74.{number // 250}.{number % 250 + 1}"))[0]
            for number, site in enumerate(sites)
        ]
        found = []
        for count in words.workers:
            for dask in (True, False):
                found.append(_night(words, addresses, count, dask))
                print(f"{found[-1].who}: {found[-1].seconds:.1f} s", file=sys.stderr, flush=True)
    _print(found, words)


def _night(words: argparse.Namespace, addresses: Sequence[str], count: int, dask: bool) -> Measured:
    with tempfile.TemporaryDirectory() as folder_name, _database(words.postgres) as url, ExitStack() as stack:
        folder = Path(folder_name)
        environment = {
            "BAROMETER_DATABASE": url, "BAROMETER_EVIDENCE": str(folder / "evidence"), "BAROMETER_RENDER": "false",
            # A child reads as many sites at once whoever started it: the settings are shared among those of one machine.
            "BAROMETER_SITES_AT_ONCE": str(words.sites_at_once if dask else words.sites_at_once * count),
        }  # fmt: skip
        _fill(url, addresses)
        more = ["--at-once", str(count)]
        if dask:
            more = ["--scheduler", stack.enter_context(_cluster(folder, count, environment))]
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", START, "night", "run", "--due", "n1", "--allow-private", "--json", "--batch-size",
             str(words.batch_size), *more],
            cwd=folder, env=_environment(environment), capture_output=True, check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - began
        if done.returncode:
            raise SystemExit(done.stderr.decode())
        told = json.loads(done.stdout)
        who = f"{count} workers of Dask" if dask else f"{count} children, no Dask"
        return Measured(who, seconds, told["cost"]["cpu_seconds"], told["closed"])


def _fill(url: str, addresses: Sequence[str]) -> None:
    with open_database(url) as database:
        database.migrate()
        with database.session() as session:
            for number, address in enumerate(addresses):
                host = address.removeprefix("http://")
                session.add(Merchant(key=host, name=host, url=f"{address}/", category="c", sample_order=number))


@contextmanager
def _cluster(folder: Path, count: int, environment: Mapping[str, str]) -> Iterator[str]:
    """Give the address of a scheduler with *count* workers of one thread that are warm; all of it ends with the context."""
    started = []
    try:
        file = folder / "scheduler.json"
        started.append(_dask(folder, environment, "scheduler", "--port", "0", "--scheduler-file", str(file)))
        while not (file.exists() and file.stat().st_size):
            time.sleep(0.1)
        address = str(json.loads(file.read_text())["address"])
        for number in range(count):
            words = (
                "--nworkers",
                "1",
                "--nthreads",
                "1",
                "--nanny",
                "--local-directory",
                str(folder / f"dask-{number}"),
            )
            started.append(_dask(folder, environment, "worker", address, *words))
        _warm(address, count)
        yield address
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _warm(address: str, count: int) -> None:
    """Return once all workers are there and have loaded what a batch needs: a cluster stands before the night begins."""
    from distributed import Client

    with Client(address, timeout=120) as client:
        client.wait_for_workers(count, timeout=300)
        client.run(_load)


def _load() -> None:
    import barometer.clusters.reading  # noqa: F401


def _dask(folder: Path, environment: Mapping[str, str], command: str, *words: str) -> "subprocess.Popen[bytes]":
    with (folder / f"{command}.log").open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-c", f"from distributed.cli.dask_{command} import main; main()", "--host", "127.0.0.1",
             "--no-dashboard", *words],
            cwd=folder, env=_environment(environment), stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


@contextmanager
def _database(server: str) -> Iterator[str]:
    address: URL = make_url(server).set(drivername="postgresql+psycopg")
    name = f"barometer_benchmark_{uuid4().hex}"
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield address.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


def _print(found: Sequence[Measured], words: argparse.Namespace) -> None:
    base = next(one for one in found if "Dask" in one.who and "no Dask" not in one.who)
    print(f"{words.sites} sites of 4 pages, {LATENCY[0] * 1000:.0f}-{LATENCY[1] * 1000:.0f} ms an answer, batches of "
          f"{words.batch_size}, {words.sites_at_once} sites side by side in each\n")  # fmt: skip
    print("| read by | wall s | sites / min | against 1 worker | CPU s of the batches | closed |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for one in found:
        rate = one.closed / one.seconds * 60
        cells = (f"{one.seconds:.1f}", f"{rate:.0f}", f"{base.seconds / one.seconds:.2f}", f"{one.cpu_seconds:.1f}")
        print(f"| {one.who} | {' | '.join(cells)} | {one.closed} |")


if __name__ == "__main__":
    main()
