"""A crawl of the panel in batches, for workers on other machines: one pass, and no second look."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from sqlalchemy.orm import Session

from barometer import crawl
from barometer.crawl import Claim, ClaimLost
from barometer.errors import UserError
from barometer.night_settings import Night
from barometer.nights import batches
from barometer.nights.executor import Executor, Work
from barometer.nights.terms import Wishes, limits_of
from barometer.nights.working import Told, Underway, answered, release, worked_through
from barometer.settings import Settings
from storage.database import Database
from storage.problems import DatabaseProblem
from storage.records import Merchant

FOREVER_SECONDS = 365 * 86_400.0
"""A crawl by hand has no deadline."""


def claimed_in_batches(
    session: Session, merchants: Sequence[Merchant], wishes: Wishes, only: Sequence[str], terms: Night, fresh: bool
) -> tuple[Claim, int, bool]:
    """Claim a crawl of *merchants*, cut into batches: return the claim, how many sites are left, and whether it
    is taken up again.

    A crawl that was begun without a scheduler is another one. Raises :class:`~barometer.errors.UserError`.
    """
    selection = {**wishes.selection, "night": False, "batches": True, "only": sorted(only)}
    run, resumed = crawl.open_run(session, merchants, selection, fresh)
    claimed = crawl.claim(session, run, batches.NIGHT_LEASE)
    run.parameters = {**run.parameters, "at_once": terms.at_once}
    return claimed, batches.cut_unread(session, run, terms.batch_size), resumed


def read_in_batches(
    database: Database, settings: Settings, claimed: Claim, sites: int, wishes: Wishes, terms: Night, told: Told,
    executor: Callable[[Work, int, asyncio.Event], Executor],
) -> bool:  # fmt: skip
    """Read what *claimed* has left and return whether nobody asked to stop.

    Raises :class:`~barometer.errors.UserError` where nothing can go on, and when another process took the crawl over.
    """
    name = claimed.run_id[:8]
    underway = Underway(database, claimed, name, sites, FOREVER_SECONDS)
    work = Work(database, claimed, (), limits_of(settings, terms, sites), terms.logs, f"crawl-{name}", wishes)
    try:
        return not asyncio.run(_worked_through(underway, told, terms, work, executor))
    except ClaimLost:
        raise UserError("this crawl was taken over by another process", "let that one finish") from None
    except BaseException:
        with suppress(DatabaseProblem):
            release(underway)
        raise


async def _worked_through(
    underway: Underway, told: Told, terms: Night, work: Work, executor: Callable[[Work, int, asyncio.Event], Executor]
) -> bool:
    return await worked_through(underway, told, _one_pass(underway, executor(work, terms.at_once, underway.stop)))


async def _one_pass(underway: Underway, executor: Executor) -> None:
    run_id = underway.claimed.run_id
    await executor.run(await answered(underway.database, lambda session: batches.open_batches(session, run_id, 0)))
