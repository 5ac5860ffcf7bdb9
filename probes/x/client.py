"""The X API v2, as far as a contact attempt needs it: post, send a message, read what comes back.

Assisted by default: nothing is posted or sent unless the account's configuration says that it may. Paths, fields and
bounds are those of the official OpenAPI description, against which the tests hold them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from probes.api_answer import Answer, problem_in
from probes.http import Api, Secretive
from probes.social import (
    NotReadable,
    Page,
    Reading,
    SocialReply,
    in_thread,
    items_of,
    members,
    moment,
    not_later,
    raw,
    read_items,
    read_pages,
    written,
)
from probes.x.login import Login
from probes.x.wording import NoPost, account_name, created_at_of, fitting, fitting_message, identifier

ADDRESS = "https://api.x.com"
"""Where the API is."""
PAGE_SIZE = "100"
"""Items of one page, the most that the API gives."""
SEARCHED = timedelta(days=7)
"""How far back recent search reaches; it refuses to start earlier (documented with the X API)."""
FORGED = timedelta(minutes=1)
"""An item's time and the one in its ID may differ by this (*ours*: both are X's own, and agree to the second)."""

POST_FIELDS = {
    "post.fields": "conversation_id,created_at,id,note_post,text",
    "expansions": "author_id,in_reply_to_user_id,referenced_posts",
}
EVENT_FIELDS = {
    "dm_event.fields": "created_at,dm_conversation_id,event_type,id,text",
    "event_types": "MessageCreate",
    "expansions": "sender_id",
}
_MARGIN = timedelta(hours=1)
_THREAD = re.compile(r"[0-9]{1,19}(?:-[0-9]{1,19})?")
_LONGEST_CURSOR = 1000

_Item = TypeVar("_Item")


class NotAllowed(Exception):
    """The configuration does not let this account do that; a person does it."""


class Account(NamedTuple):
    """The operator's account: its ID, and what the configuration lets the program do with it."""

    user_id: str
    may_post: bool = False
    may_dm: bool = False


class Posted(NamedTuple):
    """What X accepted: the ID it gave, and the time of creation that the ID holds (UTC)."""

    id: str
    created_at: datetime


class XClient:
    """X for one account; all IDs are strings of digits.

    Every method raises :class:`probes.api_answer.ApiError`, of which ``may_have_acted`` tells whether a post or a
    message may be out all the same, :class:`probes.x.token_file.TokenFileError`, and :class:`probes.x.wording.NoPost` for
    an ID that is none.
    """

    def __init__(self, api: Api, login: Login, account: Account) -> None:
        self._api = api
        self._login = login
        self._account = account
        self._own_id = identifier(account.user_id)

    async def ready(self) -> None:
        """Renew the token if it is due, so that a failure to do so comes before a send and not within it."""
        await self._login.ready()

    async def post(self, text: str, in_reply_to: str | None = None) -> Posted:
        """Publish *text*, as an answer to the post *in_reply_to* if given; return what X made of it.

        Raises :class:`NotAllowed` unless the account may post, and :class:`probes.x.wording.TooLong`.
        """
        if not self._account.may_post:
            raise NotAllowed("this account may not post: a person posts, and pastes the link")
        document: dict[str, object] = {"text": fitting(text)}
        if in_reply_to is not None:
            document["reply"] = {"in_reply_to_tweet_id": identifier(in_reply_to)}
        return _posted(await self._write("/2/tweets", document), "id")

    async def send_message(self, user_id: str, text: str) -> Posted:
        """Send the direct message *text* to the account *user_id*; return what X made of it.

        Raises :class:`NotAllowed` unless the account may send messages, and :class:`probes.x.wording.TooLong`.
        """
        if not self._account.may_dm:
            raise NotAllowed("this account may not send direct messages: a person sends it, and stamps the time")
        path = f"/2/dm_conversations/with/{identifier(user_id)}/messages"
        return _posted(await self._write(path, {"text": fitting_message(text)}), "dm_event_id")

    async def user_id_of(self, handle: str) -> str:
        """Return the ID of the account *handle*; raises :class:`probes.x.wording.NoHandle`."""
        answer = await self._read(f"/2/users/by/username/{account_name(handle)}", {})
        return _own_item(answer, lambda item: identifier(item.get("id")))

    async def own_id(self) -> str:
        """Return the ID of the account that the token belongs to."""
        return _own_item(await self._read("/2/users/me", {}), lambda item: identifier(item.get("id")))

    async def post_at(self, post_id: str) -> SocialReply:
        """Return the post *post_id* as it stands, such as one whose link a person pasted."""
        answer = await self._read(f"/2/tweets/{identifier(post_id)}", POST_FIELDS)
        return _own_item(answer, lambda item: _post(item, answer.at))

    async def mentions(self, since_id: str | None = None) -> Reading:
        """Return the posts that mention our account, newest first, those after the post *since_id* alone if given."""
        query = {"max_results": PAGE_SIZE, **POST_FIELDS, **_since(since_id)}
        return await self._all(f"/2/users/{self._own_id}/mentions", query, "pagination_token", _post)

    async def conversation(self, post_id: str, since_id: str | None = None) -> Reading:
        """Return what others wrote below our post *post_id* in the last 7 days, oldest first.

        Finds answers that no longer mention us. Where the account's plan has no search, :meth:`mentions` and
        :func:`probes.social.in_thread` do.
        """
        query = {"query": f"conversation_id:{identifier(post_id)}", "max_results": PAGE_SIZE, **POST_FIELDS}
        if since_id is not None and created_at_of(since_id) > self._api.now() - SEARCHED + _MARGIN:
            query |= _since(since_id)
        found = await self._all("/2/tweets/search/recent", query, "next_token", _post)
        return found._replace(replies=tuple(in_thread(self._others(found), post_id)))

    async def messages(self, user_id: str, since_id: str | None = None) -> Reading:
        """Return what the account *user_id* wrote to ours, newest first, after the message *since_id* if given."""
        path = f"/2/dm_conversations/with/{identifier(user_id)}/dm_events"
        newest = int(identifier(since_id)) if since_id is not None else -1
        query = {"max_results": PAGE_SIZE, **EVENT_FIELDS}
        found = await self._all(path, query, "pagination_token", _event, lambda reply: int(reply.id) <= newest)
        return found._replace(replies=tuple(self._others(found)))

    async def _all(
        self,
        path: str,
        query: Mapping[str, str],
        cursor_name: str,
        read: Callable[[Mapping[str, object], datetime], SocialReply],
        is_old: Callable[[SocialReply], bool] = lambda _: False,
    ) -> Reading:
        async def page_after(cursor: str) -> Page:
            answer = await self._read(path, {**query, **({cursor_name: cursor} if cursor else {})})
            return _page(answer, lambda item: read(item, answer.at))

        return await read_pages(page_after, is_old)

    def _others(self, reading: Reading) -> list[SocialReply]:
        return [one for one in reading.replies if one.author_id != self._own_id]

    async def _read(self, path: str, query: Secretive) -> Answer:
        return await self._login.call(lambda headers: self._api.get(path, query, headers=headers))

    async def _write(self, path: str, document: object) -> Answer:
        return await self._login.call(lambda headers: self._api.post_json(path, document, headers=headers))


def next_since(reading: Reading, former: str | None) -> str | None:
    """Return the ID from which the next reading may go on: the newest one read, or *former* where anything is missing."""
    if not reading.is_complete:
        return former
    return max((one.id for one in reading.replies), key=int, default=former)


def _since(since_id: str | None) -> dict[str, str]:
    return {} if since_id is None else {"since_id": identifier(since_id)}


def _posted(answer: Answer, name: str) -> Posted:
    try:
        found = _id(members(answer.members().get("data"), "data"), name)
        return Posted(found, not_later(_created_at(found), answer.at))
    except NotReadable as reason:
        raise answer.bad(str(reason)) from None


def _own_item(answer: Answer, read: Callable[[Mapping[str, object]], _Item]) -> _Item:
    """Return the one item that was asked for; X answers with 200 and its ``errors`` where it has none."""
    top = answer.members()
    if "data" not in top and "errors" in top:
        raise problem_in(answer)
    try:
        return read(members(top.get("data"), "data"))
    except (NotReadable, NoPost) as reason:
        raise answer.bad(str(reason)) from None


def _page(answer: Answer, read: Callable[[Mapping[str, object]], SocialReply]) -> Page:
    top = answer.members()
    if "data" not in top and "errors" in top:
        raise problem_in(answer)
    try:
        cursor = members(top.get("meta", {}), "meta").get("next_token", "")
        if not isinstance(cursor, str) or len(cursor) > _LONGEST_CURSOR:
            raise NotReadable("next_token is no token")
        return Page(read_items(items_of(top), read), cursor)
    except NotReadable as reason:
        raise answer.bad(str(reason)) from None


def _post(item: Mapping[str, object], now: datetime) -> SocialReply:
    found = _id(item, "id")
    note = item.get("note_post")
    text = note.get("text") if isinstance(note, dict) else item.get("text")
    answered = item.get("referenced_posts")
    return SocialReply(
        found,
        _id(item, "author_id"),
        _time_of(item, found, now),
        written(text),
        _answered(answered if isinstance(answered, list) else []),
        raw(item),
        _id(item, "conversation_id") if "conversation_id" in item else "",
    )


def _answered(references: list[object]) -> str | None:
    """Return the post that is answered; a repost and a quotation answer none."""
    for one in references:
        if isinstance(one, dict) and one.get("type") == "replied_to":
            return _id(one, "id")
    return None


def _event(item: Mapping[str, object], now: datetime) -> SocialReply:
    found = _id(item, "id")
    if item.get("event_type", "MessageCreate") != "MessageCreate":
        raise NotReadable("the event is no message")
    thread = item.get("dm_conversation_id")
    return SocialReply(
        found,
        _id(item, "sender_id"),
        _time_of(item, found, now),
        written(item.get("text")),
        None,
        raw(item),
        thread if isinstance(thread, str) and _THREAD.fullmatch(thread) else "",
    )


def _id(item: Mapping[str, object], name: str) -> str:
    try:
        return identifier(item.get(name))
    except NoPost:
        raise NotReadable(f"{name} is no ID of X") from None


def _created_at(found: str) -> datetime:
    try:
        return created_at_of(found)
    except NoPost as reason:
        raise NotReadable(str(reason)) from None


def _time_of(item: Mapping[str, object], found: str, now: datetime) -> datetime:
    """Return when *item* was made, as it says and as its ID agrees."""
    in_id = not_later(_created_at(found), now)
    if "created_at" not in item:
        return in_id
    told = moment(item["created_at"], now)
    if abs(told - in_id) > FORGED:
        raise NotReadable(f"creation time {told:%Y-%m-%dT%H:%M:%SZ}, but the ID is of {in_id:%Y-%m-%dT%H:%M:%SZ}")
    return told
