"""The clock starts each job at its times, once, whatever the wall clock and the machine do."""

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schedules.clock import BadTime, Job, key_of, last_time, next_times, serve, trigger

PARIS = ZoneInfo("Europe/Paris")
NIGHTLY = Job("night", "30 2 * * *", PARIS)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def keys(job: Job, since: str, count: int) -> list[str]:
    return [key_of(job, due) for due in next_times(job, utc(since), count)]


def test_a_night_that_loses_an_hour_has_its_job_once() -> None:
    assert keys(NIGHTLY, "2026-03-28T12:00", 3)[1:] == ["2026-03-30T02:30", "2026-03-31T02:30"]
    first = next_times(NIGHTLY, utc("2026-03-28T12:00"))[0]
    assert first.astimezone(UTC) == utc("2026-03-29T01:30")


def test_a_night_that_has_an_hour_twice_names_both_alike_so_that_one_is_refused() -> None:
    assert keys(NIGHTLY, "2026-10-24T12:00", 3) == ["2026-10-25T02:30", "2026-10-25T02:30", "2026-10-26T02:30"]


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


def test_a_wrong_job_is_told_before_anything_begins() -> None:
    with pytest.raises(BadTime):
        serve([NIGHTLY, Job("backup", "never", PARIS)], lambda *_: pytest.fail("begun"), lambda _: True)
