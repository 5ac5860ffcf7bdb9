"""Reading a mail: what a person sees, whatever the bytes are."""

from datetime import UTC, datetime

import pytest

from probes.replies.headers import Address
from probes.replies.message import Attachment, parse_message
from tests.probes.replies.letters import mail, report


def test_the_parts_of_an_ordinary_mail_are_told() -> None:
    message = parse_message(
        mail(
            "Bonjour", "Re: Été", headers={"In-Reply-To": "<a@b.example>", "References": "<z@b.example> <a@b.example>"}
        )
    )
    assert message.subject == "Re: Été"
    assert message.senders == (Address("contact@valmont.example", "Boutique"),)
    assert message.recipients == (Address("probe+1@barometer.example"),)
    assert message.message_id == "reply-1@valmont.example"
    assert message.references == ("a@b.example", "z@b.example")
    assert message.date_claimed == datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
    assert message.text.strip() == "Bonjour"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_line_ends_do_not_matter(end: bytes) -> None:
    raw = b"From: a@b.example\nSubject: Hi\n\nfirst\nsecond\n".replace(b"\n", end)
    message = parse_message(raw)
    assert (message.subject, message.text.split()) == ("Hi", ["first", "second"])


def test_a_bare_body_is_read_as_text_even_if_a_line_looks_like_a_header() -> None:
    assert parse_message(b"Note: the shop is closed\nsee you").text == "Note: the shop is closed\nsee you"
    assert not parse_message(b"Hello there\nSubject: nothing").headers


def test_a_bare_body_in_html_is_read_as_a_person_sees_it() -> None:
    message = parse_message(
        b"<html><head><style>p{color:red}</style></head><body><p>One</p><p>Two<br>Three</p></body></html>"
    )
    assert message.is_html
    assert message.text == "One\n\nTwo\nThree"


def test_html_is_read_where_the_plain_part_only_says_that_there_is_html() -> None:
    message = parse_message(
        mail("See HTML.", html="<p>The jacket has two pockets, both of them inside, with a zip.</p>")
    )
    assert message.text.startswith("The jacket has two pockets")


def test_hidden_parts_of_html_are_not_read() -> None:
    message = parse_message(b"<body><div style='display:none'>preview</div><p>seen</p></body>")
    assert message.text == "seen"


@pytest.mark.parametrize("charset", ["utf-8", "no-such-charset", "latin-1", "", "punycode", "hex"])
def test_a_wrong_charset_never_costs_the_text(charset: str) -> None:
    raw = b"From: a@b.example\nContent-Type: text/plain; charset=" + charset.encode() + b"\n\nd\xe9j\xe0 vu\n"
    assert parse_message(raw).text.strip() == "déjà vu"


@pytest.mark.parametrize(
    "date", ["yesterday", "Mon, 99 Foo 20260 99:99:99 +9999", "", "Thu, 1 Jan 1970 00:00:00 +99999999"]
)
def test_a_broken_date_claims_nothing(date: str) -> None:
    assert parse_message(f"From: a@b.example\nDate: {date}\n\nhi".encode()).date_claimed is None


def test_a_delivery_report_is_taken_apart() -> None:
    message = parse_message(report("failed", "5.1.1", original="q-9@barometer.example"))
    (status,) = message.statuses
    assert (status.action, status.status, status.final_recipient) == ("failed", "5.1.1", "contact@valmont.example")
    assert message.original_message_id == "q-9@barometer.example"
    assert message.returned["message-id"] == ("<q-9@barometer.example>",)
    assert message.report_type == "delivery-status"


def test_attachments_are_named_and_their_text_is_no_words_of_the_letter() -> None:
    raw = (
        b"From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
        b"--x\nContent-Type: text/plain\n\nwords\n"
        b"--x\nContent-Type: text/plain\nContent-Disposition: attachment; filename=terms.txt\n\nno absence\n"
        b"--x\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\nAAAA\n--x--\n"
    )
    message = parse_message(raw)
    assert message.text.strip() == "words"
    assert message.attachments == (
        Attachment("terms.txt", "text/plain"),
        Attachment("winmail.dat", "application/ms-tnef"),
    )


def test_a_signed_mail_is_read_and_its_signature_is_an_attachment() -> None:
    raw = (
        b"From: a@b.example\nContent-Type: multipart/signed; boundary=x\n\n--x\nContent-Type: text/plain\n\nsigned words\n"
        b"--x\nContent-Type: application/pkcs7-signature; name=smime.p7s\n\nAAAA\n--x--\n"
    )
    message = parse_message(raw)
    assert message.text.strip() == "signed words"
    assert [attachment.content_type for attachment in message.attachments] == ["application/pkcs7-signature"]


def test_a_multipart_whose_boundary_is_nowhere_is_read_as_it_stands() -> None:
    raw = b"From: a@b.example\nContent-Type: multipart/report; boundary=lost\n\nFinal-Recipient: rfc822; x@y.example\nAction: failed\n"
    message = parse_message(raw)
    assert "Action: failed" in message.text
    assert message.statuses[0].action == "failed"


def test_control_characters_of_a_header_are_gone() -> None:
    message = parse_message(b"From: a@b.example\nSubject: =?utf-8?q?a=1B=5B31mb=0D=0AX?=\n\nhi")
    assert message.subject == "a [31mb X"
