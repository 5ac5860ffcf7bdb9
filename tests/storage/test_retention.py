"""Evidence goes when only old visits need it; records stay."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import func, select

from storage import retention
from storage.database import Database
from storage.evidence import EvidenceStore
from storage.records import Attempt, Campaign, Event, Merchant, Page, Reply, Run, Visit
from storage.retention import Retired, retire
from storage.vocabulary import AttemptState, Channel, ReplyKind

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LIMIT = NOW - timedelta(days=90)
OLD = LIMIT - timedelta(days=1)
YOUNG = LIMIT + timedelta(days=1)


class Panel(NamedTuple):
    """A database and a store that belong together."""

    database: Database
    store: EvidenceStore

    def file(self, content: str, written_at: datetime = OLD) -> str:
        name = self.store.put(content.encode(), ".html")
        os.utime(self.store.path(name), (written_at.timestamp(), written_at.timestamp()))
        return name

    def visit(
        self, finished_at: datetime | None, *evidence: str, run: Run | None = None, started_at: datetime = OLD
    ) -> None:
        visit = Visit(url="https://shop.example/", started_at=started_at, finished_at=finished_at)
        visit.run_id = run.id if run else None
        pages = [Page(visit_id=visit.id, url=visit.url, depth=0, evidence=name) for name in evidence]
        with self.database.session() as session:
            session.add_all([visit, *pages])

    def retire(self, **options: object) -> Retired:
        return retire(self.database, self.store, LIMIT, **options)  # type: ignore[arg-type]


@pytest.fixture
def panel(database: Database, store: EvidenceStore) -> Panel:
    return Panel(database, store)


def test_the_evidence_of_an_old_visit_goes_and_its_records_stay(panel: Panel) -> None:
    name = panel.file("old")
    size = panel.store.path(name).stat().st_size
    panel.visit(OLD, name)
    assert panel.retire() == Retired(1, size)
    assert list(panel.store) == []
    with panel.database.reading() as session:
        assert session.scalars(select(Page.evidence)).all() == [name]
        assert session.scalar(select(func.count()).select_from(Visit)) == 1


def test_a_dry_run_counts_the_same_and_removes_nothing(panel: Panel) -> None:
    panel.visit(OLD, panel.file("old"), panel.file("older"))
    counted = panel.retire(dry_run=True)
    assert len(list(panel.store)) == 2
    assert panel.retire() == counted
    assert panel.retire() == Retired(0, 0)


def test_the_evidence_of_a_young_visit_stays(panel: Panel) -> None:
    name = panel.file("young")
    panel.visit(YOUNG, name)
    assert panel.retire() == Retired(0, 0)
    assert panel.store.verify(name)


def test_a_page_that_a_young_visit_saw_again_stays(panel: Panel) -> None:
    shared, gone = panel.file("the same page"), panel.file("another page")
    panel.visit(OLD, shared, gone)
    panel.visit(YOUNG, shared)
    assert panel.retire().files == 1
    assert list(panel.store) == [shared]


def test_a_visit_at_the_limit_itself_stays(panel: Panel) -> None:
    panel.visit(LIMIT, panel.file("page"))
    assert panel.retire().files == 0


def test_a_visit_that_never_ended_is_as_old_as_its_start(panel: Panel) -> None:
    young = panel.file("begun lately")
    panel.visit(None, panel.file("begun long ago"))
    panel.visit(None, young, started_at=YOUNG)
    panel.retire()
    assert list(panel.store) == [young]


def test_the_runs_of_a_published_edition_do_not_age(panel: Panel) -> None:
    kept, other = Run(kind="crawl"), Run(kind="crawl")
    with panel.database.session() as session:
        session.add_all([kept, other])
    name = panel.file("edition")
    panel.visit(OLD, name, run=kept)
    panel.visit(OLD, panel.file("other"), run=other)
    panel.retire(kept_runs=[kept.id])
    assert list(panel.store) == [name]


def test_a_file_that_no_record_names_goes_by_its_own_age(panel: Panel) -> None:
    lately = panel.file("stored, its record on its way", written_at=YOUNG)
    panel.file("forgotten", written_at=OLD)
    panel.retire()
    assert list(panel.store) == [lately]


def test_an_old_page_that_a_crawl_has_just_put_again_stays(panel: Panel) -> None:
    name = panel.file("unchanged for years")
    panel.visit(OLD, name)
    panel.store.put(b"unchanged for years", ".html")
    assert panel.retire().files == 0
    assert panel.store.exists(name)


def test_a_page_that_is_put_again_while_the_records_are_asked_stays(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = panel.file("unchanged for years")
    ask = retention.still_needed

    def slowly(*question: Any) -> set[str]:
        needed = ask(*question)
        panel.store.put(b"unchanged for years", ".html")
        return needed

    monkeypatch.setattr(retention, "still_needed", slowly)
    assert panel.retire().files == 0
    assert panel.store.exists(name)


def test_the_proof_of_events_and_replies_stays(panel: Panel) -> None:
    sent, answer = panel.file("accepted"), panel.file("the answer")
    merchant = Merchant(key="shop.example", name="Shop", url="https://shop.example/")
    campaign = Campaign(name="spring", starts_at=OLD, ends_at=OLD)
    attempt = Attempt(
        campaign_id=campaign.id,
        merchant_id=merchant.id,
        channel=Channel.EMAIL,
        scenario="hours",
        language="fr",
        body="Bonjour",
        token="a1",
        planned_for=OLD,
        window_seconds=1,
    )
    reply = Reply(
        attempt_id=attempt.id, kind=ReplyKind.HUMAN, rule="r", received_at=OLD, source="maildir", evidence=answer
    )
    with panel.database.session() as session:
        session.add_all([merchant, campaign, attempt])
        session.add(Event(attempt_id=attempt.id, sequence=0, state=AttemptState.SENT, at=OLD, evidence=sent))
        session.add(reply)
    panel.visit(OLD, sent, answer, panel.file("a page"))
    assert panel.retire().files == 1
    assert set(panel.store) == {sent, answer}


def test_what_a_killed_process_left_goes_with_age(panel: Panel) -> None:
    folder: Path = panel.store.path(panel.file("young", written_at=YOUNG)).parent
    for name, moment in (("old", OLD), ("young", YOUNG)):
        part = folder / f".{name}.part"
        part.write_bytes(b"half")
        os.utime(part, (moment.timestamp(), moment.timestamp()))
    assert panel.retire(dry_run=True) == Retired(1, 4)
    assert panel.retire() == Retired(1, 4)
    assert sorted(file.name for file in folder.glob(".*.part")) == [".young.part"]


def test_more_files_than_fit_one_question_are_all_looked_at(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    young = {panel.file(f"young {number}") for number in range(4)}
    panel.visit(YOUNG, *young)
    panel.visit(OLD, *[panel.file(f"old {number}") for number in range(7)])
    assert panel.retire().files == 7
    assert set(panel.store) == young


def test_an_empty_store_and_an_empty_database_need_nothing(panel: Panel) -> None:
    assert panel.retire() == Retired(0, 0)


def test_a_limit_without_a_time_zone_is_refused_before_anything_goes(panel: Panel) -> None:
    name = panel.file("old")
    with pytest.raises(ValueError, match="no time zone"):
        retire(panel.database, panel.store, datetime(2026, 6, 1))
    assert panel.store.exists(name)
