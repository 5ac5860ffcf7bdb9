"""The tables that are made from an edition say what its sheets and its frozen inputs say."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from barometer.edition import named, observed, rankings
from barometer.observations import Missing
from barometer.tables.exporting import About, Format, export
from barometer.tables.results import result_sources
from barometer.tables.words import result_tables
from benchmarks.edition_records import CAMPAIGN, Size, fill
from storage.database import Database, open_database
from storage.evidence import EvidenceStore
from tests.barometer.editions import a_ranking, an_observed

Told = dict[str, list[dict[str, Any]]]


def told(rankings_: list[Any], facts: list[Any], hidden: frozenset[str] = frozenset()) -> Told:
    """Return the rows by table, each by column."""
    found: Told = {name: [] for name in result_tables()}
    for source in result_sources("Prize", 2, lambda: rankings_, lambda: facts, hidden):
        for name, rows in source.batches():
            names = [column.name for column in result_tables()[name].columns]
            found[name] += [dict(zip(names, row, strict=True)) for row in rows]
    return found


def test_every_score_place_and_mark_is_a_row() -> None:
    ranking = a_ranking("Sport", [("Lumen", "15.2"), ("Brise", "13.0"), ("Ocre", "13.0"), ("Zinc", "4.1")])
    rows = told([ranking], [])
    assert [(row["merchant"], row["place"], row["rewarded"], row["on_podium"]) for row in rows["result_place"]] == [
        ("Lumen", 1, True, True), ("Brise", 2, True, True), ("Ocre", 2, True, True), ("Zinc", 4, False, False),
    ]  # fmt: skip
    assert {row["merchant"]: row["score"] for row in rows["result_score"]}["Lumen"] == Decimal("15.2")
    assert rows["result_category"] == [
        {
            "edition": "Prize", "revision": 2, "category": "Sport", "merchants": 4, "eligible": 4, "rewarded": 3,
            "why_no_podium": None,
        }
    ]  # fmt: skip
    for row in rows["result_mark"]:
        if row["points"] is not None:
            assert float(Fraction(row["points_exact"])) == row["points"]


def test_a_hidden_merchant_is_in_no_row_but_still_counts_in_its_category() -> None:
    ranking = a_ranking("Sport", [("Lumen", "15.2"), ("Brise", "13.0"), ("Ocre", "12.9")])
    lumen = ranking.placed[0].score.merchant
    rows = told(
        [ranking], [("Sport", [an_observed("Lumen", "Sport"), an_observed("Ocre", "Sport")])], frozenset({lumen.id})
    )
    assert {row["merchant"] for name in rows for row in rows[name] if "merchant" in row} == {"Brise", "Ocre"}
    assert rows["result_category"][0]["merchants"] == 3


def test_nights_and_attempts_are_told_with_their_endings() -> None:
    one = an_observed("Lumen", "Sport")
    rows = told([], [("Sport", [one])])
    assert len(rows["result_night"]) == sum(len(night.channels) for night in one.nights)
    assert [row["attempt"] for row in rows["result_attempt"]] == [tried.attempt for tried in one.attempts]
    for row, tried in zip(rows["result_attempt"], one.attempts, strict=True):
        assert row["ending"] in {"answered", "never", "pending", "missing"}
        assert (row["seconds"] is None) == isinstance(tried.ending, Missing)


def test_an_edition_without_anything_gives_empty_tables(tmp_path: Path) -> None:
    sources = result_sources("Empty", 1, list, list, frozenset())
    written = export(sources, list(Format), tmp_path / "out", About(datetime.now(UTC)))
    assert {one.rows for one in written} == {0}
    assert len(written) == len(result_tables())


class Opened(NamedTuple):
    database: Database
    store: EvidenceStore


@pytest.fixture
def scored(database_url: str, tmp_path: Path) -> Iterator[Opened]:
    """Give a small market with an edition that was scored."""
    from barometer.editions.life import Opening, open_edition
    from barometer.editions.score import score

    store = EvidenceStore(tmp_path / "evidence")
    with open_database(database_url) as database:
        database.migrate()
        fill(database, Size(merchants=8, categories=2, nights=3).with_attempts(30))
        opening = Opening("Prize", "escda", "Prize 2027", 2027, date(2026, 5, 4), date(2026, 7, 12), (CAMPAIGN,))
        with database.session() as session:
            edition = open_edition(session, store, opening, "Camille Durand")
        score(database, store, edition, "Camille Durand", lambda done, of, name: None)
        yield Opened(database, store)


@pytest.mark.timeout(120)
def test_the_tables_of_an_edition_are_those_of_its_sheets(scored: Opened, tmp_path: Path) -> None:
    with scored.database.reading() as session:
        edition = named(session, "Prize")
        ranked = list(rankings(session, scored.store, edition))
        facts = list(observed(session, scored.store, edition))
        sources = result_sources("Prize", 1, lambda: ranked, lambda: facts, frozenset())
        export(sources, [Format.JSON, Format.PARQUET], tmp_path / "out", About(datetime.now(UTC), "Prize", 1))
    lines = {
        name: [json.loads(line) for line in (tmp_path / "out" / f"{name}.jsonl").read_text("utf-8").splitlines()]
        for name in result_tables()
    }
    assert len(lines["result_score"]) == 8
    assert len(lines["result_attempt"]) == sum(len(one.attempts) for _, everyone in facts for one in everyone)
    scores = {row["merchant_id"]: row["score"] for row in lines["result_score"]}
    for ranking in ranked:
        for placed in ranking.placed:
            assert scores[placed.score.merchant.id] == str(placed.score.score)
    answered = [row for row in lines["result_attempt"] if row["ending"] == "answered" and row["channel"] == "email"]
    assert answered
    assert all(row["seconds"] > 0 for row in answered)

    import pyarrow.parquet as pq

    nights = pq.read_table(tmp_path / "out" / "result_night.parquet").to_pylist()
    assert [str(row["day"]) for row in nights] == [row["day"] for row in lines["result_night"]]
