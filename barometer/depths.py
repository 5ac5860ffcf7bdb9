"""The outcomes of a finished or running crawl, computed again from its records."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.crawl import KIND, merchants_of
from barometer.errors import UserError
from barometer.measures.depth import Outcome
from barometer.result import outcomes
from barometer.stored_visits import stored_reading
from storage.records import Merchant, Run, Visit
from storage.vocabulary import Channel


class Row(NamedTuple):
    """One merchant of a run; ``visit`` and ``outcomes`` are ``None`` until its visit is closed."""

    merchant: Merchant
    visit: Visit | None
    outcomes: dict[Channel, Outcome] | None


def run_of(session: Session, run_id: str | None) -> Run:
    """Return the crawl whose key begins with *run_id*, or the last one; raises :class:`UserError` where there is none."""
    query = select(Run).where(Run.kind == KIND).order_by(Run.started_at.desc())
    if run_id is not None:
        query = query.where(Run.id.startswith(run_id, autoescape=True))
    run = session.scalars(query.limit(1)).first()
    if run is None:
        raise UserError(
            f"there is no crawl {run_id}" if run_id else "there is no crawl yet", "make one with: barometer crawl"
        )
    return run


def rows(session: Session, run: Run, category: str | None = None) -> Iterator[Row]:
    """Yield the merchants of *run* by category and name, with the outcomes of their closed visits."""
    visits = {
        visit.merchant_id: visit
        for visit in session.scalars(select(Visit).where(Visit.run_id == run.id, Visit.finished_at.is_not(None)))
    }
    for merchant in sorted(merchants_of(session, run), key=lambda entry: (entry.category or "", entry.name.casefold())):
        if category is not None and merchant.category != category:
            continue
        visit = visits.get(merchant.id)
        yield Row(merchant, visit, outcomes(stored_reading(session, visit)) if visit is not None else None)
