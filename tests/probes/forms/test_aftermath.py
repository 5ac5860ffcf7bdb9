"""What followed a press, and what it tells: pure."""

from datetime import UTC, datetime

import pytest

from probes.forms.aftermath import Aftermath, Exchange, VerdictKind, verdict_of
from probes.forms.watching import needles_of

HERE = "https://shop.example/contact"
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def exchange(status: int | None, *, document: bool = False, body: str = "") -> Exchange:
    return Exchange("POST", HERE, status, NOW, document, carries=True, body=body)


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (Aftermath(HERE, HERE, ("Votre message a bien été envoyé.",)), VerdictKind.ACCEPTED),
        (Aftermath(HERE, HERE, ("Thank you for your message.",), there=False), VerdictKind.ACCEPTED),
        (Aftermath(HERE, HERE, alerts=("Merci !",)), VerdictKind.ACCEPTED),
        (Aftermath(HERE, HERE, ("Merci !",)), VerdictKind.UNCLEAR),
        (Aftermath(HERE, HERE, ("Merci !",), there=False, exchanges=(exchange(200),)), VerdictKind.ACCEPTED),
        (
            Aftermath(
                HERE, "https://shop.example/", ("Nous vous répondrons vite",), there=False, exchanges=(exchange(200),)
            ),
            VerdictKind.UNCLEAR,
        ),
        (
            Aftermath(HERE, "https://shop.example/merci", there=False, exchanges=(exchange(303, document=True),)),
            VerdictKind.ACCEPTED,
        ),
        (
            Aftermath(
                "https://shop.example/merci/contact",
                "https://shop.example/merci/x",
                there=False,
                exchanges=(exchange(200),),
            ),
            VerdictKind.UNCLEAR,
        ),
        (
            Aftermath(HERE, HERE, emptied=True, exchanges=(exchange(200, body='{"status": "mail_sent"}'),)),
            VerdictKind.ACCEPTED,
        ),
        (
            Aftermath(HERE, HERE, emptied=True, exchanges=(exchange(200, body='{"success": false}'),)),
            VerdictKind.UNCLEAR,
        ),
        (Aftermath(HERE, HERE, ("Ce champ est obligatoire",)), VerdictKind.REFUSED),
        (Aftermath(HERE, HERE, invalid=("E-mail : pas valide",)), VerdictKind.REFUSED),
        (Aftermath(HERE, HERE, ("Une erreur est survenue",), there=False), VerdictKind.UNCLEAR),
        (Aftermath(HERE, HERE, exchanges=(exchange(403),)), VerdictKind.REFUSED),
        (Aftermath(HERE, HERE, exchanges=(exchange(500),), there=False), VerdictKind.UNCLEAR),
        (Aftermath(HERE, HERE, ("Votre message a bien été envoyé.",), exchanges=(exchange(500),)), VerdictKind.UNCLEAR),
        (Aftermath(HERE, HERE, ("Votre message a bien été envoyé.", "Ce champ est obligatoire")), VerdictKind.UNCLEAR),
        (
            Aftermath(HERE, HERE, ("Votre message a bien été envoyé.", "Ce champ est obligatoire"), emptied=True),
            VerdictKind.ACCEPTED,
        ),
        (Aftermath(HERE, HERE, challenge=True), VerdictKind.CAPTCHA),
        (Aftermath(HERE, HERE), VerdictKind.UNCLEAR),
        (Aftermath(HERE, HERE, exchanges=(exchange(None),)), VerdictKind.UNCLEAR),
        (Aftermath(HERE, HERE, there=False, exchanges=(exchange(0),)), VerdictKind.UNCLEAR),
    ],
)
def test_only_what_cannot_be_read_otherwise_is_decided(after: Aftermath, kind: VerdictKind) -> None:
    assert verdict_of(after).kind is kind


def test_a_request_that_carries_our_words_is_known_however_it_is_encoded() -> None:
    needles = needles_of("claire+k7x2m9@reply.example", "Bonjour, livrez-vous le vase Colombine ?")
    assert needles == ("k7x2m9", "Colombine")
    assert any(needle in "mail=claire%2Bk7x2m9%40reply.example" for needle in needles)


def test_words_too_short_to_be_ours_tell_nothing() -> None:
    assert needles_of("a@b.example", "oui ?") == ()


def test_a_bound_of_lines_is_read() -> None:
    after = Aftermath(HERE, HERE, tuple(f"ligne {number}" for number in range(5_000)))
    assert verdict_of(after).kind is VerdictKind.UNCLEAR
