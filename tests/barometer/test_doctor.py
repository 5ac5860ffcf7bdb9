"""The doctor: what each check finds on a sound and on a broken machine."""

import json
import shutil
from collections import namedtuple
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from barometer.checks import browser as browser_checks
from barometer.doctor import Health, check_browser, check_clock, check_database, check_disk, check_evidence, checkup
from barometer.errors import UserError
from barometer.probe_settings import Mail
from barometer.settings import Operator, Settings
from spiders.browser.executable import find_browser
from storage.database import open_database
from tests.barometer.command_line import run, run_process

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
DiskUsage = namedtuple("DiskUsage", "total used free")


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    return tmp_path


def browser(path: Path, does: str = "echo Chromium 1.2.3") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    return path


def environment(folder: Path) -> dict[str, str]:
    return {"PATH": str(folder / "bin"), "HOME": str(folder), "PLAYWRIGHT_BROWSERS_PATH": str(folder / "own")}


def test_a_sound_machine_is_well_but_for_the_operator(tmp_path: Path) -> None:
    browser(tmp_path / "bin" / "chromium")
    checks = {check.name: check for check in checkup(Settings(), NOW, environment(tmp_path))}
    ill = {name for name, check in checks.items() if check.health is not Health.OK}
    # No machine of a test has a backup; of its clock and its size nothing is known here.
    assert ill <= {"operator", "backup", "clock", "disk", "folders", "machine", "open files"}
    assert list(checks) == [
        "python", "clock", "browser", "settings", "operator", "database", "evidence", "disk", "folders", "machine",
        "open files", "schedule", "backup", "notify", "mail",
    ]  # fmt: skip


def test_every_check_that_is_not_well_says_what_to_do(tmp_path: Path) -> None:
    Path("var").write_text("a file where the folder should be")
    checks = list(checkup(Settings(), datetime(1970, 1, 1, tzinfo=UTC), environment(tmp_path), python=(3, 9, 2)))
    bad = [check for check in checks if check.health is not Health.OK]
    assert {check.name for check in bad} >= {"python", "clock", "browser", "operator", "database", "evidence"}
    assert all(check.remedy for check in bad)


def test_settings_that_cannot_be_read_are_a_check_of_their_own(tmp_path: Path) -> None:
    checks = list(checkup(UserError("barometer.toml: x", "mend it"), NOW, environment(tmp_path)))
    assert checks[-1] == ("settings", Health.FAIL, "barometer.toml: x", "mend it")


@pytest.mark.parametrize("year", [1970, 2025, 2150])
def test_a_clock_in_an_impossible_year_fails(year: int) -> None:
    assert check_clock(datetime(year, 6, 1, tzinfo=UTC)).health is Health.FAIL


def test_playwrights_own_browser_goes_before_the_systems(tmp_path: Path) -> None:
    from spiders.browser import executable

    system = browser(tmp_path / "bin" / "google-chrome")
    assert find_browser(environment(tmp_path)) == ("system", system)
    driver = executable._driver_folder()
    assert driver is not None
    revision = executable._revision(driver)
    own = browser(tmp_path / "own" / f"chromium-{revision}" / "chrome-linux64" / "chrome")
    assert find_browser(environment(tmp_path)) == ("playwright", own)


def test_a_browser_of_another_playwright_is_not_taken_for_its_own(tmp_path: Path) -> None:
    browser(tmp_path / "own" / "chromium-1" / "chrome-linux" / "chrome")
    found = find_browser(environment(tmp_path))
    assert found is None or found.origin == "system"


def test_chromium_goes_before_chrome_and_edge(tmp_path: Path) -> None:
    for name in ("microsoft-edge", "google-chrome", "chromium"):
        expected = browser(tmp_path / "bin" / name)
        assert find_browser(environment(tmp_path)) == ("system", expected)


def test_the_browser_is_named_with_its_version(tmp_path: Path) -> None:
    browser(tmp_path / "bin" / "chromium")
    check = check_browser(environment(tmp_path))
    assert check.health is Health.OK
    assert check.found.startswith("Chromium 1.2.3 (system, ")


@pytest.mark.parametrize("does", ["exit 3", "true", "exec /nonexistent"])
def test_a_browser_that_does_not_start_is_a_warning(does: str, tmp_path: Path) -> None:
    browser(tmp_path / "bin" / "chromium", does)
    check = check_browser(environment(tmp_path))
    assert check.health is Health.WARN
    assert "does not start" in check.found


def test_a_browser_that_does_not_answer_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_checks, "VERSION_PATIENCE_SECONDS", 0.2)
    browser(tmp_path / "bin" / "chromium", "exec sleep 30")
    sleep = shutil.which("sleep")
    assert sleep is not None
    (tmp_path / "bin" / "sleep").symlink_to(sleep)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert "no answer" in check_browser(environment(tmp_path)).found


def test_looking_at_a_database_that_is_not_there_makes_none() -> None:
    check = check_database("sqlite:///var/barometer.sqlite3")
    assert check.health is Health.OK
    assert not Path("var").exists()


def test_a_database_in_use_is_named_with_its_revision(database_url: str) -> None:
    with open_database(database_url) as database:
        database.migrate()
        revision = database.revision()
    check = check_database(database_url)
    assert (check.health, check.found.endswith(f"at revision {revision}")) == (Health.OK, True)


def test_a_database_of_a_newer_version_fails(database_url: str) -> None:
    with open_database(database_url) as database:
        database.migrate()
        with database.session() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    check = check_database(database_url)
    assert check.health is Health.FAIL
    assert "newer version" in check.found


def test_a_file_that_is_no_database_fails() -> None:
    Path("odd.sqlite3").write_text("not a database at all, but long enough to be looked at" * 10)
    check = check_database("sqlite:///odd.sqlite3")
    assert check.health is Health.FAIL
    assert check.remedy


def test_a_server_that_does_not_answer_fails_without_telling_the_password() -> None:
    check = check_database("postgresql://me:secret@127.0.0.1:1/barometer")
    assert check.health is Health.FAIL
    assert "secret" not in f"{check.found}{check.remedy}"


def test_an_evidence_folder_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    assert check_evidence(tmp_path).health is Health.OK
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("x")
    assert check_evidence(tmp_path / "file" / "evidence").health is Health.FAIL


@pytest.mark.parametrize(
    ("free", "health"), [(50_000_000_000, Health.OK), (1_000_000_000, Health.WARN), (50_000_000, Health.FAIL)]
)
def test_little_room_warns_and_none_fails(free: int, health: Health, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: DiskUsage(1, 1, free))
    assert check_disk(Path("var/evidence")).health is health


def test_offline_no_mail_server_and_no_page_is_asked(tmp_path: Path) -> None:
    operator = Operator(name="x", contact="a@answers.fr", information_url="https://answers.fr/about")
    settings = Settings(mail=Mail(smtp_host="127.0.0.1", smtp_port=9), operator=operator)
    names = {check.name for check in checkup(settings, NOW, environment(tmp_path), offline=True)}
    assert not names & {"mail", "mail out", "information page"}
    assert "schedule" in names


def test_the_command_exits_0_with_a_warning_and_1_with_a_failure() -> None:
    well = run("doctor")
    assert (well.code, "warn operator" in well.out) == (0, True)
    Path("barometer.toml").write_text("delay = -1\n")
    ill = run("doctor")
    assert ill.code == 1
    assert "fail settings" in ill.out
    assert "barometer.toml: delay" in ill.out


def test_as_a_process_the_doctor_prints_json(in_an_empty_folder: Path) -> None:
    done = run_process("doctor", "--json", cwd=in_an_empty_folder)
    checks = json.loads(done.out)
    assert {"name", "health", "found", "remedy"} == set(checks[0])
    assert {check["health"] for check in checks} <= {"ok", "warn"}
