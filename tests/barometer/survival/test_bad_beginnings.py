"""Settings that are wrong and a database of a newer version are one line with the remedy, whichever command of the night meets them."""

from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import open_database
from tests.barometer.command_line import run

COMMANDS = [
    ("night", "run"), ("night", "show"), ("schedule", "run", "--once"), ("schedule", "list"), ("schedule", "trigger", "night"),
    ("schedule", "job", "night", "--due", "K"), ("status",),
]  # fmt: skip
WRONG = [
    ("[night]\nbatch_sise = 3\n", "night.batch_sise: unknown setting; do you mean night.batch_size?"),
    ('[schedule]\ntimezone = "Europe/Pari"\n', "do you mean Europe/Paris?"),
    ('[schedule.night]\ncron = "15 26 * * *"\n', "schedule.night.cron: '15 26 * * *'"),
    ('[probes]\nquiet_from = "25:00"\n', "probes.quiet_from"),
    ("[night\n", "is not TOML"),
]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_wrong_settings_are_one_line(words: tuple[str, ...]) -> None:
    for settings, said in WRONG:
        Path("barometer.toml").write_text(settings, "utf-8")
        told = run(*words)
        assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
        assert said in told.err and "barometer.toml" in told.err
    assert not Path("var").exists()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_database_of_a_newer_version_is_one_line_and_stays_as_it_is(
    words: tuple[str, ...], database_url: str
) -> None:
    with open_database(database_url) as database:
        database.migrate()
        with database.session() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        Path("barometer.toml").write_text(f'database = "{database_url}"\n', "utf-8")
        told = run(*words)
        assert (told.code, told.out, told.err.count("barometer: "), "Traceback" in told.err) == (2, "", 1, False)
        assert "written by a newer version" in told.err and "update the barometer" in told.err
        with database.reading() as session:
            assert session.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
            assert session.scalar(text("SELECT count(*) FROM run")) == 0


def test_the_doctor_says_so_of_both_and_goes_on(database_url: str) -> None:
    with open_database(database_url) as database:
        database.migrate()
        with database.session() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    Path("barometer.toml").write_text(f'database = "{database_url}"\n', "utf-8")
    told = run("doctor")
    assert told.code == 1 and "newer version" in told.out and "update the barometer" in told.out
    repair = run("doctor", "--repair")
    assert repair.code == 2 and "newer version" in repair.err
    Path("barometer.toml").write_text(WRONG[0][0], "utf-8")
    told = run("doctor")
    assert told.code == 1 and "do you mean night.batch_size?" in told.out
