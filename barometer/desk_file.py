"""The desk as a CSV file: tasks go out to a call centre, and come back with moments, outcomes and marks.

A file is imported whole or not at all, and importing it again changes nothing. What the file says must agree with what was
stamped already: it may go on from there, and never contradicts it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from barometer.desk import person
from barometer.desk_times import moment
from barometer.errors import UserError
from barometer.filled_csv import Row
from barometer.panel_file import Problem
from probes import desk
from probes.criteria import Judgement, criteria, criteria_of, give, judgement
from probes.desk_card import BadLink, Posted, asks, drafts, posted
from probes.desk_outcomes import DeskOutcome, outcomes
from probes.journal import OutOfStep
from probes.stamping import LONGEST_NOTE, StampRefused, close, stamp
from probes.stamps import answered
from storage.vocabulary import StampKind

SHOWN = ("attempt", "task", "merchant", "site", "target", "price", "language", "words", "wanted", "link_to", "due")
"""Columns that tell what to do; an import looks at the first one only."""
STAMPS: tuple[StampKind, ...] = tuple(kind for kind in StampKind if kind is not StampKind.UNDO)
FILLED = ("operator", *STAMPS, "outcome", "note", "link")
"""Columns that a person fills, and after them one a criterion."""
CLOCKS_APART = timedelta(minutes=5)
"""How far in the future a moment may lie, for clocks that go ahead (*ours*)."""
LONGEST_TASK = timedelta(hours=24)
"""Longest time from one stamp to the next but for an answer to a post; more is a slip in a date (*ours*)."""


class Filled(NamedTuple):
    """One row that a person filled in: what they stamped, how it ended, and their marks by criterion."""

    line: int
    attempt_id: str
    operator: str
    stamps: list[tuple[StampKind, datetime]]
    outcome: DeskOutcome | None
    note: str
    link: str
    marks: dict[str, Judgement]


class Imported(NamedTuple):
    """What an import did: tasks newly ended, tasks as they were, and what is wrong, for which nothing was kept."""

    new: int
    unchanged: int
    problems: list[Problem]


def columns() -> tuple[str, ...]:
    """Return every column of the file, in the order an export writes them."""
    return (*SHOWN, *FILLED, *criteria())


def exported(tasks: Iterable[desk.Task], price: Mapping[str, str]) -> list[list[str]]:
    """Return a row a task, the columns to fill left empty; *price* says in words what a call costs, by attempt."""
    empty = [""] * (len(columns()) - len(SHOWN))
    return [[*_shown(task, price), *empty] for task in tasks]


def filled(
    rows: Iterable[Row], zone: ZoneInfo | None, operator: str | None, now: datetime
) -> tuple[list[Filled], int, list[Problem]]:
    """Return the rows that were filled in, how many were left empty, and what is wrong with the others."""
    found: list[Filled] = []
    problems: list[Problem] = []
    empty = 0
    for row in rows:
        if not any(row.cell(column) for column in (*STAMPS, "outcome", "note", "link", *criteria())):
            empty += 1
            continue
        reading = _Reader(row, zone, now)
        one = reading.filled(operator)
        found += [] if reading.problems else [one]
        problems += reading.problems
    lines: dict[str, int] = {}
    for one in found:
        if one.attempt_id in lines:
            what = f"is the same attempt as line {lines[one.attempt_id]}"
            problems.append(Problem(one.line, "attempt", what, "keep one of the two rows"))
        lines.setdefault(one.attempt_id, one.line)
    return found, empty, problems


def import_rows(session: Session, rows: Iterable[Filled], now: datetime) -> Imported:
    """Bring *rows* in; where anything is wrong, the caller must roll back."""
    new = unchanged = 0
    problems: list[Problem] = []
    for row in rows:
        try:
            with session.begin_nested():
                changed = _import(session, row, now)
        except (StampRefused, OutOfStep, BadLink, desk.NoSuchTask, UserError) as error:
            what, remedy = (error.what, error.remedy) if isinstance(error, UserError) else (str(error), None)
            problems.append(Problem(row.line, "", what, remedy))
        else:
            new, unchanged = new + changed, unchanged + (not changed)
    return Imported(new, unchanged, problems)


class _Reader:
    """Reads the cells of one row, and keeps what is wrong with each."""

    def __init__(self, row: Row, zone: ZoneInfo | None, now: datetime) -> None:
        self.row, self.zone, self.now = row, zone, now
        self.problems: list[Problem] = []

    def filled(self, operator: str | None) -> Filled:
        """Return the row as far as it could be read; it counts only where there are no problems."""
        attempt_id = self.row.cell("attempt")
        if not attempt_id:
            self._problem("attempt", UserError("is empty", "keep what the export wrote"))
        stamps = [(kind, at) for kind in STAMPS if (at := self._moment(kind))]
        self._refuse_long_gaps(stamps)
        note, link = " ".join(self.row.cell("note").split())[:LONGEST_NOTE], self.row.cell("link")
        outcome = self._outcome(bool(stamps or note or link))
        return Filled(self.row.line, attempt_id, self._operator(operator), stamps, outcome, note, link, self._marks())

    def _moment(self, kind: StampKind) -> datetime | None:
        cell = self.row.cell(kind)
        if not cell:
            return None
        try:
            found = moment(cell, self.zone)
            if found > self.now + CLOCKS_APART:
                raise UserError(f"'{cell[:40]}' lies in the future", "check the date and the time zone")
        except UserError as error:
            self._problem(kind, error)
            return None
        return found

    def _refuse_long_gaps(self, stamps: list[tuple[StampKind, datetime]]) -> None:
        for (_, earlier), (kind, later) in pairwise(stamps):
            if later - earlier > LONGEST_TASK and kind is not StampKind.ANSWERED:
                self._problem(kind, UserError("lies more than a day after the stamp before it", "check the date"))

    def _operator(self, given: str | None) -> str:
        name = self.row.cell("operator") or given or ""
        try:
            return person(name, "operator")
        except UserError as error:
            self._problem("operator", error)
            return ""

    def _outcome(self, needed: bool) -> DeskOutcome | None:
        word = self.row.cell("outcome").casefold().replace(" ", "_")
        if word and word not in outcomes():
            self._problem("outcome", UserError(f"'{word[:40]}' is no outcome", f"one of: {', '.join(outcomes())}"))
        elif needed and not word:
            self._problem("outcome", UserError("is empty", f"say how it ended: {', '.join(outcomes())}"))
        return outcomes().get(word)

    def _marks(self) -> dict[str, Judgement]:
        marks: dict[str, Judgement] = {}
        for key in criteria():
            if self.row.cell(key):
                try:
                    marks[key] = judgement(self.row.cell(key))
                except ValueError as error:
                    self._problem(key, UserError(f"'{self.row.cell(key)[:20]}' {error}"))
        return marks

    def _problem(self, column: str, error: UserError) -> None:
        self.problems.append(Problem(self.row.line, column, error.what, error.remedy))


def _import(session: Session, row: Filled, now: datetime) -> bool:
    """Bring one row in and return whether it changed anything."""
    task = desk.find(session, row.attempt_id)
    if task.attempt.id != row.attempt_id:
        raise desk.NoSuchTask(f"there is no attempt '{row.attempt_id[:40]}'")
    changed = _stamp(session, task, row, now)
    task = desk.find(session, row.attempt_id)
    known = {one.key for one in criteria_of(task.attempt.channel, answered=bool(answered(task.kind, task.counting)))}
    stray = next((key for key in row.marks if key not in known), None)
    if stray:
        raise UserError(f"{stray} is not marked here", f"what is: {', '.join(sorted(known)) or 'nothing'}")
    return bool(give(session, row.attempt_id, row.operator, row.marks)) or changed


def _stamp(session: Session, task: desk.Task, row: Filled, now: datetime) -> bool:
    """Bring what was stamped in; a row with marks alone is for a task whose end was told before."""
    if task.told and not row.stamps and row.outcome is None:
        return False
    standing = [(press.kind, press.at) for press in task.counting]
    if row.stamps[: len(standing)] != standing:
        last = task.counting[-1]
        raise StampRefused(
            f"it was stamped otherwise before, last by {last.actor}: {last.kind} at {last.at:%Y-%m-%d %H:%M:%S} UTC"
        )
    if task.told and row.stamps == standing:
        if row.outcome and (row.outcome, row.note) != (task.told.outcome, task.told.note):
            raise StampRefused(f"its end was told before: {task.told.outcome.word}")
        return False
    for kind, at in row.stamps[len(standing) :]:
        stamp(session, task.attempt.id, kind, row.operator, at)
    if row.outcome is None:
        raise StampRefused("nobody has told how it ended")
    proof = _posted(task, row)
    close(
        session, task.attempt.id, row.outcome, row.operator, now,
        note=row.note, link=proof.link or None, made_at=proof.made_at,
    )  # fmt: skip
    return True


def _posted(task: desk.Task, row: Filled) -> Posted:
    sent_at = dict(row.stamps).get(StampKind.SENT)
    if not row.link or sent_at is None:
        return Posted("", None)
    return posted(task, row.link, sent_at)


def _shown(task: desk.Task, price: Mapping[str, str]) -> list[str]:
    attempt, merchant = task.attempt, task.merchant
    offers = drafts(task)
    return [
        attempt.id, task.kind, merchant.name, merchant.url, attempt.target or "", price.get(attempt.id, ""),
        attempt.language, offers[0].text, "; ".join(asks(task)), " ".join(one.link for one in offers if one.link),
        f"{attempt.planned_for:%Y-%m-%dT%H:%M:%SZ}",
    ]  # fmt: skip
