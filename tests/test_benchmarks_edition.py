"""The invented market that editions are measured on: the same each time, on both databases, and as large as it says."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from benchmarks.bulk import Rows
from benchmarks.edition import STEPS, _open
from benchmarks.edition_records import PLAN, TESTS_FROM, TESTS_UNTIL, Size, fill
from benchmarks.edition_rivals import Points, by_loop, by_scipy
from storage.database import open_database
from storage.records import Attempt, Merchant, Record, Visit

ROOT = Path(__file__).resolve().parents[1]
SMALL = Size(merchants=6, categories=2, nights=4).with_attempts(40)


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with open_database(url) as database, database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(table.c.id))]
            for table in Record.metadata.sorted_tables
        }


def test_the_plan_is_the_awards() -> None:
    assert sum(PLAN.values()) == 225
    assert Size().with_attempts(225).plan == PLAN
    assert all(count >= 1 for count in Size().with_attempts(7).plan.values())
    assert Size().with_attempts(0).plan == {}


def test_both_databases_get_the_same_records(database_url: str, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    for url in (database_url, other):
        with open_database(url) as database:
            database.migrate()
            fill(database, SMALL, seed=3)
    assert everything(database_url) == everything(other)


def test_the_market_is_as_large_as_it_says(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'a.db'}") as database:
        database.migrate()
        filled = fill(database, SMALL)
        with database.reading() as session:
            plan = Counter(session.scalars(select(Attempt.channel).where(Attempt.campaign_id == filled.campaign_id)))
            assert plan == {channel: 6 * count for channel, count in SMALL.plan.items()}
            assert session.scalar(select(func.count()).select_from(Visit)) == 24
            assert session.scalar(select(func.count(func.distinct(Merchant.category)))) == 2
            first, last = session.execute(select(func.min(Attempt.t0), func.max(Attempt.t0))).one()
            assert first >= TESTS_FROM
            assert last < TESTS_UNTIL
            for name, count in filled.rows.items():
                stored = session.scalar(select(func.count()).select_from(Record.metadata.tables[name]))
                assert stored == count, name


def test_a_row_that_lacks_what_the_table_needs_is_refused(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'a.db'}") as database:
        database.migrate()
        with database.session() as session, pytest.raises(ValueError, match=r"visit: .*started_at.* must be given"):
            Rows(session.connection(), Visit, "id url")


def test_the_rival_scripts_agree_on_an_interval() -> None:
    points = [Points([0.0, 1.0] * 30, 0.5, False), Points([1.0] * 9 + [0.0], 0.5, True)]
    for low, high in (by_scipy(points, 400), by_loop(points, 400)):
        assert low == pytest.approx(13.7, abs=0.8)
        assert high == pytest.approx(16.3, abs=0.8)


@pytest.mark.slow
def test_each_step_of_a_scoring_is_timed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with open_database(url) as database:
        database.migrate()
        fill(database, SMALL)
    _open(url, tmp_path / "evidence", "escda")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.edition_steps", "--draws", "50"],
        env={**os.environ, "BAROMETER_DATABASE": url, "BAROMETER_EVIDENCE": str(tmp_path / "evidence")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps = json.loads(done.stdout)
    assert [step["name"] for step in steps] == list(STEPS)
    assert all(step["cpu"] >= 0 and step["peak"] > 10 for step in steps)
