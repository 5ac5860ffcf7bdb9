"""Answers that people mark, one at a time and blind: no merchant's name of ours, no other mark, no other rater's."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from probes.criteria import Criterion, criteria_of, latest_of
from probes.replies_reviewed import SUBJECT, effective_reply
from storage.records import Attempt, Rating, Reply, Review
from storage.vocabulary import Channel, ReplyKind

MARKED = (Channel.EMAIL, Channel.FORM)
"""Channels whose answers come as texts; on the others the person who made the attempt marks it at the desk."""
RATERS_EACH = 2
"""Raters that see an answer, unless told otherwise (*ours*: the fewest whose agreement can be computed)."""
_AT_ONCE = 500


class Answer(NamedTuple):
    """The first human answer to an attempt, with what was asked; names and addresses of people are taken out."""

    attempt_id: str
    channel: Channel
    language: str
    subject: str | None
    question: str
    text: str

    @property
    def criteria(self) -> list[Criterion]:
        """What is to be marked."""
        return criteria_of(self.channel, answered=True)


def answers(session: Session) -> list[Answer]:
    """Return every answer that can be marked: human, tied to an attempt, and with its words still there."""
    first: dict[str, Reply] = {}
    for attempt_id, reply in _human_replies(session):
        standing = first.get(attempt_id)
        if standing is None or reply.received_at < standing.received_at:
            first[attempt_id] = reply
    found = []
    for attempt in _attempts(session, first):
        text = first[attempt.id].text
        if text and attempt.channel in MARKED:
            found.append(
                Answer(attempt.id, attempt.channel, attempt.language, attempt.subject, attempt.body, text)
            )  # fmt: skip
    return found


def to_mark(session: Session, rater: str, raters_each: int = RATERS_EACH) -> list[Answer]:
    """Return what *rater* has still to mark: answers that are not wholly marked by them, nor by *raters_each* others.

    The order differs from rater to rater and follows neither merchant nor time, so that nothing can be read from it.
    """
    marked = _marked(session)
    found = []
    for answer in answers(session):
        by_rater = marked.get(answer.attempt_id, {})
        wanted = {one.key for one in answer.criteria}
        others = sum(keys >= wanted for name, keys in by_rater.items() if name != rater)
        if not by_rater.get(rater, set()) >= wanted and others < raters_each:
            found.append(answer)
    return sorted(found, key=lambda answer: hashlib.sha256(f"{rater}\0{answer.attempt_id}".encode()).digest())


def _human_replies(session: Session) -> Iterable[tuple[str, Reply]]:
    reviews: dict[str, list[Review]] = {}
    for review in session.scalars(select(Review).where(Review.subject == SUBJECT)):
        reviews.setdefault(review.subject_id, []).append(review)
    for reply in session.scalars(select(Reply)):
        judged = effective_reply(reply, reviews.get(reply.id, ()))
        if judged.kind is ReplyKind.HUMAN and judged.attempt_id is not None:
            yield judged.attempt_id, reply


def _attempts(session: Session, keys: Mapping[str, Reply]) -> Iterable[Attempt]:
    listed = sorted(keys)
    for start in range(0, len(listed), _AT_ONCE):
        yield from session.scalars(select(Attempt).where(Attempt.id.in_(listed[start : start + _AT_ONCE])))


def _marked(session: Session) -> dict[str, dict[str, set[str]]]:
    """Return which criteria each rater has said something about, by attempt and rater."""
    marked: dict[str, dict[str, set[str]]] = {}
    for one in latest_of(session.scalars(select(Rating))):
        marked.setdefault(one.attempt_id, {}).setdefault(one.rater, set()).add(one.criterion)
    return marked
