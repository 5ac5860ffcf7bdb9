"""Empty databases for tests: SQLite always, PostgreSQL when ``BAROMETER_TEST_POSTGRES`` names a server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url

SERVER = "BAROMETER_TEST_POSTGRES"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database without tables, once for each kind of database; it is gone afterwards."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'barometer.db'}"
        return
    database: URL = request.getfixturevalue("postgresql_database")
    schema = f"t{uuid4().hex}"
    with _server(database) as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield database.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
    with _server(database) as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))


@pytest.fixture(scope="session")
def postgresql_server() -> URL:
    """Give the address of the server under test, as psycopg wants it; the test is skipped where none is named."""
    named = os.environ.get(SERVER)
    if not named:
        pytest.skip(f"NOT TESTED ON POSTGRESQL: give the address of a server in {SERVER}")
    return make_url(named).set(drivername="postgresql+psycopg")


@pytest.fixture(scope="session")
def postgresql_database(postgresql_server: URL) -> Iterator[URL]:
    """Give the address of a database of this session alone, dropped at its end."""
    with fresh_database(postgresql_server) as database:
        yield database


@contextmanager
def fresh_database(server: URL, options: str = "") -> Iterator[URL]:
    """Give the address of a new database on *server*, made with *options* of ``CREATE DATABASE``; then drop it."""
    name = f"barometer_test_{uuid4().hex}"
    with _server(server) as connection:
        connection.execute(text(f"CREATE DATABASE {name} {options}"))
    try:
        yield server.set(database=name)
    finally:
        with _server(server) as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def _server(address: URL) -> Iterator[Connection]:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
