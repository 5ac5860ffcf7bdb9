"""When a move is news: readings of one thing, night after night, settled into states that were seen often enough.

Pure, and blind to what is read. A state holds once it was seen on so many measured nights in a row, and another one takes
its place once that was seen as often. What comes and goes in between is counted and is no news. A reading that agrees with
what holds and with what might follow neither confirms nor breaks anything; nor does a night without a reading, which is not
given here at all.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, Generic, NamedTuple, TypeVar

State = TypeVar("State")


class Read(NamedTuple, Generic[State]):
    """What one night says: the day, the state, and the night itself, which is passed on and never looked into."""

    day: date
    state: State
    night: Any = None


class Rules(NamedTuple, Generic[State]):
    """What states of a kind mean to each other.

    ``contradict`` tells whether two cannot both be true, ``room`` how much a state leaves open (0: nothing), and
    ``together`` gives the narrowest state that holds all of several, which do not contradict each other.
    """

    contradict: Callable[[State, State], bool]
    room: Callable[[State], int]
    together: Callable[[Sequence[State]], State]


class Move(NamedTuple, Generic[State]):
    """A change that is news: the last night of the old state, the first of the new one, and the one that confirmed it."""

    before: State
    after: State
    last: Read[State]
    first: Read[State]
    confirmed: Read[State]


class Odd(NamedTuple, Generic[State]):
    """A state that began on a night and did not last, and what was there instead on the night that ended it."""

    began: Read[State]
    ended: Read[State]


class Settled(NamedTuple, Generic[State]):
    """What came of a series: its moves and what did not last, oldest first; ``now`` is what holds at its end.

    ``now`` is ``None`` where nothing was seen often enough yet; ``waiting`` is a state at the end that still has to be
    confirmed.
    """

    moves: list[Move[State]]
    odd: list[Odd[State]]
    now: State | None
    waiting: Read[State] | None


EXACT: Rules[Any] = Rules(lambda one, other: bool(one != other), lambda state: 0, lambda states: states[-1])
"""Of states that leave nothing open: two that differ contradict each other."""


class _Era(Generic[State]):
    """A state in the making, or one that holds: the surest of its readings, as many as confirm it, and what they say."""

    def __init__(self, read: Read[State], rules: Rules[State], confirm: int) -> None:
        self.first = self.last = read
        self.claim = read.state
        self._surest = [read.state]
        self._rules, self._confirm = rules, confirm

    @property
    def confirmed(self) -> bool:
        return len(self._surest) >= self._confirm

    def add(self, read: Read[State]) -> None:
        """Take a reading that does not contradict the others; a surer one narrows what the state says."""
        if read.state == self.claim and self.confirmed:
            self.last = read
            return
        # The newest of equally sure readings counts, so that what was seen once long ago does not.
        self._surest = sorted([read.state, *self._surest], key=self._rules.room)[: self._confirm]
        self.claim = self._rules.together(self._surest[::-1])
        if self._rules.together([self.claim, read.state]) == self.claim:
            self.last = read


def settle(readings: Iterable[Read[State]], rules: Rules[State], confirm: int) -> Settled[State]:
    """Return what came of *readings*, oldest first, where *confirm* nights in a row make a state."""
    moves: list[Move[State]] = []
    odd: list[Odd[State]] = []
    held: _Era[State] | None = None
    coming: _Era[State] | None = None
    for read in readings:
        against = held is not None and rules.contradict(held.claim, read.state)
        if coming is not None and rules.contradict(coming.claim, read.state):
            odd.append(Odd(coming.first, read))
            coming = None
        elif coming is not None and (held is None or against):
            coming.add(read)
        if coming is None:
            if held is None or against:
                coming = _Era(read, rules, confirm)
            else:
                held.add(read)
        if coming is not None and coming.confirmed:
            if held is not None:
                moves.append(Move(held.claim, coming.claim, held.last, coming.first, read))
            held, coming = coming, None
    waiting = coming.first if coming is not None and held is not None else None
    return Settled(moves, odd, None if held is None else held.claim, waiting)
