"""What was said on a social network is taken in: kept as the network gave it, understood, tied to its attempt, written once.

As with mail (:mod:`probes.intake`) the item is evidence before anything looks into it. Then one transaction holds the
replies, the steps in the attempts' lives and how far the feed was read: a process that is killed anywhere reads the same
items again, and knows them by their evidence and by the network's own ID. A reply's time is when the network says it was
made, since nothing arrives at a server of ours.
"""

import hashlib
import re
from collections import Counter
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from probes.intake import UNREADABLE, Understood, _context, _reply, _step
from probes.probe import Arrival
from probes.replies.classify import Verdict, classify, fingerprint
from probes.replies.correlate import Match
from probes.replies.message import Message
from probes.replies.redact import NAME, redacted
from probes.replies.text import new_words
from probes.social import SocialReply, Unreadable
from probes.social_watch import Heard, Network, Saying, Unheard, awaited, place, read_up_to
from storage.database import Database
from storage.evidence import EvidenceStore
from storage.problems import StorageProblem
from storage.records import Attempt, MailboxPosition, Reply
from storage.vocabulary import Channel, ReplyKind

ACCOUNT = "[account]"
"""What stands in a stored text for the name of an account."""

_ADDRESSED = re.compile(r"(?:\s*@\w{1,50})+[\s,:]*")
_ACCOUNT = re.compile(r"(?<![\w@./])@\w{1,50}")
_CAPITALISED = r"[A-ZÀ-ÖØ-Þ][\w’'.À-ÖØ-öø-ÿ-]{0,30}"
_SIGNED = re.compile(rf"((?:^|\s)(?:[\^~*/]\s?|[-\u2013\u2014]{{1,2}}\s?)){_CAPITALISED}(?: [A-ZÀ-Þ]\.?)?(?=\s*$)")
"""How agents sign on a network: ``^Lou``, ``- Lou``, ``~LD`` at the very end."""


class TakenIn(NamedTuple):
    """How many items were written down, known already, and others'; what could not be read; how many posts were watched."""

    replies: int = 0
    known: int = 0
    others: int = 0
    unheard: tuple[Unheard, ...] = ()
    posts: int = 0


async def take_in(database: Database, store: EvidenceStore, network: Network, now: datetime) -> TakenIn:
    """Take in what was said on *network* to the posts that await an answer at *now*; without such posts nothing is asked.

    Raises :class:`~probes.social_watch.Unauthorised` and :class:`~storage.problems.StorageProblem`; what was taken in by
    then stays so.
    """
    with database.reading() as session:
        posts, read = awaited(session, network.channel, now), read_up_to(session)
    if not posts:
        return TakenIn()
    counts: Counter[str] = Counter()
    unheard: list[Unheard] = []
    others: set[str] = set()
    async with network:
        async for told in network.look(posts, read):
            if isinstance(told, Unheard):
                unheard.append(told)
            else:
                others |= told.others
                counts.update(_taken(database, store, network.channel, told, now))
    return TakenIn(counts["replies"], counts["known"], len(others), tuple(dict.fromkeys(unheard)), len(posts))


def _taken(database: Database, store: EvidenceStore, channel: Channel, heard: Heard, now: datetime) -> Counter[str]:
    ordered = sorted(heard.sayings, key=lambda saying: _at(saying, now))
    evidence = [store.put(saying.item.raw_bytes, ".json") for saying in ordered]
    try:
        with database.session() as session:
            return _written(session, channel, heard._replace(sayings=ordered), evidence, now)
    except IntegrityError:
        # Another process has just taken in the same items, or made a place's first row.
        with database.session() as session:
            return _written(session, channel, heard._replace(sayings=ordered), evidence, now)


def _written(session: Session, channel: Channel, heard: Heard, evidence: list[str], now: datetime) -> Counter[str]:
    counts: Counter[str] = Counter()
    for saying, name in zip(heard.sayings, evidence, strict=True):
        counts["replies" if _is_new(session, channel, heard.feed, saying, name, now) else "known"] += 1
    for key, position in heard.positions.items():
        _move_on(session, place(heard.feed, key), position, now)
    return counts


def _is_new(session: Session, channel: Channel, feed: str, saying: Saying, evidence: str, now: datetime) -> bool:
    """Write *saying* down unless it is known, and tell whether it was new. An item that was edited is known by its ID."""
    identity = f"{channel}:{saying.item.id}" if isinstance(saying.item, SocialReply) else None
    same = or_(Reply.evidence == evidence, *([Reply.message_id == identity] if identity else []))
    if session.scalar(select(Reply.id).where(same).limit(1)) is not None:
        return False
    understood = _understood(session, saying, identity)
    match = saying.tie if isinstance(saying.tie, Match) else None
    at = _at(saying, now)
    session.add(_reply(understood, match, feed, Arrival(saying.item.raw_bytes, at, ""), evidence, now))
    if match is not None:
        _step(session, match, understood.verdict, evidence, at)
    return True


def _understood(session: Session, saying: Saying, identity: str | None) -> Understood:
    unreadable = Understood(Verdict(ReplyKind.OTHER_AUTOMATIC, UNREADABLE), saying.tie, identity)
    if isinstance(saying.item, Unreadable):
        return unreadable
    try:
        addressed = _ADDRESSED.match(saying.item.text)
        message = Message(text=saying.item.text[addressed.end() :] if addressed else saying.item.text)
        attempt = session.get_one(Attempt, saying.tie.attempt_id) if isinstance(saying.tie, Match) else None
        letter = fingerprint(message)
        mark = hashlib.sha256(letter.encode()).hexdigest() if letter else None
        verdict = classify(message, _context(session, attempt, letter, mark, saying.item.created_at))
        return Understood(verdict, saying.tie, identity, words_of(message), mark)
    except (SQLAlchemyError, StorageProblem):
        raise
    except Exception:
        # Whatever is wrong with a text, it is not lost for it.
        return unreadable


def words_of(message: Message) -> str:
    """Return the words of what was said, without names of people and of accounts, or how an agent signs."""
    signed = _SIGNED.sub(lambda found: found[1] + NAME, new_words(message))
    return redacted(_ACCOUNT.sub(ACCOUNT, signed), message)


def _at(saying: Saying, now: datetime) -> datetime:
    """Return when it was said; what cannot be read has no time of its own, and stands under that of its reading."""
    return saying.item.created_at if isinstance(saying.item, SocialReply) else now


def _move_on(session: Session, name: str, position: str, now: datetime) -> None:
    """Keep how far a place was read, and that it was looked at *now* even where nothing new stood there."""
    kept = session.scalar(select(MailboxPosition).where(MailboxPosition.mailbox == name).with_for_update())
    if kept is None:
        session.add(MailboxPosition(mailbox=name, position=position, updated_at=now))
    else:
        kept.position, kept.updated_at = position, now
