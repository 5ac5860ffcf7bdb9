"""Merchants that were all asked the same, how many lie where, and what each table could say of them if it stood alone. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

LEAST = 5
"""Merchants that a cell must rest on to be told (method, section 4)."""
LEAST_BOUNDED = 2 * LEAST
"""Merchants of whom it may be said that all but fewer than :data:`LEAST` do, or fewer than that do (*ours*).

Among fewer, "fewer than five do" and "fewer than five do not" are no longer two different things."""
WIDTH = 3
"""A hidden cell stays hidden when nobody can place it within fewer merchants than this (*ours*)."""
Weights = tuple[float, ...]


class Row(NamedTuple):
    """One merchant: by block, which part of it lies in each atom; they sum to 1 a block.

    ``known`` says the same of what was seen to the end, ``None`` where that is all: an attempt that is still open lies in
    atoms by estimation, and makes no merchant count as one who is in them.
    """

    weights: Mapping[str, Weights]
    known: Mapping[str, Weights] | None = None


class Question(NamedTuple):
    """A part of the merchants: by block, the atoms that make it up, and whether it is asked of each category too.

    A question that several blocks can answer has one answer in all of them. ``of`` names the question whose merchants are
    the denominator in the edition as a whole; ``None``: all of the family.
    """

    key: str
    atoms: Mapping[str, frozenset[str]]
    by_category: bool = True
    of: str | None = None


class Family(NamedTuple):
    """Merchants that were all asked the same, by category, and the questions, those that matter most first.

    A ``block`` is a way to tell the merchants apart, such as by depth; its atoms exclude each other and leave nobody out.
    ``attempts`` counts what the answers rest on, where that is more than one look a merchant; ``rounded_to`` is what
    numbers of merchants are rounded to. ``within`` names, by block, the question whose merchants are the whole of its
    distribution, where that is not everybody.
    """

    key: str
    blocks: Mapping[str, tuple[str, ...]]
    questions: tuple[Question, ...]
    rows: Mapping[str, Sequence[Row]]
    attempts: int | None = None
    rounded_to: int = LEAST
    within: Mapping[str, str] = {}


class Statement(StrEnum):
    """How much is said about one question, before it is rounded."""

    EXACT = "exact"
    FEW = "few"
    NEARLY_ALL = "nearly_all"
    HIDDEN = "hidden"


Said = dict[tuple[str | None, str], Statement]
"""By category (``None``: the edition) and question."""


class Tables:
    """The counts behind a family, which never leave this module and the one that attacks it."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self._amounts: dict[tuple[str | None, str, frozenset[str]], float] = {}
        self._merchants: dict[tuple[str | None, str, frozenset[str]], int] = {}
        self.rows: dict[str | None, Sequence[Row]] = dict(family.rows.items())
        self.rows[None] = [row for category in sorted(family.rows) for row in family.rows[category]]

    def size(self, category: str | None) -> int:
        """Return how many merchants there are."""
        return len(self.rows[category])

    def amount(self, category: str | None, block: str, atoms: frozenset[str]) -> float:
        """Return how many merchants *atoms* weigh."""
        cell = (category, block, atoms)
        if cell not in self._amounts:
            chosen = self._chosen(block, atoms)
            self._amounts[cell] = math.fsum(
                row.weights[block][place] for row in self.rows[category] for place in chosen
            )
        return self._amounts[cell]

    def merchants(self, category: str | None, block: str, atoms: frozenset[str]) -> int:
        """Return how many merchants lie in *atoms*, with whatever part of theirs."""
        cell = (category, block, atoms)
        if cell not in self._merchants:
            chosen = self._chosen(block, atoms)
            self._merchants[cell] = sum(
                any((row.known or row.weights)[block][place] > 0 for place in chosen) for row in self.rows[category]
            )
        return self._merchants[cell]

    def hidden_for_others(self, category: str | None, question: Question) -> bool:
        """Return whether both sides of *question* would have been large enough to be told, had nobody else to be protected."""
        block, atoms = next(iter(question.atoms.items()))
        sides = (atoms, self.rest(block, atoms))
        counted = all(self.amount(category, block, side) == self.merchants(category, block, side) for side in sides)
        asked = category is None or question.by_category
        return asked and counted and all(self.merchants(category, block, side) >= LEAST for side in sides)

    def rest(self, block: str, atoms: frozenset[str]) -> frozenset[str]:
        """Return the atoms of *block* that are not among *atoms*."""
        return frozenset(self.family.blocks[block]) - atoms

    def cells(self, block: str, questions: Iterable[Question]) -> list[frozenset[str]]:
        """Return the cells that *questions* divide *block* into, in the order of its atoms: what readers can work out."""
        asked = [question.atoms[block] for question in questions if block in question.atoms]
        cells: dict[tuple[bool, ...], set[str]] = {}
        for atom in self.family.blocks[block]:
            cells.setdefault(tuple(atom in atoms for atoms in asked), set()).add(atom)
        return [frozenset(cell) for cell in cells.values()]

    def _chosen(self, block: str, atoms: frozenset[str]) -> list[int]:
        return [place for place, atom in enumerate(self.family.blocks[block]) if atom in atoms]


def first_said(tables: Tables) -> Said:
    """Return what each table could say if it stood alone."""
    said: Said = {}
    for category in tables.rows:
        kept: list[Question] = []
        for question in tables.family.questions:
            if category is not None and not question.by_category:
                said[category, question.key] = Statement.HIDDEN
                continue
            statement = _alone(tables, category, question, kept)
            said[category, question.key] = statement
            if statement is Statement.EXACT:
                kept.append(question)
    return said


def _alone(tables: Tables, category: str | None, question: Question, kept: Sequence[Question]) -> Statement:
    """Return what may be said of *question* beside the questions that are *kept*."""
    if tables.size(category) < LEAST:
        return Statement.HIDDEN
    told = [*kept, question]
    if all(
        tables.merchants(category, block, cell) >= LEAST
        for block in question.atoms
        for cell in tables.cells(block, told)
    ):
        return Statement.EXACT
    if tables.size(category) < LEAST_BOUNDED:
        return Statement.HIDDEN
    block, atoms = next(iter(question.atoms.items()))
    for statement, cell in ((Statement.FEW, atoms), (Statement.NEARLY_ALL, tables.rest(block, atoms))):
        # What is still open may by estimation add to a cell in which few were seen, and the bound would not hold.
        if tables.merchants(category, block, cell) < LEAST and tables.amount(category, block, cell) <= LEAST - 1:
            return statement
    return Statement.HIDDEN
