"""An analyst's decision about a reply: written beside it, and carried into the life of the attempt that it answers."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from probes import journal
from probes.replies_reviewed import SUBJECT, Doubt, EffectiveReply, doubts, effective_reply
from storage.records import Attempt, Reply, Review, Verdict
from storage.vocabulary import AttemptState, ReplyKind

Item = TypeVar("Item")

S = AttemptState
NEXT_STATE: Mapping[ReplyKind, AttemptState] = {
    ReplyKind.HUMAN: S.ANSWERED,
    ReplyKind.ACKNOWLEDGEMENT: S.ACKNOWLEDGED,
    ReplyKind.BOUNCE: S.BOUNCED,
}
"""What a reply makes of its attempt; the other kinds leave it as it is."""


class NoSuchReply(Exception):
    """No reply, or more than one, answers to a key as it was given; or no attempt does."""


class Decision(NamedTuple):
    """What a person decides: another kind, another attempt (``attempt:none`` for none), or neither: the program is right."""

    kind: ReplyKind | None
    attempt: str | None
    by: str
    why: str


class Listed(NamedTuple):
    """A reply with what it counts as, and why a person should look at it."""

    reply: Reply
    counts_as: EffectiveReply
    doubts: list[Doubt]
    reviews: list[Review]


def replies(session: Session) -> list[Listed]:
    """Return every reply, oldest first."""
    by_reply: dict[str, list[Review]] = {}
    for review in session.scalars(select(Review).where(Review.subject == SUBJECT).order_by(Review.reviewed_at)):
        by_reply.setdefault(review.subject_id, []).append(review)
    found = session.scalars(select(Reply).order_by(Reply.received_at, Reply.id))
    return [_listed(reply, by_reply.get(reply.id, [])) for reply in found]


def find(session: Session, beginning: str) -> Listed:
    """Return the reply whose key begins so; raises :class:`NoSuchReply` where there is not exactly one."""
    wanted = select(Reply).where(Reply.id.startswith(beginning, autoescape=True)).limit(2)
    reply = _only(session.scalars(wanted).all(), "reply", beginning)
    own = select(Review).where(Review.subject == SUBJECT, Review.subject_id == reply.id).order_by(Review.reviewed_at)
    return _listed(reply, list(session.scalars(own)))


def attempt_named(session: Session, beginning: str) -> Attempt:
    """Return the attempt whose key begins so; raises :class:`NoSuchReply` where there is not exactly one."""
    wanted = select(Attempt).where(Attempt.id.startswith(beginning, autoescape=True)).limit(2)
    return _only(session.scalars(wanted).all(), "attempt", beginning)


def decide(session: Session, reply: Reply, decision: Decision) -> EffectiveReply:
    """Record *decision*, and return what the reply counts as from now on.

    The attempt it answers takes the step that such a reply means, where it may still follow; an attempt that was taken for
    answered keeps its journal, and measures go by what the reply counts as.
    """
    replacements: list[str | None] = [word for word in (decision.kind, decision.attempt) if word is not None]
    for replacement in replacements or [None]:
        review = Review(
            subject=SUBJECT,
            subject_id=reply.id,
            verdict=Verdict.OVERRULED if replacement else Verdict.UPHELD,
            replacement=replacement,
            why=decision.why,
            reviewer=decision.by,
        )
        session.add(review)
        session.flush()
    judged = find(session, reply.id).counts_as
    _carry_over(session, reply, judged, decision)
    return judged


def _carry_over(session: Session, reply: Reply, judged: EffectiveReply, decision: Decision) -> None:
    state = NEXT_STATE.get(judged.kind)
    if state is None or judged.attempt_id is None or (judged.kind is ReplyKind.BOUNCE and reply.permanent is False):
        return
    attempt = session.get_one(Attempt, judged.attempt_id)
    if attempt.state is not state and state in journal.STEPS[attempt.state]:
        said = f"reply {reply.id[:8]} reviewed: {decision.why}"
        step = journal.Step(state, decision.by, said, evidence=reply.evidence, at=reply.received_at)
        journal.append(session, attempt.id, step)


def _listed(reply: Reply, reviews: list[Review]) -> Listed:
    return Listed(reply, effective_reply(reply, reviews), doubts(reply, reviews), reviews)


def _only(found: Sequence[Item], what: str, beginning: str) -> Item:
    if len(found) != 1:
        how_many = "more than one" if found else "no"
        raise NoSuchReply(f"there is {how_many} {what} whose key begins with '{beginning[:40]}'")
    return found[0]
