"""How long a caller waited, from the stamps of one call: ringing, menu, hold, and the first human voice.

The clock starts when the number is dialled. A stage runs from its stamp to the next one; a stage that was not stamped did
not happen, or was not told apart, and is not in the list. What lies after the first human voice is one stage, however
often the caller is put on hold again.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from probes.desk_outcomes import Ends, told
from probes.stamps import Press, TaskKind, answered, begun, is_closing, live
from storage.vocabulary import StampKind

WINDOWS = (30, 60, 180)
"""Seconds within which a call is answered: 30 as Open to Dialog published it, 60 its label's, 180 *ours*."""


class Answered(NamedTuple):
    """A person answered ``waited`` seconds after dialling; ``total`` is up to the last stamp, ``stages`` in seconds."""

    waited: float
    total: float
    stages: dict[StampKind, float]


class NeverAnswered(NamedTuple):
    """The call ended after ``total`` seconds without a person; ``by_them``: the other side ended it, we did not."""

    total: float
    stages: dict[StampKind, float]
    by_them: bool


class NotMeasured(NamedTuple):
    """The call says nothing about the merchant; ``why``: ``not_dialled``, ``not_ended`` or the word of an outcome."""

    why: str


Call = Answered | NeverAnswered | NotMeasured


class Tally(NamedTuple):
    """Calls counted: those measured are the denominator of all else. ``within`` counts by seconds, inclusively."""

    measured: int
    within: dict[int, int]
    never_answered: int
    ended_by_them: int
    not_measured: int


def call(presses: Iterable[Press]) -> Call:
    """Return what the stamps of one call prove; undone ones do not count."""
    counting = live(presses)
    dialled, human = begun(TaskKind.CALL, counting), answered(TaskKind.CALL, counting)
    said = told(counting)
    if said is not None and said.outcome.ends is Ends.NOT_MEASURED:
        return NotMeasured(said.outcome.word)
    if dialled is None:
        return NotMeasured("not_dialled")
    last = counting[-1]
    total, stages = _seconds(dialled, last), _stages(counting)
    if human is not None:
        return Answered(_seconds(dialled, human), total, stages)
    if not is_closing(TaskKind.CALL, counting):
        return NotMeasured("not_ended")
    return NeverAnswered(total, stages, last.kind is StampKind.HUNG_UP)


def answered_within(one: Answered | NeverAnswered, seconds: int) -> bool:
    """Tell whether a person answered within *seconds* of dialling."""
    return isinstance(one, Answered) and one.waited <= seconds


def tally(calls: Iterable[Call]) -> Tally:
    """Return how many of *calls* were answered within each of :data:`WINDOWS`, never, or not measured."""
    calls = list(calls)
    measured = [one for one in calls if not isinstance(one, NotMeasured)]
    never = [one for one in measured if isinstance(one, NeverAnswered)]
    return Tally(
        measured=len(measured),
        within={seconds: sum(answered_within(one, seconds) for one in measured) for seconds in WINDOWS},
        never_answered=len(never),
        ended_by_them=sum(one.by_them for one in never),
        not_measured=len(calls) - len(measured),
    )


def _stages(counting: list[Press]) -> dict[StampKind, float]:
    return {stage.kind: _seconds(stage, end) for stage, end in pairwise(counting)}


def _seconds(start: Press, end: Press) -> float:
    return (end.at - start.at).total_seconds()
