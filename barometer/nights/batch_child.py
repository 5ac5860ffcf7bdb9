"""What the process of one batch does: it claims the batch, reads the sites that are left of it, and stores each at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer import crawl
from barometer.crawl import Claim, ClaimLost
from barometer.monitoring.log import about
from barometer.nights import batches
from barometer.optout import optouts
from barometer.reading import patiently, read_and_store
from spiders.orders import CrawlOptions, SiteOrder
from spiders.plan import Plan
from spiders.reading import SiteReading
from storage.database import Database
from storage.records import Batch, Merchant, Visit

Told = Callable[[str], None]


class _Begun(NamedTuple):
    """A claimed batch: what is left of it, and what became of the first looks that are to be replaced."""

    claimed: Claim
    left: batches.Left
    first_looks: dict[str, str]


def read_batch(database: Database, batch_id: str, token: int, plan: Plan, behaviour: CrawlOptions, told: Told) -> int:
    """Read what is left of a batch and return the exit code: 0 when nothing is, else one of :mod:`barometer.nights.batches`.

    *told* is called with each line for the log. Raises :class:`~storage.problems.StorageProblem`.
    """
    begun = patiently(lambda: _begun(database, batch_id, token))
    if begun is None:
        with about("batch_lost"):
            told("another process has this batch, or it has ended")
        return batches.TAKEN_OVER
    left = begun.left
    with about("batch_begun", sites=len(left.merchants)):
        told(f"{len(left.merchants)} sites to read")

    def instead_of(reading: SiteReading) -> str | None:
        visit = reading.visit
        former = left.instead_of.get(visit.merchant_id or "")
        if former is not None:
            visit.warnings = [*visit.warnings, f"this is the second look of a night; {begun.first_looks[former]}"]
        return former

    def stored(reading: SiteReading) -> None:
        visit = reading.visit
        why = f" ({visit.status_reason})" if visit.status_reason else ""
        with about("site_closed", **_keys(visit)):
            told(f"{visit.url}: {visit.status}{why}, {visit.pages_read} pages read, {visit.pages_rendered} shown")

    wanted = _still_wanted(database, begun, plan, told)
    try:
        finished = read_and_store(database, begun.claimed, wanted, behaviour, stored, instead_of)
    except ClaimLost:
        with about("batch_lost"):
            told("another process took this batch over; nothing more is stored")
        return batches.TAKEN_OVER
    if not finished:
        return batches.INTERRUPTED
    return batches.READ_IN_PART if patiently(lambda: _what_is_left(database, begun)) else 0


def _keys(visit: Visit) -> dict[str, object]:
    """Return how a visit ended, for programs that read the log."""
    seconds = ((visit.finished_at or visit.started_at) - visit.started_at).total_seconds()
    return {
        "merchant": visit.merchant_id, "url": visit.url, "status": visit.status, "reason": visit.status_reason,
        "seconds": round(seconds, 1), "pages_read": visit.pages_read, "pages_rendered": visit.pages_rendered,
    }  # fmt: skip


def _begun(database: Database, batch_id: str, token: int) -> _Begun | None:
    with database.session() as session:
        claimed = batches.claim(session, batch_id, token)
        if claimed is None:
            return None
        left = batches.left(session, session.get_one(Batch, batch_id))
        return _Begun(claimed, left, _first_looks(session, left.instead_of))


def _first_looks(session: Session, instead_of: Mapping[str, str]) -> dict[str, str]:
    """Return by visit, in words, how the first look ended that is to be replaced."""
    visits = session.scalars(select(Visit).where(Visit.id.in_(instead_of.values())))
    return {
        visit.id: f"the first, at {visit.started_at:%H:%M} UTC, ended with: {visit.status_reason or visit.status}"
        for visit in visits
    }


def _still_wanted(database: Database, begun: _Begun, plan: Plan, told: Told) -> Iterator[SiteOrder]:
    """Yield an order a merchant; who asked to be left alone since the batch began is not visited any more."""
    for merchant in begun.left.merchants:
        why = patiently(lambda one=merchant: _why_not(database, begun.claimed, one))  # type: ignore[misc]
        if why is None:
            yield from crawl.orders(begun.claimed.run_id, [merchant], plan)
        else:
            with about("site_left_alone", merchant=merchant.id, url=merchant.url):
                told(f"{merchant.url}: left alone, {why}")


def _why_not(database: Database, claimed: Claim, merchant: Merchant) -> str | None:
    """Return why *merchant* is not to be visited after all, ``None`` where it is; raises :class:`ClaimLost`."""
    with database.reading() as session:
        batches.still_ours(session, claimed)
        if session.scalar(select(Merchant.id).where(Merchant.id == merchant.id)) is None:
            return "it is no longer in the panel"
        return None if optouts(session).honoured([merchant]).allowed else "it is on the opt-out list"


def _what_is_left(database: Database, begun: _Begun) -> Sequence[Merchant]:
    with database.reading() as session:
        return batches.left(session, session.get_one(Batch, begun.claimed.batch_id)).merchants
