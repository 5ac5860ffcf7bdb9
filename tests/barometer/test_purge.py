"""Raw replies go after their time; what was measured from them stays."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
import typer
from sqlalchemy import select
from typer.testing import CliRunner

from barometer.cli.purge import purge as purge_command
from barometer.purge import Purged, purge
from storage.database import Database, open_database
from storage.evidence import EvidenceStore
from storage.records import Reply
from storage.retention import retire
from storage.vocabulary import ReplyKind

NOW = datetime(2026, 11, 20, tzinfo=UTC)
LIMIT = NOW - timedelta(days=365)


class Answers:
    """A database and a store with replies in them."""

    def __init__(self, database: Database, store: EvidenceStore) -> None:
        self.database, self.store = database, store

    def add(self, words: str, received_at: datetime) -> str:
        """Keep a raw reply that arrived at *received_at*, and return the name of its evidence."""
        name = self.store.put(words.encode(), ".eml")
        reply = Reply(
            kind=ReplyKind.HUMAN,
            rule="default.human",
            received_at=received_at,
            source="mailbox",
            evidence=name,
            text=words,
        )
        with self.database.session() as session:
            session.add(reply)
        return name

    def all(self) -> list[Reply]:
        """Return the replies, oldest first."""
        with self.database.reading() as session:
            return list(session.scalars(select(Reply).order_by(Reply.received_at)))

    def purge(self, **options: bool) -> Purged:
        """Purge what arrived before :data:`LIMIT`."""
        return purge(self.database, self.store, LIMIT, NOW, **options)


@pytest.fixture
def answers(database_url: str, tmp_path: Path) -> Answers:
    database = open_database(database_url)
    database.migrate()
    return Answers(database, EvidenceStore(tmp_path / "evidence"))


def test_an_old_raw_reply_goes_and_what_was_measured_stays(answers: Answers) -> None:
    old = answers.add("old words", LIMIT - timedelta(seconds=1))
    young = answers.add("young words", LIMIT)
    size = answers.store.path(old).stat().st_size
    assert answers.purge() == Purged(1, size)
    assert not answers.store.exists(old)
    assert answers.store.verify(young)
    first, second = answers.all()
    assert (first.purged_at, first.kind, first.text, first.received_at) == (
        NOW, ReplyKind.HUMAN, "old words", LIMIT - timedelta(seconds=1))  # fmt: skip
    assert second.purged_at is None


def test_a_dry_run_counts_the_same_and_removes_nothing(answers: Answers) -> None:
    old = answers.add("old words", LIMIT - timedelta(days=1))
    counted = answers.purge(dry_run=True)
    assert answers.store.verify(old)
    assert answers.all()[0].purged_at is None
    assert answers.purge() == counted
    assert answers.purge() == Purged(0, 0)


def test_a_purge_that_was_broken_off_after_the_file_went_is_completed(answers: Answers) -> None:
    old = answers.add("old words", LIMIT - timedelta(days=1))
    answers.store.remove(old)
    assert answers.purge() == Purged(1, 0)
    assert answers.all()[0].purged_at == NOW


def test_more_replies_than_a_batch_holds_all_go(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barometer.purge.BATCH", 3)
    for number in range(8):
        answers.add(f"words {number}", LIMIT - timedelta(days=number + 1))
    assert answers.purge(dry_run=True).replies == 8
    assert answers.purge().replies == 8
    assert list(answers.store) == []


def test_retiring_evidence_leaves_replies_to_the_purge(answers: Answers) -> None:
    old = answers.add("old words", LIMIT - timedelta(days=1))
    retire(answers.database, answers.store, datetime.now(UTC) + timedelta(days=1))
    assert answers.store.verify(old)
    answers.purge()
    assert list(answers.store) == []


@time_machine.travel(NOW, tick=False)
def test_the_command_goes_by_the_retention_time_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BAROMETER_PROBES__RETENTION_DAYS", "10")
    with open_database("sqlite:///var/barometer.sqlite3") as database:
        database.migrate()
        answers = Answers(database, EvidenceStore(Path("var/evidence")))
        answers.add("old", NOW - timedelta(days=11))
        answers.add("young", NOW - timedelta(days=9))
    app = typer.Typer()
    app.command()(purge_command)
    told = json.loads(CliRunner().invoke(app, ["--dry-run", "--json"]).stdout)
    assert (told["dry_run"], told["retention_days"], told["replies"]) == (True, 10, 1)
    done = CliRunner().invoke(app, [])
    assert "1 raw reply older than 10 days removed" in done.stderr
    assert len(list(EvidenceStore(Path("var/evidence")))) == 1
