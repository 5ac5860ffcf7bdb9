"""Batches in the database: a token that is not the last one stores nothing, and what failed is cut once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from barometer import crawl
from barometer.nights import batches
from barometer.reading import store_patiently
from schedules.children import ChildEnd, Ended
from storage.database import Database, open_database
from storage.problems import DatabaseProblem
from storage.records import Batch, Merchant, Page, Run, Visit, utc_now
from storage.vocabulary import Reason, RunState, VisitStatus
from tests.spiders.paper_site import PaperSite


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def a_night(database: Database, sites: int, size: int = 2) -> crawl.Claim:
    with database.session() as session:
        panel = [
            Merchant(key=f"shop{n}.example", name=f"Shop {n}", url=f"http://shop{n}.example/") for n in range(sites)
        ]
        session.add_all(panel)
        run = Run(kind=crawl.KIND, due="n1", parameters={"merchants": [one.id for one in panel]})
        session.add(run)
        session.flush()
        batches.cut(session, run, size)
        session.flush()
        return crawl.claim(session, run)


def all_batches(database: Database) -> list[Batch]:
    with database.reading() as session:
        return list(session.scalars(select(Batch).order_by(Batch.number)))


def hand_out(database: Database, night: crawl.Claim, batch: Batch) -> int:
    with database.session() as session:
        token = batches.hand_out(session, night, batch.id)
    assert token is not None
    return token


def claimed(database: Database, batch: Batch, token: int) -> crawl.Claim | None:
    with database.session() as session:
        return batches.claim(session, batch.id, token)


def close_visits(
    database: Database, night: crawl.Claim, outcomes: list[tuple[VisitStatus, Reason | None, int]]
) -> None:
    with database.session() as session:
        run = session.get_one(Run, night.run_id)
        for key, (status, reason, http) in zip(run.parameters["merchants"], outcomes, strict=False):
            visit = Visit(
                url=key, run_id=run.id, merchant_id=key, status=status, status_reason=reason, finished_at=utc_now()
            )
            session.add_all([visit, Page(visit_id=visit.id, url=key, depth=0, http_status=http)])


def reading_of(night: crawl.Claim, merchant: str, pages: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
    reading = PaperSite(pages or {"/": "<p>x</p>"}).read()
    reading.visit.run_id, reading.visit.merchant_id = night.run_id, merchant
    return reading


def test_merchants_are_cut_in_their_order(database: Database) -> None:
    night = a_night(database, 5)
    with database.reading() as session:
        merchants = session.get_one(Run, night.run_id).parameters["merchants"]
    cut = all_batches(database)
    assert [batch.merchants for batch in cut] == [merchants[:2], merchants[2:4], merchants[4:]]
    assert [batch.number for batch in cut] == [0, 1, 2]


def test_what_was_handed_out_again_stores_nothing_for_the_first(database: Database) -> None:
    night = a_night(database, 1)
    (batch,) = all_batches(database)
    first = claimed(database, batch, hand_out(database, night, batch))
    assert first is not None
    second = claimed(database, batch, hand_out(database, night, batch))
    assert second is not None and second.token == first.token + 1
    merchant = batch.merchants[0]
    with pytest.raises(crawl.ClaimLost):
        crawl.store(database, first, reading_of(night, merchant))
    crawl.store(database, second, reading_of(night, merchant))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Visit)) == 1
        with pytest.raises(crawl.ClaimLost):
            batches.still_ours(session, first)
    assert claimed(database, batch, first.token) is None
    end = ChildEnd(Ended.EXITED, -9, 1.0, 1.0, 1, Path("x"))
    with database.session() as session:
        assert not batches.record_end(session, batch.id, first.token, end, "x")
        assert batches.record_end(session, batch.id, second.token, end._replace(exit_code=0), "x")
    assert all_batches(database)[0].state is RunState.CLOSED


def test_a_night_that_was_taken_over_hands_nothing_out(database: Database) -> None:
    night = a_night(database, 1)
    with database.session() as session:
        run = session.get_one(Run, night.run_id)
        crawl.claim(session, run)
    with database.session() as session, pytest.raises(crawl.ClaimLost):
        batches.hand_out(session, night, all_batches(database)[0].id)
    assert all_batches(database)[0].starts == 0


def test_a_batch_that_never_ends_is_given_up(database: Database) -> None:
    night = a_night(database, 1)
    (batch,) = all_batches(database)
    for _ in range(batches.MOST_STARTS):
        hand_out(database, night, batch)
    with database.session() as session:
        assert batches.hand_out(session, night, batch.id) is None
    assert all_batches(database)[0].state is RunState.FAILED


def test_what_was_stopped_or_in_trouble_stays_open_and_what_died_does_not(database: Database) -> None:
    night = a_night(database, 4, size=1)
    ends = [(Ended.STOPPED, -2), (Ended.EXITED, batches.TROUBLE), (Ended.EXITED, 1), (Ended.MEMORY, -9)]
    for batch, (ended, code) in zip(all_batches(database), ends, strict=True):
        token = hand_out(database, night, batch)
        with database.session() as session:
            assert batches.record_end(session, batch.id, token, ChildEnd(ended, code, 1, 1, 1, Path("x")), "x")
    states = [batch.state for batch in all_batches(database)]
    assert states == [RunState.OPEN, RunState.OPEN, RunState.FAILED, RunState.FAILED]


def test_passing_failures_are_looked_at_again_and_lasting_ones_are_not(database: Database) -> None:
    night = a_night(database, 11)
    gone, refused = VisitStatus.UNREACHABLE, VisitStatus.REFUSED
    close_visits(
        database, night,
        [
            (gone, Reason.TIMEOUT, 0), (gone, Reason.CONNECT, 0), (gone, Reason.DNS, 0), (gone, Reason.HTTP_ERROR, 503),
            (gone, Reason.NEEDS_BROWSER, 0), (refused, None, 0),
            (gone, Reason.HTTP_ERROR, 404), (gone, Reason.TLS, 0), (VisitStatus.COMPLETE, None, 200),
            (VisitStatus.PARTIAL, Reason.TIMEOUT, 200),
        ],
    )  # fmt: skip
    for _ in range(2):  # doing it again, as a night does that is taken up, changes nothing
        with database.session() as session:
            assert batches.cut_second(session, night, 4)
    with database.reading() as session:
        merchants = session.get_one(Run, night.run_id).parameters["merchants"]
    second = [batch for batch in all_batches(database) if batch.retry_pass]
    assert [batch.merchants for batch in second] == [merchants[10:], merchants[:4], merchants[4:6]]
    assert [batch.number for batch in second] == [6, 7, 8]


def test_a_second_look_takes_the_place_of_the_first_with_all_that_belongs_to_it(database: Database) -> None:
    night = a_night(database, 1)
    close_visits(database, night, [(VisitStatus.UNREACHABLE, Reason.TIMEOUT, 0)])
    with database.session() as session:
        batches.cut_second(session, night, 4)
    batch = all_batches(database)[1]
    with database.session() as session:
        left = batches.left(session, session.get_one(Batch, batch.id))
    former = left.instead_of[batch.merchants[0]]
    claim = claimed(database, batch, hand_out(database, night, batch))
    assert claim is not None
    crawl.store(database, claim, reading_of(night, batch.merchants[0]), former)
    with database.session() as session:
        visits = session.scalars(select(Visit)).all()
        assert [visit.status for visit in visits] == [VisitStatus.COMPLETE]
        assert {page.visit_id for page in session.scalars(select(Page))} == {visits[0].id} != {former}
        assert batches.left(session, session.get_one(Batch, batch.id)).merchants == []


def test_a_visit_is_stored_once_when_nobody_knows_whether_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = a_night(database, 1)
    (batch,) = all_batches(database)
    claim = claimed(database, batch, hand_out(database, night, batch))
    assert claim is not None
    known, times = crawl.store, []

    def store_and_lose(*words: object) -> None:
        times.append(1)
        if len(times) > 1:
            known(*words)  # type: ignore[arg-type]
        if len(times) == 2:
            raise DatabaseProblem("the connection broke", "try again")
        if len(times) == 1:
            raise DatabaseProblem("there was no connection", "try again")

    monkeypatch.setattr("barometer.reading.store", store_and_lose)
    monkeypatch.setattr("barometer.reading.PAUSES", (0, 0, 0))
    store_patiently(database, claim, reading_of(night, batch.merchants[0]))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Visit)) == 1
    assert len(times) == 2


def test_at_the_end_of_a_night_nothing_can_be_stored_any_more(database: Database) -> None:
    night = a_night(database, 1)
    (batch,) = all_batches(database)
    claim = claimed(database, batch, hand_out(database, night, batch))
    assert claim is not None
    with database.session() as session:
        batches.give_up_open(session, night)
    with pytest.raises(crawl.ClaimLost):
        crawl.store(database, claim, reading_of(night, batch.merchants[0]))
    assert all_batches(database)[0].state is RunState.FAILED
