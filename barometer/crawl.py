"""Crawl the panel: one run, one closed visit a merchant, taken up again where it was broken off."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from barometer.errors import UserError
from barometer.optout import optouts
from barometer.panel import KEYS_AT_ONCE
from barometer.processes import is_gone, this_process
from barometer.settings import tool_version
from spiders.addresses import is_public, literal_address
from spiders.mirrors import Mirror, Mirrors
from spiders.orders import CrawlOptions, SiteOrder
from spiders.plan import Plan
from spiders.reading import SiteReading
from storage.database import Database
from storage.records import Batch, Merchant, Run, Visit, utc_now
from storage.vocabulary import Profile, RunState, VisitStatus

KIND = "crawl"
LEASE = timedelta(minutes=30)
"""How long a crawl that has not been heard of is left alone on another machine; renewed with every site (*ours*)."""
USUAL_PAGES = 40
"""Pages read of a site that was never visited, for the estimate (mean over the demonstration and the open corpus)."""
USUAL_PAGE_BYTES = 60_000
"""Size of such a page, for the estimate."""
USUAL_PAGE_SECONDS = 0.3
"""Time until such a page has come, the pause apart, for the estimate."""
USUAL_RENDERED = 3
"""Pages of a site that a browser shows, for the estimate (mean over the open corpus and the demonstration)."""
USUAL_RENDER_SECONDS = 4.0
"""Time that showing such a page takes, its presses included, for the estimate."""


class Estimate(NamedTuple):
    """What a crawl will probably take: pages, bytes and seconds; ``from_history`` sites were visited before."""

    sites: int
    pages: int
    bytes: int
    seconds: float
    from_history: int


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a run, or on ``batch_id``, a part of it; a smaller ``token`` than that row's has lost it."""

    run_id: str
    token: int
    batch_id: str | None = None


class ClaimLost(Exception):
    """Somebody else took the run, or the batch, over; nothing more may be written to it."""


def estimate(session: Session, merchants: Sequence[Merchant], options: CrawlOptions, plan: Plan) -> Estimate:
    """Return what reading *merchants* will take, from their own last visits where there are any."""
    budget_pages = plan.budget.pages
    known = _last_visits(session, [merchant.id for merchant in merchants])
    pages = [min(known[m.id].pages_read if m.id in known else USUAL_PAGES, budget_pages) for m in merchants]
    size = [
        known[m.id].bytes if m.id in known else count * USUAL_PAGE_BYTES
        for m, count in zip(merchants, pages, strict=True)
    ]
    shown = [(known[m.id].pages_rendered or USUAL_RENDERED) if m.id in known else USUAL_RENDERED for m in merchants]
    rendering = [count * USUAL_RENDER_SECONDS if plan.render else 0.0 for count in shown]
    seconds = [
        count * (options.delay + USUAL_PAGE_SECONDS) + more for count, more in zip(pages, rendering, strict=True)
    ]
    total = max(
        sum(seconds) / max(1, options.sites_at_once),
        sum(rendering) / options.renders_at_once,
        max(seconds, default=0.0),
    )
    return Estimate(len(merchants), sum(pages), sum(size), total, len(known))


def _last_visits(session: Session, merchant_ids: Sequence[str]) -> dict[str, Visit]:
    query = (
        select(Visit).where(Visit.finished_at.is_not(None), Visit.merchant_id.is_not(None)).order_by(Visit.finished_at)
    )
    wanted = set(merchant_ids)
    return {visit.merchant_id: visit for visit in session.scalars(query) if visit.merchant_id in wanted}


def open_run(
    session: Session, merchants: Sequence[Merchant], selection: dict[str, Any], fresh: bool
) -> tuple[Run, bool]:
    """Return the run to work on, and whether it is an open one taken up again.

    An open run with the same *selection* is taken up unless *fresh*; otherwise a new one is made for *merchants*, and
    what was broken off before is given up.
    """
    _wait_for_others(session, merchants)
    query = select(Run).where(Run.kind == KIND, Run.state == RunState.OPEN).order_by(Run.started_at.desc())
    for run in session.scalars(query).all():
        if run.parameters.get("selection") == selection:
            if not fresh:
                return run, True
            if not worked_on(run):
                run.state, run.finished_at = RunState.FAILED, utc_now()
    run = Run(
        kind=KIND, tool_version=tool_version(),
        parameters={"selection": selection, "merchants": [merchant.id for merchant in merchants]},
    )  # fmt: skip
    session.add(run)
    session.flush()
    return run, False


def _wait_for_others(session: Session, merchants: Sequence[Merchant]) -> None:
    """Let two processes that begin the same crawl do so one after the other, so that the second sees the first's run."""
    session.execute(select(Merchant.id).where(Merchant.id == merchants[0].id).with_for_update())


def claim(session: Session, run: Run, lease: timedelta = LEASE) -> Claim:
    """Claim *run*, an open one, for as long as *lease*; raises :class:`UserError` while another living process works on it.

    What that one wrote down meanwhile is in *run* then.
    """
    if worked_on(run):
        raise UserError(
            f"this crawl is being worked on by {run.claimed_by} until {run.lease_until:%Y-%m-%d %H:%M} UTC",
            "wait for it to end, or start another one with --new",
        )
    token = run.token + 1
    claiming = update(Run).where(Run.id == run.id, Run.token == run.token, Run.state == RunState.OPEN)
    claimed = session.execute(claiming.values(claimed_by=this_process(), lease_until=utc_now() + lease, token=token))
    if claimed.rowcount != 1:  # type: ignore[attr-defined]
        raise UserError(
            "another process has just claimed this crawl", "wait for it to end, or begin another with --new"
        )
    # Up to this moment the one before may have kept something there, such as which sites get a second look.
    session.refresh(run)
    return Claim(run.id, token)


def worked_on(run: Run) -> bool:
    """Tell whether another process is at work on *run*: one that is gone from this machine is not, else its lease says."""
    if run.claimed_by in (None, this_process()) or run.lease_until is None or run.lease_until <= utc_now():
        return False
    host, _, process = (run.claimed_by or "").rpartition(":")
    return not (host == socket.gethostname() and process.isdigit() and is_gone(int(process)))


def merchants_of(session: Session, run: Run) -> list[Merchant]:
    """Return the merchants of *run* that are still in the panel, in the order it had when the run was opened."""
    return merchants_with(session, run.parameters["merchants"])


def merchants_with(session: Session, wanted: Sequence[str]) -> list[Merchant]:
    """Return the merchants whose records have the keys *wanted*, in that order, without those that are gone."""
    found: dict[str, Merchant] = {}
    for start in range(0, len(wanted), KEYS_AT_ONCE):
        part = wanted[start : start + KEYS_AT_ONCE]
        found |= {merchant.id: merchant for merchant in session.scalars(select(Merchant).where(Merchant.id.in_(part)))}
    return [found[merchant_id] for merchant_id in wanted if merchant_id in found]


def left_to_read(session: Session, run: Run) -> list[Merchant]:
    """Return the merchants of *run* that have no closed visit and did not ask to be left alone, in their order."""
    closed = set(
        session.scalars(select(Visit.merchant_id).where(Visit.run_id == run.id, Visit.finished_at.is_not(None)))
    )
    waiting = [merchant for merchant in merchants_of(session, run) if merchant.id not in closed]
    return optouts(session).honoured(waiting).allowed


def on_public_hosts(merchants: Sequence[Merchant], map_hosts: Sequence[str]) -> list[str]:
    """Return the addresses of *merchants*, without those that *map_hosts* has read from a private address instead."""
    mirrors = Mirrors.parse(map_hosts)
    return [
        merchant.url for merchant in merchants if not _is_private(mirrors.of(urlsplit(merchant.url).hostname or ""))
    ]


def _is_private(mirror: Mirror | None) -> bool:
    if mirror is None:
        return False
    literal = literal_address(mirror.address)
    return mirror.address == "localhost" or (literal is not None and not is_public(literal))


def orders(run_id: str, merchants: Sequence[Merchant], plan: Plan) -> list[SiteOrder]:
    """Return what the spider is to read: one order a merchant, with the merchant's own country."""
    return [
        SiteOrder(
            merchant.url,
            replace(plan, country=merchant.country),
            Profile.DESKTOP,
            merchant.language,
            merchant.id,
            run_id,
        )
        for merchant in merchants
    ]


def renew(session: Session, claimed: Claim, lease: timedelta = LEASE) -> None:
    """Prolong the lease in *session*, and keep others from taking the claim until it ends; raises :class:`ClaimLost`."""
    row, key = (Run, claimed.run_id) if claimed.batch_id is None else (Batch, claimed.batch_id)
    renewing = update(row).where(row.id == key, row.token == claimed.token).values(lease_until=utc_now() + lease)
    if session.execute(renewing).rowcount != 1:  # type: ignore[attr-defined]
        raise ClaimLost


def store(database: Database, claimed: Claim, reading: SiteReading, instead_of: str | None = None) -> None:
    """Store one closed visit with all that belongs to it, in one transaction; the visit *instead_of* goes in the same.

    Raises :class:`ClaimLost` when the run or batch was taken over meanwhile: its new owner reads the site itself.
    """
    reading.visit.tool_version = tool_version()
    with database.session() as session:
        renew(session, claimed)
        if instead_of is not None:
            session.execute(delete(Visit).where(Visit.id == instead_of, Visit.run_id == claimed.run_id))
        session.add(reading.visit)
        session.flush()
        session.add_all([*reading.pages, *reading.states, *reading.clicks, *reading.sightings])


def close(session: Session, claimed: Claim) -> bool:
    """Close the run if every merchant has its closed visit, or else release it; return whether it is closed."""
    run = session.get_one(Run, claimed.run_id)
    if run.token != claimed.token:
        return False
    run.claimed_by = run.lease_until = None
    if left_to_read(session, run):
        return False
    run.state, run.finished_at = RunState.CLOSED, utc_now()
    return True


def tally(session: Session, run_id: str) -> dict[VisitStatus, int]:
    """Return how the visits of a run ended, by status."""
    query = select(Visit.status, func.count()).where(Visit.run_id == run_id).group_by(Visit.status)
    return {VisitStatus(status): count for status, count in session.execute(query) if status is not None}
