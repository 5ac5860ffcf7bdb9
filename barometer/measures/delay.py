"""How long a merchant takes to answer: from one attempt and what came back to its outcome."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from schedules.calendars import Calendar, business_seconds
from storage.vocabulary import AttemptState, Channel, ReplyKind

SKEW = timedelta(seconds=60)
"""How much before ``t0`` a reply may have come in and still be this attempt's (*ours*).

Clocks differ by seconds, mailboxes stamp whole seconds, and a form may send its acknowledgement before its page of success
has loaded. Such a reply has the delay 0 and is flagged; an earlier one answers something else, whatever it says.
"""


class ReplyFact(NamedTuple):
    """A reply and when our own server received it; ``overruled`` is the kind that a reviewer put in place of ``kind``."""

    kind: ReplyKind
    received_at: datetime
    overruled: ReplyKind | None = None

    @property
    def counts_as(self) -> ReplyKind:
        """The kind that counts: the reviewer's, where there is one."""
        return self.overruled or self.kind


class AttemptFact(NamedTuple):
    """An attempt as recorded.

    ``t0`` is when the other side accepted it (``None``: not yet, or never), after ``window`` from there silence is no
    answer. ``published`` tells that the merchant itself gives the target out. ``reminder_of`` is the key of the attempt
    that it reminds of.
    """

    key: str
    merchant: str
    channel: Channel
    scenario: str
    state: AttemptState
    t0: datetime | None
    window: timedelta
    replies: Sequence[ReplyFact] = ()
    blocked_by: str | None = None
    published: bool = True
    reminder_of: str | None = None


class Span(NamedTuple):
    """A time in seconds, by the clock and in the merchant's business hours."""

    seconds: float
    business_seconds: float


class Gap(StrEnum):
    """Why an attempt says nothing about the merchant."""

    NOT_SENT = "not_sent"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    NO_TIME = "no_time"


class Answered(NamedTuple):
    """A person answered, ``delay`` after the attempt was accepted; ``skewed`` says that it was 0 by :data:`SKEW`."""

    delay: Span
    skewed: bool = False


class Expired(NamedTuple):
    """Nobody answered in the ``window``, which a reminder ends; ``late`` says that somebody did afterwards."""

    window: Span
    late: bool = False


class Pending(NamedTuple):
    """Nobody has answered yet; the attempt is ``age`` old, less than its window."""

    age: Span


class Bounced(NamedTuple):
    """The message came back. At a target that is ``published`` nobody will answer in the ``window``, or ever."""

    window: Span
    published: bool


class Blocked(NamedTuple):
    """Something was in the way that we do not force: ``why`` is the journal's word (captcha, login, rejected, ...)."""

    why: str


class NotMeasured(NamedTuple):
    """We cannot say: ``reason``. That is never held against the merchant."""

    reason: Gap


Outcome = Answered | Expired | Pending | Bounced | Blocked | NotMeasured


class Measured(NamedTuple):
    """The outcome of an attempt, and what is told apart from it.

    ``acknowledged`` is the delay of the first acknowledgement, ``None`` where none came. ``over`` says that the window has
    closed, whatever the outcome. ``set_aside`` counts replies that came too early to be this attempt's.
    """

    attempt: AttemptFact
    outcome: Outcome
    acknowledged: Span | None = None
    over: bool = False
    set_aside: int = 0


def measure_all(
    attempts: Iterable[AttemptFact], calendar_of: Callable[[AttemptFact], Calendar], now: datetime
) -> list[Measured]:
    """Return the outcome of each attempt at *now*, in order, by :func:`measure`; of a reminded one, up to its reminder."""
    attempts = list(attempts)
    reminded: dict[str, datetime] = {}
    for attempt in attempts:
        if attempt.reminder_of and attempt.t0 and attempt.t0 <= now:
            reminded[attempt.reminder_of] = min(attempt.t0, reminded.get(attempt.reminder_of, attempt.t0))
    return [measure(attempt, calendar_of(attempt), now, reminded.get(attempt.key)) for attempt in attempts]


def measure(attempt: AttemptFact, calendar: Calendar, now: datetime, reminded_at: datetime | None = None) -> Measured:
    """Return the outcome of *attempt* as it stood at *now*, the moment up to which replies were collected.

    The window closes early, at *reminded_at*, if a reminder was accepted then: what comes afterwards is owed to it.
    Replies after *now* are not known yet, those after the window no longer count. A person's answer outweighs a bounce,
    since one of several recipients may have bounced. What the replies say outweighs the journal's state, which no
    reviewer changes. Raises ``ValueError`` for moments without a time zone.
    """
    match attempt.state:
        case AttemptState.BLOCKED:
            return Measured(attempt, Blocked(attempt.blocked_by or "unknown"))
        case AttemptState.CANCELLED:
            return Measured(attempt, NotMeasured(Gap.CANCELLED))
        case AttemptState.PLANNED | AttemptState.RELEASED:
            return Measured(attempt, NotMeasured(Gap.NOT_SENT))
        case AttemptState.SENDING | AttemptState.UNKNOWN:
            return Measured(attempt, NotMeasured(Gap.UNKNOWN))
        case _:
            return _measure_accepted(attempt, calendar, now, reminded_at)


def _measure_accepted(
    attempt: AttemptFact, calendar: Calendar, now: datetime, reminded_at: datetime | None
) -> Measured:
    t0 = attempt.t0
    if t0 is None:
        return Measured(attempt, NotMeasured(Gap.NO_TIME))
    if t0 > now:
        return Measured(attempt, NotMeasured(Gap.NOT_SENT))
    closes = t0 + attempt.window if reminded_at is None else max(t0, min(t0 + attempt.window, reminded_at))
    known = [reply for reply in attempt.replies if reply.received_at <= now]
    replies = [reply for reply in known if reply.received_at >= t0 - SKEW]
    receipts = _arrivals(replies, ReplyKind.ACKNOWLEDGEMENT)
    return Measured(
        attempt,
        _outcome(attempt, t0, closes, replies, calendar, now),
        _span(t0, receipts[0], calendar) if receipts else None,
        closes <= now,
        len(known) - len(replies),
    )


def _outcome(
    attempt: AttemptFact,
    t0: datetime,
    closes: datetime,
    replies: Sequence[ReplyFact],
    calendar: Calendar,
    now: datetime,
) -> Outcome:
    answers = _arrivals(replies, ReplyKind.HUMAN)
    if answers and answers[0] <= closes:
        return Answered(_span(t0, answers[0], calendar), skewed=answers[0] < t0)
    if _bounced(attempt, replies):
        return Bounced(_span(t0, closes, calendar), attempt.published)
    if attempt.state is AttemptState.ANSWERED and not any(reply.kind is ReplyKind.HUMAN for reply in attempt.replies):
        return NotMeasured(Gap.NO_TIME)
    if closes <= now:
        return Expired(_span(t0, closes, calendar), late=bool(answers))
    return Pending(_span(t0, now, calendar))


def _bounced(attempt: AttemptFact, replies: Sequence[ReplyFact]) -> bool:
    """Return whether a bounce came back, or the journal says so and knows of none that could be looked at."""
    seen = any(reply.kind is ReplyKind.BOUNCE for reply in attempt.replies)
    return bool(_arrivals(replies, ReplyKind.BOUNCE)) or (attempt.state is AttemptState.BOUNCED and not seen)


def _arrivals(replies: Sequence[ReplyFact], kind: ReplyKind) -> list[datetime]:
    return sorted(reply.received_at for reply in replies if reply.counts_as is kind)


def _span(t0: datetime, end: datetime, calendar: Calendar) -> Span:
    end = max(end, t0)
    return Span((end - t0).total_seconds(), business_seconds(t0, end, calendar))
