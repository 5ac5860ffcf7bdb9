"""The reader who puts every table together, played before anything is printed. Pure.

All that is said of a family is a set of linear equations and bounds on how many merchants lie where; what a reader can know
of one cell is its least and its greatest value under them. Both are found by linear programming, as statistical offices
audit their tables (Willenborg and de Waal, Elements of Statistical Disclosure Control, 2001, chapter 6). The reader played
here knows more than ours will: the size of every category, every share that is told exactly, not rounded, and the rule, so
that silence speaks as well.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from barometer.figures.disclosure_tables import LEAST, WIDTH, Question, Said, Statement, Tables

_SLACK = 1e-6
"""What a width may lack by the solver's rounding."""


class Cell(NamedTuple):
    """Merchants of ``category`` (``None``: of all) in ``atoms`` of ``block``; ``width`` is within how much it must
    stay hidden, as many merchants weigh there."""

    category: str | None
    block: str
    atoms: frozenset[str]
    width: float


class Bounds(NamedTuple):
    """The least and the most merchants that a reader can think a cell holds."""

    low: float
    high: float


def _exactly(value: float) -> Bounds:
    return Bounds(value, value)


def protected(tables: Tables, said: Said) -> Said:
    """Return *said* with as much hidden as it takes so that no sensitive cell can be placed closely."""
    said = dict(said)
    cells: list[Cell] = list(sensitive(tables))
    # What is true is possible.
    seen = {cell: _exactly(tables.amount(cell.category, cell.block, cell.atoms)) for cell in cells}
    while cells:
        reader = Reader(tables, said)
        exposed = None
        for cell in cells:
            if reader.narrow(cell, cells, seen):
                exposed = cell
                break
        if exposed is None:
            break
        # What was wide stays wide when less is said, so that only the rest is looked at again.
        cells = cells[cells.index(exposed) :]
        victim = _next_hidden(tables, said, exposed)
        if victim is None:
            break
        for place in _with(victim, said):
            said[place] = Statement.HIDDEN
    return said


def sensitive(tables: Tables) -> Iterator[Cell]:
    """Yield every cell of fewer than five merchants that the questions, if all were answered, would tell."""
    for category in sorted(tables.family.rows) if len(tables.family.rows) > 1 else []:
        asked = [question for question in tables.family.questions if question.by_category]
        yield from _small(tables, category, asked)
    yield from _small(tables, None, tables.family.questions)


def _small(tables: Tables, category: str | None, questions: Sequence[Question]) -> Iterator[Cell]:
    for block, everybody in tables.family.blocks.items():
        # How many there are in all is no secret.
        cells = set(tables.cells(block, questions)) - {frozenset(everybody)}
        for question in questions:
            if block in question.atoms:
                cells |= {question.atoms[block], tables.rest(block, question.atoms[block])}
        for cell in sorted(cells, key=sorted):
            if cell and tables.merchants(category, block, cell) < LEAST and tables.size(category):
                # Of a few merchants less can be unknown: of one whether it does, of two whether one or both.
                width = min(WIDTH, max(1, tables.size(category) - 1))
                yield Cell(category, block, cell, width * _one_merchant(tables, block, cell))


def _one_merchant(tables: Tables, block: str, atoms: frozenset[str]) -> float:
    """Return what a merchant that lies in *atoms* weighs there: 1 where a merchant lies in one atom, else the mean of all."""
    merchants = tables.merchants(None, block, atoms)
    if merchants:
        return min(1.0, tables.amount(None, block, atoms) / merchants)
    return min((weight for row in tables.rows[None] for weight in row.weights[block] if weight > 0), default=1.0)


class Reader:
    """Somebody who knows what was *said*, the size of every category, and how to solve linear programs."""

    def __init__(self, tables: Tables, said: Said) -> None:
        self._tables, self._said = tables, said
        family = tables.family
        self._places = {
            place: number
            for number, place in enumerate(
                (category, block, atom)
                for category in sorted(family.rows)
                for block, atoms in family.blocks.items()
                for atom in atoms
            )
        }
        self._equal: list[tuple[dict[int, float], float]] = []
        self._below: list[tuple[dict[int, float], float]] = []
        self._learn_sizes()
        for (category, key), statement in said.items():
            self._learn(category, next(one for one in family.questions if one.key == key), statement)
        self._known = _matrices(self._equal, self._below, len(self._places))

    def bounds(self, cell: Cell) -> Bounds:
        """Return what the reader knows of *cell*."""
        return Bounds(self._extreme(cell, 1)[0], self._extreme(cell, -1)[0])

    def narrow(self, cell: Cell, cells: Sequence[Cell], seen: dict[Cell, Bounds]) -> bool:
        """Return whether *cell* can be placed too closely; *seen* keeps what is known to be possible of it and of all *cells*.

        Whatever table the solver finds for one cell is one that may be true, and so shows how far others reach.
        """
        for sign in (-1, 1):
            if seen[cell].high - seen[cell].low >= cell.width - _SLACK:
                return False
            _, table = self._extreme(cell, sign)
            for other in cells:
                value = float(sum(table[place] for place in self._variables(other.category, other.block, other.atoms)))
                low, high = seen[other]
                seen[other] = Bounds(min(low, value), max(high, value))
        return seen[cell].high - seen[cell].low < cell.width - _SLACK

    def _extreme(self, cell: Cell, sign: int) -> tuple[float, Sequence[float]]:
        from scipy.optimize import linprog  # half a second to import

        aim = [0.0] * len(self._places)
        for place in self._variables(cell.category, cell.block, cell.atoms):
            aim[place] = float(sign)
        found = linprog(aim, **self._known, bounds=(0, None), method="highs")
        if found.status != 0 or found.fun is None or found.x is None:
            raise ValueError(f"the tables of {self._tables.family.key} contradict each other: {found.message}")
        return sign * float(found.fun), [float(value) for value in found.x]

    def _variables(self, category: str | None, block: str, atoms: frozenset[str]) -> list[int]:
        categories = self._tables.family.rows if category is None else [category]
        return [self._places[one, block, atom] for one in categories for atom in atoms]

    def _learn_sizes(self) -> None:
        """Everybody is in one atom of each block, and what two blocks tell is the same."""
        family = self._tables.family
        for category in family.rows:
            for block, atoms in family.blocks.items():
                places = self._variables(category, block, frozenset(atoms))
                self._equal.append((dict.fromkeys(places, 1.0), float(self._tables.size(category))))
            for question in family.questions:
                (first, own), *others = question.atoms.items()
                for block, same in others:
                    row = dict.fromkeys(self._variables(category, first, own), 1.0)
                    row |= dict.fromkeys(self._variables(category, block, same), -1.0)
                    self._equal.append((row, 0.0))

    def _learn(self, category: str | None, question: Question, statement: Statement) -> None:
        block, atoms = next(iter(question.atoms.items()))
        row = dict.fromkeys(self._variables(category, block, atoms), 1.0)
        match statement:
            case Statement.EXACT:
                self._equal.append((row, self._tables.amount(category, block, atoms)))
            case Statement.FEW:
                self._below.append((row, LEAST - 1.0))
            case Statement.NEARLY_ALL:
                most = -(self._tables.size(category) - (LEAST - 1.0))
                self._below.append((dict.fromkeys(row, -1.0), most))
            case Statement.HIDDEN if self._tables.hidden_for_others(category, question):
                # Nothing at all is said of so many only to protect others: who knows the rule knows that neither side is small.
                self._below.append((dict.fromkeys(row, -1.0), -float(LEAST)))
                self._below.append((row, float(self._tables.size(category) - LEAST)))
            case Statement.HIDDEN:
                pass


def _matrices(
    equal: Sequence[tuple[dict[int, float], float]], below: Sequence[tuple[dict[int, float], float]], width: int
) -> dict[str, Any]:
    from scipy.sparse import csr_array

    def matrix(rows: Sequence[tuple[dict[int, float], float]]) -> Any:
        entries = [(number, place, value) for number, (row, _) in enumerate(rows) for place, value in row.items()]
        numbers, places, values = zip(*entries, strict=True)
        return csr_array((values, (numbers, places)), shape=(len(rows), width))

    known = {"A_eq": matrix(equal), "b_eq": [value for _, value in equal]}
    return known | ({"A_ub": matrix(below), "b_ub": [value for _, value in below]} if below else {})


def _with(victim: tuple[str | None, str], said: Said) -> Iterator[tuple[str | None, str]]:
    """Yield what is hidden together with *victim*: a bound goes with all that is said of its question by category.

    Which one of several bounds had to go would say too much about it.
    """
    category, key = victim
    if category is None or said[victim] is Statement.EXACT:
        yield victim
    else:
        yield from (place for place in said if place[0] is not None and place[1] == key)


def _next_hidden(tables: Tables, said: Said, exposed: Cell) -> tuple[str | None, str] | None:
    """Return what is hidden next to protect *exposed*: of another category, the smallest; else of its own; else the total's.

    Questions come first that were not answered for the exposed one: what it lacks is what the others give away. Of several
    the one that matters least is given up.
    """
    importance = {question.key: place for place, question in enumerate(tables.family.questions)}
    spoken = [place for place, statement in said.items() if statement is not Statement.HIDDEN]

    def cost(place: tuple[str | None, str]) -> tuple[object, ...]:
        category, key = place
        return (
            category is None,
            said[exposed.category, key] is Statement.EXACT,
            category == exposed.category,
            said[place] is not Statement.EXACT,
            tables.size(category),
            -importance[key],
            category or "",
        )

    return min(spoken, key=cost, default=None)
