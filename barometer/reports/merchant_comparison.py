"""What a merchant may know of its category: the mean and the best, rounded, and only where they give nobody away. Pure.

The reader is taken for a competitor who holds two reports of the category and knows the published podium. From the rounded
mean and best, the rounding and the number of merchants, that reader must not find out any other merchant's mark: where marks
are few, as those of one night are, two different ones must be left among the merchants that the reader does not know; of any
other mark a tenth of the scale must stay open. Where that fails, neither mean
nor best is given, whatever the reason, so that being left out says little by itself. Every report of a category
holds the same figures, whoever it is for: two of them say no more than one.
"""

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

FEWEST = 5
"""Merchants that a mean and a best are given of, at least (method, section 4: no cell of fewer)."""
SCORE_STEP = Fraction(1, 40)
"""What scores are rounded to, as a part of the scale: half a point on /20 (*ours*)."""
POINTS_STEP = Fraction(1, 10)
"""The same for a criterion or a family: a tenth of its maximum (*ours*)."""
SMALL = 8
"""Where fewer are measured, figures are rounded twice as coarsely (*ours*): each of a few weighs more in a mean."""
OPEN = Fraction(1, 10)
"""How much of the scale must stay open about everybody else's mark (*ours*)."""
REPORTS_HELD = 2
"""Reports of the category that one reader holds at most (*ours*): its own and a friend's."""
MOST_PAIRED = 24
"""Merchants among which every pair is tried; among more, the extremes, which say most (*ours*)."""


class Comparison(NamedTuple):
    """Mean and best of a category as parts of the scale, 0 to 1, each to the nearest ``step``."""

    mean: Fraction
    best: Fraction
    step: Fraction


class Withheld(NamedTuple):
    """Fewer than :data:`FEWEST` were measured, or the figures would tell too much; which of the two is not said."""


Compared = Comparison | Withheld


class _Reader(NamedTuple):
    """What a reader does not know: how many marks, which, and between which bounds they and their sum must lie.

    ``needs_best``: nobody whom the reader knows has the best mark, so that somebody else must.
    """

    marks: tuple[Fraction, ...]
    least_sum: Fraction
    most_sum: Fraction
    least_best: Fraction
    most: Fraction
    needs_best: bool


def compared(
    marks: Sequence[Fraction],
    step: Fraction,
    public: Collection[int] = (),
    possible: Collection[Fraction] = (),
    ceiling: Fraction = Fraction(1),
) -> Compared:
    """Return mean and best of *marks*, parts of the scale from 0 to 1, to the nearest *step*, where that may be told.

    Of fewer than :data:`SMALL` the step is twice as wide.
    *public* are the positions of those whom a podium names. *possible* are all the marks there are, where they are few;
    empty where a mark may lie anywhere. *ceiling* is what nobody off the podium can be above.
    """
    if len(marks) < FEWEST:
        return Withheld()
    step = 2 * step if len(marks) < SMALL else step
    told = Comparison(_rounded(sum(marks, Fraction(0)) / len(marks), step), _rounded(max(marks), step), step)
    is_one_of_few = bool(possible) and frozenset(possible).issuperset(marks)
    # In order, what is left when some are taken out is in order too.
    order = sorted(range(len(marks)), key=lambda at: marks[at])
    ranked, named = [marks[at] for at in order], frozenset(order.index(at) for at in public)
    readers = {_reader(ranked, told, named | pair, ceiling) for pair in _pairs(ranked, named)}
    if all(_stays_open(reader, is_one_of_few) for reader in readers):
        return told
    return Withheld()


def _pairs(ranked: Sequence[Fraction], named: frozenset[int]) -> Iterator[frozenset[int]]:
    """Yield the positions of those whose reports one reader may hold; of pairs with the same marks, one."""
    places = list(range(len(ranked)))
    if len(ranked) > MOST_PAIRED:
        places = [*places[:REPORTS_HELD], *places[-REPORTS_HELD:]]
    seen: set[tuple[tuple[Fraction, bool], ...]] = set()
    for pair in combinations(places, REPORTS_HELD):
        held = tuple((ranked[at], at in named) for at in pair)
        if held not in seen:
            seen.add(held)
            yield frozenset(pair)


def _reader(marks: Sequence[Fraction], told: Comparison, known: frozenset[int], ceiling: Fraction) -> _Reader:
    """Return what a reader who knows the marks at *known* is left with."""
    held = [marks[at] for at in known]
    half, total, kept = told.step / 2, len(marks), sum(held, Fraction(0))
    least_best = max(told.best - half, Fraction(0))
    return _Reader(
        marks=tuple(mark for at, mark in enumerate(marks) if at not in known),
        least_sum=max(total * (told.mean - half) - kept, Fraction(0)),
        most_sum=total * (told.mean + half) - kept,
        least_best=least_best,
        most=min(told.best + half, ceiling, Fraction(1)),
        needs_best=all(mark < least_best for mark in held),
    )


def _stays_open(reader: _Reader, is_one_of_few: bool) -> bool:
    """Tell whether *reader* can find out nobody's mark.

    Which of the unknown has which of their marks, no figure says: two that differ are two that each may have. That holds
    for readers who know this rule as well, since it looks at nothing but what they cannot tell apart.
    """
    if not reader.marks:
        return True
    return reader.marks[0] != reader.marks[-1] if is_one_of_few else _width(reader) >= OPEN


def _width(reader: _Reader) -> Fraction:
    """Return how far apart the least and the most of one unknown mark are, as far as the reader can tell."""
    others = len(reader.marks) - 1
    least = max(reader.least_sum - others * reader.most, Fraction(0))
    if reader.needs_best and not others:
        least = max(least, reader.least_best)
    return min(reader.most, reader.most_sum) - least


def _rounded(part: Fraction, step: Fraction) -> Fraction:
    """Return *part* to the nearest multiple of *step*, half up."""
    return (part / step + Fraction(1, 2)).__floor__() * step
