"""How a channel is answered, for one merchant or a whole category: from the outcomes of attempts to figures.

Every figure is about first attempts; what a reminder brought is told apart. Attempts are counted alike, so in a category
the merchants with more of them weigh more, and as those of one merchant resemble each other, its intervals are rather
too narrow.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from barometer.measures.delay import Answered, Blocked, Bounced, Expired, Gap, Measured, NotMeasured, Pending, Span
from barometer.statistics import LongerThan, Median, Share, answered_by, median, wilson
from barometer.statistics import NotMeasured as NoFigure
from storage.vocabulary import Channel

HOUR = 3_600
HORIZONS = (1 * HOUR, 24 * HOUR, 48 * HOUR)
"""Times, in seconds, by which the answered are counted (*ours*)."""
HORIZONS_OF = {
    Channel.PHONE: (30, 60, 180),
    Channel.X: (1 * HOUR, 24 * HOUR, 30 * HOUR, 48 * HOUR),
    Channel.FACEBOOK: (1 * HOUR, 24 * HOUR, 30 * HOUR, 48 * HOUR),
}
"""Other horizons for other channels: 30 hours is Open to Dialog's published cut, the phone's are the method's windows."""


class AnsweredBy(NamedTuple):
    """The share answered within ``seconds`` by the clock."""

    seconds: int
    share: Share | NoFigure


class Counts(NamedTuple):
    """How many first attempts came to which end.

    ``bounced`` ones went to a target that the merchant publishes, and count as unanswered. ``bounced_elsewhere``,
    ``blocked`` (by what was in the way) and ``not_measured`` (by reason) stay out of every figure.
    """

    answered: int
    expired: int
    pending: int
    bounced: int
    bounced_elsewhere: int
    blocked: Mapping[str, int]
    not_measured: Mapping[Gap, int]

    @property
    def accepted(self) -> int:
        """The denominator of every share: attempts that were accepted, whatever came of them."""
        return self.answered + self.expired + self.pending + self.bounced


class Reminders(NamedTuple):
    """What reminding brings, over first attempts whose window, and whose reminders' windows, have closed.

    ``at_first`` were answered before any reminder, ``after_a_reminder`` is a share of those that were reminded, and
    ``in_the_end`` is both together. ``still_open`` first attempts are not in these.
    """

    at_first: Share | NoFigure
    after_a_reminder: Share | NoFigure
    in_the_end: Share | NoFigure
    still_open: int


class ChannelDelays(NamedTuple):
    """How one channel is answered; medians are by Kaplan and Meier, in seconds by the clock or of business time."""

    counts: Counts
    median: Median | LongerThan | NoFigure
    business_median: Median | LongerThan | NoFigure
    answered_by: tuple[AnsweredBy, ...]
    acknowledged: Share | NoFigure
    acknowledgement_median: Median | LongerThan | NoFigure
    reminders: Reminders


def channel_delays(measured: Iterable[Measured]) -> dict[Channel, ChannelDelays]:
    """Return the figures of each channel on which there was an attempt, in the order of the channels.

    *measured* are the attempts of one merchant, or of all merchants of a category; reminders among them are found by
    their attempt's ``reminder_of``.
    """
    by_channel: dict[Channel, list[Measured]] = {}
    for one in measured:
        by_channel.setdefault(one.attempt.channel, []).append(one)
    return {channel: _delays(by_channel[channel], channel) for channel in Channel if channel in by_channel}


def waited(measured: Measured) -> Span | None:
    """Return how long an accepted attempt was waited for; ``None`` for one that stays out of every figure."""
    match measured.outcome:
        case Answered(delay=span) | Expired(window=span) | Pending(age=span) | Bounced(window=span, published=True):
            return span
        case _:
            return None


def _delays(measured: Sequence[Measured], channel: Channel) -> ChannelDelays:
    first = [one for one in measured if one.attempt.reminder_of is None]
    answered = [one.outcome.delay for one in first if isinstance(one.outcome, Answered)]
    accepted = [(one, span) for one in first if (span := waited(one)) is not None]
    waiting = [span for one, span in accepted if not isinstance(one.outcome, Answered)]
    delays, waits = [span.seconds for span in answered], [span.seconds for span in waiting]
    receipts = [one.acknowledged for one, _ in accepted if one.acknowledged is not None]
    unreceipted = [span for one, span in accepted if one.acknowledged is None]
    return ChannelDelays(
        counts=_counts(first),
        median=median(delays, waits),
        business_median=median(
            [span.business_seconds for span in answered], [span.business_seconds for span in waiting]
        ),
        answered_by=tuple(
            AnsweredBy(seconds, answered_by(seconds, delays, waits)) for seconds in HORIZONS_OF.get(channel, HORIZONS)
        ),
        acknowledged=wilson(len(receipts), len(accepted)),
        acknowledgement_median=median([span.seconds for span in receipts], [span.seconds for span in unreceipted]),
        reminders=_reminders(first, measured),
    )


def _counts(first: Iterable[Measured]) -> Counts:
    kinds: Counter[type] = Counter()
    blocked: Counter[str] = Counter()
    not_measured: Counter[Gap] = Counter()
    elsewhere = 0
    for one in first:
        match one.outcome:
            case Blocked(why):
                blocked[why] += 1
            case NotMeasured(reason):
                not_measured[reason] += 1
            case Bounced(published=False):
                elsewhere += 1
            case outcome:
                kinds[type(outcome)] += 1
    return Counts(kinds[Answered], kinds[Expired], kinds[Pending], kinds[Bounced], elsewhere, blocked, not_measured)


def _reminders(first: Sequence[Measured], measured: Iterable[Measured]) -> Reminders:
    following: dict[str, list[Measured]] = {}
    for one in measured:
        if one.attempt.reminder_of is not None and waited(one) is not None:
            following.setdefault(one.attempt.reminder_of, []).append(one)
    at_first = after = reminded = closed = still_open = 0
    for one in first:
        if waited(one) is None:
            continue
        thread = _thread(one, following)
        if not all(part.over for part in (one, *thread)):
            still_open += 1
            continue
        closed += 1
        if isinstance(one.outcome, Answered):
            at_first += 1
        elif thread:
            reminded += 1
            after += any(_answered_at_last(part) for part in (one, *thread))
    return Reminders(wilson(at_first, closed), wilson(after, reminded), wilson(at_first + after, closed), still_open)


def _thread(first: Measured, following: Mapping[str, Sequence[Measured]]) -> list[Measured]:
    """Return the reminders of *first*, and theirs; one that reminds of itself, by whatever way, is taken once."""
    found: dict[str, Measured] = {}
    waiting = [first.attempt.key]
    while waiting:
        for one in following.get(waiting.pop(), ()):
            if one.attempt.key not in found:
                found[one.attempt.key] = one
                waiting.append(one.attempt.key)
    return list(found.values())


def _answered_at_last(measured: Measured) -> bool:
    """Return whether an answer came, be it to a reminder or, once reminded, to the attempt before it."""
    outcome = measured.outcome
    return isinstance(outcome, Answered) or (isinstance(outcome, Expired) and outcome.late)
