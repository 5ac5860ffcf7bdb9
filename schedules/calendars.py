"""Business time: when somebody can be expected to answer, and when nobody may be disturbed.

A :class:`Calendar` is a week of opening hours in one time zone, with the public holidays of one country. Everything else
follows from its open spans, so that a moment is quiet exactly when it adds nothing to the business time.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

FIRST_YEAR, LAST_YEAR = 1971, 2199
"""Years that a calendar knows (*ours*); a date beyond them is a mistake or forged."""
YEARS_KEPT = 1024
"""Years of calendars kept ready (*ours*): two for each of 500 merchants with hours of their own, 30 kB each."""
MIDNIGHT = 1440
"""The end of a day, in minutes since its beginning."""

Span = tuple[int, int]
"""From and to, in minutes since midnight by the clock on the wall; the end may be :data:`MIDNIGHT`."""
Week = tuple[tuple[Span, ...], ...]
"""The open spans of each day, Monday first, sorted; a closed day has none."""


@cache
def _countries_with_holidays() -> frozenset[str]:
    return frozenset(holidays.list_supported_countries())


class BadCalendar(ValueError):
    """Opening hours, a time zone or a country that no calendar can be made of; the text says which and why."""


@dataclass(frozen=True)
class Calendar:
    """Opening hours of a week, in the time zone ``zone``, without the public holidays of ``country``.

    ``country`` is an ISO 3166-1 code of two letters; with ``None`` public holidays are days like any other. Raises
    :class:`BadCalendar` for a week that is not seven days of sorted, disjoint spans with one at least, for a zone that the
    time zone database does not know, and for a country whose holidays are not known.
    """

    week: Week
    zone: str = "Europe/Paris"
    country: str | None = "FR"

    def __post_init__(self) -> None:
        if len(self.week) != 7 or not any(self.week):
            raise BadCalendar("a week of opening hours has seven days, and is open on one of them at least")
        for spans in self.week:
            if any(not 0 <= opens < closes <= MIDNIGHT for opens, closes in spans):
                raise BadCalendar(f"{spans} holds a span that is none, or leaves its day")
            if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
                raise BadCalendar(f"{spans} is not sorted, or overlaps")
        try:
            ZoneInfo(self.zone)
        except (ValueError, OSError, KeyError):
            raise BadCalendar(f"{self.zone[:60]!r} is no time zone; Europe/Paris is one") from None
        if self.country is not None and self.country not in _countries_with_holidays():
            raise BadCalendar(f"the public holidays of {self.country[:60]!r} are not known; FR is a country")


OFFICE = Calendar((((9 * 60, 18 * 60),),) * 5 + ((),) * 2)
"""Monday to Friday, 9:00 to 18:00, Paris time, without French public holidays: for merchants whose hours are not known
(method, section 3).
"""


def outside_quiet_hours(
    quiet_from: time, quiet_until: time, weekends: bool, zone: str, country: str | None
) -> Calendar:
    """Return the calendar that is open whenever it is not quiet; equal times mean that no hour is quiet.

    Quiet hours may pass midnight (19:00 to 9:00). Without *weekends* Saturday and Sunday are quiet. Raises
    :class:`BadCalendar` as a calendar does. Seconds of the two times are left out.
    """
    begins, ends = (moment.hour * 60 + moment.minute for moment in (quiet_from, quiet_until))
    if begins == ends:
        day: tuple[Span, ...] = ((0, MIDNIGHT),)
    elif begins > ends:
        day = ((ends, begins),)
    else:
        day = tuple(span for span in ((0, begins), (ends, MIDNIGHT)) if span[0] < span[1])
    return Calendar((day,) * 5 + ((day,) * 2 if weekends else ((),) * 2), zone, country)


def business_seconds(start: datetime, end: datetime, calendar: Calendar) -> float:
    """Return how many seconds of *calendar*'s open hours lie between *start* and *end*, to the microsecond.

    Seconds are those that pass, so an open night is an hour longer when the clocks go back. Raises ``ValueError`` for a
    naive datetime, for an *end* before *start*, and for a year outside :data:`FIRST_YEAR` to :data:`LAST_YEAR`.
    """
    first, last = _local_years(start, end, calendar)
    whole_years = sum(_year(calendar, year).before[-1] for year in range(first, last))
    until_end = _year(calendar, last).open_until(end.timestamp())
    return round(whole_years + until_end - _year(calendar, first).open_until(start.timestamp()), 6)


def is_quiet(moment: datetime, calendar: Calendar) -> bool:
    """Return whether *calendar* is closed at *moment*; a span's first second is open, its end is closed.

    Raises ``ValueError`` as :func:`business_seconds` does.
    """
    return _year(calendar, _local_year(moment, calendar)).closed_at(moment.timestamp())


def next_open(moment: datetime, calendar: Calendar) -> datetime:
    """Return *moment* if *calendar* is open then, else the first moment afterwards at which it is; in UTC.

    Raises ``ValueError`` as :func:`business_seconds` does.
    """
    if not is_quiet(moment, calendar):
        return moment.astimezone(UTC)
    at = moment.timestamp()
    for year in range(_local_year(moment, calendar), LAST_YEAR + 1):
        starts = _year(calendar, year).starts
        place = bisect_right(starts, at)
        if place < len(starts):
            return datetime.fromtimestamp(starts[place], UTC)
    raise ValueError(f"no opening hours after {moment} before the year {LAST_YEAR + 1}")


def open_spans(start: datetime, end: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """Yield the open spans of *calendar* between *start* and *end*, cut off there, in order, in UTC.

    Raises ``ValueError`` as :func:`business_seconds` does.
    """
    first_year, last_year = _local_years(start, end, calendar)
    first, last = start.timestamp(), end.timestamp()
    for number in range(first_year, last_year + 1):
        year = _year(calendar, number)
        for opens, closes in zip(year.starts, year.ends, strict=True):
            if opens < last and closes > first:
                yield (
                    max(datetime.fromtimestamp(opens, UTC), start.astimezone(UTC)),
                    min(datetime.fromtimestamp(closes, UTC), end.astimezone(UTC)),
                )


class _Year(NamedTuple):
    """The open spans of one year as seconds since 1970, and how many open seconds lie before each, and in all."""

    starts: list[int]
    ends: list[int]
    before: list[int]

    def open_until(self, at: float) -> float:
        place = bisect_right(self.starts, at) - 1
        if place < 0:
            return 0.0
        return self.before[place] + min(at, self.ends[place]) - self.starts[place]

    def closed_at(self, at: float) -> bool:
        place = bisect_right(self.starts, at) - 1
        return place < 0 or at >= self.ends[place]


def _local_years(start: datetime, end: datetime, calendar: Calendar) -> tuple[int, int]:
    years = _local_year(start, calendar), _local_year(end, calendar)
    if end < start:
        raise ValueError(f"business time cannot run from {start} back to {end}")
    return years


def _local_year(moment: datetime, calendar: Calendar) -> int:
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} has no time zone")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"{moment} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment.astimezone(ZoneInfo(calendar.zone)).year


@lru_cache(maxsize=YEARS_KEPT)
def _year(calendar: Calendar, year: int) -> _Year:
    zone, closed = ZoneInfo(calendar.zone), _public_holidays(calendar.country, year)
    spans = _Year([], [], [0])
    for ordinal in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        if day in closed:
            continue
        for opens, closes in calendar.week[day.weekday()]:
            start = max(_first(day, opens, zone), spans.ends[-1] if spans.ends else 0)
            end = _last(day, closes, zone)
            if start < end:
                spans.starts.append(start)
                spans.ends.append(end)
                spans.before.append(spans.before[-1] + end - start)
    return spans


def _first(day: date, minutes: int, zone: ZoneInfo) -> int:
    """Return when the clock first shows *minutes* after midnight of *day*, in seconds since 1970."""
    if minutes == MIDNIGHT:
        return _first(day + timedelta(days=1), 0, zone)
    return int(datetime.combine(day, time(minutes // 60, minutes % 60), zone).timestamp())


def _last(day: date, minutes: int, zone: ZoneInfo) -> int:
    """Return when the clock last shows it: hours that come twice are open both times.

    Midnight is the exception, where the next day begins, so that no span reaches into it.
    """
    if minutes == MIDNIGHT:
        return _first(day, minutes, zone)
    return int(datetime.combine(day, time(minutes // 60, minutes % 60, fold=1), zone).timestamp())


@lru_cache(maxsize=256)
def _public_holidays(country: str | None, year: int) -> frozenset[date]:
    return frozenset() if country is None else frozenset(holidays.country_holidays(country, years=year))
