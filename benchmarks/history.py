"""What it costs to say what moved: a year of nights of 400 shops, made up and stored, then asked for by the commands.

``python -m benchmarks.history [--shops 400] [--nights 365] [--postgres URL]``; the database is made in a temporary folder, or in
the empty database that the URL names. Each command is a process of its own: seconds by the clock, CPU seconds, peak memory.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from storage.database import Database, open_database
from storage.records import Merchant, Record, Sighting, Visit
from storage.records.columns import new_id
from storage.vocabulary import Channel, PriceClass, Profile, VisitStatus

SIGHTINGS = 14
"""Sightings of a visit that are the merchant's (what the demonstration's shops show, near enough)."""
LAST = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
NOTHING_LEFT: dict[str, Any] = dict.fromkeys(("proven", "complete", "sample", "robots", "why", "lost"))
CONTEXT = "Nous contacter Service clients du lundi au vendredi de 9 h à 18 h, appel non surtaxé " * 2


def main() -> None:
    """Make the database, ask, and print a line a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shops", type=int, default=400)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--postgres", metavar="URL")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        address = options.postgres or f"sqlite:///{folder}/history.db"
        began = time.perf_counter()
        with open_database(address) as database:
            database.migrate()
            moved = _fill(database, options.shops, options.nights)
        print(
            f"made {options.shops} shops x {options.nights} nights in {time.perf_counter() - began:.0f} s, {moved} moves in it"
        )
        first = (LAST - timedelta(days=options.nights)).date().isoformat()
        for words in (
            ("changes", "--since", "2026-11-18", "--until", "2026-11-20", "--json"),
            ("changes", "--since", first, "--until", "2026-11-20", "--json"),
            ("changes", "--since", first, "--until", "2026-11-20", "--json", "--category", "category 0"),
            ("history", "shop7.test", "--until", "2026-11-20", "--json"),
        ):
            _measure(address, words)


def _fill(database: Database, shops: int, nights: int) -> int:
    """Store the nights; in each shop the phone moves now and then, and one night in twenty is not measured."""
    chance, moved = random.Random(7), 0
    for number in range(shops):
        shop = Merchant(
            key=f"shop{number}.test",
            name=f"Shop {number}",
            url=f"https://shop{number}.test/",
            category=f"category {number % 8}",
        )
        visits: list[dict[str, Any]] = []
        sightings: list[dict[str, Any]] = []
        depth = chance.randrange(3)
        for night in range(nights):
            if chance.random() < 1 / 120:
                depth, moved = (depth + 1) % 4, moved + 1
            visit = _visit(shop.id, night, nights, chance)
            visits.append(visit)
            if visit["status"] is VisitStatus.COMPLETE:
                sightings += _seen(visit["id"], number, depth)
        with database.session() as session:
            session.add(shop)
            session.flush()
            session.execute(insert(Visit), visits)
            session.execute(insert(Sighting), sightings)
    return moved


def _visit(merchant: str, night: int, nights: int, chance: random.Random) -> dict[str, Any]:
    began = LAST - timedelta(days=nights - 1 - night) + timedelta(seconds=chance.randrange(7200))
    status = VisitStatus.UNREACHABLE if chance.random() < 1 / 20 else VisitStatus.COMPLETE
    own = {"id": new_id(), "merchant_id": merchant, "status": status, "started_at": began, "finished_at": began}
    return {**_VISIT, **own}


def _seen(visit: str, shop: int, depth: int) -> Iterator[dict[str, Any]]:
    for number in range(SIGHTINGS):
        channel = (Channel.PHONE, Channel.EMAIL, Channel.CONTACT_PAGE, Channel.FORM, Channel.FACEBOOK)[number % 5]
        value = f"+3319900{shop:04}" if channel is Channel.PHONE else f"{channel}{number}@shop{shop}.test"
        price = PriceClass.ORDINARY if channel is Channel.PHONE else None
        own = {"id": new_id(), "visit_id": visit, "channel": channel, "depth": depth + number // 5, "value": value}
        yield {**_SIGHTING, **own, "price_class": price}


def _row(record: Record) -> dict[str, Any]:
    return {column.name: getattr(record, column.name) for column in record.__table__.columns}


_VISIT = _row(
    Visit(
        url="https://shop.test/", tool_version="0.1.0", browser="Chromium 156.0", profile=Profile.DESKTOP,
        search={**NOTHING_LEFT, "channels": sorted(Channel)},
    )
)  # fmt: skip
_SIGHTING = _row(
    Sighting(
        visit_id="", page_url="https://shop.test/contact", depth=0, channel=Channel.PHONE, value="", context=CONTEXT
    )
)


def _measure(address: str, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", "from barometer.cli import main; main()", *words]
    began = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, "BAROMETER_DATABASE": address}, stdout=subprocess.PIPE)
    assert process.stdout is not None
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    told = out.count(b'"id": "urn:')
    print(
        f"barometer {' '.join(words):90} {seconds:7.1f} s  {used.ru_utime + used.ru_stime:7.1f} s CPU  "
        f"{used.ru_maxrss / 1024:6.0f} MB  {told} changes, exit {process.returncode}"
    )


if __name__ == "__main__":
    main()
