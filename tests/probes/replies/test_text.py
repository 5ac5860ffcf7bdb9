"""The new words alone, in six languages, from plain text and HTML."""

import pytest

from probes.replies.message import parse_message
from probes.replies.text import new_words, unquoted
from tests.probes.replies.letters import mail

INTRODUCTIONS = {
    "fr": "Le lun. 2 nov. 2026 à 09:00, Alex Dupont <a@probe.example> a écrit :",
    "en": "On Mon, 2 Nov 2026 at 09:00, Alex Dupont <a@probe.example> wrote:",
    "de": "Am Mo., 2. Nov. 2026 um 09:00 Uhr schrieb Alex Dupont <a@probe.example>:",
    "es": "El lun, 2 nov 2026 a las 9:00, Alex Dupont (<a@probe.example>) escribió:",
    "it": "Il giorno lun 2 nov 2026 alle ore 09:00 Alex Dupont <a@probe.example> ha scritto:",
    "nl": "Op ma 2 nov 2026 om 09:00 schreef Alex Dupont <a@probe.example>:",
}
CLOSINGS = {
    "fr": "Bien cordialement,\nMarie Lenoir\nService client\n03 99 00 12 34",
    "en": "Kind regards,\nHannah Baker\nOak & Thimble",
    "de": "Mit freundlichen Grüßen\nJ. Weber",
    "es": "Un saludo,\nElena Vega",
    "it": "Cordiali saluti\nGiulia Neri",
    "nl": "Met vriendelijke groet,\nEsther de Wit",
}
OUTLOOK = {
    "fr": "De : Alex <a@probe.example>\nEnvoyé : lundi 2 novembre 2026 09:00\nÀ : Boutique\nObjet : Question",
    "en": "From: Alex <a@probe.example>\nSent: Monday, November 2, 2026 9:00 AM\nTo: Shop\nSubject: Question",
    "de": "Von: Alex <a@probe.example>\nGesendet: Montag, 2. November 2026 09:00\nAn: Laden\nBetreff: Frage",
    "es": "De: Alex <a@probe.example>\nEnviado: lunes, 2 de noviembre de 2026 9:00\nPara: Tienda\nAsunto: Pregunta",
    "it": "Da: Alex <a@probe.example>\nInviato: lunedì 2 novembre 2026 09:00\nA: Negozio\nOggetto: Domanda",
    "nl": "Van: Alex <a@probe.example>\nVerzonden: maandag 2 november 2026 09:00\nAan: Winkel\nOnderwerp: Vraag",
}
ANSWER = "Hello Alex,\n\nTwo pockets, both inside.\nThe zip is brass."


@pytest.mark.parametrize("language", INTRODUCTIONS)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_what_is_quoted_below_its_introduction_is_left_out(language: str, mark: str) -> None:
    quoted = "\n".join(mark + line for line in ["Does it have pockets?", "", "Alex"])
    assert unquoted(f"{ANSWER}\n\n{INTRODUCTIONS[language]}\n\n{quoted}\n") == ANSWER


@pytest.mark.parametrize("language", CLOSINGS)
def test_a_closing_formula_and_the_lines_under_it_are_the_signature(language: str) -> None:
    assert unquoted(f"{ANSWER}\n\n{CLOSINGS[language]}\n") == ANSWER


@pytest.mark.parametrize("language", OUTLOOK)
@pytest.mark.parametrize("rule", ["", "________________________________\n", "-----Original Message-----\n"])
def test_what_stands_under_a_block_of_headers_is_left_out(language: str, rule: str) -> None:
    assert unquoted(f"{ANSWER}\n\n{rule}{OUTLOOK[language]}\n\nDoes it have pockets?\n") == ANSWER


def test_an_introduction_over_two_lines_is_left_out() -> None:
    text = f"{ANSWER}\n\nOn Monday, 2 November 2026, Alex Dupont\n<a@probe.example> wrote:\n> pockets?\n"
    assert unquoted(text) == ANSWER


def test_answers_between_quoted_lines_are_kept() -> None:
    text = "On 2 Nov 2026, Alex wrote:\n> How many pockets?\n\nTwo.\n\n> And the zip?\n\nBrass."
    assert unquoted(text) == "Two.\n\nBrass."


def test_an_answer_below_the_quotation_is_kept() -> None:
    assert unquoted("On 2 Nov 2026, Alex wrote:\n> How many pockets?\n\nTwo, inside.") == "Two, inside."


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nHannah\nOak & Thimble",
        "Sent from my iPhone",
        "Envoyé de mon iPhone",
        "Gesendet von meinem Telefon",
        "- Hannah",
        "__\nHannah",
    ],
)
def test_a_signature_is_left_out(signature: str) -> None:
    assert unquoted(f"{ANSWER}\n\n{signature}\n") == ANSWER


def test_the_writers_name_alone_is_a_signature() -> None:
    raw = mail(f"{ANSWER}\n\nHannah\n", sender="Hannah Baker <hannah@thimble.example>")
    assert new_words(parse_message(raw)) == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "We have:\n\n- two pockets\n- one zip\n\nWhich one do you mean?",
        "Thanks for asking -- it has two pockets.",
        "Sent from my own bench, it will last longer.",
        "From: the Latin, it means ox.\nThat is all.",
        "Le client a écrit : non.\nEt voilà.",
    ],
)
def test_what_only_looks_like_a_signature_or_a_quotation_is_kept(text: str) -> None:
    assert unquoted(text) == text


QUOTING_HTML = {
    "gmail": '<div class="gmail_quote"><div class="gmail_attr">On Mon, Alex wrote:</div><blockquote>pockets?</blockquote></div>',
    "outlook": '<div id="divRplyFwdMsg"><b>From:</b> Alex<br><b>Sent:</b> Monday</div><div>pockets?</div>',
    "thunderbird": '<div class="moz-cite-prefix">Am 02.11.26 schrieb Alex:</div><blockquote type="cite">pockets?</blockquote>',
    "yahoo": '<div class="yahoo_quoted">pockets?</div>',
    "bare": "<p>-----Original Message-----</p><p>From: Alex</p><p>Sent: Monday</p><p>To: Shop</p><p>pockets?</p>",
}


@pytest.mark.parametrize("program", QUOTING_HTML)
def test_what_a_mail_program_quotes_in_html_is_left_out(program: str) -> None:
    html = f"<html><body><p>Hello Alex,</p><p>Two pockets.</p>{QUOTING_HTML[program]}</body></html>"
    assert new_words(parse_message(html.encode())) == "Hello Alex,\n\nTwo pockets."


def test_an_agents_sentence_in_a_block_quote_of_a_help_desk_is_kept() -> None:
    html = "<p>The following comment was added:</p><blockquote>Two pockets.</blockquote>"
    assert "Two pockets." in new_words(parse_message(f"<body>{html}</body>".encode()))


def test_a_mail_that_only_quotes_is_not_made_empty_where_something_was_written() -> None:
    assert new_words(parse_message(mail("Cordialement,\nMarie"))) != ""
    assert new_words(parse_message(mail("> pockets?\n"))) == ""
