"""Times, money and hostile text come back from both databases as they went in, or are refused."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.exc import StatementError

from storage.database import Database
from storage.records import Mark, Merchant, Run, new_id
from storage.records.columns import MONEY_DIGITS, as_utc, exact

on_one_database = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=zones)
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=6) | st.sampled_from(
    [Decimal("0.20"), Decimal("-0.00"), Decimal("1E+3"), Decimal("0.1"), Decimal("3")]
)


@on_one_database
@given(moment=moments)
def test_a_moment_comes_back_the_same_and_in_utc(database: Database, moment: datetime) -> None:
    run = Run(kind="crawl", started_at=moment)
    with database.session() as session:
        session.add(run)
    with database.reading() as session:
        read = session.get_one(Run, run.id).started_at
    assert read == moment
    assert read.tzinfo is UTC


def test_a_stored_moment_compares_with_one_in_another_zone(database: Database) -> None:
    paris = timezone(timedelta(hours=1))
    with database.session() as session:
        session.add(Run(kind="early", started_at=datetime(2026, 1, 5, 0, 30, tzinfo=paris)))
        session.add(Run(kind="late", started_at=datetime(2026, 1, 5, 0, 30, tzinfo=UTC)))
    with database.reading() as session:
        found = session.query(Run.kind).where(Run.started_at < datetime(2026, 1, 5, 1, 0, tzinfo=paris)).all()
    assert [kind for (kind,) in found] == ["early"]


def test_a_naive_moment_is_refused_when_it_is_assigned() -> None:
    with pytest.raises(ValueError, match=r"Run\.started_at: 2026-01-05T09:00:00 has no time zone"):
        Run(kind="crawl", started_at=datetime(2026, 1, 5, 9))
    run = Run(kind="crawl")
    with pytest.raises(ValueError, match=r"Run\.finished_at: .* no time zone"):
        run.finished_at = datetime(2026, 1, 5, 9)


def test_a_naive_moment_is_refused_by_a_statement_too(database: Database) -> None:
    row = {
        "id": new_id(),
        "kind": "x",
        "state": "open",
        "parameters": {},
        "token": 0,
        "started_at": datetime(2026, 1, 5),
    }
    with pytest.raises(StatementError, match="no time zone") as refused, database.session() as session:
        session.execute(insert(Run.__table__).values(**row))
    assert isinstance(refused.value.orig, ValueError)


def test_a_moment_outside_the_calendar_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="outside the years"):
        as_utc(datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))))


@on_one_database
@given(amount=amounts)
def test_an_amount_comes_back_digit_for_digit(database: Database, amount: Decimal) -> None:
    mark = Mark(edition_id="e", merchant_id="m", criterion=new_id(), value=amount, rater="r")
    before = str(mark.value)
    with database.engine.connect() as connection:
        table = Mark.__table__
        values = {column.name: getattr(mark, column.name) for column in table.columns}
        connection.execute(insert(table).values(**values))
        read = connection.scalar(table.select().with_only_columns(table.c.value))
        connection.rollback()
    assert read == amount
    assert str(read) == before


@pytest.mark.parametrize("amount", [0.2, Decimal("NaN"), Decimal("Infinity"), Decimal("1E+999999999"), "12,50"])
def test_what_is_no_exact_amount_is_refused_when_it_is_assigned(amount: object) -> None:
    with pytest.raises(ValueError, match=r"^Mark\.value: "):
        Mark(edition_id="e", merchant_id="m", criterion="c", value=amount, rater="r")  # type: ignore[arg-type]


def test_an_amount_has_room_for_its_digits_and_no_more() -> None:
    assert str(exact("9" * MONEY_DIGITS)) == "9" * MONEY_DIGITS
    with pytest.raises(ValueError, match="longer than"):
        exact("9" * (MONEY_DIGITS + 1))


def test_text_that_no_database_holds_is_mended_and_the_rest_kept(database: Database) -> None:
    merchant = Merchant(key="shop.example", name="Thé\x00 \ud83d \U0001f9c1\n", url="https://shop.example/")
    with database.session() as session:
        session.add(merchant)
    with database.reading() as session:
        read = session.get_one(Merchant, merchant.id).name
    assert read == "Thé\ufffd \ufffd \U0001f9c1\n" == merchant.name


def test_text_is_mended_in_statements_and_comparisons_too(database: Database) -> None:
    with database.session() as session:
        session.add(Merchant(key="a\ufffdb", name="n", url="u"))
    with database.reading() as session:
        assert session.query(Merchant).where(Merchant.key == "a\x00b").count() == 1


def test_json_keeps_what_text_columns_cannot(database: Database) -> None:
    parameters = {"label": "a\x00b \ud83d", "n": [1, 2.5, None, True], "order": {"z": 1, "a": 2}}
    run = Run(kind="crawl", parameters=parameters)
    with database.session() as session:
        session.add(run)
    with database.reading() as session:
        read = session.get_one(Run, run.id).parameters
    assert read == parameters
    assert list(read["order"]) == ["z", "a"]


def test_json_that_is_no_number_is_refused_on_both_databases(database: Database) -> None:
    with pytest.raises((StatementError, ValueError), match="not JSON compliant"), database.session() as session:
        session.add(Run(kind="crawl", parameters={"rate": float("nan")}))


def test_a_word_from_outside_its_list_is_refused_when_it_is_read(database: Database) -> None:
    run = Run(kind="crawl")
    with database.session() as session:
        session.add(run)
        session.flush()
        session.execute(text("UPDATE run SET state = 'asleep'"))
    with pytest.raises(LookupError, match="asleep"), database.reading() as session:
        session.get(Run, run.id)
