"""Whose a reply is: by evidence in order, else a person's to decide."""

from datetime import UTC, datetime, timedelta

import pytest

from probes.replies.correlate import Ambiguous, Correlation, Expected, Match, Unmatched, Waiting, tickets_of
from probes.replies.message import parse_message
from tests.probes.replies.letters import mail, report

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def attempt(number: int, domain: str = "valmont.example", **changed: object) -> Expected:
    given: dict[str, object] = {
        "attempt_id": f"attempt-{number}",
        "reply_address": f"probe+{number}@barometer.example",
        "message_id": f"<question-{number}@barometer.example>",
        "token": f"BQ-{number:06d}",
        "merchant_domains": (domain,),
        "t0": START,
        "window_end": START + timedelta(days=14),
    }
    return Expected(**(given | changed))  # type: ignore[arg-type]


def told(raw: bytes, *attempts: Expected, later: timedelta = timedelta(hours=3)) -> Correlation:
    return Waiting(attempts or (attempt(1), attempt(2), attempt(3, "olivar.example"))).correlate(
        parse_message(raw), START + later
    )


def letter(
    to: str = "else@barometer.example", body: str = "Oui.", subject: str = "Re: Question", **headers: str
) -> bytes:
    raw = mail(body, subject, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return raw.replace(b"\nTo: probe+1@barometer.example", b"\nTo: " + to.encode())


def test_the_address_that_our_server_delivered_to_decides() -> None:
    raw = letter(
        to="probe+2@barometer.example",
        Delivered_To="probe+1@barometer.example",
        In_Reply_To="<question-3@barometer.example>",
    )
    assert told(raw) == Match("attempt-1", "address.delivered-to")


def test_an_address_is_known_whatever_its_letters() -> None:
    assert told(letter(to="Probe+2@Barometer.Example")) == Match("attempt-2", "address.to")


def test_a_quoted_address_of_another_attempt_files_nothing() -> None:
    raw = letter(to="probe+1@barometer.example", body="Oui.\n\n> From: probe+2@barometer.example\n> BQ-000002\n")
    assert told(raw) == Match("attempt-1", "address.to")


def test_two_of_our_addresses_are_left_to_a_person() -> None:
    raw = letter(to="probe+1@barometer.example, probe+2@barometer.example")
    assert told(raw) == Ambiguous(("attempt-1", "attempt-2"), "address.to")


def test_the_message_answered_decides_before_those_further_up() -> None:
    raw = letter(In_Reply_To="<question-2@barometer.example>", References="<question-1@barometer.example>")
    assert told(raw) == Match("attempt-2", "message-id.in-reply-to")
    raw = letter(References="<other@x.example> <question-1@barometer.example>")
    assert told(raw) == Match("attempt-1", "message-id.references")


def test_a_delivery_report_belongs_to_the_message_it_returns() -> None:
    raw = report("failed", "5.1.1", original="question-3@barometer.example").replace(b"probe+1@", b"else@")
    assert told(raw) == Match("attempt-3", "message-id.returned")


def test_our_token_in_the_subject_decides_but_not_in_the_body() -> None:
    assert told(letter(subject="[bq-000003] Re: Question")) == Match("attempt-3", "subject.token")
    assert told(letter(body="BQ-000003")) == Ambiguous(("attempt-1", "attempt-2"), "domain-and-time")


def test_a_ticket_of_this_merchant_decides_and_one_of_another_does_not() -> None:
    mine, other = attempt(1, tickets=("8812",)), attempt(2, tickets=("9000",))
    foreign = attempt(3, "olivar.example", tickets=("9000",))
    assert told(letter(subject="[Ticket #8812] Question"), mine, other, foreign) == Match("attempt-1", "subject.ticket")
    assert told(letter(subject="Ticket 9000"), mine, other, foreign) == Match("attempt-2", "subject.ticket")


@pytest.mark.parametrize(
    ("subject", "tickets"),
    [
        ("[Ticket #8812] Question", {"8812", "ticket #8812"}),
        ("Case 00018822: x", {"00018822"}),
        ("[sav-fr-6] Question (Ouvert)", {"sav-fr-6"}),
        ("Votre demande n° 48213", {"48213"}),
        ("Re: Question", set()),
    ],
)
def test_tickets_are_read_from_subjects(subject: str, tickets: set[str]) -> None:
    assert tickets <= set(tickets_of(subject))
    assert tickets or not tickets_of(subject)


def test_the_merchants_domain_decides_where_one_attempt_waits() -> None:
    raw = letter().replace(b"contact@valmont.example", b"sav@mail.olivar.example")
    assert told(raw) == Match("attempt-3", "domain-and-time")


def test_several_attempts_at_a_merchant_are_left_to_a_person() -> None:
    assert told(letter()) == Ambiguous(("attempt-1", "attempt-2"), "domain-and-time")


@pytest.mark.parametrize("later", [timedelta(seconds=-1), timedelta(days=15)])
def test_outside_the_window_the_domain_says_nothing(later: timedelta) -> None:
    assert told(letter(), attempt(1), later=later) == Unmatched()


def test_what_anybody_may_write_from_is_no_merchants_domain() -> None:
    raw = letter().replace(b"contact@valmont.example", b"boutique.valmont@gmail.com")
    assert told(raw, attempt(1, "gmail.com")) == Unmatched()


def test_a_stranger_belongs_to_nobody() -> None:
    assert told(letter().replace(b"valmont.example", b"stranger.example")) == Unmatched()


def test_a_domain_that_only_ends_alike_is_another() -> None:
    assert told(letter().replace(b"@valmont.example", b"@notvalmont.example"), attempt(1)) == Unmatched()


def test_an_empty_token_or_identity_matches_nothing() -> None:
    assert told(letter(subject="").replace(b"valmont", b"other"), attempt(1, token="", message_id="")) == Unmatched()


def test_one_attempt_among_thousands_is_found() -> None:
    waiting = Waiting(attempt(number, f"m{number // 225}.example") for number in range(9_000))
    raw = letter(to="probe+7777@barometer.example")
    assert waiting.correlate(parse_message(raw), START) == Match("attempt-7777", "address.to")
