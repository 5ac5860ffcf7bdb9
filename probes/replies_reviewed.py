"""What a reply counts as, once people have looked at it: the program's verdict, or the latest of theirs.

A review is a record of its own; the reply is never changed. Its replacement is a kind of reply, ``attempt:KEY`` for the
attempt that it answers, or ``attempt:none`` where it answers none of ours. Pure: records come in, a plain value goes out.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from storage.records import Reply, Review, Verdict
from storage.vocabulary import ReplyKind

SUBJECT = "reply"
"""What the reviews of replies name as their subject."""
ATTEMPT = "attempt:"
NO_ATTEMPT = "attempt:none"
DOUBTFUL_RULES = frozenset({"context.too-fast", "unreadable"})
"""Rules that infer from time alone, or say that a message could not be read (*ours*)."""


class EffectiveReply(NamedTuple):
    """What a reply counts as; ``decided_by`` names the rule, or the person where one overruled it or upheld it."""

    reply_id: str
    kind: ReplyKind
    attempt_id: str | None
    decided_by: str


class Doubt(StrEnum):
    """Why a person should look at a reply."""

    UNMATCHED = "unmatched"
    AMBIGUOUS = "ambiguous"
    UNSURE = "unsure"
    UNREADABLE = "unreadable"


class BadReplacement(ValueError):
    """A review's replacement is neither a kind of reply nor an attempt."""


def effective_reply(reply: Reply, reviews: Iterable[Review]) -> EffectiveReply:
    """Return what *reply* counts as: of *reviews* the latest that speaks of its kind, and of its attempt, wins.

    Reviews of other records are passed over. Raises :class:`BadReplacement` for one that overrules by nothing known.
    """
    kind, attempt_id, decided_by = reply.kind, reply.attempt_id, reply.rule
    for review in _of(reply, reviews):
        decided_by = review.reviewer
        if review.verdict is Verdict.UPHELD:
            kind, attempt_id = reply.kind, reply.attempt_id
        elif (review.replacement or "").startswith(ATTEMPT):
            attempt_id = attempt_of(review.replacement or "")
        else:
            kind = kind_of(review.replacement or "")
    return EffectiveReply(reply.id, kind, attempt_id, decided_by)


def doubts(reply: Reply, reviews: Iterable[Review]) -> list[Doubt]:
    """Return why a person should look at *reply*; nothing once somebody has."""
    if _of(reply, reviews):
        return []
    found = []
    if reply.attempt_id is None:
        found.append(Doubt.AMBIGUOUS if reply.candidates else Doubt.UNMATCHED)
    if reply.rule in DOUBTFUL_RULES:
        found.append(Doubt.UNSURE)
    if reply.kind is ReplyKind.HUMAN and not reply.text and reply.purged_at is None:
        found.append(Doubt.UNREADABLE)
    return found


def kind_of(replacement: str) -> ReplyKind:
    """Return the kind that a replacement names; raises :class:`BadReplacement`."""
    try:
        return ReplyKind(replacement)
    except ValueError:
        raise BadReplacement(f"'{replacement[:60]}' is no kind of reply: {', '.join(ReplyKind)}") from None


def attempt_of(replacement: str) -> str | None:
    """Return the key of the attempt that a replacement names, ``None`` for none of ours."""
    return None if replacement == NO_ATTEMPT else replacement.removeprefix(ATTEMPT)


def _of(reply: Reply, reviews: Iterable[Review]) -> list[Review]:
    own = [review for review in reviews if review.subject == SUBJECT and review.subject_id == reply.id]
    return sorted(own, key=lambda review: (review.reviewed_at, review.id))
