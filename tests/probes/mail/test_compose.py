"""What leaves says what was meant, and no header can be smuggled in."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.mail.compose import MAX_BODY, Unwritable, compose
from probes.probe import Outgoing, Sender
from tests.probes.mail.letters import SENDER, outgoing, parsed

AT = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)
NAMES = ["From", "To", "Reply-To", "Subject", "Message-ID", "Date", "Content-Type",
         "Content-Transfer-Encoding", "MIME-Version", "Content-Language"]  # fmt: skip


def sent(attempt: Outgoing, sender: Sender = SENDER) -> bytes:
    return compose(attempt, sender, AT)


def test_a_message_names_the_sender_the_way_back_and_itself() -> None:
    message = parsed(sent(outgoing()))
    assert message.keys() == NAMES
    assert message["From"] == "Camille Moreau <camille.moreau@answers.test>"
    assert message["To"] == "contact@lampes.test"
    assert message["Reply-To"] == "k3xq7v2m@answers.test"
    assert message["Message-ID"] == "<k3xq7v2m.1@answers.test>"
    assert parsedate_to_datetime(message["Date"]) == AT


def test_it_does_not_pass_itself_off_as_automatic_or_as_a_list() -> None:
    names = {name.lower() for name in parsed(sent(outgoing()))}
    assert not names & {"auto-submitted", "precedence", "list-unsubscribe", "x-mailer"}


def test_the_words_arrive_as_they_were_planned_dots_and_froms_included() -> None:
    words = "Bonjour,\n\n.une ligne\n..deux\nFrom moi à vous\n" + "é" * 2_000 + "\nfin"
    raw = sent(outgoing(body=words))
    assert parsed(raw).get_content().replace("\r\n", "\n") == words + "\n"
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_a_reminder_stands_in_the_thread_of_the_first_message() -> None:
    message = parsed(sent(outgoing(in_reply_to="<first.1@answers.test>")))
    assert message["In-Reply-To"] == message["References"] == "<first.1@answers.test>"


@pytest.mark.parametrize(
    ("target", "written"),
    [("contact@lampes-été.fr", "contact@xn--lampes-t-h1ab.fr"), ("Contact@Lampes.TEST", "Contact@lampes.test")],
)
def test_a_domain_is_written_in_ascii(target: str, written: str) -> None:
    raw = sent(outgoing(target))
    assert parsed(raw)["To"] == written
    assert raw.isascii()


def test_only_a_local_part_outside_ascii_makes_the_message_need_smtputf8() -> None:
    raw = sent(outgoing("josé@lampes.test"))
    assert "\r\nTo: josé@lampes.test\r\n".encode() in raw
    assert sent(outgoing(), Sender("Zoë Lefèvre, « service »", SENDER.address)).isascii()


@pytest.mark.parametrize(
    "evil", ["\r\nBcc: all@shop.test", "\nX: y", "\r", "\x00", "\x0b", "\x85", "\u2028", "\ud800", "\x1b[2J"]
)
@pytest.mark.parametrize("field", ["subject", "target", "reply_address", "message_id", "in_reply_to"])
def test_a_control_character_in_any_header_is_refused(field: str, evil: str) -> None:
    attempt = outgoing()
    before = getattr(attempt, field) or "<first.1@answers.test>"
    with pytest.raises(Unwritable):
        sent(attempt._replace(**{field: before[:4] + evil + before[4:]}))


@pytest.mark.parametrize("evil", ["\r\nBcc: all@shop.test", "\x00"])
def test_a_control_character_in_the_senders_name_or_address_is_refused(evil: str) -> None:
    for sender in (Sender(f"Camille{evil}", SENDER.address), Sender("Camille", f"camille{evil}@answers.test")):
        with pytest.raises(Unwritable):
            sent(outgoing(), sender)


@pytest.mark.parametrize(
    "target", ["", "nobody", "a@b", "a b@lampes.test", "a@lampes.test, b@lampes.test", '"a b"@lampes.test', "<a@lampes.test>",
               "a@[127.0.0.1]", "a@-lampes.test", "a@lampes..test", "a@" + "l" * 64 + ".test", "x" * 65 + "@lampes.test",
               "a..b@lampes.test", "a@lampes.test>", "@lampes.test", "a@exa mple.test"],
)  # fmt: skip
def test_what_is_no_address_is_refused(target: str) -> None:
    with pytest.raises(Unwritable, match="the target"):
        sent(outgoing(target))


@pytest.mark.parametrize("change", [{"subject": ""}, {"subject": "s" * 201}, {"body": " \n"}, {"body": "b" * (MAX_BODY + 1)},
                                    {"body": "a\x00b"}, {"reply_address": None}, {"message_id": None}, {"message_id": "none"}])  # fmt: skip
def test_words_that_are_empty_too_long_or_unprintable_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(Unwritable):
        sent(outgoing()._replace(**change))


def test_a_language_that_is_none_is_left_out() -> None:
    assert "Content-Language" not in parsed(sent(outgoing(language="fr\r\nX: y")))


LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Cs")), min_size=1, max_size=120)


@given(LINE, LINE, st.text(st.characters(codec="utf-8"), min_size=1, max_size=400))
def test_whatever_is_written_has_our_headers_and_no_other(subject: str, name: str, body: str) -> None:
    try:
        raw = sent(outgoing(subject=subject, body=body), Sender(name, SENDER.address))
    except Unwritable:
        return
    message = parsed(raw)
    assert message.keys() == NAMES
    assert message["From"].addresses[0].addr_spec == SENDER.address
    assert [address.addr_spec for address in message["To"].addresses] == ["contact@lampes.test"]


@given(LINE)
def test_an_ordinary_subject_is_never_refused(subject: str) -> None:
    if subject.isalnum():
        assert parsed(sent(outgoing(subject=subject)))["Subject"] == subject
