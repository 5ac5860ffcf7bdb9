"""``barometer probe poll`` on X and Facebook: what a person sees of it, and what it leaves in the records."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from pydantic import SecretStr

from barometer import probing
from barometer.settings import load_settings
from probes.posting import PostProbe
from probes.x.token_file import TokenFile, Tokens
from storage.database import open_database
from storage.vocabulary import AttemptState, Channel
from tests.barometer.command_line import run
from tests.probes.api_server import Loopback, Told, answering, told
from tests.probes.clocks import START
from tests.probes.posts import OUR_PAGE, WEEK, Desk, Says, comment, limited, x_item

S = AttemptState
ANSWER = "Bonjour, oui, nous livrons le samedi dans toute la France."
X = '[x]\nbase_url = "{address}"\nclient_id = "client-1"\nuser_id = "515000123"\ntoken_file = "x.json"\n'
FACEBOOK = '[facebook]\nbase_url = "{address}"\ntoken_file = "facebook"\n'
OPERATOR = (
    '[operator]\nname = "C. Durand"\ncontact = "c@probe.example"\ninformation_url = "https://probe.example/why"\n'
)


@pytest.fixture
def says() -> Says:
    found = Says()
    found.instead[f"{OUR_PAGE}_77"] = told(comment("?", 120, **{"from": {"id": OUR_PAGE}}))
    return found


@pytest.fixture
def api(says: Says) -> Iterator[Loopback]:
    with answering(says) as api:
        yield api


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)
    TokenFile(Path("x.json")).save(Tokens(SecretStr("access-1"), SecretStr("refresh-1"), START + WEEK))
    Path("facebook").write_text("EAAtoken0123\n")
    Path("var").mkdir()
    with time_machine.travel(START, tick=True), open_database("sqlite:///var/barometer.sqlite3") as database:
        database.migrate()
        yield Desk(database, tmp_path)


def configure(api: Loopback, text: str) -> None:
    Path("barometer.toml").write_text(OPERATOR + text.format(address=api.address))


def test_both_networks_are_read_without_any_mailbox(desk: Desk, api: Loopback, says: Says) -> None:
    attempts = [desk.posted(), desk.posted(Channel.FACEBOOK)]
    says.by_path |= {"mentions": [x_item(ANSWER)], "comments": [comment(ANSWER)]}
    configure(api, X + FACEBOOK)
    first, second = (json.loads(run("probe", "poll", "--json").out) for _ in range(2))
    assert (first["replies"], first["expired"], second["replies"]) == (2, 0, 0)
    assert [desk.state(one) for one in attempts] == [S.ANSWERED, S.ANSWERED]
    assert all("https://probe.example/why" in one.headers["user-agent"] for one in api.asked)


def test_what_is_not_configured_is_not_asked(desk: Desk, api: Loopback) -> None:
    attempt = desk.posted(Channel.FACEBOOK)
    configure(api, X)
    assert run("probe", "poll").code == 0
    assert (api.asked, desk.state(attempt)) == ([], S.SENT)
    configure(api, "")
    done = run("probe", "poll")
    assert (done.code, "nowhere to read answers from" in done.err, api.asked) == (2, True, [])


def test_others_are_counted_and_a_limit_is_told_and_ends_well(desk: Desk, api: Loopback, says: Says) -> None:
    desk.posted()
    says.by_path["mentions"] = [x_item("Moi aussi !", author_id="515000789")]
    says.instead["recent"] = limited(START + timedelta(minutes=15))
    configure(api, X)
    done = run("probe", "poll")
    assert done.code == 0
    assert "X: not read: x search: X wants no question before 2026-11-20 09:15:00 UTC" in done.err
    assert "1 posts or comments by others than the merchant were left aside" in done.err


@pytest.mark.parametrize(
    ("damage", "said", "remedy"),
    [
        ("x.json", "X: x.json: No such file or directory", "barometer probe x-login"),
        ("facebook", "facebook.token_file: facebook: No such file", "give a text file"),
    ],
)
def test_a_token_that_is_missing_is_one_line_with_the_remedy(
    desk: Desk, api: Loopback, damage: str, said: str, remedy: str
) -> None:
    desk.posted()
    configure(api, X + FACEBOOK)
    Path(damage).unlink()
    done = run("probe", "poll")
    assert done.code == 2
    problem = done.err.splitlines()[-1]
    assert said in problem
    assert remedy in problem


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        (X.replace("user_id", "#"), None),
        (X.replace("{address}", "http://shop.example"), None),
        (X, told({"error": "invalid_request"}, 401)),
        (FACEBOOK, told({"error": {"code": 190, "message": "Ended\x1b[2J"}}, 400)),
        (FACEBOOK.replace("{address}", "http://shop.example"), None),
        (FACEBOOK + 'version = "v0.1"\n', None),
    ],
)
def test_where_we_could_not_look_nobody_is_taken_for_silent(
    desk: Desk, api: Loopback, says: Says, settings: str, refused: Told | None
) -> None:
    attempts = [desk.posted(channel, t0=START - WEEK - timedelta(hours=1)) for channel in (Channel.X, Channel.FACEBOOK)]
    if refused is not None:
        says.instead |= dict.fromkeys(("mentions", "comments", "token"), refused)
    configure(api, settings)
    done = run("probe", "poll")
    assert done.code == 2
    assert "EAAtoken0123" not in done.err
    assert "\x1b" not in done.err
    assert [desk.state(one) for one in attempts] == [S.SENT, S.SENT]


def test_mail_is_read_although_a_network_is_not(desk: Desk, api: Loopback) -> None:
    desk.posted()
    Path("x.json").unlink()
    for part in ("cur", "new", "tmp"):
        Path("answers", part).mkdir(parents=True)
    Path("answers", "new", "1").write_bytes(b"From: a@shop.example\nSubject: x\n\nBonjour")
    configure(api, X + '[mail]\nmaildir = "answers"\n')
    done = run("probe", "poll")
    assert (done.code, "1 replies" in done.err, "x-login" in done.err) == (2, True, True)


def test_an_answer_that_came_within_the_window_counts_before_the_window_is_swept(
    desk: Desk, api: Loopback, says: Says
) -> None:
    attempt = desk.posted(t0=START - WEEK - timedelta(hours=1))
    says.by_path["mentions"] = [x_item(ANSWER)]
    configure(api, X)
    assert json.loads(run("probe", "poll", "--json").out)["expired"] == 0
    assert desk.state(attempt) is S.ANSWERED


def test_the_probe_that_posts_is_given_the_apps_secret_and_shows_it_to_nobody(
    desk: Desk, api: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAROMETER_X__CLIENT_SECRET", "app-secret-1")
    configure(api, X + "may_post = true\n")
    probe = probing.probes_for(load_settings(), [Channel.X])[Channel.X]()
    assert isinstance(probe, PostProbe)
    assert isinstance(probe._app.secret, SecretStr)
    assert "app-secret-1" not in f"{vars(probe)!r}"
