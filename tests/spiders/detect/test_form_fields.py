"""What each field of a form asks for."""

import pytest

from spiders.detect.document import Document
from spiders.detect.forms import read_forms
from storage.vocabulary import FieldRole

FRAME = '<input type="email" name="frame-email"><textarea name="frame-message"></textarea><button>Envoyer</button>'


def roles(fields: str) -> dict[str, FieldRole]:
    """Return the roles of *fields*, set into a contact form."""
    forms = read_forms(Document(f"<form>{fields}{FRAME}</form>".encode(), "https://boutique.example.com/"))
    return {key: role for key, role in forms[0].fields.items() if not key.startswith("frame-")}


def role(field: str) -> FieldRole:
    """Return the role of the one field of *field*."""
    (found,) = roles(field).values()
    return found


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ('<label for="i">Prénom *</label><input id="i">', FieldRole.NAME),
        ('<label>Votre nom <input name="x1"></label>', FieldRole.NAME),
        ('<input name="x2" aria-label="Adresse e-mail">', FieldRole.EMAIL),
        ('<input name="x3" placeholder="Téléphone">', FieldRole.PHONE),
        ('<p id="l">Objet du message</p><input name="x4" aria-labelledby="l">', FieldRole.SUBJECT),
        ('<table><tr><td>Numéro de commande</td><td><input name="x5"></td></tr></table>', FieldRole.ORDER_NUMBER),
        ("<p>Votre message</p><textarea></textarea>", FieldRole.MESSAGE),
        ('<input name="contact[first_name]">', FieldRole.NAME),
        ('<input name="yourEmail">', FieldRole.EMAIL),
        ('<input name="ctl00$main$txtPhone">', FieldRole.PHONE),
        ('<input name="order_email">', FieldRole.EMAIL),
        ('<input type="tel" name="x6">', FieldRole.PHONE),
        ('<input name="x7" autocomplete="section-a shipping family-name">', FieldRole.NAME),
        ('<input name="x8" autocomplete="organization" placeholder="Nom">', FieldRole.OTHER),
        ('<select name="objet"><option>SAV</option></select>', FieldRole.SUBJECT),
        ('<label>Pays <select name="x9"><option>Nom de pays</option></select></label>', FieldRole.OTHER),
        ('<label>Nom de la société <input name="x10"></label>', FieldRole.OTHER),
        ('<label>Code postal <input name="x11"></label>', FieldRole.OTHER),
        ('<label>Adresse <textarea name="x12"></textarea></label>', FieldRole.OTHER),
        ('<input type="file" name="message">', FieldRole.OTHER),
        ('<label>Ihre Nachricht <textarea name="x13"></textarea></label>', FieldRole.MESSAGE),
        ('<label>Correo electrónico <input name="x14"></label>', FieldRole.EMAIL),
        ('<label>Cognome <input name="x15"></label>', FieldRole.NAME),
        ('<label>Onderwerp <input name="x16"></label>', FieldRole.SUBJECT),
        ('<label>Bestellnummer <input name="x17"></label>', FieldRole.ORDER_NUMBER),
    ],
)
def test_a_field_is_told_by_label_placeholder_type_autofill_or_name(field: str, expected: FieldRole) -> None:
    assert role(field) is expected


def test_what_a_visitor_reads_counts_more_than_what_a_developer_wrote() -> None:
    assert role('<label>Téléphone <input name="email2"></label>') is FieldRole.PHONE


def test_words_before_a_field_are_not_taken_past_another_field() -> None:
    found = roles('<div>Nom <input name="a1"></div><div><input name="a2"></div>')
    assert found == {"a1": FieldRole.NAME, "a2": FieldRole.OTHER}


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ('<input type="checkbox" id="c1"><label for="c1">Politique de confidentialité</label>', FieldRole.CONSENT),
        ('<input type="checkbox" name="rgpd"> Oui', FieldRole.CONSENT),
        ('<label><input type="checkbox" name="c2"> Je souhaite recevoir la newsletter</label>', FieldRole.OTHER),
        ('<label><input type="checkbox" name="c3"> J\'accepte de recevoir la newsletter</label>', FieldRole.OTHER),
        ('<label><input type="checkbox" name="c4"> I agree to the privacy policy</label>', FieldRole.CONSENT),
        ('<label><input type="checkbox" name="c5"> Datenschutzerklärung gelesen</label>', FieldRole.CONSENT),
        ('<label><input type="checkbox" name="c6"> Se souvenir de moi</label>', FieldRole.OTHER),
    ],
)  # fmt: skip
def test_a_box_to_tick_is_a_consent_only_for_rules_and_personal_data(box: str, expected: FieldRole) -> None:
    assert role(box) is expected


@pytest.mark.parametrize(
    "field",
    [
        '<label>3 + 4 = <input name="r"></label>',
        '<label>Combien font 7 x 2 ? <input name="r"></label>',
        '<input name="captcha_code">',
        '<label>Recopiez le code <input name="r"></label>',
        '<img src="/securimage/show.png" alt=""><input name="r">',
        '<textarea name="g-recaptcha-response"></textarea>',
    ],
)
def test_a_test_for_robots_is_a_captcha(field: str) -> None:
    assert role(field) is FieldRole.CAPTCHA


def test_a_picture_that_tests_nobody_makes_no_captcha() -> None:
    assert role('<img src="/img/atelier.jpg" alt="Atelier"><input name="r">') is FieldRole.OTHER


@pytest.mark.parametrize(
    "field",
    [
        '<input name="website" tabindex="-1" autocomplete="off" style="position:absolute;left:-9999px">',
        '<div style="position: absolute; margin: 0 0 0 -9999px"><input name="a77"></div>',
        '<div style="opacity:0;height:0"><input name="url" tabindex="-1"></div>',
        '<div style="display:none"><input name="fax" tabindex="-1" autocomplete="off"></div>',
        '<input name="company" aria-hidden="true" tabindex="-1" autocomplete="nope">',
        '<label>Ne pas remplir ce champ <input name="subject"></label>',
        '<label>Leave this field empty <input name="b"></label>',
        '<input name="my_honeypot_field">',
        '<input type="checkbox" name="botcheck" style="display:none">',
    ],
)
def test_a_trap_that_must_stay_empty_is_a_honeypot(field: str) -> None:
    assert role(field) is FieldRole.HONEYPOT


@pytest.mark.parametrize(
    "field",
    [
        '<label>Site web <input name="website"></label>',
        '<label>Fax <input name="fax"></label>',
        '<label>Ville <input name="ville" autocomplete="off"></label>',
        '<label>Recherche <input name="liste" tabindex="-1"></label>',
        '<label><input type="radio" name="choix" tabindex="-1" style="opacity:0"> Oui</label>',
        '<div style="display:none"><label>Précisez la ville <input name="autre"></label></div>',
        '<label>Ville <input name="ville" style="margin-left:-2px;width:100px"></label>',
    ],
)
def test_one_weak_sign_makes_no_honeypot(field: str) -> None:
    assert role(field) is FieldRole.OTHER


def test_hidden_inputs_and_buttons_are_no_fields() -> None:
    buttons = "".join(
        f'<input type="{kind}" name="{kind}">' for kind in ("hidden", "submit", "image", "reset", "button")
    )
    assert roles(buttons + '<button name="b">Valider</button>') == {}


def test_a_field_is_keyed_by_name_else_id_else_its_place() -> None:
    assert list(roles('<input name="a" id="b"><input id="c"><input><input name=" ">')) == ["a", "c", "#3", "#4"]


def test_a_group_of_choices_is_one_field() -> None:
    group = '<label><input type="radio" name="sujet"> SAV</label><label><input type="radio" name="sujet"> Devis</label>'
    assert roles(group) == {"sujet": FieldRole.SUBJECT}


def test_nobody_writes_a_message_beside_a_password() -> None:
    form = '<form><input name="email"><input type="password" name="p"><textarea name="comment"></textarea></form>'
    (found,) = read_forms(Document(form.encode(), "https://boutique.example.com/"))
    assert found.fields["comment"] is FieldRole.OTHER
    assert not found.has_message
