"""A depth night by night as one line of characters: the higher the bar, the farther the channel."""

from collections.abc import Mapping
from datetime import date, timedelta

from barometer.history.night import ABSENT, Depth

BARS = "▁▂▃▄▅▆▇█"
"""From the home page to seven clicks and more."""
ABSENT_SIGN = "×"
BOUND_SIGN = "≤"
UNMEASURED = " "


def sparkline(depths: Mapping[date, Depth], first: date, last: date, most: int) -> str:
    """Return a character a day from *first* to *last*, of more than *most* the last; a day without a depth is blank."""
    begin = max(first, last - timedelta(days=most - 1))
    days = (begin + timedelta(days=number) for number in range((last - begin).days + 1))
    return "".join(_sign(depths.get(day)) for day in days)


def _sign(depth: Depth | None) -> str:
    if depth is None:
        return UNMEASURED
    return ABSENT_SIGN if depth.most == ABSENT else BARS[min(depth.most, len(BARS) - 1)]
