"""``barometer night run``: whatever is killed, every merchant is closed once or reported, and the same command goes on."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import delete, text

from barometer.demo.loopback import Reply
from storage.records import Batch, Merchant, Run
from storage.vocabulary import Reason, RunState, VisitStatus
from tests.barometer.live import LoggedSite, serving
from tests.barometer.night_market import PAGES, NightCommand, NightMarket, all_gone, held, wait_until

pytestmark = pytest.mark.timeout(300)

POISON = """
import os, spiders.contact as contact
known = contact.ContactSpider._read
async def read(self, order):
    if {address!r} in order.url:
        {deed}
    return await known(self, order)
contact.ContactSpider._read = read
"""
KILLS, GROWS = (
    "os.kill(os.getpid(), 9)",
    "self.block = bytearray(600_000_000); self.block[::4096] = b'x' * len(self.block[::4096]); import asyncio; await asyncio.sleep(600)",
)


@pytest.fixture
def open_market(database_url: str, tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as stack:

        def make(sites: list[LoggedSite] | int, go_on: threading.Event | None = None) -> NightMarket:
            listed = [LoggedSite(PAGES) for _ in range(sites)] if isinstance(sites, int) else sites
            # Each has a server of its own: one that is held up holds up no other.
            addresses = [
                stack.enter_context(serving([site], f"127.72.0.{number}"))[0] for number, site in enumerate(listed, 1)
            ]
            if go_on is not None:
                stack.callback(go_on.set)
            market = NightMarket(database_url, tmp_path, addresses, listed)
            stack.callback(market.database.close)
            return market

        yield make


def first_batch(command: NightCommand) -> psutil.Process:
    wait_until(command.batches)
    return command.batches()[0]


def test_a_night_closes_every_site_in_batches_and_reports_it(open_market: Any) -> None:
    market: NightMarket = open_market(7)
    ended = market.night("--due", "2026-11-22T02:30", "--batch-size", "3", "--json")
    assert ended.code == 0, ended.err
    assert market.closed() == market.all_complete()
    told = json.loads(ended.out)
    assert told == market.report()
    assert (told["schema"], told["night"], told["state"]) == ("barometer-night/1", "2026-11-22T02:30", "closed")
    assert (told["sites"], told["closed"], told["visits"], told["not_closed"]) == (7, 7, {"complete": 7}, [])
    assert told["cost"]["pages_read"] == 21 and told["cost"]["cpu_seconds"] > 0
    assert 0 < told["cost"]["largest_batch_bytes"] <= told["cost"]["at_most_bytes"]
    assert [len(batch.merchants) for batch in market.batches()] == [3, 3, 1]
    assert {(batch.state, batch.starts, batch.ended) for batch in market.batches()} == {(RunState.CLOSED, 1, "exited")}
    logs = market.folder / "var" / "logs"
    assert all("3 pages read" in (logs / (batch.log or "")).read_text() for batch in market.batches())
    assert (logs / "night-2026-11-22T02-30" / "report.html").exists()
    assert [run.state for run in market.runs()] == [RunState.CLOSED]
    assert market.command("depths", "--json").out.count('"exact"') >= 7


def test_a_night_that_is_over_is_reported_again_and_no_site_asked(open_market: Any) -> None:
    market: NightMarket = open_market(2)
    assert market.night("--due", "n1").code == 0
    before = market.asked()
    again = market.night("--due", "n1")
    assert (again.code, market.asked()) == (0, before)
    assert "All 2 sites are closed." in again.out
    assert len(market.runs()) == 1


@pytest.mark.slow
def test_a_child_that_is_killed_takes_no_site_with_it(open_market: Any) -> None:
    go_on = threading.Event()
    market: NightMarket = open_market([*held(3, go_on), LoggedSite(PAGES)], go_on)
    with market.running("--due", "n1", "--batch-size", "3") as command:
        child = first_batch(command)
        wait_until(lambda: sum(market.asked()) > 0)
        child = next(one for one in command.batches() if market.batches()[0].id in one.cmdline())
        child.send_signal(signal.SIGKILL)
        wait_until(lambda: market.batches()[0].state is not RunState.OPEN)
        go_on.set()
        ended = command.end()
    assert ended.code == 0, ended.err
    assert market.closed() == market.all_complete()
    told = market.report()
    assert [(bad["number"], bad["why"]) for bad in told["bad_batches"]] == [(0, "killed (signal 9)")]
    assert told["second_look"] == {"failed": 0, "recovered": 0, "unread": 3, "closed": 3}
    assert [len(batch.merchants) for batch in market.batches() if batch.retry_pass] == [1, 1, 1]


@pytest.mark.slow
def test_a_night_that_is_killed_is_taken_up_and_reads_no_site_twice(open_market: Any) -> None:
    go_on = threading.Event()
    market: NightMarket = open_market([LoggedSite(PAGES), LoggedSite(PAGES), *held(3, go_on)], go_on)
    words = ("--due", "n1", "--batch-size", "3")
    with market.running(*words) as command:
        wait_until(lambda: len(market.closed()) == 2 and sum(market.asked()[2:]) > 0)
        family = command.process.children(recursive=True)
        command.process.kill()
        all_gone(family)
    done = market.asked()[:2]
    assert [run.state for run in market.runs()] == [RunState.OPEN]
    status = market.command("status")
    assert "nobody works on it; go on with: barometer night run --due n1" in " ".join(status.out.split())
    go_on.set()
    ended = market.night(*words)
    assert ended.code == 0, ended.err
    assert market.closed() == market.all_complete()
    assert market.asked()[:2] == done
    assert len(market.runs()) == 1 and market.report()["begun_again"] > 0


@pytest.mark.soak
def test_a_browser_that_is_killed_costs_no_site(database_url: str, tmp_path: Path, open_market: Any) -> None:
    market: NightMarket = open_market(4)
    with market.running("--due", "n1", "--rendered", "--batch-size", "4") as command:
        wait_until(command.browsers)
        for browser in command.browsers():
            browser.kill()
        ended = command.end()
    assert ended.code == 0, ended.err
    assert market.closed() == market.all_complete()
    assert market.report()["cost"]["pages_rendered"] > 0


@pytest.mark.soak
@pytest.mark.parametrize(("deed", "why"), [(KILLS, "killed (signal 9)"), (GROWS, "memory")])
def test_a_site_that_takes_its_process_down_takes_no_other_site_with_it(deed: str, why: str, open_market: Any) -> None:
    market: NightMarket = open_market(4)
    poisonous = f"{market.addresses[1]}/"
    ended = market.night("--due", "n1", "--memory-mb", "500", before_child=POISON.format(address=poisonous, deed=deed))
    assert ended.code == 1
    assert market.closed() == {url: status for url, status in market.all_complete().items() if url != poisonous}
    told = market.report()
    assert [(site["url"], site["why"]) for site in told["not_closed"]] == [(poisonous, why)]
    assert told["not_closed"][0]["log"].startswith("night-n1/batch-")
    assert [run.state for run in market.runs()] == [RunState.CLOSED]
    assert "1 could not be" in " ".join(market.command("status").out.split())
    assert market.night("--due", "n1").code == 1


@pytest.mark.soak
def test_at_its_deadline_a_batch_ends_and_keeps_what_it_has(open_market: Any) -> None:
    go_on = threading.Event()
    market: NightMarket = open_market([LoggedSite(PAGES), *held(1, go_on)], go_on)
    ended = market.night("--due", "n1", "--batch-minutes", "0.2")
    assert ended.code == 1
    assert list(market.closed()) == [f"{market.addresses[0]}/"]
    told = market.report()
    assert [site["why"] for site in told["not_closed"]] == ["deadline of its batch"]
    assert [batch["second_look"] for batch in told["bad_batches"]] == [False, True]


@pytest.mark.soak
def test_at_its_deadline_a_night_ends_and_says_what_is_missing(open_market: Any) -> None:
    go_on = threading.Event()
    market: NightMarket = open_market([LoggedSite(PAGES), *held(2, go_on)], go_on)
    with market.running("--due", "n1", "--deadline", "0.004", "--batch-size", "1", "--at-once", "1") as command:
        ended = command.end()
        assert command.batches() == []
    assert ended.code == 1
    told = market.report()
    assert told["late"] and {site["why"] for site in told["not_closed"]} == {"deadline of the night"}
    assert len(told["not_closed"]) + told["closed"] == 3
    assert all(run.state is RunState.CLOSED for run in market.runs())
    assert all(batch.state is not RunState.OPEN for batch in market.batches())


@pytest.mark.soak
def test_of_two_nights_with_one_key_one_works_and_the_other_says_so(open_market: Any) -> None:
    go_on = threading.Event()
    market: NightMarket = open_market(held(2, go_on), go_on)
    with market.running("--due", "n1") as one, market.running("--due", "n1") as other:
        wait_until(lambda: one.process.poll() is not None or other.process.poll() is not None)
        idle, busy = (one, other) if one.process.poll() is not None else (other, one)
        said = idle.end()
        status = json.loads(market.command("status", "--json").out)
        go_on.set()
        assert busy.end().code == 0
    assert (said.code, said.out) == (0, "")
    assert "working on this night" in said.err or "has just" in said.err
    assert [(night["key"], night["worked_on"], night["sites"]) for night in status["open_nights"]] == [("n1", True, 2)]
    assert market.closed() == market.all_complete()
    assert len(market.runs()) == 1


@pytest.mark.soak
def test_ctrl_c_stops_a_night_by_hand_and_the_same_command_goes_on(open_market: Any) -> None:
    go_on = threading.Event()
    market: NightMarket = open_market([LoggedSite(PAGES), *held(2, go_on)], go_on)
    with market.running() as command:
        wait_until(lambda: len(market.closed()) == 1)
        family = command.process.children(recursive=True)
        command.process.send_signal(signal.SIGINT)
        ended = command.end()
        all_gone(family)
    assert ended.code == 130 and "goes on with it" in ended.err and "Traceback" not in ended.err
    assert [(run.state, run.claimed_by) for run in market.runs()] == [(RunState.OPEN, None)]
    go_on.set()
    assert market.night().code == 0
    assert market.closed() == market.all_complete()
    assert len(market.runs()) == 1


class Recovering(LoggedSite):
    """Answers its first *bad* requests with 503, and everything afterwards."""

    def __init__(self, bad: int) -> None:
        super().__init__(PAGES)
        self.bad = bad

    def __call__(self, method: str, target: str) -> Reply:
        answer = super().__call__(method, target)
        return Reply(503, b"<p>later</p>") if target != "/robots.txt" and len(self.pages_asked) <= self.bad else answer


@pytest.mark.soak
def test_a_site_that_failed_for_a_passing_reason_is_looked_at_again_and_stored_once(open_market: Any) -> None:
    market: NightMarket = open_market([LoggedSite(PAGES), Recovering(1), Recovering(1000), LoggedSite({})])
    assert market.night("--due", "n1").code == 0
    visits = market.visits()
    home = [f"{address}/" for address in market.addresses]
    statuses = {url: (visits[url].status, visits[url].status_reason) for url in home}
    assert statuses[home[0]] == statuses[home[1]] == (VisitStatus.COMPLETE, None)
    assert statuses[home[2]] == statuses[home[3]] == (VisitStatus.UNREACHABLE, Reason.HTTP_ERROR)
    assert [sum("second look" in warning for warning in visits[url].warnings) for url in home] == [0, 1, 1, 0]
    assert market.report()["second_look"] == {"failed": 2, "recovered": 1, "unread": 0, "closed": 0}
    assert len(market.sites[3].pages_asked) == 1


@pytest.mark.soak
def test_a_second_look_that_dies_leaves_the_first(open_market: Any) -> None:
    market: NightMarket = open_market([LoggedSite(PAGES), Recovering(1000)])
    poisonous = f"{market.addresses[1]}/"
    marker = str(market.folder / "seen")
    deed = f"import pathlib; p = pathlib.Path({marker!r}); p.exists() and os.kill(os.getpid(), 9); p.touch()"
    assert market.night("--due", "n1", before_child=POISON.format(address=poisonous, deed=deed)).code == 0
    assert market.closed() == {
        f"{market.addresses[0]}/": VisitStatus.COMPLETE, poisonous: VisitStatus.UNREACHABLE,
    }  # fmt: skip
    assert [bad["second_look"] for bad in market.report()["bad_batches"]] == [True]


@pytest.mark.soak
def test_who_opts_out_or_leaves_the_panel_during_a_night_is_not_visited(open_market: Any) -> None:
    go_on = threading.Event()
    market: NightMarket = open_market([*held(1, go_on), LoggedSite(PAGES), LoggedSite(PAGES), LoggedSite(PAGES)], go_on)
    market.environment["BAROMETER_SITES_AT_ONCE"] = "1"
    with market.running("--due", "n1", "--batch-size", "2", "--at-once", "1") as command:
        wait_until(lambda: sum(market.asked()) > 0)
        # In the order of the panel, by category, the second waits in the batch that is read, the last in the next one.
        market.opt_out(market.addresses[1])
        with market.database.session() as session:
            session.execute(delete(Merchant).where(Merchant.url == f"{market.addresses[2]}/"))
        go_on.set()
        ended = command.end()
    assert ended.code == 0, ended.err
    assert [count > 0 for count in market.asked()] == [True, False, False, True]
    told = market.report()
    assert [site["url"] for site in told["left_alone"]] == [f"{market.addresses[1]}/"]
    assert told["gone"] == [market.addresses[2].removeprefix("http://")]
    assert (told["sites"], told["closed"], told["not_closed"]) == (4, 2, [])


@pytest.mark.soak
def test_a_merchant_that_comes_during_a_night_waits_for_the_next(open_market: Any) -> None:
    go_on = threading.Event()
    market: NightMarket = open_market([*held(1, go_on), LoggedSite(PAGES)], go_on)
    with market.database.session() as session:
        session.execute(delete(Merchant).where(Merchant.url == f"{market.addresses[1]}/"))
    with market.running("--due", "n1") as command:
        wait_until(lambda: sum(market.asked()) > 0)
        with market.database.session() as session:
            session.add(Merchant(key="late.example", name="Late", url=f"{market.addresses[1]}/"))
        go_on.set()
        assert command.end().code == 0
    assert list(market.closed()) == [f"{market.addresses[0]}/"]


@pytest.mark.soak
def test_where_nothing_can_be_written_the_night_stops_with_one_line_and_goes_on_once_mended(open_market: Any) -> None:
    market: NightMarket = open_market(4)
    evidence = market.folder / "evidence"
    evidence.write_text("not a folder")
    ended = market.night("--due", "n1", "--batch-size", "1")
    assert (ended.code, ended.out) == (2, "")
    last = ended.err.splitlines()[-1]
    assert "the night cannot go on" in last and "evidence" in last and "run the same command again" in last
    assert "Traceback" not in ended.err
    assert [(run.state, run.claimed_by) for run in market.runs()] == [(RunState.OPEN, None)]
    evidence.unlink()
    assert market.night("--due", "n1").code == 0
    assert market.closed() == market.all_complete()


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_lost_connections_cost_no_site(open_market: Any) -> None:
    market: NightMarket = open_market([LoggedSite(PAGES, 0.05) for _ in range(8)])
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    times = 0
    with market.running("--due", "n1", "--batch-size", "4") as command:
        while command.process.poll() is None:
            with market.database.session() as session:
                session.execute(cut)
            times += 1
            threading.Event().wait(0.4)
        ended = command.end()
    assert ended.code == 0, ended.err
    assert times > 3
    assert market.closed() == market.all_complete()
    assert market.report()["bad_batches"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--due", "../../etc"], "names no time"),
        (["--due", "\x1b[31m"], "names no time"),
        (["--due", "n" * 65], "names no time"),
        (["--category", "nowhere"], "no category"),
        (["--channels", "telex"], "is no channel"),
    ],
)
def test_bad_input_is_one_line(words: list[str], said: str, open_market: Any) -> None:
    market: NightMarket = open_market(1)
    ended = market.night(*words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert said in ended.err and "\x1b" not in ended.err
    assert market.runs() == []


def test_a_batch_that_is_not_there_or_was_handed_out_again_reads_nothing(open_market: Any) -> None:
    market: NightMarket = open_market(1)
    assert market.command("night", "batch", "0" * 32, "--token", "1").code == 2
    with market.database.session() as session:
        run = Run(
            kind="crawl", due="n1",
            parameters={
                "selection": {"night": True, "category": None, "limit": None, "channels": None, "pages": None, "depth": None,
                              "seconds": None, "delay": None, "basis": None, "static": True, "allow_private": True,
                              "map_host": []},
                "at_once": 1, "merchants": [], "keys": [],
            },
        )  # fmt: skip
        session.add(run)
        batch = Batch(run_id=run.id, number=0, merchants=[], token=2)
        session.add(batch)
    ended = market.command("night", "batch", batch.id, "--token", "1")
    assert ended.code == 3, ended.err
    assert "another process" in ended.out


def test_without_a_night_show_and_status_say_so(open_market: Any) -> None:
    market: NightMarket = open_market(1)
    shown = market.command("night", "show")
    assert (shown.code, shown.err.count("\n")) == (2, 1) and "there was no night yet" in shown.err
    assert "there was none yet" in market.command("status").out
