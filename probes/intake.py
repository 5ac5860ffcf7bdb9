"""What came back is taken in: kept as it arrived, understood, tied to its attempt, and written down once.

The raw message is evidence before anything looks into it. Then one transaction holds the reply, the step in the attempt's life,
the proof that a message had left, and how far the mailbox was read. A process that is killed anywhere reads the same message
again, and the evidence's name tells that it is known.
"""

import hashlib
from collections import Counter
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from probes.expecting import Expecting
from probes.journal import HANDING_OVER, STEPS, OutOfStep, Step, append, history
from probes.probe import Arrival, Source
from probes.recovery import MAY_HAVE_LEFT, prove_sent
from probes.replies.classify import Context, Verdict, classify, fingerprint
from probes.replies.correlate import Ambiguous, Correlation, Match
from probes.replies.message import Message, parse_message
from probes.replies.redact import redacted
from probes.replies.text import new_words
from storage.database import Database
from storage.evidence import EvidenceStore
from storage.problems import StorageProblem
from storage.records import Attempt, MailboxPosition, Reply, utc_now
from storage.vocabulary import AttemptState, ReplyKind

ACTOR = "intake"
UNREADABLE = "unreadable"
"""The rule of a message that could not be understood: it is kept, and a person looks at it."""
OWN_COPY_BOUNCED = "report.own-copy"
"""The rule of a failure that concerns the copy to ourselves alone; the merchant's message is not touched by it."""
PROVEN_BY = ("address.", "message-id.", "subject.token")
"""Beginnings of the rules that tie a reply to what only a receiver of our message can know."""

_BECOMES = {
    ReplyKind.HUMAN: AttemptState.ANSWERED,
    ReplyKind.ACKNOWLEDGEMENT: AttemptState.ACKNOWLEDGED,
    ReplyKind.BOUNCE: AttemptState.BOUNCED,
}


class Fate(StrEnum):
    """What became of a message that was read."""

    REPLY = "reply"
    OWN_COPY = "own copy"
    KNOWN = "known already"


class Taken(NamedTuple):
    """How many messages were read, by their fate."""

    replies: int
    own_copies: int
    known: int


class Understood(NamedTuple):
    """A message as far as it was understood; ``text`` is redacted."""

    verdict: Verdict
    correlation: Correlation | None = None
    message_id: str | None = None
    text: str | None = None
    fingerprint: str | None = None


async def take_in(database: Database, store: EvidenceStore, source: Source, now: datetime | None = None) -> Taken:
    """Take in what arrived at *source* since it was last read, and return how much that was.

    *now* is written down as the moment of reading. Raises :class:`~probes.probe.Unreachable` when the source fails and
    :class:`~storage.problems.StorageProblem` when nothing can be kept; what was taken in by then stays so.
    """
    validity = await source.validity()
    fates: Counter[Fate] = Counter()
    async for arrival in source.arrivals(_position(database, source.name, validity)):
        fates[_taken(database, store, source.name, validity, arrival, now or utc_now())] += 1
    return Taken(fates[Fate.REPLY], fates[Fate.OWN_COPY], fates[Fate.KNOWN])


def _position(database: Database, mailbox: str, validity: str) -> str | None:
    """Return how far *mailbox* was read, ``None`` when that counts no more."""
    with database.reading() as session:
        kept = session.scalar(select(MailboxPosition).where(MailboxPosition.mailbox == mailbox))
    return kept.position if kept is not None and kept.validity == validity else None


def _taken(
    database: Database, store: EvidenceStore, mailbox: str, validity: str, arrival: Arrival, now: datetime
) -> Fate:
    evidence = store.put(arrival.raw, ".eml")
    try:
        with database.session() as session:
            fate = _written(session, store, mailbox, arrival, evidence, now)
            _move_on(session, mailbox, validity, arrival.position)
    except IntegrityError:
        # Another process has just taken in the same message, or made the mailbox's first row.
        with database.session() as session:
            fate = _written(session, store, mailbox, arrival, evidence, now)
            _move_on(session, mailbox, validity, arrival.position)
    return fate


def _written(
    session: Session, store: EvidenceStore, mailbox: str, arrival: Arrival, evidence: str, now: datetime
) -> Fate:
    if session.scalar(select(Reply.id).where(Reply.evidence == evidence)) is not None:
        return Fate.KNOWN
    try:
        message = parse_message(arrival.raw)
        original = _own_original(session, message)
        understood = _understood(session, store, message, arrival) if original is None else None
    except (SQLAlchemyError, StorageProblem):
        raise
    except Exception:
        # Whatever is wrong with a mail, it is not lost for it.
        original, understood = None, Understood(Verdict(ReplyKind.OTHER_AUTOMATIC, UNREADABLE))
    if original is not None:
        _prove(session, original, "its copy arrived", evidence, arrival.received_at, now)
        return Fate.OWN_COPY
    assert understood is not None
    match = understood.correlation if isinstance(understood.correlation, Match) else None
    session.add(_reply(understood, match, mailbox, arrival, evidence, now))
    if match is not None:
        _step(session, match, understood.verdict, evidence, arrival.received_at)
    return Fate.REPLY


def _own_original(session: Session, message: Message) -> Attempt | None:
    """Return the attempt whose own message this is, come back as the copy to ourselves.

    The Message-ID alone does not say so: a merchant has seen it and could write under it. The words must be ours too.
    """
    if not message.message_id:
        return None
    attempt = session.scalar(select(Attempt).where(Attempt.message_id == f"<{message.message_id}>"))
    return attempt if attempt is not None and message.text.split() == attempt.body.split() else None


def _understood(session: Session, store: EvidenceStore, message: Message, arrival: Arrival) -> Understood:
    correlation = Expecting(session, store).waiting_for(message).correlate(message, arrival.received_at)
    attempt = session.get_one(Attempt, correlation.attempt_id) if isinstance(correlation, Match) else None
    letter = fingerprint(message)
    mark = hashlib.sha256(letter.encode()).hexdigest() if letter else None
    verdict = classify(message, _context(session, attempt, letter, mark, arrival.received_at))
    if verdict.kind is ReplyKind.BOUNCE and attempt is not None and _concerns_own_copy(message, attempt):
        verdict = Verdict(ReplyKind.OTHER_AUTOMATIC, OWN_COPY_BOUNCED)
    return Understood(verdict, correlation, message.message_id or None, redacted(new_words(message), message), mark)


def _context(
    session: Session, attempt: Attempt | None, letter: str, mark: str | None, received_at: datetime
) -> Context:
    """Return what is known beside the mail: when we wrote, what, and whether the merchant's machine wrote the same before."""
    if attempt is None:
        return Context()
    since = (received_at - attempt.t0).total_seconds() if attempt.t0 else None
    same = (
        select(Reply.id)
        .join(Attempt, Attempt.id == Reply.attempt_id)
        .where(Reply.fingerprint == mark, Reply.kind == ReplyKind.ACKNOWLEDGEMENT)
        .where(Attempt.merchant_id == attempt.merchant_id)
        .limit(1)
    )
    seen = mark is not None and session.scalar(same) is not None
    return Context(frozenset({letter}) if seen else frozenset(), since, attempt.body)


def _concerns_own_copy(message: Message, attempt: Attempt) -> bool:
    failed = {status.final_recipient or status.original_recipient for status in message.statuses}
    return bool(failed) and failed == {(attempt.reply_address or "").lower()}


def _reply(
    understood: Understood, match: Match | None, mailbox: str, arrival: Arrival, evidence: str, now: datetime
) -> Reply:
    candidates = understood.correlation.candidates if isinstance(understood.correlation, Ambiguous) else ()
    tied_by = getattr(understood.correlation, "rule", None)
    return Reply(
        attempt_id=match.attempt_id if match else None,
        kind=understood.verdict.kind,
        rule=understood.verdict.rule,
        received_at=arrival.received_at,
        kept_at=now,
        source=mailbox,
        evidence=evidence,
        matched_by=tied_by,
        candidates=list(candidates),
        message_id=understood.message_id,
        text=understood.text,
        fingerprint=understood.fingerprint,
        permanent=understood.verdict.permanent,
    )


def _step(session: Session, match: Match, verdict: Verdict, evidence: str, received_at: datetime) -> None:
    """Write what the reply means for the attempt; a step that may not follow, or an automatic note, is left out."""
    attempt = session.get_one(Attempt, match.attempt_id)
    if match.rule.startswith(PROVEN_BY):
        _prove(session, attempt, f"a reply came ({verdict.kind})", evidence, None, received_at)
    state = _BECOMES.get(verdict.kind, attempt.state)
    if state not in STEPS[attempt.state]:
        state = attempt.state
    if attempt.t0 is None or state not in STEPS[attempt.state]:
        return
    detail = f"{verdict.kind} by {verdict.rule}, tied by {match.rule}"
    with suppress(OutOfStep):
        append(session, attempt.id, Step(state, ACTOR, detail, evidence, at=received_at))


def _prove(
    session: Session, attempt: Attempt, why: str, evidence: str, arrived_at: datetime | None, now: datetime
) -> None:
    """Write that *attempt* left after all, if that was in doubt.

    The copy's arrival is ``t0``: both were accepted in one transaction. A reply proves that the message left, not when;
    then the hand-over was at most minutes before the acceptance.
    """
    if attempt.state not in MAY_HAVE_LEFT:
        return
    handed_over = [event.at for event in history(session, attempt.id) if event.detail == HANDING_OVER]
    t0 = arrived_at or (handed_over[-1] if handed_over else now)
    with suppress(OutOfStep):
        prove_sent(session, attempt.id, Step(AttemptState.SENT, ACTOR, why, evidence, at=now, t0=t0))


def _move_on(session: Session, mailbox: str, validity: str, position: str) -> None:
    kept = session.scalar(select(MailboxPosition).where(MailboxPosition.mailbox == mailbox).with_for_update())
    if kept is None:
        session.add(MailboxPosition(mailbox=mailbox, validity=validity, position=position))
    else:
        kept.validity, kept.position = validity, position
