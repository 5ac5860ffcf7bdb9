"""The table ``[schedule]``: what is refused, in one line with the remedy, and what stands when nothing is said."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from barometer.errors import UserError
from barometer.jobs.cron_words import in_words
from barometer.jobs.scheduling import require_sense
from barometer.schedule_settings import Schedule
from barometer.settings import load_settings, shown_settings
from schedules.clock import next_times

SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)


def refusal(text: str) -> str:
    Path("barometer.toml").write_text(text, "utf-8")
    with pytest.raises(UserError) as refused:
        require_sense(load_settings(), SUNDAY)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[schedule]\ntimezon = "x"', "schedule.timezon: unknown setting; do you mean schedule.timezone?"),
        ("[schedule.nigth]\nenabled = false", "schedule.nigth: unknown setting; do you mean schedule.night?"),
        ('[schedule.night]\ncorn = "x"', "schedule.night.corn: unknown setting; do you mean schedule.night.cron?"),
        (
            "[schedule.retention]\nday = 3",
            "schedule.retention.day: unknown setting; do you mean schedule.retention.days?",
        ),
        ('[schedule]\nnight = "02:15"', "schedule.night: is not a table; write [schedule.night] on a line of its own"),
        ('[schedule]\ntimezone = "Europe/Pariss"', "'Europe/Pariss': is no time zone; do you mean Europe/Paris?"),
        ('[schedule]\ntimezone = "../../etc/passwd"', "is no time zone; "),
        ('[schedule]\nlogs = ""', "schedule.logs: '': is empty; name a folder"),
        ('[schedule.night]\ncron = "15 2 * *"', "schedule.night.cron: '15 2 * *' has 4 fields"),
        ('[schedule.night]\ncron = "61 2 * * *"', "the last value (61) is higher than the maximum value (59)"),
        ('[schedule.night]\ncron = "15 2 * * 1-5"', "'1-5': write days of the week by name, such as mon-fri"),
        ('[schedule.night]\ncron = "15 2 * * lun"', 'Invalid weekday name "lun"'.lower()),
        ('[schedule.night]\ncron = "15 2 30 2 *"', "'15 2 30 2 *' never comes; write minute, hour, day"),
        ("[schedule.night]\ncron = 215", "schedule.night.cron: '215': input should be a valid string"),
        ("[schedule.night]\ngrace_minutes = 0", "schedule.night.grace_minutes: '0': input should be greater than"),
        ("[schedule.replies]\ndeadline_minutes = true", "schedule.replies.deadline_minutes: 'True': is not a number"),
        ("[schedule.backup]\nkeep = 0", "schedule.backup.keep: '0': input should be greater than or equal to 1"),
        ('[schedule.backup]\nfolder = ""', 'is empty; name a folder, such as "var/backups"'),
        ("[schedule.expiry]\nmemory_mb = -1", "schedule.expiry.memory_mb: '-1': input should be greater"),
        (
            '[schedule.attempts]\ncron = "*/5 20-23 * * mon-fri"',
            "schedule.attempts.cron: '*/5 20-23 * * mon-fri' comes only in the quiet hours of [probes]",
        ),
        (
            "[schedule.night]\ndeadline_minutes = 100",
            "schedule.night.deadline_minutes: 100 would end the night before night.deadline_hours, 8,",
        ),
        (
            "".join(f"[schedule.{name}]\nenabled = false\n" for name in Schedule().timed),
            "every job of the schedule is switched off; set enabled = true",
        ),
    ],
)
def test_a_wrong_setting_is_one_line_with_key_and_remedy(text: str, said: str) -> None:
    refused = refusal(text)
    assert said.lower() in refused.lower()
    assert "\n" not in refused and "; " in refused


def test_an_address_in_the_settings_is_never_shown() -> None:
    assert "hunter2" not in refusal('[schedule.notify]\nurls = ["json://me:hunter2@h.test"]')
    Path("barometer.toml").write_text('[schedule.notify]\nurls = "json://me:hunter2@h.test"', "utf-8")
    assert "hunter2" not in str(shown_settings(load_settings())) + repr(load_settings())


def test_the_defaults_make_sense_and_leave_attempts_to_office_hours() -> None:
    settings = load_settings()
    require_sense(settings, SUNDAY)
    paris = ZoneInfo("Europe/Paris")
    times = {job.name: next_times(job, SUNDAY)[0].astimezone(paris) for job in settings.schedule.enabled_jobs()}
    assert list(times) == ["night", "replies", "attempts", "expiry", "retention", "backup"]
    assert f"{times['attempts']:%a %H:%M}" == "Mon 09:00"
    assert f"{times['night']:%H:%M}" == "02:15"
    assert times["night"] < times["backup"] < times["retention"]


def test_a_variable_sets_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAROMETER_SCHEDULE__NIGHT__CRON", "0 3 * * sat")
    monkeypatch.setenv("BAROMETER_SCHEDULE__REPLIES__ENABLED", "false")
    schedule = load_settings().schedule
    assert schedule.clock_job("night").cron == "0 3 * * sat"
    assert schedule.clock_job("night").grace == timedelta(hours=6)
    assert "replies" not in [job.name for job in schedule.enabled_jobs()]


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("15 2 * * *", "at 02:15"),
        ("*/10 * * * *", "every 10 min"),
        ("* * * * *", "every minute"),
        ("7 * * * *", "every hour at :07"),
        ("*/5 9-18 * * mon-fri", "every 5 min, 09:00-18:59, mon-fri"),
        ("30 6 * * SUN", "at 06:30, sun"),
        ("0 3 1 * *", "0 3 1 * *"),
        ("1,31 * * * *", "1,31 * * * *"),
    ],
)
def test_simple_times_are_said_in_words(cron: str, words: str) -> None:
    assert in_words(cron) == words
