"""Delays and shares in words, for tables that people read."""

from barometer.statistics import LongerThan, Median, NotMeasured, Share

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def duration(seconds: float) -> str:
    """Return *seconds* in the two largest units that matter: ``42 s``, ``18 min``, ``3 h 06``, ``2 d 4 h``."""
    if round(seconds) < MINUTE:
        return f"{seconds:.0f} s"
    minutes = round(seconds / MINUTE)
    if minutes < 60:
        return f"{minutes} min"
    if seconds < 2 * DAY:
        return f"{minutes // 60} h {minutes % 60:02}"
    hours = round(seconds / HOUR)
    return f"{hours // 24} d {hours % 24} h"


def horizon(seconds: int) -> str:
    """Return the time by which the answered are counted: ``30 s``, ``1 h``, ``48 h``."""
    return f"{seconds // HOUR} h" if seconds % HOUR == 0 else duration(seconds)


def share(found: Share | NotMeasured) -> str:
    """Return a share as ``2 of 3 (21-94 %)``, the interval behind; ``~`` marks one that is estimated."""
    if isinstance(found, NotMeasured):
        return "-"
    interval = f"({100 * found.low:.0f}-{100 * found.high:.0f} %)"
    if found.censored:
        return f"~{100 * found.value:.0f} % of {found.total} {interval}"
    return f"{found.part} of {found.total} {interval}"


def narrow_share(found: Share | NotMeasured) -> str:
    """Return a share for a narrow column: ``2 of 3`` or ``~33 %``, the interval on a second line unless it is of one."""
    if isinstance(found, NotMeasured):
        return "-"
    told = f"~{100 * found.value:.0f} %" if found.censored else f"{found.part} of {found.total}"
    return told if found.total == 1 else f"{told}\n{100 * found.low:.0f}-{100 * found.high:.0f} %"


def median(found: Median | LongerThan | NotMeasured) -> str:
    """Return a median as ``3 h 06``, ``> 30 h 00`` where fewer than half had answered by then, ``-`` where there is none."""
    match found:
        case Median(seconds=seconds):
            return duration(seconds)
        case LongerThan(seconds=seconds):
            return f"> {duration(seconds)}"
        case _:
            return "-"
