"""What is sent with a batch: a worker writes into no folder but its logs, and is turned away by no former client."""

import re
from pathlib import Path

import pytest

from barometer.clusters.errand import why_not, witness
from barometer.crawl import Claim
from barometer.nights.report import folder_of
from barometer.settings import Settings
from storage.database import open_database
from storage.evidence import EvidenceStore
from storage.problems import StoreUnreachable

TAKEN = "its database .* does not hold this night"
REFUSED = "a folder of logs that no night has"


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        (folder_of("2026-11-22T02:30"), TAKEN),
        (folder_of("by-hand-2026-11-22T02:30:00Z"), TAKEN),
        ("crawl-0a1b2c3d", TAKEN),
        ("night-../../../etc", REFUSED),
        ("/etc/night-1", REFUSED),
        ("..", REFUSED),
        ("night-1\n", REFUSED),
        (7, REFUSED),
    ],
)
def test_a_worker_takes_only_folders_that_nights_have(tmp_path: Path, folder: object, said: str) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path / 'b.db'}", evidence=tmp_path)
    with open_database(settings.database) as database:
        refused = why_not({"folder": folder, "run": "none"}, settings, database)
    assert refused is not None and re.search(said, refused)


def test_a_client_that_lost_the_night_takes_nothing_away_from_the_one_that_has_it(tmp_path: Path) -> None:
    settings = Settings(evidence=tmp_path)
    with witness(settings, Claim("run", 2)) as ours:
        with witness(settings, Claim("run", 1)):
            pass
        assert EvidenceStore(tmp_path).exists(ours)
    assert list(EvidenceStore(tmp_path)) == []


def test_a_file_that_cannot_be_removed_at_the_end_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(store: EvidenceStore, name: str) -> None:
        raise StoreUnreachable("the service does not answer", "start it")

    monkeypatch.setattr(EvidenceStore, "remove", away)
    with witness(Settings(evidence=tmp_path), Claim("run", 1)) as ours:
        assert EvidenceStore(tmp_path).exists(ours)
