"""What may be printed of figures about merchants that are not named. Pure: one module decides, and every number passes it.

A cell is a number of merchants. None of fewer than five is told, neither is one that readers could work out: by taking a
share from the whole, a category from the total, one threshold from the next, or one table from another. :class:`Disclosed`
is made from a whole :class:`Family` and keeps nothing of it but what may be printed, rounded, so that what draws and prints
cannot show a number that was not checked. How it is decided, in this order:

1. :mod:`.disclosure_tables`: in each category, and of the edition as a whole, a share is told where it, the rest, and what
   lies between it and every other share that is told there rest on five merchants each, or more. Otherwise, among ten
   merchants or more, it is said only that nearly all or hardly any belong to it. Otherwise nothing is told.
2. :mod:`.disclosure_attack` plays the reader who puts all of that together. Where it could place a hidden cell within fewer
   than three merchants, more is hidden, the smallest category first, until it no longer can.
3. What is left is rounded: a share to no less than the weight of one merchant, a number of merchants to fives.
"""

import math
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from barometer.figures.disclosure_tables import (
    LEAST,
    LEAST_BOUNDED,
    Family,
    Question,
    Said,
    Statement,
    Tables,
    first_said,
)
from barometer.statistics import Share, wilson

STEPS = (1, 2, 5, 10, 20)
"""What shares are rounded to, in percent: the first that one merchant weighs no more than."""


class Told(NamedTuple):
    """A share that may be printed: ``share`` from 0 to 1, rounded to ``step`` percent, of about ``base`` merchants.

    The interval is Wilson's, at 95 %, from the rounded share and base alone, so that it tells nothing more than they do.
    A share of 0 is one below half a step, never nobody.
    """

    share: float
    low: float
    high: float
    base: int
    step: int


class Bounded(NamedTuple):
    """All but a few (``at_least``) or hardly any (``at_most``) of about ``base`` merchants; the other bound is ``None``.

    ``low`` and ``high`` are the interval's ends, at 95 %.
    """

    at_least: float | None
    at_most: float | None
    low: float
    high: float
    base: int


class Withheld(NamedTuple):
    """Nothing is told; whether nobody was asked, too few were, or others must be protected, is not said either."""


Figure = Told | Bounded | Withheld


class Level(NamedTuple):
    """One step of a distribution: the ``atoms`` that are told together, and their share."""

    atoms: tuple[str, ...]
    figure: Told


class Disclosed:
    """What may be printed about one family; it holds rounded figures and no count."""

    __slots__ = ("_attempts", "_base", "_by_category", "_key", "_levels", "_overall")

    def __init__(self, family: Family) -> None:
        from barometer.figures.disclosure_attack import protected

        tables = Tables(family)
        said = protected(tables, first_said(tables))
        self._key = family.key
        self._base = rounded(tables.size(None), family.rounded_to) if tables.size(None) >= LEAST else None
        # Attempts are told as fives of them too, and only where they come from enough merchants.
        attempts = family.attempts if self._base is not None else None
        self._attempts = None if attempts is None else rounded(attempts, LEAST)
        self._overall = {question.key: _figure(tables, said, None, question) for question in family.questions}
        asked = [question for question in family.questions if question.by_category]
        categories = sorted(family.rows) if len(family.rows) > 1 else []
        self._by_category = {
            category: {question.key: _figure(tables, said, category, question) for question in asked}
            for category in categories
        }
        self._levels = {block: _levels(tables, said, block) for block in family.blocks}

    @property
    def key(self) -> str:
        """The family's name."""
        return self._key

    @property
    def base(self) -> int | None:
        """About how many merchants there are; ``None`` where they are too few to be counted."""
        return self._base

    @property
    def attempts(self) -> int | None:
        """About how many attempts the figures rest on; ``None`` where they are no attempts, or too few merchants' own."""
        return self._attempts

    @property
    def overall(self) -> Mapping[str, Figure]:
        """The figures of the whole edition, by question."""
        return self._overall

    @property
    def by_category(self) -> Mapping[str, Mapping[str, Figure]]:
        """The figures of each category, by question; empty where there is only one category, which is the edition."""
        return self._by_category

    @property
    def distributions(self) -> Mapping[str, tuple[Level, ...]]:
        """The distribution over each block, neighbours pooled until each may be told; empty where none may."""
        return self._levels

    def levels(self, block: str) -> tuple[Level, ...]:
        """Return the distribution over *block*."""
        return self._levels[block]


def step_of(base: int) -> int:
    """Return what a share of *base* merchants is rounded to, in percent: at least what one of them weighs."""
    return next((step for step in STEPS if step * base >= 100), STEPS[-1])


def rounded(count: float, to: int) -> int:
    """Return *count* to the nearest multiple of *to*, halves up; never less than the five that make it tellable."""
    return max(LEAST, math.floor(count / to + 0.5) * to) if count >= to else LEAST


def _figure(tables: Tables, said: Said, category: str | None, question: Question) -> Figure:
    """Return what may be printed, rounded."""
    size, statement = tables.size(category), said[category, question.key]
    to = tables.family.rounded_to
    block, atoms = next(iter(question.atoms.items()))
    match statement:
        case Statement.EXACT:
            whole = float(size)
            if question.of is not None and category is None:
                if said[category, question.of] is not Statement.EXACT:
                    return Withheld()
                wider = next(one for one in tables.family.questions if one.key == question.of)
                whole = tables.amount(category, block, wider.atoms[block])
            return told(tables.amount(category, block, atoms) / whole, rounded(whole, to))
        case Statement.FEW | Statement.NEARLY_ALL if question.of is None or category is not None:
            return _bounded(statement, rounded(size, to), to)
        case _:
            return Withheld()


def told(share: float, base: int) -> Told:
    """Return *share*, rounded, of a *base* that is rounded already, with the interval that these two give."""
    step = step_of(base)
    percent = min(100, math.floor(100 * share / step + 0.5) * step)
    interval = wilson_around(percent / 100, base)
    return Told(percent / 100, interval.low, interval.high, base, step)


@cache
def wilson_around(share: float, base: int) -> Share:
    """Return *share* of *base* merchants with its Wilson interval.

    A share of attempts is a mean over merchants, each counted once, and has the interval that it would have if a merchant's
    attempts all ended alike. They resemble each other, so that ten calls to one merchant tell less than calls to ten; this
    is the widest that it can be.
    """
    found = wilson(min(base, math.floor(share * base + 0.5)), base)
    assert isinstance(found, Share)
    return found


def _bounded(statement: Statement, base: int, to: int) -> Bounded:
    """Return a bound that holds for every number of merchants that is rounded to *base*."""
    step, fewest = step_of(base), max(LEAST_BOUNDED, base - to // 2)
    few = math.ceil(100 * (LEAST - 1) / fewest / step) * step / 100
    if statement is Statement.FEW:
        return Bounded(None, few, 0.0, wilson_around(few, base).high, base)
    return Bounded(1 - few, None, wilson_around(1 - few, base).low, 1.0, base)


def _levels(tables: Tables, said: Said, block: str) -> tuple[Level, ...]:
    family, order = tables.family, tables.family.blocks[block]
    exact = [one for one in family.questions if said[None, one.key] is Statement.EXACT and block in one.atoms]
    whole = frozenset(order)
    if block in family.within:
        whole = next((one.atoms[block] for one in exact if one.key == family.within[block]), frozenset())
    if not exact or not whole:
        return ()
    size = tables.amount(None, block, whole)
    base = rounded(size, family.rounded_to)
    return tuple(
        Level(tuple(atom for atom in order if atom in cell), told(tables.amount(None, block, cell) / size, base))
        for cell in tables.cells(block, exact)
        if cell <= whole
    )
