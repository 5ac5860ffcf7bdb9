"""Attempts to measure, short to write: times are hours after ``T0``, a Wednesday at 10:00 in Paris."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from barometer.measures.delay import AttemptFact, Measured, ReplyFact, measure
from schedules.calendars import OFFICE
from storage.vocabulary import AttemptState, Channel, ReplyKind

T0 = datetime(2026, 3, 4, 10, 0, tzinfo=ZoneInfo("Europe/Paris"))
WINDOW = timedelta(days=14)
LATER = T0 + timedelta(days=60)


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def reply(hours: float, kind: ReplyKind = ReplyKind.HUMAN, overruled: ReplyKind | None = None) -> ReplyFact:
    return ReplyFact(kind, at(hours), overruled)


def attempt(*replies: ReplyFact, **changes: object) -> AttemptFact:
    fact = AttemptFact("a1", "elan", Channel.EMAIL, "stock", AttemptState.SENT, T0, WINDOW, replies)
    return fact._replace(**changes)  # type: ignore[arg-type]


def measured(*replies: ReplyFact, now: datetime = LATER, **changes: object) -> Measured:
    return measure(attempt(*replies, **changes), OFFICE, now)
