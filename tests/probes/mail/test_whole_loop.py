"""From an attempt to its answer through real servers: Postfix, Dovecot, Sieve, and back into the journal."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from probes.intake import Taken, take_in
from probes.journal import HANDING_OVER, INTENT, Step, take
from probes.mail.maildir import Maildir
from probes.mail.server import MailServer, Protection
from probes.mail.smtp import EmailProbe
from probes.probe import Sent, Source
from storage.database import open_database
from storage.evidence import EvidenceStore
from storage.records import Attempt
from storage.vocabulary import AttemptState, ReplyKind
from tests.mail_servers import OPERATOR, PASSWORD, MailServers
from tests.probes.mail.letters import SENDER, operators_folder
from tests.probes.mail.posted import Books, outgoing_of

S = AttemptState
OLD = timedelta(hours=1)
ANSWER = "Bonjour,\n\nOui, nous livrons en Corse, comptez huit jours et douze euros de frais.\n\nBonne journée"


class Loop:
    """A campaign that is sent through the servers and whose answers are read from them."""

    def __init__(self, mail: MailServers, books: Books, store: EvidenceStore) -> None:
        self.mail, self.books, self.store = mail, books, store

    def send(self, token: str, target: str, *, killed: bool = False) -> Attempt:
        """Make an attempt on *target* as the program does, an hour ago by the journal's clock.

        *killed*: the sender died after the server's 250 and before it could write that down.
        """
        attempt = self.books.attempt(token, S.RELEASED, target.partition("@")[2], target=target)
        server = MailServer(
            "127.0.0.1", self.mail.ports.smtps, Protection.TLS, OPERATOR, PASSWORD, self.mail.certificate
        )
        database = self.books.database
        take(database, attempt.id, Step(S.SENDING, "sender 1", INTENT))

        async def work() -> Sent:
            async def handing_over() -> None:
                take(database, attempt.id, Step(S.SENDING, "sender 1", HANDING_OVER))

            async with EmailProbe(server, SENDER, self.store) as probe:
                outcome = await probe.deliver(outgoing_of(attempt), handing_over)
            assert isinstance(outcome, Sent), outcome
            return outcome

        sent = asyncio.run(work())
        if killed:
            take(database, attempt.id, Step(S.UNKNOWN, "recovery"))
            return self.books.again(attempt.id)
        # A person needs time to answer; who answers within seconds is taken for a machine.
        take(database, attempt.id, Step(S.SENT, "sender 1", sent.said, sent.evidence[0], t0=sent.t0 - OLD))
        return self.books.again(attempt.id)

    def read(self, source: Source | None = None) -> Taken:
        """Take in what lies in the operator's mailbox."""

        async def work() -> Taken:
            folder = operators_folder(self.mail)
            try:
                return await take_in(self.books.database, self.store, source or folder)
            finally:
                await folder.close()

        return asyncio.run(work())

    def state(self, attempt: Attempt) -> AttemptState:
        """Return the state of *attempt* now."""
        return self.books.again(attempt.id).state

    def kinds(self, attempt: Attempt) -> list[ReplyKind]:
        """Return what came back to *attempt*."""
        return [reply.kind for reply in self.books.replies() if reply.attempt_id == attempt.id]


@pytest.fixture
def loop(mail: MailServers, tmp_path: Path) -> Loop:
    database = open_database(f"sqlite:///{tmp_path / 'barometer.db'}")
    database.migrate()
    return Loop(mail, Books(database), EvidenceStore(tmp_path / "evidence"))


@pytest.mark.slow
def test_every_way_in_which_a_merchant_may_react_ends_where_the_method_says(loop: Loop) -> None:
    mail = loop.mail
    shop, away = mail.box("contact@lampes.test"), mail.box("sav@vacances.test")
    away.absent("Je suis absente du bureau jusqu'au 12 novembre et vous répondrai à mon retour.")
    answered = loop.send("tokena", shop.address)
    absent = loop.send("tokenb", away.address)
    unknown = loop.send("tokenc", "nobody@lampes.test")
    late = loop.send("tokend", "contact@slow.test")
    silent = loop.send("tokene", mail.box("muet@silence.test").address)

    mail.answer(shop.address, shop.waiting(1)[0], ANSWER)
    mail.operator().waiting(5 + 4)
    assert loop.read() == Taken(replies=4, own_copies=5, known=0)

    assert [loop.state(one) for one in (answered, absent, unknown, late, silent)] == [
        S.ANSWERED, S.SENT, S.BOUNCED, S.SENT, S.SENT]  # fmt: skip
    assert loop.kinds(answered) == [ReplyKind.HUMAN]
    assert loop.kinds(absent) == [ReplyKind.OUT_OF_OFFICE]
    assert loop.kinds(unknown) == [ReplyKind.BOUNCE]
    assert loop.kinds(late) == [ReplyKind.OTHER_AUTOMATIC]
    assert loop.kinds(silent) == []
    assert all(reply.attempt_id for reply in loop.books.replies())
    assert loop.read() == Taken(0, 0, 0)

    mail.answer(away.address, away.waiting(1)[0], ANSWER)
    mail.operator().waiting(5 + 4 + 1)
    assert loop.read() == Taken(1, 0, 0)
    assert loop.state(absent) is S.ANSWERED


@pytest.mark.slow
def test_the_mailbox_read_as_a_maildir_says_the_same(loop: Loop) -> None:
    shop = loop.mail.box("bonjour@tapis.test")
    attempt = loop.send("tokenf", shop.address)
    loop.mail.answer(shop.address, shop.waiting(1)[0], ANSWER)
    loop.mail.operator().waiting(2)
    maildir = Maildir(loop.mail.operator().home / "Maildir")
    assert loop.read(maildir) == Taken(1, 1, 0)
    assert loop.state(attempt) is S.ANSWERED
    assert loop.read(maildir).replies == 0


@pytest.mark.slow
def test_a_reply_that_lost_every_header_but_its_address_is_tied_by_it(loop: Loop) -> None:
    attempt = loop.send("tokeng", loop.mail.box("bonjour@tapis.test").address)
    raw = f"From: agent@elsewhere.test\r\nTo: undisclosed\r\nSubject: votre question\r\n\r\n{ANSWER}\r\n"
    loop.mail.send("agent@elsewhere.test", "tokeng@answers.test", raw.encode())
    loop.mail.operator().waiting(2)
    loop.read()
    assert loop.kinds(attempt) == [ReplyKind.HUMAN]
    assert loop.books.replies()[-1].matched_by == "address.delivered-to"


@pytest.mark.slow
def test_the_copy_in_the_mailbox_settles_what_a_killed_sender_left_open(loop: Loop) -> None:
    attempt = loop.send("tokenh", loop.mail.box("bonjour@tapis.test").address, killed=True)
    assert loop.state(attempt) is S.UNKNOWN
    arrived = loop.mail.operator().waiting(1)
    assert loop.read() == Taken(0, 1, 0)
    assert loop.state(attempt) is S.SENT
    proof = loop.books.life(attempt.id)[-1].evidence
    assert proof is not None
    assert loop.store.get(proof).replace(b"\r\n", b"\n") == arrived[0]
