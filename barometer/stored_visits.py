"""The visits that the database holds: found by the first digits of a key, listed, and read with all their records."""

import re
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.errors import UserError
from barometer.site_address import without_www
from spiders.reading import SiteReading
from storage.records import Click, Merchant, Page, PageState, Sighting, Visit
from storage.vocabulary import Channel

SHORTEST_PREFIX = 4
"""Fewest digits that name a visit, as many as git takes for a commit."""


class Listed(NamedTuple):
    """A stored visit, as it is listed; ``merchant`` is ``None`` for a single audit."""

    id: str
    started_at: datetime
    finished_at: datetime | None
    merchant: str | None
    url: str
    profile: str
    status: str | None
    pages_read: int
    pages_rendered: int


def stored_visit(session: Session, key: str) -> SiteReading:
    """Return the closed visit whose key begins with *key*, its records in one order on every database.

    Raises :class:`UserError` when there is none, or more than one.
    """
    digits = key.lower()
    remedy = "list the visits with: barometer evidence list"
    if not re.fullmatch(r"[0-9a-f]{1,32}", digits):
        raise UserError(f"{key[:80]!r} is no visit, no folder and no file", remedy)
    if len(digits) < SHORTEST_PREFIX:
        raise UserError(f"{digits} is too short for a visit", f"give {SHORTEST_PREFIX} digits or more; {remedy}")
    query = select(Visit).where(Visit.id.startswith(digits), Visit.finished_at.is_not(None)).limit(2)
    visits = session.scalars(query).all()
    if not visits:
        raise UserError(f"there is no visit {digits}", remedy)
    if len(visits) > 1:
        raise UserError(f"more than one visit begins with {digits}", f"give more digits; {remedy}")
    return stored_reading(session, visits[0])


def stored_reading(session: Session, visit: Visit) -> SiteReading:
    """Return the reading that *visit* was stored from, its records in one order on every database."""
    pages = session.scalars(select(Page).where(Page.visit_id == visit.id)).all()
    clicks = session.scalars(select(Click).where(Click.visit_id == visit.id)).all()
    sightings = session.scalars(select(Sighting).where(Sighting.visit_id == visit.id)).all()
    states = session.scalars(select(PageState).where(PageState.visit_id == visit.id)).all()
    ranks = {channel: rank for rank, channel in enumerate(Channel)}
    return SiteReading(
        visit,
        sorted(pages, key=lambda page: (page.fetched_at, page.depth, page.url, page.id)),
        sorted(clicks, key=lambda click: (click.position, click.from_url, click.to_url, click.id)),
        sorted(sightings, key=lambda one: (one.depth, one.page_url, ranks[one.channel], one.value, one.id)),
        states=sorted(states, key=lambda state: (state.position, state.depth, state.url, state.id)),
    )


def listed_visits(session: Session, merchant: str | None, limit: int) -> list[Listed]:
    """Return the last *limit* closed visits, newest first; only those of *merchant*, a name, a host or an address."""
    query = (
        select(Visit, Merchant.name)
        .outerjoin(Merchant, Merchant.id == Visit.merchant_id)
        .where(Visit.finished_at.is_not(None))
        .order_by(Visit.started_at.desc(), Visit.id)
    )
    found: list[Listed] = []
    for visit, name in session.execute(query.execution_options(yield_per=200)):
        if merchant is not None and not _is_of(merchant, name, visit.url):
            continue
        found.append(
            Listed(
                visit.id, visit.started_at, visit.finished_at, name, visit.url, str(visit.profile),
                None if visit.status is None else str(visit.status), visit.pages_read, visit.pages_rendered,
            )
        )  # fmt: skip
        if len(found) == limit:
            break
    return found


def _is_of(wanted: str, name: str | None, url: str) -> bool:
    words = wanted.strip().casefold()
    place, named = _bare(url), _bare(words)
    host = place.partition("/")[0].partition(":")[0]
    return bool(words) and (words == (name or "").casefold() or named == host or f"{place}/".startswith(f"{named}/"))


def _bare(address: str) -> str:
    """Return *address* without scheme and ``www.``: host, port and path."""
    return without_www(address.casefold().rpartition("://")[2]).rstrip("/")
