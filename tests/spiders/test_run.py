"""A crawl in one process: every closed reading is delivered, whatever ends it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.barometer.live import LoggedSite, serving, wait_until

ROOT = Path(__file__).parents[2]
PHONE = "<p>Téléphone : 01 99 00 12 34</p>"

CRAWL = """
import json, sys
from spiders.orders import CrawlOptions, SiteOrder
from spiders.run import read_sites

told = json.loads(sys.argv[1])
steps, seen = [], []

def orders():
    for url in told["urls"]:
        if url == "broken":
            raise OverflowError("no more orders")
        yield SiteOrder(url)

def deliver(reading):
    if told.get("full"):
        raise BufferError("the disk is full")
    seen.append(reading.visit.url)
    print(reading.visit.url, reading.visit.status, reading.visit.pages_read, flush=True)

options = CrawlOptions("test", allow_private=True, sites_at_once=told.get("at_once", 4), evidence=told.get("evidence"))
try:
    ended = read_sites(orders(), options, deliver, lambda step: steps.append((step.url, step.pages, step.bytes)))
except (BufferError, OverflowError) as error:
    print(type(error).__name__, flush=True)
else:
    print("ended" if ended else "stopped", len(seen), len(steps), flush=True)
"""


def start(told: dict[str, object]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CRAWL, json.dumps(told)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def crawl(told: dict[str, object]) -> list[str]:
    out, err = start(told).communicate(timeout=60)
    assert "Traceback" not in err, err[-2000:]
    return out.splitlines()


def test_every_site_is_delivered_once_and_each_page_is_a_step() -> None:
    sites = [LoggedSite({"/": '<a href="/a">a</a>', "/a": PHONE}) for _ in range(6)]
    with serving(sites, "127.63.0.1") as addresses:
        told = crawl({"urls": [f"{address}/" for address in addresses], "at_once": 2})
    assert sorted(told[:-1]) == sorted(f"{address}/ complete 2" for address in addresses)
    assert told[-1] == "ended 6 12"


def test_a_crawl_of_no_sites_ends() -> None:
    assert crawl({"urls": []}) == ["ended 0 0"]


def test_what_delivery_raises_stops_the_crawl_and_is_raised() -> None:
    with serving([LoggedSite({"/": PHONE}) for _ in range(3)], "127.63.0.1") as addresses:
        assert crawl({"urls": [f"{address}/" for address in addresses], "full": True}) == ["BufferError"]


def test_orders_that_break_off_are_an_error_and_no_early_end() -> None:
    with serving([LoggedSite({"/": PHONE})], "127.63.0.1") as (address,):
        out, _ = start({"urls": [f"{address}/", "broken"], "at_once": 1}).communicate(timeout=60)
    assert out.splitlines() == [f"{address}/ complete 1", "OverflowError"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_crawl_and_keeps_what_was_delivered(number: signal.Signals) -> None:
    quick = LoggedSite({"/": PHONE})
    endless = LoggedSite(
        {"/": '<a href="/1">x</a>', **{f"/{n}": f'<a href="/{n + 1}">x</a>' for n in range(1, 500)}}, seconds=0.05
    )
    with serving([quick, endless], "127.63.0.1") as addresses:
        child = start({"urls": [f"{address}/" for address in addresses]})
        wait_until(lambda: len(endless.asked) > 3 and quick.asked)
        child.send_signal(number)
        out, err = child.communicate(timeout=60)
    assert "Traceback" not in err, err[-2000:]
    assert out.splitlines()[0] == f"{addresses[0]}/ complete 1"
    assert out.splitlines()[-1].startswith("stopped 1")
    assert child.returncode == 0


def test_the_pages_that_show_something_are_kept_as_evidence(tmp_path: Path) -> None:
    site = LoggedSite({"/": '<a href="/contact">Contact</a><a href="/a">a</a>', "/a": "<p>rien</p>", "/contact": PHONE})
    with serving([site], "127.63.0.1") as (address,):
        crawl({"urls": [f"{address}/"], "evidence": str(tmp_path)})
    stored = {file.read_bytes()[:2] for file in tmp_path.rglob("*") if file.is_file()}
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 2, stored
