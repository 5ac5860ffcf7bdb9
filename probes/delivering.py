"""One attempt carried to the merchant: the intent, the hand-over, and what became of it, each written when it happens."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from probes.journal import HANDING_OVER, INTENT, OutOfStep, Step, take
from probes.lease import Lease
from probes.probe import Blocked, Delivery, NotSent, Outgoing, Probe, Sent, Unclear, Unreachable
from storage.database import Database
from storage.records import Attempt, Event
from storage.vocabulary import AttemptState, Channel

PATIENCE_SECONDS = 1_200.0
"""How long one delivery may take (*ours*: a mail server may take fifteen minutes, a form two; less than a lease)."""
MAX_TRIES = 12
"""How often an attempt is tried that surely did not leave (*ours*: over two days, as mail servers do)."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=15), timedelta(hours=6)
"""How long to wait before the second try, doubled each time, and at most (*ours*; RFC 5321, 4.5.4.1, wants 30 minutes soon)."""
LONGEST_WAIT = timedelta(days=2)
"""No merchant's server can put an attempt off for longer (*ours*)."""
LONGEST_WHY = 500
"""Characters of a failure's own words that are kept (*ours*)."""
PUT_BACK = "not sent: "
"""How the note of a try that failed begins, by which tries are counted."""

S = AttemptState


class Withdrawn(Exception):
    """A person decided otherwise before the hand-over: the stop file, a stopped campaign, an opt-out."""


class Outcome(NamedTuple):
    """What became of an attempt, and why."""

    state: AttemptState
    why: str


class Told(NamedTuple):
    """Something that happened to an attempt, for whoever watches; ``channel`` is ``None`` where it concerns several."""

    attempt_id: str
    channel: Channel | None
    target: str
    outcome: Outcome


class Courier:
    """Carries one attempt at a time in the name of *lease*.

    *still_wanted* is asked in the transactions that write the intent and the hand-over; it raises :class:`Withdrawn`.
    """

    def __init__(
        self,
        database: Database,
        lease: Lease,
        still_wanted: Callable[[Session], None],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._lease = lease
        self._still_wanted = still_wanted
        self._now = now
        self._handed_over = False

    async def carry(self, probe: Probe, attempt_id: str) -> Outcome:
        """Make the attempt and return what became of it, which then stands in the journal.

        Raises :class:`Withdrawn`, :class:`~probes.probe.Unreachable` when our own side failed, and
        :class:`~probes.journal.OutOfStep` when it was not ours to make; the attempt is then released, or ``unknown``.
        """
        self._handed_over = False
        take(self._database, attempt_id, self._step(S.SENDING, INTENT), provided=self._provided)
        with self._database.reading() as session:
            outgoing = outgoing_of(session, attempt_id)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                delivery = await probe.deliver(outgoing, lambda: self._hand_over(attempt_id))
        except Exception as failure:
            ours = isinstance(failure, Withdrawn | Unreachable)
            why = str(failure) if ours else f"{type(failure).__name__}: {failure}"
            outcome = self._broken_off(attempt_id, why[:LONGEST_WHY], blameless=ours)
            if ours:
                raise
            return outcome
        except BaseException:
            self._broken_off(attempt_id, "the sender was stopped", blameless=True)
            raise
        return self._end(attempt_id, self._steps(attempt_id, delivery))

    async def _hand_over(self, attempt_id: str) -> None:
        step = self._step(S.SENDING, HANDING_OVER)
        take(self._database, attempt_id, step, provided=self._provided)
        self._handed_over = True

    def _provided(self, session: Session) -> None:
        self._lease.renew(session)
        self._still_wanted(session)

    def _broken_off(self, attempt_id: str, why: str, blameless: bool) -> Outcome:
        """Write that the delivery came to no end: unknown after the hand-over; before it, released, and due at once again
        where the attempt is not to blame.
        """
        if self._handed_over:
            return self._end(attempt_id, [self._step(S.UNKNOWN, why)])
        if blameless:
            return self._end(attempt_id, [self._step(S.RELEASED, why)])
        return self._end(attempt_id, [self._put_back(attempt_id, why, None)])

    def _end(self, attempt_id: str, steps: list[Step]) -> Outcome:
        try:
            take(self._database, attempt_id, *steps)
        except OutOfStep:
            # Its copy came in before we could write this, and proved that it left; or a successor settled it.
            with self._database.reading() as session:
                state = session.get_one(Attempt, attempt_id).state
            return Outcome(state, "settled before the sender could")
        return Outcome(steps[0].state, steps[0].detail or "")

    def _steps(self, attempt_id: str, delivery: Delivery) -> list[Step]:
        match delivery:
            case Sent(t0, said, evidence, link):
                return self._proven(self._step(S.SENT, said)._replace(t0=t0, link=link), evidence)
            case Blocked(by, why, evidence):
                return self._proven(self._step(S.BLOCKED, why)._replace(blocked_by=by), evidence)
            case Unclear(why, evidence):
                return self._proven(self._step(S.UNKNOWN, why), evidence)
            case NotSent(why, again_at):
                return [self._put_back(attempt_id, why, again_at)]

    def _proven(self, step: Step, evidence: tuple[str, ...]) -> list[Step]:
        """Return *step* with the first file that proves it, and a note for each other one."""
        others = [self._step(step.state, "more evidence")._replace(evidence=name) for name in evidence[1:]]
        return [step._replace(evidence=next(iter(evidence), None)), *others]

    def _put_back(self, attempt_id: str, why: str, again_at: datetime | None) -> Step:
        with self._database.reading() as session:
            put_back = (Event.attempt_id == attempt_id, Event.state == S.RELEASED, Event.detail.startswith(PUT_BACK))
            tries = 1 + (session.scalar(select(func.count()).select_from(Event).where(*put_back)) or 0)
        if tries >= MAX_TRIES:
            return self._step(S.CANCELLED, f"not sent after {tries} tries: {why}")
        now = self._now()
        again = again_at or now + min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
        return self._step(S.RELEASED, PUT_BACK + why)._replace(planned_for=min(max(again, now), now + LONGEST_WAIT))

    def _step(self, state: AttemptState, detail: str) -> Step:
        return Step(state, self._lease.actor, detail, at=self._now())


def outgoing_of(session: Session, attempt_id: str) -> Outgoing:
    """Return an attempt as its probe sees it."""
    attempt = session.get_one(Attempt, attempt_id)
    first = session.get(Attempt, attempt.reminder_of) if attempt.reminder_of else None
    return Outgoing(
        attempt_id=attempt.id,
        target=attempt.target or "",
        subject=attempt.subject or "",
        body=attempt.body,
        token=attempt.token,
        language=attempt.language,
        reply_address=attempt.reply_address,
        message_id=attempt.message_id,
        in_reply_to=first.message_id if first is not None else None,
    )
