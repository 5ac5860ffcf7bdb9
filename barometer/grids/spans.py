"""Times as grids write them: ``"30 s"``, ``"1 min"``, ``"24 h"``, ``"2 d"``, or a number of seconds."""

import re
from decimal import Decimal

UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
"""Seconds of each unit."""

_SPAN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?([a-z]{1,3})", re.ASCII)
_LONGEST_HOURS = 72


def seconds_of(text: str) -> Decimal:
    """Return the seconds that *text* says; raises ``ValueError`` when it is no time."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or found.group(2) not in UNITS:
        raise ValueError(f'not a time; write a number and one of {", ".join(UNITS)}, such as "30 s" or "24 h"')
    return Decimal(found.group(1)) * UNITS[found.group(2)]


def span_text(seconds: Decimal) -> str:
    """Return *seconds* in the largest unit that fits them without a rest: 90 s, 3 min, 30 h, 14 d."""
    for unit in ("d", "h", "min"):
        number, rest = divmod(seconds, UNITS[unit])
        # A day is said as 24 h where the field says so; a week is not said as 168 h.
        if number and not rest and not (unit == "d" and seconds <= _LONGEST_HOURS * UNITS["h"]):
            return f"{number:f} {unit}"
    return f"{seconds.normalize():f} s"
