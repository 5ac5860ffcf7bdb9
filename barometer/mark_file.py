"""Marks as a CSV file: answers go out to one rater, and come back with a mark or a reason in each column."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy.orm import Session

from barometer.desk import person
from barometer.errors import UserError
from barometer.filled_csv import Row
from barometer.panel_file import Problem
from probes.criteria import Judgement, criteria, give, judgement
from probes.marking import MARKED, Answer, answers

SHOWN = ("attempt", "rater", "channel", "language", "subject", "question", "answer")
"""Columns that tell what to mark; an import looks at the first two. No merchant and no other mark is among them."""


class Marked(NamedTuple):
    """One row that a rater filled in."""

    line: int
    attempt_id: str
    rater: str
    marks: dict[str, Judgement]


class Imported(NamedTuple):
    """What an import did: answers whose marks are new or changed, answers as they were, and what is wrong."""

    new: int
    unchanged: int
    problems: list[Problem]


def criteria_columns() -> tuple[str, ...]:
    """Return the criteria of the channels whose answers are marked from their text."""
    return tuple(key for key, one in criteria().items() if not one.channels.isdisjoint(MARKED))


def columns() -> tuple[str, ...]:
    """Return every column of the file, in the order an export writes them."""
    return (*SHOWN, *criteria_columns())


def exported(found: Iterable[Answer], rater: str) -> list[list[str]]:
    """Return a row an answer, its marks left empty."""
    empty = [""] * len(criteria_columns())
    return [
        [one.attempt_id, rater, one.channel, one.language, one.subject or "", one.question, one.text, *empty]
        for one in found
    ]


def marked(rows: Iterable[Row]) -> tuple[list[Marked], int, list[Problem]]:
    """Return the rows that were filled in, how many were left empty, and what is wrong with the others."""
    found: list[Marked] = []
    problems: list[Problem] = []
    empty = 0
    for row in rows:
        filled = {key: row.cell(key) for key in criteria_columns() if row.cell(key)}
        if not filled:
            empty += 1
            continue
        marks = {}
        for key, cell in filled.items():
            try:
                marks[key] = judgement(cell)
            except ValueError as error:
                problems.append(Problem(row.line, key, f"'{cell[:20]}' {error}", None))
        try:
            found.append(Marked(row.line, row.cell("attempt"), person(row.cell("rater"), "rater"), marks))
        except UserError as error:
            problems.append(Problem(row.line, "rater", error.what, error.remedy))
    return found, empty, problems


def import_rows(session: Session, rows: Iterable[Marked]) -> Imported:
    """Bring *rows* in; where anything is wrong, the caller must roll back."""
    known = {one.attempt_id: one for one in answers(session)}
    new = unchanged = 0
    problems: list[Problem] = []
    for row in rows:
        answer = known.get(row.attempt_id)
        if answer is None:
            what = f"there is no answer to mark for '{row.attempt_id[:40]}'"
            problems.append(Problem(row.line, "attempt", what, "keep what the export wrote"))
            continue
        changed = give(session, row.attempt_id, row.rater, row.marks) > 0
        new, unchanged = new + changed, unchanged + (not changed)
    return Imported(new, unchanged, problems)
