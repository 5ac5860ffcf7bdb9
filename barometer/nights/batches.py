"""The batches of a night as the database knows them: cut, handed out, claimed, ended.

A batch is handed out with a token one above the last. Whatever was started with an older token, on this machine or on
another, can store nothing any more, so that a batch may be started again at any moment without a site being kept twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import NamedTuple

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, load_only

from barometer.crawl import LEASE, Claim, ClaimLost, left_to_read, merchants_with, renew
from barometer.optout import optouts
from barometer.processes import this_process
from schedules.children import ChildEnd, Ended
from storage.records import Batch, Merchant, Page, Run, Visit, utc_now
from storage.vocabulary import Reason, RunState, VisitStatus

NIGHT_LEASE = timedelta(minutes=6)
"""How long a night that is not heard of is left alone on another machine (*ours*); it is heard of every two minutes."""
MOST_STARTS = 5
"""Times that a batch is begun (*ours*); one that never came to an end by then is given up, and its sites are read alone."""
PASSING = frozenset({Reason.DNS, Reason.CONNECT, Reason.TIMEOUT, Reason.CRAWLER_ERROR, Reason.NEEDS_BROWSER})
"""Why a site could not be reached that may be over in an hour; the last two are said when our browser was killed.

An answer with an error is looked at by its status.
"""
SECOND_LOOK = "second_look"
"""Where a run keeps which visit, by merchant, the retry pass takes another look for."""
READ_IN_PART, TROUBLE, TAKEN_OVER, INTERRUPTED = 1, 2, 3, 130
"""Exit codes of the process that reads a batch: sites are left; the settings, the database or the disk are in the way; the
batch is another process's; it was asked to end."""


class Left(NamedTuple):
    """What a batch has yet to read: merchants, in order, and by merchant the visit whose place the next one takes."""

    merchants: list[Merchant]
    instead_of: dict[str, str]


def cut(session: Session, run: Run, size: int) -> None:
    """Cut the merchants of *run* into batches of *size*, in their order."""
    _add(session, run.id, [(0, part) for part in _parts(run.parameters["merchants"], size)], first=0)


def cut_unread(session: Session, run: Run, size: int) -> int:
    """Cut what no open batch of *run* has yet to read into batches of *size*; return how many sites are left in all."""
    waiting = [merchant.id for merchant in left_to_read(session, run)]
    query = select(Batch.merchants).where(Batch.run_id == run.id, Batch.state == RunState.OPEN)
    cut_already = {str(key) for merchants in session.scalars(query) for key in merchants}
    parts = _parts([key for key in waiting if key not in cut_already], size)
    _add(session, run.id, [(0, part) for part in parts], _next_number(session, run.id))
    return len(waiting)


def cut_second(session: Session, claimed: Claim, size: int) -> bool:
    """Cut what failed into batches of the retry pass, once; return whether the pass has any.

    A site without a closed visit is alone in its batch: if it was what took its process down, it takes no other with it.
    Sites that could not be reached for a reason that may pass are looked at again *size* by *size*; what is known of them by
    then stays until the second look is closed. Raises :class:`~barometer.crawl.ClaimLost`.
    """
    renew(session, claimed, NIGHT_LEASE)
    run = session.get_one(Run, claimed.run_id)
    if SECOND_LOOK not in run.parameters:
        # What is still open, because nobody could bring it to an end, is read site by site; whoever is at it has lost it.
        give_up_open(session, claimed)
        unread, passing = failures(session, run)
        run.parameters = {**run.parameters, SECOND_LOOK: passing}
        parts = [[merchant] for merchant in unread] + list(_parts(list(passing), size))
        _add(session, run.id, [(1, part) for part in parts], _next_number(session, run.id))
    return bool(open_batches(session, run.id, retry_pass=1))


def failures(session: Session, run: Run) -> tuple[list[str], dict[str, str]]:
    """Return the merchants of *run* that have no closed visit, and by merchant the visits that failed for a passing reason."""
    query = select(Visit).where(Visit.run_id == run.id, Visit.finished_at.is_not(None), Visit.merchant_id.is_not(None))
    query = query.options(load_only(Visit.merchant_id, Visit.status, Visit.status_reason, Visit.robots))
    visits = {visit.merchant_id: visit for visit in session.scalars(query)}
    allowed = optouts(session).honoured(merchants_with(session, run.parameters["merchants"])).allowed
    unread = [merchant.id for merchant in allowed if merchant.id not in visits]
    failed = [visits[merchant.id] for merchant in allowed if merchant.id in visits]
    return unread, {str(visit.merchant_id): visit.id for visit in failed if _may_pass(session, visit)}


def _may_pass(session: Session, visit: Visit) -> bool:
    if visit.status is VisitStatus.REFUSED:
        # A robots.txt that closes the site is stored; one that answers with an error closes it too, for the moment.
        return visit.status_reason is None and visit.robots is None
    if visit.status is not VisitStatus.UNREACHABLE:
        return False
    if visit.status_reason is not Reason.HTTP_ERROR:
        return visit.status_reason in PASSING
    overloaded = or_(Page.http_status.is_(None), Page.http_status == 429, Page.http_status >= 500)
    return session.scalar(select(Page.id).where(Page.visit_id == visit.id, overloaded).limit(1)) is not None


def open_batches(session: Session, run_id: str, retry_pass: int) -> list[str]:
    """Return the keys of the batches of a pass that have not ended, in their order."""
    query = select(Batch.id).where(Batch.run_id == run_id, Batch.retry_pass == retry_pass, Batch.state == RunState.OPEN)
    return list(session.scalars(query.order_by(Batch.number)))


def hand_out(session: Session, claimed: Claim, batch_id: str) -> int | None:
    """Return the token that the next process to read a batch is to show, ``None`` where it is not to be read any more.

    *claimed* is the night's: raises :class:`~barometer.crawl.ClaimLost` once another process works on the night.
    """
    renew(session, claimed, NIGHT_LEASE)
    batch = session.get_one(Batch, batch_id, with_for_update=True)
    if batch.state is not RunState.OPEN:
        return None
    if not left(session, batch).merchants:
        batch.state, batch.finished_at, batch.claimed_by = RunState.CLOSED, utc_now(), None
        return None
    # Also where the batch is given up: what was begun before, and is not heard of, stores nothing of it any more.
    batch.token += 1
    if batch.starts >= MOST_STARTS:
        batch.state, batch.finished_at, batch.claimed_by = RunState.FAILED, utc_now(), None
        return None
    batch.starts += 1
    batch.started_at, batch.finished_at, batch.ended, batch.exit_code = utc_now(), None, None, None
    batch.claimed_by, batch.lease_until = this_process(), utc_now() + LEASE
    return batch.token


def claim(session: Session, batch_id: str, token: int) -> Claim | None:
    """Claim a batch for this process with the *token* it was handed out with; ``None`` where a later one is in force."""
    batch = session.get(Batch, batch_id, with_for_update=True)
    if batch is None or batch.token != token or batch.state is not RunState.OPEN:
        return None
    batch.claimed_by, batch.lease_until = this_process(), utc_now() + LEASE
    return Claim(batch.run_id, token, batch.id)


def still_ours(session: Session, claimed: Claim) -> None:
    """Raise :class:`~barometer.crawl.ClaimLost` unless the batch is still *claimed*."""
    if session.scalar(select(Batch.token).where(Batch.id == claimed.batch_id)) != claimed.token:
        raise ClaimLost


def left(session: Session, batch: Batch) -> Left:
    """Return what *batch* has yet to read: not those that asked to be left alone, nor those gone from the panel."""
    keys = list(map(str, batch.merchants))
    closed = _closed(session, batch.run_id, keys)
    again: Mapping[str, str] = _second_looks(session, batch.run_id) if batch.retry_pass else {}
    wanted = [key for key in keys if key not in closed or closed[key] == again.get(key)]
    allowed = optouts(session).honoured(merchants_with(session, wanted)).allowed
    return Left(allowed, {key: closed[key] for key in wanted if key in closed})


def _second_looks(session: Session, run_id: str) -> dict[str, str]:
    # Not the whole row: with the merchants of a large panel in it, each process would read megabytes.
    return session.scalar(select(Run.parameters[SECOND_LOOK]).where(Run.id == run_id)) or {}


def _closed(session: Session, run_id: str, keys: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _parts(keys, 500):
        query = select(Visit.merchant_id, Visit.id).where(Visit.run_id == run_id, Visit.finished_at.is_not(None))
        found |= {str(merchant): visit for merchant, visit in session.execute(query.where(Visit.merchant_id.in_(part)))}
    return found


def record_end(session: Session, batch_id: str, token: int, end: ChildEnd, log: str) -> bool:
    """Keep how the process that was started with *token* ended; return ``False``, and keep nothing, where a later one is at work.

    What was stopped from outside, could not be started, or could not go on for want of a disk or a database, stays open; what
    ended badly by itself is done with, and its sites are left to the retry pass.
    """
    batch = session.get_one(Batch, batch_id, with_for_update=True)
    if batch.token != token:
        return False
    if end.well:
        batch.state = RunState.CLOSED
    elif end.ended is not Ended.STOPPED and not in_trouble(end):
        batch.state = RunState.FAILED
    if in_trouble(end):
        # It was not the batch: however often that happens, its sites are not what is wrong.
        batch.starts -= 1
    batch.ended, batch.exit_code, batch.log = str(end.ended), end.exit_code, log
    batch.finished_at, batch.claimed_by, batch.lease_until = utc_now(), None, None
    batch.seconds = (batch.seconds or 0.0) + end.seconds
    batch.cpu_seconds = (batch.cpu_seconds or 0.0) + end.cpu_seconds
    batch.peak_bytes = max(batch.peak_bytes or 0, end.peak_bytes)
    return True


def in_trouble(end: ChildEnd) -> bool:
    """Tell whether settings, database or disk were in the way of a child, so that it would be the same with any other."""
    return end.ended is Ended.NOT_STARTED or (end.ended is Ended.EXITED and end.exit_code == TROUBLE)


def give_up_open(session: Session, claimed: Claim) -> None:
    """Mark as failed what has not ended when the night does; raises :class:`~barometer.crawl.ClaimLost`."""
    renew(session, claimed, NIGHT_LEASE)
    given_up = update(Batch).where(Batch.run_id == claimed.run_id, Batch.state == RunState.OPEN)
    # One more than the last token: what may still be at work on another machine stores nothing after the report.
    session.execute(
        given_up.values(
            state=RunState.FAILED, token=Batch.token + 1, claimed_by=None, lease_until=None, finished_at=utc_now()
        )
    )


def _add(session: Session, run_id: str, parts: Iterable[tuple[int, list[str]]], first: int) -> None:
    session.add_all(
        Batch(run_id=run_id, number=number, retry_pass=retry_pass, merchants=part)
        for number, (retry_pass, part) in enumerate(parts, first)
    )


def _next_number(session: Session, run_id: str) -> int:
    last = session.scalar(select(func.max(Batch.number)).where(Batch.run_id == run_id))
    return 0 if last is None else last + 1


def _parts(keys: Sequence[str], size: int) -> Iterable[list[str]]:
    rest = iter(keys)
    while part := list(islice(rest, size)):
        yield part
