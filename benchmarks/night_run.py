"""Run a real night over a served market, as an operator does, and tell what it cost.

Settings file, panel and evidence lie in a temporary folder; ``barometer panel import`` and ``barometer night run --json`` are
processes of their own, with the settings' defaults.
"""

import csv
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.night_tree import Held, Tree, bury_orphans, ended_cpu_seconds, take_in_orphans
from benchmarks.serving import ROOT
from storage.database import Database, open_database

COMMAND = (sys.executable, "-P", "-c", "from barometer.cli import main; main()")
TELL_SECONDS = 15.0
"""How often the night is asked how far it is."""


@dataclass
class Market:
    """A market that is served: its addresses, without a trailing slash, and its server; *told* is known at the end."""

    addresses: list[str]
    server: int
    told: dict[str, int] = field(default_factory=dict)
    cpu: float = 0.0


class Spent(NamedTuple):
    """What a night took: seconds by the clock, processor seconds of its whole tree, and what it held."""

    wall: float
    cpu: float
    held: Held


class Ended(NamedTuple):
    """How ``barometer night run`` ended: its exit code, its report, what it wrote to standard error, what it took."""

    code: int
    report: dict[str, Any]
    said: str
    spent: Spent


@contextmanager
def served(shops: int, seed: int, latency: float = 1.0, pause: float = 1.0, well: bool = False) -> Iterator[Market]:
    """Serve a market in a process that ends with the context, and is counted apart; with *well* nothing ails it."""
    command = [sys.executable, "-m", "benchmarks.night_server", "--shops", str(shops), "--seed", str(seed)]
    command += ["--latency", str(latency), "--pause", str(pause), *(["--well"] if well else [])]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None and server.stdout is not None
        line = server.stdout.readline()
        if not line:
            raise SystemExit(f"the server did not start: {' '.join(command)}")
        market = Market(json.loads(line), server.pid)
        try:
            yield market
        finally:
            before = ended_cpu_seconds()
            server.stdin.close()
            market.told = json.loads(server.stdout.read() or "{}")
            server.wait(timeout=30)
            market.cpu = ended_cpu_seconds() - before


class Office:
    """A folder with a settings file, a database with a panel in it, and room for evidence."""

    def __init__(
        self, folder: Path, addresses: Sequence[str], database: str | None = None, settings: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.url = database or f"sqlite:///{folder / 'barometer.sqlite3'}"
        self.evidence = folder / "evidence"
        self.settings = folder / "barometer.toml"
        lines = (f"database = {json.dumps(self.url)}", f"evidence = {json.dumps(str(self.evidence))}", *settings)
        self.settings.write_text("\n".join(lines) + "\n", "utf-8")
        panel = folder / "panel.csv"
        with panel.open("w", newline="", encoding="utf-8") as stream:
            rows = csv.writer(stream)
            rows.writerow(("name", "url", "category"))
            rows.writerows((f"Maison {n:04}", f"{address}/", f"c{n % 20:02}") for n, address in enumerate(addresses))
        subprocess.run(
            self.words("panel", "import", str(panel)),
            cwd=folder,
            env=_environment(),
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def words(self, *words: str) -> list[str]:
        """Return the words that start ``barometer`` with this office's settings."""
        return [*COMMAND, "--settings", str(self.settings), *words]

    def database(self) -> Database:
        """Open the database."""
        return open_database(self.url)

    def night(self, servers: Sequence[int], *words: str, on_line: Callable[[str], None] | None = None) -> Ended:
        """Run a night with *words* to its end; its progress is passed on to *on_line*."""
        take_in_orphans()
        before, began = ended_cpu_seconds(), time.monotonic()
        log = self.folder / "night.err"
        with log.open("w") as err:
            process = subprocess.Popen(
                self.words("night", "run", "--allow-private", "--json", *words),
                cwd=self.folder, stdout=subprocess.PIPE, stderr=err, text=True, env=_environment(),
            )  # fmt: skip
            tree = Tree(process.pid, servers)
            over = threading.Event()
            teller = threading.Thread(target=_tell, args=(log, over, on_line), daemon=True)
            teller.start()
            assert process.stdout is not None
            try:
                told = process.stdout.read()
                code = process.wait()
            except BaseException:
                # Broken off, it ends its batches before it goes.
                process.terminate()
                process.wait()
                raise
        wall = time.monotonic() - began
        over.set()
        teller.join()
        held = tree.stop()
        bury_orphans(servers)
        spent = Spent(wall, ended_cpu_seconds() - before, held)
        said = log.read_text("utf-8", "replace")
        if not told.lstrip().startswith("{"):
            raise SystemExit(f"the night ended with {code} and no report:\n{said[-3000:]}")
        return Ended(code, json.loads(told), said, spent)


def _environment() -> dict[str, str]:
    """Return the environment without settings of whoever runs this."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BAROMETER_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def _tell(log: Path, over: threading.Event, on_line: Callable[[str], None] | None) -> None:
    """Pass on the last line of *log* now and then."""
    last = ""
    while not over.wait(TELL_SECONDS):
        lines = log.read_text("utf-8", "replace").replace("\r", "\n").split("\n")
        now = next((line.strip() for line in reversed(lines) if line.strip()), "")
        if now != last and on_line is not None:
            on_line(now)
        last = now
