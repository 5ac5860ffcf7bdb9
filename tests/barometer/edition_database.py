"""An empty edition in a database of its own, for the tests that name this module in ``pytest_plugins``."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import open_database
from tests.barometer.edition_records import Records


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a database file with its tables made: a copy of it is there sooner than a new one."""
    file = tmp_path_factory.mktemp("tables") / "barometer.db"
    with open_database(f"sqlite:///{file}") as database:
        database.migrate()
    return file


@pytest.fixture
def records(empty_sqlite: Path, tmp_path: Path) -> Iterator[Records]:
    """Give an edition without anything in a SQLite database."""
    shutil.copy(empty_sqlite, tmp_path / "barometer.db")
    with open_database(f"sqlite:///{tmp_path / 'barometer.db'}") as database:
        yield Records(database)
