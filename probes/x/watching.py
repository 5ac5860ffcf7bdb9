"""How X is asked for answers: mentions of our account, conversations below our posts, messages where the account may.

One reading of the mentions serves every post. The conversation below a post is searched too, since an answer need not mention
us; each search is a call of its own, so those longest unread come first. A limit stops a feed until X lifts it, and no other.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

from probes.api_answer import ApiProblem, plain
from probes.http import Api, InsecureAddress
from probes.social import Reading, SocialReply, Unreadable, in_thread
from probes.social_feeds import Feeds
from probes.social_watch import (
    NOBODY,
    Author,
    Heard,
    Post,
    ReadUpTo,
    Saying,
    Unauthorised,
    Unheard,
    grouped,
    in_time,
    longest_unread,
    place,
    sayings,
)
from probes.x.client import Account, XClient, next_since
from probes.x.login import App, Login, NotAuthorised
from probes.x.token_file import TokenFileError, TokenStore
from probes.x.wording import NoHandle, NoPost, post_id_of
from storage.vocabulary import Channel

MENTIONS, SEARCH, MESSAGES, ACCOUNTS = "x mentions", "x search", "x messages", "x accounts"
"""The feeds, as they stand in a reply's source; the last is the look-up of who an account is."""
_RULES = {MENTIONS: "x.mention", SEARCH: "x.conversation", MESSAGES: "x.message"}

Read = Mapping[str, ReadUpTo]
Answered = TypeVar("Answered")


class XWatch:
    """X as *account* sees it; *open_api* opens the interface. Limits and accounts are remembered from look to look."""

    name, channel = "X", Channel.X

    def __init__(self, open_api: Callable[[], Api], app: App, store: TokenStore, account: Account) -> None:
        self._open_api, self._app, self._store, self._account = open_api, app, store, account
        self._open = AsyncExitStack()
        self._feeds = Feeds(self.name, NotAuthorised, TokenFileError)
        self._authors: dict[str, Author] = {}

    async def __aenter__(self) -> Self:
        """Open the interface; raises :class:`Unauthorised`."""
        self._open = AsyncExitStack()
        try:
            self._api = await self._open.enter_async_context(self._open_api())
            self._client = XClient(self._api, Login(self._api, self._app, self._store), self._account)
        except (InsecureAddress, TokenFileError, NoPost) as error:
            await self._open.aclose()
            raise Unauthorised(str(error)) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self._open.aclose()

    async def look(self, posts: Sequence[Post], read: Read) -> AsyncIterator[Heard | Unheard]:
        """Tell what merchants said to *posts*; see :class:`~probes.social_watch.Network`."""
        self._feeds.begin()
        named: list[tuple[str, Post]] = []
        for post in posts:
            try:
                named.append((_own_post(post), post))
            except NoPost as error:
                yield Unheard(SEARCH, plain(f"{post.link}: {error}"))
        watched = grouped(named)
        if not watched:
            return
        async for told in self._mentions(watched, read):
            yield told
        for post_id in longest_unread(SEARCH, watched, read):
            async for told in self._conversation(post_id, watched[post_id], read):
                yield told
        if self._account.may_dm:
            merchants = grouped((_account(post.target).lower(), post) for _, post in named)
            for account in longest_unread(MESSAGES, merchants, read):
                async for told in self._messages(account, merchants[account], read):
                    yield told

    async def _mentions(self, watched: Mapping[str, list[Post]], read: Read) -> AsyncIterator[Heard | Unheard]:
        since = {post_id: _position(MENTIONS, post_id, read) or post_id for post_id in watched}
        oldest = min(since.values(), key=int)
        reading = await self._asked(MENTIONS, lambda: self._client.mentions(oldest))
        if isinstance(reading, Unheard):
            yield reading
            return
        heard = Heard(MENTIONS, [], {})
        for post_id, posts in watched.items():
            below = in_thread(reading.replies, post_id)
            concerned = [one for one in reading.unreadable if post_id.encode() in one.raw_bytes]
            said = await self._said(MENTIONS, posts, below, concerned)
            if isinstance(said, Unheard):
                yield said
                continue
            found, others = said
            newest = {post_id: max(since[post_id], next_since(reading, oldest) or "0", key=int)}
            positions = {**heard.positions, **(newest if reading.is_complete else {})}
            heard = Heard(MENTIONS, heard.sayings + found, positions, heard.others | others)
        yield heard
        for cut_short in self._cut_short(MENTIONS, reading):
            yield cut_short

    async def _conversation(self, post_id: str, posts: list[Post], read: Read) -> AsyncIterator[Heard | Unheard]:
        since = _position(SEARCH, post_id, read)
        reading = await self._asked(SEARCH, lambda: self._client.conversation(post_id, since), posts[0].link)
        async for told in self._told(SEARCH, post_id, posts, reading, since or post_id):
            yield told

    async def _messages(self, account: str, posts: list[Post], read: Read) -> AsyncIterator[Heard | Unheard]:
        author = await self._author(posts[0].target)
        if isinstance(author, Unheard):
            yield author
        elif author.id:
            since = _position(MESSAGES, account, read) or min((_own_post(post) for post in posts), key=int)
            reading = await self._asked(MESSAGES, lambda: self._client.messages(author.id, since))
            async for told in self._told(MESSAGES, account, posts, reading, since):
                yield told

    async def _told(
        self, feed: str, key: str, posts: list[Post], reading: Reading | Unheard, since: str
    ) -> AsyncIterator[Heard | Unheard]:
        """Tell what a reading that belongs to one place says."""
        if isinstance(reading, Unheard):
            yield reading
            return
        said = await self._said(feed, posts, reading.replies, reading.unreadable)
        if isinstance(said, Unheard):
            yield said
            return
        yield Heard(feed, said[0], {key: next_since(reading, since) or since}, said[1])
        for cut_short in self._cut_short(feed, reading):
            yield cut_short

    async def _said(
        self, feed: str, posts: Sequence[Post], replies: Sequence[SocialReply], unreadable: Sequence[Unreadable]
    ) -> tuple[list[Saying], frozenset[str]] | Unheard:
        """Return what the merchant said; whose account that is, is asked only where anybody said anything."""
        timely = in_time(replies, posts)
        if not timely and not unreadable:
            return [], frozenset()
        author = await self._author(posts[0].target)
        return author if isinstance(author, Unheard) else sayings(_RULES[feed], posts, author, [*timely, *unreadable])

    async def _author(self, target: str) -> Author | Unheard:
        async def looked_up() -> Author:
            try:
                return Author(await self._client.user_id_of(_account(target)))
            except NoHandle:
                return NOBODY
            except ApiProblem as problem:
                if problem.status in (200, 404):
                    return NOBODY
                raise

        if target not in self._authors:
            found = await self._asked(ACCOUNTS, looked_up)
            if isinstance(found, Unheard):
                return found
            self._authors[target] = found
        return self._authors[target]

    async def _asked(
        self, feed: str, question: Callable[[], Awaitable[Answered]], about: str = ""
    ) -> Answered | Unheard:
        return await self._feeds.ask(feed, self._api.now(), question, about)

    def _cut_short(self, feed: str, reading: Reading) -> list[Unheard]:
        if reading.failure is not None:
            return [self._feeds.failed(feed, reading.failure)]
        return [] if reading.is_complete else [Unheard(feed, f"older items are missing ({reading.ended})")]


def _position(feed: str, key: str, read: Read) -> str | None:
    kept = read.get(place(feed, key))
    return kept.position if kept is not None else None


def _own_post(post: Post) -> str:
    """Return the ID of our post; raises :class:`NoPost` where the link is none, or that of a post of the merchant's."""
    found = post_id_of(post.link)
    if urlsplit(post.link).path.strip("/").partition("/")[0].lower() == _account(post.target).lower():
        raise NoPost("this is a post of the merchant's and not the question to it")
    return found


def _account(target: str) -> str:
    """Return the name of the account that *target* (a name or an address) names, whatever it is."""
    return urlsplit(target).path.strip("/").partition("/")[0] if "/" in target else target.strip().removeprefix("@")
