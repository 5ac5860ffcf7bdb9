"""The sum that shows why attempts do not fit: what was wanted, what each limit lets through, which of them binds."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from schedules.hours import latest
from schedules.strata import Load, Series

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


class Limit(StrEnum):
    """What leaves no room."""

    HOURS = "hours"
    GAP = "gap"
    ONE_OPEN = "one_open"
    PER_DAY = "per_day"
    PER_DAY_AND_DOMAIN = "per_day_and_domain"
    TOGETHER = "together"


class Shortfall(NamedTuple):
    """One limit that leaves no room: for whom, how many attempts were wanted, how many it lets through, and the sum.

    ``subject`` is a domain, a merchant and a channel, or empty for all; it comes from the panel, and is not to be trusted.
    """

    limit: Limit
    subject: str
    wanted: int
    fit: int
    sum: str


class DoesNotFit(NamedTuple):
    """Why there is no plan: ``wanted`` attempts in all, no more than ``fit`` of them fit, the worst shortfall first.

    With :attr:`Limit.TOGETHER`, ``fit`` is what the spreading found room for; a cleverer one might find some more.
    """

    wanted: int
    fit: int
    shortfalls: tuple[Shortfall, ...]


def refusal(series: Sequence[Series], load: Load) -> DoesNotFit | None:
    """Return why *series* do not fit beside *load*, or ``None`` where no single limit forbids it."""
    domains: dict[str, list[Series]] = {}
    for one in series:
        if one.domain:
            domains.setdefault(one.domain, []).append(one)
    by_day = _beyond(series, load, "")
    by_domain = [short for domain, mine in domains.items() for short in _beyond(mine, load, domain)]
    by_pace = [short for one in series for short in _beyond_the_pace(one, load)]
    found = [*by_day, *by_domain, *by_pace]
    if not found:
        return None
    wanted = sum(one.attempts for one in series)
    fit = wanted - max(_missing(by_day), _missing(by_domain), _missing(by_pace))
    return DoesNotFit(wanted, fit, tuple(sorted(found, key=lambda short: (short.fit - short.wanted, short.subject))))


def crowded(wanted: int, fit: int) -> DoesNotFit:
    """Return that *fit* of *wanted* attempts found a slot, though no single limit forbids the others."""
    told = f"{wanted:,} wanted; every limit alone leaves room, all together leave {wanted - fit:,} without a slot"
    return DoesNotFit(wanted, fit, (Shortfall(Limit.TOGETHER, "", wanted, fit, told),))


def _missing(shortfalls: Iterable[Shortfall]) -> int:
    return sum(short.wanted - short.fit for short in shortfalls)


def _beyond(series: Sequence[Series], load: Load, domain: str) -> list[Shortfall]:
    """Return whether the attempts, all to *domain* if there is one, pass the daily cap even if every open day is filled."""
    # Most merchants share one list of hours, whose days need to be read only once.
    shared = {id(one.hours): one.hours for one in series}.values()
    days = {day.ordinal for hours in shared for day in hours.days}
    cap = load.per_day_and_domain if domain else load.per_day
    gone = sum(min(cap, load.by_domain[domain, day] if domain else load.by_day[day]) for day in days)
    wanted, fit = sum(one.attempts for one in series), len(days) * cap - gone
    if wanted <= fit:
        return []
    less = f", less {gone:,} already taken," if gone else ""
    limit = Limit.PER_DAY_AND_DOMAIN if domain else Limit.PER_DAY
    return [
        Shortfall(limit, domain, wanted, fit, f"{wanted:,} wanted; {len(days):,} days of {cap:,}{less} make {fit:,}")
    ]


def _beyond_the_pace(series: Series, load: Load) -> list[Shortfall]:
    """Return whether the attempts of one merchant and channel do not fit even if nobody else had any."""
    wanted = series.attempts
    fit = len(latest(series.hours, wanted, series.spacing, lambda _: load.per_day))
    if fit == wanted or not load.per_day:
        return []
    apart = _spoken(series.spacing)
    if not series.hours.days:
        limit, why = Limit.HOURS, "no hour is open or free"
    elif series.one_open:
        limit, why = Limit.ONE_OPEN, f"one at a time, each open for {apart}"
    else:
        limit, why = Limit.GAP, f"{apart} apart"
    told = f"{wanted:,} wanted; {why}: {fit:,} from the first open hour to the last"
    return [Shortfall(limit, f"{series.merchant} {series.channel}", wanted, fit, told)]


def _spoken(seconds: int) -> str:
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    count = seconds // size
    return f"{count:,} {unit}{'s' * (count != 1)}"
