"""How the chosen attempts of an edition ended, and what people thought of the answers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from barometer.errors import UserError
from barometer.in_batches import in_batches
from barometer.measures.delay import AttemptFact, Measured, ReplyFact, measure_all
from barometer.merchant_hours import calendar_of
from barometer.observations import Tried
from barometer.observing.attempt_ending import ending_of_message, ending_of_task, is_seen_through
from barometer.observing.inputs import AttemptInput, Inputs, ReplyInput
from probes.replies_reviewed import SUBJECT, BadReplacement, EffectiveReply, effective_reply
from probes.stamps import KIND_OF, Press, TaskKind, answered, live
from schedules.calendars import Calendar
from storage.records import Attempt, Rating, Reply, Review, Stamp
from storage.vocabulary import Channel, ReplyKind

_Ratings = Mapping[str, Mapping[str, list[tuple[str, Decimal]]]]
"""By attempt and criterion, the ratings that count: their keys and values."""


class _Row(NamedTuple):
    """What does not change of an attempt."""

    id: str
    campaign_id: str
    merchant_id: str
    channel: Channel
    scenario: str
    window_seconds: int
    reminder_of: str | None


class _Known(NamedTuple):
    """One attempt with everything that belongs to it; ``replies`` are the keys of those that count as its own."""

    row: _Row
    stood: AttemptInput
    facts: Sequence[ReplyFact]
    replies: Sequence[str]
    presses: Sequence[Press]
    calendar: Calendar


def observed_attempts(session: Session, inputs: Inputs, reviews: Iterable[Review]) -> dict[str, list[Tried]]:
    """Return the first attempts of *inputs* with their endings, by merchant and by key.

    *reviews* of replies count as their reviewers decided. Raises :class:`UserError` for a record that is gone.
    """
    known = _known(session, inputs, reviews)
    measured = _measured(known, inputs.collected_until)
    ratings = _ratings(session, inputs)
    tried: defaultdict[str, list[Tried]] = defaultdict(list)
    for one in known:
        if one.row.reminder_of is None:
            found = _tried(one, measured.get(one.row.id), ratings.get(one.row.id, {}))
            tried[one.row.merchant_id].append(found)
    return dict(tried)


def _tried(one: _Known, measured: Measured | None, ratings: Mapping[str, list[tuple[str, Decimal]]]) -> Tried:
    """Return the attempt as it ended; *measured* is of those that messages answer."""
    row, acknowledged = one.row, measured.acknowledged if measured is not None else None
    if measured is None:
        ending = ending_of_task(row.channel, one.stood, one.presses, one.calendar)
    else:
        ending = ending_of_message(measured, one.presses)
    evidence = [f"attempt:{row.id}", *(f"reply:{key}" for key in one.replies)]
    evidence += sorted(f"rating:{key}" for given in ratings.values() for key, _ in given)
    return Tried(
        row.id,
        row.channel,
        row.scenario,
        ending,
        {criterion: _mean(ratings[criterion]) for criterion in sorted(ratings)},
        None if acknowledged is None else acknowledged.seconds,
        tuple(evidence),
    )


def _measured(known: Iterable[_Known], collected_until: Mapping[str, datetime]) -> dict[str, Measured]:
    """Return the outcomes of the attempts that messages answer; reminders end the waiting for what they remind of."""
    campaigns: defaultdict[str, list[AttemptFact]] = defaultdict(list)
    calendars: dict[str, Calendar] = {}
    for one in known:
        if not is_seen_through(one.row.channel):
            calendars[one.row.merchant_id] = one.calendar
            campaigns[one.row.campaign_id].append(_fact(one))
    return {
        one.attempt.key: one
        for campaign_id, facts in campaigns.items()
        for one in measure_all(facts, lambda fact: calendars[fact.merchant], collected_until[campaign_id])
    }


def _fact(one: _Known) -> AttemptFact:
    """Return the attempt as the measure of messages wants it; the stamp of a post's answer is a person's answer."""
    stamped: list[ReplyFact] = []
    if one.presses and KIND_OF.get(one.row.channel) is TaskKind.POST:
        answer = answered(TaskKind.POST, live(one.presses))
        stamped = [ReplyFact(ReplyKind.HUMAN, answer.at)] if answer is not None else []
    return AttemptFact(
        key=one.row.id,
        merchant=one.row.merchant_id,
        channel=one.row.channel,
        scenario=one.row.scenario,
        state=one.stood.state,
        t0=one.stood.t0,
        window=timedelta(seconds=one.row.window_seconds),
        replies=[*one.facts, *stamped],
        blocked_by=one.stood.blocked_by,
        published=one.stood.published,
        reminder_of=one.row.reminder_of,
    )


def _known(session: Session, inputs: Inputs, reviews: Iterable[Review]) -> list[_Known]:
    keys = [one.id for one in inputs.attempts]
    found = {row[0]: _Row(*row) for row in _by_key(session, Attempt, _Row._fields, keys)}
    _refuse_gone("attempt", keys, found)
    _refuse_foreign(inputs, found.values())
    replies = _replies(session, inputs.replies, reviews)
    presses = _presses(session, inputs)
    calendars = {one.fact.id: _calendar(one.hours, one.fact.country) for one in inputs.merchants}
    stood = {one.id: one for one in inputs.attempts}
    return [
        _Known(
            found[key], stood[key], [fact for _, fact in replies.get(key, ())],
            [reply_id for reply_id, _ in replies.get(key, ())], presses.get(key, ()), calendars[found[key].merchant_id],
        )
        for key in sorted(keys)
    ]  # fmt: skip


def _replies(
    session: Session, inputs: Sequence[ReplyInput], reviews: Iterable[Review]
) -> Mapping[str, list[tuple[str, ReplyFact]]]:
    """Return the replies to each attempt as reviewers left them, with their keys, oldest first."""
    arrived = {row[0]: row[1] for row in _by_key(session, Reply, ("id", "received_at"), [one.id for one in inputs])}
    _refuse_gone("reply", [one.id for one in inputs], arrived)
    reviewed: defaultdict[str, list[Review]] = defaultdict(list)
    for review in reviews:
        if review.subject == SUBJECT:
            reviewed[review.subject_id].append(review)
    found: defaultdict[str, list[tuple[str, ReplyFact]]] = defaultdict(list)
    for one in sorted(inputs, key=lambda one: (arrived[one.id], one.id)):
        attempt_id, overruled = one.attempt_id, None
        if one.id in reviewed:
            counts = _counts_as(_as_it_stood(one, arrived[one.id]), reviewed[one.id])
            attempt_id, overruled = counts.attempt_id, counts.kind if counts.kind is not one.kind else None
        if attempt_id is not None:
            found[attempt_id].append((one.id, ReplyFact(one.kind, arrived[one.id], overruled)))
    return found


def _counts_as(reply: Reply, reviews: Iterable[Review]) -> EffectiveReply:
    try:
        return effective_reply(reply, reviews)
    except BadReplacement as error:
        raise UserError(f"a review of reply {reply.id} means nothing: {error}", "review the reply anew") from None


def _as_it_stood(one: ReplyInput, received_at: datetime) -> Reply:
    """Return a record of the reply as it was when the inputs were frozen, never to be stored."""
    return Reply(
        id=one.id, kind=one.kind, attempt_id=one.attempt_id, received_at=received_at, rule="", source="", evidence=""
    )


def _presses(session: Session, inputs: Inputs) -> Mapping[str, list[Press]]:
    """Return the stamps of each attempt, undone ones and undos too; who pressed them does not matter."""
    query = select(Stamp.id, Stamp.attempt_id, Stamp.sequence, Stamp.kind, Stamp.at, Stamp.note, Stamp.undoes)
    found: defaultdict[str, list[Press]] = defaultdict(list)
    for rows in _of_attempts(session, query, Stamp, inputs, inputs.stamps):
        for _, attempt_id, sequence, kind, at, note, undoes in rows:
            found[attempt_id].append(Press(sequence, kind, at, "", note, undoes))
    return found


def _ratings(session: Session, inputs: Inputs) -> _Ratings:
    """Return the ratings that count: of each rater's on one criterion of an attempt the latest, where it holds a value."""
    query = select(Rating.id, Rating.attempt_id, Rating.criterion, Rating.rater, Rating.value)
    query = query.order_by(Rating.given_at, Rating.id)
    found: defaultdict[str, dict[str, list[tuple[str, Decimal]]]] = defaultdict(dict)
    for rows in _of_attempts(session, query, Rating, inputs, inputs.ratings):
        latest = {(attempt_id, criterion, rater): (key, value) for key, attempt_id, criterion, rater, value in rows}
        for (attempt_id, criterion, _), (key, value) in latest.items():
            if value is not None:
                found[attempt_id].setdefault(criterion, []).append((key, value))
    return found


def _by_key(
    session: Session, record: type[Attempt | Reply | Rating | Stamp], columns: Sequence[str], keys: Iterable[str]
) -> Iterator[Any]:
    query: Select[Any] = select(*(getattr(record, name) for name in columns))
    for batch in in_batches(keys):
        yield from session.execute(query.where(record.id.in_(batch)))


def _of_attempts(
    session: Session, query: Select[*tuple[Any, ...]], record: type[Rating | Stamp], inputs: Inputs, keys: Iterable[str]
) -> Iterator[list[Any]]:
    """Give those rows of *query* whose first column is one of *keys*, all of an attempt at once; refuse if one is gone."""
    wanted, count = set(keys), 0
    for batch in in_batches([one.id for one in inputs.attempts] if wanted else ()):
        rows = [row for row in session.execute(query.where(record.attempt_id.in_(batch))).all() if row[0] in wanted]
        count += len(rows)
        yield rows
    if count < len(wanted):
        there = (row[0] for row in _by_key(session, record, ("id",), sorted(wanted)))
        _refuse_gone(record.__tablename__, sorted(wanted), there)


def _refuse_foreign(inputs: Inputs, rows: Iterable[_Row]) -> None:
    """Refuse an attempt of which the inputs do not name the merchant or the campaign: they were not written by us."""
    merchants = {one.fact.id for one in inputs.merchants}
    for row in rows:
        if row.merchant_id not in merchants or row.campaign_id not in inputs.collected_until:
            what = f"the inputs name attempt {row.id:.40} and not its merchant and campaign"
            raise UserError(what, "put the file back from a backup of the evidence folder, or score the edition again")


def _refuse_gone(what: str, keys: Iterable[str], found: Iterable[str]) -> None:
    known = set(found)
    gone = next((key for key in sorted(keys) if key not in known), None)
    if gone is not None:
        said = f"{what} {gone:.40}, which the edition rests on, is gone from the database"
        raise UserError(said, "put the record back from a backup, or score the edition again")


def _mean(given: Sequence[tuple[str, Decimal]]) -> Fraction:
    """Return the mean of the ratings, exact."""
    return (
        sum((_fraction(value) for _, value in given), Fraction(0)) / len(given)
        if len(given) > 1
        else _fraction(given[0][1])
    )


@cache
def _fraction(value: Decimal) -> Fraction:
    return Fraction(value)


@cache
def _calendar(hours: str | None, country: str) -> Calendar:
    return calendar_of(hours, country)
