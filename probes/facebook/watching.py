"""How Facebook is asked for answers: the comments below our post or comment, and the conversations of our own page.

What a token reaches depends on whose page it is; a place that it does not reach is told, and left to a person. A thread of ours
is short and is read whole each time, so that a comment that was hidden at first is not missed.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from pydantic import SecretStr

from probes.api_answer import ApiError, ApiProblem, plain
from probes.facebook.client import BadToken, NoGraphId, NotPermitted
from probes.facebook.links import LinkKind, NoFacebookLink, link_kind
from probes.facebook.pages import PageClient, page_in
from probes.http import Api
from probes.social import Reading, SocialReply, Unreadable
from probes.social_feeds import Feeds
from probes.social_watch import (
    BEFORE,
    NOBODY,
    THEIRS,
    UNKNOWN_POST,
    Author,
    Heard,
    Post,
    ReadUpTo,
    Unauthorised,
    Unheard,
    doubtful,
    grouped,
    in_time,
    longest_unread,
    sayings,
)
from storage.vocabulary import Channel

COMMENTS, MESSAGES = "facebook comments", "facebook messages"
"""The feeds, as they stand in a reply's source."""
FACEBOOK = "facebook"
_RULES = {COMMENTS: "facebook.comment", MESSAGES: "facebook.message"}
_A_PERSON = "a person has to look, with: barometer desk --waiting"

Answered = TypeVar("Answered")


class Access(NamedTuple):
    """What the Graph API is asked with: a token, the app's secret where it is known, the version, our own page if any."""

    token: SecretStr
    app_secret: SecretStr | None
    version: str
    page_id: str | None


class FacebookWatch:
    """Facebook as *access* reaches it; *open_api* opens the interface. Limits and pages are remembered from look to look."""

    name, channel = "Facebook", Channel.FACEBOOK

    def __init__(self, open_api: Callable[[], Api], access: Access) -> None:
        self._open_api, self._access = open_api, access
        self._open = AsyncExitStack()
        self._feeds = Feeds("the Graph API", BadToken)
        self._authors: dict[str, Author] = {}

    async def __aenter__(self) -> Self:
        """Open the interface; raises :class:`Unauthorised`."""
        self._open = AsyncExitStack()
        try:
            self._api = await self._open.enter_async_context(self._open_api())
            self._client = PageClient(
                self._api, self._access.token, app_secret=self._access.app_secret, version=self._access.version
            )
        except ValueError as error:
            # An address in the clear, or a version that is none.
            await self._open.aclose()
            raise Unauthorised(str(error)) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self._open.aclose()

    async def look(self, posts: Sequence[Post], read: Mapping[str, ReadUpTo]) -> AsyncIterator[Heard | Unheard]:
        """Tell what merchants said to *posts*; see :class:`~probes.social_watch.Network`."""
        self._feeds.begin()
        places = {same[0].attempt_id: same for same in grouped((post.link, post) for post in posts).values()}
        for key in longest_unread(COMMENTS, places, read):
            async for told in self._comments(key, places[key]):
                yield told
        if self._access.page_id is not None:
            async for told in self._conversations(self._access.page_id, posts):
                yield told

    async def _comments(self, key: str, posts: list[Post]) -> AsyncIterator[Heard | Unheard]:
        where = await self._asked(lambda: self._thread_of(posts[0].link), posts[0].link)
        if isinstance(where, Unheard):
            yield where
            return
        if not where:
            # Sent as a message: what comes back is looked for among the conversations.
            return
        since = min(post.t0 for post in posts) - BEFORE
        reading = await self._asked(lambda: self._client.comments(where, since), posts[0].link)
        if isinstance(reading, Unheard):
            yield reading
            return
        said = await self._said(COMMENTS, posts, reading, where)
        newest = max((one.created_at for one in reading.replies), default=since)
        yield said._replace(positions={key: newest.isoformat()}) if isinstance(said, Heard) else said
        if not reading.is_complete:
            yield self._cut_short(reading)

    async def _thread_of(self, link: str) -> str:
        """Return what the Graph API calls the post or comment of *link*; empty where the link names neither.

        Raises :class:`NoFacebookLink` where the API takes no question about it.
        """
        found = link_kind(link)
        match found.kind:
            case LinkKind.COMMENT if found.post_id:
                return f"{found.post_id}_{found.comment_id}"
            case LinkKind.POST:
                return found.graph_id or f"{await self._client.page_id_of(found.page)}_{found.post_id}"
            case LinkKind.MEDIA:
                return found.post_id
            case LinkKind.PAGE:
                return ""
        raise NoFacebookLink("the link does not hold the post's number")

    async def _said(self, feed: str, posts: Sequence[Post], reading: Reading, where: str = "") -> Heard | Unheard:
        """Return what the merchant said there; whose page that is, is asked only where anybody said anything."""
        items: list[SocialReply | Unreadable] = [*in_time(reading.replies, posts), *reading.unreadable]
        if not items:
            return Heard(feed, [], {})
        author = await self._author(posts[0].target)
        if isinstance(author, Unheard):
            return author
        found, others = sayings(_RULES[feed], posts, author, items)
        if found and where:
            asker = await self._asked(lambda: self._asker(where))
            if isinstance(asker, Unheard):
                return asker
            # Below the merchant's own post it answers everybody, and which answer is ours the link does not say.
            found = doubtful(found, THEIRS) if asker.id == author.id else found
            found = doubtful(found, UNKNOWN_POST) if asker == NOBODY else found
        return Heard(feed, found, {}, others)

    async def _asker(self, where: str) -> Author:
        """Return who wrote the post or comment that is answered."""
        try:
            return Author((await self._client.post_at(where)).author_id)
        except (NotPermitted, ApiProblem) as refusal:
            return _nobody(refusal)

    async def _conversations(self, page_id: str, posts: Sequence[Post]) -> AsyncIterator[Heard | Unheard]:
        threads = await self._asked(lambda: self._client.conversations(page_id))
        if isinstance(threads, Unheard):
            yield threads
            return
        recent = [one for one in threads if one.updated_at >= min(post.t0 for post in posts) - BEFORE]
        if not recent:
            return
        for target, asked in grouped((post.target, post) for post in posts).items():
            author = await self._author(target)
            if isinstance(author, Unheard):
                yield author
                continue
            for thread in recent:
                if author.id and author.id in thread.participants:
                    async for told in self._conversation(thread.id, asked):
                        yield told

    async def _conversation(self, thread_id: str, posts: Sequence[Post]) -> AsyncIterator[Heard | Unheard]:
        since = min(post.t0 for post in posts) - BEFORE
        reading = await self._asked(lambda: self._client.messages(thread_id, since))
        if isinstance(reading, Unheard):
            yield reading
            return
        yield await self._said(MESSAGES, posts, reading)
        if not reading.is_complete:
            yield self._cut_short(reading)

    async def _author(self, target: str) -> Author | Unheard:
        async def looked_up() -> Author:
            try:
                return Author(await self._client.page_id_of(page_in(target)))
            except NoFacebookLink:
                return NOBODY
            except (NotPermitted, ApiProblem) as refusal:
                return _nobody(refusal)

        if target not in self._authors:
            found = await self._asked(looked_up)
            if isinstance(found, Unheard):
                return found
            self._authors[target] = found
        return self._authors[target]

    async def _asked(self, question: Callable[[], Awaitable[Answered]], about: str = "") -> Answered | Unheard:
        # The Graph API counts all calls of a token together.
        try:
            return await self._feeds.ask(FACEBOOK, self._api.now(), question, about)
        except (NoFacebookLink, NoGraphId) as error:
            return Unheard(FACEBOOK, plain(f"{about}: {error}; {_A_PERSON}"))

    def _cut_short(self, reading: Reading) -> Unheard:
        if reading.failure is not None:
            return self._feeds.failed(FACEBOOK, reading.failure)
        return Unheard(FACEBOOK, f"older items are missing ({reading.ended})")


def _nobody(refusal: ApiError) -> Author:
    """Return that the API does not say who it is, where that is its last word; raises *refusal* where it may pass."""
    if isinstance(refusal, ApiProblem) and refusal.status >= 500:
        raise refusal
    return NOBODY
