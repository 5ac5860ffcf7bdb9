"""What is asked of the history: which nights, merchants and channels, and how often a state must be seen."""

from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from barometer.cli.console import printable
from barometer.errors import UserError
from storage.vocabulary import Channel, Profile

CONFIRM = 2
"""Measured nights in a row that make a state (*ours*)."""
LOOK_BACK = 90
"""Days before the first that is asked for, in which the state before is looked up (*ours*)."""


class Asked(NamedTuple):
    """Nights from ``since`` to ``until``, both included, as the calendar of ``zone`` counts them."""

    since: date
    until: date
    zone: ZoneInfo
    channels: frozenset[Channel] = frozenset(Channel)
    confirm: int = CONFIRM
    profile: Profile = Profile.DESKTOP

    @property
    def looked_at_from(self) -> date:
        """The first day whose visits are read: what was there before has to be known."""
        return max(self.since, date.min + timedelta(days=LOOK_BACK)) - timedelta(days=LOOK_BACK)


def days_asked(since: str | None, until: str | None, today: date, default_days: int = LOOK_BACK) -> tuple[date, date]:
    """Return the first and the last day asked for; without *until* that is *today*, without *since* so many days before it.

    Raises :class:`UserError` for what is no day, a first day in the future, and one that is after the last.
    """
    last = day_asked("--until", until) if until is not None else today
    first = (
        day_asked("--since", since)
        if since is not None
        else max(last, date.min + _days(default_days)) - _days(default_days)
    )
    if first > today:
        raise UserError(f"--since: {first} is in the future", f"give a day up to {today}")
    if last > today:
        raise UserError(f"--until: {last} is in the future", f"give a day up to {today}, or leave it out")
    if first > last:
        raise UserError(f"--since: {first} is after --until, {last}", "give the earlier day first")
    return first, last


def day_asked(option: str, text: str) -> date:
    """Return the day that *text* names; raises :class:`UserError`, which names *option*, for what is no day."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        said = printable(" ".join(text[:40].split()))
        raise UserError(f"{option}: '{said}' is no day", "write it like 2026-11-20") from None


def today_in(zone: ZoneInfo) -> date:
    """Return the day it is in *zone*."""
    return datetime.now(zone).date()


def _days(count: int) -> timedelta:
    return timedelta(days=count)
