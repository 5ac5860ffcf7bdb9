"""What the social networks have in common: replies, pages of them, drafts for a person."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from probes.api_answer import ApiError, plain, without_controls

MAX_PAGES = 50
"""Pages that one reading asks for (*ours*: 5,000 replies, far more than one post of ours can draw)."""
LONGEST_TEXT = 25_000
"""Characters of a reply that are kept as its text (the longest post on X; Facebook's comments are shorter)."""
CLOCK_SKEW = timedelta(minutes=5)
"""A network's clock may be this far ahead of ours (*ours*); what is later still is forged."""


class SocialReply(NamedTuple):
    """What somebody wrote: a post, a comment, a message.

    ``author_id`` is empty where the network hides it, ``thread_id`` where it names none; ``in_reply_to`` is the ID of
    what it answers, ``None`` for what starts a thread. ``created_at`` is aware, in UTC. ``text`` keeps its lines and no
    character that steers a terminal; ``raw_bytes`` is the whole item as JSON, for the evidence.
    """

    id: str
    author_id: str
    created_at: datetime
    text: str
    in_reply_to: str | None
    raw_bytes: bytes
    thread_id: str = ""


class Unreadable(NamedTuple):
    """An item that is no reply we can time and tie: *why*, and all of it for a person to look at."""

    why: str
    raw_bytes: bytes


class Ended(StrEnum):
    """Why a reading ended: everything was read, or what is older is still missing."""

    COMPLETE = "complete"
    PAGE_LIMIT = "page_limit"
    REPEATED_CURSOR = "repeated_cursor"
    FAILED = "failed"


class Page(NamedTuple):
    """One page: its items in the network's order, and the cursor of the next one, empty on the last."""

    items: list[SocialReply | Unreadable]
    cursor: str


class Reading(NamedTuple):
    """Replies as they were found, each once; ``failure`` is what cut the reading short where ``ended`` is ``FAILED``.

    Only a complete reading says where the next may begin: in any other, older replies may be missing.
    """

    replies: tuple[SocialReply, ...]
    unreadable: tuple[Unreadable, ...]
    ended: Ended
    failure: ApiError | None = None

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return self.ended is Ended.COMPLETE


class Draft(NamedTuple):
    """What a person is asked to send: the text, and the address of the place to send it from."""

    text: str
    link: str


class NotReadable(ValueError):
    """An item lacks what makes it a reply."""


async def read_pages(
    page_after: Callable[[str], Awaitable[Page]], is_old: Callable[[SocialReply], bool] = lambda _: False
) -> Reading:
    """Return all that *page_after* gives, from the empty cursor on, newest first.

    What *is_old* is left out, and a page whose last reply is old is the last. Ends too at a cursor that came before, and
    after :data:`MAX_PAGES`. Raises the :class:`ApiError` of the first page; that of a later one is told in the reading, so
    that what came before it is not lost.
    """
    replies: dict[str, SocialReply] = {}
    unreadable: dict[bytes, Unreadable] = {}
    cursor, seen = "", {""}
    for number in range(MAX_PAGES):
        try:
            page = await page_after(cursor)
        except ApiError as failure:
            if not number:
                raise
            return Reading(tuple(replies.values()), tuple(unreadable.values()), Ended.FAILED, failure)
        found = [item for item in page.items if isinstance(item, SocialReply)]
        replies |= {one.id: one for one in found if one.id not in replies and not is_old(one)}
        unreadable |= {item.raw_bytes: item for item in page.items if isinstance(item, Unreadable)}
        cursor = page.cursor
        if not cursor or (found and is_old(found[-1])):
            return Reading(tuple(replies.values()), tuple(unreadable.values()), Ended.COMPLETE)
        if cursor in seen:
            return Reading(tuple(replies.values()), tuple(unreadable.values()), Ended.REPEATED_CURSOR)
        seen.add(cursor)
    return Reading(tuple(replies.values()), tuple(unreadable.values()), Ended.PAGE_LIMIT)


def in_thread(replies: Iterable[SocialReply], thread_id: str) -> list[SocialReply]:
    """Return those of *replies* that answer *thread_id*, or anything below it, oldest first."""
    known = {thread_id}
    found = []
    for one in sorted(replies, key=lambda reply: (reply.created_at, reply.id)):
        if one.id != thread_id and (one.thread_id == thread_id or one.in_reply_to in known):
            known.add(one.id)
            found.append(one)
    return found


def items_of(answer: Mapping[str, object]) -> list[object]:
    """Return the items of a page; ``data`` is left out where there are none. Raises :class:`NotReadable`."""
    found = answer.get("data", [])
    if not isinstance(found, list):
        raise NotReadable("data is no list")
    return found


def read_items(
    items: Iterable[object], read: Callable[[Mapping[str, object]], SocialReply]
) -> list[SocialReply | Unreadable]:
    """Return *items* as *read* makes them, those it cannot read (:class:`NotReadable`) with the reason."""
    found: list[SocialReply | Unreadable] = []
    for item in items:
        try:
            found.append(read(members(item, "item")))
        except NotReadable as reason:
            found.append(Unreadable(plain(str(reason)), raw(item)))
    return found


def members(value: object, name: str) -> Mapping[str, object]:
    """Return *value* where it is a JSON object; raises :class:`NotReadable`."""
    if not isinstance(value, dict):
        raise NotReadable(f"{name} is no object")
    return value


def raw(item: object) -> bytes:
    """Return *item* as JSON, the same bytes for the same item."""
    return json.dumps(item, ensure_ascii=True, sort_keys=True).encode()


def moment(value: object, now: datetime) -> datetime:
    """Return the ISO 8601 moment *value* in UTC.

    Raises :class:`NotReadable` where there is none, where it has no offset, or where it lies after *now*.
    """
    if not isinstance(value, str):
        raise NotReadable("no creation time")
    try:
        found = datetime.fromisoformat(value[:40])
    except ValueError:
        raise NotReadable(f"creation time {value[:40]!r} is no time") from None
    if found.tzinfo is None:
        raise NotReadable(f"creation time {value[:40]!r} has no offset")
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        raise NotReadable(f"creation time {value[:40]!r} is no time") from None
    return not_later(found, now)


def not_later(found: datetime, now: datetime) -> datetime:
    """Return *found*; raises :class:`NotReadable` where it lies after *now* by more than :data:`CLOCK_SKEW`."""
    if found > now + CLOCK_SKEW:
        raise NotReadable(f"creation time {found:%Y-%m-%dT%H:%M:%SZ} lies in the future")
    return found


def written(value: object) -> str:
    """Return the text *value* without control and direction characters, bounded; a picture alone has the empty text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise NotReadable("the text is no text")
    return "\n".join(map(without_controls, value[:LONGEST_TEXT].splitlines()))
