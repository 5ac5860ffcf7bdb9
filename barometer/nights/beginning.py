"""How a night begins: the one that a key names, or that is known by its wishes, is taken up or made, and claimed."""

import re
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from barometer import crawl, panel
from barometer.crawl import KIND, Claim
from barometer.errors import UserError
from barometer.night_settings import Night
from barometer.nights import batches
from barometer.nights.ending import NightEnd, NightState, end_of
from barometer.nights.report import report_of
from barometer.nights.terms import Wishes, terms_of, wishes_of
from barometer.optout import optouts
from barometer.settings import Settings, tool_version
from storage.database import Database
from storage.records import Merchant, Run, utc_now
from storage.vocabulary import RunState

BY_HAND_HOURS = 24
"""How old a night begun by hand may be that the same command takes up again (*ours*); one with a key has no age."""
_KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z:.+_-]{0,63}")


class Begun(NamedTuple):
    """A night that this process has claimed: its key, how many sites it has, and the wishes it was begun with."""

    claimed: Claim
    key: str
    sites: int
    wishes: Wishes


def begun(database: Database, settings: Settings, due: str | None, wishes: Wishes, terms: Night) -> Begun | NightEnd:
    """Claim the night of *due*, or a new one; a :class:`NightEnd` where there is nothing to do for this process."""
    if due is not None and not _KEY.fullmatch(due):
        raise UserError(
            f"--due: {due[:60]!r} names no time", "give letters, digits and : . + - _, such as 2026-11-22T02:30"
        )
    # With a scheduler it is for the workers to have a browser.
    _, behaviour = terms_of(settings, wishes._replace(static=True) if terms.scheduler else wishes, 1)
    try:
        with database.session() as session:
            run = _known(session, due, wishes) or _new(session, settings, due, wishes, terms)
            if run.state is not RunState.OPEN:
                return end_of(report_of(session, run))
            settings.require_operator(crawl.on_public_hosts(crawl.left_to_read(session, run), behaviour.map_hosts))
            key, sites = str(run.due), len(run.parameters["merchants"])
            if crawl.worked_on(run):
                said = f"{run.claimed_by} is working on this night"
                return NightEnd(NightState.BUSY, key, run.id, said=said)
            try:
                claimed = crawl.claim(session, run, batches.NIGHT_LEASE)
            except UserError:  # between our looking and our claiming
                return NightEnd(NightState.BUSY, key, run.id, said="another process has just claimed this night")
            run.parameters = {**run.parameters, "at_once": terms.at_once}
            return Begun(claimed, key, sites, wishes_of(run.parameters["selection"]))
    except IntegrityError:
        # Another process has made the row of this time between our looking and our making it.
        return NightEnd(NightState.BUSY, str(due), "", said="another process has just begun this night")


def _known(session: Session, due: str | None, wishes: Wishes) -> Run | None:
    if due is not None:
        run = session.scalar(select(Run).where(Run.kind == KIND, Run.due == due))
        if run is not None and not run.parameters.get("selection", {}).get("night"):
            raise UserError(f"--due: {due!r} is not the key of a night", "give another key")
        return run
    young = utc_now() - timedelta(hours=BY_HAND_HOURS)
    query = select(Run).where(
        Run.kind == KIND, Run.state == RunState.OPEN, Run.due.is_not(None), Run.started_at > young
    )
    by_hand = (run for run in session.scalars(query.order_by(Run.started_at.desc())) if run.parameters.get("by_hand"))
    return next((run for run in by_hand if run.parameters["selection"] == wishes.selection), None)


def _new(session: Session, settings: Settings, due: str | None, wishes: Wishes, terms: Night) -> Run:
    merchants = _selected(session, wishes)
    # Two commands begun at once do this one after the other, so that the second finds what the first has made.
    session.execute(select(Merchant.id).where(Merchant.id == merchants[0].id).with_for_update())
    known = _known(session, due, wishes)
    if known is not None:
        return known
    run = Run(
        kind=KIND, tool_version=tool_version(), due=due or f"by-hand-{utc_now():%Y-%m-%dT%H:%M:%S}Z",
        parameters={
            "selection": wishes.selection, "by_hand": due is None, "at_once": terms.at_once,
            "merchants": [merchant.id for merchant in merchants], "keys": [merchant.key for merchant in merchants],
        },
    )  # fmt: skip
    session.add(run)
    session.flush()
    batches.cut(session, run, terms.batch_size)
    session.flush()
    return run


def _selected(session: Session, wishes: Wishes) -> list[Merchant]:
    allowed = optouts(session).honoured(panel.merchants(session, wishes.category)).allowed
    if not allowed:
        raise UserError("there is no merchant to read", "bring some in with: barometer panel import FILE.csv")
    return allowed[: wishes.limit]
