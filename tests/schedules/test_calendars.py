"""Business time, by hand where a clock or a calendar is odd, and what must hold of any two moments."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.calendars import (
    OFFICE,
    BadCalendar,
    Calendar,
    Span,
    business_seconds,
    is_quiet,
    next_open,
    open_spans,
    outside_quiet_hours,
)

PARIS = ZoneInfo("Europe/Paris")
HOUR = 3600
ALWAYS = Calendar((((0, 1440),),) * 7, country=None)


def paris(day: str, clock: str = "00:00") -> datetime:
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), PARIS)


def every_day(*spans: Span, zone: str = "Europe/Paris") -> Calendar:
    return Calendar((spans,) * 7, zone, None)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (("2026-03-04", "10:00"), ("2026-03-04", "12:30"), 2.5),
        (("2026-03-04", "17:00"), ("2026-03-05", "10:00"), 2),
        (("2026-03-06", "17:00"), ("2026-03-09", "09:30"), 1.5),
        (("2026-03-07", "10:00"), ("2026-03-08", "23:00"), 0),
        (("2026-03-04", "06:00"), ("2026-03-04", "22:00"), 9),
        (("2026-03-02", "00:00"), ("2026-03-09", "00:00"), 45),
    ],
)
def test_only_office_hours_count(start: tuple[str, str], end: tuple[str, str], hours: float) -> None:
    assert business_seconds(paris(*start), paris(*end), OFFICE) == hours * HOUR


def test_a_french_public_holiday_counts_nothing() -> None:
    """In 2026 Ascension is Thursday 14 May, Easter Monday 6 April, Whit Monday 25 May."""
    assert business_seconds(paris("2026-05-13", "17:00"), paris("2026-05-15", "10:00"), OFFICE) == 2 * HOUR
    for day in ("2026-01-01", "2026-04-06", "2026-05-01", "2026-05-25", "2026-07-14", "2026-11-11", "2026-12-25"):
        assert is_quiet(paris(day, "11:00"), OFFICE)
        assert not is_quiet(paris(day, "11:00"), Calendar(OFFICE.week, country=None))


def test_a_year_of_office_time_is_its_working_days() -> None:
    """2026 has 261 Mondays to Fridays; nine of the eleven holidays fall on them."""
    assert business_seconds(paris("2026-01-01"), paris("2027-01-01"), OFFICE) == (261 - 9) * 9 * HOUR


def test_years_add_up_whichever_way_they_are_cut() -> None:
    whole = business_seconds(paris("2019-11-05", "10:00"), paris("2031-02-03", "11:00"), OFFICE)
    cut = [
        paris("2019-11-05", "10:00"),
        paris("2020-01-01"),
        paris("2025-07-09", "12:00"),
        paris("2031-02-03", "11:00"),
    ]
    assert sum(business_seconds(*pair, OFFICE) for pair in pairwise(cut)) == whole


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_a_day_that_is_open_around_the_clock_is_as_long_as_it_is(day: str, hours: int) -> None:
    tomorrow = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    assert business_seconds(paris(day), paris(tomorrow), ALWAYS) == hours * HOUR


@pytest.mark.parametrize(
    ("day", "spans", "minutes"),
    [
        ("2026-10-25", [(120, 180)], 120),
        ("2026-10-25", [(60, 150), (165, 240)], 60 + 90 + 90),
        ("2026-03-29", [(120, 180)], 0),
        ("2026-03-29", [(60, 240)], 120),
        ("2026-03-29", [(135, 165)], 0),
    ],
)
def test_hours_that_come_twice_or_never_are_counted_so(day: str, spans: list[Span], minutes: int) -> None:
    night = every_day(*spans)
    assert business_seconds(paris(day), paris(day, "06:00"), night) == minutes * 60


def test_a_zone_whose_clocks_change_at_midnight_counts_no_second_twice() -> None:
    cuba = ZoneInfo("America/Havana")
    start, end = datetime(2026, 10, 30, tzinfo=cuba), datetime(2026, 11, 3, tzinfo=cuba)
    assert business_seconds(start, end, every_day((0, 1440), zone="America/Havana")) == (4 * 24 + 1) * HOUR


def test_a_span_is_open_at_its_first_second_and_closed_at_its_end() -> None:
    assert is_quiet(paris("2026-03-04", "08:59:59.999999"), OFFICE)
    assert not is_quiet(paris("2026-03-04", "09:00"), OFFICE)
    assert not is_quiet(paris("2026-03-04", "17:59:59.999999"), OFFICE)
    assert is_quiet(paris("2026-03-04", "18:00"), OFFICE)


def test_the_zone_of_a_moment_makes_no_difference() -> None:
    assert not is_quiet(datetime(2026, 3, 4, 23, 30, tzinfo=ZoneInfo("Asia/Tokyo")), OFFICE)
    assert is_quiet(datetime(2026, 3, 4, 23, 30, tzinfo=UTC), OFFICE)


def test_the_next_open_moment_leaps_over_a_long_week_end() -> None:
    assert next_open(paris("2026-04-03", "18:00"), OFFICE) == paris("2026-04-07", "09:00")
    assert next_open(paris("2026-12-31", "19:00"), OFFICE) == paris("2027-01-04", "09:00")
    assert next_open(paris("2026-04-03", "11:11"), OFFICE) == paris("2026-04-03", "11:11")


@pytest.mark.parametrize(
    ("quiet_from", "quiet_until", "open_at", "quiet_at"),
    [
        ("19:00", "09:00", ["09:00", "18:59"], ["08:59", "19:00", "00:00"]),
        ("12:00", "14:00", ["00:00", "11:59", "14:00", "23:59"], ["12:00", "13:59"]),
        ("00:00", "09:00", ["09:00", "23:59"], ["00:00", "08:59"]),
        ("19:00", "00:00", ["00:00", "18:59"], ["19:00", "23:59"]),
        ("09:00", "09:00", ["00:00", "09:00", "23:59"], []),
    ],
)
def test_quiet_hours_may_pass_midnight(
    quiet_from: str, quiet_until: str, open_at: list[str], quiet_at: list[str]
) -> None:
    calendar = outside_quiet_hours(
        time.fromisoformat(quiet_from), time.fromisoformat(quiet_until), True, "Europe/Paris", "FR"
    )
    assert [clock for clock in open_at if is_quiet(paris("2026-03-04", clock), calendar)] == []
    assert [clock for clock in quiet_at if not is_quiet(paris("2026-03-04", clock), calendar)] == []


def test_week_ends_are_quiet_unless_they_are_wanted() -> None:
    for weekends in (True, False):
        calendar = outside_quiet_hours(time(19), time(9), weekends, "Europe/Paris", "FR")
        assert is_quiet(paris("2026-03-07", "11:00"), calendar) is not weekends


@pytest.mark.parametrize(
    ("week", "zone", "country", "said"),
    [
        (OFFICE.week[:6], "Europe/Paris", "FR", "seven days"),
        (((),) * 7, "Europe/Paris", "FR", "one of them"),
        ((((600, 540),),) * 7, "Europe/Paris", "FR", "none"),
        ((((0, 1441),),) * 7, "Europe/Paris", "FR", "leaves its day"),
        ((((0, 60), (30, 90)),) * 7, "Europe/Paris", "FR", "overlaps"),
        (OFFICE.week, "Europe/Nowhere", "FR", "no time zone"),
        (OFFICE.week, "../../etc/passwd", "FR", "no time zone"),
        (OFFICE.week, "Europe", "FR", "no time zone"),
        (OFFICE.week, "Europe/Paris", "ZZ", "not known"),
    ],
)
def test_a_calendar_that_could_not_be_kept_is_refused(week: object, zone: str, country: str, said: str) -> None:
    with pytest.raises(BadCalendar, match=said):
        Calendar(week, zone, country)  # type: ignore[arg-type]


def test_naive_moments_time_that_runs_back_and_forged_years_are_refused() -> None:
    now = paris("2026-03-04", "10:00")
    with pytest.raises(ValueError, match="no time zone"):
        is_quiet(datetime(2026, 3, 4), OFFICE)
    with pytest.raises(ValueError, match="no time zone"):
        business_seconds(now, datetime(2026, 3, 5), OFFICE)
    with pytest.raises(ValueError, match="back to"):
        business_seconds(now, now - timedelta(seconds=1), OFFICE)
    with pytest.raises(ValueError, match="back to"):
        list(open_spans(now, now - timedelta(seconds=1), OFFICE))
    for year in (1, 9999):
        with pytest.raises(ValueError, match="outside the years"):
            next_open(datetime(year, 1, 1, tzinfo=UTC), OFFICE)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))
zones = st.sampled_from(["Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    week = []
    for _ in range(7):
        edges = sorted(draw(st.sets(st.integers(0, 1440), max_size=4)))
        week.append(tuple(zip(edges[::2], edges[1::2], strict=False)))
    if not any(week):
        week[0] = ((540, 1080),)
    return Calendar(tuple(week), draw(zones), draw(st.sampled_from([None, "FR"])))


@given(moments, moments, moments, calendars())
def test_business_time_adds_up_and_never_exceeds_the_clock(
    one: datetime, two: datetime, three: datetime, calendar: Calendar
) -> None:
    start, middle, end = sorted((one, two, three))
    whole = business_seconds(start, end, calendar)
    parts = business_seconds(start, middle, calendar) + business_seconds(middle, end, calendar)
    assert whole == pytest.approx(parts, abs=1e-5)
    assert 0 <= whole <= (end - start).total_seconds()


@given(moments, calendars())
def test_nothing_is_open_before_the_next_open_moment(moment: datetime, calendar: Calendar) -> None:
    opens = next_open(moment, calendar)
    assert opens >= moment
    assert not is_quiet(opens, calendar)
    assert business_seconds(moment, opens, calendar) == 0
    assert business_seconds(opens, opens + timedelta(seconds=1), calendar) > 0


@given(moments, st.integers(0, 60), calendars())
def test_the_open_spans_are_the_business_time(start: datetime, days: int, calendar: Calendar) -> None:
    end = start + timedelta(days=days)
    spans = list(open_spans(start, end, calendar))
    total = sum((closes - opens).total_seconds() for opens, closes in spans)
    assert total == pytest.approx(business_seconds(start, end, calendar), abs=1e-5)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))
    assert not any(is_quiet(opens, calendar) for opens, _ in spans)


@given(moments, calendars())
def test_in_a_zone_without_odd_hours_a_moment_is_open_when_the_clock_on_the_wall_says_so(
    moment: datetime, calendar: Calendar
) -> None:
    """Kolkata has changed no clock since 1945, so the spans can be read off the wall."""
    kept = Calendar(calendar.week, "Asia/Kolkata", None)
    wall = moment.astimezone(ZoneInfo("Asia/Kolkata"))
    minutes = wall.hour * 60 + wall.minute
    assert is_quiet(moment, kept) is not any(opens <= minutes < closes for opens, closes in kept.week[wall.weekday()])
