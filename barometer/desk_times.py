"""Moments as call centres write them."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from barometer.errors import UserError

_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}) +([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)")
_EXAMPLE = "write 2026-11-23 14:03:22, or with its zone 2026-11-23T14:03:22+01:00"


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone *name*; raises :class:`UserError` where there is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):
        raise UserError(f"--timezone: {name[:40]!r} is unknown", "give one like Europe/Paris") from None


def moment(cell: str, zone: ZoneInfo | None) -> datetime:
    """Return the moment *cell* names, aware: ISO 8601, or day/month/year as French spreadsheets write it.

    A moment without an offset is read in *zone*. Raises :class:`UserError` where there is no zone, and for what is no
    moment, or two: the hour that comes twice, or not at all, when clocks change.
    """
    text = cell.strip()
    day_first = _DAY_FIRST.fullmatch(text)
    if day_first:
        day, month, year, hour = day_first.groups()
        text = (
            f"{year}-{month:0>2}-{day:0>2} {hour:0>5}"
            if hour.count(":") == 1
            else f"{year}-{month:0>2}-{day:0>2} {hour:0>8}"
        )
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"'{cell[:40]}' is no moment", _EXAMPLE) from None
    if len(text) <= len("2026-11-23"):
        raise UserError(f"'{cell[:40]}' names no hour", _EXAMPLE)
    if found.tzinfo is not None:
        return found
    if zone is None:
        raise UserError(f"'{cell[:40]}' names no time zone", "add it, such as +01:00, or give --timezone Europe/Paris")
    early, late = (found.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() != late.utcoffset():
        raise UserError(f"'{cell[:40]}' is not one moment in {zone.key}, where clocks change then", "add its offset")
    return early
