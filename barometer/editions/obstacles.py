"""What keeps an edition from being reviewed or published, in sentences."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from barometer.edition import campaigns_of, rankings, scores_of
from barometer.editions.queue import closings, queue_of
from barometer.in_batches import in_batches
from barometer.observing.sighting_reviews import DEPTH, SIGHTING
from barometer.optout import optouts
from barometer.ranking import Ranking
from probes.replies_reviewed import ATTEMPT, attempt_of
from probes.replies_reviewed import SUBJECT as REPLY
from storage.evidence import EvidenceStore
from storage.records import Attempt, Edition, Merchant, Reply, Review, Sighting, Visit


def obstacles(session: Session, store: EvidenceStore, edition: Edition, now: datetime) -> list[str]:
    """Return what keeps *edition* from being reviewed or published, one sentence each, the most pressing first."""
    ranked = rankings(session, store, edition)
    told = [*_outdated(session, edition, ranked, now)]
    items = [item for item in queue_of(session, store, edition, ranked, now) if item.is_open]
    told += [item.why for item in items if item.until is not None]
    count = sum(item.until is None for item in items)
    if count:
        told.append(f"{count} {'item is' if count == 1 else 'items are'} open: barometer review list")
    return told


def _outdated(session: Session, edition: Edition, ranked: Sequence[Ranking], now: datetime) -> Iterator[str]:
    """Yield why the marks are not what the records say any more; all of it ends with scoring again."""
    merchants = {score.merchant.id: score for ranking in ranked for score in scores_of(ranking)}
    if not any(score.score is not None for score in merchants.values()):
        yield "nothing was measured of anybody: no visit and no attempt of its campaigns falls into the tests"
    count = _reviews_since(session, edition, merchants)
    if count:
        yield f"{count} {'review was' if count == 1 else 'reviews were'} recorded since it was scored; score it again"
    owners = {key for key, score in merchants.items() if any(mark.open for mark in score.marks)}
    scored_at = edition.scored_at or now
    if owners and any(scored_at < at <= now for at in closings(session, edition, owners)):
        yield "attempts that were open when it was scored are over; score it again"
    gone = len(opted_out(session, merchants))
    if gone:
        yield f"{gone} of its merchants asked to be left alone since it was scored; score it again"


def _reviews_since(session: Session, edition: Edition, merchants: Collection[str]) -> int:
    """Return how many reviews of sightings, depths and replies of *merchants* are younger than the marks."""
    since = select(Review).where(Review.reviewed_at > edition.scored_at)
    revisions = select(Edition.id).where(Edition.name == edition.name)
    depths = since.where(Review.subject == DEPTH, Review.edition_id.in_(revisions))
    found = len(session.scalars(depths).all())
    sightings = (
        select(Visit.merchant_id)
        .join(Sighting, Sighting.visit_id == Visit.id)
        .join(Review, Review.subject_id == Sighting.id)
        .where(Review.subject == SIGHTING, Review.reviewed_at > edition.scored_at)
        .where(or_(Review.edition_id.is_(None), Review.edition_id.in_(revisions)))
    )
    found += sum(owner in merchants for owner in session.scalars(sightings))
    campaigns = set(campaigns_of(edition))
    for review in session.scalars(since.where(Review.subject == REPLY)):
        reply = session.get(Reply, review.subject_id)
        named = attempt_of(review.replacement or "") if (review.replacement or "").startswith(ATTEMPT) else None
        keys = [key for key in (named, reply.attempt_id if reply else None) if key]
        attempts = session.scalars(select(Attempt.campaign_id).where(Attempt.id.in_(keys)))
        found += not campaigns.isdisjoint(attempts)
    return found


def opted_out(session: Session, merchants: Iterable[str]) -> set[str]:
    """Return those of *merchants*, by key of their record, whom the opt-out list covers now."""
    wishes = optouts(session)
    if not len(wishes):
        return set()
    found: list[Merchant] = []
    for batch in in_batches(sorted(merchants)):
        found += session.scalars(select(Merchant).where(Merchant.id.in_(batch)))
    return {one.id for one, _ in wishes.honoured(found).left_alone}
