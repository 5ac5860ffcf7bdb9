"""What a finding is worth under a criterion, and which case of the grid it falls under. Pure."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from barometer.grids.grid import Criterion
from barometer.observations import Finding, Nothing, Seen, Unknown

LEFT_OUT = "left_out"
"""The reason of what was seen, and what the grid gives no points for, not even none."""
BEYOND = "beyond"
NOTHING = "nothing"
UNSHOWN = "unshown"


class Worth(NamedTuple):
    """Points, exact, and the case they are given for (see ``CriterionMark.tally``)."""

    points: Fraction
    case: str


class Step(NamedTuple):
    """A band ready to be compared with: its upper end as a number, ``None`` for whatever is beyond."""

    up_to: float | None
    worth: Worth


def worth_of(criterion: Criterion, finding: Finding) -> Worth | None:
    """Return what a night's *finding* is worth; ``None`` where the grid leaves it out, or where nothing was found out."""
    match finding:
        case Seen(value=str(word)):
            return _worth(criterion.words[word], f"word:{word}")
        case Seen(value=value):
            return reached(ladder(criterion), float(value))
        case Nothing():
            return nothing(criterion)
        case Unknown():
            return None


def nothing(criterion: Criterion) -> Worth | None:
    """Return what silence is worth, or a channel that is not shown; ``None`` where the grid leaves it out."""
    return _worth(criterion.nothing, NOTHING)


def ladder(criterion: Criterion) -> tuple[Step, ...]:
    """Return the bands of *criterion*, lowest first."""
    steps = []
    for band in criterion.bands:
        case = BEYOND if band.up_to is None else f"up_to:{plain(band.up_to)}"
        steps.append(Step(None if band.up_to is None else float(band.up_to), Worth(Fraction(band.points), case)))
    return tuple(steps)


def reached(steps: tuple[Step, ...], amount: float) -> Worth:
    """Return what *amount* is worth: the first band it does not exceed; raises ``ValueError`` when it is beyond them all."""
    for step in steps:
        if step.up_to is None or amount <= step.up_to:
            return step.worth
    raise ValueError(f"no band holds {amount}")


def rated(criterion: Criterion, mark: Fraction) -> Worth:
    """Return what a mark that people gave is worth: its part of the scale, of the criterion's maximum."""
    if criterion.scale is None:
        raise ValueError(f"{criterion.key} has no scale")
    return _rated(*mark.as_integer_ratio(), criterion.scale, criterion.maximum)


def plain(amount: Decimal) -> str:
    """Return *amount* in digits, without zeros that say nothing: ``3600``, ``1.5``."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=4096)
def _rated(numerator: int, denominator: int, scale: Decimal, maximum: Decimal) -> Worth:
    mark = Fraction(numerator, denominator)
    part = min(mark / Fraction(scale), Fraction(1))  # a scale of the grid may end below that of the raters
    hundredths = Decimal(round(mark * 100)).scaleb(-2)
    return Worth(part * Fraction(maximum), f"mark:{plain(hundredths)}")


def _worth(points: Decimal | None, case: str) -> Worth | None:
    return None if points is None else Worth(Fraction(points), case)
