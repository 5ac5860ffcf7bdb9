import pytest
from playwright.async_api import Page

from spiders.browser.age_gate import AgeGateKind, AgeGateOutcome, answer_gate, is_no, is_yes
from tests.spiders.browser.stage import Asked, Stage, stage

__all__ = ["stage"]

CELLAR = "<h1>Cave Exemple</h1><p>Vins de Loire et d'ailleurs.</p><p>Vente interdite aux mineurs.</p>"
VEIL = "position:fixed;inset:0;background:#000;color:#fff;padding:200px;z-index:99"
LET_IN = "<script>function enter(b){window.answered=b.innerText;b.closest('[data-gate]').remove()}</script>"


def veil(inside: str) -> str:
    return f"{CELLAR}<div data-gate style='{VEIL}'>{inside}</div>{LET_IN}"


async def answering(page: Page) -> tuple[AgeGateOutcome, str | None]:
    outcome = await answer_gate(page)
    return outcome, await page.evaluate("window.answered")


@pytest.mark.parametrize(
    ("question", "yes", "no"),
    [
        ("Avez-vous plus de 18 ans ?", "Oui", "Non"),
        ("Êtes-vous majeur ?", "Oui, je suis majeur", "Non, je suis mineur"),
        ("Pour visiter ce site vous devez avoir l'âge légal.", "Entrer", "Quitter"),
        ("Are you over 18?", "Yes, I am over 18", "No, I am under 18"),
        ("Sind Sie über 18?", "Ja", "Nein"),
        ("¿Eres mayor de edad?", "Sí, soy mayor de edad", "No"),
        ("Sei maggiorenne?", "Sì", "No, esci"),
        ("Ben je ouder dan 18?", "Ja", "Nee"),
    ],
)
def test_a_gate_over_the_page_is_answered_yes(stage: Stage, question: str, yes: str, no: str) -> None:
    gate = f"<p>{question}</p><button onclick='enter(this)'>{no}</button><button onclick='enter(this)'>{yes}</button>"
    outcome, answered = stage.play(veil(gate), answering)
    assert (outcome.kind, outcome.how, outcome.label, answered) == (AgeGateKind.ANSWERED, "button", yes, yes)


def test_a_gate_of_plain_elements_is_answered(stage: Stage) -> None:
    gate = "<p>Avez-vous plus de 18 ans ?</p><div style='cursor:pointer' onclick='enter(this)'>J'ai plus de 18 ans</div><div style='cursor:pointer' onclick=\"location='/out'\">J'ai moins de 18 ans</div>"
    outcome, answered = stage.play(veil(gate), answering)
    assert (outcome.kind, answered) == (AgeGateKind.ANSWERED, "J'ai plus de 18 ans")
    assert Asked("GET", "/out") not in stage.asked


def test_a_page_that_is_only_a_gate_is_gone_through(stage: Stage) -> None:
    gate = "<h1>Cave Exemple</h1><p>Êtes-vous majeur ?</p><a href='/boutique'>Oui</a> <a href='/non'>Non</a>"

    async def through(page: Page) -> tuple[AgeGateOutcome, str]:
        return await answer_gate(page), page.url

    outcome, url = stage.play({"/": gate, "/boutique": CELLAR}, through)
    assert outcome.kind == AgeGateKind.ANSWERED
    assert url.endswith("/boutique")


def test_a_gate_that_asks_for_a_date_of_birth_gets_one_of_an_adult(stage: Stage) -> None:
    days = "".join(f"<option>{day}" for day in range(1, 32))
    months = "".join(
        f"<option>{name}"
        for name in [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ]
    )
    years = "".join(f"<option>{year}" for year in range(2026, 1920, -1))
    gate = f"""<p>Veuillez entrer votre date de naissance.</p><select name=a><option>Jour{days}</select>
      <select name=b><option>Mois{months}</select><select name=c><option>Année{years}</select>
      <button onclick="if (document.querySelector('[name=c]').value < 2000 && document.querySelector('[name=b]').selectedIndex) enter(this)">Valider</button>"""
    outcome, answered = stage.play(veil(gate), answering)
    assert (outcome.kind, outcome.how, answered) == (AgeGateKind.ANSWERED, "birth_date", "Valider")


def test_a_date_of_birth_is_typed_where_it_must_be_typed(stage: Stage) -> None:
    gate = """<p>Please enter your date of birth to enter.</p><input placeholder=DD name=d size=2><input placeholder=MM name=m size=2>
      <input placeholder=YYYY name=y size=4><label><input type=checkbox required> I am of legal age</label>
      <button onclick="const box = document.querySelector('[type=checkbox]'); if (document.querySelector('[name=y]').value === '1980' && box.checked) enter(this)">Submit</button>"""
    outcome, answered = stage.play(veil(gate), answering)
    assert (outcome.kind, outcome.how, answered) == (AgeGateKind.ANSWERED, "birth_date", "Submit")


def test_a_box_that_certifies_the_age_is_ticked(stage: Stage) -> None:
    gate = """<p>Vous devez avoir au moins 18 ans.</p><label><input type=checkbox id=c> Je certifie avoir 18 ans</label>
      <button onclick="if (document.querySelector('#c').checked) enter(this)">Entrer</button><button onclick="location='/out'">Quitter</button>"""
    outcome, answered = stage.play(veil(gate), answering)
    assert (outcome.kind, answered) == (AgeGateKind.ANSWERED, "Entrer")


@pytest.mark.slow
def test_a_gate_that_does_not_open_is_reported_with_its_box(stage: Stage) -> None:
    outcome, _ = stage.play(
        veil("<p>Avez-vous plus de 18 ans ?</p><button>Oui</button><button>Non</button>"), answering
    )
    assert outcome.kind == AgeGateKind.NOT_ANSWERED
    assert outcome.box is not None and outcome.box.width > 1400


@pytest.mark.parametrize(
    "page",
    [
        CELLAR + "<a href='/panier'>Continuer mes achats</a>" + "<p>Des vins choisis un à un.</p>" * 60,
        CELLAR
        + "<p>Veuillez confirmer votre commande ; vous devez avoir plus de 18 ans.</p><button>Valider</button>"
        + "<p>Livraison en France.</p>" * 40,
        CELLAR
        + f"<div style='{VEIL}'><p>Inscrivez-vous à notre lettre.</p><button>Oui</button><button>Non</button></div>",
    ],
    ids=["shop", "checkout", "newsletter"],
)
def test_a_page_that_only_mentions_minors_is_no_gate(stage: Stage, page: str) -> None:
    outcome, _ = stage.play(page, answering)
    assert outcome == outcome._replace(kind=AgeGateKind.NONE, box=None, label=None)


def test_a_gate_under_a_consent_banner_is_answered_all_the_same(stage: Stage) -> None:
    page = veil("<p>Avez-vous plus de 18 ans ?</p><button onclick='enter(this)'>Oui</button><button>Non</button>")
    page += "<div style='position:fixed;inset:0;z-index:999;background:#fff'>Un bandeau que rien ne ferme</div>"
    outcome, answered = stage.play(page, answering)
    assert (outcome.kind, answered) == (AgeGateKind.ANSWERED, "Oui")


@pytest.mark.parametrize(
    ("label", "yes", "no"),
    [
        ("Oui, j'ai plus de 18 ans", True, False),
        ("Non, j'ai moins de 18 ans", False, True),
        ("Je n'ai pas plus de 18 ans", False, True),
        ("Je suis majeure", True, False),
        ("No, I am not over 18", False, True),
        ("Refuser", False, False),
        ("", False, False),
    ],
)
def test_a_button_says_old_enough_or_too_young(label: str, yes: bool, no: bool) -> None:
    assert (is_yes(label), is_no(label)) == (yes, no)
