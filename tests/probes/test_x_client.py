"""The X API: what is asked of it, and what is made of its answers, good and bad."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import SecretStr

from probes.api_answer import ApiProblem, BadAnswer, RateLimited
from probes.http import Api
from probes.social import Ended, in_thread
from probes.x.client import Account, NotAllowed, Posted, XClient, next_since
from probes.x.login import App, Login
from probes.x.token_file import TokenFile, Tokens
from probes.x.wording import NoPost, TooLong
from tests.probes.api_server import Asked, Loopback, Told, answering, told
from tests.probes.clocks import START, StillClock

OWN, SHOP = "515000123", "515000456"
ASSISTED = Account(OWN)
FREE = Account(OWN, may_post=True, may_dm=True)
Result = TypeVar("Result")


def id_at(moment: datetime, number: int = 0) -> str:
    """Return an ID of *moment*."""
    return str(((int(moment.timestamp() * 1000) - 1288834974657) << 22) + number)


ROOT = id_at(START - timedelta(hours=2))


def post(minutes: int, **changes: object) -> dict[str, Any]:
    """Return a post of *minutes* before the start, as the API gives it."""
    made = START - timedelta(minutes=minutes)
    return {
        "id": id_at(made),
        "text": "Oui, nous livrons en Corse.",
        "author_id": SHOP,
        "created_at": made.isoformat().replace("+00:00", ".000Z"),
        "conversation_id": ROOT,
        "referenced_posts": [{"type": "replied_to", "id": ROOT}],
        **changes,
    }


def event(minutes: int, **changes: object) -> dict[str, Any]:
    """Return a direct message of *minutes* before the start, as the API gives it."""
    made = START - timedelta(minutes=minutes)
    return {
        "id": id_at(made),
        "event_type": "MessageCreate",
        "text": "Bonjour",
        "sender_id": SHOP,
        "created_at": made.isoformat(),
        "dm_conversation_id": f"{SHOP}-{OWN}",
        **changes,
    }


def with_x(
    api: Loopback, folder: Path, act: Callable[[XClient], Awaitable[Result]], account: Account = ASSISTED
) -> Result:
    """Return what *act* makes of the account on *api*."""

    async def run() -> Result:
        file = TokenFile(folder / "x.json")
        file.save(Tokens(SecretStr("access-token"), SecretStr("refresh-token"), START + timedelta(hours=1)))
        clock = StillClock()
        async with Api(api.address, now=clock.now, sleep=clock.sleep) as client:
            return await act(XClient(client, Login(client, App("client-1"), file), account))

    return asyncio.run(run())


def test_nothing_is_posted_or_sent_unless_the_configuration_says_so(tmp_path: Path) -> None:
    with answering(Told()) as api:
        with pytest.raises(NotAllowed):
            with_x(api, tmp_path, lambda x: x.post("Bonjour"), Account(OWN, may_dm=True))
        with pytest.raises(NotAllowed):
            with_x(api, tmp_path, lambda x: x.send_message(SHOP, "Bonjour"), Account(OWN, may_post=True))
    assert api.asked == []


def test_a_post_is_timed_by_the_id_that_x_gave_it(tmp_path: Path) -> None:
    made = id_at(START)
    with answering(told({"data": {"id": made, "text": "Bonjour"}}, 201)) as api:
        assert with_x(api, tmp_path, lambda x: x.post("Bonjour", in_reply_to=ROOT), FREE) == Posted(made, START)
    assert json.loads(api.asked[0].body) == {"text": "Bonjour", "reply": {"in_reply_to_tweet_id": ROOT}}
    assert api.asked[0].headers["authorization"] == "Bearer access-token"


def test_a_message_is_timed_by_the_id_of_its_event(tmp_path: Path) -> None:
    made = id_at(START)
    with answering(told({"data": {"dm_event_id": made, "dm_conversation_id": "1-2"}}, 201)) as api:
        assert with_x(api, tmp_path, lambda x: x.send_message(SHOP, "Bonjour"), FREE) == Posted(made, START)
    assert (api.asked[0].method, api.asked[0].path) == ("POST", f"/2/dm_conversations/with/{SHOP}/messages")


def test_a_text_that_is_too_long_is_not_sent(tmp_path: Path) -> None:
    with answering(Told()) as api:
        with pytest.raises(TooLong):
            with_x(api, tmp_path, lambda x: x.post("z" * 281), FREE)
        with pytest.raises(TooLong):
            with_x(api, tmp_path, lambda x: x.send_message(SHOP, "z" * 10_001), FREE)
    assert api.asked == []


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"data": {}},
        {"data": {"id": 5}},
        {"data": {"id": "../5"}},
        {"data": ["5"]},
        {"data": {"id": id_at(START + timedelta(days=2))}},
    ],
)
def test_a_post_whose_id_is_not_told_may_be_out(tmp_path: Path, document: object) -> None:
    with answering(told(document, 201)) as api, pytest.raises(BadAnswer) as caught:
        with_x(api, tmp_path, lambda x: x.post("Bonjour"), FREE)
    assert caught.value.may_have_acted


@pytest.mark.parametrize("wrong", ["", "12ab", "1/../../2/tweets", "5?x=1", "٥"])
def test_an_id_that_is_none_reaches_no_address(tmp_path: Path, wrong: str) -> None:
    calls: list[Callable[[XClient], Awaitable[object]]] = [
        lambda x: x.post_at(wrong),
        lambda x: x.conversation(wrong),
        lambda x: x.messages(wrong),
        lambda x: x.mentions(wrong),
        lambda x: x.send_message(wrong, "Bonjour"),
        lambda x: x.post("Bonjour", in_reply_to=wrong),
    ]
    with answering(Told()) as api:
        for call in calls:
            with pytest.raises(NoPost):
                with_x(api, tmp_path, call, FREE)
    assert api.asked == []


def test_mentions_are_read_page_by_page_since_the_last(tmp_path: Path) -> None:
    first = told({"data": [post(1), post(2)], "meta": {"next_token": "t2", "result_count": 2}})
    last = told({"data": [post(3)], "meta": {"result_count": 1}})
    with answering(first, last) as api:
        reading = with_x(api, tmp_path, lambda x: x.mentions(ROOT))
    assert [one.id for one in reading.replies] == [post(1)["id"], post(2)["id"], post(3)["id"]]
    assert api.asked[0].path == f"/2/users/{OWN}/mentions"
    assert [(one.query["since_id"], one.query.get("pagination_token")) for one in api.asked] == [
        (ROOT, None),
        (ROOT, "t2"),
    ]
    assert next_since(reading, ROOT) == post(1)["id"]


def test_no_mentions_are_no_failure(tmp_path: Path) -> None:
    with answering(told({"meta": {"result_count": 0}})) as api:
        reading = with_x(api, tmp_path, lambda x: x.mentions(ROOT))
    assert (reading.replies, reading.is_complete, next_since(reading, ROOT)) == ((), True, ROOT)


def test_after_a_reading_that_was_cut_short_the_next_begins_where_this_one_did(tmp_path: Path) -> None:
    first = told({"data": [post(1)], "meta": {"next_token": "t2"}})
    with answering(first, told({}, 429, x_rate_limit_reset=str(int(START.timestamp()) + 900))) as api:
        reading = with_x(api, tmp_path, lambda x: x.mentions(ROOT))
    assert (len(reading.replies), reading.ended) == (1, Ended.FAILED)
    assert isinstance(reading.failure, RateLimited)
    assert reading.failure.until == START + timedelta(minutes=15)
    assert next_since(reading, ROOT) == ROOT


def test_an_endless_repetition_of_one_page_ends(tmp_path: Path) -> None:
    with answering(told({"data": [post(1)], "meta": {"next_token": "again"}})) as api:
        reading = with_x(api, tmp_path, lambda x: x.mentions())
    assert (len(reading.replies), reading.ended, len(api.asked)) == (1, Ended.REPEATED_CURSOR, 2)


def test_a_reply_is_told_with_author_time_text_thread_and_evidence(tmp_path: Path) -> None:
    given = post(5, text="Oui\u202e !\nMerci\x00", note_post={"text": "Oui, la version longue\x1b"})
    with answering(told({"data": [given]})) as api:
        (found,) = with_x(api, tmp_path, lambda x: x.mentions()).replies
    assert (found.author_id, found.created_at) == (SHOP, START - timedelta(minutes=5))
    assert (found.in_reply_to, found.thread_id) == (ROOT, ROOT)
    assert found.text == "Oui, la version longue\ufffd"
    assert json.loads(found.raw_bytes) == given


def test_mentions_that_answer_our_post_are_told_from_reposts_and_others(tmp_path: Path) -> None:
    answer = post(5)
    repost = post(4, conversation_id=id_at(START), referenced_posts=[{"type": "retweeted", "id": ROOT}])
    other = post(3, conversation_id=id_at(START), referenced_posts=[])
    with answering(told({"data": [other, repost, answer]})) as api:
        reading = with_x(api, tmp_path, lambda x: x.mentions())
    assert [one.id for one in in_thread(reading.replies, ROOT)] == [answer["id"]]


def test_a_conversation_is_searched_and_our_own_words_left_out(tmp_path: Path) -> None:
    pages = told({"data": [post(1), post(2, author_id=OWN)], "meta": {"next_token": "t2"}}), told({"data": [post(3)]})
    with answering(*pages) as api:
        reading = with_x(api, tmp_path, lambda x: x.conversation(ROOT, since_id=id_at(START - timedelta(days=8))))
    assert [one.id for one in reading.replies] == [post(3)["id"], post(1)["id"]]
    assert (api.asked[0].path, api.asked[0].query["query"]) == ("/2/tweets/search/recent", f"conversation_id:{ROOT}")
    assert "since_id" not in api.asked[0].query
    assert api.asked[1].query["next_token"] == "t2"


def test_messages_are_read_until_the_last_known_and_without_our_own(tmp_path: Path) -> None:
    newest, own, known = event(1), event(2, sender_id=OWN), event(3)
    with answering(told({"data": [newest, own, known], "meta": {"next_token": "t" * 16}})) as api:
        reading = with_x(api, tmp_path, lambda x: x.messages(SHOP, since_id=known["id"]))
    assert [(one.id, one.thread_id) for one in reading.replies] == [(newest["id"], f"{SHOP}-{OWN}")]
    assert (reading.is_complete, len(api.asked)) == (True, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "5x"},
        {"id": 5},
        {"id": "20"},
        {"id": id_at(START + timedelta(days=1))},
        {"created_at": "2026-11-20T08:55:00"},
        {"created_at": "2026-11-19T08:55:00Z"},
        {"created_at": "2031-01-01T00:00:00Z"},
        {"created_at": 5},
        {"author_id": "elan"},
        {"author_id": None},
        {"conversation_id": "none"},
        {"text": {"a": 1}},
        {"referenced_posts": [{"type": "replied_to", "id": "x"}]},
    ],
)
def test_a_forged_or_broken_post_is_set_aside_and_the_others_are_read(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    broken = post(5, **changes)
    with answering(told({"data": [broken, post(6), "no post"]})) as api:
        reading = with_x(api, tmp_path, lambda x: x.mentions())
    assert [one.id for one in reading.replies] == [post(6)["id"]]
    assert [json.loads(one.raw_bytes) for one in reading.unreadable] == [broken, "no post"]


def test_a_post_without_a_creation_time_has_that_of_its_id(tmp_path: Path) -> None:
    given = post(5)
    del given["created_at"]
    with answering(told({"data": given})) as api:
        assert with_x(api, tmp_path, lambda x: x.post_at(given["id"])).created_at == START - timedelta(minutes=5)


def test_a_post_that_is_gone_is_the_apis_problem_although_it_answers_200(tmp_path: Path) -> None:
    gone = {
        "errors": [
            {
                "title": "Not Found Error",
                "detail": "Could not find it.",
                "type": "https://api.x.com/2/problems/resource-not-found",
            }
        ]
    }
    with answering(told(gone)) as api, pytest.raises(ApiProblem) as caught:
        with_x(api, tmp_path, lambda x: x.post_at(ROOT))
    assert caught.value.type.endswith("/resource-not-found")
    assert not caught.value.may_have_acted


@pytest.mark.parametrize(
    "page",
    [
        {"data": {}},
        {"data": None},
        {"meta": []},
        {"meta": {"next_token": 5}},
        {"data": [], "meta": {"next_token": "t" * 5000}},
    ],
)
def test_a_page_of_another_shape_is_a_bad_answer(tmp_path: Path, page: object) -> None:
    with answering(told(page)) as api, pytest.raises(BadAnswer):
        with_x(api, tmp_path, lambda x: x.mentions())


def test_the_id_of_a_handle_and_our_own_are_looked_up(tmp_path: Path) -> None:
    def by_path(asked: Asked) -> Told:
        return told({"data": {"id": SHOP if asked.path == "/2/users/by/username/elan" else OWN}})

    with answering(by_path) as api:
        assert with_x(api, tmp_path, lambda x: x.user_id_of("@elan")) == SHOP
        assert with_x(api, tmp_path, lambda x: x.own_id()) == OWN
