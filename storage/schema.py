"""Which revision the tables are at, and how they get to the newest."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from storage.problems import DatabaseProblem
from storage.records import Record

_ADVISORY_LOCK = 0x6261726F6D6574
"""PostgreSQL's name for "somebody is changing the barometer's tables"; any number of our own."""


def upgrade(engine: Engine) -> None:
    """Bring the tables to the newest revision, in one transaction, one process at a time.

    Raises :class:`DatabaseProblem` when they are at a revision that this version does not know, or another
    program's tables are in the way.
    """
    if revision(engine) != newest():
        _change(engine, lambda config: command.upgrade(config, "head"))


def downgrade(engine: Engine, target: str) -> None:
    """Bring the tables back to revision *target* (``"base"`` drops them all); what newer ones held is lost."""
    _change(engine, lambda config: command.downgrade(config, target))


def revision(engine: Engine) -> str | None:
    """Return the revision the tables are at, or ``None`` where there are none.

    Raises :class:`DatabaseProblem` when this version does not know it.
    """
    with engine.execution_options(reads_only=True).connect() as connection:
        return _revision(connection)


def newest() -> str:
    """Return the revision that this version of the program needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    return config


def _revision(connection: Connection) -> str | None:
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        what = f"the database was written by a newer version of the barometer (its tables are at revision {found})"
        raise DatabaseProblem(what, "update the barometer, or use another database")
    return found


def _change(engine: Engine, step: Callable[[Config], None]) -> None:
    with alone(engine) as connection:
        # Whoever waited for the lock finds the tables as the other left them.
        if _revision(connection) is None:
            _refuse_other_tables(connection)
        config = _config()
        config.attributes["connection"] = connection
        step(config)


def _refuse_other_tables(connection: Connection) -> None:
    taken = set(inspect(connection).get_table_names()) & set(Record.metadata.tables)
    if taken:
        what = f"the database holds tables of another program ({', '.join(sorted(taken))})"
        raise DatabaseProblem(what, "use an empty database, or one that only the barometer writes to")


@contextmanager
def alone(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction that keeps every other process from changing the tables.

    Raises :class:`DatabaseProblem`, and undoes all, when a reference was broken meanwhile.
    """
    with engine.execution_options(changes_tables=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        yield connection
        if connection.dialect.name == "sqlite":
            # References are not enforced while tables are rebuilt, so they are checked before the commit.
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                what = f"a row of table {broken[0]} refers to a row of {broken[2]} that is not there"
                raise DatabaseProblem(what, "the tables stay as they were; mend the row first")
