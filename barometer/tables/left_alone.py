"""What an export leaves out because a merchant asked to be left alone: its own row and everything that hangs on it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from barometer.optout import Optouts, optouts
from storage.records import Attempt, Dispute, Merchant, Reply, Review, Sighting, TargetCheck, Visit

KEYS_AT_ONCE = 500

_KEY = re.compile(r"[0-9a-f]{32}")

Gone = Mapping[str, frozenset[str]]
"""By table, the keys of rows that are left out; a row that refers to one of them is left out too."""


def left_alone(session: Session) -> Gone:
    """Return the rows of merchants, visits, attempts, reviews and target checks that the opt-out list covers.

    What is held at once are the keys of what is left out, not of what is there.
    """
    wishes = optouts(session)
    if not len(wishes):
        return {}
    merchants = frozenset(_merchants(session, wishes))
    gone = {
        "merchant": merchants,
        "visit": frozenset(_visits(session, wishes, merchants)),
        "attempt": frozenset(_keys(session, select(Attempt.id), Attempt.merchant_id, merchants)),
        "target_check": frozenset(_checks(session, wishes)),
    }
    return {**gone, "review": frozenset(_reviews(session, gone))}


def _merchants(session: Session, wishes: Optouts) -> Iterator[str]:
    query = select(Merchant.id, Merchant.url, Merchant.email, Merchant.phone)
    for key, *contacts in _streamed(session, query):
        if wishes.covers(*contacts) is not None:
            yield key


def _visits(session: Session, wishes: Optouts, merchants: frozenset[str]) -> Iterator[str]:
    yield from _keys(session, select(Visit.id), Visit.merchant_id, merchants)
    for key, url in _streamed(session, select(Visit.id, Visit.url).where(Visit.merchant_id.is_(None))):
        if wishes.covers(url) is not None:
            yield key


def _checks(session: Session, wishes: Optouts) -> Iterator[str]:
    for key, target in _streamed(session, select(TargetCheck.id, TargetCheck.target)):
        is_mail = "@" in target
        if wishes.covers(None if is_mail else target, target if is_mail else None, target) is not None:
            yield key


def _reviews(session: Session, gone: Gone) -> Iterator[str]:
    """Yield the reviews that speak of a merchant that is left alone, of its attempts, or of what was seen or came back."""
    named = [
        (key, words)
        for key, subject in _streamed(session, select(Review.id, Review.subject_id))
        if (words := _KEY.findall(subject))
    ]
    asked = {word for _, words in named for word in words}
    hidden = {word for word in asked if any(word in keys for keys in gone.values())}
    for column, reference, table in (
        (Sighting.id, Sighting.visit_id, "visit"),
        (Reply.id, Reply.attempt_id, "attempt"),
        (Dispute.id, Dispute.merchant_id, "merchant"),
    ):
        for part in _parts(asked):
            rows = session.execute(select(column, reference).where(column.in_(part)))
            hidden |= {key for key, refers in rows if refers in gone[table]}
    yield from (key for key, words in named if any(word in hidden for word in words))


def _keys(session: Session, query: Select[Any], column: Any, among: Collection[str]) -> Iterator[str]:
    for part in _parts(among):
        yield from session.scalars(query.where(column.in_(part)))


def _parts(keys: Iterable[str]) -> Iterator[list[str]]:
    waiting = iter(keys)
    while part := list(islice(waiting, KEYS_AT_ONCE)):
        yield part


def _streamed(session: Session, query: Any) -> Iterable[Any]:
    return session.execute(query.execution_options(yield_per=KEYS_AT_ONCE))
