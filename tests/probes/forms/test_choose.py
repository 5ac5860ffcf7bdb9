"""Which form is chosen, and what its fields ask: pure, on markup as a browser's reading of a page writes it."""

import re

import pytest

from probes.forms.choose import ContactForm, choose
from probes.forms.roles import CONTRACT, FillRole
from probes.forms.seen import Option, Press, Seen, Sight, sight_of

MAIL = "<label>E-mail<input type=email name=mail></label>"
BOX = "<label>Message<textarea name=message></textarea></label>"
SEND = "<button>Envoyer</button>"


def sight(body: str, title: str = "Contact", **changed: dict[str, object]) -> Sight:
    """Return *body* as the one frame of a page, every field in it shown; *changed* gives facts of fields by name."""
    fields: list[Seen] = []

    def number(found: re.Match[str]) -> str:
        tag = found.group(1)
        name = re.search(r"name=[\"']?([\w\[\]-]+)", found.group())
        kind = re.search(r"type=[\"']?(\w+)", found.group())
        own = name.group(1) if name else ""
        given: dict[str, object] = {"needed": "required" in found.group()} | changed.get(own, {})
        fields.append(
            Seen(len(fields), kind.group(1) if kind else "text" if tag == "input" else tag, name=own, **given)
        )  # type: ignore[arg-type]
        hidden = "" if fields[-1].shown else " hidden"
        return f"<{tag} data-barometer-field={len(fields) - 1}{hidden}{found.group(2)}"

    body = re.sub(r"<(input|select|textarea)\b([^>]*>)", number, body)
    presses: list[Press] = []

    def press(found: re.Match[str]) -> str:
        presses.append(Press(len(presses), found.group(1), native=True))
        return f"<button data-barometer-press={len(presses) - 1}>{found.group(1)}</button>"

    body = re.sub(r"<button>(.*?)</button>", press, body)
    markup = f"<html lang=fr><head><title>{title}</title></head><body>{body}</body></html>"
    return Sight("https://shop.example/contact", markup, tuple(fields), tuple(presses))


def chosen(body: str, **changed: dict[str, object]) -> ContactForm:
    form = choose(sight(body, **changed))
    assert form is not None
    return form


def role(field: str, **facts: object) -> FillRole:
    """Return the role of *field*, named x, in an ordinary contact form."""
    form = chosen(f"<form method=post>{MAIL}{field}{BOX}{SEND}</form>", x=facts)
    return next(one.role for one in form.questions if one.seen.name == "x")


def test_the_form_with_a_message_for_the_merchant_is_chosen_among_others() -> None:
    others = f"<form role=search><input type=search name=q></form><form id=n>{MAIL}<button>S'abonner</button></form>"
    form = chosen(f"{others}<form action=/send>{MAIL}{BOX}{SEND}</form>{others}")
    assert form.action == "/send"
    assert [press.text for press in form.presses] == ["Envoyer"]


@pytest.mark.parametrize(
    "body",
    [
        f"<form id=n><h2>Newsletter</h2>{MAIL}<button>S'abonner</button></form>",
        f"<h2>Laisser un commentaire</h2><form>{MAIL}<label>Commentaire<textarea name=comment></textarea></label><button>Publier</button></form>",
        f"<h2>Candidature</h2><form>{MAIL}<input type=file name=cv><label>Lettre de motivation<textarea name=m></textarea></label><button>Postuler</button></form>",
        "<form role=search><input name=q><button>Rechercher</button></form>",
        "",
    ],
)
def test_no_other_form_is_taken_for_one(body: str) -> None:
    assert choose(sight(body, title="Maison Exemple")) is None


def test_a_form_whose_box_nobody_sees_is_none() -> None:
    assert choose(sight(f"<form>{MAIL}{BOX}{SEND}</form>", message={"shown": False}, mail={"shown": False})) is None


def test_a_first_step_is_known_by_its_button_and_what_is_still_to_come() -> None:
    form = chosen(f"<form id=w><h2>Contact</h2>{MAIL}{BOX}<button>Suivant</button></form>", message={"shown": False})
    assert form.partial
    assert [one.role for one in form.questions] == [FillRole.EMAIL]


def test_a_form_once_begun_is_found_again_by_its_key() -> None:
    begun = chosen(f"<form id=w><h2>Contact</h2>{MAIL}{BOX}<button>Suivant</button></form>", message={"shown": False})
    later = choose(
        sight("<form id=w><label>Nom<input name=n></label><button>Envoyer</button></form>", title="x"), begun.key
    )
    assert later is not None
    assert [one.role for one in later.questions] == [FillRole.NAME]


def test_a_form_begun_is_not_mistaken_for_another_without_a_name() -> None:
    page = sight(
        f"<form>{MAIL.replace('mail>', 'news>')}<button>S'abonner</button></form><form>{MAIL}{BOX}{SEND}</form>"
    )
    begun = choose(page)
    assert begun is not None
    again = choose(page, begun.key)
    assert again is not None
    assert [one.seen.name for one in again.questions] == ["mail", "message"]


def test_traps_are_no_questions() -> None:
    traps = "<input name=honeypot><label>Ne pas remplir<input name=b></label><label>Nom<input name=c></label>"
    form = chosen(f"<form>{MAIL}{traps}{BOX}{SEND}</form>", c={"skipped": True})
    assert [one.seen.name for one in form.questions] == ["mail", "message"]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("<label>Prénom *<input name=x></label>", FillRole.FIRST_NAME),
        ("<label>Nom de famille<input name=x></label>", FillRole.LAST_NAME),
        ("<label>Nom et prénom<input name=x></label>", FillRole.NAME),
        ("<label>Full name<input name=x></label>", FillRole.NAME),
        ("<label>Family name<input name=x autocomplete=family-name></label>", FillRole.LAST_NAME),
        ("<label>Confirmez votre e-mail<input type=email name=x></label>", FillRole.EMAIL_AGAIN),
        ("<label>Téléphone<input type=tel name=x></label>", FillRole.PHONE),
        ("<label>Objet<input name=x></label>", FillRole.SUBJECT),
        ("<label>Numéro de commande<input name=x></label>", FillRole.ORDER_NUMBER),
        ("<label>Société<input name=x></label>", FillRole.COMPANY),
        ("<label>Code postal<input name=x></label>", FillRole.POSTAL_CODE),
        ("<label>Ville<input name=x></label>", FillRole.CITY),
        ("<label>Street address<input name=x></label>", FillRole.STREET),
        ("<label>Pays<select name=x></select></label>", FillRole.COUNTRY),
        ("<label>Civilité<select name=x></select></label>", FillRole.SALUTATION),
        ("<label>How did you hear about us?<select name=x></select></label>", FillRole.HEARD),
        ("<label>Motif de votre demande<select name=x></select></label>", FillRole.REASON),
        ("<label>Date d'achat<input type=date name=x></label>", FillRole.DATE),
        ("<label>Pièce jointe<input type=file name=x></label>", FillRole.FILE),
        ("<label>Site web<input name=x></label>", FillRole.WEBSITE),
        ("<label>Combien font 2 + 5 ?<input name=x></label>", FillRole.CAPTCHA),
        ("<label><input type=checkbox name=x> J'ai lu la politique de confidentialité</label>", FillRole.PRIVACY),
        ("<label><input type=checkbox name=x> I agree to the terms</label>", FillRole.PRIVACY),
        ("<label><input type=checkbox name=x> Je souhaite recevoir vos offres</label>", FillRole.NEWSLETTER),
        ("<label><input type=checkbox name=x> Yes, send me updates and offers</label>", FillRole.NEWSLETTER),
        ("<label><input type=checkbox name=x> Recevoir une copie de mon message</label>", FillRole.COPY),
    ],
)
def test_a_field_is_told_by_its_words(field: str, expected: FillRole) -> None:
    assert role(field) is expected


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        (["M.", "Mme"], FillRole.SALUTATION),
        (["+32 Belgique", "+33 France", "+41 Suisse"], FillRole.PHONE_PREFIX),
        (["Belgique", "France", "Suisse"], FillRole.COUNTRY),
        (["Choisissez", "Ma commande", "Un remboursement", "Autre"], FillRole.REASON),
        (["Rouge", "Vert"], FillRole.OTHER),
    ],
)
def test_a_menu_without_words_is_told_by_what_it_offers(offered: list[str], expected: FillRole) -> None:
    assert role("<select name=x></select>", options=tuple(Option(text, text) for text in offered)) is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Votre demande concerne", FillRole.REASON),
        ("Civilité", FillRole.SALUTATION),
        ("Êtes-vous déjà client ?", FillRole.CUSTOMER),
        ("Vous êtes", FillRole.WHO),
        ("Souhaitez-vous recevoir notre newsletter ?", FillRole.NEWSLETTER),
        ("Comment souhaitez-vous être recontacté ?", FillRole.REACH_BY),
        ("Couleur", FillRole.OTHER),
    ],
)
def test_a_choice_is_told_by_the_question_above_it(question: str, expected: FillRole) -> None:
    assert role("<label><input type=radio name=x>A</label>", question=question) is expected


def test_a_name_beside_a_first_name_is_a_last_name() -> None:
    form = chosen(f"<form><label>Prénom<input name=a></label><label>Nom<input name=b></label>{MAIL}{BOX}{SEND}</form>")
    assert [one.role for one in form.questions][:2] == [FillRole.FIRST_NAME, FillRole.LAST_NAME]


def test_every_finer_role_has_one_of_the_contract_or_is_other_there() -> None:
    assert set(CONTRACT) <= set(FillRole)


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {},
        {"facts": 3, "presses": []},
        {"facts": [None], "presses": []},
        {"facts": [], "presses": ["x"]},
        {"facts": []},
    ],
)
def test_an_answer_of_the_page_that_makes_no_sense_is_none(told: object) -> None:
    assert sight_of("<html>", told) is None


def test_what_a_page_says_of_a_field_is_forced_into_its_type() -> None:
    told = {
        "facts": [
            {"type": 7, "longest": "many", "shown": "yes", "options": [{"text": "x" * 999}, 4], "label": "a" * 9_999}
        ],
        "presses": [],
    }
    read = sight_of("<html>", told)
    assert read is not None
    field = read.fields[0]
    assert (field.type, field.longest, field.shown, len(field.label)) == ("7", 0, False, 300)
    assert [len(option.text) for option in field.options] == [80]
