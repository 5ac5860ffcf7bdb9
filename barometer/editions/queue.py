"""What a person must have looked at before an edition is published: doubts, replies, objections, and what is still awaited.

A doubt is known by a key that is made of what is doubted and of the value found. Who upholds it speaks of that value: when
another one is found later, the key is another one, and the doubt is open anew.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from barometer.edition import campaigns_of, scores_of, sheets
from barometer.editions.basis import Basis, basis
from barometer.editions.disputes import disputes
from barometer.editions.life import events
from barometer.editions.sheet import read_doubts
from barometer.in_batches import in_batches
from barometer.marks.doubts import ATTEMPTS
from barometer.observations import MerchantFact
from barometer.observing.sighting_reviews import DEPTH
from probes.replies_reviewed import DOUBTFUL_RULES
from probes.replies_reviewed import SUBJECT as REPLY
from probes.replies_reviewed import doubts as reply_doubts
from storage.evidence import EvidenceStore
from storage.records import Attempt, Edition, EditionStep, Reply, Review, Verdict

DOUBT = "doubt"
"""What the reviews of doubts name as their subject; their ``subject_id`` is made by :func:`doubt_subject`."""


class ItemKind(StrEnum):
    """What an item of the queue is."""

    DOUBT = "doubt"
    REPLY = "reply"
    DISPUTE = "dispute"
    AWAITED = "awaited"


class Item(NamedTuple):
    """One thing to be looked at; ``ref`` is what commands take, ``what`` a word, ``why`` a sentence.

    ``until`` is set for what only time ends. ``decided`` is the review that closes it, ``None`` while it is open.
    """

    ref: str
    kind: ItemKind
    what: str
    category: str
    merchant: MerchantFact | None
    why: str
    subject: str = ""
    subject_id: str = ""
    until: datetime | None = None
    decided: Review | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still keeps the edition from being published."""
        return self.decided is None


def queue(session: Session, store: EvidenceStore, edition: Edition, now: datetime) -> list[Item]:
    """Return everything of *edition* that a person must look at, what was decided included, by category and merchant.

    Raises :class:`UserError` where nothing was scored yet, or what that rests on is gone.
    """
    return queue_of(session, store, edition, basis(session, store, edition), now)


def queue_of(session: Session, store: EvidenceStore, edition: Edition, rests_on: Basis, now: datetime) -> list[Item]:
    """Return the queue of *edition*, which *rests_on* what need not be read once more."""
    merchants = {score.merchant.id: score.merchant for ranking in rests_on.ranked for score in scores_of(ranking)}
    waiting = list(awaited_on(rests_on.closing, now))
    items = [
        *_doubts(session, store, edition, rests_on, {item.category for item in waiting}),
        *_replies(session, edition, merchants),
        *_disputes(session, edition),
        *waiting,
        *_hearing(session, edition, now),
    ]
    return sorted(items, key=lambda item: (item.category, item.merchant.name if item.merchant else "", item.ref))


def doubt_subject(subject: str, subject_id: str, key: str) -> str:
    """Return what a review of a doubt names as its subject's key: ``depth:MERCHANT/CHANNEL#KEY`` and the like."""
    return f"{subject}:{subject_id}#{key}"


def _doubts(
    session: Session, store: EvidenceStore, edition: Edition, rests_on: Basis, waiting: set[str]
) -> Iterator[Item]:
    """Yield what the marks give reason to doubt; open attempts only in categories where nothing is awaited any more."""
    merchants = {score.merchant.id: score.merchant for ranking in rests_on.ranked for score in scores_of(ranking)}
    decided, counted = _decisions(session, edition), rests_on.reviews
    for content in sheets(session, store, edition):
        for doubt in read_doubts(content):
            if doubt.subject == ATTEMPTS and doubt.category in waiting:
                continue
            yield Item(
                ref=doubt.key,
                kind=ItemKind.DOUBT,
                what=str(doubt.kind),
                category=doubt.category,
                merchant=merchants.get(doubt.merchant_id or ""),
                why=doubt.why,
                subject=doubt.subject,
                subject_id=doubt.subject_id,
                decided=decided.get((DOUBT, doubt_subject(doubt.subject, doubt.subject_id, doubt.key)))
                or _overruled(decided, doubt.subject, doubt.subject_id, counted),
            )


def _decisions(session: Session, edition: Edition) -> dict[tuple[str, str], Review]:
    """Return the latest review of each doubt and each depth, in this revision of *edition* or an earlier one."""
    query = (
        select(Review)
        .join(Edition, Edition.id == Review.edition_id)
        .where(Edition.name == edition.name, Edition.revision <= edition.revision, Review.subject.in_((DOUBT, DEPTH)))
    )
    ordered = sorted(session.scalars(query), key=lambda review: (review.reviewed_at, review.id))
    return {(review.subject, review.subject_id): review for review in ordered}


def _overruled(
    decided: Mapping[tuple[str, str], Review], subject: str, subject_id: str, counted: Collection[str]
) -> Review | None:
    """Return the review that put a person's value in place of a doubted one, if it is among those *counted* in the marks."""
    review = decided.get((subject, subject_id))
    if review is None or review.verdict is not Verdict.OVERRULED or review.id not in counted:
        return None
    return review


def _replies(session: Session, edition: Edition, merchants: Mapping[str, MerchantFact]) -> Iterator[Item]:
    """Yield the replies to the edition's attempts that a person should look at; they stop being so once somebody did."""
    found = dict(_tied(session, edition))
    for reply, owner in _loose(session, edition):
        found.setdefault(reply, owner)
    reviews = _reply_reviews(session, [reply.id for reply in found])
    for reply, owner in found.items():
        why, merchant = reply_doubts(reply, reviews.get(reply.id, ())), merchants.get(owner)
        if why and merchant is not None:
            yield Item(
                ref=f"reply:{reply.id[:12]}",
                kind=ItemKind.REPLY,
                what=", ".join(why),
                category=merchant.category,
                merchant=merchant,
                why=f"the reply of {reply.received_at:%Y-%m-%d %H:%M} UTC counts as {reply.kind} by rule {reply.rule}",
                subject=REPLY,
                subject_id=reply.id,
            )


def _tied(session: Session, edition: Edition) -> Iterator[tuple[Reply, str]]:
    """Yield the replies that are matched and might be doubted, each with the key of its merchant."""
    wordless = or_(Reply.text.is_(None), Reply.text == "")
    query = (
        select(Reply, Attempt.merchant_id)
        .join(Attempt, Attempt.id == Reply.attempt_id)
        .where(Attempt.campaign_id.in_(campaigns_of(edition)), or_(Reply.rule.in_(DOUBTFUL_RULES), wordless))
    )
    yield from session.execute(query)


def _loose(session: Session, edition: Edition) -> Iterator[tuple[Reply, str]]:
    """Yield the replies that may answer one of several attempts, each with the key of the first one's merchant."""
    loose = [one for one in session.scalars(select(Reply).where(Reply.attempt_id.is_(None))) if one.candidates]
    owners: dict[str, str] = {}
    for batch in in_batches(sorted({key for reply in loose for key in reply.candidates})):
        query = select(Attempt.id, Attempt.merchant_id).where(
            Attempt.id.in_(batch), Attempt.campaign_id.in_(campaigns_of(edition))
        )
        owners |= dict(session.execute(query).all())
    for reply in loose:
        owner = next((owners[key] for key in reply.candidates if key in owners), None)
        if owner is not None:
            yield reply, owner


def _reply_reviews(session: Session, keys: Iterable[str]) -> dict[str, list[Review]]:
    found: dict[str, list[Review]] = {}
    for batch in in_batches(keys):
        for review in session.scalars(select(Review).where(Review.subject == REPLY, Review.subject_id.in_(batch))):
            found.setdefault(review.subject_id, []).append(review)
    return found


def _disputes(session: Session, edition: Edition) -> Iterator[Item]:
    for disputed in disputes(session, edition):
        dispute, merchant = disputed.dispute, disputed.merchant
        fact = MerchantFact(merchant.id, merchant.key, merchant.name, merchant.url, merchant.category or "")
        yield Item(
            ref=f"dispute:{dispute.id[:12]}",
            kind=ItemKind.DISPUTE,
            what="objection",
            category=fact.category,
            merchant=fact,
            why=dispute.objection,
            subject="dispute",
            subject_id=dispute.id,
            decided=disputed.review,
        )


def awaited_on(closing: Mapping[str, Sequence[datetime]], now: datetime) -> Iterator[Item]:
    """Yield the categories in which an answer may still come that would change marks, with the day it is too late.

    *closing* says by category when the windows close of attempts that were open when it was scored (:class:`.Basis`). A
    demonstration's clock is not ours, and its attempts are never awaited; what stayed open there is a doubt.
    """
    for category, closes in sorted(closing.items()):
        later = [at for at in closes if at > now]
        if later:
            count = f"{len(later)} attempts" if len(later) > 1 else "an attempt"
            last = max(later)
            yield Item(
                ref=f"awaited:{category}",
                kind=ItemKind.AWAITED,
                what="answers",
                category=category,
                merchant=None,
                why=f"{count} in category '{category}' may be answered until {last:%Y-%m-%d %H:%M} UTC; score after that",
                until=last,
            )


def _hearing(session: Session, edition: Edition, now: datetime) -> Iterator[Item]:
    """Yield the day until which merchants were told that they may object."""
    told = [event.detail.get("until") for event in events(session, edition) if event.step is EditionStep.NOTIFIED]
    until = max((datetime.fromisoformat(one).astimezone(UTC) for one in told if one), default=None)
    if until is not None and until > now:
        yield Item(
            ref="awaited:objections",
            kind=ItemKind.AWAITED,
            what="objections",
            category="",
            merchant=None,
            why=f"merchants were told that they may object until {until:%Y-%m-%d %H:%M} UTC",
            until=until,
        )
