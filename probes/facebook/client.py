"""The Graph API, reading only: the comments below a post, and the conversations of a page that gave us a token.

A merchant's page answers below the operator's post, or in a conversation with the operator's page. Nothing is written
here: a person does, and stamps the time. Fields and edges are held by the tests against the official node descriptions;
those of a message are documented, but described nowhere.
"""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from pydantic import SecretStr

from probes.api_answer import LONGEST_LIMIT, Answer, ApiError, ApiProblem, RateLimited
from probes.http import Api
from probes.social import (
    NotReadable,
    Page,
    Reading,
    SocialReply,
    items_of,
    members,
    moment,
    raw,
    read_items,
    read_pages,
    written,
)

ADDRESS = "https://graph.facebook.com"
"""Where the API is."""
VERSION = "v26.0"
"""The version asked for unless told otherwise; each is kept for at least two years."""
PAGE_SIZE = "100"
"""Items of one page (*ours*)."""
REGAINED = timedelta(hours=1)
"""After a rate limit that does not say how long it holds (the API counts calls over an hour)."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "Comment": ("created_time", "from", "id", "message", "parent"),
    "Post": ("created_time", "from", "id", "message"),
    "UnifiedThread": ("id", "participants", "updated_time"),
    "Page": ("id",),
    "User": ("id",),
}
"""The fields asked for, by node."""
MESSAGE_FIELDS = ("created_time", "from", "id", "message")
COMMENT_PARAMETERS = {"filter": "stream", "order": "reverse_chronological"}
"""Comments on comments too, and the newest first."""

_ID = re.compile(r"[0-9]{1,25}(?:_[0-9]{1,25})?")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:$=+-]{0,299}")
_VERSION = re.compile(r"v[1-9][0-9]?\.[0-9]")
# The codes of error objects: documented with the Graph API, under error handling and rate limits.
_LIMITED = frozenset({4, 17, 32, 341, 613, *range(80_000, 80_015)})
_NOT_PERMITTED = frozenset({3, 10, *range(200, 300)})
_BAD_TOKEN = frozenset({102, 190})
_LONGEST_CURSOR = 2000

_Read = Callable[[Mapping[str, object], datetime], SocialReply]


class BadToken(ApiError):
    """The token has ended or was withdrawn: a person must get another."""


class NotPermitted(ApiError):
    """The token does not reach that: a permission or a role on the page is missing."""


class NoGraphId(ValueError):
    """Not an ID of the Graph API."""


class Thread(NamedTuple):
    """A conversation: its ID, who takes part (IDs), and when it was last written to (UTC)."""

    id: str
    participants: tuple[str, ...]
    updated_at: datetime


class FacebookClient:
    """The Graph API with one token, which is a page's for conversations.

    Every method raises :class:`probes.api_answer.ApiError`, among them :class:`BadToken`, :class:`NotPermitted` and
    :class:`probes.api_answer.RateLimited`, and :class:`NoGraphId` for an ID that is none.
    """

    def __init__(
        self, api: Api, token: SecretStr, *, app_secret: SecretStr | None = None, version: str = VERSION
    ) -> None:
        if not _VERSION.fullmatch(version):
            raise ValueError(f"a version of the Graph API looks like {VERSION}")
        self._api = api
        self._version = version
        self._signed: dict[str, str | SecretStr] = {"access_token": token}
        if app_secret is not None:
            self._signed["appsecret_proof"] = proof(token, app_secret)

    async def owner(self) -> str:
        """Return the ID of the page or user that the token belongs to."""
        answer = await self._read("me", {"fields": _fields("Page")})
        try:
            return _id(answer.members(), "id")
        except NotReadable as reason:
            raise answer.bad(str(reason)) from None

    async def post_at(self, post_id: str) -> SocialReply:
        """Return the post *post_id*, such as the one whose link a person pasted."""
        answer = await self._read(identifier(post_id), {"fields": _fields("Post")})
        try:
            return _written_by(answer.members(), answer.at, "")
        except NotReadable as reason:
            raise answer.bad(str(reason)) from None

    async def comments(self, post_id: str, since: datetime | None = None) -> Reading:
        """Return the comments below *post_id* and below one another, newest first, those since *since* alone if given.

        A comment without a parent answers the post.
        """
        post = identifier(post_id)
        query = {"fields": _fields("Comment"), **COMMENT_PARAMETERS}
        return await self._replies(f"{post}/comments", query, partial(_comment, post=post), since)

    async def conversations(self, page_id: str, user_id: str | None = None) -> list[Thread]:
        """Return the latest conversations of the page *page_id*, at most a hundred; with *user_id* alone if given."""
        query = {"fields": _fields("UnifiedThread"), "limit": PAGE_SIZE}
        if user_id is not None:
            query["user_id"] = identifier(user_id)
        answer = await self._read(f"{identifier(page_id)}/conversations", query)
        try:
            return [_thread(members(item, "conversation"), answer.at) for item in items_of(answer.members())]
        except NotReadable as reason:
            raise answer.bad(str(reason)) from None

    async def messages(self, thread_id: str, since: datetime | None = None) -> Reading:
        """Return the messages of the conversation *thread_id*, newest first, those since *since* alone if given."""
        if not _MESSAGE_ID.fullmatch(thread_id):
            raise NoGraphId("a conversation of the Graph API has an ID of letters and digits")
        query = {"fields": ",".join(MESSAGE_FIELDS)}
        return await self._replies(f"{thread_id}/messages", query, partial(_written_by, thread=thread_id), since)

    async def _replies(
        self,
        path: str,
        query: Mapping[str, str],
        read: Callable[[Mapping[str, object], datetime], SocialReply],
        since: datetime | None,
    ) -> Reading:
        async def page_after(cursor: str) -> Page:
            after = {"after": cursor} if cursor else {}
            answer = await self._read(path, {**query, "limit": PAGE_SIZE, **after})
            return _page(answer, lambda item: read(item, answer.at))

        return await read_pages(page_after, lambda reply: since is not None and reply.created_at < since)

    async def _read(self, path: str, query: Mapping[str, str]) -> Answer:
        try:
            return await self._api.get(f"/{self._version}/{path}", {**query, **self._signed})
        except ApiProblem as problem:
            raise _judged(problem) from None


def proof(token: SecretStr, app_secret: SecretStr) -> SecretStr:
    """Return what shows that the app itself uses *token*: its HMAC-SHA256 under the app's secret, in hex."""
    key, message = app_secret.get_secret_value().encode(), token.get_secret_value().encode()
    return SecretStr(hmac.new(key, message, "sha256").hexdigest())


def identifier(value: object) -> str:
    """Return *value* where it is the ID of a page, post, comment or person; raises :class:`NoGraphId`."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise NoGraphId("an ID of the Graph API has digits, of a post twice with an underscore between")
    return value


def _fields(node: str) -> str:
    """Return what to ask of *node*: of the author and of a parent the ID alone, names are not needed."""
    return ",".join(f"{field}{{id}}" if field in ("from", "parent") else field for field in FIELDS[node])


def _judged(problem: ApiProblem) -> ApiError:
    """Return what *problem* means, by the code of its error object (documented with the Graph API)."""
    if problem.code in _LIMITED:
        return RateLimited(str(problem), problem.answer.at + _regained(problem.answer))
    if problem.code in _BAD_TOKEN or problem.status == 401:
        return BadToken(str(problem))
    if problem.code in _NOT_PERMITTED:
        return NotPermitted(str(problem))
    return problem


def _regained(answer: Answer) -> timedelta:
    """Return how long the limit holds: the longest of what the usage header says in minutes, within a day."""
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
        minutes = [one["estimated_time_to_regain_access"] for business in usage.values() for one in business]
        longest = timedelta(minutes=max((minute for minute in minutes if isinstance(minute, int)), default=0))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return REGAINED
    return min(longest, LONGEST_LIMIT) if longest > timedelta(0) else REGAINED


def _page(answer: Answer, read: Callable[[Mapping[str, object]], SocialReply]) -> Page:
    top = answer.members()
    try:
        paging = members(top.get("paging", {}), "paging")
        cursors = members(paging.get("cursors", {}), "cursors")
        # The address in "next" holds the token, and may lead anywhere: only the cursor beside it is used.
        after = cursors.get("after", "") if "next" in paging else ""
        if not isinstance(after, str) or len(after) > _LONGEST_CURSOR or ("next" in paging and not after):
            raise NotReadable("there is a next page, but no cursor leads to it")
        return Page(read_items(items_of(top), read), after)
    except NotReadable as reason:
        raise answer.bad(str(reason)) from None


def _comment(item: Mapping[str, object], now: datetime, post: str) -> SocialReply:
    parent = item.get("parent")
    found = _written_by(item, now, post)
    return found._replace(in_reply_to=_id(parent, "id") if isinstance(parent, dict) else post)


def _written_by(item: Mapping[str, object], now: datetime, thread: str) -> SocialReply:
    author = item.get("from")
    return SocialReply(
        _name(item),
        _id(author, "id") if isinstance(author, dict) else "",
        moment(item.get("created_time"), now),
        written(item.get("message")),
        None,
        raw(item),
        thread,
    )


def _thread(item: Mapping[str, object], now: datetime) -> Thread:
    people = items_of(members(item.get("participants", {}), "participants"))
    known = tuple(_id(members(one, "participant"), "id") for one in people)
    return Thread(_name(item), known, moment(item.get("updated_time"), now))


def _id(item: Mapping[str, object], name: str) -> str:
    try:
        return identifier(item.get(name))
    except NoGraphId:
        raise NotReadable(f"{name} is no ID of the Graph API") from None


def _name(item: Mapping[str, object]) -> str:
    found = item.get("id")
    if not isinstance(found, str) or not _MESSAGE_ID.fullmatch(found):
        raise NotReadable("id is no ID of the Graph API")
    return found
