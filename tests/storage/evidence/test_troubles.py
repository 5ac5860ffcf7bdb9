"""A bucket that cannot be reached is told in one line with the remedy; nothing is said of any merchant, and no secret."""

import logging
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from storage.evidence import EvidenceStore
from storage.evidence_troubles import code_of, is_absent
from storage.problems import EvidenceProblem, StoreUnreachable
from tests.s3_server import KEYS, S3Server
from tests.storage.evidence.conftest import in_bucket

PAGE = b"<p>02 61 91 00 01"


def told(store: EvidenceStore) -> set[str]:
    """Return what writing, reading and listing say, sure that it is one line with a remedy."""
    said = set()
    with pytest.raises(EvidenceProblem) as written:
        store.put(PAGE, ".html")
    for use in (lambda: store.get("0" * 64), lambda: store.verify("0" * 64), lambda: list(store), store.top):
        # Not an EvidenceProblem: whoever takes that for a missing file would blame the file.
        with pytest.raises(StoreUnreachable) as read:
            use()
        said.add(str(read.value))
    for line in (*said, str(written.value)):
        assert "\n" not in line and "; " in line
        assert not any(secret in line for secret in (KEYS["AWS_SECRET_ACCESS_KEY"], "hunter2"))
    return {str(written.value), *said}


@pytest.mark.slow
def test_a_wire_that_is_cut_is_told_and_mended_is_used_again(s3: S3Server) -> None:
    store = in_bucket(s3).store
    name = store.put(PAGE, ".html")
    s3.wire.cut()
    try:
        lines = told(store)
    finally:
        s3.wire.mend()
    assert all("the service does not answer (http://127.0.0.1:" in line for line in lines)
    assert all("the same command goes on" in line for line in lines)
    assert store.get(name) == PAGE


@pytest.mark.slow
def test_no_such_bucket_and_no_credentials_are_told(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in told(EvidenceStore("s3://not-there/nights")):
        assert "there is no such bucket; make the bucket, or mend evidence in the settings" in line
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for line in told(EvidenceStore("s3://not-there/nights")):
        assert "there are no credentials; set AWS_ACCESS_KEY_ID" in line
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    for line in told(EvidenceStore("s3://not-there/nights")):
        assert "AWS_PROFILE names no profile" in line


class Complaining(ThreadingHTTPServer):
    """A service that gives the next of its answers to whatever is asked, and the last for ever."""

    daemon_threads = True
    answers: ClassVar[list[tuple[int, bytes]]] = []


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answers = Complaining.answers
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_POST = do_HEAD = do_GET  # noqa: N815 - the names that the server looks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, bytes]]]:
    """Give the answers of a service that a store finds in its environment."""
    Complaining.answers = []
    with Complaining(("127.0.0.1", 0), _Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}.items():
            monkeypatch.setenv(name, value)
        yield Complaining.answers
        server.shutdown()


def complaint(status: int, code: str) -> tuple[int, bytes]:
    text = f"<Error><Code>{code}</Code><Message>key hunter2 of {KEYS['AWS_SECRET_ACCESS_KEY']}</Message></Error>"
    return status, f'<?xml version="1.0"?>{text}'.encode()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, "AccessDenied", "access is denied; allow s3:ListBucket, GetObject, PutObject and DeleteObject"),
        (403, "InvalidAccessKeyId", "the access key is not known there; set AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", "the secret key is not the right one; set AWS_ACCESS_KEY_ID"),
        (400, "ExpiredToken", "the credentials have expired; renew them"),
        (403, "RequestTimeTooSkewed", "this machine's clock is wrong; set the clock"),
        (400, "IllegalLocationConstraintException", "the bucket is in another region; set AWS_REGION"),
        (507, "XMinioStorageFull", "the service's disks are full; make room there"),
        (418, "NoSuchThing", "the service says NoSuchThing; is the service running"),
        (418, "evil\n code " * 20, "the service says OSError; is the service running"),
    ],
)
def test_what_the_service_complains_of_is_told_in_words(
    answers: list[tuple[int, bytes]], status: int, code: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers.append(complaint(status, code))
    for line in told(EvidenceStore("s3://evidence/nights")):
        assert said in line
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in caplog.text


@pytest.mark.slow
def test_a_service_that_stumbles_is_asked_again(answers: list[tuple[int, bytes]]) -> None:
    answers += [complaint(503, "SlowDown"), complaint(500, "InternalError"), (200, b"")]
    EvidenceStore("s3://evidence/nights").put(PAGE, ".html")
    assert answers == [(200, b"")]


def test_packages_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    for line in told(EvidenceStore("s3://evidence/nights")):
        assert line.endswith('install them: pip install "barometer[s3]"')


def test_an_object_that_is_not_there_is_another_matter_than_its_bucket() -> None:
    def raised(code: object) -> FileNotFoundError:
        error = FileNotFoundError("x")
        error.__cause__ = Answered({"Error": {"Code": code}})
        return error

    assert is_absent(raised("NoSuchKey"))
    assert not is_absent(raised("NoSuchBucket"))
    assert code_of(raised(["NoSuchKey"])) == ""


class Answered(Exception):
    def __init__(self, response: dict[str, dict[str, object]]) -> None:
        super().__init__("answered")
        self.response = response
