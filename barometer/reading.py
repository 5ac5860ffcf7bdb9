"""Read sites and keep what was seen: the one loop that a crawl and each batch of a night have in common."""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from barometer.crawl import Claim, store
from spiders.orders import CrawlOptions, SiteOrder
from storage.database import Database
from storage.problems import DatabaseProblem
from storage.records import Merchant, Visit

if TYPE_CHECKING:
    from spiders.reading import SiteReading

PAUSES = (0.2, 1.0, 3.0, 6.0)
"""Seconds between two tries of a database that does not answer (*ours*): a server that restarts is back within them."""

_Value = TypeVar("_Value")


def read_and_store(
    database: Database,
    claimed: Claim,
    orders: Iterable[SiteOrder],
    behaviour: CrawlOptions,
    stored: Callable[["SiteReading"], None],
    instead_of: Callable[["SiteReading"], str | None] = lambda _: None,
) -> bool:
    """Read every site of *orders*, store each closed visit at once, then tell *stored*; return whether all were read.

    *instead_of* names the visit that a reading takes the place of. ``False`` says that somebody pressed Ctrl-C. Raises
    :class:`~barometer.crawl.ClaimLost` and :class:`~storage.problems.StorageProblem`.
    """
    from spiders.run import read_sites  # loading Scrapy takes half a second, which --help need not pay

    def deliver(reading: "SiteReading") -> None:
        try:
            store_patiently(database, claimed, reading, instead_of(reading))
        except IntegrityError:
            if patiently(lambda: in_panel(database, reading.visit.merchant_id)):
                raise
            return  # it left the panel while its site was read: there is nothing left that the visit could belong to
        stored(reading)

    return read_sites(orders, behaviour, deliver)


def store_patiently(database: Database, claimed: Claim, reading: "SiteReading", instead_of: str | None = None) -> None:
    """Store *reading* as :func:`barometer.crawl.store` does, also when the connection is lost once or twice on the way."""
    first = True

    def attempt() -> None:
        nonlocal first
        # A connection that broke while it committed leaves open whether it did.
        if first or not _is_stored(database, reading.visit.id):
            first = False
            store(database, claimed, reading, instead_of)

    patiently(attempt)


def patiently(step: Callable[[], _Value]) -> _Value:
    """Return what *step* returns; a database that is in the way is tried again after each of :data:`PAUSES`.

    Raises the last :class:`~storage.problems.DatabaseProblem`.
    """
    for pause in PAUSES:
        try:
            return step()
        except DatabaseProblem:
            time.sleep(pause)
    return step()


def in_panel(database: Database, merchant_id: str | None) -> bool:
    """Tell whether there is still a merchant of this key."""
    with database.reading() as session:
        return session.scalar(select(Merchant.id).where(Merchant.id == merchant_id)) is not None


def _is_stored(database: Database, visit_id: str) -> bool:
    with database.reading() as session:
        return session.scalar(select(Visit.id).where(Visit.id == visit_id)) is not None
