"""A panel on loopback, a database, and ``barometer night`` over both as processes that can be killed."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import select

from barometer.demo.loopback import Reply
from barometer.optout import Wish, record_wish
from storage.database import Database, open_database
from storage.records import Batch, Merchant, OptOutKind, Run, Visit, utc_now
from storage.vocabulary import VisitStatus
from tests.barometer.command_line import ROOT, Finished
from tests.barometer.live import PATIENCE, LoggedSite, wait_until

PAGES = {
    "/": '<a href="/contact">Contact</a><a href="/a">a</a>',
    "/contact": "<p>Tél. 01 99 00 12 34</p>",
    "/a": "<p>a</p>",
}
START = "from barometer.cli import app, main, night; night.attach(app); main()"


def start(before_child: str = "") -> list[str]:
    """Return the words that start ``barometer``; *before_child* is what the process of every batch runs before it begins."""
    child = f"{before_child}\n{START}"
    mend = f"import sys, barometer.night as n; n.COMMAND = (sys.executable, '-c', {child!r})\n"
    return [sys.executable, "-c", mend + START]


class NightCommand:
    """A started ``barometer night``; what it printed goes into files, so that its children can hold no pipe of ours."""

    def __init__(self, words: Sequence[str], folder: Path, environment: Mapping[str, str], before_child: str) -> None:
        number = len(list(folder.glob("*.out")))
        self._out, self._err = folder / f"{number}.out", folder / f"{number}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = psutil.Popen(
                [*start(before_child), *words], cwd=folder, stdout=out, stderr=err, stdin=subprocess.DEVNULL,
                env={**os.environ, "BAROMETER_RENDER": "false", "PYTHONPATH": str(ROOT), **environment},
            )  # fmt: skip

    def batches(self) -> list[psutil.Process]:
        """Return the processes that read a batch."""
        found = []
        with suppress(psutil.Error):
            for one in self.process.children(recursive=True):
                with suppress(psutil.Error):
                    if one.status() != psutil.STATUS_ZOMBIE and "batch" in one.cmdline()[3:]:
                        found.append(one)
        return found

    def browsers(self) -> list[psutil.Process]:
        """Return the main processes of the browsers that batches started."""
        found = []
        for one in self.process.children(recursive=True):
            with suppress(psutil.Error):
                words = one.cmdline()
                if any("--headless" in word for word in words) and not any("--type=" in word for word in words):
                    found.append(one)
        return found

    def end(self) -> Finished:
        """Wait for its end."""
        code = self.process.wait(PATIENCE)
        return Finished(code, self._out.read_text("utf-8"), self._err.read_text("utf-8"))


class NightMarket:
    """Sites that log who asked, the panel that lists them, the database, and the command."""

    def __init__(self, url: str, folder: Path, addresses: Sequence[str], sites: Sequence[LoggedSite]) -> None:
        self.folder, self.addresses, self.sites = folder, list(addresses), list(sites)
        self.environment = {"BAROMETER_DATABASE": url, "BAROMETER_EVIDENCE": str(folder / "evidence")}
        self.database: Database = open_database(url)
        self.database.migrate()
        with self.database.session() as session:
            for number, address in enumerate(self.addresses):
                host = address.removeprefix("http://")
                session.add(
                    Merchant(
                        key=host, name=f"Boutique {number:02}", url=f"{address}/", category=f"c{number % 2}",
                        sample_order=number,
                    )
                )  # fmt: skip

    @contextmanager
    def running(self, *words: str, before_child: str = "") -> Iterator[NightCommand]:
        """Start ``barometer night run`` with *words*; it is gone at the end."""
        command = NightCommand(["night", "run", "--allow-private", *words], self.folder, self.environment, before_child)
        try:
            yield command
        finally:
            if command.process.poll() is None:
                command.process.kill()
                command.process.wait()

    def night(self, *words: str, before_child: str = "") -> Finished:
        """Run ``barometer night run`` to its end."""
        with self.running(*words, before_child=before_child) as command:
            return command.end()

    def command(self, *words: str) -> Finished:
        """Run any other command to its end."""
        return NightCommand(words, self.folder, self.environment, "").end()

    def visits(self) -> dict[str, Visit]:
        """Return the visits by address; fails where a site has two, or one that is not closed."""
        with self.database.reading() as session:
            found = session.scalars(select(Visit)).all()
        assert all(visit.finished_at is not None for visit in found)
        assert len(found) == len({visit.url for visit in found}), "a site was stored twice"
        return {visit.url: visit for visit in found}

    def closed(self) -> dict[str, VisitStatus | None]:
        """Return how each visit ended, by address."""
        return {url: visit.status for url, visit in self.visits().items()}

    def all_complete(self) -> dict[str, VisitStatus]:
        """Return what :meth:`closed` returns when every site was read to its end."""
        return {f"{address}/": VisitStatus.COMPLETE for address in self.addresses}

    def batches(self) -> list[Batch]:
        """Return the batches in their order."""
        with self.database.reading() as session:
            return list(session.scalars(select(Batch).order_by(Batch.number)))

    def runs(self) -> list[Run]:
        """Return the runs in their order."""
        with self.database.reading() as session:
            return list(session.scalars(select(Run).order_by(Run.started_at)))

    def asked(self) -> list[int]:
        """Return how many pages each site was asked for."""
        return [len(site.pages_asked) for site in self.sites]

    def report(self) -> dict[str, Any]:
        """Return the report that stands beside the logs of the only night."""
        (file,) = (self.folder / "var" / "logs").glob("night-*/report.json")
        return dict(json.loads(file.read_text("utf-8")))

    def opt_out(self, address: str) -> None:
        """Put the host of *address* on the opt-out list."""
        with self.database.session() as session:
            host = address.removeprefix("http://").partition(":")[0]
            record_wish(session, Wish(OptOutKind.DOMAIN, host), None, None)


def all_gone(processes: Sequence[psutil.Process]) -> None:
    """Wait until none of *processes* lives."""

    def lives(one: psutil.Process) -> bool:
        try:
            return one.is_running() and one.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    wait_until(lambda: not any(map(lives, processes)))


class HeldSite(LoggedSite):
    """Shows no page before *go_on* is set; its robots.txt it does. It wants a server of its own, which it holds up."""

    def __init__(self, go_on: threading.Event) -> None:
        super().__init__(PAGES)
        self.go_on = go_on

    def __call__(self, method: str, target: str) -> Reply:
        answer = super().__call__(method, target)
        if target != "/robots.txt":
            self.go_on.wait(PATIENCE)
        return answer


def held(count: int, go_on: threading.Event) -> list[LoggedSite]:
    """Return *count* sites that show their pages when *go_on* is set."""
    return [HeldSite(go_on) for _ in range(count)]


__all__ = ["PAGES", "HeldSite", "NightCommand", "NightMarket", "all_gone", "held", "start", "utc_now", "wait_until"]
