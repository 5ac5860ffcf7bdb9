"""One merchant's attempts on one channel, each in a stratum of its own, evenly over weekdays and hours of the day."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from schedules.hours import Day, Hour, OpenHours, latest

SPARSE = 5
"""Open days for each attempt from which on a stratum is long enough to hold every weekday (*ours*: a working week)."""

Stratum = tuple[int, int]
"""Its first and its last second, since 1970."""
Draw = Callable[[], float]
"""Gives the next number of a seeded sequence, from 0 up to and without 1."""


class Series(NamedTuple):
    """The attempts of one merchant on one channel: how many by scenario, in which hours, how many seconds apart at least.

    ``one_open`` tells why they are apart: each is open for so long. ``domain`` is empty where no cap by domain holds.
    """

    merchant: str
    channel: str
    domain: str
    scenarios: Mapping[str, int]
    hours: OpenHours
    spacing: int
    one_open: bool

    @property
    def attempts(self) -> int:
        """How many attempts there are, over all scenarios."""
        return sum(self.scenarios.values())


@dataclass
class Load:
    """What each day already carries, in all and to each domain, and how much it may."""

    per_day: int
    per_day_and_domain: int
    by_day: Counter[int] = field(default_factory=Counter)
    by_domain: Counter[tuple[str, int]] = field(default_factory=Counter)

    def add(self, day: int, domain: str) -> None:
        """Count one more attempt on *day* to *domain*."""
        self.by_day[day] += 1
        if domain:
            self.by_domain[domain, day] += 1

    def room(self, day: int, domain: str) -> int:
        """Return how many more attempts *day* can take to *domain*; 0 or less when it is full."""
        left = self.per_day - self.by_day.get(day, 0)
        return min(left, self.per_day_and_domain - self.by_domain.get((domain, day), 0)) if domain else left

    def fullness(self, day: int, domain: str) -> float:
        """Return how full *day* is for *domain*, from 0 to 1, by the tighter of the two caps; both must be above 0."""
        full = self.by_day.get(day, 0) / self.per_day
        return max(full, self.by_domain.get((domain, day), 0) / self.per_day_and_domain) if domain else full


@dataclass
class Tally:
    """How many attempts fell on each weekday and on each hour of the day."""

    weekdays: list[int] = field(default_factory=lambda: [0] * 7)
    hours: list[int] = field(default_factory=lambda: [0] * 24)


Tallies = defaultdict[tuple[str, ...], Tally]
"""A tally for each merchant, for each of its channels, and for each scenario on them."""


def place(series: Series, load: Load, tallies: Tallies, draw: Draw) -> list[tuple[int, str]]:
    """Return when the attempts of *series* leave, in seconds since 1970, with their scenarios, in order of time.

    *load* and *tallies* are those of the attempts placed before, and are brought up to date. All attempts are placed if
    the days have room for them; fewer are returned if not.
    """
    bounds = latest(series.hours, series.attempts, series.spacing, lambda day: load.room(day, series.domain))
    if not bounds:
        return []
    merchant, channel = (series.merchant,), (series.merchant, series.channel)
    kept = [tallies[merchant], tallies[channel]]
    placed: list[tuple[int, str]] = []
    turns = _in_turn(series.scenarios, draw)
    earliest = 0
    for stratum, bound in zip(_strata(series.hours, len(bounds), kept[0], draw), bounds, strict=True):
        days = _free_days(series, load, stratum, earliest, bound)
        hour = _hour(_day(days, kept, load, series.domain, draw), kept, draw)
        at = hour.start + int(draw() * (hour.end - hour.start))
        due = {scenario: tallies[*channel, scenario] for scenario in turns[: len(series.scenarios)]}
        scenario = min(due, key=lambda name: due[name].weekdays[hour.weekday] + due[name].hours[hour.hour])
        turns.remove(scenario)
        load.add(hour.day, series.domain)
        for tally in (*kept, due[scenario]):
            tally.weekdays[hour.weekday] += 1
            tally.hours[hour.hour] += 1
        placed.append((at, scenario))
        earliest = at + series.spacing
    return placed


def _in_turn(scenarios: Mapping[str, int], draw: Draw) -> list[str]:
    """Return every scenario as often as it is wanted, each spread evenly over the whole."""
    turns = []
    for scenario, attempts in sorted(scenarios.items()):
        shift = draw()
        turns += [((number + shift) / attempts, scenario) for number in range(attempts)]
    return [scenario for _, scenario in sorted(turns)]


def _strata(hours: OpenHours, count: int, tally: Tally, draw: Draw) -> Sequence[Stratum]:
    """Return *count* strata in order: long ones that leave a choice of weekdays, or parts of days chosen evenly by weekday."""
    if count * SPARSE <= len(hours.days):
        return _long_strata(hours, count, draw())
    return _short_strata(hours, count, tally, draw)


def _long_strata(hours: OpenHours, count: int, shift: float) -> Sequence[Stratum]:
    """Return strata of about as many days each; *shift*, a part of a stratum, moves their inner edges, lest all merchants
    have the same.
    """
    total = len(hours.days)
    edges = [0, *(int((number + shift - 0.5) * total / count) for number in range(1, count)), total]
    return [
        (hours.starts[hours.days[first].first], hours.hours[hours.days[after - 1].after - 1].end - 1)
        for first, after in pairwise(edges)
    ]


def _short_strata(hours: OpenHours, count: int, tally: Tally, draw: Draw) -> Sequence[Stratum]:
    """Return strata of a day or less; each weekday has as many as any other, evenly over its days."""
    weekdays: dict[int, list[Day]] = {}
    for day in hours.days:
        weekdays.setdefault(day.weekday, []).append(day)
    chosen: Counter[Day] = Counter()
    for weekday, quota in _quotas(weekdays, count, tally, draw).items():
        days, shift = weekdays[weekday], draw()
        chosen.update(days[int((number + shift) * len(days) / quota)] for number in range(quota))
    strata = []
    for day in sorted(chosen):
        begin, seconds = hours.before[day.first], hours.before[day.after] - hours.before[day.first]
        edges = [begin + seconds * part // chosen[day] for part in range(chosen[day] + 1)]
        strata += [(hours.moment(first), hours.moment(max(first, after - 1))) for first, after in pairwise(edges)]
    return strata


def _quotas(weekdays: Mapping[int, Sequence[Day]], count: int, tally: Tally, draw: Draw) -> dict[int, int]:
    """Return how many of *count* attempts fall on each weekday: equally many, but no more than its share of the days.

    What is left over goes where the merchant has the fewest.
    """
    total = sum(map(len, weekdays.values()))
    most = {weekday: -(-len(days) * count // total) for weekday, days in weekdays.items()}
    quotas = dict.fromkeys(weekdays, 0)
    rank = {weekday: (tally.weekdays[weekday], draw()) for weekday in weekdays}
    for _ in range(count):
        open_to_more = (weekday for weekday in weekdays if quotas[weekday] < most[weekday])
        quotas[min(open_to_more, key=lambda weekday: (quotas[weekday], rank[weekday]))] += 1
    return {weekday: quota for weekday, quota in quotas.items() if quota}


def _free_days(series: Series, load: Load, stratum: Stratum, earliest: int, bound: int) -> list[list[Hour]]:
    """Return the hours of the stratum that an attempt may leave in, by day; if there are none, the nearest free day.

    ``bound`` itself is always among the latter, by what :func:`schedules.hours.latest` promises.
    """
    inside = list(_free(series, load, max(earliest, stratum[0]), min(bound, stratum[1])))
    if inside:
        return inside
    middle = sum(stratum) // 2
    return [min(_free(series, load, earliest, bound), key=lambda hours: abs(hours[0].start - middle))]


def _free(series: Series, load: Load, low: int, high: int) -> Iterator[list[Hour]]:
    """Yield the hours from *low* to *high*, both included, of each day that has room, cut off there."""
    hours, days, starts, _ = series.hours
    place = max(0, bisect_right(starts, low) - 1)
    for day in days[bisect_right(days, place, key=lambda day: day.first) - 1 :]:
        if starts[day.first] > high:
            return
        if load.room(day.ordinal, series.domain) <= 0:
            continue
        found: Sequence[Hour] = hours[day.first : day.after]
        if found[0].start < low or found[-1].end > high + 1:
            cut = [hour._replace(start=max(hour.start, low), end=min(hour.end, high + 1)) for hour in found]
            found = [hour for hour in cut if hour.start < hour.end]
        if found:
            yield list(found)


def _day(days: Sequence[list[Hour]], tallies: Sequence[Tally], load: Load, domain: str, draw: Draw) -> list[Hour]:
    """Return the emptiest day of the rarest weekday so far; ties are drawn."""
    if len(days) == 1:
        return days[0]
    seen = [sum(column) for column in zip(*(tally.weekdays for tally in tallies), strict=True)]
    return min(days, key=lambda hours: (seen[hours[0].weekday], load.fullness(hours[0].day, domain), draw()))


def _hour(hours: Sequence[Hour], tallies: Sequence[Tally], draw: Draw) -> Hour:
    """Return the hour that was the rarest so far; ties are drawn."""
    seen = [sum(column) for column in zip(*(tally.hours for tally in tallies), strict=True)]
    return min(hours, key=lambda hour: (seen[hour.hour], draw()))
