"""The loop that makes what is due, one attempt at a time.

Before each step that matters it asks again: the guard, the stop file, the lease, whether the campaign still goes on. What
it learns is in the journal before anything else happens, so that it may be killed at any moment.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.orm import Session

from probes.checks import Place, check, known_check
from probes.delivering import Courier, Outcome, Told, Withdrawn
from probes.guard import Allowed, Candidate, Guard, Held, Late, Refused
from probes.journal import OutOfStep, Step, take
from probes.lease import Lease
from probes.ledger import candidate_of, due, next_due, read_ledger
from probes.probe import Probe, Unreachable
from probes.rescheduling import Rescheduled
from storage.database import Database
from storage.records import utc_now
from storage.vocabulary import AttemptState, BlockedBy, Channel

ASKED_TO_STOP = "asked to stop"
LONGEST_PAUSE = timedelta(seconds=60)
"""How long the loop sleeps at most before it looks again at the stop file and at what people decided (*ours*)."""
SHORTEST_PAUSE = timedelta(milliseconds=50)
"""A pause that a moment's rounding cannot turn into a busy loop (*ours*)."""
AFTER_A_FAILED_CHECK = timedelta(hours=1)
"""When a target is looked at again where looking failed for a reason of ours (*ours*)."""


class Ended(NamedTuple):
    """Why the loop ended, in one line; ``broken`` where our own side does not work."""

    why: str
    broken: bool = False


@dataclass
class Outbox:
    """What the loop needs: the database, the guard as of now, the probes by channel, the stop file, another time for late ones.

    ``probes`` makes a channel's probe when it is first needed. ``pause`` waits so many seconds, or until somebody wants the
    loop to stop; ``stopping`` tells that. ``tell`` hears of everything that happens to an attempt.
    """

    database: Database
    guard: Callable[[Session], Guard]
    probes: Mapping[Channel, Callable[[], Probe]]
    stop_file: Path
    reschedule: Callable[[Session, list[str], datetime], Rescheduled]
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    stopping: Callable[[], bool] = lambda: False
    tell: Callable[[Told], None] = lambda _: None
    now: Callable[[], datetime] = utc_now
    patience: timedelta = timedelta(0)
    longest_pause: timedelta = LONGEST_PAUSE


class _Opened:
    """The probes that were needed so far, open until the loop ends."""

    def __init__(self, makers: Mapping[Channel, Callable[[], Probe]], stack: AsyncExitStack) -> None:
        self._makers = makers
        self._stack = stack
        self._probes: dict[Channel, Probe] = {}

    async def of(self, channel: Channel) -> Probe:
        """Return the probe of *channel*; raises :class:`~probes.probe.Unreachable` when it cannot be opened."""
        if channel not in self._probes:
            self._probes[channel] = await self._stack.enter_async_context(self._makers[channel]())
        return self._probes[channel]


class _Look(NamedTuple):
    """What one look at everything due found: what to send, what to refuse or to move, and when to look again."""

    send: Candidate | None
    refused: list[tuple[Candidate, Refused]]
    late: list[Candidate]
    again: datetime | None
    why: str


async def send_due(outbox: Outbox, lease: Lease, campaign: str | None = None, watch: bool = False) -> Ended:
    """Make what is due and allowed, of *campaign* only where one is named, and return why the loop ended.

    It waits for as long as ``outbox.patience``, and with *watch* until nothing is left to send. Raises
    :class:`~probes.lease.LeaseLost` when another sender took over.
    """
    async with AsyncExitStack() as stack:
        opened = _Opened(outbox.probes, stack)
        while not outbox.stopping():
            with outbox.database.session() as session:
                lease.renew(session)
            look = _look(outbox, campaign)
            if look.refused or look.late:
                _settle(outbox, look)
            elif look.send is not None:
                try:
                    await _make(outbox, lease, opened, look.send)
                except Unreachable as broken:
                    return Ended(f"{look.send.channel}: {broken}", broken=True)
            elif look.again is None or not (watch or look.again - outbox.now() <= outbox.patience):
                return Ended(look.why)
            else:
                wait = min(max(look.again - outbox.now(), SHORTEST_PAUSE), outbox.longest_pause)
                await outbox.pause(wait.total_seconds())
    return Ended(ASKED_TO_STOP)


def _look(outbox: Outbox, campaign: str | None) -> _Look:
    now, channels = outbox.now(), list(outbox.probes)
    refused: list[tuple[Candidate, Refused]] = []
    late: list[Candidate] = []
    held: list[Held] = []
    with outbox.database.reading() as session:
        guard = outbox.guard(session)
        ledger = read_ledger(session, guard, now, outbox.stop_file)
        general = guard.of_everything(ledger, now)
        following = next_due(session, channels, campaign)
        if following is None:
            return _Look(None, [], [], None, "nothing is left to send")
        if isinstance(general, Held):
            again = None if general.until is None else max(general.until, following)
            return _Look(None, [], [], again, general.why)
        for candidate in due(session, now, channels, campaign):
            match guard.decide(candidate, ledger, now):
                case Allowed():
                    return _Look(candidate, refused, late, None, "")
                case Refused() as never:
                    refused.append((candidate, never))
                case Late():
                    late.append(candidate)
                case Held() as decision:
                    held.append(decision)
        ahead = next_due(session, channels, campaign, after=now)
    again = min((at for at in (*(one.until for one in held), ahead) if at is not None), default=None)
    why = f"due but held: {len(held)}, the first because {held[0].why}" if held else "nothing is due yet"
    until = "" if again is None else f"; again at {again:%Y-%m-%d %H:%M} UTC"
    return _Look(None, refused, late, again, why + until)


def _settle(outbox: Outbox, look: _Look) -> None:
    """Write down what can never be sent, and give late attempts another time."""
    for candidate, refused in look.refused:
        state = AttemptState.CANCELLED if refused.blocked is None else AttemptState.BLOCKED
        step = Step(state, "guard", refused.why, at=outbox.now(), blocked_by=refused.blocked)
        if _taken(outbox, candidate.id, step):
            outbox.tell(Told(candidate.id, candidate.channel, candidate.target, Outcome(state, refused.why)))
    if look.late:
        try:
            with outbox.database.session() as session:
                done = outbox.reschedule(session, [one.id for one in look.late], outbox.now())
        except OutOfStep:
            return  # somebody else took the next step of one of them, and the next look sees which
        why = f"{done.moved} late attempts moved, {done.cancelled} cancelled"
        outbox.tell(Told("", None, "", Outcome(AttemptState.RELEASED, why)))


async def _make(outbox: Outbox, lease: Lease, opened: _Opened, candidate: Candidate) -> None:
    """Check the target on its first use, then make the attempt; raises :class:`~probes.probe.Unreachable`."""
    probe = await opened.of(candidate.channel)
    place = Place(candidate.channel, candidate.target)
    with outbox.database.reading() as session:
        checked = known_check(session, place)
    if checked is None:
        try:
            checked = await check(outbox.database, probe, place)
        except Unreachable:
            raise
        except Exception as failure:
            why = f"the target could not be checked: {type(failure).__name__}"
            again = outbox.now() + AFTER_A_FAILED_CHECK
            _report(outbox, candidate, Step(AttemptState.RELEASED, lease.actor, why, planned_for=again))
            return
    if not checked.good:
        why = checked.why or "the target is not good"
        step = Step(AttemptState.BLOCKED, lease.actor, why, blocked_by=BlockedBy.NO_ADDRESS)
        _report(outbox, candidate, step)
        return

    courier = Courier(outbox.database, lease, lambda session: _still_wanted(outbox, session, candidate), outbox.now)
    try:
        outcome = await courier.carry(probe, candidate.id)
    except Withdrawn as withdrawn:
        outcome = Outcome(AttemptState.RELEASED, str(withdrawn))
    except OutOfStep:
        return  # somebody else took its next step, and the next look sees which
    outbox.tell(Told(candidate.id, candidate.channel, candidate.target, outcome))


def _still_wanted(outbox: Outbox, session: Session, candidate: Candidate) -> None:
    """Raise :class:`~probes.delivering.Withdrawn` when a person decided otherwise since the attempt was chosen."""
    guard = outbox.guard(session)
    ledger = read_ledger(session, guard, outbox.now(), outbox.stop_file)
    decision = guard.decide(candidate_of(session, candidate.id), ledger, outbox.now())
    if not isinstance(decision, Allowed):
        raise Withdrawn(decision.why)


def _report(outbox: Outbox, candidate: Candidate, step: Step) -> None:
    if _taken(outbox, candidate.id, step):
        outcome = Outcome(step.state, step.detail or "")
        outbox.tell(Told(candidate.id, candidate.channel, candidate.target, outcome))


def _taken(outbox: Outbox, attempt_id: str, step: Step) -> bool:
    """Return whether *step* was written; somebody else may have been quicker."""
    try:
        take(outbox.database, attempt_id, step)
    except OutOfStep:
        return False
    return True
