"""Every message that comes back is kept, understood, tied to its attempt, and written down once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import func, select

from probes import intake
from probes.intake import OWN_COPY_BOUNCED, UNREADABLE, Taken, take_in
from probes.mail.compose import compose
from probes.probe import Sender
from storage.database import open_database
from storage.evidence import EvidenceStore
from storage.records import Event, MailboxPosition
from storage.vocabulary import AttemptState, ReplyKind
from tests.probes.mail.posted import T0, Books, Lying, letter, outgoing_of

S = AttemptState
ANSWER = "Bonjour Madame,\n\nOui, nous livrons en Corse sous huit jours, les frais sont de douze euros.\n\nBien à vous"
RECEIPT = (
    "Bonjour,\n\nNous avons bien reçu votre message et nous vous répondrons dans les meilleurs délais.\n\n"
    "Ceci est un message automatique, merci de ne pas y répondre."
)
AWAY = "Je suis absente du bureau jusqu'au 12 novembre, je vous répondrai à mon retour."


@pytest.fixture
def books(database_url: str) -> Books:
    database = open_database(database_url)
    database.migrate()
    return Books(database)


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence")


def taken(books: Books, store: EvidenceStore, *letters: bytes) -> Taken:
    return asyncio.run(take_in(books.database, store, Lying(letters)))


def dsn(token: str, recipient: str, action: str = "failed", status: str = "5.1.1") -> bytes:
    return (
        f"From: MAILER-DAEMON@mail.test\r\nTo: {token}@answers.test\r\nDelivered-To: {token}@answers.test\r\n"
        f"Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <d{token}@mail.test>\r\nAuto-Submitted: auto-replied\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.test\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{token}.1@answers.test>\r\n\r\n--b--\r\n"
    ).encode()


def test_an_answer_to_the_attempts_own_address_answers_it(books: Books, store: EvidenceStore) -> None:
    attempt = books.attempt("tokena")
    raw = letter(ANSWER, to="tokena@answers.test", message_id="<r1@lampes.test>")
    assert taken(books, store, raw) == Taken(1, 0, 0)
    reply = books.replies()[0]
    assert (reply.attempt_id, reply.kind) == (attempt.id, ReplyKind.HUMAN)
    assert reply.received_at == T0 + timedelta(hours=2, minutes=1)
    assert (reply.matched_by, reply.message_id, reply.source) == ("address.to", "r1@lampes.test", "lying")
    assert "nous livrons en Corse" in (reply.text or "")
    assert store.get(reply.evidence) == raw
    assert books.again(attempt.id).state is S.ANSWERED
    event = books.life(attempt.id)[-1]
    assert (event.state, event.at, event.evidence, event.actor) == (
        S.ANSWERED,
        reply.received_at,
        reply.evidence,
        "intake",
    )


@pytest.mark.parametrize(
    ("raw", "kind", "state"),
    [
        (letter(RECEIPT, to="tokena@answers.test"), ReplyKind.ACKNOWLEDGEMENT, S.ACKNOWLEDGED),
        (letter(AWAY, to="tokena@answers.test", auto_submitted="auto-replied"), ReplyKind.OUT_OF_OFFICE, S.SENT),
        (dsn("tokena", "contact@lampes.test"), ReplyKind.BOUNCE, S.BOUNCED),
        (dsn("tokena", "contact@lampes.test", "delayed", "4.4.1"), ReplyKind.OTHER_AUTOMATIC, S.SENT),
    ],
)
def test_each_kind_takes_the_attempt_where_the_method_says(
    books: Books, store: EvidenceStore, raw: bytes, kind: ReplyKind, state: AttemptState
) -> None:
    attempt = books.attempt("tokena")
    taken(books, store, raw)
    assert books.replies()[0].kind is kind
    assert books.again(attempt.id).state is state
    assert books.life(attempt.id)[-1].evidence == books.replies()[0].evidence


def test_a_hard_bounce_is_told_from_a_soft_one(books: Books, store: EvidenceStore) -> None:
    books.attempt("tokena")
    books.attempt("tokenb")
    taken(books, store, dsn("tokena", "contact@lampes.test"), dsn("tokenb", "contact@lampes.test", "failed", "4.2.2"))
    assert [reply.permanent for reply in books.replies()] == [True, False]


def test_the_receipt_comes_first_and_the_answer_afterwards(books: Books, store: EvidenceStore) -> None:
    attempt = books.attempt("tokena")
    taken(books, store, letter(RECEIPT, to="tokena@answers.test"), letter(ANSWER, to="tokena@answers.test"))
    assert [event.state for event in books.life(attempt.id)][-3:] == [S.SENT, S.ACKNOWLEDGED, S.ANSWERED]


def test_what_comes_after_the_answer_is_noted_and_takes_nothing_back(books: Books, store: EvidenceStore) -> None:
    attempt = books.attempt("tokena")
    letters = [letter(ANSWER, to="tokena@answers.test"), letter(RECEIPT, to="tokena@answers.test"),
               dsn("tokena", "contact@lampes.test")]  # fmt: skip
    taken(books, store, *letters)
    assert books.again(attempt.id).state is S.ANSWERED
    assert len([event for event in books.life(attempt.id) if event.state is S.ANSWERED]) == 3


def test_an_answer_after_the_window_is_still_an_answer(books: Books, store: EvidenceStore) -> None:
    attempt = books.attempt("tokena", S.EXPIRED)
    taken(books, store, letter(ANSWER, to="tokena@answers.test"))
    assert books.again(attempt.id).state is S.ANSWERED


def test_a_mailbox_read_again_from_the_start_changes_nothing(books: Books, store: EvidenceStore) -> None:
    attempt = books.attempt("tokena")
    source = Lying([letter(RECEIPT, to="tokena@answers.test"), letter(ANSWER, to="tokena@answers.test")])
    assert asyncio.run(take_in(books.database, store, source)) == Taken(2, 0, 0)
    life = len(books.life(attempt.id))
    source.valid = "2"
    assert asyncio.run(take_in(books.database, store, source)) == Taken(0, 0, 2)
    assert source.asked == [None, None]
    assert len(books.replies()) == 2
    assert len(books.life(attempt.id)) == life


def test_the_next_reading_begins_where_the_last_one_ended(books: Books, store: EvidenceStore) -> None:
    source = Lying([letter("one", subject="x"), letter("two", subject="y")])
    asyncio.run(take_in(books.database, store, source))
    source.letters.append(letter("three", subject="z"))
    assert asyncio.run(take_in(books.database, store, source)) == Taken(1, 0, 0)
    assert source.asked == [None, "2"]
    with books.database.reading() as session:
        assert [(one.mailbox, one.position) for one in session.scalars(select(MailboxPosition))] == [("lying", "3")]


@pytest.mark.parametrize("dies_in", ["_written", "_move_on"])
def test_a_process_that_dies_in_between_leaves_all_or_nothing(
    books: Books, store: EvidenceStore, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    attempt = books.attempt("tokena")
    source = Lying([letter(ANSWER, to="tokena@answers.test")])
    whole = getattr(intake, dies_in)

    def dying(*arguments: object) -> None:
        whole(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(intake, dies_in, dying)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(take_in(books.database, store, source))
    monkeypatch.undo()
    assert books.replies() == []
    assert books.again(attempt.id).state is S.SENT
    assert asyncio.run(take_in(books.database, store, source)) == Taken(1, 0, 0)
    assert books.again(attempt.id).state is S.ANSWERED


def test_two_readers_of_one_mailbox_write_each_message_once(
    books: Books, store: EvidenceStore, database_url: str
) -> None:
    attempts = [books.attempt(f"token{number}") for number in range(10)]
    letters = [letter(f"{ANSWER} {number}", to=f"token{number}@answers.test") for number in range(10)]
    both = Barrier(2)

    def reader() -> Taken:
        with open_database(database_url) as database:
            both.wait(30)
            return asyncio.run(take_in(database, store, Lying(letters)))

    with ThreadPoolExecutor(2) as readers:
        first, second = (one.result() for one in [readers.submit(reader), readers.submit(reader)])
    assert first.replies + second.replies == 10
    assert first.known + second.known == 10
    assert len(books.replies()) == 10
    for attempt in attempts:
        assert [event.state for event in books.life(attempt.id)].count(S.ANSWERED) == 1


def own_copy(books: Books, token: str, state: AttemptState) -> tuple[str, bytes]:
    attempt = books.attempt(token, state)
    raw = compose(outgoing_of(attempt), Sender("Camille Moreau", "camille@answers.test"), T0)
    return attempt.id, b"Delivered-To: " + token.encode() + b"@answers.test\r\n" + raw


def test_the_copy_to_ourselves_is_no_reply(books: Books, store: EvidenceStore) -> None:
    attempt_id, copy = own_copy(books, "tokena", S.SENT)
    life = len(books.life(attempt_id))
    assert taken(books, store, copy) == Taken(0, 1, 0)
    assert books.replies() == []
    assert len(books.life(attempt_id)) == life


@pytest.mark.parametrize("state", [S.UNKNOWN, S.SENDING])
def test_the_copy_proves_that_a_message_in_doubt_had_left(
    books: Books, store: EvidenceStore, state: AttemptState
) -> None:
    attempt_id, copy = own_copy(books, "tokena", state)
    taken(books, store, copy)
    attempt = books.again(attempt_id)
    assert attempt.state is S.SENT
    assert attempt.t0 == T0 + timedelta(hours=2, minutes=1)
    evidence = books.life(attempt_id)[-1].evidence
    assert evidence is not None
    assert store.get(evidence) == copy


def test_an_answer_proves_it_too_and_the_clock_starts_at_the_hand_over(books: Books, store: EvidenceStore) -> None:
    attempt = books.attempt("tokena", S.UNKNOWN)
    taken(books, store, letter(ANSWER, to="tokena@answers.test"))
    assert [event.state for event in books.life(attempt.id)][-3:] == [S.UNKNOWN, S.SENT, S.ANSWERED]
    assert books.again(attempt.id).t0 == T0


def test_a_mail_that_is_tied_by_its_domain_alone_proves_nothing(books: Books, store: EvidenceStore) -> None:
    attempt = books.attempt("tokena", S.UNKNOWN)
    taken(books, store, letter(ANSWER, subject="Nos nouveautés"))
    assert books.again(attempt.id).state is S.UNKNOWN


def test_a_merchant_that_writes_under_our_message_id_is_read_all_the_same(books: Books, store: EvidenceStore) -> None:
    books.attempt("tokena")
    raw = letter(ANSWER, to="tokena@answers.test", message_id="<tokena.1@answers.test>")
    assert taken(books, store, raw) == Taken(1, 0, 0)
    assert books.replies()[0].kind is ReplyKind.HUMAN


def test_a_bounce_of_the_copy_alone_is_no_bounce_of_the_merchant(books: Books, store: EvidenceStore) -> None:
    attempt = books.attempt("tokena")
    taken(books, store, dsn("tokena", "tokena@answers.test"))
    assert (books.replies()[0].kind, books.replies()[0].rule) == (ReplyKind.OTHER_AUTOMATIC, OWN_COPY_BOUNCED)
    assert books.again(attempt.id).state is S.SENT


def test_an_ambiguous_mail_goes_to_a_person_with_its_candidates(books: Books, store: EvidenceStore) -> None:
    one, two = books.attempt("tokena"), books.attempt("tokenb")
    taken(books, store, letter(ANSWER, subject="Votre question"))
    reply = books.replies()[0]
    assert reply.attempt_id is None
    assert set(reply.candidates) == {one.id, two.id}
    assert {books.again(attempt.id).state for attempt in (one, two)} == {S.SENT}


def test_a_mail_of_a_stranger_is_kept_and_tied_to_nothing(books: Books, store: EvidenceStore) -> None:
    books.attempt("tokena")
    taken(books, store, letter("Le programme de la kermesse", sender="ecole@village.test", subject="Kermesse"))
    reply = books.replies()[0]
    assert (reply.attempt_id, reply.candidates, reply.matched_by) == (None, [], None)
    assert store.exists(reply.evidence)


def test_a_mail_that_quotes_another_attempts_address_goes_where_it_was_delivered(
    books: Books, store: EvidenceStore
) -> None:
    ours, other = books.attempt("tokena"), books.attempt("tokenb")
    quoting = (
        f"{ANSWER}\n\nÉcrivez à tokenb@answers.test\n> To: tokenb@answers.test\n> Message-ID: <tokenb.1@answers.test>"
    )
    taken(books, store, letter(quoting, to="tokena@answers.test"))
    assert books.again(ours.id).state is S.ANSWERED
    assert books.again(other.id).state is S.SENT


def test_a_ticket_number_ties_a_later_mail_of_the_same_merchant(books: Books, store: EvidenceStore) -> None:
    ours = books.attempt("tokena")
    books.attempt("tokenb")
    receipt = letter(RECEIPT, to="tokena@answers.test", subject="[#48213] Votre demande")
    later = letter(ANSWER, subject="[#48213] Votre demande : réponse")
    taken(books, store, receipt, later)
    assert [(reply.attempt_id, reply.matched_by) for reply in books.replies()] == [
        (ours.id, "address.to"), (ours.id, "subject.ticket")]  # fmt: skip


def test_the_same_letter_of_the_same_merchant_is_an_acknowledgement_as_before(
    books: Books, store: EvidenceStore
) -> None:
    books.attempt("tokena")
    second = books.attempt("tokenb", subject="Une autre question")
    same = "Chère cliente, cher client, la boutique vous remercie de votre visite et pense à vous chaque jour."
    with_header = letter(same, to="tokena@answers.test", auto_submitted="auto-replied")
    taken(books, store, with_header, letter(same, to="tokenb@answers.test"))
    first, again = books.replies()
    if first.kind is ReplyKind.ACKNOWLEDGEMENT:
        assert (again.attempt_id, again.kind, again.rule) == (second.id, ReplyKind.ACKNOWLEDGEMENT, "context.same-body")
    else:
        pytest.fail(f"the first letter was taken for {first.kind} by {first.rule}")


def test_names_and_addresses_of_staff_stay_in_the_evidence_alone(books: Books, store: EvidenceStore) -> None:
    books.attempt("tokena")
    words = f"{ANSWER}\nJosiane Delcourt\njosiane.delcourt@lampes.test"
    taken(
        books, store, letter(words, to="tokena@answers.test", sender="Josiane Delcourt <josiane.delcourt@lampes.test>")
    )
    reply = books.replies()[0]
    assert "elcourt" not in (reply.text or "")
    assert b"elcourt" in store.get(reply.evidence)


def test_a_mail_that_breaks_the_reader_is_kept_for_a_person(
    books: Books, store: EvidenceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = books.attempt("tokena")

    def broken(*arguments: object) -> None:
        raise RecursionError

    monkeypatch.setattr(intake, "classify", broken)
    raw = letter(ANSWER, to="tokena@answers.test")
    assert taken(books, store, raw) == Taken(1, 0, 0)
    reply = books.replies()[0]
    assert (reply.rule, reply.attempt_id, reply.text) == (UNREADABLE, None, None)
    assert store.get(reply.evidence) == raw
    assert books.again(attempt.id).state is S.SENT


HOSTILE = {
    "empty": b"",
    "zeros": b"\x00" * 5_000,
    "no headers": b"\xff\xfe" * 5_000,
    "header bomb": b"".join(b"X-%d: y\r\n" % number for number in range(20_000)) + b"\r\nwords",
    "long header": b"Subject: " + b"a" * 1_000_000 + b"\r\n\r\nwords",
    "many parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 10_000,
    "deep parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(500)
    ),
    "broken charset": b'Content-Type: text/plain; charset="no-such"\r\n\r\n\xe9\xff',
    "forged date": b"Date: Thu, 99 Foo 99999 99:99:99 +9999\r\n\r\nwords",
    "blank lines": b"Subject: x\r\n\r\n" + b"\r\n" * 100_000,
    "quotations": b"Subject: x\r\n\r\n" + b"On Monday somebody wrote:\r\n" * 5_000,
    "nul in headers": b"From: a\x00b <a@lampes.test>\r\nSubject: \x00\x1b[2J\r\nMessage-ID: <\x00@x>\r\n\r\n\x00\xed\xa0\x80",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_mail_is_it_is_kept_and_those_behind_it_are_read(
    books: Books, store: EvidenceStore, name: str
) -> None:
    attempt = books.attempt("tokena")
    assert taken(books, store, HOSTILE[name], letter(ANSWER, to="tokena@answers.test")) == Taken(2, 0, 0)
    assert {store.get(reply.evidence) for reply in books.replies()} >= {HOSTILE[name]}
    assert books.again(attempt.id).state is S.ANSWERED


def test_a_mail_of_many_megabytes_is_kept_and_read(books: Books, store: EvidenceStore) -> None:
    attempt = books.attempt("tokena")
    raw = letter(ANSWER, to="tokena@answers.test") + b"\r\n" + b"A" * 10_000_000
    assert taken(books, store, raw) == Taken(1, 0, 0)
    assert books.replies()[0].attempt_id == attempt.id


def test_a_cancelled_attempt_keeps_its_state_and_the_reply_is_kept(books: Books, store: EvidenceStore) -> None:
    attempt = books.attempt("tokena", S.CANCELLED)
    taken(books, store, letter(ANSWER, to="tokena@answers.test"))
    assert books.replies()[0].attempt_id == attempt.id
    assert books.again(attempt.id).state is S.CANCELLED


def test_events_are_written_for_replies_alone(books: Books, store: EvidenceStore, database_url: str) -> None:
    books.attempt("tokena")
    with books.database.reading() as session:
        before = session.scalar(select(func.count()).select_from(Event))
    taken(books, store, letter("words", sender="a@b.test", subject="x"))
    with books.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == before
