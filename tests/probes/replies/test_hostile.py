"""Whatever is sent, reading it ends and never raises, and what comes out is bounded."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from probes.replies.classify import classify, fingerprint
from probes.replies.correlate import Expected, Unmatched, Waiting
from probes.replies.message import MAX_PARTS, MAX_TEXT, Message, parse_message
from probes.replies.page_text import classify_chat_text, classify_page_text
from probes.replies.redact import redacted
from probes.replies.text import new_words
from storage.vocabulary import ReplyKind
from tests.probes.replies.test_correlate import START

WAITING = Waiting([Expected("1", "probe+1@barometer.example")])

PARTS = (
    b"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n"
    + b"--x\nContent-Type: text/plain\n\nhi\n" * 10_000
)
NESTED = b"From: a@b.example\n" + b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (number, number) for number in range(3_000)
)
RETURNS = b"From: a@b.example\n" + b"Content-Type: message/rfc822\n\n" * 5_000
HEAD = b"From: a@b.example\nSubject: Re: x\n"
BOMBS = {
    "50 MB": HEAD + b"\n" + b"word " * 10_000_000,
    "10,000 parts": PARTS,
    "3,000 levels": NESTED,
    "5,000 mails in mails": RETURNS,
    "header bomb": HEAD + b"X-Bomb: boom\n" * 300_000 + b"\nhi",
    "long header": b"Subject: " + b"=?utf-8?q?=41?= " * 100_000 + b"\n\nhi",
    "folded header": b"Subject: a\n" + b" b\n" * 300_000 + b"\nhi",
    "address bomb": b"To: " + b"a@b.example, " * 100_000 + b"\n\nhi",
    "comment bomb": b"From: " + b"(" * 200_000 + b"\n\nhi",
    "quote bomb": b'From: "' + b'\\"' * 200_000 + b"\n\nhi",
    "identity bomb": b"References: " + b"<a@b> " * 200_000 + b"\n\nhi",
    "blank lines": HEAD + b"\n" + b"\n" * 100_000,
    "blank and words": HEAD + b"\n" + b"a\n\n\n\n" * 20_000,
    "On wrote": HEAD + b"\n" + b"On a wrote\n" * 10_000,
    "On on one line": HEAD + b"\n" + b"On " * 33_000,
    "On ... wrote:": HEAD + b"\n" + b"On x wrote:\n" * 8_000,
    "Am schrieb on one line": HEAD + b"\n" + b"Am x schrieb y " * 7_000,
    "short Am schrieb": HEAD + b"\n" + b"Am x schrieb y Am x schrieb y Am x schrieb y Am x schrieb\n" * 2_000,
    "Le a ecrit": HEAD + b"\n" + "Le x a écrit ".encode() * 8_000,
    "From headers": HEAD + b"\n" + b"From: a\nSent: b\n" * 6_000,
    "greater than": HEAD + b"\n" + b"> " * 50_000,
    "quoted lines": HEAD + b"\n" + b"> a\nOn x wrote:\n" * 8_000,
    "dashes": HEAD + b"\n" + b"-" * 100_000,
    "at signs": HEAD + b"\n" + b"a@" * 50_000,
    "digits": HEAD + b"\n" + b"1 " * 50_000,
    "capitals": HEAD + b"\n" + b"Marie Lenoir " * 8_000,
    "one sentence": HEAD + b"\n" + b"nous vous " * 10_000,
    "deep html": b"<div>" * 200_000 + b"hi",
    "open bold": b"<html><body>" + b"<p>a<b>" * 100_000,
    "attributes": b"<html><body><p " + b"".join(b"a%d=1 " % number for number in range(50_000)) + b">hi</p>",
    "block quotes": b"<html><body>" + b"<blockquote type=cite>" * 50_000 + b"hi",
    "null bytes": b"\0" * 100_000 + HEAD + b"\nhi",
    "utf-16": "From: a@b.example\n\nhello".encode("utf-16"),
    "base64": HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"@@@@" * 50_000,
    "quoted-printable": HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * 100_000,
    "uuencode": HEAD + b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n" + b"M" * 100_000,
    "delivery status": HEAD + b"Content-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 20_000,
    "report without parts": HEAD + b"Content-Type: multipart/report; report-type=delivery-status\n\n",
    "punycode": HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + b"a-\xe9" * 50_000,
}


def everything(raw: bytes) -> Message:
    """Do with *raw* all that is done with a reply; return what was read."""
    message = parse_message(raw)
    verdict = classify(message)
    assert verdict.kind in ReplyKind and verdict.rule
    words = new_words(message)
    assert len(words) <= MAX_TEXT and words == words.strip()
    words.encode()
    redacted(message.text, message).encode()
    fingerprint(message)
    assert isinstance(WAITING.correlate(message, START), Unmatched)
    return message


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_within_bounds(name: str) -> None:
    message = everything(BOMBS[name])
    assert len(message.text) <= MAX_TEXT
    assert len(message.attachments) + len(message.statuses) <= 2 * MAX_PARTS
    assert all(len(value) <= 4_000 for values in message.headers.values() for value in values)


HEADER_NAMES = st.sampled_from(
    [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Content-Type",
        "References",
        "Return-Path",
        "Content-Transfer-Encoding",
        "X-Y",
    ]
)
HEADER_VALUES = st.one_of(
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"multipart/mixed; boundary=x", b"multipart/report; report-type=delivery-status; boundary=x", b"text/html; charset=utf-7",
            b"message/rfc822", b"message/delivery-status", b"=?utf-8?b?!!!?=", b"=?x?q?=", b"base64", b"<>", b"<a@b", b"text/plain; charset*=x''%FF",
            b"application/ms-tnef; name*0=a; name*1=b", b"[(<@,;:", b'"', b"a@[1.2.3", b"@",
        ]
    ),
)  # fmt: skip
BODIES = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from([b"--x\n", b"--x--\n", b"\n\n", b"> quoted\n", b"On x wrote:\n", b"Action: failed\n", b"<div><p>", b"\xff\xfe", b"-- \n"]),
    ),
    max_size=12,
).map(b"".join)  # fmt: skip


@given(st.lists(st.tuples(HEADER_NAMES, HEADER_VALUES), max_size=8), BODIES)
@example([("From", b"a@b"), ("Content-Type", b"multipart/mixed")], b"--\n--\n")
def test_a_mail_made_at_random_never_raises(headers: list[tuple[str, bytes]], body: bytes) -> None:
    head = b"".join(name.encode() + b": " + value + b"\n" for name, value in headers)
    parse_and_judge(head + b"\n" + body)


@given(st.binary(max_size=300))
def test_bytes_at_random_never_raise(raw: bytes) -> None:
    parse_and_judge(raw)


@given(st.text(max_size=300))
def test_texts_at_random_never_raise(text: str) -> None:
    classify_page_text(text)
    classify_chat_text(text)
    redacted(text, Message())


def parse_and_judge(raw: bytes) -> None:
    message = parse_message(raw)
    assert classify(message).rule
    new_words(message).encode()
    redacted(message.text, message).encode()
    WAITING.correlate(message, START)
