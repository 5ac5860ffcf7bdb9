"""What the tests of this room share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database, open_database
from storage.evidence import EvidenceStore


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give a database with its tables made."""
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    """Give an empty store."""
    return EvidenceStore(tmp_path / "evidence")
