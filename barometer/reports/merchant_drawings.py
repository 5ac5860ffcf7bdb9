"""The drawings of the merchant's report, as numbers: where dots, ticks and zones stand. Pure; the template makes them SVG."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from barometer.grids.grid import SCALE, Band, Criterion
from barometer.reports.merchant_comparison import Compared, Comparison
from barometer.reports.merchant_figures import Timed
from barometer.reports.merchant_words import MerchantWords
from barometer.reports.wording import Language

BAR_WIDTH, BAR_HEIGHT = 240, 18
SCALE_WIDTH, SCALE_HEIGHT = 480, 64
PLOT_WIDTH, PLOT_HEIGHT = 480, 128
_LEFT, _RIGHT = 8, 8
_TOP, _FLOOR = 20, 108
_NEVER = 74
"""Width of the column of those that nobody answered."""
_LARGEST_DOT, _SMALLEST_DOT = 3.6, 1.4
_NARROWEST = 30
"""Zones narrower than this bear no label."""


class Bar(NamedTuple):
    """A bar: how long it is, and where the category's mean and best stand, ``None`` where they are not told."""

    own: float | None
    mean: float | None
    best: float | None


class ScoreScale(NamedTuple):
    """The scale from 0 to 20: where everything stands on it; ``None`` for what is not there."""

    own: float | None
    interval: tuple[float, float] | None
    mean: float | None
    best: float | None
    threshold: float
    ticks: tuple[tuple[float, str], ...]


class Zone(NamedTuple):
    """A band of the grid: from where to where, how much of the maximum it earns, in tenths, and its label."""

    left: float
    width: float
    level: int
    label: str


class Plot(NamedTuple):
    """When each test was answered: zones with their points, limits with their times, dots, and the column of silence."""

    zones: tuple[Zone, ...]
    limits: tuple[tuple[float, str], ...]
    dots: tuple[tuple[float, float], ...]
    dot: float
    never: Zone | None


def bar(part: Fraction | None, category: Compared) -> Bar:
    """Return the bar of a *part* of the maximum."""
    mean, best = (category.mean, category.best) if isinstance(category, Comparison) else (None, None)
    return Bar(*(None if one is None else round(float(one) * BAR_WIDTH, 1) for one in (part, mean, best)))


def score_scale(
    score: Decimal | None, interval: tuple[Decimal, Decimal] | None, category: Compared, threshold: Decimal
) -> ScoreScale:
    """Return the scale of a score on /20."""
    mean, best = (category.mean * 20, category.best * 20) if isinstance(category, Comparison) else (None, None)
    return ScoreScale(
        own=None if score is None else _on_scale(score),
        interval=None if interval is None else (_on_scale(interval[0]), _on_scale(interval[1])),
        mean=None if mean is None else _on_scale(mean),
        best=None if best is None else _on_scale(best),
        threshold=_on_scale(threshold),
        ticks=tuple((_on_scale(Decimal(tick)), str(tick)) for tick in range(0, int(SCALE) + 1, 5)),
    )


def _on_scale(score: Decimal | Fraction) -> float:
    return round(_LEFT + float(score) / float(SCALE) * (SCALE_WIDTH - _LEFT - _RIGHT), 1)


def level_of(points: Fraction | Decimal, maximum: Decimal) -> int:
    """Return *points* as tenths of *maximum*, rounded, 0 to 10."""
    return min(10, max(0, round(Fraction(points) / Fraction(maximum) * 10)))


def plot(times: Sequence[Timed], criterion: Criterion, words: MerchantWords) -> Plot | None:
    """Return the drawing of *times*; ``None`` where there is nothing to draw."""
    answered = [one.seconds for one in times if one.seconds is not None]
    limits = [float(band.up_to) for band in criterion.bands if band.up_to is not None]
    if not times or not (answered or limits):
        return None
    silent = len(times) - len(answered)
    right = PLOT_WIDTH - _RIGHT - (_NEVER if silent else 0)
    axis = _Axis.over(answered, limits, right - (6 if silent else 0))
    never = None
    if silent:
        nothing = criterion.nothing or Decimal(0)
        never = Zone(right, _NEVER, level_of(nothing, criterion.maximum), _points(nothing, words))
    dot, dots = _piled([axis.at(seconds) for seconds in answered], silent, right + 8)
    return Plot(
        zones=tuple(_zones(criterion, axis, words)),
        limits=tuple((axis.at(limit), words.span(Decimal(limit))) for limit in limits),
        dots=tuple((round(x, 1), round(y, 1)) for x, y in dots),
        dot=dot,
        never=never,
    )


class _Axis(NamedTuple):
    """A logarithmic axis from ``first`` to ``last`` seconds, ``width`` wide."""

    first: float
    last: float
    end: float

    @classmethod
    def over(cls, answered: Iterable[float], limits: Iterable[float], end: float) -> "_Axis":
        every = [max(one, 1.0) for one in (*answered, *limits)]
        return cls(min(every) / 2, max(every) * 2.2, end)

    def at(self, seconds: float) -> float:
        """Return where *seconds* stand."""
        part = math.log(max(seconds, self.first) / self.first) / math.log(self.last / self.first)
        return round(_LEFT + part * (self.end - _LEFT), 1)


def _zones(criterion: Criterion, axis: _Axis, words: MerchantWords) -> Iterable[Zone]:
    left = float(_LEFT)
    for band in criterion.bands:
        right = axis.end if band.up_to is None else axis.at(float(band.up_to))
        width = round(right - left, 1)
        label = _label(band, width, words)
        yield Zone(left, width, level_of(band.points, criterion.maximum), label)
        left = right


def _label(band: Band, width: float, words: MerchantWords) -> str:
    if width < _NARROWEST / 2:
        return ""
    return _points(band.points, words) if width >= _NARROWEST else words.points(band.points)


def _points(points: Decimal, words: MerchantWords) -> str:
    few = points < 2 if words.language is Language.FRENCH else points == 1
    return words["times.point" if few else "times.points"].format(points=words.points(points))


def _piled(places: Sequence[float], silent: int, column: float) -> tuple[float, list[tuple[float, float]]]:
    """Return the radius of a dot and where each stands: those of one time above each other, *silent* ones in their column.

    Dots shrink until the highest pile fits; where even the smallest do not, they overlap.
    """
    room, dot = _FLOOR - _TOP - 4, _LARGEST_DOT
    while dot > _SMALLEST_DOT and _highest(places, silent, dot) * (2 * dot + 0.6) > room:
        dot = max(_SMALLEST_DOT, dot - 0.4)
    rise = min(2 * dot + 0.6, (room - 2 * dot) / max(_highest(places, silent, dot) - 1, 1))
    bottom = _FLOOR - dot - 2
    piles = Counter(round(x / (2 * dot + 1)) for x in places)
    dots = [(pile * (2 * dot + 1), bottom - at * rise) for pile, count in sorted(piles.items()) for at in range(count)]
    across = _across(dot)
    width = (_NEVER - 16) / across
    dots += [(column + (at % across + 0.5) * width, bottom - (at // across) * rise) for at in range(silent)]
    return round(dot, 1), dots


def _highest(places: Iterable[float], silent: int, dot: float) -> int:
    piles = Counter(round(x / (2 * dot + 1)) for x in places)
    return max(max(piles.values(), default=0), math.ceil(silent / _across(dot)), 1)


def _across(dot: float) -> int:
    return max(1, int((_NEVER - 16) / (2 * dot + 1)))
