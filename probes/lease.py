"""One sender at a time for a database: whoever holds the lease may take steps, whoever lost it may not."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.database import Database
from storage.records import Run, utc_now

KIND = "probe-send"
SENDER = "sender "
"""How the name of every sender begins in the journal."""
ROW = "5e4de700000000000000000000000001"
"""The key of the one row that senders share: two of them cannot both make it."""
PATIENCE = timedelta(minutes=30)
"""How long a sender on another machine that is not heard of is left alone (*ours*: longer than any delivery may take)."""


class Busy(Exception):
    """Another sender is at work: ``holder`` names it."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        super().__init__(f"another sender is at work: {holder}")


class LeaseLost(Exception):
    """Another sender took over; this one may write nothing more."""


class Lease(NamedTuple):
    """The right to send; a smaller ``token`` than the row's has lost it."""

    holder: str
    token: int

    @property
    def actor(self) -> str:
        """The name under which this sender writes into the journal: no other ever has the same."""
        return f"{SENDER}{self.holder}#{self.token}"

    def renew(self, session: Session) -> None:
        """Prolong the lease in *session*; raises :class:`LeaseLost`."""
        renewing = update(Run).where(Run.id == ROW, Run.token == self.token).values(lease_until=utc_now() + PATIENCE)
        if session.execute(renewing).rowcount != 1:  # type: ignore[attr-defined]
            raise LeaseLost(f"another sender took over from {self.holder}")


@contextmanager
def held_lease(database: Database) -> Iterator[Lease]:
    """Give the lease, and give it back at the end; raises :class:`Busy` while another living sender has it."""
    try:
        with database.session() as session:
            if session.get(Run, ROW) is None:
                session.add(Run(id=ROW, kind=KIND))
    except IntegrityError:
        pass  # another sender has just made it
    with database.session() as session:
        lease = _claimed(session)
    try:
        yield lease
    finally:
        with database.session() as session:
            giving_back = update(Run).where(Run.id == ROW, Run.token == lease.token)
            session.execute(giving_back.values(claimed_by=None, lease_until=None))


def _claimed(session: Session) -> Lease:
    run = session.get_one(Run, ROW, with_for_update=True)
    leased = run.lease_until is not None and run.lease_until > utc_now()
    if leased and run.claimed_by is not None and _may_be_alive(run.claimed_by):
        raise Busy(run.claimed_by)
    run.token += 1
    run.claimed_by, run.lease_until = f"{socket.gethostname()}:{os.getpid()}", utc_now() + PATIENCE
    return Lease(run.claimed_by, run.token)


def _may_be_alive(holder: str) -> bool:
    """Tell whether *holder* may still be at work; of this machine's processes the system knows."""
    host, _, process = holder.rpartition(":")
    if host != socket.gethostname() or not process.isdigit():
        return True
    if int(process) == os.getpid():
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
