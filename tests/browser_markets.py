"""Merchants that need a browser to be judged right, served on loopback and read by one crawl in a process of its own.

A market is a folder of ``tests/markets/browser``: ``site`` holds its pages, ``elsewhere`` what another host serves to
it (``%ELSEWHERE%`` in a page is that host's address), ``truth.toml`` what a person sees. A page tells on whoever presses
what must be left alone by asking for an address that starts with ``/pressed``.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from barometer.demo.loopback import Reply, serving
from barometer.result import audit_result
from spiders.orders import CrawlOptions, SiteOrder
from spiders.plan import Plan
from spiders.reading import SiteReading
from spiders.run import read_sites
from storage.vocabulary import Action, OutcomeKind, Profile
from tests.markets.judge import complaints
from tests.markets.serve import MarketSite

ROOT = Path(__file__).parents[1]
MARKETS = ROOT / "tests" / "markets" / "browser"
ELSEWHERE = b"%ELSEWHERE%"
PRESSED = "/pressed"
SITES_AT_ONCE = 4
RENDERS_AT_ONCE = 3
LONGEST_CRAWL = 300

Json = dict[str, Any]


class Sitting(NamedTuple):
    """One look at one market: its name and how it is looked at."""

    market: str
    profile: Profile


def markets() -> list[str]:
    """Return the names of all markets, sorted."""
    return sorted(path.parent.name for path in MARKETS.glob("*/truth.toml"))


def truth(market: str) -> Json:
    """Return what ``truth.toml`` tells about *market*."""
    return tomllib.loads((MARKETS / market / "truth.toml").read_text("utf-8"))


def tattling() -> list[str]:
    """Return the names of the markets whose pages tell on whoever presses what must be left alone."""
    return [
        market
        for market in markets()
        if any(PRESSED.encode() in path.read_bytes() for path in (MARKETS / market / "site").rglob("*.*"))
    ]


def sittings() -> list[Sitting]:
    """Return every look that is taken: each market at a desktop, those that differ on a telephone there too."""
    return [
        Sitting(market, profile)
        for market in markets()
        for profile in Profile
        if profile is Profile.DESKTOP or "mobile" in truth(market)
    ]


def seen(market: str, profile: Profile) -> Json:
    """Return the channels of *market* as a person sees them with *profile*."""
    told = truth(market)
    return told["channels"] | (told.get("mobile", {}) if profile is Profile.MOBILE else {})


def differences(sitting: Sitting, result: Json) -> list[str]:
    """Return in one line each where *result* differs from what a person sees; nothing means right."""
    told = truth(sitting.market)
    wanted = {"channels": seen(*sitting), "set_aside": told.get("set_aside", [])}
    found = complaints(wanted, result)
    for key in ("status", "status_reason"):
        expected = told.get(key, "complete" if key == "status" else None)
        if result[key] != expected:
            found.append(f"{key} is {result[key]}, not {expected}")
    return found


def said(result: Json, channel: str) -> str:
    """Return what *result* says of *channel* in the words of ``static``: outcome, then clicks or reason."""
    entry = result["channels"][channel]
    detail = entry["clicks"] if entry["clicks"] is not None else entry["reason"]
    return f"{channel} {entry['outcome']}" + ("" if detail is None else f" {detail}")


def gaps(result: Json) -> list[str]:
    """Return in one line each which found channel has no unbroken way from the home page, or no box that proves it."""
    found = []
    for channel, entry in result["channels"].items():
        if entry["outcome"] != OutcomeKind.EXACT:
            continue
        steps = [step for step in entry["path"] if step["action"] != Action.REDIRECT]
        stops = [result["site"]["final_url"], *(step["to"] for step in entry["path"])]
        if len(steps) != entry["clicks"] or any(
            step["from"] != stop for step, stop in zip(entry["path"], stops, strict=False)
        ):
            found.append(f"{channel}: {entry['clicks']} clicks, but the path is {entry['path']}")
        box = (entry["proof"] or {}).get("box")
        if box is None or min(box[2:]) <= 0:
            found.append(f"{channel}: the proof is {entry['proof']}")
    return found


class Street:
    """All markets as they are served: their home addresses, and what was pressed at each that must not be."""

    def __init__(self, addresses: dict[str, str], sites: dict[str, "_Shop"]) -> None:
        self._addresses = addresses
        self._sites = sites

    def home(self, market: str) -> str:
        """Return the address of the home page of *market*."""
        return self._addresses[market]

    def pressed(self, market: str) -> list[str]:
        """Return the requests by which pages of *market* told on a press."""
        return self._sites[market].pressed

    def read(self, looks: Sequence[Sitting], *, render: bool) -> dict[Sitting, Json]:
        """Return the audit result of every look, all from one crawl."""
        orders = [
            {"url": self._addresses[market], "country": _country(market), "profile": profile}
            for market, profile in looks
        ]
        done = subprocess.run(
            [sys.executable, "-m", "tests.browser_markets"],
            input=json.dumps({"orders": orders, "render": render}),
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=LONGEST_CRAWL,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-4000:])
        results = {(one["site"]["url"], one["profile"]): one for one in map(json.loads, done.stdout.splitlines())}
        return {look: results[self._addresses[look.market], look.profile] for look in looks}


@contextmanager
def open_street() -> Iterator[Street]:
    """Serve all markets while the context is open, each on an address of its own."""
    sites = {market: _Shop(MARKETS / market / "site") for market in markets()}
    guests = {market: MarketSite(MARKETS / market / "elsewhere") for market in markets()}
    with ExitStack() as stack:
        others = stack.enter_context(serving(list(guests.values()), "127.21.0.1"))
        for shop, other in zip(sites.values(), others, strict=True):
            shop.elsewhere = other
        addresses = stack.enter_context(serving(list(sites.values()), "127.20.0.1"))
        yield Street({market: f"{address}/" for market, address in zip(sites, addresses, strict=True)}, sites)


class _Shop:
    """A market's own pages, with the address of its other host filled in."""

    def __init__(self, folder: Path) -> None:
        self._pages = MarketSite(folder)
        self.elsewhere = ""
        self.pressed: list[str] = []

    def __call__(self, method: str, target: str) -> Reply:
        if urlsplit(target).path.startswith(PRESSED):
            self.pressed.append(f"{method} {target}")
        reply = self._pages(method, target)
        return reply._replace(body=reply.body.replace(ELSEWHERE, self.elsewhere.encode()))


def _country(market: str) -> str:
    return str(truth(market).get("options", {}).get("country", "FR"))


def main() -> None:
    """Read the orders on standard input; write one result a line."""
    told = json.load(sys.stdin)
    orders = [
        SiteOrder(order["url"], Plan(order["country"], render=told["render"]), Profile(order["profile"]))
        for order in told["orders"]
    ]
    options = CrawlOptions(
        "barometer-test", allow_private=True, sites_at_once=SITES_AT_ONCE, renders_at_once=RENDERS_AT_ONCE
    )

    def deliver(reading: SiteReading) -> None:
        sys.stdout.write(json.dumps(audit_result(reading)) + "\n")

    read_sites(orders, options, deliver)


if __name__ == "__main__":
    main()
