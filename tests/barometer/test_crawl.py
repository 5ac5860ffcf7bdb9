"""``barometer crawl``: broken off by anything and taken up again, it reads no site twice and loses none."""

import json
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from barometer import crawl as work
from barometer.errors import UserError
from barometer.optout import Wish, record_wish
from spiders.orders import CrawlOptions
from spiders.plan import Plan
from storage.database import Database, open_database
from storage.records import Click, Merchant, OptOutKind, Page, Run, Sighting, Visit, utc_now
from storage.vocabulary import RunState, VisitStatus
from tests.barometer.command_line import Finished, run, run_process
from tests.barometer.live import LoggedSite, running, serving, wait_until

PAGES = {
    "/": '<a href="/contact">Contact</a><a href="/a">a</a>',
    "/contact": "<p>Tél. 01 99 00 12 34</p>",
    "/a": "<p>a</p>",
}
PUBLIC = "https://www.boutique-qui-nexiste-pas.fr/"


class Market:
    """Sites on loopback, a database with a panel that lists them, and the command line over both."""

    def __init__(
        self, url: str, folder: Path, addresses: Sequence[str], sites: Sequence[LoggedSite], go_on: threading.Event
    ) -> None:
        self.sites = sites
        self.go_on = go_on
        self.addresses = addresses
        self.folder = folder
        self.environment = {"BAROMETER_DATABASE": url, "BAROMETER_EVIDENCE": str(folder / "evidence")}
        self.database = open_database(url)

    def import_panel(self) -> None:
        rows = [f"Boutique {number:02},{address}/,c{number % 2}" for number, address in enumerate(self.addresses)]
        panel = self.folder / "panel.csv"
        panel.write_text("\n".join(["name,url,category", *rows]), "utf-8")
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            assert run("panel", "import", panel).code == 0

    def crawl(self, *words: str) -> Finished:
        return run_process("crawl", "--allow-private", *words, cwd=self.folder, environment=self.environment)

    def closed(self) -> dict[str, VisitStatus | None]:
        """Return the status of every closed visit by the address of its site."""
        with self.database.reading() as session:
            found = session.execute(select(Visit.url, Visit.status).where(Visit.finished_at.is_not(None))).all()
        assert len(found) == len({url for url, _ in found}), "a site was read twice"
        return {url: status for url, status in found}  # noqa: C416 - rows are no pairs to mypy

    def runs(self) -> list[Run]:
        with self.database.reading() as session:
            return list(session.scalars(select(Run).order_by(Run.started_at)))

    def asked(self) -> list[int]:
        return [len(site.pages_asked) for site in self.sites]

    def opt_out(self, address: str) -> None:
        with self.database.session() as session:
            host = address.removeprefix("http://").partition(":")[0]
            record_wish(session, Wish(OptOutKind.DOMAIN, host), None, None)


@pytest.fixture
def open_market(database_url: str, tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as stack:

        def make(count: int, seconds: float = 0.0, hold: bool = False) -> Market:
            go_on = threading.Event()
            sites = [LoggedSite(PAGES, seconds, go_on if hold else None) for _ in range(count)]
            stack.callback(go_on.set)
            addresses = stack.enter_context(serving(sites, "127.64.0.1"))
            market = Market(database_url, tmp_path, addresses, sites, go_on)
            stack.callback(market.database.close)
            market.import_panel()
            return market

        yield make


def every_site_once(market: Market) -> None:
    assert market.closed() == {f"{address}/": VisitStatus.COMPLETE for address in market.addresses}
    assert [run.state for run in market.runs()] == [RunState.CLOSED]


@pytest.mark.slow
def test_killed_and_started_again_it_reads_no_site_twice_and_loses_none(open_market: Any) -> None:
    market: Market = open_market(12, seconds=0.04)
    with running(
        "crawl", "--allow-private", "--sites-at-once", "2", cwd=market.folder, environment=market.environment
    ) as command:
        wait_until(lambda: sum(market.asked()) > 15)
        command.send(signal.SIGKILL)
        assert command.end().code == -signal.SIGKILL
    done, before = market.closed(), market.asked()
    assert 0 < len(done) < 12
    again = market.crawl()
    assert again.code == 0 and "taking up the crawl" in again.err and f"{12 - len(done)} sites left" in again.err
    every_site_once(market)
    for address, asked_before, asked_after in zip(market.addresses, before, market.asked(), strict=True):
        assert asked_after == asked_before if f"{address}/" in done else asked_after > asked_before


@pytest.mark.slow
def test_ctrl_c_saves_what_was_done_and_the_same_command_goes_on(open_market: Any) -> None:
    market: Market = open_market(10, seconds=0.04)
    with running(
        "crawl", "--allow-private", "--sites-at-once", "2", cwd=market.folder, environment=market.environment
    ) as command:
        wait_until(lambda: sum(market.asked()) > 12)
        command.send(signal.SIGINT)
        ended = command.end()
    assert ended.code == 130 and "still open" in ended.err and "Traceback" not in ended.err
    done, before = market.closed(), market.asked()
    assert 0 < len(done) < 10
    assert market.runs()[0].claimed_by is None
    assert market.crawl().code == 0
    every_site_once(market)
    assert all(
        after == asked
        for address, asked, after in zip(market.addresses, before, market.asked(), strict=True)
        if f"{address}/" in done
    )


@pytest.mark.slow
def test_of_two_crawls_begun_at_once_one_is_refused_and_the_other_reads_everything(open_market: Any) -> None:
    market: Market = open_market(4, hold=True)
    words = ("crawl", "--allow-private", "--sites-at-once", "1")
    with ExitStack() as stack:
        both = [
            stack.enter_context(running(*words, cwd=market.folder, environment=market.environment)) for _ in range(2)
        ]
        wait_until(lambda: not all(command.alive for command in both))
        refused = next(command for command in both if not command.alive).end()
        market.go_on.set()
        other = next(command for command in both if command.alive).end()
    assert (refused.code, refused.out) == (2, "")
    assert "being worked on" in refused.err.splitlines()[-1] and "Traceback" not in refused.err
    assert other.code == 0
    every_site_once(market)


def test_a_crawl_keeps_every_record_of_a_visit_and_says_how_it_went(open_market: Any) -> None:
    market: Market = open_market(3)
    ended = market.crawl("--json", "--channels", "phone")
    assert ended.code == 0
    told = json.loads(ended.out)
    assert (told["closed"], told["visits"]) == (True, {"complete": 3})
    assert ended.err.startswith("3 sites (none visited before): about ")
    with market.database.reading() as session:
        counts = {kind: session.scalar(select(func.count()).select_from(kind)) for kind in (Page, Click, Sighting)}
        visit = session.scalars(select(Visit)).first()
    assert counts == {Page: 6, Click: 3, Sighting: 3}
    assert visit is not None and visit.search["channels"] == ["phone"] and visit.tool_version
    assert len([file for file in (market.folder / "evidence").rglob("*") if file.is_file()]) == 2


def test_a_site_that_is_opted_out_is_not_visited_and_does_not_keep_the_crawl_open(open_market: Any) -> None:
    market: Market = open_market(3)
    market.opt_out(market.addresses[1])
    assert market.crawl().code == 0
    assert market.asked() == [3, 0, 3]
    with market.database.session() as session:
        run = Run(kind=work.KIND, parameters={"selection": {}, "merchants": list(session.scalars(select(Merchant.id)))})
        session.add(run)
        session.flush()
        claimed = work.claim(session, run)
        for merchant in work.left_to_read(session, run):
            session.add(Visit(url=merchant.url, run_id=run.id, merchant_id=merchant.id, finished_at=utc_now()))
        session.flush()
        assert work.close(session, claimed)
        assert run.state is RunState.CLOSED


@pytest.mark.slow
def test_a_selection_is_a_crawl_of_its_own(open_market: Any) -> None:
    market: Market = open_market(4)
    assert market.crawl("--category", "c1").code == 0
    assert market.asked() == [0, 3, 0, 3]
    assert market.crawl("--limit", "1", "--only", market.addresses[0]).code == 0
    assert market.asked() == [3, 3, 0, 3]


def test_an_estimate_reads_nothing(open_market: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    market: Market = open_market(2)
    for name, value in market.environment.items():
        monkeypatch.setenv(name, value)
    ended = run("crawl", "--allow-private", "--estimate")
    assert ended.code == 0
    assert (market.asked(), market.runs()) == ([0, 0], [])


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ([], False),
        (["--allow-private"], False),
        (["--allow-private", "--map-host", "elsewhere.example=127.0.0.1:1"], False),
        (["--map-host", "www.boutique-qui-nexiste-pas.fr=203.0.113.7:80"], True),
        (["--map-host", "www.boutique-qui-nexiste-pas.fr=8.8.8.8:80"], False),
        (["--map-host", "www.boutique-qui-nexiste-pas.fr=127.0.0.1:9"], True),
    ],
)
def test_a_public_host_is_read_only_when_the_settings_say_who_reads_it(
    words: list[str], allowed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("panel.csv").write_text(f"name,url\nBoutique,{PUBLIC}\n")
    assert run("panel", "import", "panel.csv").code == 0
    ended = run("crawl", "--estimate", *words)
    if allowed:
        assert ended.code == 0, ended.err
        return
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "do not say who visits it" in ended.err and "[operator]" in ended.err


def test_an_empty_panel_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run("crawl")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "barometer panel import" in ended.err


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def merchants(database: Database, count: int) -> list[Merchant]:
    with database.session() as session:
        made = [
            Merchant(key=f"shop{n}.example", name=f"Shop {n}", url=f"http://shop{n}.example/") for n in range(count)
        ]
        session.add_all(made)
    return made


def test_an_open_run_is_taken_up_and_a_new_one_gives_the_old_one_up(database: Database) -> None:
    panel = merchants(database, 2)
    with database.session() as session:
        first, resumed = work.open_run(session, panel, {"limit": 2}, fresh=False)
        assert not resumed
        assert work.open_run(session, panel, {"limit": 2}, fresh=False) == (first, True)
        other, resumed = work.open_run(session, panel, {"limit": 3}, fresh=False)
        assert not resumed and other is not first
        fresh, resumed = work.open_run(session, panel, {"limit": 2}, fresh=True)
        assert not resumed and fresh is not first
        assert (first.state, other.state) == (RunState.FAILED, RunState.OPEN)
        assert work.open_run(session, panel, {"limit": 2}, fresh=False) == (fresh, True)


def test_a_claim_lapses_with_its_process_or_its_lease(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = merchants(database, 1)
    with database.session() as session:
        run, _ = work.open_run(session, panel, {}, fresh=False)
        first = work.claim(session, run)
        session.refresh(run)
        run.claimed_by = "elsewhere:1"
        session.flush()
        with pytest.raises(UserError, match="being worked on by elsewhere:1"):
            work.claim(session, run)
        run.lease_until = utc_now() - work.LEASE
        session.flush()
        second = work.claim(session, run)
        assert second.token == first.token + 1


def test_of_two_processes_that_saw_the_same_free_run_one_gets_it(database: Database) -> None:
    panel = merchants(database, 1)
    with database.session() as session:
        run, _ = work.open_run(session, panel, {}, fresh=False)
    with database.session() as one:
        stale = one.get_one(Run, run.id)
        one.expunge(stale)
    with database.session() as other:
        work.claim(other, other.get_one(Run, run.id))
    with database.session() as one, pytest.raises(UserError, match="claimed"):
        work.claim(one, stale)


def test_who_lost_a_run_may_not_write_to_it(database: Database) -> None:
    from tests.spiders.paper_site import PaperSite

    panel = merchants(database, 1)
    with database.session() as session:
        run, _ = work.open_run(session, panel, {}, fresh=False)
        first = work.claim(session, run)
        session.refresh(run)
        work.claim(session, run)
    reading = PaperSite({"/": "<p>x</p>"}).read()
    with pytest.raises(work.ClaimLost):
        work.store(database, first, reading)
    with database.reading() as session:
        assert session.scalars(select(Visit)).all() == []


def test_a_panel_larger_than_one_question_may_hold_is_crawled_in_its_order(database: Database) -> None:
    panel = merchants(database, 1_200)
    with database.session() as session:
        run, _ = work.open_run(session, panel, {}, fresh=False)
        assert [merchant.id for merchant in work.left_to_read(session, run)] == [merchant.id for merchant in panel]


def test_an_estimate_uses_the_merchants_own_last_visits(database: Database) -> None:
    panel = merchants(database, 2)
    with database.session() as session:
        for pages in (500, 10):
            session.add(
                Visit(
                    url="u",
                    merchant_id=panel[0].id,
                    status=VisitStatus.COMPLETE,
                    pages_read=pages,
                    bytes=pages * 1000,
                    finished_at=utc_now(),
                )
            )
            session.flush()
        options = CrawlOptions("barometer-test")
        guess = work.estimate(session, panel, options, Plan())
        shown = work.estimate(session, panel, options, Plan(render=True))
    assert (guess.sites, guess.from_history, guess.pages) == (2, 1, 10 + work.USUAL_PAGES)
    assert guess.bytes == 10_000 + work.USUAL_PAGES * work.USUAL_PAGE_BYTES
    assert guess.seconds == pytest.approx(work.USUAL_PAGES * (1.0 + work.USUAL_PAGE_SECONDS))
    assert shown.seconds == pytest.approx(guess.seconds + work.USUAL_RENDERED * work.USUAL_RENDER_SECONDS)
