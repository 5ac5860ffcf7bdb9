"""The open hours of a campaign, and how late attempts may leave without spoiling those after them."""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import accumulate, groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schedules.calendars import Calendar, open_spans


class Hour(NamedTuple):
    """An open hour of the day, or what is open of it: its first second and the one after its last, since 1970.

    ``day`` is the proleptic ordinal of the local date, ``weekday`` counts from Monday = 0, ``hour`` is that of the clock.
    """

    start: int
    end: int
    day: int
    weekday: int
    hour: int


class Day(NamedTuple):
    """A day with open hours: its ordinal and weekday, and the positions of its first hour and of the one after its last."""

    ordinal: int
    weekday: int
    first: int
    after: int


class OpenHours(NamedTuple):
    """Open hours in order, the days that they make up, where each hour starts, and how many open seconds lie before it.

    The last of ``before`` is the number of all open seconds.
    """

    hours: Sequence[Hour]
    days: Sequence[Day]
    starts: Sequence[int]
    before: Sequence[int]

    def moment(self, second: int) -> int:
        """Return when the open second number *second* is, counted from 0."""
        place = bisect_right(self.before, second) - 1
        return self.starts[place] + second - self.before[place]


def open_hours(start: datetime, end: datetime, calendar: Calendar) -> OpenHours:
    """Return the open hours of *calendar* between *start* and *end*, in whole seconds.

    Raises ``ValueError`` as :func:`schedules.calendars.business_seconds` does.
    """
    zone = ZoneInfo(calendar.zone)
    found = []
    for opens, closes in open_spans(start, end, calendar):
        at, last = math.ceil(opens.timestamp()), math.floor(closes.timestamp())
        while at < last:
            local = datetime.fromtimestamp(at, zone)
            until = min(last, at + 3600 - local.minute * 60 - local.second)
            found.append(Hour(at, until, local.toordinal(), local.weekday(), local.hour))
            at = until
    return _in_order(found)


def without(open_hours: OpenHours, taken: Iterable[int], spacing: int) -> OpenHours:
    """Return what is left of *open_hours* where each moment of *taken* keeps *spacing* seconds free on both sides."""
    moments, left = sorted(taken), []
    for hour in open_hours.hours:
        free_from = hour.start
        near = slice(bisect_right(moments, hour.start - spacing), bisect_left(moments, hour.end + spacing))
        for moment in moments[near]:
            if free_from <= moment - spacing:
                left.append(hour._replace(start=free_from, end=min(hour.end, moment - spacing + 1)))
            free_from = max(free_from, moment + spacing)
        if free_from < hour.end:
            left.append(hour._replace(start=free_from))
    return _in_order(left)


def latest(open_hours: OpenHours, count: int, spacing: int, room: Callable[[int], int]) -> list[int]:
    """Return the latest moments, in order, at which *count* attempts may leave, *spacing* seconds apart at least.

    *room* says how many of them a day can take. Fewer moments are returned when no more fit: going backwards and always
    taking the latest moment fits as many as any other way. So whoever takes the attempts in order, none later than its
    moment here and none on a day without room, never runs out.
    """
    found: list[int] = []
    used: Counter[int] = Counter()
    hours = open_hours.hours
    place, limit = len(hours) - 1, hours[-1].end - 1 if hours else 0
    while len(found) < count and place >= 0:
        hour = hours[place]
        at = min(limit, hour.end - 1)
        if at < hour.start or used[hour.day] >= room(hour.day):
            place -= 1
            continue
        found.append(at)
        used[hour.day] += 1
        limit = at - spacing
        place = min(place, bisect_right(open_hours.starts, limit) - 1)
    return found[::-1]


def _in_order(hours: Sequence[Hour]) -> OpenHours:
    days = []
    for ordinal, group in groupby(range(len(hours)), key=lambda place: hours[place].day):
        places = list(group)
        days.append(Day(ordinal, hours[places[0]].weekday, places[0], places[-1] + 1))
    before = list(accumulate((hour.end - hour.start for hour in hours), initial=0))
    return OpenHours(hours, days, [hour.start for hour in hours], before)
