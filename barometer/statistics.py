"""Shares and waiting times with what they rest on: denominators and intervals, or that there was nothing to measure."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

CONFIDENCE = 0.95
"""How sure an interval is (*ours*: what most publications use)."""
_HALF = 0.5 + 1e-9
"""A half, with room for the rounding of a product of fractions."""


class NotMeasured(NamedTuple):
    """There is no figure; ``reason`` is a few words for people."""

    reason: str


class Share(NamedTuple):
    """A part of ``total``, from 0 to 1, and the interval that holds it with :data:`CONFIDENCE`.

    ``part`` were seen to belong to it. Where some of the total were not watched to the end, ``censored`` counts these,
    and ``value`` is an estimate, no longer ``part`` by ``total``.
    """

    value: float
    low: float
    high: float
    part: int
    total: int
    censored: int = 0


class Median(NamedTuple):
    """After how many seconds half of ``total`` had answered, by Kaplan and Meier; ``answered`` of them did in the end."""

    seconds: float
    answered: int
    total: int


class LongerThan(NamedTuple):
    """Fewer than half of ``total`` answered: the median is longer than the ``seconds`` that anybody was watched for."""

    seconds: float
    answered: int
    total: int


def wilson(count: int, total: int) -> Share | NotMeasured:
    """Return *count* of *total* as a share with its Wilson interval; raises ``ValueError`` for a count that is no part."""
    if not 0 <= count <= total:
        raise ValueError(f"{count} is no part of {total}")
    if total == 0:
        return NotMeasured("nothing to count")
    return Share(count / total, *_wilson_interval(count, total), count, total)


def median(answered: Sequence[float], waiting: Sequence[float]) -> Median | LongerThan | NotMeasured:
    """Return the Kaplan-Meier median of delays in seconds.

    *answered* are the delays of those that were answered; *waiting* says how long each of the others was watched in vain.
    Raises ``ValueError`` for a negative one.
    """
    if not answered and not waiting:
        return NotMeasured("nothing was waited for")
    total = len(answered) + len(waiting)
    survival = _survival(answered, waiting)
    for seconds, still_waiting in zip(survival.quantiles, survival.probabilities, strict=True):
        if still_waiting <= _HALF:
            return Median(float(seconds), len(answered), total)
    return LongerThan(float(max((*answered, *waiting))), len(answered), total)


def answered_by(seconds: float, answered: Sequence[float], waiting: Sequence[float]) -> Share | NotMeasured:
    """Return the share answered within *seconds*, the end included, of all that were *answered* or are still *waiting*.

    Both are in seconds, as for :func:`median`. As long as everybody was watched that long, it is a plain share with its
    Wilson interval. Else it is the Kaplan-Meier estimate at *seconds*, with Greenwood's interval on the scale of log(-log);
    where that has none, because nobody or everybody known had answered, with the Wilson interval of those whose case is
    known. It is not measured if the last ones known were not watched so long. Raises ``ValueError`` for a negative time.
    """
    in_time = sum(delay <= seconds for delay in answered)
    total = len(answered) + len(waiting)
    censored = sum(watched < seconds for watched in waiting)
    if total == 0:
        return NotMeasured("nothing was waited for")
    if not censored:
        return wilson(in_time, total)
    if censored + in_time == total and max(waiting) >= max(answered, default=0.0):
        return NotMeasured("nobody was watched for so long")
    survival = _survival(answered, waiting)
    value = 1 - float(survival.evaluate(seconds))
    if in_time == 0 or value >= 1:
        low, high = _wilson_interval(in_time, total - censored)
    else:
        low, high = _greenwood_interval(survival, seconds)
    return Share(value, low, high, in_time, total, censored)


def _wilson_interval(count: int, total: int) -> tuple[float, float]:
    from scipy.stats import binomtest  # a second to import, and most commands need no statistics

    interval = binomtest(count, total).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def _greenwood_interval(survival: Any, seconds: float) -> tuple[float, float]:
    with warnings.catch_warnings():
        # It has no interval before the first answer and after the last, where it is not read.
        warnings.filterwarnings("ignore", "The confidence interval is undefined", RuntimeWarning)
        interval = survival.confidence_interval(CONFIDENCE, method="log-log")
    return 1 - float(interval.high.evaluate(seconds)), 1 - float(interval.low.evaluate(seconds))


def _survival(answered: Sequence[float], waiting: Sequence[float]) -> Any:
    """Return scipy's Kaplan-Meier estimate of the share still waiting after a time."""
    from scipy.stats import CensoredData, ecdf

    if min((*answered, *waiting)) < 0:
        raise ValueError("a time cannot be negative")
    return ecdf(CensoredData(uncensored=answered, right=waiting)).sf
