"""What becomes of a message at each way in which a mail server can fail, and what is known of it then."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from probes.mail.refusals import COME_BACK
from probes.mail.server import MailServer, Protection
from probes.mail.smtp import EmailProbe
from probes.probe import Blocked, Delivery, NotSent, Outgoing, Sent, Unclear, Unreachable
from storage.evidence import EvidenceStore
from storage.vocabulary import BlockedBy
from tests.mail_servers import OPERATOR, PASSWORD, MailServers
from tests.probes.mail.letters import SENDER, outgoing, parsed, probe_to
from tests.probes.mail.scripted_smtp import DROP, STALL, ScriptedSmtp, scripted_smtp


class Noted:
    """What the probe told the journal, and what the server had heard by then."""

    def __init__(self, server: ScriptedSmtp | None = None, fails: Exception | None = None) -> None:
        self.server, self.fails = server, fails
        self.heard: list[str] | None = None
        self.complete: int | None = None

    async def __call__(self) -> None:
        assert self.heard is None, "handed over twice"
        self.heard = list(self.server.commands) if self.server else []
        self.complete = len(self.server.contents) if self.server else 0
        if self.fails:
            raise self.fails


def delivered(tmp_path: Path, attempt: Outgoing | None = None, **script: str) -> tuple[Delivery, ScriptedSmtp, Noted]:
    """Send one message to a server that follows *script*."""

    async def work() -> tuple[Delivery, ScriptedSmtp, Noted]:
        async with scripted_smtp(**script) as server, probe_to(server.port, tmp_path) as probe:
            noted = Noted(server)
            return await probe.deliver(attempt or outgoing(), noted), server, noted

    return asyncio.run(work())


def test_t0_is_the_moment_of_the_servers_250(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    outcome, server, _ = delivered(tmp_path)
    assert isinstance(outcome, Sent)
    assert before <= outcome.t0 <= datetime.now(UTC)
    assert outcome.said == "250 2.0.0 queued as 42"
    assert len(server.contents) == 1


def test_the_hand_over_is_noted_when_only_the_final_dot_is_missing(tmp_path: Path) -> None:
    _, server, noted = delivered(tmp_path)
    assert noted.heard is not None
    assert [command.partition(" ")[0] for command in noted.heard] == ["EHLO", "MAIL", "RCPT", "RCPT", "DATA"]
    assert noted.complete == 0
    assert len(server.contents) == 1


def test_the_envelope_comes_from_the_attempts_own_address_and_goes_there_too(tmp_path: Path) -> None:
    _, server, _ = delivered(tmp_path)
    assert server.commands[1:4] == [
        "MAIL FROM:<k3xq7v2m@answers.test>",
        "RCPT TO:<contact@lampes.test>",
        "RCPT TO:<k3xq7v2m@answers.test>",
    ]


def test_the_evidence_is_what_travelled_and_lies_there_before_the_hand_over(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path / "evidence")
    kept: list[str] = []

    async def note() -> None:
        kept.extend(store)

    async def work() -> tuple[Delivery, bytes]:
        async with scripted_smtp() as server, probe_to(server.port, tmp_path) as probe:
            return await probe.deliver(outgoing(), note), server.contents[0]

    outcome, content = asyncio.run(work())
    assert isinstance(outcome, Sent)
    assert outcome.evidence == tuple(kept)
    assert content == store.get(kept[0]) + b".\r\n"


def test_lines_that_begin_with_a_dot_cannot_end_the_message(tmp_path: Path) -> None:
    attempt = outgoing(body="Bonjour\n.\nQUIT\n..\nfin")
    _, server, _ = delivered(tmp_path, attempt)
    assert [command.partition(" ")[0] for command in server.commands][:5] == ["EHLO", "MAIL", "RCPT", "RCPT", "DATA"]
    body = server.contents[0].partition(b"\r\n\r\n")[2]
    assert body == b"Bonjour\r\n..\r\nQUIT\r\n...\r\nfin\r\n.\r\n"


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "own", "DATA"])
@pytest.mark.parametrize("failure", [DROP, STALL, "451 4.2.0 come back later", "421 4.3.2 closing"])
def test_what_fails_for_now_before_the_words_was_not_sent_and_waits(tmp_path: Path, stage: str, failure: str) -> None:
    outcome, server, noted = delivered(tmp_path, **{stage: failure})
    assert isinstance(outcome, NotSent)
    assert outcome.again_at is not None
    assert timedelta(0) < outcome.again_at - datetime.now(UTC) <= COME_BACK
    assert noted.heard is None
    assert server.contents == []


@pytest.mark.parametrize("failure", [DROP, STALL, "554 5.3.2 no service here", "421 closing", "hello"])
@pytest.mark.parametrize("stage", ["greeting", "EHLO"])
def test_a_server_that_cannot_be_talked_to_is_our_own_side(tmp_path: Path, stage: str, failure: str) -> None:
    with pytest.raises(Unreachable, match="mail server 127"):
        delivered(tmp_path, **{stage: failure})


def test_nobody_listening_is_our_own_side(tmp_path: Path) -> None:
    async def work() -> Delivery:
        return await probe_to(9, tmp_path).deliver(outgoing(), Noted())

    with pytest.raises(Unreachable):
        asyncio.run(work())


def test_an_unknown_recipient_is_blocked_and_no_merchants_silence(tmp_path: Path) -> None:
    outcome, server, noted = delivered(tmp_path, RCPT="550 5.1.1 no such user")
    assert isinstance(outcome, Blocked)
    assert outcome.by is BlockedBy.NO_ADDRESS
    assert noted.heard is None
    assert server.contents == []


def test_a_refused_sender_stops_everything_and_blames_nobody(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="refuses us"):
        delivered(tmp_path, MAIL="553 5.7.1 sender not owned by user")


@pytest.mark.parametrize("stage", ["DATA", "dot"])
def test_a_refused_content_is_rejected_and_its_evidence_named(tmp_path: Path, stage: str) -> None:
    outcome, _, noted = delivered(tmp_path, **{stage: "554 5.7.1 spam"})
    assert isinstance(outcome, Blocked)
    assert outcome.by is BlockedBy.REJECTED
    assert len(outcome.evidence) == 1
    assert (noted.heard is not None) is (stage == "dot")


def test_not_now_after_the_dot_is_known_not_to_be_sent(tmp_path: Path) -> None:
    outcome, _, noted = delivered(tmp_path, dot="452 4.3.1 no room")
    assert isinstance(outcome, NotSent)
    assert outcome.again_at is not None
    assert noted.heard is not None


@pytest.mark.parametrize("failure", [DROP, STALL, "nonsense", "220 what?"])
def test_a_server_lost_after_the_dot_leaves_it_unclear(tmp_path: Path, failure: str) -> None:
    outcome, server, noted = delivered(tmp_path, dot=failure)
    assert isinstance(outcome, Unclear)
    assert len(outcome.evidence) == 1
    assert noted.heard is not None
    assert len(server.contents) == 1


@pytest.mark.parametrize(
    ("when", "failure"),
    [("words", DROP), ("words", "421 closing"), ("words", "250 ok?"), ("DATA", "421 closing"), ("DATA", "250 ok?")],
)
def test_a_server_that_speaks_or_hangs_up_before_the_dot_never_gets_it(tmp_path: Path, when: str, failure: str) -> None:
    script = {when: failure} if when == "words" else {"DATA": "354 go on\r\n" + failure}

    async def work() -> tuple[Delivery, ScriptedSmtp]:
        async with scripted_smtp(**script) as server, probe_to(server.port, tmp_path) as probe:

            async def note() -> None:
                await asyncio.sleep(0.2)

            return await probe.deliver(outgoing(), note), server

    outcome, server = asyncio.run(work())
    assert isinstance(outcome, NotSent)
    assert server.contents == []


class Refused(Exception):
    """The journal does not let it go."""


def test_when_the_journal_refuses_the_hand_over_the_dot_is_never_sent(tmp_path: Path) -> None:
    async def work() -> ScriptedSmtp:
        async with scripted_smtp() as server, probe_to(server.port, tmp_path) as probe:
            with pytest.raises(Refused):
                await probe.deliver(outgoing(), Noted(server, fails=Refused()))
            await asyncio.sleep(0.1)
            return server

    assert asyncio.run(work()).contents == []


@pytest.mark.parametrize("farewell", [DROP, STALL, "500 no"])
def test_a_server_that_takes_no_leave_does_not_undo_the_sending(tmp_path: Path, farewell: str) -> None:
    outcome, _, _ = delivered(tmp_path, QUIT=farewell)
    assert isinstance(outcome, Sent)


def test_one_probe_sends_one_message_after_the_other(tmp_path: Path) -> None:
    async def work() -> list[Delivery]:
        async with scripted_smtp(QUIT=STALL) as server, probe_to(server.port, tmp_path) as probe:
            return [await probe.deliver(outgoing(token=token), Noted(server)) for token in ("one", "two")]

    assert [type(outcome) for outcome in asyncio.run(work())] == [Sent, Sent]


def test_an_address_that_is_none_is_blocked_before_a_server_hears_of_it(tmp_path: Path) -> None:
    outcome, server, _ = delivered(tmp_path, outgoing("contact@lampes.test\r\nRCPT TO:<all@shop.test>"))
    assert outcome == Blocked(BlockedBy.NO_ADDRESS, "the target is no mail address")
    assert server.commands == []


def test_words_that_cannot_be_written_are_blocked_before_a_server_hears_of_them(tmp_path: Path) -> None:
    outcome, server, _ = delivered(tmp_path, outgoing(subject="Bonjour\r\nBcc: all@shop.test"))
    assert isinstance(outcome, Blocked)
    assert outcome.by is BlockedBy.NOT_UNDERSTOOD
    assert server.commands == []


def test_an_address_outside_ascii_wants_a_server_that_takes_it(tmp_path: Path) -> None:
    outcome, server, _ = delivered(tmp_path, outgoing("josé@lampes.test"))
    assert isinstance(outcome, Blocked)
    assert "SMTPUTF8" in outcome.why
    outcome, server, _ = delivered(tmp_path, outgoing("josé@lampes.test"), EHLO="250-scripted.test\r\n250 SMTPUTF8")
    assert isinstance(outcome, Sent)
    assert server.commands[1].endswith(" SMTPUTF8")
    assert server.commands[2] == "RCPT TO:<josé@lampes.test>"


def test_a_connection_in_the_clear_is_for_this_machine_alone() -> None:
    with pytest.raises(ValueError, match="encrypted"):
        MailServer("mail.shop.test", 25, Protection.NONE)


def test_the_password_is_not_shown_with_the_server() -> None:
    server = MailServer("127.0.0.1", 25, Protection.TLS, "camille", "very secret")
    assert "very secret" not in repr(server) + str(server)


def real(
    mail: MailServers, tmp_path: Path, protection: Protection, password: str = PASSWORD, trusted: bool = True
) -> EmailProbe:
    """Return a probe that logs in to the real Postfix."""
    port = mail.ports.smtps if protection is Protection.TLS else mail.ports.smtp
    server = MailServer("127.0.0.1", port, protection, OPERATOR, password, mail.certificate if trusted else None)
    return EmailProbe(server, SENDER, EvidenceStore(tmp_path / "evidence"))


async def nothing() -> None:
    """Note nothing."""


def really(probe: EmailProbe, attempt: Outgoing, note: Callable[[], Awaitable[None]] = nothing) -> Delivery:
    async def work() -> Delivery:
        async with probe:
            return await probe.deliver(attempt, note)

    return asyncio.run(work())


@pytest.mark.parametrize("protection", [Protection.TLS, Protection.STARTTLS])
def test_postfix_takes_a_message_over_tls_and_the_merchant_and_we_receive_it(
    mail: MailServers, tmp_path: Path, protection: Protection
) -> None:
    shop = mail.box(f"{protection}@lampes.test")
    outcome = really(real(mail, tmp_path, protection), outgoing(shop.address, f"tls{protection}"))
    assert isinstance(outcome, Sent)
    assert "queued as" in outcome.said
    received, copy = parsed(shop.waiting(1)[0]), parsed(mail.operator().waiting(1)[0])
    assert received["Message-ID"] == copy["Message-ID"] == f"<tls{protection}.1@answers.test>"
    assert received["Return-Path"] == f"<tls{protection}@answers.test>"
    assert "ESMTPSA" in str(received["Received"]) + "".join(map(str, received.get_all("Received")))


@pytest.mark.parametrize("protection", [Protection.TLS, Protection.STARTTLS])
def test_a_certificate_that_is_not_trusted_stops_everything(
    mail: MailServers, tmp_path: Path, protection: Protection
) -> None:
    with pytest.raises(Unreachable, match=r"(?i)certificate"):
        really(real(mail, tmp_path, protection, trusted=False), outgoing())


def test_a_wrong_password_stops_everything_and_is_not_repeated(mail: MailServers, tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as caught:
        really(real(mail, tmp_path, Protection.TLS, "wrong-secret"), outgoing())
    assert "wrong-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("greylisted@lampes.test", NotSent),
        ("full@lampes.test", NotSent),
        ("closed@lampes.test", Blocked),
        ("gone@lampes.test", Blocked),
    ],
)
def test_postfix_refusals_are_told_apart(mail: MailServers, tmp_path: Path, target: str, expected: type) -> None:
    assert isinstance(really(real(mail, tmp_path, Protection.TLS), outgoing(target)), expected)
    mail.settle()
    assert mail.operator().messages() == []


def test_postfix_drops_a_message_whose_dot_never_came(mail: MailServers, tmp_path: Path) -> None:
    shop = mail.box("contact@lampes.test")
    before = len(shop.messages())

    async def refuse() -> None:
        raise Refused

    with pytest.raises(Refused):
        really(real(mail, tmp_path, Protection.TLS), outgoing(shop.address, "nodot"), refuse)
    assert isinstance(really(real(mail, tmp_path, Protection.TLS), outgoing(shop.address, "withdot")), Sent)
    received = shop.waiting(before + 1)[before:]
    mail.settle()
    assert [parsed(raw)["Message-ID"] for raw in received] == ["<withdot.1@answers.test>"]
    assert len(shop.messages()) == before + 1
