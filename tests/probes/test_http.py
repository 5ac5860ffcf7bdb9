"""The bounded client of web APIs: time, size, tries, and secrets that stay secret."""

import asyncio
import json
import logging
import ssl
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from probes.api_answer import (
    LONGEST_LIMIT,
    UNSAID_LIMIT,
    Answer,
    ApiError,
    ApiProblem,
    BadAnswer,
    NoConnection,
    RateLimited,
    Unanswered,
)
from probes.http import MAX_BODY, Api, BadSecret, InsecureAddress, Patience
from tests.probes.api_server import Asked, Loopback, Told, answering, told
from tests.probes.clocks import START, StillClock

ROOT = Path(__file__).parents[2]
TOKEN = SecretStr("AAECAwQFBgcICQoLDA0ODw")
BEARER = {"Authorization": SecretStr(f"Bearer {TOKEN.get_secret_value()}")}
OK = told({"fine": True})
QUICK = Patience(connect=0.5, answer=0.5)


def ask(
    api: Loopback, clock: StillClock | None = None, *, write: bool = False, patience: Patience | None = None
) -> Answer:
    """Return the answer to one call."""

    async def call() -> Answer:
        still = clock or StillClock()
        async with Api(api.address, patience=patience, now=still.now, sleep=still.sleep) as client:
            if write:
                return await client.post_json("/things", {"text": "bonjour"}, headers=BEARER)
            return await client.get("/things", {"access_token": TOKEN, "page": "2"}, headers=BEARER)

    return asyncio.run(call())


def refused(
    api: Loopback, clock: StillClock | None = None, *, write: bool = False, patience: Patience | None = None
) -> ApiError:
    """Return how one call failed."""
    with pytest.raises(ApiError) as caught:
        ask(api, clock, write=write, patience=patience)
    return caught.value


def test_an_answer_tells_status_body_and_the_moment_it_came() -> None:
    with answering(told({"data": [1]}, x_request_id="r1")) as api:
        answer = ask(api)
    assert answer.members() == {"data": [1]}
    assert (answer.status, answer.at, answer.headers["x-request-id"]) == (200, START, "r1")
    assert api.asked[0].query == {"access_token": TOKEN.get_secret_value(), "page": "2"}


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_read_is_tried_again_when_the_server_is_busy(status: int) -> None:
    clock = StillClock()
    with answering(Told(status), Told(status), OK) as api:
        assert ask(api, clock).members() == {"fine": True}
    assert clock.naps == [1.0, 2.0]


def test_a_read_is_tried_again_after_a_lost_connection() -> None:
    with answering(Told(drops=True), OK) as api:
        assert ask(api).status == 200
    assert len(api.asked) == 2


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_write_that_failed_on_the_server_is_never_repeated_and_said_to_be_doubtful(status: int) -> None:
    with answering(Told(status), OK) as api:
        failure = refused(api, write=True)
    assert isinstance(failure, ApiProblem)
    assert failure.may_have_acted
    assert len(api.asked) == 1


def test_a_write_without_an_answer_is_never_repeated_and_said_to_be_doubtful() -> None:
    with answering(Told(drops=True), OK) as api:
        failure = refused(api, write=True)
    assert isinstance(failure, Unanswered)
    assert failure.may_have_acted
    assert len(api.asked) == 1


def test_a_write_that_was_turned_away_for_the_rate_is_repeated() -> None:
    with answering(told({}, 429, Retry_After="7"), OK) as api:
        assert ask(api, write=True).status == 200
    assert len(api.asked) == 2


def test_a_write_that_was_refused_has_surely_done_nothing() -> None:
    with answering(told({"title": "Forbidden"}, 403)) as api:
        assert not refused(api, write=True).may_have_acted


def test_where_nobody_listens_nothing_was_sent() -> None:
    with answering(OK) as api:
        pass
    failure = refused(api, write=True)
    assert isinstance(failure, NoConnection)
    assert not failure.may_have_acted


@pytest.mark.parametrize(
    ("headers", "nap"),
    [
        ({"Retry_After": "7"}, 7.0),
        ({"Retry_After": "Fri, 20 Nov 2026 09:00:09 GMT"}, 9.0),
        ({"x_rate_limit_reset": str(int(START.timestamp()) + 11)}, 11.0),
        ({"x_rate_limit_reset": str(int(START.timestamp()) + 11), "Retry_After": "13"}, 13.0),
        ({"x_rate_limit_reset": str(int(START.timestamp()) - 900)}, 1.0),
        ({"Retry_After": "soon"}, 1.0),
        ({"Retry_After": "-5"}, 1.0),
        ({"x_rate_limit_reset": "1e999"}, 1.0),
    ],
)
def test_a_rate_limit_is_waited_out_as_its_headers_say(headers: dict[str, str], nap: float) -> None:
    clock = StillClock()
    with answering(told({}, 429, **headers), OK) as api:
        ask(api, clock)
    assert clock.naps == [nap]


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_beyond_patience_is_told_and_not_waited(status: int) -> None:
    clock = StillClock()
    with answering(told({}, status, Retry_After="900")) as api:
        failure = refused(api, clock)
    assert isinstance(failure, RateLimited)
    assert failure.until == START + timedelta(minutes=15)
    assert not failure.may_have_acted
    assert clock.naps == []


def test_a_reset_in_the_far_future_is_believed_for_a_day_at_most() -> None:
    with answering(told({}, 429, x_rate_limit_reset="99999999999")) as api:
        failure = refused(api)
    assert isinstance(failure, RateLimited)
    assert failure.until == START + LONGEST_LIMIT


def test_a_limit_without_a_word_about_its_end_is_tried_and_then_taken_for_a_window() -> None:
    clock = StillClock()
    with answering(Told(429)) as api:
        failure = refused(api, clock)
    assert isinstance(failure, RateLimited)
    assert failure.until == clock.present + UNSAID_LIMIT
    assert len(api.asked) == 3


@pytest.mark.parametrize("location", ["http://127.0.0.2:1/things", "/elsewhere"])
def test_no_redirect_is_followed(location: str) -> None:
    with answering(told({}, 307, Location=location), OK) as api:
        failure = refused(api)
    assert isinstance(failure, BadAnswer)
    assert len(api.asked) == 1


@pytest.mark.parametrize(("status", "doubtful"), [(201, True), (403, False), (500, True)])
def test_a_flood_is_cut_off_and_leaves_a_doubt_unless_it_is_a_refusal(status: int, doubtful: bool) -> None:
    with answering(Told(status, b"[" + b" " * (10 * 1024 * 1024) + b"]")) as api:
        failure = refused(api, write=True)
    assert isinstance(failure, BadAnswer)
    assert str(MAX_BODY) in str(failure)
    assert failure.may_have_acted is doubtful


def test_a_compressed_answer_is_not_unpacked() -> None:
    with answering(told({}, Content_Encoding="gzip")) as api:
        assert isinstance(refused(api), BadAnswer)
    assert api.asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("answer", [Told(stalls=True), Told(drips=True, body=b" " * 100_000)])
def test_a_stall_and_a_drip_end_with_the_patience(answer: Told) -> None:
    with answering(answer) as api:
        failure = refused(api, write=True, patience=QUICK)
    assert isinstance(failure, Unanswered)
    assert failure.may_have_acted


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'"text"', b"\xff{}", b"[" * 100_000, b"1" * 10_000])
def test_what_is_no_json_object_is_a_bad_answer(body: bytes) -> None:
    with answering(Told(body=body)) as api, pytest.raises(BadAnswer):
        ask(api).members()


@pytest.mark.parametrize(
    ("document", "title", "detail", "code"),
    [
        ({"type": "about:blank", "title": "No", "detail": "Not here"}, "No", "Not here", 0),
        ({"errors": [{"code": 88, "message": "Slow down"}]}, "", "Slow down", 88),
        ({"error": {"message": "Bad token", "type": "OAuthException", "code": 190}}, "", "Bad token", 190),
        ({"error": "invalid_grant", "error_description": "Used"}, "invalid_grant", "Used", 0),
        ({"code": 7, "message": "Odd"}, "", "Odd", 7),
        ({"title": ["No"], "detail": {"a": 1}, "code": "x"}, "", "", 0),
        ({"errors": ["no"]}, "", "", 0),
        ([], "", "", 0),
    ],
)
def test_a_problem_is_read_in_all_its_dialects(document: object, title: str, detail: str, code: int) -> None:
    with answering(told(document, 400)) as api:
        failure = refused(api)
    assert isinstance(failure, ApiProblem)
    assert (failure.status, failure.title, failure.detail, failure.code) == (400, title, detail, code)


def test_a_problem_steers_no_terminal_and_has_an_end() -> None:
    with answering(told({"title": "\x1b[2Jno\u202e\n\nway", "detail": "z" * 100_000}, 400)) as api:
        text = str(refused(api))
    assert len(text) < 1200
    assert not any(character in text for character in "\x1b\u202e\n")


def test_no_secret_is_in_any_text_even_when_the_server_repeats_it(caplog: pytest.LogCaptureFixture) -> None:
    def parrot(asked: Asked) -> Told:
        said = f"token {asked.query['access_token']} and {asked.headers['authorization']} and access_token=EAAanother"
        return told({"title": said, "detail": said, "type": said}, 400, X_Heard=asked.query["access_token"])

    caplog.set_level(logging.DEBUG)
    with answering(parrot) as api:
        failure = refused(api)
    texts = [str(failure), repr(failure), repr(vars(failure)), caplog.text, *traceback.format_exception(failure)]
    assert not [text for text in texts if TOKEN.get_secret_value() in text or "EAAanother" in text]
    assert "token [secret] and Bearer [secret]" in str(failure)


def test_no_secret_is_in_the_text_of_a_lost_connection(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with answering(Told(drops=True)) as api:
        failure = refused(api)
    assert TOKEN.get_secret_value() not in "".join(traceback.format_exception(failure)) + caplog.text


@pytest.mark.parametrize("secret", ["", "two\nlines", "trailing ", "é"])
def test_a_secret_that_no_header_can_carry_is_refused_without_being_shown(secret: str) -> None:
    async def call() -> None:
        async with Api("http://127.0.0.1:9") as client:
            await client.get("/", headers={"Authorization": SecretStr(secret)})

    with pytest.raises(BadSecret) as caught:
        asyncio.run(call())
    assert secret not in str(caught.value) or not secret.strip()


@pytest.mark.parametrize(
    "address", ["http://api.example", "ftp://api.example", "api.example", "https://u:p@api.example"]
)
def test_credentials_go_over_tls_or_to_this_machine(address: str) -> None:
    with pytest.raises(InsecureAddress):
        Api(address)


def test_a_certificate_that_nobody_vouches_for_ends_the_call_before_it_is_sent(tmp_path: Path) -> None:
    async def call() -> list[bytes]:
        heard: list[bytes] = []

        async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(await reader.read(100))
            writer.close()

        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(_certificate(tmp_path))
        server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=own)
        port = server.sockets[0].getsockname()[1]
        clock = StillClock()
        try:
            async with Api(f"https://127.0.0.1:{port}", now=clock.now, sleep=clock.sleep) as client:
                with pytest.raises(NoConnection):
                    await client.post_json("/", {}, headers=BEARER)
        finally:
            server.close()
        return heard

    assert asyncio.run(call()) == []


def test_only_one_module_imports_httpx() -> None:
    importers = [
        str(path.relative_to(ROOT))
        for room in ("barometer", "probes", "spiders", "storage", "schedules")
        for path in (ROOT / room).rglob("*.py")
        if any(
            line.split()[:2] in (["import", "httpx"], ["from", "httpx"])
            for line in path.read_text("utf-8").splitlines()
        )
    ]
    assert importers == ["probes/http.py"]


def test_the_operators_name_may_have_an_accent() -> None:
    async def call() -> None:
        async with Api(api.address, headers={"User-Agent": "barometer (Zoé)"}) as client:
            await client.get("/")

    with answering(OK) as api:
        asyncio.run(call())
    assert api.asked[0].headers["user-agent"].encode("latin-1").decode() == "barometer (Zoé)"


def test_a_document_is_sent_as_it_is() -> None:
    with answering(OK) as api:
        ask(api, write=True)
    assert json.loads(api.asked[0].body) == {"text": "bonjour"}
    assert api.asked[0].headers["content-type"] == "application/json"


def _certificate(folder: Path) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "own.pem"
    file.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    return file
