"""One person at the desk: task after task, a key a stamp, the outcome, the marks."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from rich.console import Console
from rich.live import Live
from rich.text import Text

from barometer.cli.ask_marks import ask_marks
from barometer.cli.console import printable
from barometer.cli.desk_card import card
from barometer.cli.keyboard import Keyboard
from probes import desk
from probes.criteria import Judgement, criteria_of, give, latest
from probes.desk import Task
from probes.desk_card import BadLink, Posted, posted
from probes.desk_outcomes import DeskOutcome, Ends
from probes.journal import OutOfStep
from probes.stamping import StampRefused, annotate, close, stamp, undo
from probes.stamps import TaskKind, answered
from storage.database import Database
from storage.records import utc_now
from storage.vocabulary import StampKind

K = StampKind
KEYS: dict[str, tuple[StampKind, str]] = {
    "d": (K.DIALLED, "dialled"),
    "r": (K.RINGING, "it rings"),
    "m": (K.MENU, "menu"),
    "o": (K.ON_HOLD, "on hold"),
    "h": (K.HUMAN, "a person speaks"),
    "x": (K.HUNG_UP, "call over"),
    "b": (K.STARTED, "begin"),
    "s": (K.SENT, "sent"),
    "a": (K.ANSWERED, "answered"),
    "g": (K.GAVE_UP, "gave up"),
}
UNDO, NOTE, SKIP, QUIT = "u", "n", "k", "q"
TICK = 0.2
"""Seconds between two looks of the timer (*ours*)."""


class Clock:
    """The time of stamps: that of the machine at a task's first stamp, and from there on the steady one.

    A machine that sets its clock during a call bends no duration.
    """

    def __init__(self) -> None:
        self.set()

    def set(self) -> None:
        """Take the machine's time again; between two tasks it may have slept, and the steady clock with it."""
        self._began, self._ticks = utc_now(), time.monotonic()

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return self._began + timedelta(seconds=time.monotonic() - self._ticks)


class Sitting:
    """A person, *operator*, who works through tasks; *next_task* gives the next one that was not shown yet.

    With *take_over* they may go on with what somebody else began.
    """

    def __init__(
        self, database: Database, operator: str, console: Console, keyboard: Keyboard,
        next_task: Callable[[frozenset[str]], Task | None], *, take_over: bool = False,
    ) -> None:  # fmt: skip
        self.database, self.operator = database, operator
        self.console, self.keyboard = console, keyboard
        self.next_task, self.take_over = next_task, take_over
        self.seen: set[str] = set()

    def run(self) -> int:
        """Work until there is no task left or the person goes; return how many tasks were ended."""
        ended = 0
        while (task := self.next_task(frozenset(self.seen))) is not None:
            self.seen.add(task.attempt.id)
            self.console.print(card(task))
            went_on, outcome = self._make(task)
            if outcome is not None:
                ended += 1
                self._mark(task.attempt.id, outcome)
            if not went_on:
                break
        return ended

    def _make(self, task: Task) -> tuple[bool, DeskOutcome | None]:
        """Stamp a task until its end is told; return whether the person stays, and how the task ended."""
        clock = Clock()
        while True:
            task = self._again(task)
            key, at = self._choice(task, clock) if task.outcomes else self._key(task, clock)
            if key in {QUIT, SKIP}:
                kept = f"; {len(task.counting)} stamps are kept" if task.counting else ""
                self._say(f"left for later{kept}")
                return key == SKIP, None
            if not key.isdigit():
                self._press(task, key, at)
            elif self._close(task, task.outcomes[int(key) - 1], at):
                return True, task.outcomes[int(key) - 1]

    def _key(self, task: Task, clock: Clock) -> tuple[str, datetime]:
        """Return the key that the person presses, and when; meanwhile the timer runs."""
        allowed = {key: words for key, (kind, words) in KEYS.items() if kind in task.next_stamps}
        ways = {**allowed, **({UNDO: "undo", NOTE: "note"} if task.at_work else {}), SKIP: "skip", QUIT: "quit"}
        self._say("  ".join(f"[{key}] {words}" for key, words in ways.items()))
        with Live(console=self.console, transient=True, auto_refresh=False) as live:
            while True:
                live.update(self._timer(task, clock.now()), refresh=True)
                key = self.keyboard.key(TICK if task.counting else None)
                if key in ways:
                    if task.at_work is None:
                        clock.set()
                    return key, clock.now()

    def _press(self, task: Task, key: str, at: datetime) -> None:
        try:
            if key == UNDO:
                with self.database.session() as session:
                    undone = undo(session, task.attempt.id, self.operator, at, take_over=self.take_over)
                self._say(f"undone: {undone.kind}")
            elif key == NOTE:
                words = self.keyboard.line("note: ")
                if words:
                    with self.database.session() as session:
                        annotate(session, task.attempt.id, words, self.operator, at, take_over=self.take_over)
            else:
                with self.database.session() as session:
                    pressed = stamp(session, task.attempt.id, KEYS[key][0], self.operator, at, take_over=self.take_over)
                self.console.print(Text(f"{pressed.at.astimezone():%H:%M:%S}  {pressed.kind}", style="green"))
        except (StampRefused, OutOfStep) as error:
            self._refused(error)

    def _choice(self, task: Task, clock: Clock) -> tuple[str, datetime]:
        """Return the digit of the outcome that the person chooses, or another key, and when."""
        self._say("How did it end?")
        for number, one in enumerate(task.outcomes, start=1):
            self._say(f"  {number}  {one.says}")
        self._say(f"  {UNDO}  undo: {task.counting[-1].kind}   {QUIT}  quit")
        digits = {str(number) for number in range(1, len(task.outcomes) + 1)}
        key = ""
        while key not in {*digits, UNDO, QUIT}:
            key = self.keyboard.key(None)
        return key, clock.now()

    def _close(self, task: Task, outcome: DeskOutcome, at: datetime) -> bool:
        """Ask for what belongs to an outcome and keep it; return whether it was kept."""
        is_posted = outcome.ends is Ends.SENT and task.kind is TaskKind.POST
        proof = self._link(task) if is_posted else Posted("", None)
        note = self.keyboard.line(f"{outcome.says}; a note (Enter for none): ")
        try:
            with self.database.session() as session:
                close(
                    session, task.attempt.id, outcome, self.operator, at,
                    note=note, link=proof.link or None, made_at=proof.made_at, take_over=self.take_over,
                )  # fmt: skip
        except (StampRefused, OutOfStep) as error:
            self._refused(error)
            return False
        return True

    def _link(self, task: Task) -> Posted:
        while True:
            pasted = self.keyboard.line("link of what was sent (Enter for none): ")
            if not pasted:
                return Posted("", None)
            try:
                return posted(task, pasted, task.counting[-1].at)
            except BadLink as error:
                self._refused(error)

    def _mark(self, attempt_id: str, outcome: DeskOutcome) -> None:
        if outcome.ends in {Ends.BLOCKED, Ends.NOT_MEASURED}:
            return
        with self.database.reading() as session:
            task = desk.find(session, attempt_id)
            known = {one.criterion for one in latest(session, attempt_id) if one.rater == self.operator}
        has_answer = answered(task.kind, task.counting) is not None
        wanted = [one for one in criteria_of(task.attempt.channel, answered=has_answer) if one.key not in known]
        if wanted:

            def keep(key: str, judged: Judgement) -> None:
                with self.database.session() as session:
                    give(session, attempt_id, self.operator, {key: judged})

            ask_marks(self.console, self.keyboard, wanted, keep)

    def _again(self, task: Task) -> Task:
        with self.database.reading() as session:
            return desk.find(session, task.attempt.id)

    def _timer(self, task: Task, now: datetime) -> Text:
        if not task.counting:
            return Text("")
        first, last = task.counting[0], task.counting[-1]
        return Text(f"{last.kind} {_clock_face(now - last.at)}   in all {_clock_face(now - first.at)}", style="bold")

    def _say(self, words: str) -> None:
        self.console.print(Text(printable(words)))

    def _refused(self, error: Exception) -> None:
        self.console.print(Text(printable(f"not kept: {error}"), style="red"))


def _clock_face(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    return f"{seconds // 60:02}:{seconds % 60:02}"
