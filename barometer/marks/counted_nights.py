"""What the nights say about one criterion: the last valid ones, and their median. Pure.

The median of an even number of nights is the better of the two in the middle, so that it is always a night that somebody can
look at, and so that a doubt is never held against a merchant.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from barometer.grids.grid import WORDS, Criterion, Measure
from barometer.marks.points import LEFT_OUT, Worth, worth_of
from barometer.observations import ChannelSeen, Finding, Night, Nothing, Seen, Unknown
from storage.vocabulary import Channel, OutcomeKind

NOT_LOOKED_FOR = "not_looked_for"
NOT_RENDERED = "needs_browser"
"""Whether something is clearly visible can only be told where a browser looked."""
NOT_TOLD = "not_told"


class NightFound(NamedTuple):
    """A night that counts: what it says, what that is worth, and of which channel; ``None`` where none is shown."""

    day: date
    finding: Finding
    worth: Worth
    channel: Channel | None
    evidence: tuple[str, ...]


class NightLeftOut(NamedTuple):
    """A night that was measured and that the grid gives no points for; the fields are those of :class:`NightFound`."""

    day: date
    finding: Finding
    channel: Channel | None
    evidence: tuple[str, ...]


class Nights(NamedTuple):
    """The nights measured, best first and of equals the newest first; ``left_out`` counts those without points, by reason.

    Those that the grid leaves out keep their place in the order: who shows no number on most nights has no number.
    """

    measured: tuple[NightFound | NightLeftOut, ...]
    left_out: Mapping[str, int]

    @property
    def found(self) -> tuple[NightFound, ...]:
        """The nights that earn points, in the same order."""
        return tuple(one for one in self.measured if isinstance(one, NightFound))

    @property
    def median(self) -> NightFound | NightLeftOut:
        """The night in the middle, of two the better one; raises ``IndexError`` where no night was measured."""
        return self.measured[(len(self.measured) - 1) // 2]


def counting(criterion: Criterion, nights: Sequence[Night], limit: int) -> Nights:
    """Return what the last *limit* nights on which the criterion was measured say; *nights* are oldest first.

    A night that was not measured is skipped and one further back is looked at. A night that the grid leaves out is one of the
    *limit*, but gives no points.
    """
    measured: list[NightFound | NightLeftOut] = []
    left_out: Counter[str] = Counter()
    for night in reversed(nights):
        if len(measured) == limit:
            break
        channel, finding = _best(criterion, night)
        if isinstance(finding, Unknown):
            left_out[finding.reason] += 1
            continue
        worth, evidence = worth_of(criterion, finding), _evidence(criterion, night, channel)
        if worth is None:
            left_out[LEFT_OUT] += 1
            measured.append(NightLeftOut(night.day, finding, channel, evidence))
        else:
            measured.append(NightFound(night.day, finding, worth, channel, evidence))
    measured.sort(key=lambda one: _order(criterion, one.finding, one.worth if isinstance(one, NightFound) else None))
    return Nights(tuple(measured), dict(left_out))


def is_shown(criterion: Criterion, nights: Sequence[Night], limit: int) -> bool | None:
    """Tell whether any of the criterion's channels is shown on the median night; ``None`` where no night tells."""
    found = counting(as_shown(criterion), nights, limit)
    return isinstance(found.median.finding, Seen) if found.measured else None


def as_shown(criterion: Criterion) -> Criterion:
    """Return a criterion that asks of the same channels only whether they are shown."""
    return criterion._replace(
        measure=Measure.SHOWN, maximum=Decimal(1), nothing=Decimal(0), bands=(), scale=None, words={"shown": Decimal(1)}
    )


def _best(criterion: Criterion, night: Night) -> tuple[Channel | None, Finding]:
    """Return the best that any channel of *criterion* shows; nothing only where each was looked for and none is shown."""
    read = [(channel, _read(criterion.measure, night.channels.get(channel))) for channel in criterion.channels]
    seen = [(channel, finding) for channel, finding in read if isinstance(finding, Seen)]
    if seen:
        return min(seen, key=lambda one: _order(criterion, one[1], worth_of(criterion, one[1])))
    return None, next((finding for _, finding in read if isinstance(finding, Unknown)), Nothing())


def _read(measure: Measure, seen: ChannelSeen | None) -> Finding:
    if seen is None:
        return Unknown(NOT_LOOKED_FOR)
    if seen.kind is OutcomeKind.NOT_MEASURED:
        return Unknown(seen.reason or NOT_TOLD)
    if seen.kind is OutcomeKind.NOT_FOUND:
        return Nothing()
    value = _value(measure, seen)
    if value is None:
        return Unknown(NOT_RENDERED if measure is Measure.CLEARLY_VISIBLE else NOT_TOLD)
    return Seen(value)


def _value(measure: Measure, seen: ChannelSeen) -> Decimal | str | None:
    """Return what *measure* says of a channel that was seen; ``None`` where nobody could tell."""
    match measure:
        case Measure.SHOWN:
            return "shown"
        case Measure.CLEARLY_VISIBLE if seen.clearly_visible is not None:
            return "visible" if seen.clearly_visible else "not_visible"
        case Measure.PRICE_CLASS if seen.price_class is not None:
            return seen.price_class.value
        case Measure.DEPTH if seen.clicks is not None:
            return Decimal(seen.clicks)
    return None


def _order(criterion: Criterion, finding: Finding, worth: Worth | None) -> tuple[int, Fraction, Decimal]:
    """Return what sorts best first: by points, then by the value.

    What is shown and left out comes after what is shown and earns points; what is not shown, and earns nothing, after both.
    """
    points = Fraction(0) if worth is None else worth.points
    match finding:
        case Seen(value=str(word)):
            value = Decimal(WORDS[criterion.measure].index(word))
        case Seen(value=Decimal() as value):
            pass
        case _:
            value = Decimal("Infinity")
    rank = 2 if not isinstance(finding, Seen) and not points else int(worth is None)
    return (rank, -points, value)


def _evidence(criterion: Criterion, night: Night, channel: Channel | None) -> tuple[str, ...]:
    """Return what proves a night's finding: of the channel seen, or of all that are not shown."""
    channels = criterion.channels if channel is None else (channel,)
    return tuple(
        dict.fromkeys(one for key in channels if key in night.channels for one in night.channels[key].evidence)
    )
