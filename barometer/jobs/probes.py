"""The jobs of the probes: what came back is read, what is due leaves, what time has ended is closed."""

import asyncio
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from barometer import campaign_status, probing, social_watching
from barometer.jobs.running import Report, Work
from barometer.last_reading import last_reading, remember_reading
from barometer.monitoring.log import about
from barometer.probe_configuration import require_configured
from barometer.social_watching import Watch
from probes.campaign_life import sweep
from probes.delivering import Told
from probes.lease import Busy, Lease, LeaseLost, held_lease
from probes.ledger import waiting_count
from probes.probe import Unreachable
from probes.recovery import recover
from probes.sending import ASKED_TO_STOP, Ended, Outbox, send_due
from storage.evidence import EvidenceStore
from storage.records import utc_now

if TYPE_CHECKING:
    from probes.mail.imap import ImapFolder
    from probes.mail.maildir import Maildir


def read_answers(work: Work) -> Report:
    """Take in what came back from every mailbox and network, then close what time has ended."""
    sources, social = _sources(work)
    if not sources and not social.networks:
        return Report(True, "there is nowhere to read answers from: mail.imap_host and mail.maildir are not set")
    began = utc_now()
    counts: Counter[str] = Counter(replies=0, own_copies=0, known=0, others=0)
    try:
        asyncio.run(_read(work, sources, social, counts))
    except Unreachable as error:
        return Report(False, f"{error}; nothing was lost, it is read again", dict(counts))
    if social.problem is not None:
        return Report(False, str(social.problem), dict(counts))
    with work.database.session() as session:
        remember_reading(session, began)
        counts.update({str(state): count for state, count in sweep(session, began).items()})
    said = f"{counts['replies']} replies, {counts['expired']} attempts unanswered in their time"
    return Report(True, said, dict(counts))


def close_what_is_over(work: Work) -> Report:
    """Close what had ended when answers were last read: one that lies unread in a mailbox is none that never came."""
    sources, social = _sources(work)
    until: datetime | None = utc_now()
    with work.database.session() as session:
        if sources or social.networks:
            until = last_reading(session)
        if until is None:
            return Report(True, "nothing was closed: answers were not read yet, and nobody knows what lies unread")
        ended = {str(state): count for state, count in sweep(session, until).items()}
    said = f"{ended['expired']} attempts unanswered in their time, {ended['cancelled']} that never left cancelled"
    return Report(True, said, {**ended, "until": until.isoformat()})


def send_what_is_due(work: Work) -> Report:
    """Send what is due and allowed now of campaigns that a person released, one attempt at a time."""
    settings, database = work.settings, work.database
    channels = probing.written_channels(settings)
    with database.reading() as session:
        waiting = waiting_count(session, channels)
        if not waiting:
            return Report(True, "nothing is released and left to send")
        contests = any(one.contest for one in campaign_status.campaigns(session, None))
        require_configured(settings, set(waiting), contests)
        probing.require_operator(settings, session)
        reserved = probing.reserved_domains(settings, session)
    outbox = probing.outbox(database, settings, probing.probes_for(settings, channels, unchecked_domains=reserved))
    counts: Counter[str] = Counter()

    def tell(told: Told) -> None:
        counts[str(told.outcome.state)] += bool(told.attempt_id)
        with about("attempt", attempt=told.attempt_id or None, channel=told.channel, state=told.outcome.state):
            work.tell(f"{told.outcome.state}: {told.channel or ''} {told.target}: {told.outcome.why}")

    outbox.tell = tell
    try:
        with held_lease(database) as lease:
            _settle(work, lease)
            ended = asyncio.run(_sent(outbox, lease))
    except Busy as busy:
        return Report(True, f"nothing to do: {busy}")
    except LeaseLost as lost:
        return Report(True, f"left to another: {lost}", dict(counts))
    if ended.why == ASKED_TO_STOP:
        raise KeyboardInterrupt
    told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()) if count) or "none"
    return Report(not ended.broken, f"attempts: {told}; {ended.why}", dict(counts))


def _sources(work: Work) -> "tuple[list[ImapFolder | Maildir], Watch]":
    with work.database.reading() as session:
        sources = probing.sources(work.settings, session)
    return sources, Watch(social_watching.networks(work.settings), work.tell)


async def _read(work: Work, sources: "list[ImapFolder | Maildir]", social: Watch, counts: Counter[str]) -> None:
    """Read every source and network into *counts*; one that is away keeps none of the others from being read.

    Raises the first :class:`~probes.probe.Unreachable` at the end.
    """
    from probes.intake import take_in
    from probes.mail.imap import ImapFolder

    store = EvidenceStore(work.settings.evidence)
    away: list[Unreachable] = []
    counts.update(await social.look(work.database, store))
    try:
        for source in sources:
            try:
                counts.update((await take_in(work.database, store, source))._asdict())
            except Unreachable as error:
                work.tell(str(error))
                away.append(error)
    finally:
        for source in sources:
            if isinstance(source, ImapFolder):
                await source.close()
    if away:
        raise away[0]


def _settle(work: Work, lease: Lease) -> None:
    """Settle what a sender left that was broken off."""
    recovered = recover(work.database, lease)
    if recovered.released or recovered.unknown:
        work.tell(
            f"a sender had been broken off: {len(recovered.released)} attempts put back, {len(recovered.unknown)} unknown"
        )


async def _sent(outbox: Outbox, lease: Lease) -> Ended:
    """Send what is due; when this task is asked to end, it does after the attempt in hand."""
    import signal

    stopping = asyncio.Event()

    async def pause(seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await stopping.wait()
        except TimeoutError:
            pass

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    outbox.pause, outbox.stopping = pause, stopping.is_set
    try:
        return await send_due(outbox, lease)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
