"""The account's tokens: kept so that nobody else reads them, renewed so that none is lost."""

import asyncio
import json
import os
import stat
from base64 import b64encode
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from probes.api_answer import ApiError, ApiProblem, RateLimited
from probes.http import Api, Patience
from probes.x.login import App, Login, NotAuthorised, RenewalFailed
from probes.x.token_file import TokenFile, TokenFileError, Tokens
from tests.probes.api_server import Asked, Loopback, Told, answering, told
from tests.probes.clocks import START, StillClock

APP = App("client-1")


def tokens(access: str = "access-old", refresh: str = "refresh-old", expires_at: datetime = START) -> Tokens:
    return Tokens(SecretStr(access), SecretStr(refresh), expires_at)


LATER = START + timedelta(hours=1)
FRESH = tokens(expires_at=LATER)
GRANTED = told(
    {"access_token": "access-new", "refresh_token": "refresh-new", "expires_in": 7200, "token_type": "bearer"}
)


def kept(folder: Path, found: Tokens) -> TokenFile:
    """Return a file that holds *found*."""
    file = TokenFile(folder / "x.json")
    file.save(found)
    return file


def used(api: Loopback, file: TokenFile, act: Callable[[Login, Api], Awaitable[object]], app: App = APP) -> object:
    """Return what *act* makes of the login that *file* holds."""

    async def run() -> object:
        clock = StillClock()
        async with Api(api.address, now=clock.now, sleep=clock.sleep, patience=Patience(tries=2)) as client:
            return await act(Login(client, app, file), client)

    return asyncio.run(run())


async def read_things(login: Login, api: Api) -> int:
    return (await login.call(lambda headers: api.get("/2/things", headers=headers))).status


async def write_things(login: Login, api: Api) -> int:
    return (await login.call(lambda headers: api.post_json("/2/things", {}, headers=headers))).status


class Gate:
    """An API that takes one access token, and each refresh token once."""

    def __init__(self) -> None:
        self.good, self.refresh, self.count = "access-old", "refresh-old", 0

    def __call__(self, asked: Asked) -> Told:
        if asked.path != "/2/oauth2/token":
            good = asked.headers.get("authorization") == f"Bearer {self.good}"
            return told({"data": []} if good else {"title": "Unauthorized"}, 200 if good else 401)
        if asked.form["refresh_token"] != self.refresh:
            return told(
                {"error": "invalid_request", "error_description": "Value passed for the token was invalid."}, 400
            )
        self.count += 1
        self.good, self.refresh = f"access-{self.count}", f"refresh-{self.count}"
        return told({"access_token": self.good, "refresh_token": self.refresh, "expires_in": 7200})


def test_a_good_token_is_used_as_it_is(tmp_path: Path) -> None:
    with answering(Gate()) as api:
        assert used(api, kept(tmp_path, FRESH), read_things) == 200
    assert [one.path for one in api.asked] == ["/2/things"]


def test_a_token_that_ends_soon_is_renewed_before_the_call_and_kept(tmp_path: Path) -> None:
    file = kept(tmp_path, tokens(expires_at=START + timedelta(seconds=30)))
    with answering(Gate()) as api:
        assert used(api, file, read_things) == 200
    assert [one.path for one in api.asked] == ["/2/oauth2/token", "/2/things"]
    assert api.asked[0].form == {"grant_type": "refresh_token", "refresh_token": "refresh-old", "client_id": "client-1"}
    assert file.load() == tokens("access-1", "refresh-1", START + timedelta(hours=2))


@pytest.mark.parametrize("act", [read_things, write_things])
def test_a_refused_token_is_renewed_and_the_call_made_again(
    tmp_path: Path, act: Callable[[Login, Api], Awaitable[int]]
) -> None:
    file = kept(tmp_path, tokens(access="access-withdrawn", expires_at=LATER))
    with answering(Gate()) as api:
        assert used(api, file, act) == 200
    assert [one.path for one in api.asked] == ["/2/things", "/2/oauth2/token", "/2/things"]


def test_a_token_that_is_refused_even_when_new_needs_a_person(tmp_path: Path) -> None:
    with answering(told({}, 401), GRANTED, told({}, 401)) as api, pytest.raises(NotAuthorised):
        used(api, kept(tmp_path, FRESH), read_things)
    assert len(api.asked) == 3


def test_a_refresh_token_that_was_spent_needs_a_person_and_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = kept(tmp_path, tokens(refresh="refresh-spent"))
    with answering(Gate()) as api, pytest.raises(NotAuthorised):
        used(api, file, write_things)
    assert file.load() == tokens(refresh="refresh-spent")


@pytest.mark.parametrize(
    "answer",
    [
        Told(503),
        Told(drops=True),
        Told(body=b"<html>"),
        told({}),
        told({"access_token": "a\nb"}),
        told({"access_token": 5}),
    ],
)
def test_a_renewal_that_fails_leaves_no_doubt_about_the_call_it_was_for(tmp_path: Path, answer: Told) -> None:
    with answering(answer) as api, pytest.raises(RenewalFailed) as caught:
        used(api, kept(tmp_path, tokens()), write_things)
    assert not caught.value.may_have_acted
    assert {one.path for one in api.asked} == {"/2/oauth2/token"}


def test_a_renewal_that_comes_too_often_says_when_to_come_back(tmp_path: Path) -> None:
    with answering(told({}, 429, Retry_After="600")) as api, pytest.raises(RateLimited) as caught:
        used(api, kept(tmp_path, tokens()), write_things)
    assert caught.value.until == START + timedelta(minutes=10)


def test_other_refusals_are_left_alone(tmp_path: Path) -> None:
    with answering(told({"title": "Forbidden"}, 403)) as api, pytest.raises(ApiProblem):
        used(api, kept(tmp_path, FRESH), read_things)
    assert len(api.asked) == 1


def test_a_confidential_client_names_itself_in_the_header(tmp_path: Path) -> None:
    with answering(GRANTED, told({})) as api:
        used(api, kept(tmp_path, tokens()), read_things, App("client-1", SecretStr("s3cret:é".replace("é", "e"))))
    basic = b64encode(b"client-1:s3cret%3Ae").decode()
    assert api.asked[0].headers["authorization"] == f"Basic {basic}"
    assert parse_qs(api.asked[0].body.decode()).keys() == {"grant_type", "refresh_token"}


def test_two_tasks_and_two_logins_spend_a_refresh_token_once(tmp_path: Path) -> None:
    file = kept(tmp_path, tokens())
    gate = Gate()

    async def both(login: Login, api: Api) -> list[int]:
        other = Login(api, APP, TokenFile(tmp_path / "x.json"))
        return list(await asyncio.gather(*(read_things(one, api) for one in (login, other, login, other))))

    with answering(gate) as api:
        assert used(api, file, both) == [200] * 4
    assert gate.count == 1


def test_no_token_is_spent_whose_successor_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = kept(tmp_path, tokens())

    def full(_: Tokens) -> None:
        raise TokenFileError("no space left")

    monkeypatch.setattr(file, "save", full)
    with answering(Gate()) as api, pytest.raises(TokenFileError):
        used(api, file, read_things)
    assert api.asked == []


def test_no_text_shows_a_token(tmp_path: Path) -> None:
    file = kept(tmp_path, tokens(refresh="refresh-secret"))

    def parrot(asked: Asked) -> Told:
        return told({"error": "invalid_grant", "error_description": f"{asked.form['refresh_token']} was spent"}, 400)

    with answering(parrot) as api, pytest.raises(ApiError) as caught:
        used(api, file, read_things)
    assert "refresh-secret" not in f"{caught.value!r} {file.load()!r} {vars(caught.value)}"
    assert "[secret] was spent" in str(caught.value)


def test_the_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        kept(tmp_path, FRESH)
    finally:
        os.umask(former)
    assert stat.S_IMODE((tmp_path / "x.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_a_save_that_fails_leaves_the_former_tokens_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kept(tmp_path, FRESH)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TokenFileError, match="No space left"):
        file.save(tokens("access-new"))
    assert file.load() == FRESH
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps({"access_token": "a", "refresh_token": "b", "expires_at": "2026-11-20T09:00:00"}),
        json.dumps({"access_token": "a", "refresh_token": "b", "expires_at": 5}),
        json.dumps({"access_token": 5, "refresh_token": "b", "expires_at": "2026-11-20T09:00:00Z"}),
        json.dumps({"access_token": "a", "refresh_token": "zzz\n", "expires_at": "2026-11-20T09:00:00Z"}),
        "z" * 100_000,
    ],
)
def test_a_file_without_tokens_is_an_error_that_does_not_show_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.touch(0o600)
    path.write_text(text)
    with pytest.raises(TokenFileError) as caught:
        TokenFile(path).load()
    assert "zzz" not in str(caught.value)


def test_a_lock_that_another_process_keeps_ends_the_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.x.token_file._WAITS", 2)
    file = kept(tmp_path, FRESH)

    async def twice() -> None:
        async with file.alone():
            with pytest.raises(TokenFileError, match="another process"):
                async with TokenFile(tmp_path / "x.json").alone():
                    pytest.fail("two hold one lock")

    asyncio.run(twice())


def test_a_token_is_renewed_ahead_of_a_send(tmp_path: Path) -> None:
    async def ready(login: Login, _: Api) -> None:
        await login.ready()

    with answering(Gate()) as api:
        used(api, kept(tmp_path, tokens()), ready)
    assert [one.path for one in api.asked] == ["/2/oauth2/token"]


def test_a_file_that_others_may_read_is_not_trusted(tmp_path: Path) -> None:
    file = kept(tmp_path, FRESH)
    (tmp_path / "x.json").chmod(0o640)
    with pytest.raises(TokenFileError, match="0600"):
        file.load()


def test_a_missing_file_a_folder_and_a_link_are_errors(tmp_path: Path) -> None:
    kept(tmp_path, FRESH)
    (tmp_path / "link.json").symlink_to(tmp_path / "x.json")
    (tmp_path / "folder.json").mkdir(0o700)
    for name in ("none.json", "link.json", "folder.json"):
        with pytest.raises(TokenFileError):
            TokenFile(tmp_path / name).load()
