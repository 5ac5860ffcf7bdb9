"""Figures of contact attempts and of what came back: how many stand where, what waits for a person, when it was read."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from barometer.last_reading import last_reading
from barometer.monitoring.samples import Metric, Sample
from probes.replies_reviewed import DOUBTFUL_RULES, SUBJECT
from storage.records import Attempt, Campaign, MailboxPosition, Reply, Review
from storage.vocabulary import AttemptState, ReplyKind

ATTEMPTS = Metric(
    "barometer_attempts",
    "Contact attempts by channel and state, for channels on which there are any.",
    ("channel", "state"),
)
UNANSWERED = Metric(
    "barometer_attempts_unanswered", "Attempts that were accepted, in their time, and have no answer yet."
)
DUE = Metric("barometer_attempts_due", "Released attempts of the program whose time has come and that have not left.")
CAMPAIGNS = Metric(
    "barometer_campaigns", "Campaigns: planned (not released), released, stopped by a person, closed.", ("state",)
)
REPLIES = Metric(
    "barometer_replies_total", "Messages that came back, by what the program took them for.", ("kind",), "counter"
)
FOR_REVIEW = Metric("barometer_replies_for_review", "Messages that a person should look at, and nobody has.")
READ_AT = Metric(
    "barometer_replies_read_timestamp_seconds",
    "When the last reading of every mailbox and network began that left nothing unread; absent where nothing is read.",
)
MOVED_AT = Metric(
    "barometer_mailbox_last_message_timestamp_seconds",
    "When the mailbox or feed that has been quiet longest last had a message.",
)
METRICS = (ATTEMPTS, UNANSWERED, DUE, CAMPAIGNS, REPLIES, FOR_REVIEW, READ_AT, MOVED_AT)


def of_contacts(session: Session, now: datetime) -> Iterator[Sample]:
    """Yield the figures of attempts, campaigns, replies and mailboxes."""
    yield from _attempts(session, now)
    yield from _campaigns(session)
    kinds = {kind: int(count) for kind, count in session.execute(select(Reply.kind, func.count()).group_by(Reply.kind))}
    for kind in ReplyKind:
        yield REPLIES(kinds.get(kind, 0), str(kind))
    yield FOR_REVIEW(session.scalar(select(func.count()).select_from(Reply).where(_doubtful())) or 0)
    yield from READ_AT.at(last_reading(session))
    yield from MOVED_AT.at(session.scalar(select(func.min(MailboxPosition.updated_at))))


def _attempts(session: Session, now: datetime) -> Iterator[Sample]:
    counts: dict[str, dict[AttemptState, int]] = defaultdict(dict)
    grouped = select(Attempt.channel, Attempt.state, func.count()).group_by(Attempt.channel, Attempt.state)
    for channel, state, count in session.execute(grouped):
        counts[str(channel)][state] = count
    for name, states in counts.items():
        for state in AttemptState:
            yield ATTEMPTS(states.get(state, 0), name, str(state))
    waiting = (AttemptState.SENT, AttemptState.ACKNOWLEDGED)
    yield UNANSWERED(sum(states.get(state, 0) for states in counts.values() for state in waiting))
    due = (Attempt.state == AttemptState.RELEASED, Attempt.planned_for <= now, Attempt.assisted.is_(False))
    yield DUE(session.scalar(select(func.count()).select_from(Attempt).where(*due)) or 0)


def _campaigns(session: Session) -> Iterator[Sample]:
    counts = dict.fromkeys(("planned", "released", "stopped", "closed"), 0)
    for released, stopped, closed in session.execute(
        select(Campaign.released_at, Campaign.stopped_at, Campaign.closed_at)
    ):
        counts["closed" if closed else "stopped" if stopped else "released" if released else "planned"] += 1
    for state, count in counts.items():
        yield CAMPAIGNS(count, state)


def _doubtful() -> ColumnElement[bool]:
    """Return the condition that :func:`probes.replies_reviewed.doubts` states of a record, for the database to count by."""
    unread = and_(Reply.kind == ReplyKind.HUMAN, func.coalesce(Reply.text, "") == "", Reply.purged_at.is_(None))
    reviewed = exists().where(Review.subject == SUBJECT, Review.subject_id == Reply.id)
    return and_(or_(Reply.attempt_id.is_(None), Reply.rule.in_(DOUBTFUL_RULES), unread), ~reviewed)
