"""Every call to the X API, held against its official description: Prism refuses what the description does not allow."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from pydantic import SecretStr

from probes.api_answer import UNSAID_LIMIT, ApiProblem, BadAnswer, RateLimited
from probes.http import Api, Patience
from probes.social import Reading
from probes.x.client import EVENT_FIELDS, POST_FIELDS, Account, XClient
from probes.x.login import App, Login
from probes.x.token_file import TokenFile, Tokens
from tests.probes.prism import DESCRIPTION, served_by_prism

pytestmark = [pytest.mark.slow, pytest.mark.corpus]

OWN, SHOP, POST = "515000123", "515000456", "1861000000000000000"
Result = TypeVar("Result")
Act = Callable[[XClient], Awaitable[Result]]


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_by_prism(tmp_path_factory.mktemp("prism") / "log") as address:
        yield address


def asked(
    prism: str, folder: Path, act: Act[Result], headers: Mapping[str, str] | None = None, token: str = "t0"
) -> Result:
    """Return what *act* makes of Prism's answer; *headers* tell Prism which one to give."""

    async def run() -> Result:
        file = TokenFile(folder / "x.json")
        file.save(Tokens(SecretStr(token), SecretStr("r0"), datetime(2090, 1, 1, tzinfo=UTC)))
        async with Api(prism, headers=headers, patience=Patience(tries=1)) as api:
            return await act(XClient(api, Login(api, App("client-1"), file), Account(OWN, may_post=True, may_dm=True)))

    return asyncio.run(run())


READINGS: list[Act[Reading]] = [
    lambda x: x.mentions(),
    lambda x: x.mentions(since_id=POST),
    lambda x: x.conversation(POST),
    lambda x: x.messages(SHOP),
]
WRITES: list[Act[object]] = [
    lambda x: x.post("Bonjour"),
    lambda x: x.post("Bonjour", in_reply_to=POST),
    lambda x: x.send_message(SHOP, "Bonjour"),
]
LOOKS: list[Act[object]] = [lambda x: x.post_at(POST), lambda x: x.user_id_of("elan"), lambda x: x.own_id()]


@pytest.mark.parametrize("act", READINGS)
def test_what_is_asked_to_read_is_allowed_and_an_example_without_a_real_id_is_set_aside(
    prism: str, tmp_path: Path, act: Act[Reading]
) -> None:
    reading = asked(prism, tmp_path, act)
    assert reading.replies == ()
    assert [one.why for one in reading.unreadable] == ["id is no ID of X"]


@pytest.mark.parametrize("act", WRITES)
def test_what_is_asked_to_write_is_allowed_and_an_answer_without_a_real_id_leaves_a_doubt(
    prism: str, tmp_path: Path, act: Act[object]
) -> None:
    with pytest.raises(BadAnswer, match=r"id is no ID of X") as caught:
        asked(prism, tmp_path, act)
    assert caught.value.may_have_acted


@pytest.mark.parametrize("act", LOOKS)
def test_what_is_asked_to_look_up_is_allowed(prism: str, tmp_path: Path, act: Act[object]) -> None:
    with pytest.raises(BadAnswer, match=r"ID of X"):
        asked(prism, tmp_path, act)


@pytest.mark.parametrize("act", READINGS)
def test_of_random_answers_every_item_is_read_or_kept_whole(prism: str, tmp_path: Path, act: Act[Reading]) -> None:
    reading = asked(prism, tmp_path, act, {"Prefer": "dynamic=true"})
    kept = [json.loads(one.raw_bytes) for one in reading.replies]
    kept += [json.loads(one.raw_bytes) for one in reading.unreadable]
    assert kept
    assert all("id" in one for one in kept)


@pytest.mark.parametrize("act", [*READINGS, *WRITES, *LOOKS])
def test_a_rate_limit_is_told_whatever_was_asked(prism: str, tmp_path: Path, act: Act[object]) -> None:
    before = datetime.now(UTC)
    with pytest.raises(RateLimited) as caught:
        asked(prism, tmp_path, act, {"Prefer": "code=429"})
    assert caught.value.until >= before + UNSAID_LIMIT


@pytest.mark.parametrize(("status", "doubtful"), [(403, False), (404, False), (500, True), (503, True)])
def test_a_problem_is_told_with_its_words(prism: str, tmp_path: Path, status: int, doubtful: bool) -> None:
    headers = {"Prefer": f"code={status}", "Accept": "application/problem+json"}
    with pytest.raises(ApiProblem) as caught:
        asked(prism, tmp_path, WRITES[0], headers)
    assert (caught.value.status, caught.value.title) == (status, "string")
    assert caught.value.type == "https://api.x.com/2/problems/resource-not-found"
    assert caught.value.may_have_acted is doubtful


def test_prism_does_refuse_what_the_description_does_not_allow(prism: str) -> None:
    async def wrong(path: str, query: Mapping[str, str]) -> int:
        async with Api(prism, patience=Patience(tries=1)) as api:
            with pytest.raises(ApiProblem) as caught:
                await api.get(path, query, headers={"Authorization": SecretStr("Bearer t0")})
            return caught.value.status

    mentions = f"/2/users/{OWN}/mentions"
    assert asyncio.run(wrong(mentions, {"post.fields": "created"})) == 422
    assert asyncio.run(wrong(mentions, {"max_results": "101"})) == 422
    assert asyncio.run(wrong("/2/users/elan/mentions", {})) == 422


def test_every_parameter_that_is_sent_is_described() -> None:
    described = json.loads(DESCRIPTION.read_text("utf-8"))
    for path, sent in (
        ("/2/users/{id}/mentions", {*POST_FIELDS, "max_results", "since_id", "pagination_token"}),
        ("/2/tweets/search/recent", {*POST_FIELDS, "query", "max_results", "since_id", "next_token"}),
        ("/2/tweets/{id}", {*POST_FIELDS}),
        ("/2/dm_conversations/with/{participant_id}/dm_events", {*EVENT_FIELDS, "max_results", "pagination_token"}),
    ):
        names = {_resolved(described, one)["name"] for one in described["paths"][path]["get"]["parameters"]}
        assert sent - names == set(), path


def _resolved(
    described: Mapping[str, dict[str, dict[str, dict[str, str]]]], parameter: dict[str, str]
) -> dict[str, str]:
    reference = parameter.get("$ref")
    return described["components"]["parameters"][reference.rpartition("/")[2]] if reference else parameter
