"""``barometer depths``: the outcomes of a crawl, computed again from its records alone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from barometer import crawl as work
from barometer.depths import rows, run_of
from barometer.errors import UserError
from barometer.result import audit_result, outcomes
from barometer.stored_visits import stored_reading
from spiders.plan import Plan
from spiders.reading import SiteReading
from storage.database import Database, open_database
from storage.records import Merchant, Run, Visit
from storage.vocabulary import Channel, OutcomeKind, Reason
from tests.barometer.command_line import run
from tests.contracts import complaints
from tests.spiders.paper_site import PHONE, Answer, PaperSite, page

FRAMES = '<frameset cols=*><frame src="/menu"><frame src="/accueil"></frameset>'
SITES = {
    "framed": PaperSite({"/": FRAMES, "/menu": page("/contact|Contact"), "/accueil": page(), "/contact": PHONE}),
    "forwarded": PaperSite(
        {
            "/": '<meta http-equiv=refresh content="0;url=/fr/">',
            "/fr/": page("/fr/a"),
            "/fr/a": page("/fr/b"),
            "/fr/b": PHONE,
        }
    ),
    "folded": PaperSite({"/": f"<details><summary>Nous joindre</summary>{PHONE}</details>"}),
    "nothing": PaperSite({"/": page()}),
    "refused": PaperSite({"/": Answer(failure=Reason.ROBOTS)}),
    "lost": PaperSite({"/": page("/contact|Contact"), "/contact": Answer(failure=Reason.TIMEOUT)}),
}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def crawled(database: Database, names: list[str]) -> tuple[str, dict[str, dict[str, object]]]:
    """Store a crawl of *names* and return its key and what each site's result was before it was stored."""
    with database.session() as session:
        panel = [
            Merchant(key=f"{name}.example", name=name, url=f"http://{name}.example/", category="c") for name in names
        ]
        session.add_all(panel)
        session.flush()
        started, _ = work.open_run(session, panel, {}, fresh=True)
        claimed = work.claim(session, started)
    before = {}
    for merchant in panel:
        if merchant.name in SITES:
            reading = SITES[merchant.name].read(Plan(channels=frozenset({Channel.PHONE, Channel.CONTACT_PAGE})))
            reading.visit.run_id, reading.visit.merchant_id = started.id, merchant.id
            before[merchant.name] = audit_result(reading)
            work.store(database, claimed, reading)
    return started.id, before


def test_a_result_from_the_database_is_the_result_of_the_visit(database: Database) -> None:
    run_id, before = crawled(database, list(SITES))
    with database.reading() as session:
        for row in rows(session, run_of(session, run_id)):
            assert row.visit is not None
            again = audit_result(stored_reading(session, row.visit))
            assert complaints("audit", again) == []
            assert {**again, "tool": None} == {**before[row.merchant.name], "tool": None}


def test_the_way_through_frames_forwards_and_folds_survives_the_database(database: Database) -> None:
    run_id, _ = crawled(database, ["framed", "forwarded", "folded"])
    with database.reading() as session:
        found = {
            row.merchant.name: (row.outcomes or {})[Channel.PHONE] for row in rows(session, run_of(session, run_id))
        }
    assert {name: (outcome.kind, outcome.clicks) for name, outcome in found.items()} == {
        "framed": (OutcomeKind.EXACT, 1),
        "forwarded": (OutcomeKind.EXACT, 2),
        "folded": (OutcomeKind.EXACT, 1),
    }


def test_merchants_come_by_category_and_name_and_the_unread_ones_too(database: Database) -> None:
    run_id, _ = crawled(database, ["nothing", "never read", "lost"])
    with database.reading() as session:
        found = list(rows(session, run_of(session, run_id[:6])))
        assert [(row.merchant.name, row.visit is None) for row in found] == [
            ("lost", False),
            ("never read", True),
            ("nothing", False),
        ]
        assert list(rows(session, run_of(session, None), category="other")) == []


def test_a_crawl_that_is_not_there_is_said_with_the_remedy(database: Database) -> None:
    with database.reading() as session:
        with pytest.raises(UserError, match="no crawl yet; make one with: barometer crawl"):
            run_of(session, None)
        with pytest.raises(UserError, match="no crawl abc"):
            run_of(session, "abc")


def test_the_last_crawl_is_shown_unless_another_is_named(database: Database) -> None:
    first, _ = crawled(database, ["nothing"])
    with database.session() as session:
        panel = work.merchants_of(session, session.get_one(Run, first))
        second, _ = work.open_run(session, panel, {"other": True}, fresh=True)
    with database.reading() as session:
        assert run_of(session, None).id == second.id
        assert run_of(session, first).id == first


def test_the_command_prints_lines_of_json_or_a_table(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BAROMETER_DATABASE", database_url)
    crawled(database, ["framed", "refused", "never read"])
    lines = [json.loads(line) for line in run("depths", "--json").out.splitlines()]
    told = {
        line["merchant"]: (line["status"], line["channels"] and line["channels"]["phone"]["outcome"]) for line in lines
    }
    assert told == {"framed": ("complete", "exact"), "never read": (None, None), "refused": ("refused", "not_measured")}
    table = run("depths")
    assert table.code == 0 and "framed" in table.out and "refused" in table.out


def test_a_merchant_s_name_is_shown_as_it_is_and_steers_nothing(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BAROMETER_DATABASE", database_url)
    crawled(database, ["[/bold][red]Chez \x1b[31mAli\u202e"])
    done = run("depths")
    assert done.code == 0
    assert "[/bold]" in done.out.replace("\n", "") and not {*done.out} & {*"\x1b\u202e"}


def test_outcomes_need_no_more_than_the_records() -> None:
    assert (
        outcomes(SiteReading(Visit(url="http://a.example/"), [], [], []))[Channel.PHONE].kind is not OutcomeKind.EXACT
    )
