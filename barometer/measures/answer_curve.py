"""The share that has been answered after a time, as a curve: one minus Kaplan and Meier's estimate, with its interval."""

import math
import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

from barometer.measures.answering import waited
from barometer.measures.delay import Answered, Bounced, Measured
from barometer.statistics import CONFIDENCE


class Point(NamedTuple):
    """From ``seconds`` on, ``share`` has been answered; the interval is 0 to 1 where the estimate has none."""

    seconds: float
    share: float
    low: float
    high: float


class Curve(NamedTuple):
    """Steps in time, from nought on, and how far anybody was watched; ``answered`` of ``total`` attempts had an answer."""

    points: tuple[Point, ...]
    watched: float
    answered: int
    total: int


class NoCurve(NamedTuple):
    """Nothing was waited for."""


def answer_curve(measured: Iterable[Measured]) -> Curve | NoCurve:
    """Return the curve of first attempts that were accepted, in seconds by the clock.

    What bounced at an address that the merchant gives out is never answered, and holds the curve down to its end.
    """
    first = [one for one in measured if one.attempt.reminder_of is None]
    spans = [(one, span) for one in first if (span := waited(one)) is not None]
    if not spans:
        return NoCurve()
    answered = [span.seconds for one, span in spans if isinstance(one.outcome, Answered)]
    waiting = [span.seconds for one, span in spans if not isinstance(one.outcome, Answered)]
    seen = [span.seconds for one, span in spans if not isinstance(one.outcome, Bounced)]
    return Curve(_points(answered, waiting), max(seen, default=0.0), len(answered), len(spans))


def _points(answered: list[float], waiting: list[float]) -> tuple[Point, ...]:
    from scipy.stats import CensoredData, ecdf  # a second to import

    survival = ecdf(CensoredData(uncensored=answered, right=waiting)).sf
    with warnings.catch_warnings():
        # It has no interval before the first answer and after the last.
        warnings.filterwarnings("ignore", "The confidence interval is undefined", RuntimeWarning)
        interval = survival.confidence_interval(CONFIDENCE, method="log-log")
    times = sorted(set(answered))
    shares, low, high = (_answered_by(times, left) for left in (survival, interval.high, interval.low))
    steps = zip(times, shares, low, high, strict=True)
    known = (one if not math.isnan(one[2] + one[3]) else (*one[:2], 0.0, 1.0) for one in steps)
    return (Point(0.0, 0.0, 0.0, 0.0), *(Point(*one) for one in known))


def _answered_by(times: list[float], left: Any) -> list[float]:
    """Return one minus what *left*, a curve of those still waiting, is at each of *times*."""
    return [1 - float(share) for share in left.evaluate(times)] if times else []
