"""The tables: made, brought up to date and taken down again, with rows in every one of them."""

import shutil
from argparse import Namespace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, func, inspect, select, text

from storage import migrations, schema
from storage.database import Database, open_database
from storage.problems import DatabaseProblem
from storage.records import Record
from tests.storage.examples import one_of_each
from tests.storage.processes import all_at_once

STARTERS = 4


def differences(database: Database, records: MetaData) -> list[object]:
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), records))


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def fill(database: Database) -> None:
    with database.session() as session:
        session.add_all(one_of_each())


def test_a_new_database_has_no_revision_and_a_migrated_one_has_the_newest(database_url: str) -> None:
    with open_database(database_url) as database:
        assert database.revision() is None
        database.migrate()
        assert database.revision() == schema.newest()
        database.migrate()
        assert database.revision() == schema.newest()


def test_the_migrated_tables_are_those_of_the_records(database: Database) -> None:
    assert differences(database, Record.metadata) == []


def test_a_column_without_a_migration_would_be_noticed(database: Database) -> None:
    changed = MetaData()
    for table in Record.metadata.sorted_tables:
        table.to_metadata(changed)
    changed.tables["visit"].append_column(Column("forgotten", Integer))
    changed.tables["merchant"].c.name.nullable = True
    changes = repr(differences(database, changed))
    assert "add_column" in changes
    assert "modify_nullable" in changes


def test_tables_go_down_and_up_again_with_rows_in_every_one(database: Database) -> None:
    fill(database)
    schema.downgrade(database.engine, "base")
    assert tables(database) == set()
    assert database.revision() is None
    database.migrate()
    assert tables(database) == set(Record.metadata.tables)
    fill(database)
    with database.reading() as session:
        for table in Record.metadata.sorted_tables:
            assert session.scalar(select(func.count()).select_from(table)) == 1, table.name


def test_nothing_but_alembics_own_table_is_left_when_all_is_taken_down(database: Database) -> None:
    schema.downgrade(database.engine, "base")
    with database.reading() as session:
        if database.engine.dialect.name == "sqlite":
            left = session.scalars(text("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")).all()
        else:
            left = session.scalars(
                text(
                    "SELECT relname FROM pg_class "
                    "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace "
                    "UNION SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
                )
            ).all()
    assert left == ["alembic_version"]


def test_bringing_a_filled_database_up_to_date_keeps_its_rows(database: Database, database_url: str) -> None:
    fill(database)
    with open_database(database_url) as again:
        again.migrate()
        with again.reading() as session:
            for table in Record.metadata.sorted_tables:
                assert session.scalar(select(func.count()).select_from(table)) == 1, table.name


def test_a_database_of_a_newer_version_is_refused_and_left_alone(database: Database) -> None:
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for use in (database.migrate, database.revision):
        with pytest.raises(DatabaseProblem, match=r"newer version.*9999.*update the barometer"):
            use()
    with database.reading() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_a_database_with_somebody_elses_tables_is_refused_and_left_alone(database_url: str) -> None:
    with open_database(database_url) as database:
        with database.session() as session:
            session.execute(text("CREATE TABLE campaign (words TEXT)"))
        with pytest.raises(DatabaseProblem, match="use an empty database"):
            database.migrate()
        assert tables(database) == {"campaign"}
        assert database.revision() is None


def test_several_first_starts_at_once_make_the_tables_once(database_url: str) -> None:
    assert all_at_once(_start, [(database_url,)] * STARTERS) == [0] * STARTERS
    with open_database(database_url) as database:
        assert database.revision() == schema.newest()
        assert differences(database, Record.metadata) == []


def _start(url: str) -> None:
    with open_database(url) as database:
        database.migrate()


def test_a_row_that_a_change_of_tables_would_orphan_stops_it(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'b.db'}") as database:
        database.migrate()
        fill(database)
        with (
            pytest.raises(DatabaseProblem, match=r"table \w+ refers to a row of merchant"),
            schema.alone(database.engine) as connection,
        ):
            connection.execute(text("DELETE FROM merchant"))
        with database.reading() as session:
            assert session.scalar(text("SELECT count(*) FROM merchant")) == 1


def test_the_steps_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_database("sqlite:///here.db") as database:
        database.migrate()
        assert database.revision() == schema.newest()
    assert (tmp_path / "here.db").is_file()


def test_a_developers_alembic_command_is_told_the_database_by_its_address(database_url: str) -> None:
    config = Config(cmd_opts=Namespace(x=[f"url={database_url}"]))
    config.set_main_option("script_location", "storage:migrations")
    command.upgrade(config, "head")
    command.check(config)
    with open_database(database_url) as database:
        assert tables(database) == set(Record.metadata.tables)


def test_the_template_of_a_new_step_makes_one_that_runs(database: Database, tmp_path: Path) -> None:
    steps = tmp_path / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, steps)
    config = Config()
    config.set_main_option("script_location", str(steps))
    newest = schema.newest()
    with schema.alone(database.engine) as connection:
        config.attributes["connection"] = connection
        command.revision(config, "More tables", rev_id="9998")
        command.upgrade(config, "head")
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9998"
        command.downgrade(config, newest)
    assert database.revision() == newest
