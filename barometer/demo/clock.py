"""The time that passes in the demo market: a second of ours is an hour there, so that days of waiting fit in a minute."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from schedules.calendars import OFFICE, is_quiet
from storage.records import utc_now

FACTOR = 3_600
"""How many seconds pass in the market while one passes here (*ours*)."""
LONG_ENOUGH_AGO = timedelta(days=7)
"""How long before today the market's clock begins (*ours*), so that nothing in its records lies in the future."""


class DemoClock:
    """A clock that stands at *begins* until it is started, and then runs :data:`FACTOR` times as fast as ours."""

    def __init__(self, begins: datetime) -> None:
        self._begins = begins
        self._started: float | None = None

    def start(self) -> None:
        """Let the clock run from now on."""
        self._started = time.monotonic()

    def now(self) -> datetime:
        """Return what the clock shows, UTC."""
        passed = 0.0 if self._started is None else time.monotonic() - self._started
        return self._begins + timedelta(seconds=passed * FACTOR)

    def at(self, moment: datetime) -> datetime:
        """Return what the clock showed at *moment*, a time of ours in the last minutes."""
        return self.now() - (utc_now() - moment) * FACTOR


def a_plain_tuesday(today: datetime) -> datetime:
    """Return ten o'clock in Paris on a Tuesday before *today* that was a working day, so that every run is alike."""
    morning = (
        (today - LONG_ENOUGH_AGO).astimezone(ZoneInfo(OFFICE.zone)).replace(hour=10, minute=0, second=0, microsecond=0)
    )
    morning -= timedelta(days=(morning.weekday() - 1) % 7)
    while is_quiet(morning, OFFICE):
        morning -= timedelta(days=7)
    return morning.astimezone(UTC)
