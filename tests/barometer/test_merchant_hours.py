"""Which calendar a merchant's answers are timed by."""

from datetime import UTC, datetime

import pytest

from barometer.errors import UserError
from barometer.merchant_hours import calendar_of
from schedules.calendars import OFFICE, is_quiet


def test_known_hours_are_kept_in_the_merchant_s_own_time() -> None:
    london = calendar_of("mo-fr 09:00-17:00; sa 10:00-12:00", "GB")
    assert london.zone == "Europe/London"
    assert is_quiet(datetime(2026, 3, 4, 8, 30, tzinfo=UTC), london)
    assert not is_quiet(datetime(2026, 3, 4, 9, 30, tzinfo=UTC), london)
    assert not is_quiet(datetime(2026, 3, 7, 10, 30, tzinfo=UTC), london)


def test_unknown_hours_and_hours_of_an_unknown_clock_fall_back_to_the_office() -> None:
    assert calendar_of(None, "GB") is OFFICE
    assert calendar_of("mo-fr 09:00-17:00", "US") is OFFICE


def test_only_a_merchant_that_never_closes_is_open_on_a_public_holiday() -> None:
    christmas = datetime(2026, 12, 25, 11, 0, tzinfo=UTC)
    assert not is_quiet(christmas, calendar_of("24/7", "FR"))
    assert is_quiet(christmas, calendar_of("mo-su 00:00-23:59", "FR"))


def test_hours_that_are_none_are_refused() -> None:
    with pytest.raises(UserError, match="not a rule of opening hours"):
        calendar_of("whenever", "FR")
