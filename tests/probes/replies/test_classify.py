"""What a reply is: invented mails of many systems and six languages, and the order of the rules."""

import os
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from benchmarks.reply_accuracy import below, measured
from probes.replies.classify import Context, Verdict, classify, fingerprint
from probes.replies.message import Message, parse_message
from storage.vocabulary import ReplyKind
from tests.probes.replies.letters import Letter, invented, mail, report

CORPUS = Path(os.environ.get("BAROMETER_CORPUS", "../shared/corpus")) / "emails"
LETTERS = list(invented())
WORDED = [letter for letter in LETTERS if letter.kind is not ReplyKind.BOUNCE and "delay" not in letter.name]
OUR_QUESTION = "\n\nLe lun. 2 nov. 2026 à 09:00, Alex <a@probe.example> a écrit :\n\n> Je suis absent demain.\n> Merci de votre message.\n"


def of(body: str, subject: str = "Re: Question", context: Context | None = None, **headers: str) -> Verdict:
    raw = mail(body, subject, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return classify(parse_message(raw), context or Context())


def with_headers(message: Message, **added: str) -> Message:
    return replace(
        message, headers=MappingProxyType({**message.headers, **{n.replace("_", "-"): (v,) for n, v in added.items()}})
    )


def test_there_are_invented_mails_of_every_kind_in_every_language() -> None:
    assert len(LETTERS) >= 120
    for language in ("fr", "en", "de", "es", "it", "nl"):
        kinds = {letter.kind for letter in LETTERS if f"-{language}-" in letter.name}
        assert kinds >= set(ReplyKind) - {ReplyKind.BOUNCE}


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.name)
def test_an_invented_mail_is_told_as_a_careful_reader_would(letter: Letter) -> None:
    verdict = classify(parse_message(letter.raw))
    assert verdict.kind is letter.kind, verdict
    assert verdict.rule


@pytest.mark.parametrize(
    "body",
    [
        "Chaque courriel est instruit par nos services.",
        "Every letter gets read by a member of staff, and every enquiry is logged.",
        "Die Bearbeitung jeder Anfrage erfolgt in der Reihenfolge ihres Eingangs.",
    ],
)
def test_what_becomes_of_messages_is_a_receipt_unless_somebody_says_i(body: str) -> None:
    assert of(f"{body}\n").kind is ReplyKind.ACKNOWLEDGEMENT
    assert of(f"{body} Je transmets le vôtre à mon collègue.\n").kind is ReplyKind.HUMAN


def test_an_address_below_a_word_is_a_signature_and_alone_it_is_where_to_write() -> None:
    assert of("Oui.\n\ninfo@valmont.example\n").kind is ReplyKind.HUMAN
    assert of("Désormais : info@valmont.example\n").kind is ReplyKind.OUT_OF_OFFICE


def test_a_question_on_our_message_is_no_receipt_of_it() -> None:
    assert of("Avez-vous reçu le courriel de notre transporteur ?\n").kind is ReplyKind.HUMAN


def test_a_promise_with_more_words_is_a_form_letter_only_where_nobody_says_i() -> None:
    promise = "La saison bat son plein chez les apiculteurs. {} On vous répond d'ici vendredi."
    assert of(promise.format("Les ruches passent avant tout.")).kind is ReplyKind.ACKNOWLEDGEMENT
    assert of(promise.format("Mes ruches passent avant tout.")).kind is ReplyKind.HUMAN


def test_the_record_of_a_new_ticket_is_an_acknowledgement() -> None:
    record = "Titre : Question\nDemandeur : client\nStatut : Nouveau\nDescription : Livrez-vous en Corse ?\n"
    assert of(record, "[GLPI #0000012] Nouveau ticket").kind is ReplyKind.ACKNOWLEDGEMENT
    assert of(record, "Nos dimensions").kind is ReplyKind.HUMAN


@pytest.mark.parametrize(
    "body",
    [
        "Nous accusons réception de votre courrier et vous informons que la garantie est de deux ans.\nUne facture suffit.",
        "Hi, we received your message. The lamp ships with a UK plug only, but an adapter is in the box.",
        "Votre demande a été transmise à notre atelier : le cuir peut être reteint, comptez 45 €.",
    ],
)
def test_an_answer_of_a_sentence_or_two_behind_a_receipt_is_still_taken_for_an_acknowledgement(body: str) -> None:
    """A known limit, kept because the other error is forbidden; whoever lifts it changes this test."""
    assert of(body).kind is ReplyKind.ACKNOWLEDGEMENT


@pytest.mark.parametrize("letter", WORDED, ids=lambda letter: letter.name)
def test_an_empty_return_path_and_an_address_make_no_bounce(letter: Letter) -> None:
    message = parse_message(letter.raw)
    message = with_headers(replace(message, text=f"{message.text}\n\ninfo@valmont.example\n"), return_path="<>")
    assert classify(message).kind is letter.kind


@pytest.mark.parametrize("letter", WORDED, ids=lambda letter: letter.name)
def test_our_own_words_that_a_reply_quotes_do_not_count(letter: Letter) -> None:
    message = parse_message(letter.raw)
    assert classify(replace(message, text=message.text + OUR_QUESTION)).kind is letter.kind


@pytest.mark.parametrize("letter", WORDED, ids=lambda letter: letter.name)
def test_asking_others_not_to_answer_says_nothing_of_the_writer(letter: Letter) -> None:
    assert classify(with_headers(parse_message(letter.raw), x_auto_response_suppress="All")).kind is letter.kind


@pytest.mark.parametrize(
    ("action", "status", "kind", "permanent"),
    [
        ("failed", "5.1.1", ReplyKind.BOUNCE, True),
        ("failed", "5.2.2", ReplyKind.BOUNCE, False),
        ("failed", "4.4.7", ReplyKind.BOUNCE, False),
        ("delayed", "4.4.1", ReplyKind.OTHER_AUTOMATIC, None),
        ("delivered", "2.0.0", ReplyKind.OTHER_AUTOMATIC, None),
        ("relayed", "2.0.0", ReplyKind.OTHER_AUTOMATIC, None),
    ],
)
def test_a_delivery_report_is_told_by_its_action(
    action: str, status: str, kind: ReplyKind, permanent: bool | None
) -> None:
    verdict = classify(parse_message(report(action, status)))
    assert (verdict.kind, verdict.permanent) == (kind, permanent)
    assert verdict.rule.startswith("dsn.")


def test_a_full_mailbox_in_words_is_a_failure_that_passes() -> None:
    raw = mail(
        "The message could not be delivered to x@y.example: mailbox is full", "Undeliverable", "MAILER-DAEMON@y.example"
    )
    assert classify(parse_message(raw)).permanent is False


def test_a_mail_system_that_writes_a_language_we_do_not_read_is_still_one() -> None:
    raw = mail("Teie sõnumit ei õnnestunud kohale toimetada", "Teade", "MAILER-DAEMON@y.example")
    assert classify(parse_message(raw)).kind is ReplyKind.BOUNCE


@pytest.mark.parametrize("writer", ["delivery@shop.example", "postmaster@shop.example"])
def test_a_person_who_speaks_of_a_parcel_is_no_mail_system(writer: str) -> None:
    body = "Hi Alex, the parcel could not be delivered because nobody was home. Write to ruth@shop.example."
    assert classify(parse_message(mail(body, "Re: My parcel", writer))).kind is ReplyKind.HUMAN


def test_an_abuse_report_and_a_read_receipt_are_other_automatic() -> None:
    for kind in ("feedback-report", "disposition-notification"):
        raw = (
            f"From: a@b.example\nSubject: Report\nContent-Type: multipart/report; report-type={kind}; boundary=x\n\n"
            f"--x\nContent-Type: text/plain\n\nSee below.\n--x\nContent-Type: message/{kind}\n\nVersion: 1\n--x--\n"
        )
        assert classify(parse_message(raw.encode())).kind is ReplyKind.OTHER_AUTOMATIC


def test_a_responder_without_telling_words_means_an_absence_and_a_generator_nothing_known() -> None:
    assert of("Ano.", "Ohlas", Auto_Submitted="auto-replied").kind is ReplyKind.OUT_OF_OFFICE
    assert of("Ano.", "Ohlas", Auto_Submitted="auto-generated").kind is ReplyKind.OTHER_AUTOMATIC


def test_a_header_that_denies_a_machine_is_believed() -> None:
    assert of("Oui, en bleu et en vert.", Auto_Submitted="no").kind is ReplyKind.HUMAN


def test_an_answer_sent_on_by_a_list_is_a_persons() -> None:
    assert of("The jacket has two pockets inside.", List_Id="<sales.thimble.example>").kind is ReplyKind.HUMAN


def test_a_body_like_an_earlier_acknowledgement_is_one_too() -> None:
    body = "Salut Alex, la maison a ton billet numero {} sous la main et la plume est prete, patience et courage."
    first = parse_message(mail(body.format("41")))
    again = parse_message(mail(body.format("77")))
    assert classify(again).kind is ReplyKind.HUMAN
    verdict = classify(again, Context(earlier_acknowledgements=frozenset({fingerprint(first)})))
    assert (verdict.kind, verdict.rule) == (ReplyKind.ACKNOWLEDGEMENT, "context.same-body")


def test_a_short_body_is_no_form_letter() -> None:
    assert fingerprint(parse_message(mail("Oui, merci !"))) == ""


@pytest.mark.parametrize(
    ("seconds", "kind"), [(0.5, ReplyKind.ACKNOWLEDGEMENT), (600.0, ReplyKind.HUMAN), (-5.0, ReplyKind.HUMAN)]
)
def test_an_answer_within_seconds_was_written_by_nobody(seconds: float, kind: ReplyKind) -> None:
    assert of("Two pockets, both inside.", context=Context(seconds_since_sent=seconds)).kind is kind


def test_our_own_message_repeated_without_a_mark_does_not_count() -> None:
    ours = "Bonjour, je suis absent jusqu'au 3 mars, pouvez-vous me dire si la veste a des poches ?"
    reply = f"Nous avons bien reçu votre message et vous répondrons sous 48 h.\n\n{ours}"
    assert of(reply, context=Context(sent_text=ours)).kind is ReplyKind.ACKNOWLEDGEMENT


def test_an_acknowledgement_with_our_message_below_is_one() -> None:
    echoed = "Nous avons bien reçu votre message.\n\nRappel de votre message :\nBonjour, pouvez-vous m'indiquer le prix ? Je suis pressé."
    assert of(echoed, "Votre message").kind is ReplyKind.ACKNOWLEDGEMENT


@pytest.mark.corpus
def test_the_floors_of_the_open_corpus_hold() -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS}; give its folder in BAROMETER_CORPUS")
    figures, _ = measured(CORPUS, [])
    assert below(figures, CORPUS) == []
