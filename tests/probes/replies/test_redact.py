"""Staff stay unnamed, and what the merchant says stays readable."""

import pytest

from probes.replies.message import parse_message
from probes.replies.redact import redacted
from tests.probes.replies.letters import mail


def shown(body: str, sender: str = "Boutique Valmont <contact@valmont.example>") -> str:
    message = parse_message(mail(body, sender=sender))
    return redacted(message.text.strip(), message)


@pytest.mark.parametrize(
    ("body", "redacted_body"),
    [
        ("Bonjour, je suis Marie, votre conseillère.", "Bonjour, je suis [name], votre conseillère."),
        ("Hi, my name is Hannah Baker and I can help.", "Hi, my name is [name] and I can help."),
        ("Guten Tag, mein Name ist Jörg Weber.", "Guten Tag, mein Name ist [name]"),
        ("Frau Berg ruft Sie an.", "Frau [name] ruft Sie an."),
        ("Hola, soy Elena.", "Hola, soy [name]"),
        ("Buongiorno, mi chiamo Giulia.", "Buongiorno, mi chiamo [name]"),
        ("Mijn naam is Esther.", None),
        (
            "Deux poches.\n\nCordialement,\nMarie Lenoir\nService client",
            "Deux poches.\n\nCordialement,\n[name]\nService client",
        ),
        ("Deux poches.\n\nCordialement, Marie", "Deux poches.\n\nCordialement, [name]"),
        ("Écrivez à marie.lenoir@valmont.example ou au 03 99 00 12 34.", "Écrivez à [e-mail] ou au [phone]."),
        ("Ruth Baker commented:\n\nTwo pockets.", "[name] commented:\n\nTwo pockets."),
    ],
)
def test_names_addresses_and_numbers_are_taken_out(body: str, redacted_body: str | None) -> None:
    text = shown(body)
    if redacted_body is None:
        assert "Esther" not in text.removeprefix("M")
    else:
        assert text.rstrip(".") == redacted_body.rstrip(".")


def test_the_writers_name_is_taken_out_wherever_it_stands() -> None:
    sender = '"Lenoir, Marie" <marie.lenoir@valmont.example>'
    assert "Marie" not in shown("Oui, dites que marie lenoir vous envoie. Marie", sender)
    assert "lenoir" not in shown("Oui, dites que marie lenoir vous envoie.", "x <marie.lenoir@valmont.example>")


@pytest.mark.parametrize(
    "body",
    [
        "La boutique Valmont livre sous 3 jours, du 02/11/2026 au 14/11/2026, pour 12,90 euros.",
        "Je suis absent demain. Le service client répond de 9 h à 18 h.",
        "Votre commande 123456789 est partie.",
        "Cordialement,\nLe service client",
    ],
)
def test_what_names_nobody_is_kept(body: str) -> None:
    assert shown(body) == body


@pytest.mark.parametrize(
    "number", ["+33 3 99 00 12 34", "0033399001234", "(030) 9018 200 12", "03.99.00.12.34", "+39 02 1234 5678"]
)
def test_numbers_are_known_in_their_ways_of_writing(number: str) -> None:
    assert shown(f"Appelez le {number} demain.") == "Appelez le [phone] demain."
