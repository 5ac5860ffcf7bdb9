"""What a cron expression says, in words, where it says something simple; else the expression as it is."""

import re

_NUMBER = re.compile(r"\d{1,2}")
_EVERY = re.compile(r"\*/(\d{1,2})")
_HOURS = re.compile(r"(\d{1,2})-(\d{1,2})")
_DAYS = re.compile(r"[a-z]{3}(?:-[a-z]{3})?(?:,[a-z]{3}(?:-[a-z]{3})?)*", re.IGNORECASE)


def in_words(cron: str) -> str:
    """Return *cron*, five fields that are known to be valid, in words; unchanged where these would not be shorter."""
    minute, hour, day, month, weekday = cron.split()
    if day != "*" or month != "*":
        return cron
    times = _times(minute, hour)
    if times is None or not (weekday == "*" or _DAYS.fullmatch(weekday)):
        return cron
    return times if weekday == "*" else f"{times}, {weekday.lower()}"


def _times(minute: str, hour: str) -> str | None:
    every, hours = _EVERY.fullmatch(minute), _HOURS.fullmatch(hour)
    if _NUMBER.fullmatch(minute) and _NUMBER.fullmatch(hour):
        return f"at {int(hour):02}:{int(minute):02}"
    if _NUMBER.fullmatch(minute) and hour == "*":
        return f"every hour at :{int(minute):02}"
    often = "every minute" if minute in {"*", "*/1"} else f"every {int(every[1])} min" if every else None
    if often is None or hour == "*":
        return often
    if hours:
        return f"{often}, {int(hours[1]):02}:00-{int(hours[2]):02}:59"
    return f"{often}, {int(hour):02}:00-{int(hour):02}:59" if _NUMBER.fullmatch(hour) else None
