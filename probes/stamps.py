"""Stamps and their order: what a person may mark next, what an undo leaves, and when a task is done.

Pure: stamps come in as plain values, and nothing here reads a clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from storage.vocabulary import SOCIAL_CHANNELS, Channel, StampKind

K = StampKind


class TaskKind(StrEnum):
    """What a person is asked to do for an attempt."""

    CALL = "call"
    FORM = "form"
    POST = "post"
    CHAT = "chat"
    NAVIGATION = "navigation"


KIND_OF: Mapping[Channel, TaskKind] = {
    Channel.PHONE: TaskKind.CALL,
    Channel.FORM: TaskKind.FORM,
    Channel.CALLBACK: TaskKind.FORM,
    Channel.CHAT: TaskKind.CHAT,
    Channel.WHATSAPP: TaskKind.CHAT,
    Channel.CONTACT_PAGE: TaskKind.NAVIGATION,
    **dict.fromkeys(SOCIAL_CHANNELS, TaskKind.POST),
}
"""What an attempt on a channel asks of a person. A navigation (find this answer on the site alone) is planned on
``contact_page``, the channel that stands for the site itself; e-mail is never a person's task."""


class Press(NamedTuple):
    """One stamp: its place among the attempt's stamps, what it marks, when (UTC), by whom, and what was noted.

    ``undoes`` is the sequence of the stamp that an undo takes back.
    """

    sequence: int
    kind: StampKind
    at: datetime
    actor: str = ""
    note: str | None = None
    undoes: int | None = None


class Ladder(NamedTuple):
    """The order of a task's stamps.

    ``after`` says what may follow what (``None``: the beginning). ``begins`` starts the clock (``t0``), ``answers`` stops
    it, and a stamp of ``closes`` is the last of a task, or of its first half where an answer comes later.
    """

    after: Mapping[StampKind | None, tuple[StampKind, ...]]
    begins: StampKind
    answers: StampKind | None
    closes: frozenset[StampKind]


_CALL = (K.RINGING, K.MENU, K.ON_HOLD, K.HUMAN, K.HUNG_UP, K.GAVE_UP)

LADDERS: Mapping[TaskKind, Ladder] = {
    TaskKind.CALL: Ladder(
        {
            None: (K.DIALLED,),
            K.DIALLED: _CALL,
            K.RINGING: _CALL[1:],
            K.MENU: _CALL[2:],
            K.ON_HOLD: _CALL[3:],
            K.HUMAN: (K.HUNG_UP,),
        },
        K.DIALLED,
        K.HUMAN,
        frozenset({K.HUNG_UP, K.GAVE_UP}),
    ),
    TaskKind.FORM: Ladder(
        {None: (K.STARTED, K.SENT, K.GAVE_UP), K.STARTED: (K.SENT, K.GAVE_UP)},
        K.SENT,
        None,
        frozenset({K.SENT, K.GAVE_UP}),
    ),
    TaskKind.POST: Ladder(
        {None: (K.STARTED, K.SENT, K.GAVE_UP), K.STARTED: (K.SENT, K.GAVE_UP), K.SENT: (K.ANSWERED,)},
        K.SENT,
        K.ANSWERED,
        frozenset({K.SENT, K.ANSWERED, K.GAVE_UP}),
    ),
    TaskKind.CHAT: Ladder(
        {
            None: (K.STARTED, K.SENT, K.GAVE_UP),
            K.STARTED: (K.SENT, K.GAVE_UP),
            K.SENT: (K.ANSWERED, K.GAVE_UP),
        },
        K.SENT,
        K.ANSWERED,
        frozenset({K.ANSWERED, K.GAVE_UP}),
    ),
    TaskKind.NAVIGATION: Ladder(
        {None: (K.STARTED,), K.STARTED: (K.ANSWERED, K.GAVE_UP)},
        K.STARTED,
        K.ANSWERED,
        frozenset({K.ANSWERED, K.GAVE_UP}),
    ),
}
"""A call's ``hung_up`` without a ``human`` says that the other side ended it, ``gave_up`` that we did."""


def live(presses: Iterable[Press]) -> list[Press]:
    """Return the stamps that count, in order: no undo, and nothing that one took back."""
    ordered = sorted(presses, key=lambda press: press.sequence)
    gone = {press.undoes for press in ordered if press.kind is K.UNDO}
    return [press for press in ordered if press.kind is not K.UNDO and press.sequence not in gone]


def following(kind: TaskKind, counting: Sequence[Press]) -> tuple[StampKind, ...]:
    """Return what may be stamped next, in the order in which it is likely; nothing when the task is at its end."""
    return LADDERS[kind].after.get(counting[-1].kind if counting else None, ())


def stamped(counting: Iterable[Press], kind: StampKind | None) -> Press | None:
    """Return the stamp of *kind*, or ``None`` where it was not pressed."""
    return next((press for press in counting if press.kind is kind), None)


def is_closing(kind: TaskKind, counting: Sequence[Press]) -> bool:
    """Tell whether the last stamp may be followed by an outcome."""
    return bool(counting) and counting[-1].kind in LADDERS[kind].closes


def begun(kind: TaskKind, counting: Iterable[Press]) -> Press | None:
    """Return the stamp that starts the clock, or ``None`` where nothing has reached the merchant yet."""
    return stamped(counting, LADDERS[kind].begins)


def answered(kind: TaskKind, counting: Iterable[Press]) -> Press | None:
    """Return the stamp of the answer, or ``None`` where none came."""
    return stamped(counting, LADDERS[kind].answers)
