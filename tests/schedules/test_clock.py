"""The clock starts each job at its times, once, whatever the wall clock and the machine do."""

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from schedules.clock import BadTime, Job, key_of, last_time, next_times, serve, trigger

PARIS = ZoneInfo("Europe/Paris")
NIGHTLY = Job("night", "30 2 * * *", PARIS)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def keys(job: Job, since: str, count: int) -> list[str]:
    return [key_of(job, due) for due in next_times(job, utc(since), count)]


@pytest.mark.parametrize("minute", [15, 30])
def test_a_night_that_loses_an_hour_has_its_job_once(minute: int) -> None:
    nightly = Job("night", f"{minute} 2 * * *", PARIS)
    dues = next_times(nightly, utc("2026-03-28T12:00"), 3)
    assert dues == [utc(f"2026-03-29T01:{minute}"), utc(f"2026-03-30T00:{minute}"), utc(f"2026-03-31T00:{minute}")]
    assert [key_of(nightly, due) for due in dues] == [
        f"2026-03-29T03:{minute}", f"2026-03-30T02:{minute}", f"2026-03-31T02:{minute}",
    ]  # fmt: skip
    assert last_time(nightly, utc("2026-03-29T01:59")) == dues[0]


@pytest.mark.parametrize("minute", [15, 30])
def test_a_night_that_has_an_hour_twice_names_both_alike_so_that_one_is_refused(minute: int) -> None:
    nightly = Job("night", f"{minute} 2 * * *", PARIS)
    twice, next_night = f"2026-10-25T02:{minute}", f"2026-10-26T02:{minute}"
    assert keys(nightly, "2026-10-24T12:00", 3) == [twice, twice, next_night]


def test_what_runs_in_every_hour_runs_in_both_of_them() -> None:
    often = Job("replies", "*/20 * * * *", PARIS)
    assert len(set(keys(often, "2026-10-24T23:59", 12))) == 12


def test_the_last_time_that_was_missed_is_made_up_for_while_its_grace_lasts() -> None:
    assert last_time(NIGHTLY, utc("2026-11-20T05:00")) == utc("2026-11-20T01:30")
    assert last_time(NIGHTLY, utc("2026-11-20T07:31")) is None


def test_of_many_times_missed_the_last_one_counts() -> None:
    often = Job("replies", "*/10 * * * *", PARIS, timedelta(hours=2))
    assert last_time(often, utc("2026-11-20T05:03")) == utc("2026-11-20T05:00")


def test_a_time_zone_is_the_job_s_own() -> None:
    tokyo = Job("night", "30 2 * * *", ZoneInfo("Asia/Tokyo"))
    assert next_times(tokyo, utc("2026-11-20T12:00"))[0] == utc("2026-11-20T17:30")


@pytest.mark.parametrize(
    ("cron", "word"),
    [("30 2 * *", "4 fields"), ("61 2 * * *", "61"), ("x * * * *", "x"), ("0 2 * * 1-5", "by name"), ("", "0 fields")],
)
def test_a_wrong_time_is_told(cron: str, word: str) -> None:
    with pytest.raises(BadTime, match=word):
        trigger(Job("night", cron, PARIS))


def test_a_date_that_never_comes_has_no_times() -> None:
    assert next_times(Job("night", "0 2 30 2 *", PARIS), utc("2026-11-20T12:00"), 3) == []


def test_what_was_missed_before_the_start_is_begun_at_once_and_only_once() -> None:
    begun: list[tuple[str, str]] = []
    seen = threading.Event()

    def begin(job: Job, key: str) -> None:
        begun.append((job.name, key))
        seen.set()

    # A year apart, so that nothing else falls due while the test looks.
    yearly = Job("night", "30 2 20 11 *", PARIS, timedelta(hours=6))
    not_yet = Job("backup", "30 8 20 11 *", PARIS)
    serve([yearly, not_yet], begin, lambda _: seen.wait(5), now=lambda: utc("2026-11-20T05:00"))
    assert begun == [("night", "2026-11-20T02:30")]


@pytest.mark.parametrize(
    ("to", "key"),
    [
        ("2026-11-20T11:01", "2026-11-20T11:00Z"),
        ("2026-11-21T15:01", "2026-11-21T15:00Z"),
        ("1970-01-02T00:01", "1970-01-02T00:00Z"),
    ],
    ids=["an hour back", "a day on", "to the beginning of time"],
)
def test_a_clock_that_is_set_makes_up_for_the_time_it_shows_at_once(to: str, key: str) -> None:
    hourly = Job("expiry", "0 * * * *", PARIS, timedelta(minutes=5))
    begun: list[str] = []
    seen = threading.Event()

    def begin(job: Job, due: str) -> None:
        begun.append(due)
        seen.set()

    with time_machine.travel(utc("2026-11-20T12:01"), tick=True) as clock:
        # Set again a little later, should the clock not have known yet that the first job was over.
        settings = iter([utc(to) + timedelta(seconds=20 * number) for number in range(6)])

        def stopped(seconds: float) -> bool:
            seen.wait(3 if begun else 30)
            if len(begun) == 2 or (moment := next(settings, None)) is None:
                return True
            seen.clear()
            clock.move_to(moment)
            return False

        serve([hourly], begin, stopped)
    assert begun == ["2026-11-20T12:00Z", key]


def test_a_wrong_job_is_told_before_anything_begins() -> None:
    with pytest.raises(BadTime):
        serve([NIGHTLY, Job("backup", "never", PARIS)], lambda *_: pytest.fail("begun"), lambda _: True)
