"""What merchants object to in an edition, and what came of it; neither is ever changed, only added to."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.editions.life import back_to_draft, locked, storable
from barometer.errors import UserError
from storage.records import (
    Dispute,
    Edition,
    Merchant,
    Review,
    Verdict,
)

SUBJECT = "dispute"
"""What the reviews of disputes name as their subject: upheld when the objection is founded, overruled when it is not."""
LONGEST_OBJECTION = 5_000
"""Characters of an objection that are kept (*ours*)."""
SHORTEST_PREFIX = 4
"""Fewest digits that name a dispute (*ours*)."""


class Disputed(NamedTuple):
    """An objection with the merchant that makes it, the revision it was made to, and its latest review, if any."""

    dispute: Dispute
    merchant: Merchant
    revision: int
    review: Review | None

    @property
    def is_open(self) -> bool:
        """Whether nobody has said yet what comes of it."""
        return self.review is None


def record(session: Session, edition: Edition, merchant: Merchant, objection: str, by: str) -> Dispute:
    """Record that *merchant* objects; a reviewed edition is a draft again until somebody has said what comes of it.

    Raises :class:`UserError` for an objection that says nothing.
    """
    told = storable(objection).strip()
    if not any(sign.isalnum() for sign in told) or len(told) > LONGEST_OBJECTION:
        what = f"--objection: 1 to {LONGEST_OBJECTION:,} characters that say something are wanted"
        raise UserError(what, "give the merchant's own words")
    current = locked(session, edition)
    dispute = Dispute(edition_id=current.id, merchant_id=merchant.id, objection=told, recorded_by=by)
    session.add(dispute)
    session.flush()
    back_to_draft(session, current, by, f"dispute {dispute.id[:8]} was recorded")
    return dispute


def resolve(session: Session, dispute: Dispute, founded: bool, by: str, why: str) -> Review:
    """Record what comes of *dispute*; who was wrong about it says so by resolving it once more."""
    review = Review(
        edition_id=dispute.edition_id,
        subject=SUBJECT,
        subject_id=dispute.id,
        verdict=Verdict.UPHELD if founded else Verdict.OVERRULED,
        why=why,
        reviewer=by,
    )
    session.add(review)
    session.flush()
    return review


def disputes(session: Session, edition: Edition) -> list[Disputed]:
    """Return what merchants object to in any revision of *edition*, oldest first."""
    query = (
        select(Dispute, Merchant, Edition.revision)
        .join(Edition, Edition.id == Dispute.edition_id)
        .join(Merchant, Merchant.id == Dispute.merchant_id)
        .where(Edition.name == edition.name)
        .order_by(Dispute.recorded_at, Dispute.id)
    )
    rows = [(dispute, merchant, revision) for dispute, merchant, revision in session.execute(query)]
    reviews = _reviews(session, [dispute.id for dispute, _, _ in rows])
    return [Disputed(dispute, merchant, revision, reviews.get(dispute.id)) for dispute, merchant, revision in rows]


def dispute_named(session: Session, beginning: str) -> Dispute:
    """Return the dispute whose key begins so; raises :class:`UserError` where there is not exactly one."""
    remedy = "list them with: barometer review list EDITION"
    if len(beginning) < SHORTEST_PREFIX or beginning != storable(beginning):
        raise UserError(f"'{beginning[:40]}' names no dispute", f"give {SHORTEST_PREFIX} digits or more; {remedy}")
    query = select(Dispute).where(Dispute.id.startswith(beginning.lower(), autoescape=True)).limit(2)
    found = session.scalars(query).all()
    if len(found) != 1:
        how_many = "more than one" if found else "no"
        raise UserError(f"there is {how_many} dispute whose key begins with '{beginning[:40]}'", remedy)
    return found[0]


def _reviews(session: Session, keys: list[str]) -> dict[str, Review]:
    """Return the latest review of each dispute of *keys*."""
    query = select(Review).where(Review.subject == SUBJECT, Review.subject_id.in_(keys))
    found = sorted(session.scalars(query), key=lambda review: (review.reviewed_at, review.id))
    return {review.subject_id: review for review in found}
