"""Posts whose answer is awaited, and what a social network tells about them.

A network is asked and says what stands where an answer may stand; :mod:`probes.social_intake` writes it down. What ties a
saying to an attempt is the place it stands in and who wrote it: the merchant's own account and nobody else. Where the
network does not tell who wrote it, a person decides.
"""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from probes.replies.correlate import Ambiguous, Match
from probes.social import SocialReply, Unreadable
from storage.records import Attempt, MailboxPosition
from storage.vocabulary import AttemptState, Channel

WATCHED_ON = timedelta(days=1)
"""A post is looked at for so long after its window (*ours*), so that its last hours are read by whoever polls once a day."""
BEFORE = timedelta(seconds=60)
"""What was written earlier than this before ``t0`` answers something else (*ours*; the delay's own tolerance)."""
HIDDEN, UNKNOWN_ACCOUNT, UNKNOWN_POST = "author-hidden", "account-unknown", "post-unknown"
SEVERAL, THEIRS = "several-attempts", "merchants-own-post"
"""Why a saying is left to a person: the network hides who wrote it, does not know the merchant's account or does not show what
it answers; several attempts are open in that place; the linked post is the merchant's own, below which it answers everybody."""

S = AttemptState
_WATCHED = (S.SENT, S.ACKNOWLEDGED, S.EXPIRED)


class Unauthorised(Exception):
    """The network takes no question from us until a person has seen to our account, token or settings."""


class Post(NamedTuple):
    """An attempt that stands on a network: to whom, where, and since when (UTC)."""

    attempt_id: str
    merchant_id: str
    target: str
    link: str
    t0: datetime


class ReadUpTo(NamedTuple):
    """How far a place was read, and when it was last looked at (UTC)."""

    position: str
    at: datetime


class Author(NamedTuple):
    """The merchant's account, by the network's ID; an empty one is an account that the network does not know."""

    id: str


NOBODY = Author("")


class Saying(NamedTuple):
    """An item that stands where an answer may stand, and what ties it to an attempt."""

    item: SocialReply | Unreadable
    tie: Match | Ambiguous


class Heard(NamedTuple):
    """What one feed told: sayings, how far each of its places is now read, and which items were somebody else's."""

    feed: str
    sayings: list[Saying]
    positions: Mapping[str, str]
    others: frozenset[str] = frozenset()


class Unheard(NamedTuple):
    """A feed, or one place of it, that was not read, and why; the others were."""

    feed: str
    why: str


class Network(Protocol):
    """A social network, read and never written to; used as an asynchronous context, again and again."""

    name: str
    channel: Channel

    async def __aenter__(self) -> Self:
        """Open it; raises :class:`Unauthorised`."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""

    def look(self, posts: Sequence[Post], read: Mapping[str, ReadUpTo]) -> AsyncIterator[Heard | Unheard]:
        """Tell what was said to *posts*; *read* says how far each place was read. Raises :class:`Unauthorised`."""


def awaited(session: Session, channel: Channel, now: datetime) -> list[Post]:
    """Return the posts on *channel* whose answer is awaited, oldest first; those without a link are a person's to watch."""
    query = (
        select(Attempt)
        .where(Attempt.channel == channel, Attempt.state.in_(_WATCHED))
        .where(Attempt.link.is_not(None), Attempt.t0.is_not(None))
        .order_by(Attempt.t0, Attempt.id)
    )
    return [
        Post(one.id, one.merchant_id, one.target or "", one.link, one.t0)
        for one in session.scalars(query)
        if one.link and one.t0 and now <= one.t0 + timedelta(seconds=one.window_seconds) + WATCHED_ON
    ]


def read_up_to(session: Session) -> dict[str, ReadUpTo]:
    """Return how far every place was read, by its name; the folders of mailboxes too, which no network asks for."""
    kept = session.scalars(select(MailboxPosition))
    return {one.mailbox: ReadUpTo(one.position or "", one.updated_at) for one in kept}


def place(feed: str, key: str) -> str:
    """Return the name under which it is kept how far the place *key* of *feed* was read."""
    return f"{feed} {key}"


def longest_unread(feed: str, keys: Iterable[str], read: Mapping[str, ReadUpTo]) -> list[str]:
    """Return *keys*, those never read first and the last read last: a limit then starves none of them."""

    def order(key: str) -> tuple[bool, float]:
        kept = read.get(place(feed, key))
        return kept is not None, kept.at.timestamp() if kept else 0.0

    return sorted(keys, key=order)


def grouped(posts: Iterable[tuple[str, Post]]) -> dict[str, list[Post]]:
    """Return the posts by their key; more than one under a key cannot be told apart by where an answer stands."""
    found: dict[str, list[Post]] = {}
    for key, post in posts:
        found.setdefault(key, []).append(post)
    return found


def in_time(replies: Iterable[SocialReply], posts: Sequence[Post]) -> list[SocialReply]:
    """Return those of *replies* that were not written before the first of *posts*."""
    since = min(post.t0 for post in posts) - BEFORE
    return [one for one in replies if one.created_at >= since]


def sayings(
    feed_rule: str, posts: Sequence[Post], author: Author, items: Iterable[SocialReply | Unreadable]
) -> tuple[list[Saying], frozenset[str]]:
    """Return what *author* said to *posts*, and which of *items* are others'; *feed_rule* names where they stand.

    What cannot be read is left to a person unless it says plainly that somebody else wrote it.
    """
    found: list[Saying] = []
    others: set[str] = set()
    for item in items:
        writer = item.author_id if isinstance(item, SocialReply) else _writer_in(item)
        if writer and author.id and writer != author.id:
            others.add(item.id if isinstance(item, SocialReply) else item.raw_bytes.decode())
            continue
        doubt = _doubt(item, writer, author, posts)
        keys = tuple(sorted(post.attempt_id for post in posts))
        found.append(Saying(item, Ambiguous(keys, f"{feed_rule}.{doubt}") if doubt else Match(keys[0], feed_rule)))
    return found, frozenset(others)


def doubtful(found: Iterable[Saying], doubt: str) -> list[Saying]:
    """Return *found* with every saying left to a person, because of *doubt*."""
    return [
        Saying(one.item, Ambiguous((one.tie.attempt_id,), f"{one.tie.rule}.{doubt}"))
        if isinstance(one.tie, Match)
        else one
        for one in found
    ]


def _doubt(item: SocialReply | Unreadable, writer: str, author: Author, posts: Sequence[Post]) -> str:
    if isinstance(item, Unreadable):
        return "unreadable"
    if not author.id:
        return UNKNOWN_ACCOUNT
    if not writer:
        return HIDDEN
    return SEVERAL if len(posts) > 1 else ""


def _writer_in(item: Unreadable) -> str:
    """Return who wrote what cannot be read, as far as it says so plainly; empty where it does not."""
    found = json.loads(item.raw_bytes)
    if not isinstance(found, dict):
        return ""
    nested = found.get("from")
    told = nested.get("id") if isinstance(nested, dict) else found.get("author_id", found.get("sender_id"))
    return told if isinstance(told, str) and told.isascii() and told.isdigit() else ""
