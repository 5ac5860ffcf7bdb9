"""The calendar that a merchant's answers are timed by."""

import tomllib
from functools import cache
from importlib.resources import files

from barometer.opening_hours import DAYS, weekly_hours
from schedules.calendars import OFFICE, Calendar


def calendar_of(hours: str | None, country: str) -> Calendar:
    """Return the calendar of a merchant of *country* with the opening hours *hours*, as the panel holds them.

    Public holidays are closed, but for a merchant that is there ``24/7``. :data:`schedules.calendars.OFFICE` is returned
    where the hours are not known, and where they cannot be placed because ``time_zones.toml`` does not hold the country.
    Raises :class:`barometer.errors.UserError` for hours that are none.
    """
    if hours is None or country not in _zones():
        return OFFICE
    week = weekly_hours(hours)
    always = all(spans == [(0, 1440)] for spans in week.values())
    return Calendar(tuple(tuple(week[day]) for day in DAYS), _zones()[country], None if always else country)


@cache
def _zones() -> dict[str, str]:
    table = tomllib.loads((files("barometer") / "time_zones.toml").read_text("utf-8"))
    zones: dict[str, str] = table["zones"]
    for country, zone in zones.items():
        Calendar(OFFICE.week, zone, country)
    return zones
