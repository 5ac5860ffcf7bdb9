"""A record is the row, the type and the item; references are checked, and batches may be stored twice."""

import copy
import dataclasses
import pickle
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from storage.database import Database
from storage.records import Click, Event, Merchant, Page, Record, Run, Sighting, Visit
from storage.vocabulary import Channel, Profile, Reason, VisitStatus
from tests.storage.examples import one_of_each


def values(record: Record) -> dict[str, Any]:
    return {column.key: getattr(record, column.key) for column in type(record).__table__.columns}


def test_the_examples_fill_every_column_of_every_table() -> None:
    records = one_of_each()
    assert {type(record).__tablename__ for record in records} == set(Record.metadata.tables)
    empty = [
        f"{type(record).__name__}.{name}"
        for record in records
        for name, value in values(record).items()
        if value is None
    ]
    assert empty == []


def test_every_record_comes_back_as_it_went_in(database: Database) -> None:
    records = one_of_each()
    with database.session() as session:
        session.add_all(records)
    with database.reading() as session:
        for record in records:
            read = values(session.get_one(type(record), record.id))
            assert read == values(record)
            assert {name: type(value) for name, value in read.items()} == {
                name: type(value) for name, value in values(record).items()
            }


def test_storing_a_batch_again_changes_nothing(database: Database) -> None:
    records = one_of_each()
    stored = [(type(record), record.id, values(record)) for record in records]
    for _ in range(2):
        with database.session() as session:
            for record in copy.deepcopy(records):
                session.merge(record)
    with database.reading() as session:
        for kind, key, expected in stored:
            assert session.scalar(select(func.count()).select_from(kind)) == 1
            assert values(session.get_one(kind, key)) == expected


def test_a_record_crosses_to_another_process_whole() -> None:
    for record in one_of_each():
        assert values(pickle.loads(pickle.dumps(record))) == values(record)


def test_a_record_is_a_dataclass_with_its_defaults() -> None:
    visit = Visit(url="https://shop.example/")
    fields = dataclasses.asdict(visit)
    assert fields["profile"] is Profile.DESKTOP
    assert fields["finished_at"] is None
    assert fields["warnings"] == []
    assert set(fields) == set(values(visit))


def test_two_records_never_share_a_key_or_a_default_list() -> None:
    one, other = Visit(url="https://a.example/"), Visit(url="https://a.example/")
    assert one.id != other.id
    assert one.warnings is not other.warnings
    assert len({one, other}) == 2


def test_a_plain_word_becomes_its_member_and_a_strange_one_is_refused() -> None:
    visit = Visit(url="https://shop.example/", status="partial")  # type: ignore[arg-type]
    assert visit.status is VisitStatus.PARTIAL
    with pytest.raises(ValueError, match=r"Visit\.status_reason: 'tired' is not a valid Reason"):
        visit.status_reason = "tired"  # type: ignore[assignment]
    visit.status_reason = Reason.DNS
    assert visit.status_reason is Reason.DNS


def test_words_are_stored_as_the_method_writes_them(database: Database) -> None:
    with database.session() as session:
        session.add_all(one_of_each())
    with database.reading() as session:
        row = session.execute(text("SELECT channel, price_class, set_aside FROM sighting")).one()
    assert tuple(row) == ("phone", "premium", "mediator")


def test_a_reference_to_nothing_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.session() as session:
        session.add(Page(visit_id="0" * 32, url="https://shop.example/", depth=0))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Page)) == 0


def test_a_merchant_that_was_visited_cannot_be_dropped_by_mistake(database: Database) -> None:
    records = one_of_each()
    with database.session() as session:
        session.add_all(records)
    with pytest.raises(IntegrityError), database.session() as session:
        session.execute(text("DELETE FROM merchant"))


def test_a_dropped_visit_takes_what_it_saw_with_it(database: Database) -> None:
    with database.session() as session:
        session.add_all(one_of_each())
    with database.session() as session:
        session.delete(session.scalars(select(Visit)).one())
    with database.reading() as session:
        for kind in (Visit, Page, Click, Sighting):
            assert session.scalar(select(func.count()).select_from(kind)) == 0
        assert session.scalar(select(func.count()).select_from(Merchant)) == 1


def test_a_run_holds_one_visit_a_merchant_and_profile(database: Database) -> None:
    run, merchant = Run(kind="crawl"), Merchant(key="shop.example", name="Shop", url="https://shop.example/")

    def visit(profile: Profile) -> Visit:
        return Visit(run_id=run.id, merchant_id=merchant.id, url=merchant.url, profile=profile)

    with database.session() as session:
        session.add_all([run, merchant, visit(Profile.DESKTOP), visit(Profile.MOBILE)])
    with pytest.raises(IntegrityError), database.session() as session:
        session.add(visit(Profile.DESKTOP))


def test_audits_outside_a_run_may_repeat(database: Database) -> None:
    with database.session() as session:
        session.add_all([Visit(url="https://shop.example/"), Visit(url="https://shop.example/")])
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Visit)) == 2


@pytest.mark.parametrize("change", ["UPDATE event SET detail = 'never happened'", "DELETE FROM event"])
def test_an_event_can_be_neither_changed_nor_deleted(database: Database, change: str) -> None:
    with database.session() as session:
        session.add_all(one_of_each())
    with pytest.raises(DBAPIError, match="events are only appended"), database.session() as session:
        session.execute(text(change))
    with database.reading() as session:
        assert session.scalars(select(Event)).one().detail == "250 accepted"


def test_two_writers_cannot_both_append_the_next_event(database: Database) -> None:
    with database.session() as session:
        session.add_all(one_of_each())
    with database.reading() as session:
        first = session.scalars(select(Event)).one()
    with pytest.raises(IntegrityError), database.session() as session:
        session.add(Event(attempt_id=first.attempt_id, sequence=first.sequence, state=first.state))


def test_a_channel_is_found_by_its_member(database: Database) -> None:
    with database.session() as session:
        session.add_all(one_of_each())
    with database.reading() as session:
        assert session.scalars(select(Sighting).where(Sighting.channel == Channel.PHONE)).one().depth == 1
        assert session.scalars(select(Sighting).where(Sighting.channel == Channel.CHAT)).all() == []
