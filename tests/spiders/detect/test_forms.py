"""What a form is for, and which form is the channel ``form``."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.detect import document as documents
from spiders.detect.document import Document
from spiders.detect.forms import Form, find_forms, read_forms
from storage.vocabulary import Channel, FormKind, SetAsideReason

CORPUS = Path(os.environ.get("BAROMETER_CORPUS", "../shared/corpus"))
WRITER = '<label>Nom <input name="nom"></label><label>E-mail <input type="email" name="email"></label>'
BOX = '<label for="m">Votre message</label><textarea id="m" name="message"></textarea>'
SEND = '<button type="submit">Envoyer</button>'
CONTACT = f'<form id="ecrire" action="/envoi" method="post">{WRITER}{BOX}{SEND}</form>'


def page(body: str, url: str = "https://boutique.example.com/page", title: str = "") -> Document:
    """Return a page of an invented shop."""
    return Document(f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode(), url)


def only_form(body: str, url: str = "https://boutique.example.com/page", title: str = "") -> Form:
    """Return the one form of a page."""
    forms = read_forms(page(body, url, title))
    assert len(forms) == 1
    return forms[0]


def is_seen(body: str, url: str = "https://boutique.example.com/page") -> bool:
    """Tell whether the page shows the channel ``form``."""
    return bool(find_forms(page(body, url)).sightings)


def test_a_message_box_beside_an_address_field_is_the_channel_form() -> None:
    found = find_forms(page(f"<h2>Nous contacter</h2>{CONTACT}", title="Boutique"))
    assert [(sighting.channel, sighting.value, sighting.kind) for sighting in found.sightings] == [
        (Channel.FORM, "https://boutique.example.com/page", FormKind.CONTACT)
    ]
    assert found.sightings[0].display == "Nous contacter · Envoyer"


def test_two_contact_forms_on_a_page_are_one_sighting() -> None:
    assert len(find_forms(page(CONTACT + CONTACT.replace("ecrire", "encore"))).sightings) == 1


def test_a_page_without_a_form_shows_none() -> None:
    assert find_forms(page("<p>Écrivez-nous un message à l'atelier.</p>")) == ([], [])


def test_a_quote_request_counts_with_a_message_box_and_not_without() -> None:
    asked = f'<h2>Demande de devis</h2><form>{WRITER}<input name="surface" placeholder="Surface">%s{SEND}</form>'
    assert is_seen(asked % BOX)
    assert not is_seen(asked % "")


def test_many_facts_do_not_make_a_quote_request_with_a_message_box_a_file() -> None:
    facts = "".join(f'<label>Pièce {n} en m² <input name="piece{n}"></label>' for n in range(12))
    assert is_seen(f"<h2>Demande de devis gratuit</h2><form>{WRITER}{facts}{BOX}{SEND}</form>")


@pytest.mark.parametrize(
    ("around", "fields", "kind"),
    [
        ("<h3>Laisser un commentaire</h3>", f"{WRITER}{BOX}<button>Publier</button>", FormKind.COMMENT),
        ("<h3>Leave a reply</h3>", f"{WRITER}{BOX}<button>Post comment</button>", FormKind.COMMENT),
        ("<h2>Donnez votre avis</h2>", f"{WRITER}{BOX}{SEND}", FormKind.COMMENT),
        (
            "<h2>Envoyer à un ami</h2>",
            f"{WRITER}{BOX}<input name=ami placeholder='E-mail de votre ami'>",
            FormKind.COMMENT,
        ),
        ("<h2>Signaler un abus</h2>", f"{WRITER}{BOX}{SEND}", FormKind.COMMENT),
        ("<h2>Réserver une table</h2>", f"{WRITER}{BOX}<button>Réserver</button>", FormKind.ORDER),
        ("<h2>Bon de commande</h2>", f"{WRITER}{BOX}<button>Commander</button>", FormKind.ORDER),
        ("<h2>Postuler</h2>", f"{WRITER}{BOX}<label>Votre CV <input type=file name=cv></label>{SEND}", FormKind.OTHER),
        ("<h2>Bewerbung</h2>", f"{WRITER}{BOX}<button>Jetzt bewerben</button>", FormKind.OTHER),
        ("<h2>Sondage</h2>", f"{BOX}<button>Voter</button>", FormKind.OTHER),
    ],
)
def test_a_message_box_for_another_purpose_is_never_the_channel_form(around: str, fields: str, kind: FormKind) -> None:
    body = f"{around}<form>{fields}</form>"
    assert only_form(body).kind is kind
    assert not is_seen(body)


def test_a_long_list_of_facts_is_a_file_to_fill_in_and_no_message() -> None:
    facts = "".join(f'<label>{fact} <input name="f{n}"></label>' for n, fact in enumerate(
        ["Société", "SIRET", "Adresse", "Code postal", "Ville", "Site web", "Effectifs", "Date de création", "Budget",
         "Fonction"]))  # fmt: skip
    assert not is_seen(f"<h2>Rejoindre l'annuaire</h2><form>{WRITER}{facts}{BOX}{SEND}</form>")


@pytest.mark.parametrize(
    "heading",
    ["Contacter le vendeur", "Envoyer un message à CAMILLE75", "Contact the seller", "Nachricht an den Verkäufer",
     "Contactar con el vendedor", "Contatta il venditore", "Bericht aan verkoper"],
)  # fmt: skip
def test_a_message_to_a_private_seller_is_set_aside_as_a_third_partys(heading: str) -> None:
    found = find_forms(page(f"<h3>{heading}</h3><form>{BOX}{SEND}</form>"))
    assert found.sightings == []
    assert [aside.why for aside in found.set_aside] == [SetAsideReason.THIRD_PARTY]


def test_a_message_to_our_own_team_is_no_third_partys() -> None:
    assert is_seen(f"<h3>Envoyer un message à notre équipe</h3><form>{WRITER}{BOX}{SEND}</form>")


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ('<input type="search" name="s"><button>OK</button>', FormKind.SEARCH),
        ('<input name="q" placeholder="Que cherchez-vous ?">', FormKind.SEARCH),
        ('<input name="login"><input type="password" name="pw"><button>Se connecter</button>', FormKind.LOGIN),
        ('<input name="mail"><input type="password" name="a"><input type="password" name="b">', FormKind.REGISTRATION),
        ('<input name="email"><button>S\'abonner à la newsletter</button>', FormKind.NEWSLETTER),
        ('<input name="email"><button>Nieuwsbrief</button>', FormKind.NEWSLETTER),
        ('<input type="number" name="quantity"><button>Ajouter au panier</button>', FormKind.ORDER),
        ('<input name="titulaire"><input autocomplete="cc-number" name="n"><button>Valider</button>', FormKind.ORDER),
        ('<input type="date" name="du" aria-label="Date d\'arrivée"><button>Disponibilités</button>', FormKind.ORDER),
        ('<input name="email"><button>Mot de passe oublié</button>', FormKind.OTHER),
        ('<select name="tri"></select>', FormKind.OTHER),
    ],
)  # fmt: skip
def test_forms_without_a_message_box_are_told_by_fields_and_words(fields: str, kind: FormKind) -> None:
    form = only_form(f"<form>{fields}</form>")
    assert (form.kind, form.has_message) == (kind, False)


@pytest.mark.parametrize(
    ("heading", "button"),
    [("Kontakt", "Absenden"), ("Contacto", "Enviar"), ("Contatti", "Invia"), ("Neem contact op", "Versturen"),
     ("Get in touch", "Send")],
)  # fmt: skip
def test_contact_forms_are_told_in_every_language_of_the_lexicon(heading: str, button: str) -> None:
    fields = '<input name="a" type="email"><textarea name="b"></textarea>'
    assert is_seen(f"<h2>{heading}</h2><form>{fields}<button>{button}</button></form>")


def test_a_lone_box_counts_where_the_page_is_for_contacting() -> None:
    lone = "<form><textarea name='t'></textarea><button>OK</button></form>"
    assert is_seen(lone, "https://boutique.example.com/nous-contacter")
    assert not is_seen(lone, "https://boutique.example.com/traduire")


def test_a_line_that_calls_itself_a_message_is_a_message_box() -> None:
    assert is_seen(f'<form>{WRITER}<input name="sujet"><input placeholder="Votre message">{SEND}</form>')
    assert not is_seen(f'<form>{WRITER}<input name="precisions">{SEND}</form>')


def test_a_hidden_form_is_read_but_not_seen() -> None:
    body = f'<div style="display:none">{CONTACT}</div>'
    form = only_form(body)
    assert (form.kind, form.visible, form.writes_to_merchant) == (FormKind.CONTACT, False, False)
    assert not is_seen(body)


def test_a_hidden_message_box_in_a_seen_form_is_no_message_box() -> None:
    form = only_form(f'<form>{WRITER}<div style="display: none">{BOX}</div>{SEND}</form>')
    assert form.visible
    assert not form.has_message


def test_a_form_that_its_plug_in_shows_by_script_is_seen() -> None:
    fields = f"{WRITER}{BOX}{SEND}"
    assert is_seen(f'<form class="forminator-ui" style="display: none;">{fields}</form>')
    assert not is_seen(f'<form class="autre" style="display: none;">{fields}</form>')


def test_a_form_in_a_closed_dialog_is_a_doubtful_sighting() -> None:
    plain = find_forms(page(CONTACT)).sightings[0]
    layered = find_forms(page(f'<div class="modal fade" aria-hidden="true">{CONTACT}</div>')).sightings[0]
    assert layered.confidence == 0.5 < plain.confidence


def test_a_block_without_a_form_element_counts_with_writer_box_and_button() -> None:
    block = f'<div id="contact"><div>{WRITER}{BOX}</div><a class="btn" href="#">Envoyer</a></div>'
    form = only_form(block)
    assert (form.kind, form.css) == (FormKind.CONTACT, "#contact")
    assert is_seen(block)


@pytest.mark.parametrize("left_out", [WRITER, BOX, '<a class="btn" href="#">Envoyer</a>'])
def test_a_block_that_lacks_one_of_the_three_is_no_form(left_out: str) -> None:
    block = f'<div><div>{WRITER}{BOX}</div><a class="btn" href="#">Envoyer</a></div>'
    assert read_forms(page(block.replace(left_out, ""))) == []


def test_a_foreign_frame_is_no_form() -> None:
    assert read_forms(page('<iframe src="https://forms.example.net/embed/1" title="Contact"></iframe>')) == []


def test_forms_keep_the_order_of_the_page() -> None:
    search = '<form id="cherche"><input type="search" name="s"></form>'
    assert [form.css for form in read_forms(page(search + CONTACT))] == ["#cherche", "#ecrire"]


def test_a_captcha_widget_is_told_without_a_field() -> None:
    assert only_form(CONTACT.replace(SEND, f'<div class="g-recaptcha"></div>{SEND}')).has_captcha
    assert not only_form(CONTACT).has_captcha


@pytest.mark.parametrize("opened", ["", " open"])
def test_a_form_in_a_closed_fold_is_read_and_not_seen(opened: str) -> None:
    body = f"<details{opened}><summary>Écrire</summary><div>{CONTACT}</div></details>"
    assert only_form(body).visible is bool(opened)
    assert is_seen(body) is bool(opened)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<form>", "</form>", "<table>", "<tr><td>", "</table>", "<input name='e&amp;mail'>", "<textarea>",
             "</textarea>", "<label for=a>", "<label>", "</label>", "<input id=a form=f>", "<select>", "<option>x",
             "<form id=f style='display:none'>", "<!--", "-->", "<script>", "</script>", "<button>Envoyer", "<p>Nom",
             "<fb:x>", "<details>", "<h2>Contact", "<input type=hidden", "\x00", "<form action='http://[' id='a b'>",
             "<div hidden>", "</div>", "<template>"]
        ),
        max_size=40,
    )
)  # fmt: skip
def test_no_mark_up_raises_and_every_selector_finds_one_element(pieces: list[str]) -> None:
    document = page("".join(pieces))
    find_forms(document)
    whole = documents.LexborHTMLParser(document.html)
    for form in read_forms(document):
        assert len(whole.css(form.css)) == 1


@pytest.mark.corpus
def test_no_form_trap_of_the_corpus_is_taken_for_a_contact_form() -> None:
    if not (CORPUS / "sites" / "traps.csv").is_file():
        pytest.skip(f"no corpus in {CORPUS}; give its folder in BAROMETER_CORPUS")
    seen = 0
    for site, path in [
        ("fr-hophopfood", "particuliers-2/volontaires/index.html"),
        ("fr-hotel-la-riviere", "reservation.html"),
        ("fr-lamarquefrancaise", "referencer-votre-marque/index.html"),
        ("fr-lesfrerescanna", "2023/07/09/lancement-du-site/index.html"),
        ("fr-motomania-templates", "contactez-moi.html"),
    ]:
        file = CORPUS / "sites" / site / path
        assert read_forms(Document(file.read_bytes(), f"https://{site}.test/{path}"))
        seen += len(find_forms(Document(file.read_bytes(), f"https://{site}.test/{path}")).sightings)
    assert seen == 0


def test_ten_thousand_forms_and_fields_are_all_read() -> None:
    forms = read_forms(page(f"<div>{CONTACT}</div>" * 10_000))
    assert len(forms) == len({form.css for form in forms}) == 10_000
    fields = "".join(f'<p>Nom</p><input name="n{n}">' for n in range(10_000))
    label = "mot " * 250_000
    assert len(only_form(f"<form><label>{label}{fields}</label></form>").fields) == 10_000


def test_a_block_with_more_fields_than_any_message_needs_is_no_form() -> None:
    assert read_forms(page(f"<div>{WRITER}{BOX}<input>{SEND}</div>".replace("<input>", "<input>" * 10_000))) == []
