"""What the doctor says of clock, memory, folders and fonts."""

import os
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from barometer.checks import browser, folders
from barometer.checks.browser import check_fonts, check_rendering
from barometer.checks.check import Health
from barometer.checks.database import seconds_apart
from barometer.checks.folders import check_folders
from barometer.checks.machine import check_clock, check_files, check_memory, clock_is_synchronised
from barometer.night_settings import Night
from barometer.settings import Settings
from spiders.browser.executable import find_browser

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def test_a_clock_that_nothing_keeps_right_is_a_warning() -> None:
    assert check_clock(NOW, synchronised=False).health is Health.WARN
    assert check_clock(NOW, synchronised=True).health is Health.OK
    assert check_clock(NOW, synchronised=None).health is Health.OK


def test_the_system_is_asked_whether_its_clock_is_kept_right() -> None:
    assert clock_is_synchronised() in {True, False, None}


@pytest.mark.parametrize(
    ("told", "apart"), [(-5, -5.0), (-0.5, -0.5), (0, 0.0), (1, 0.0), (2, 0.0), (2.5, 0.5), (60, 58.0)]
)
def test_clocks_are_apart_by_what_the_question_did_not_take(told: float, apart: float) -> None:
    assert seconds_apart(NOW + timedelta(seconds=told), NOW, NOW + timedelta(seconds=2)) == pytest.approx(apart)


def test_batches_that_may_hold_more_than_there_is_are_a_warning() -> None:
    settings = Settings(night=Night(at_once=4, memory_mb=2000))
    assert check_memory(settings, 8_000_000_000, 4).health is Health.WARN
    assert check_memory(settings, 16_000_000_000, 4).health is Health.OK
    assert check_memory(Settings(renders_at_once=7), 16_000_000_000, 2).health is Health.WARN


def test_few_open_files_are_a_warning() -> None:
    assert check_files(256).health is Health.WARN
    assert check_files(resource.RLIM_INFINITY).health is Health.OK


def test_a_folder_that_cannot_be_written_fails_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("logs").write_text("a file where the folder should be")
    check = check_folders(Settings(night=Night(logs=Path("logs"))))
    assert (check.health, "logs logs: " in check.found) == (Health.FAIL, True)


def test_folders_are_tried_and_left_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert check_folders(Settings()).health is Health.OK
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("places", "health"), [(10, Health.WARN), (10_000_000, Health.OK)])
def test_a_disk_without_room_for_files_is_a_warning(
    places: int, health: Health, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    real = os.statvfs(tmp_path)
    told = type("Told", (), {"f_files": 20_000_000, "f_favail": places, "f_bavail": real.f_bavail})()
    monkeypatch.setattr(folders.os, "statvfs", lambda _folder: told)
    monkeypatch.setattr(folders.shutil, "disk_usage", lambda _folder: type("Free", (), {"free": 10**12})())
    assert check_folders(Settings()).health is health


def test_missing_fonts_name_the_package_that_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = tmp_path / "fc-list"
    listing.write_text('#!/bin/sh\ncase "$2" in *1f600*) exit 1;; esac\nexit 0\n')
    listing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (check,) = check_fonts()
    assert check.health is Health.WARN
    assert check.remedy == "apt-get install fonts-noto-color-emoji"


def test_a_real_browser_shows_a_page() -> None:
    if find_browser() is None:
        pytest.skip("no Chromium on this machine; see: barometer doctor")
    assert check_rendering(as_root=False).health is Health.OK
    alone = check_rendering(as_root=True)
    assert (alone.health, "without Chromium's sandbox" in alone.found) == (Health.WARN, True)


def test_a_browser_that_dies_at_once_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\necho 'No usable sandbox!' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr("spiders.browser.launch.find_browser", lambda: browser.find_browser({"PATH": str(tmp_path)}))
    check = check_rendering()
    assert check.health is Health.WARN
    assert "unprivileged_userns_clone" in (check.remedy or "")


def test_a_driver_that_does_not_start_is_a_warning_and_no_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    # As on a small Debian, where a library that Playwright's own program wants is missing.
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", "/bin/false")
    check = check_rendering()
    assert check.health is Health.WARN
    assert "driver" in check.found
    assert "libatomic1" in (check.remedy or "")
