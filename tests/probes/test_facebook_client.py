"""The Graph API: what is asked of it, and what is made of its answers, good and bad."""

import asyncio
import hashlib
import hmac
import json
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import SecretStr

from probes.api_answer import LONGEST_LIMIT, ApiError, ApiProblem, BadAnswer, RateLimited
from probes.facebook.client import (
    COMMENT_PARAMETERS,
    FIELDS,
    REGAINED,
    BadToken,
    FacebookClient,
    NoGraphId,
    NotPermitted,
    Thread,
)
from probes.http import Api
from probes.social import Ended, Reading
from tests.probes.api_server import Loopback, Told, answering, told
from tests.probes.clocks import START, StillClock

CORPUS = Path(os.environ.get("BAROMETER_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
NODES = CORPUS / "api" / "facebook" / "api_specs"
TOKEN, APP_SECRET = SecretStr("EAAowntoken0123456789"), SecretStr("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
POST, PAGE = "1000_122", "1000"
Result = TypeVar("Result")


def comment(minutes: int, **changes: object) -> dict[str, Any]:
    """Return a comment of *minutes* before the start, as the API gives it."""
    made = START - timedelta(minutes=minutes)
    return {
        "id": f"122_{10_000 - minutes}",
        "message": "Bonjour, oui.",
        "created_time": made.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "from": {"id": PAGE},
        **changes,
    }


def page(*items: object, after: str = "") -> Told:
    """Return a page of *items*; *after* leads to the next."""
    paging: dict[str, object] = {"cursors": {"before": "b", "after": after or "end"}}
    if after:
        paging["next"] = "https://evil.example/steal?access_token=EAAowntoken0123456789"
    return told({"data": list(items), "paging": paging})


def with_facebook(
    api: Loopback, act: Callable[[FacebookClient], Awaitable[Result]], app_secret: SecretStr | None = None
) -> Result:
    """Return what *act* makes of *api*."""

    async def run() -> Result:
        clock = StillClock()
        async with Api(api.address, now=clock.now, sleep=clock.sleep) as client:
            return await act(FacebookClient(client, TOKEN, app_secret=app_secret, version="v25.0"))

    return asyncio.run(run())


def comments(api: Loopback) -> Reading:
    """Return the reading of the comments below our post."""
    return with_facebook(api, lambda facebook: facebook.comments(POST))


def test_comments_are_read_by_the_cursor_and_never_by_the_address_of_the_next_page() -> None:
    with answering(page(comment(1), after="c2"), page(comment(2))) as api:
        reading = comments(api)
    assert [one.id for one in reading.replies] == ["122_9999", "122_9998"]
    assert reading.is_complete
    assert [one.path for one in api.asked] == [f"/v25.0/{POST}/comments"] * 2
    assert [one.query.get("after") for one in api.asked] == [None, "c2"]
    assert {name: api.asked[0].query[name] for name in ("fields", "filter", "order")} == {
        "fields": "created_time,from{id},id,message,parent{id}",
        "filter": "stream",
        "order": "reverse_chronological",
    }


def test_a_comment_answers_its_parent_or_the_post() -> None:
    with answering(page(comment(1, parent={"id": "122_9"}), comment(2))) as api:
        replies = comments(api).replies
    assert [(one.in_reply_to, one.thread_id, one.author_id) for one in replies] == [
        ("122_9", POST, PAGE),
        (POST, POST, PAGE),
    ]
    assert replies[1].created_at == START - timedelta(minutes=2)
    assert json.loads(replies[1].raw_bytes) == comment(2)


def test_a_comment_whose_author_the_network_hides_is_read_without_one() -> None:
    hidden = comment(1)
    del hidden["from"]
    with answering(page(hidden)) as api:
        assert [one.author_id for one in comments(api).replies] == [""]


def test_comments_are_read_down_to_the_moment_given_and_that_second_with_it() -> None:
    with answering(page(comment(1), comment(2), comment(3), after="c2")) as api:
        since = START - timedelta(minutes=2)
        reading = with_facebook(api, lambda facebook: facebook.comments(POST, since=since))
    assert [one.id for one in reading.replies] == ["122_9999", "122_9998"]
    assert len(api.asked) == 1


def test_one_cursor_over_and_over_ends_the_reading() -> None:
    with answering(page(comment(1), after="again")) as api:
        assert comments(api).ended is Ended.REPEATED_CURSOR
    assert len(api.asked) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "../me"},
        {"id": 5},
        {"created_time": "2026-11-20T08:55:00"},
        {"created_time": None},
        {"created_time": "2031-01-01T00:00:00+0000"},
        {"from": {"id": "elan"}},
        {"parent": {"id": ""}},
        {"message": ["Bonjour"]},
    ],
)
def test_a_forged_or_broken_comment_is_set_aside_and_the_others_are_read(changes: dict[str, object]) -> None:
    with answering(page(comment(1, **changes), comment(2), 7)) as api:
        reading = comments(api)
    assert [one.id for one in reading.replies] == ["122_9998"]
    assert [json.loads(one.raw_bytes) for one in reading.unreadable] == [comment(1, **changes), 7]


@pytest.mark.parametrize(
    "document",
    [
        {"data": {}},
        {"data": [], "paging": []},
        {"data": [], "paging": {"next": "https://graph.facebook.com/"}},
        {"data": [], "paging": {"next": "n", "cursors": {"after": 5}}},
        {"data": [], "paging": {"next": "n", "cursors": {"after": "c" * 5000}}},
    ],
)
def test_a_page_of_another_shape_is_a_bad_answer(document: object) -> None:
    with answering(told(document)) as api, pytest.raises(BadAnswer):
        comments(api)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (190, BadToken),
        (102, BadToken),
        (4, RateLimited),
        (17, RateLimited),
        (32, RateLimited),
        (613, RateLimited),
        (80_001, RateLimited),
        (3, NotPermitted),
        (10, NotPermitted),
        (200, NotPermitted),
        (299, NotPermitted),
        (100, ApiProblem),
    ],
)
def test_the_error_object_tells_what_is_wrong(code: int, kind: type[ApiError]) -> None:
    said = {"error": {"message": "(#1) No", "type": "OAuthException", "code": code, "fbtrace_id": "A1"}}
    with answering(told(said, 400)) as api, pytest.raises(kind) as caught:
        comments(api)
    assert type(caught.value) is kind
    assert f"code {code}: (#1) No" in str(caught.value)
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("usage", "holds"),
    [
        ("", REGAINED),
        ("{", REGAINED),
        ("[5]", REGAINED),
        ('{"1000": [{"call_count": 100}]}', REGAINED),
        ('{"1000": [{"estimated_time_to_regain_access": 0}]}', REGAINED),
        (
            '{"1000": [{"estimated_time_to_regain_access": 5}, {"estimated_time_to_regain_access": 25}]}',
            timedelta(minutes=25),
        ),
        ('{"1000": [{"estimated_time_to_regain_access": 99999999999999999}]}', REGAINED),
        ('{"1000": [{"estimated_time_to_regain_access": 999999}]}', LONGEST_LIMIT),
    ],
)
def test_a_rate_limit_holds_as_long_as_the_usage_header_says(usage: str, holds: timedelta) -> None:
    busy = told({"error": {"code": 32, "message": "Slow"}}, 400, X_Business_Use_Case_Usage=usage)
    with answering(busy) as api, pytest.raises(RateLimited) as caught:
        comments(api)
    assert caught.value.until == START + holds


def test_the_messages_of_a_conversation_are_read() -> None:
    one = comment(1, id="m_AbC-1_2:3$x")
    with answering(page(one)) as api:
        reading = with_facebook(api, lambda facebook: facebook.messages("t_1000"))
    assert [(reply.id, reply.thread_id, reply.in_reply_to) for reply in reading.replies] == [
        (one["id"], "t_1000", None)
    ]
    assert api.asked[0].path == "/v25.0/t_1000/messages"


def test_the_conversations_of_a_page_name_who_takes_part() -> None:
    thread = {
        "id": "t_1000",
        "updated_time": "2026-11-20T08:00:00+0000",
        "participants": {"data": [{"id": "55", "name": "A", "email": "a@example.test"}, {"id": PAGE}]},
    }
    with answering(page(thread)) as api:
        found = with_facebook(api, lambda facebook: facebook.conversations(PAGE, user_id="55"))
    assert api.asked[0].query["user_id"] == "55"
    assert found == [Thread("t_1000", ("55", PAGE), START - timedelta(hours=1))]


def test_a_post_and_the_owner_of_the_token_are_looked_up() -> None:
    with answering(told(comment(5, id=POST)), told({"id": PAGE})) as api:
        assert with_facebook(api, lambda facebook: facebook.post_at(POST)).created_at == START - timedelta(minutes=5)
        assert with_facebook(api, lambda facebook: facebook.owner()) == PAGE
    assert [one.path for one in api.asked] == [f"/v25.0/{POST}", "/v25.0/me"]


@pytest.mark.parametrize("wrong", ["", "me", "1000/feed", "1000_122_3", "pfbid02aB3", "1000?x=1", "١٢"])
def test_an_id_that_is_none_reaches_no_address(wrong: str) -> None:
    calls: list[Callable[[FacebookClient], Awaitable[object]]] = [
        lambda facebook: facebook.comments(wrong),
        lambda facebook: facebook.post_at(wrong),
        lambda facebook: facebook.conversations(wrong),
    ]
    with answering(Told()) as api:
        for call in calls:
            with pytest.raises(NoGraphId):
                with_facebook(api, call)
        with pytest.raises(NoGraphId):
            with_facebook(api, lambda facebook: facebook.messages("t_1/../me"))
        with pytest.raises(NoGraphId):
            with_facebook(api, lambda facebook: facebook.messages(".."))
    assert api.asked == []


def test_a_single_answer_of_another_shape_is_a_bad_answer() -> None:
    calls: list[Callable[[FacebookClient], Awaitable[object]]] = [
        lambda facebook: facebook.owner(),
        lambda facebook: facebook.post_at(POST),
        lambda facebook: facebook.conversations(PAGE),
    ]
    with answering(told({"id": "../me", "data": [{"id": "t_1"}]})) as api:
        for call in calls:
            with pytest.raises(BadAnswer):
                with_facebook(api, call)


def test_the_proof_of_the_app_goes_with_the_token_where_its_secret_is_known() -> None:
    with answering(page()) as api:
        with_facebook(api, lambda facebook: facebook.comments(POST), app_secret=APP_SECRET)
        comments(api)
    wanted = hmac.new(
        APP_SECRET.get_secret_value().encode(), TOKEN.get_secret_value().encode(), hashlib.sha256
    ).hexdigest()
    assert [one.query.get("appsecret_proof") for one in api.asked] == [wanted, None]
    assert api.asked[1].query["access_token"] == TOKEN.get_secret_value()


def test_no_text_shows_the_token() -> None:
    said = {"error": {"message": f"Malformed access token {TOKEN.get_secret_value()}", "code": 190}}
    with answering(told(said, 400)) as api, pytest.raises(BadToken) as caught:
        comments(api)
    assert "Malformed access token [secret]" in str(caught.value)
    assert TOKEN.get_secret_value() not in f"{caught.value!r} {vars(caught.value)}"


@pytest.mark.parametrize("version", ["", "25.0", "v25.0/../v1.0", "latest"])
def test_a_version_that_is_none_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="version"):
        FacebookClient(Api("http://127.0.0.1:9"), TOKEN, version=version)


@pytest.mark.corpus
@pytest.mark.parametrize("node", sorted(FIELDS))
def test_every_field_that_is_asked_for_is_in_the_official_description(node: str) -> None:
    assert set(FIELDS[node]) - {field["name"] for field in _described(node)["fields"]} == set()


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("node", "edge", "gives", "parameters"),
    [
        ("Post", "comments", "Comment", COMMENT_PARAMETERS),
        ("PagePost", "comments", "Comment", COMMENT_PARAMETERS),
        ("Comment", "comments", "Comment", COMMENT_PARAMETERS),
        ("Page", "conversations", "UnifiedThread", {"user_id": "55"}),
        ("UnifiedThread", "messages", "UnifiedMessage", {}),
    ],
)
def test_every_edge_that_is_read_is_in_the_official_description(
    node: str, edge: str, gives: str, parameters: dict[str, str]
) -> None:
    (found,) = [one for one in _described(node)["apis"] if (one["method"], one.get("endpoint")) == ("GET", edge)]
    assert found["return"] == gives
    assert set(parameters) - {one["name"] for one in found["params"]} == set()


def _described(node: str) -> dict[str, Any]:
    file = NODES / f"{node}.json"
    if not file.is_file():
        pytest.skip(f"no description of {node} at {file}; give the corpus in BAROMETER_CORPUS")
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found
