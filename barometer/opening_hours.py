"""Opening hours in one written form: ``mo-fr 09:00-12:00,14:00-18:00; sa 10:00-16:00``.

The form is a small part of the ``opening_hours`` tag of OpenStreetMap: English two-letter days, ranges with ``-``,
lists with ``,``, rules with ``;``, and ``24/7``. Days that no rule names are closed.
"""

import re
from datetime import time
from itertools import pairwise

from barometer.errors import UserError

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
"""The days as they are written, Monday first."""
MAX_LENGTH = 300
"""Longest text accepted, in characters (*ours*): two ranges for each of seven days fit twice."""

_CLOCK = re.compile(r"(\d{1,2})(?::|h)?(\d{2})?")
_DASHES = str.maketrans("–—‑‐−", "-----")
_REMEDY = "write it like mo-fr 09:00-18:00; sa 10:00-16:00"

Span = tuple[int, int]
"""From and to, in minutes since midnight; the end may be 1440."""


def opening_hours(text: str) -> str:
    """Return *text* in the one written form; raises :class:`UserError` that says which part is wrong.

    ``9h``, ``9h30`` and ``9:00`` are read as times; days with the same hours are put together.
    """
    week = weekly_hours(text)
    if all(week[day] == [(0, 1440)] for day in DAYS):
        return "24/7"
    rules: list[tuple[list[int], list[Span]]] = []
    for position, day in enumerate(DAYS):
        if not week[day]:
            continue
        same = next((days for days, spans in rules if spans == week[day]), None)
        if same is None:
            rules.append(([position], week[day]))
        else:
            same.append(position)
    return "; ".join(f"{_days_written(days)} {','.join(map(_span_written, spans))}" for days, spans in rules)


def weekly_hours(text: str) -> dict[str, list[Span]]:
    """Return the open spans of each day, in minutes since midnight, sorted; a closed day has none.

    Raises :class:`UserError` for a day or time that is none, an end before its start, spans of a day that overlap, and
    a day named twice.
    """
    text = " ".join(text.translate(_DASHES).lower().split())
    if len(text) > MAX_LENGTH:
        raise UserError(f"the opening hours are {len(text)} characters long", _REMEDY)
    if text == "24/7":
        return {day: [(0, 1440)] for day in DAYS}
    week: dict[str, list[Span]] = {day: [] for day in DAYS}
    for rule in filter(None, (part.strip() for part in text.split(";"))):
        days, spans = _rule(rule)
        for day in days:
            if week[day]:
                raise UserError(f"the opening hours name '{day}' twice", _REMEDY)
            week[day] = spans
    if not any(week.values()):
        raise UserError("the opening hours name no day", _REMEDY)
    return week


def _rule(rule: str) -> tuple[list[str], list[Span]]:
    first_digit = next((index for index, sign in enumerate(rule) if sign.isdigit()), -1)
    if first_digit < 1:
        raise UserError(f"'{rule}' is not a rule of opening hours", _REMEDY)
    days = [day for part in rule[:first_digit].split(",") for day in _days(part.strip())]
    spans = sorted(_span(part.strip()) for part in rule[first_digit:].split(","))
    if any(later[0] <= earlier[1] for earlier, later in pairwise(spans)):
        raise UserError(f"the times of '{rule}' overlap", _REMEDY)
    return days, spans


def _days(part: str) -> list[str]:
    first, dash, last = (piece.strip() for piece in part.partition("-"))
    last = last if dash else first
    for day in (first, last):
        if day not in DAYS:
            raise UserError(f"'{day}' is not a day of the opening hours", f"use {' '.join(DAYS)}")
    start, end = DAYS.index(first), DAYS.index(last)
    return [DAYS[index % 7] for index in range(start, end + 1 if end >= start else end + 8)]


def _span(part: str) -> Span:
    opens, dash, closes = (piece.strip() for piece in part.partition("-"))
    if not dash:
        raise UserError(f"'{part}' has no closing time", _REMEDY)
    start, end = _minutes(opens), _minutes(closes)
    if end <= start:
        raise UserError(f"'{part}' ends before it begins", "split hours that pass midnight over two days")
    return start, end


def _minutes(clock: str) -> int:
    found = _CLOCK.fullmatch(clock)
    hours, minutes = (int(found.group(1)), int(found.group(2) or 0)) if found else (99, 0)
    if (hours, minutes) == (24, 0):
        return 1440
    try:
        at = time(hours, minutes)
    except ValueError:
        raise UserError(f"'{clock}' is not a time of day", _REMEDY) from None
    return at.hour * 60 + at.minute


def _days_written(days: list[int]) -> str:
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs)


def _span_written(span: Span) -> str:
    return "-".join(f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in span)
