"""From records to observations: which records an edition rests on, and what they say of each merchant.

First the records are chosen, once, when an edition is scored; then what they say is read off exactly these, as often as
anybody likes and whatever was recorded since.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from barometer.alphabet import alphabetical
from barometer.errors import UserError
from barometer.grids.grid import Grid
from barometer.in_batches import in_batches
from barometer.observations import MerchantFact, Observed
from barometer.observing.chosen_attempts import ChosenAttempts, chosen_attempts
from barometer.observing.chosen_nights import Period, chosen_visits
from barometer.observing.inputs import Inputs, MerchantInput
from barometer.observing.observed_attempts import observed_attempts
from barometer.observing.observed_nights import observed_nights
from barometer.observing.paused_collection import paused_collection
from barometer.observing.sighting_reviews import DEPTH, SIGHTING, decisions
from barometer.optout import optouts
from storage.records import Edition, Merchant, Review, Sighting, Visit, utc_now
from storage.vocabulary import Profile

__all__ = ["Inputs", "categories", "choose", "observe", "without_category"]


def categories(session: Session, edition: Edition) -> list[str]:
    """Return the categories that *edition* ranks, by name: those it names, else all of the panel.

    A merchant without a category is in none of them: it is crawled and never ranked.
    """
    named = edition.parameters.get("categories")
    if named is not None:
        return sorted(set(named), key=alphabetical)
    found = session.scalars(select(Merchant.category).distinct())
    return sorted((name for name in found if name), key=alphabetical)


def without_category(session: Session) -> int:
    """Return how many merchants of the panel no edition can rank, since they have no category."""
    query = select(func.count()).select_from(Merchant)
    return session.scalar(query.where(or_(Merchant.category.is_(None), Merchant.category == ""))) or 0


@paused_collection()
def choose(session: Session, edition: Edition, grid: Grid, category: str, now: datetime | None = None) -> Inputs:
    """Return the records that *category* of *edition* rests on under *grid*, as they stand at *now* (default: this moment).

    Merchants that have opted out are left out. The choice is complete: what it names is all that is ever looked at.
    """
    merchants = _merchants(session, category)
    keys = [merchant.id for merchant in merchants]
    period = Period(edition.tests_from, edition.tests_until)
    reviews = _reviews(session, edition, keys)
    decided = decisions(session, reviews)
    visits = {
        profile: tuple(sorted(chosen_visits(session, keys, profile, period, grid.nights, decided)))
        for profile in Profile
    }
    campaigns = edition.parameters.get("campaigns") or []
    chosen = chosen_attempts(session, keys, campaigns, period, now or utc_now())
    return _inputs(category, grid.profile, merchants, visits, chosen, reviews)


@paused_collection()
def observe(session: Session, inputs: Inputs, profile: Profile | None = None) -> list[Observed]:
    """Return what the records of *inputs* say of each of its merchants, by the panel's key.

    The nights are those through the window of *profile*, by default the one that is marked. Raises :class:`UserError` for a
    record that is gone, or one whose contents mean nothing.
    """
    reviews = _reviews_by_key(session, inputs.reviews)
    decided = decisions(session, reviews)
    facts = {one.fact.id: one.fact for one in inputs.merchants}
    nights = observed_nights(session, inputs.visits.get(profile or inputs.profile, ()), facts, decided)
    attempts = observed_attempts(session, inputs, reviews)
    return [
        Observed(fact, tuple(nights.get(fact.id, ())), tuple(attempts.get(fact.id, ())))
        for fact in sorted(facts.values(), key=lambda fact: fact.key)
    ]


def _merchants(session: Session, category: str) -> list[Merchant]:
    query = select(Merchant).where(Merchant.category == category)
    allowed = optouts(session).honoured(session.scalars(query)).allowed
    return sorted(allowed, key=lambda merchant: merchant.id)


def _inputs(
    category: str, profile: Profile, merchants: Iterable[Merchant], visits: dict[Profile, tuple[str, ...]],
    chosen: ChosenAttempts, reviews: Iterable[Review],
) -> Inputs:  # fmt: skip
    return Inputs(
        category=category,
        profile=profile,
        merchants=tuple(_merchant(one) for one in merchants),
        visits=visits,
        attempts=tuple(sorted(chosen.attempts)),
        replies=tuple(sorted(chosen.replies)),
        ratings=tuple(sorted(chosen.ratings)),
        stamps=tuple(sorted(chosen.stamps)),
        reviews=tuple(sorted({*chosen.reviews, *(review.id for review in reviews)})),
        collected_until=dict(sorted(chosen.collected_until.items())),
    )


def _merchant(one: Merchant) -> MerchantInput:
    fact = MerchantFact(
        id=one.id, key=one.key, name=one.name, url=one.url, category=one.category or "", country=one.country,
        entered=one.entered, logo=one.logo,
    )  # fmt: skip
    return MerchantInput(fact, one.hours)


def _reviews(session: Session, edition: Edition, merchants: Sequence[str]) -> list[Review]:
    """Return the reviews of these merchants' sightings and depths that were made for *edition* or a revision before it.

    Those made for no edition count too; what was decided for another edition does not.
    """
    known = set(merchants)
    earlier = select(Edition.id).where(Edition.name == edition.name, Edition.revision <= edition.revision)
    depths = session.scalars(select(Review).where(Review.subject == DEPTH, Review.edition_id.in_(earlier)))
    sightings = session.execute(
        select(Review, Visit.merchant_id)
        .join(Sighting, Sighting.id == Review.subject_id)
        .join(Visit, Visit.id == Sighting.visit_id)
        .where(Review.subject == SIGHTING, or_(Review.edition_id.is_(None), Review.edition_id.in_(earlier)))
    )
    return [
        *(review for review in depths if review.subject_id.rpartition("/")[0] in known),
        *(review for review, merchant_id in sightings if merchant_id in known),
    ]


def _reviews_by_key(session: Session, keys: Sequence[str]) -> list[Review]:
    found: list[Review] = []
    for batch in in_batches(keys):
        found += session.scalars(select(Review).where(Review.id.in_(batch)))
    gone = sorted(set(keys) - {review.id for review in found})
    if gone:
        said = f"review {gone[0]:.40}, which the edition rests on, is gone from the database"
        raise UserError(said, "put the record back from a backup, or score the edition again")
    return found
