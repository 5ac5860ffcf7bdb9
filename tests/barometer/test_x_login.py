"""``barometer probe x-login``: a person agrees once, and nobody else's answer is taken for theirs."""

import hashlib
import json
import re
import stat
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import typer
from typer.testing import CliRunner

from barometer.cli import commands
from barometer.errors import UserError
from tests.barometer.command_line import Finished, run
from tests.probes.api_server import Asked, Loopback, Told, answering, told

REDIRECT = "http://127.0.0.1:8765/x"
GRANTED = {"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 7200, "token_type": "bearer"}


class X:
    """Grants tokens for one code, and says whose they are."""

    def __init__(self) -> None:
        self.granted: Told = told(GRANTED)
        self.owner: Told = told({"data": {"id": "515000123"}})

    def __call__(self, asked: Asked) -> Told:
        return self.granted if asked.path == "/2/oauth2/token" else self.owner


@pytest.fixture
def x() -> X:
    return X()


@pytest.fixture
def api(x: X, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)
    with answering(x) as api:
        configure(api, 'user_id = "515000123"')
        yield api


def configure(api: Loopback, *lines: str) -> None:
    Path("barometer.toml").write_text(
        "\n".join(["[x]", f'base_url = "{api.address}"', 'client_id = "client-1"', *lines])
    )


class Person:
    """Reads the link when the program asks for the address, and pastes what *answer* makes of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.query: dict[str, str] = {}
        self._monkeypatch = monkeypatch

    def log_in(self, *words: str, **instead: str) -> Finished:
        """Run the command; *instead* replaces parts of the address that is pasted, ``pasted`` all of it."""
        place = instead.pop("place", REDIRECT)
        whole = instead.pop("pasted", None)

        def readline(limit: int) -> str:
            answer = {"state": self.query["state"], "code": "code-1", **instead}
            return (whole if whole is not None else f"{place}?{urlencode(answer)}\n")[:limit]

        def said(line: str) -> None:
            self.query = {name: values[0] for name, values in parse_qs(urlsplit(line).query).items()}
            self.query["page"] = line.partition("?")[0]

        self._monkeypatch.setattr("barometer.cli.x_login.said", said)
        self._monkeypatch.setattr("barometer.cli.x_login.pasted_line", readline)
        app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode="rich")
        commands.register(app)
        result = CliRunner().invoke(app, ["probe", "x-login", *words])
        if isinstance(result.exception, UserError):
            return Finished(2, result.stdout, f"{result.stderr}barometer: {result.exception}\n")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Finished(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    return Person(monkeypatch)


def tokens() -> Path:
    return Path("var/x-token.json")


def test_the_code_is_exchanged_and_the_tokens_are_kept_for_the_owner_alone(api: Loopback, person: Person) -> None:
    done = person.log_in()
    assert done.code == 0, done.err
    assert stat.S_IMODE(tokens().stat().st_mode) == 0o600
    assert json.loads(tokens().read_text())["refresh_token"] == "refresh-1"
    asked = person.query
    assert (asked["page"], asked["response_type"], asked["client_id"]) == (
        "https://x.com/i/oauth2/authorize", "code", "client-1")  # fmt: skip
    assert (asked["redirect_uri"], asked["scope"]) == (REDIRECT, "tweet.read users.read offline.access")
    exchange, owner = api.asked
    assert {name: text for name, text in exchange.form.items() if name != "code_verifier"} == {
        "grant_type": "authorization_code", "code": "code-1", "redirect_uri": REDIRECT, "client_id": "client-1",
    }  # fmt: skip
    verifier = exchange.form["code_verifier"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43,128}", verifier)
    digest = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (digest, "S256")
    assert owner.headers["authorization"] == "Bearer access-1"
    assert exchange.headers["user-agent"].startswith("barometer/")


def test_the_link_goes_to_standard_output_and_the_end_of_input_ends_the_command(api: Loopback) -> None:
    done = run("probe", "x-login")
    assert (done.code, api.asked) == (2, [])
    assert done.out.startswith("https://x.com/i/oauth2/authorize?")
    assert done.out.count("\n") == 1
    assert "nothing was pasted" in done.err


def test_each_link_is_another(api: Loopback, person: Person) -> None:
    person.log_in()
    first = person.query
    person.log_in()
    assert {first[name] == person.query[name] for name in ("state", "code_challenge")} == {False}


def test_a_confidential_app_signs_the_exchange(api: Loopback, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAROMETER_X__CLIENT_SECRET", "app:secret")
    assert person.log_in().code == 0
    header = api.asked[0].headers["authorization"].removeprefix("Basic ")
    assert b64decode(header).decode() == "client-1:app%3Asecret"
    assert "client_id" not in api.asked[0].form


def test_more_is_asked_for_only_where_the_settings_say_so(api: Loopback, person: Person) -> None:
    configure(api, "may_post = true", "may_dm = true")
    done = person.log_in()
    assert person.query["scope"] == "tweet.read users.read offline.access tweet.write dm.read dm.write"
    assert 'user_id = "515000123"' in done.err


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ({"state": "another"}, "answers another request"),
        ({"state": ""}, "answers another request"),
        ({"state": "\u00e9"}, "answers another request"),
        ({"code": ""}, "holds no code"),
        ({"code": " a"}, "holds no code"),
        ({"code": "c\x1b[2J"}, "holds no code"),
        ({"error": "access_denied\x1b[2J"}, "X says: access_denied"),
        ({"place": "https://evil.example/x"}, "does not begin with"),
        ({"place": "http://127.0.0.1:8765/y"}, "does not begin with"),
        ({"pasted": "http://["}, "is no address"),
        ({"pasted": "code-1"}, "does not begin with"),
        ({"pasted": "x" * 9_000}, "does not begin with"),
        ({"pasted": f"{REDIRECT}?{'a=b&' * 500}"}, "is no address"),
        ({"pasted": f"{REDIRECT}?state=a&state=b"}, "says the same thing twice"),
        ({"pasted": ""}, "nothing was pasted"),
        ({"pasted": "\n"}, "nothing was pasted"),
    ],
)
def test_an_address_that_is_not_the_answer_is_refused_before_anything_is_asked(
    api: Loopback, person: Person, instead: dict[str, str], said: str
) -> None:
    done = person.log_in(**instead)
    assert (done.code, api.asked, tokens().exists()) == (2, [], False)
    assert said in done.err
    assert "\x1b" not in done.err
    assert "run the command again" in done.err


@pytest.mark.parametrize(
    ("granted", "said"),
    [
        (told({"error": "invalid_grant", "error_description": "code-1 was spent"}, 400), "[secret] was spent"),
        (told({**GRANTED, "refresh_token": None}), "offline.access was not granted"),
        (told({**GRANTED, "access_token": "a\nb"}), "no access_token"),
        (Told(200, b"<html>"), "no JSON"),
        (Told(drops=True), "oauth2/token"),
    ],
)
def test_a_code_that_brings_no_tokens_leaves_what_was_there(
    api: Loopback, person: Person, x: X, granted: Told, said: str
) -> None:
    assert person.log_in().code == 0
    before = tokens().read_text()
    x.granted = granted
    done = person.log_in()
    assert (done.code, tokens().read_text()) == (2, before)
    assert said in done.err
    assert "code-1" not in done.err


def test_another_account_than_the_settings_name_is_not_kept(api: Loopback, person: Person, x: X) -> None:
    x.owner = told({"data": {"id": "515000999"}})
    done = person.log_in()
    assert (done.code, tokens().exists()) == (2, False)
    assert "the account that agreed is 515000999, and the settings name 515000123" in done.err


@pytest.mark.parametrize("owner", [told({}, 403), told({"data": []}), told({"data": {"id": "../me"}}), Told(200, b"[")])
def test_tokens_are_kept_where_x_does_not_say_whose_they_are(api: Loopback, person: Person, x: X, owner: Told) -> None:
    x.owner = owner
    done = person.log_in()
    assert (done.code, tokens().exists()) == (0, True)
    assert "did not say whose" in done.err


@pytest.mark.parametrize(
    "redirect", ["", "ftp://127.0.0.1/x", "http://shop.example/x", "https://a/x#y", "https://a/x?y=1", "https:///x"]
)
def test_a_redirect_that_would_show_the_code_to_others_is_refused(api: Loopback, person: Person, redirect: str) -> None:
    done = person.log_in("--redirect", redirect)
    assert (done.code, person.query) == (2, {})
    assert done.err.startswith("barometer: --redirect")


def test_without_a_client_id_nothing_is_printed(api: Loopback, person: Person) -> None:
    Path("barometer.toml").write_text("")
    done = person.log_in()
    assert (done.code, person.query) == (2, {})
    assert "x.client_id is missing" in done.err


def test_a_folder_that_cannot_be_made_is_told_before_the_code_is_spent(api: Loopback, person: Person) -> None:
    Path("var").write_text("a file")
    done = person.log_in()
    assert (done.code, api.asked) == (2, [])
    assert "x.token_file" in done.err
