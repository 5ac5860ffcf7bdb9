"""What the attempts say about one criterion: what each earned, and which do not count. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from barometer.grids.grid import Criterion, Measure
from barometer.marks.counted_nights import is_shown
from barometer.marks.points import LEFT_OUT, NOTHING, UNSHOWN, Step, Worth, ladder, nothing, rated, reached
from barometer.observations import Answered, Ending, Missing, Never, Observed, Pending, Tried

NOT_RATED = "not_rated"
UNANSWERED = "unanswered"
"""Why a silence says nothing for a rating: others were answered, and nobody rated any of these answers."""
NO_ADDRESS = frozenset({"no_address", "blocked:no_address"})
"""Reasons that say no more than that the merchant gives nothing that could be written to or called."""


class Open(NamedTuple):
    """The attempt may still be answered, and that would change its points."""


class LeftOut(NamedTuple):
    """The attempt does not count; ``reason`` is a word."""

    reason: str


class Attempts(NamedTuple):
    """The attempts that count, by their position in ``Observed.attempts``, and for each what it earned.

    ``worths`` are the different things earned, ``earned`` the position in them of each attempt in ``positions``. ``left_out``
    counts the others by reason, ``open`` those that may still be answered. ``unshown`` is what is assumed where no attempt
    could be made because no channel is shown; no attempt counts then. ``unrated`` are the positions of the answers that nobody
    rated where others were and silence counts: beside silence each is worth the mean of those rated.
    """

    positions: tuple[int, ...]
    earned: tuple[int, ...]
    worths: tuple[Worth, ...]
    left_out: Mapping[str, int]
    open: int
    unshown: Worth | None = None
    unrated: tuple[int, ...] = ()

    def points(self) -> Fraction:
        """Return the mean of what was earned, exact; raises ``ZeroDivisionError`` where no attempt counts."""
        times = Counter(self.earned)
        total = sum((self.worths[which].points * count for which, count in times.items()), Fraction(0))
        if not self.unrated:
            return total / len(self.positions)
        silent = {which: count for which, count in times.items() if self.worths[which].case == NOTHING}
        silences = sum(silent.values())
        silence = sum((self.worths[which].points * count for which, count in silent.items()), Fraction(0))
        rated = len(self.positions) - silences
        answered = rated + len(self.unrated)
        return ((total - silence) / rated * answered + silence) / (answered + silences)


def counting(criterion: Criterion, observed: Observed, nights: int) -> Attempts:
    """Return what the attempts on the criterion's channels earned; *nights* as for :func:`.counted_nights.counting`."""
    positions: list[int] = []
    earned: list[int] = []
    worths: list[Worth] = []
    known: dict[
        int, int
    ] = {}  # by identity: a judge gives the same object for the same case, and fractions hash slowly
    left_out: Counter[str] = Counter()
    unrated: list[int] = []
    still_open = 0
    judge = _judge(criterion)
    channels = frozenset(criterion.channels)
    for position, tried in enumerate(observed.attempts):
        if tried.channel not in channels:
            continue
        match judge(tried):
            case Worth() as worth:
                positions.append(position)
                if id(worth) not in known:
                    known[id(worth)] = len(worths)
                    worths.append(worth)
                earned.append(known[id(worth)])
            case LeftOut(reason=reason):
                left_out[reason] += 1
                if reason == NOT_RATED and isinstance(tried.ending, Answered):
                    unrated.append(position)
            case Open():
                still_open += 1
    unshown = None
    if not positions and not still_open and could_not_be_asked(criterion, observed.attempts):
        shown = is_shown(criterion, observed.nights, nights)
        silence = nothing(criterion)
        if shown is False and silence is not None:
            unshown = Worth(silence.points, UNSHOWN)
    if unrated and all(one.case == NOTHING for one in worths):
        # One silence beside answers that nobody rated would stand for them all: nothing was measured.
        if positions:
            left_out[UNANSWERED] += len(positions)
        return Attempts((), (), (), dict(left_out), still_open)
    counted = tuple(unrated) if criterion.nothing is not None else ()
    return Attempts(tuple(positions), tuple(earned), tuple(worths), dict(left_out), still_open, unshown, counted)


def could_not_be_asked(criterion: Criterion, attempts: Sequence[Tried]) -> bool:
    """Tell whether the grid lets silence be assumed, and attempts were planned that a missing address alone kept from being made.

    Where none was planned, nobody tried; an attempt that failed for a reason of ours is no proof of anything.
    """
    endings = [one.ending for one in attempts if one.channel in criterion.channels]
    nowhere = [isinstance(ending, Missing) and ending.reason in NO_ADDRESS for ending in endings]
    return criterion.unshown_is_nothing and bool(nowhere) and all(nowhere)


def _judge(criterion: Criterion) -> Callable[[Tried], Worth | LeftOut | Open]:
    """Return the function that tells what one attempt earns; for the same case it returns the same object."""
    silence: Worth | LeftOut = nothing(criterion) or LeftOut(LEFT_OUT)
    return _by_mark(criterion, silence) if criterion.measure is Measure.RATING else _by_time(criterion, silence)


def _by_mark(criterion: Criterion, silence: Worth | LeftOut) -> Callable[[Tried], Worth | LeftOut | Open]:
    """Judge by what people thought of it; a mark counts however the attempt ended, as some things need no answer."""
    key = criterion.of or criterion.key
    known: dict[tuple[int, int], Worth] = {}

    def judge(tried: Tried) -> Worth | LeftOut | Open:
        given = tried.ratings.get(key)
        if given is not None:
            exact = given.as_integer_ratio()
            if exact not in known:
                known[exact] = rated(criterion, given)
            return known[exact]
        match tried.ending:
            case Answered():
                return LeftOut(NOT_RATED)
            case Never():
                return silence
            case Pending():
                return Open()
            case Missing(reason=reason):
                return LeftOut(reason)

    return judge


def _by_time(criterion: Criterion, silence: Worth | LeftOut) -> Callable[[Tried], Worth | LeftOut | Open]:
    """Judge by how long it took a person to answer."""
    steps = ladder(criterion)
    business = criterion.measure is Measure.BUSINESS_DELAY

    def judge(tried: Tried) -> Worth | LeftOut | Open:
        ending = tried.ending
        if isinstance(ending, Missing):
            return LeftOut(ending.reason)
        if isinstance(ending, Never):
            return silence
        seconds = _seconds(ending, business=business)
        if isinstance(ending, Answered):
            return reached(steps, seconds)
        return silence if _decided(steps, seconds, silence) else Open()

    return judge


def _seconds(ending: Ending, *, business: bool) -> float:
    if isinstance(ending, Missing):
        raise TypeError("nothing was timed")
    return ending.business_seconds if business else ending.seconds


def _decided(steps: Sequence[Step], age: float, silence: Worth | LeftOut) -> bool:
    """Tell whether an attempt that has waited for *age* seconds earns the same whatever comes: an answer, or none."""
    if isinstance(silence, LeftOut):
        return False
    within_reach = [step for step in steps if step.up_to is None or age <= step.up_to]
    return all(step.worth.points == silence.points for step in within_reach)
