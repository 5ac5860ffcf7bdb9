"""Which attempts an edition rests on, and what belongs to them: reminders, replies, ratings and stamps."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from barometer.delays import DEMONSTRATION
from barometer.in_batches import in_batches
from barometer.last_reading import READ_IN_FULL, last_reading
from barometer.observing.chosen_nights import Period
from barometer.observing.inputs import AttemptInput, ReplyInput
from probes.replies_reviewed import ATTEMPT
from probes.replies_reviewed import SUBJECT as REPLY
from storage.records import Attempt, Campaign, Rating, Reply, Review, Sighting, Stamp, Visit
from storage.vocabulary import Channel


class ChosenAttempts(NamedTuple):
    """First attempts made in the tests with their reminders, and the keys of what belongs to them."""

    attempts: tuple[AttemptInput, ...]
    replies: tuple[ReplyInput, ...]
    ratings: tuple[str, ...]
    stamps: tuple[str, ...]
    reviews: tuple[str, ...]
    collected_until: Mapping[str, datetime]


class _Row(NamedTuple):
    """What is asked of an attempt to choose it."""

    id: str
    campaign_id: str
    merchant_id: str
    channel: Channel
    target: str | None
    target_source: str | None
    window_seconds: int
    planned_for: datetime
    reminder_of: str | None
    state: Any
    t0: datetime | None
    blocked_by: Any


def chosen_attempts(
    session: Session, merchants: Collection[str], campaigns: Collection[str], period: Period, now: datetime
) -> ChosenAttempts:
    """Return what counts of the *campaigns* (keys) for *merchants* (keys), as it stands at *now*.

    An attempt belongs to the tests when the other side accepted it in *period*, or, where it never did, when a person began
    it then or it was planned for then. Replies were collected until *now*, for answers that come to a mailbox until it was last
    read, where that is known, or until the campaign says; once every window is
    closed, the last moment of one is said instead, so that the same records give the same inputs ever after.
    """
    rows = list(_rows(session, merchants, campaigns))
    first = [row for row in rows if row.reminder_of is None]
    begun = _begun(session, [row.id for row in first if row.t0 is None])
    chosen = {row.id: row for row in first if period.start <= _moment(row, begun) < period.end}
    chosen |= {row.id: row for row in rows if row.reminder_of in chosen}
    shown = _shown(session, chosen.values())
    reviews, moved = _reply_reviews(session, chosen)
    replies = _replies(session, chosen, moved)
    known = {reply.id for reply in replies}
    return ChosenAttempts(
        tuple(
            AttemptInput(row.id, row.state, row.t0, row.blocked_by, _is_published(row, shown))
            for row in chosen.values()
        ),
        replies,
        tuple(_keys(session, Rating.id, Rating.attempt_id, chosen)),
        tuple(_keys(session, Stamp.id, Stamp.attempt_id, chosen)),
        tuple(key for key, reply_id in reviews if reply_id in known),
        _collected_until(session, chosen.values(), now),
    )


def _rows(session: Session, merchants: Iterable[str], campaigns: Collection[str]) -> Iterator[_Row]:
    columns: Select[Any] = select(*(getattr(Attempt, name) for name in _Row._fields))
    for batch in in_batches(merchants):
        # Told the campaigns too, SQLite would take their index and read all merchants' attempts again for each category.
        rows = (_Row(*row) for row in session.execute(columns.where(Attempt.merchant_id.in_(batch))))
        yield from (row for row in rows if row.campaign_id in campaigns)


def _begun(session: Session, attempts: Iterable[str]) -> Mapping[str, datetime]:
    """Return when a person first stamped each of the attempts that were never accepted, as far as anybody did."""
    found: dict[str, datetime] = {}
    for batch in in_batches(attempts):
        query = select(Stamp.attempt_id, func.min(Stamp.at)).where(Stamp.attempt_id.in_(batch))
        found |= dict(session.execute(query.group_by(Stamp.attempt_id)).all())
    return found


def _moment(row: _Row, begun: Mapping[str, datetime]) -> datetime:
    return row.t0 or begun.get(row.id) or row.planned_for


def _shown(session: Session, rows: Iterable[_Row]) -> set[tuple[str, str]]:
    """Return the e-mail addresses, with their merchants, that were ever seen on a site of those only the panel names."""
    found: set[tuple[str, str]] = set()
    asked = sorted({row.merchant_id for row in rows if row.channel is Channel.EMAIL and _from_panel(row)})
    for batch in in_batches(asked):
        query = (
            select(Visit.merchant_id, Sighting.value)
            .join(Visit, Visit.id == Sighting.visit_id)
            .where(Visit.merchant_id.in_(batch), Sighting.channel == Channel.EMAIL, Sighting.set_aside.is_(None))
        )
        found |= {(merchant_id or "", value.lower()) for merchant_id, value in session.execute(query.distinct())}
    return found


def _is_published(row: _Row, shown: Collection[tuple[str, str]]) -> bool:
    if not _from_panel(row):
        return True
    return row.channel is Channel.EMAIL and (row.merchant_id, (row.target or "").lower()) in shown


def _from_panel(row: _Row) -> bool:
    return (row.target_source or "").startswith("panel")


def _reply_reviews(session: Session, attempts: Collection[str]) -> tuple[list[tuple[str, str]], set[str]]:
    """Return every review of a reply with the reply's key, and the replies that one ties to one of *attempts*."""
    reviews: list[tuple[str, str]] = []
    moved: set[str] = set()
    query = select(Review.id, Review.subject_id, Review.replacement).where(Review.subject == REPLY)
    for key, reply_id, replacement in session.execute(query):
        reviews.append((key, reply_id))
        if (replacement or "").startswith(ATTEMPT) and (replacement or "").removeprefix(ATTEMPT) in attempts:
            moved.add(reply_id)
    return reviews, moved


def _replies(session: Session, attempts: Iterable[str], moved: Iterable[str]) -> tuple[ReplyInput, ...]:
    """Return the replies tied to *attempts*, and those that a reviewer *moved* there."""
    columns = select(Reply.id, Reply.attempt_id, Reply.kind)
    found: dict[str, ReplyInput] = {}
    for keys, column in ((attempts, Reply.attempt_id), (sorted(moved), Reply.id)):
        for batch in in_batches(keys):
            for key, attempt_id, kind in session.execute(columns.where(column.in_(batch))):
                found[key] = ReplyInput(key, attempt_id, kind)
    return tuple(found.values())


def _keys(
    session: Session, key: InstrumentedAttribute[str], of: InstrumentedAttribute[str], attempts: Iterable[str]
) -> Iterator[str]:
    for batch in in_batches(attempts):
        yield from session.scalars(select(key).where(of.in_(batch)))


def _collected_until(session: Session, rows: Iterable[_Row], now: datetime) -> Mapping[str, datetime]:
    """Return up to when replies were collected, by campaign; see :func:`chosen_attempts`."""
    closes: dict[str, datetime] = {}
    in_mailboxes: set[str] = set()
    read = min(now, last_reading(session) or now)
    for row in rows:
        if row.channel in READ_IN_FULL:
            in_mailboxes.add(row.campaign_id)
        end = (row.t0 or row.planned_for) + timedelta(seconds=row.window_seconds)
        closes[row.campaign_id] = max(end, closes.get(row.campaign_id, end))
    query = select(Campaign.id, Campaign.parameters).where(Campaign.id.in_(closes))
    parameters: dict[str, Any] = dict(session.execute(query).all())
    return {
        key: min(end, read if key in in_mailboxes else now, _told(parameters[key], now)) for key, end in closes.items()
    }


def _told(parameters: Mapping[str, Any], now: datetime) -> datetime:
    told = parameters.get(DEMONSTRATION, {}).get("collected_until")
    return datetime.fromisoformat(told) if told else now
