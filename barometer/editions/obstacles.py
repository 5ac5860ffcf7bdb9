"""What keeps an edition from being reviewed or published, in sentences."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.edition import ZONE, altered_files, command, days_of_tests, require_scored, scores_of
from barometer.editions.basis import Basis, basis
from barometer.editions.outdated import outdated
from barometer.editions.queue import queue_of
from barometer.in_batches import in_batches
from barometer.optout import optouts
from storage.evidence import EvidenceStore
from storage.records import Edition, Merchant


def obstacles(session: Session, store: EvidenceStore, edition: Edition, now: datetime) -> list[str]:
    """Return what keeps *edition* from being reviewed or published, one sentence each, the most pressing first.

    Its records are chosen again as they are now: whatever came, or was decided, since the scoring is in the way.
    """
    require_scored(edition)
    altered = [f"{one.where}: {one.what}; see {command('verify', edition)}" for one in altered_files(session, edition)]
    if altered:
        return altered
    rests_on = basis(session, store, edition)
    last = days_of_tests(edition)[1]
    if last > now.astimezone(ZONE).date():
        return [f"its tests run until {last}; wait for that day, then score it again"]
    told = [*_outdated(session, store, edition, rests_on, now)]
    items = [item for item in queue_of(session, store, edition, rests_on, now) if item.is_open]
    told += [item.why for item in items if item.until is not None]
    count = sum(item.until is None for item in items)
    if count:
        told.append(f"{count} {'item is' if count == 1 else 'items are'} open: barometer review list")
    return told


def _outdated(
    session: Session, store: EvidenceStore, edition: Edition, rests_on: Basis, now: datetime
) -> Iterator[str]:
    """Yield why the marks are not what the records say any more; all of it ends with scoring again."""
    merchants = {score.merchant.id: score for ranking in rests_on.ranked for score in scores_of(ranking)}
    if not any(score.score is not None for score in merchants.values()):
        yield "nothing was measured of anybody: no visit and no attempt of its campaigns falls into the tests"
    gone = len(opted_out(session, merchants))
    if gone:
        yield f"{gone} of its merchants asked to be left alone since it was scored; score it again"
    yield from outdated(session, store, edition, rests_on.inputs)
    if any(at <= now for closes in rests_on.closing.values() for at in closes):
        yield "attempts that were open when it was scored are over; score it again"


def opted_out(session: Session, merchants: Iterable[str]) -> set[str]:
    """Return those of *merchants*, by key of their record, whom the opt-out list covers now."""
    wishes = optouts(session)
    if not len(wishes):
        return set()
    found: list[Merchant] = []
    for batch in in_batches(sorted(merchants)):
        found += session.scalars(select(Merchant).where(Merchant.id.in_(batch)))
    return {one.id for one, _ in wishes.honoured(found).left_alone}
