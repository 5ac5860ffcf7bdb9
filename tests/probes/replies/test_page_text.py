"""What a page or a chat window says."""

import pytest

from probes.replies.page_text import FormOutcome, classify_chat_text, classify_page_text
from storage.vocabulary import ReplyKind

SUCCESS = [
    "Merci ! Votre message a bien été envoyé.", "Votre demande nous est bien parvenue, à bientôt.", "Formulaire transmis avec succès",
    "Nous avons bien reçu votre question.", "Thank you! Your message has been sent.", "Thanks for contacting us! We will get in touch.",
    "Your enquiry was submitted successfully.", "Success! We got your message.",
]  # fmt: skip
FAILURE = [
    "Une erreur est survenue, votre message n'a pas été envoyé.", "Veuillez remplir tous les champs.", "Ce champ est obligatoire.",
    "Adresse e-mail invalide", "Cochez la case : je ne suis pas un robot", "There was an error sending your message.",
    "Please fill in this field.", "Invalid email address", "Sorry, something went wrong. Try again.", "Captcha failed",
]  # fmt: skip
UNCLEAR = [
    "", "Nos équipes répondent sous 48 heures.", "Contact us. We usually answer within a day.", "Nom\nPrénom\nMessage\nEnvoyer",
    "Merci, votre message a été envoyé. Une erreur est survenue.",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "outcome"),
    [(t, FormOutcome.SUCCESS) for t in SUCCESS]
    + [(t, FormOutcome.FAILURE) for t in FAILURE]
    + [(t, FormOutcome.UNCLEAR) for t in UNCLEAR],
)
def test_a_page_says_what_became_of_the_form(text: str, outcome: FormOutcome) -> None:
    verdict = classify_page_text(text)
    assert verdict.outcome is outcome, verdict
    assert verdict.rule.startswith("page.")


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour ! Un membre de l'équipe va vous répondre d'ici quelques minutes.",
        "Thanks for your message! An agent will be with you shortly.",
        "Merci de nous avoir écrit. Nos bureaux sont fermés, nous vous répondrons demain.",
    ],
)
def test_a_robot_in_a_chat_window_acknowledges(text: str) -> None:
    assert classify_chat_text(text)[0] in (ReplyKind.ACKNOWLEDGEMENT, ReplyKind.OUT_OF_OFFICE)


@pytest.mark.parametrize(
    "text", ["Oui, la veste existe en bleu.", "Could you tell me your size?", "Un instant, je vérifie."]
)
def test_a_person_in_a_chat_window_answers(text: str) -> None:
    assert classify_chat_text(text)[0] is ReplyKind.HUMAN
