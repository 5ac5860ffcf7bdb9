"""How merchants answer, as families: each merchant counts once, however often it was contacted. Pure.

The share answered within a time is Kaplan and Meier's estimate in which a merchant's attempts weigh one together. What was
never answered counts as that; an attempt whose window is still open is handed on, as that estimate does, to the later times
at which others were answered (Efron 1967, redistribution to the right), so that shares of categories add up to the total's.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from barometer.figures.disclosure_tables import LEAST, Family, Question, Row
from barometer.observations import Answered, Missing, Never, Observed, Pending, Tried
from storage.vocabulary import Channel

MINUTE, HOUR, DAY = 60, 3_600, 86_400
SPOKEN = (Channel.PHONE, Channel.CHAT)
"""Channels on which a person answers at once or not; no machine sends a receipt."""
HORIZONS: Mapping[Channel, tuple[int, ...]] = {
    Channel.PHONE: (30, 60, 180),
    Channel.EMAIL: (HOUR, 24 * HOUR, 48 * HOUR),
    Channel.FORM: (HOUR, 24 * HOUR, 48 * HOUR),
    Channel.X: (HOUR, 30 * HOUR),
    Channel.FACEBOOK: (HOUR, 30 * HOUR),
    Channel.CHAT: (60, 180),
}
"""Seconds that shares are told for: 30 s, 60 s, 1 h, 24 h and 30 h as Open to Dialog published them, the others *ours*."""
_WRITTEN = (
    15 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    12 * HOUR,
    36 * HOUR,
    *(day * DAY for day in (3, 5, 7, 10, 14)),
)
_CALLED = (10, 20, 40, 90, 120, 300, 600)
CURVE: Mapping[Channel, tuple[int, ...]] = {channel: _CALLED if channel in SPOKEN else _WRITTEN for channel in HORIZONS}
"""Seconds at which a curve may be read beside the horizons, in order; few, so that no attempt can be read off it (*ours*)."""
MERCHANTS_TO = 10
"""What the number of merchants contacted is rounded to: whom a call reached at all had shown a number (*ours*)."""
NEVER = "never"

Categories = Mapping[str, Sequence[Observed]]


class Fate(NamedTuple):
    """When an attempt was answered, in seconds; ``open`` since then where that is not known yet; else never."""

    seconds: float | None
    open: bool
    weight: float


def answer_families(categories: Categories) -> Iterator[Family]:
    """Yield how each channel was answered on which five merchants or more were contacted.

    One on which fewer were is left out like one on which nobody was: that it stood there would tell of a few.
    """
    for channel in HORIZONS:
        attempts = {
            category: [own for merchant in merchants if (own := _counting(merchant, channel))]
            for category, merchants in categories.items()
        }
        if sum(map(len, attempts.values())) >= LEAST:
            yield _family(channel, attempts)


def key_of(channel: Channel) -> str:
    """Return the name of the family of answers on *channel*."""
    return f"answers.{channel}"


def question_of(seconds: int) -> str:
    """Return the name of the question whether an answer came within *seconds*."""
    return f"within_{seconds}"


def _counting(merchant: Observed, channel: Channel) -> list[Tried]:
    own = [one for one in merchant.attempts if one.channel is channel and not isinstance(one.ending, Missing)]
    return sorted(own, key=lambda one: one.attempt)


def _family(channel: Channel, attempts: Mapping[str, Sequence[Sequence[Tried]]]) -> Family:
    every = [one for merchants in attempts.values() for own in merchants for one in own]
    watched = max(one.ending.seconds for one in every if not isinstance(one.ending, Missing))
    asked = [seconds for seconds in (*HORIZONS[channel], *CURVE[channel]) if seconds <= watched]
    cuts = sorted(asked)
    # "Answered at all" ends the curve; what was answered after the last cut lies in a band of its own.
    bands = (*(question_of(cut) for cut in cuts), "later", NEVER)
    estimate = _Estimate.of([fate for merchants in attempts.values() for own in merchants for fate in _fates(own)])
    rows = {category: [_row(own, cuts, estimate) for own in merchants] for category, merchants in attempts.items()}
    questions = [Question("answered", {"delay": frozenset(bands) - {NEVER}})]
    for seconds in asked:
        within = frozenset(bands[: cuts.index(seconds) + 1])
        questions.append(Question(question_of(seconds), {"delay": within}, seconds in HORIZONS[channel]))
    blocks = {"delay": bands}
    if channel not in SPOKEN:
        questions.insert(1, Question("acknowledged", {"receipt": frozenset(("receipt",))}))
        blocks["receipt"] = ("receipt", "none")
    # The shares by time come before the one at all: they are the ones that readers ask for.
    questions.sort(key=lambda one: one.key not in map(question_of, HORIZONS[channel]))
    return Family(key_of(channel), blocks, tuple(questions), rows, len(every), MERCHANTS_TO)


def _fates(own: Sequence[Tried]) -> Iterator[Fate]:
    for one in own:
        match one.ending:
            case Answered(seconds=seconds):
                yield Fate(seconds, False, 1 / len(own))
            case Never():
                yield Fate(None, False, 1 / len(own))
            case Pending(seconds=seconds):
                yield Fate(seconds, True, 1 / len(own))


class _Estimate(NamedTuple):
    """Kaplan and Meier's curve, weighted: after each of ``times``, ``left`` is the part still waiting."""

    times: tuple[float, ...]
    left: tuple[float, ...]

    @classmethod
    def of(cls, fates: Sequence[Fate]) -> "_Estimate":
        answered: defaultdict[float, float] = defaultdict(float)
        leaving: defaultdict[float, float] = defaultdict(float)
        for fate in sorted(fates, key=lambda one: (one.seconds is None, one.seconds or 0.0, one.open, one.weight)):
            if fate.seconds is not None:
                (leaving if fate.open else answered)[fate.seconds] += fate.weight
        at_risk, left, times, shares = sum(sorted(fate.weight for fate in fates)), 1.0, [], []
        for time in sorted({*answered, *leaving}):
            if time in answered:
                left *= max(0.0, 1 - answered[time] / at_risk)
                times.append(time)
                shares.append(left)
            at_risk -= answered.get(time, 0.0) + leaving.get(time, 0.0)
        return cls(tuple(times), tuple(shares))

    def waiting(self, seconds: float) -> float:
        """Return the part still waiting after *seconds*."""
        place = bisect_right(self.times, seconds)
        return self.left[place - 1] if place else 1.0


def _row(own: Sequence[Tried], cuts: Sequence[int], estimate: _Estimate) -> Row:
    whole, known = [0.0] * (len(cuts) + 2), [0.0] * (len(cuts) + 2)
    for fate in _fates(own):
        if fate.open and fate.seconds is not None:
            for place, part in _handed_on(fate.seconds, cuts, estimate):
                whole[place] += part * fate.weight
            continue
        place = len(cuts) + 1 if fate.seconds is None else bisect_left(cuts, fate.seconds)
        whole[place] += fate.weight
        known[place] += fate.weight
    receipts = sum(one.acknowledged is not None for one in own) / len(own)
    receipt = (receipts, 1 - receipts)
    return Row({"delay": tuple(whole), "receipt": receipt}, {"delay": tuple(known), "receipt": receipt})


def _handed_on(since: float, cuts: Sequence[int], estimate: _Estimate) -> Iterator[tuple[int, float]]:
    """Yield in which bands an attempt that is open *since* so long may end, and how likely."""
    left = estimate.waiting(since)
    if left <= 0:
        # Nobody was watched for longer: it may as well never be answered.
        yield len(cuts) + 1, 1.0
        return
    edges = [since, *(max(since, float(cut)) for cut in cuts), float("inf")]
    for place, (start, end) in enumerate(pairwise(edges)):
        part = (estimate.waiting(start) - estimate.waiting(end)) / left
        if part > 0:
            yield place, part
    yield len(cuts) + 1, estimate.waiting(float("inf")) / left
