"""What a merchant may know of its category: the mean and the best, rounded, and only where they give nobody away. Pure.

The reader is taken for a competitor who holds two reports of the category, knows the published podium and how many took part,
and knows this rule as well, so that silence is an answer like any other. Where marks are few, as those of one night are, two
different ones must be left among the merchants whom the reader does not know. Of any other mark a tenth of the scale must stay
open about each of them, and that is not looked up in their marks: mean and best are told where the sum lies so far from both
its ends that it leaves as much whatever the reader holds, and the ends follow from what is public. Whoever is told nothing can
still think that all the others have no marks at all, and that any one of them has a tenth.
Every report of a category holds the same figures, whoever it is for: two of them say no more than one.
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
LEAST_BEST = Fraction(1, 2)
"""What the best that is told must leave room for, as a part of the scale (*ours*): below a low best all lie close together."""
SCORE_UNIT = Fraction(1, 200)
"""What scores are told apart by: a tenth of a point on /20 (method, section 4)."""
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


class Public(NamedTuple):
    """What everybody knows of the marks of a category: what each laureate has, and what nobody else is above."""

    podium: tuple[Fraction, ...]
    ceiling: Fraction


def compared_scores(marks: Sequence[Fraction], public: Public) -> Compared:
    """Return mean and best of the scores *marks*, parts of the scale from 0 to 1, where that may be told.

    *marks* are of everybody, the laureates of *public* among them, and rounded to :data:`SCORE_UNIT`.
    """
    told = _told(marks, SCORE_STEP)
    if told is None:
        return Withheld()
    highest = min(public.ceiling, told.best + told.step / 2)
    others, kept = len(marks) - len(public.podium), sum(public.podium, Fraction(0))
    # Nobody else may reach quite what bounds them: scores are a unit apart.
    margin = OPEN + len(marks) * SCORE_UNIT
    least = kept + REPORTS_HELD * highest + margin
    most = kept + (others - REPORTS_HELD) * highest - margin
    is_bounded = sorted(marks, reverse=True)[len(public.podium) :][0] <= public.ceiling if others else False
    return told if is_bounded and _is_inside(told, len(marks), least, most, highest) else Withheld()


def compared_parts(marks: Sequence[Fraction], laureates: int) -> Compared:
    """Return mean and best of *marks* on a criterion or a family, parts of its maximum, where that may be told.

    The reader may know what the *laureates* have and what two reports say, and no more: about each of the others anything
    from nothing to the best that is told stays open.
    """
    told = _told(marks, POINTS_STEP)
    if told is None:
        return Withheld()
    highest, known = min(Fraction(1), told.best + told.step / 2), laureates + REPORTS_HELD
    least, most = (known + 1) * highest, (len(marks) - known - 1) * highest
    return told if _is_inside(told, len(marks), least, most, highest) else Withheld()


def compared_few(marks: Sequence[Fraction], public: Collection[int], possible: Collection[Fraction]) -> Compared:
    """Return mean and best of *marks* on a criterion on which only the *possible* ones can be earned, where that may be told.

    *public* are the positions of those whom a podium names. Which of the unknown has which of their marks, no figure says:
    two that differ are two that each may have. Readers cannot tell apart what this rule looks at, so that it may be known.
    """
    told = _told(marks, POINTS_STEP)
    if told is None or not frozenset(possible).issuperset(marks):
        return Withheld()
    # In order, what is left when some are taken out is in order too.
    order = sorted(range(len(marks)), key=lambda at: marks[at])
    ranked, named = [marks[at] for at in order], frozenset(order.index(at) for at in public)
    left = ([mark for at, mark in enumerate(ranked) if at not in named | pair] for pair in _pairs(ranked, named))
    return told if all(not unknown or unknown[0] != unknown[-1] for unknown in left) else Withheld()


def _told(marks: Sequence[Fraction], step: Fraction) -> Comparison | None:
    """Return mean and best to the nearest *step*, of few twice as wide; ``None`` of fewer than may be compared."""
    if len(marks) < FEWEST:
        return None
    step = 2 * step if len(marks) < SMALL else step
    return Comparison(_rounded(sum(marks, Fraction(0)) / len(marks), step), _rounded(max(marks), step), step)


def _is_inside(told: Comparison, count: int, least: Fraction, most: Fraction, highest: Fraction) -> bool:
    """Tell whether every sum of *count* marks that is rounded to the mean lies from *least* to *most*."""
    half = told.step / 2
    return highest >= LEAST_BEST and count * (told.mean - half) >= least and count * (told.mean + half) <= most


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


def _rounded(part: Fraction, step: Fraction) -> Fraction:
    """Return *part* to the nearest multiple of *step*, half up."""
    return (part / step + Fraction(1, 2)).__floor__() * step
