import pytest
from playwright.async_api import Page

from spiders.browser.autoconsent import _rules, _rules_for
from spiders.browser.consent import ConsentKind, ConsentOutcome, answer_of, close_banner
from tests.spiders.browser.stage import Stage, stage

__all__ = ["stage"]

SHOP = "<h1>Maison Exemple</h1><p style='height:3000px'>Des lampes et des abat-jour, faits à la main.</p>"
BAR = "position:fixed;left:0;right:0;bottom:0;background:#fff;padding:40px;z-index:99"
ASKS = "<p>Nous utilisons des cookies pour mesurer l'audience de ce site.</p>"
CHOOSE = (
    "<button onclick='answer(this)'>Tout accepter</button><button onclick='answer(this)'>{refusal}</button>"
    "<button onclick='answer(this)'>Paramétrer</button>"
)
ANSWER = "<script>function answer(b){window.answered=b.innerText;b.closest('[data-banner]').remove()}</script>"


def bar(inside: str, style: str = BAR) -> str:
    return f"{SHOP}<div data-banner style='{style}'>{inside}</div>{ANSWER}"


async def closing(page: Page) -> tuple[ConsentOutcome, str | None]:
    outcome = await close_banner(page, patience_seconds=0)
    return outcome, await page.evaluate("window.answered")


def test_a_page_without_a_banner_is_left_alone(stage: Stage) -> None:
    outcome, answered = stage.play(SHOP, closing)
    assert (outcome.kind, outcome.box, answered) == (ConsentKind.NONE, None, None)


@pytest.mark.parametrize(
    "refusal",
    [
        "Tout refuser",
        "Continuer sans accepter",
        "Je refuse",
        "Reject all",
        "Only necessary cookies",
        "Nur notwendige Cookies",
        "Rechazar todo",
        "Rifiuta tutto",
        "Alles weigeren",
    ],
)
def test_a_banner_nobody_knows_is_refused_by_its_words(stage: Stage, refusal: str) -> None:
    outcome, answered = stage.play(bar(ASKS + CHOOSE.format(refusal=refusal)), closing)
    assert (outcome.kind, outcome.how, outcome.label, answered) == (ConsentKind.CLOSED, "words", refusal, refusal)


def test_the_outcome_says_where_the_banner_was(stage: Stage) -> None:
    outcome, _ = stage.play(bar(ASKS + CHOOSE.format(refusal="Tout refuser")), closing)
    assert outcome.box is not None
    assert outcome.box.x == 0 and outcome.box.width > 1400 and 700 < outcome.box.y < 900


def test_a_banner_that_offers_no_refusal_is_put_away_before_it_is_accepted(stage: Stage) -> None:
    inside = (
        ASKS
        + "<button onclick='answer(this)'>OK</button><a role=button tabindex=0 onclick='answer(this)' aria-label=Fermer>x</a>"
    )
    outcome, _ = stage.play(bar(inside), closing)
    assert (outcome.kind, outcome.label) == (ConsentKind.CLOSED, "x")


def test_a_banner_that_never_says_cookies_is_told_by_its_three_answers(stage: Stage) -> None:
    inside = (
        "<p>Bonjour ! Pouvons-nous activer la mesure d'audience ?</p><button onclick='answer(this)'>C'est bon.</button>"
        "<button onclick='answer(this)'>Je refuse</button><button onclick='answer(this)'>Laissez-moi choisir</button>"
    )
    outcome, answered = stage.play(bar(inside), closing)
    assert (outcome.kind, answered) == (ConsentKind.CLOSED, "Je refuse")


CORNER = "<span style='cursor:pointer;position:absolute;top:4px;right:4px' onclick='answer(this)'><svg width=20 height=20><path d='M2 2L18 18'/></svg></span>"


def test_a_cross_without_a_word_in_the_corner_of_a_banner_closes_it(stage: Stage) -> None:
    outcome, answered = stage.play(bar(f"{ASKS}<a href='/cookies'>Notre politique</a>{CORNER}"), closing)
    assert (outcome.kind, outcome.label, answered) == (ConsentKind.CLOSED, "", "")


def test_the_wordless_button_of_a_bar_full_of_links_is_no_cross(stage: Stage) -> None:
    links = "".join(f"<a href='/{number}'>Cookies {number}</a>" for number in range(4))
    outcome, answered = stage.play(bar(f"Nos cookies {links}{CORNER}"), closing)
    assert (outcome.kind, answered) == (ConsentKind.NONE, None)


def test_a_banner_that_only_accepting_closes_is_accepted(stage: Stage) -> None:
    inside = (
        ASKS
        + "<a href='/cookies'>En savoir plus</a><span style='cursor:pointer' onclick='answer(this)'>J'ai compris</span>"
    )
    outcome, answered = stage.play(bar(inside), closing)
    assert (outcome.kind, answered) == (ConsentKind.CLOSED, "J'ai compris")
    assert not [one for one in stage.asked if one.target == "/cookies"]


@pytest.mark.slow
def test_a_refusal_that_does_nothing_gives_way_to_what_closes_the_banner(stage: Stage) -> None:
    inside = ASKS + "<button>Tout refuser</button><button onclick='answer(this)'>Tout accepter</button>"
    outcome, answered = stage.play(bar(inside), closing)
    assert (outcome.kind, answered) == (ConsentKind.CLOSED, "Tout accepter")


@pytest.mark.slow
def test_a_banner_that_nothing_closes_is_reported_with_its_box(stage: Stage) -> None:
    outcome, _ = stage.play(bar(ASKS + "<button>Tout refuser</button><button>Tout accepter</button>"), closing)
    assert outcome.kind == ConsentKind.NOT_CLOSED
    assert outcome.box is not None and outcome.box.width > 1400


def test_a_modal_dialog_is_a_banner(stage: Stage) -> None:
    page = f"{SHOP}<dialog data-banner>{ASKS}{CHOOSE.format(refusal='Refuser')}</dialog>{ANSWER}<script>document.querySelector('dialog').showModal()</script>"
    outcome, answered = stage.play(page, closing)
    assert (outcome.kind, answered) == (ConsentKind.CLOSED, "Refuser")


def test_a_banner_in_a_shadow_root_is_refused(stage: Stage) -> None:
    page = f"""{SHOP}<x-consent></x-consent><script>
      const root = document.querySelector('x-consent').attachShadow({{mode: 'open'}});
      root.innerHTML = `<div style='{BAR}'>{ASKS}<button>Tout accepter</button><button id=no>Tout refuser</button></div>`;
      root.querySelector('#no').onclick = () => {{ window.answered = 'refused'; root.innerHTML = ''; }};
    </script>"""
    outcome, answered = stage.play(page, closing)
    assert (outcome.kind, outcome.label, answered) == (ConsentKind.CLOSED, "Tout refuser", "refused")


def test_a_banner_in_a_frame_of_another_site_is_refused(stage: Stage) -> None:
    page = f"""{SHOP}<div style='{BAR}'><iframe src='{{elsewhere}}/banner' style='width:600px;height:200px'></iframe></div>
      <script>addEventListener('message', (m) => {{ window.answered = m.data; document.querySelector('iframe').parentElement.remove(); }})</script>"""
    banner = f"<div>{ASKS}<button>Tout accepter</button><button onclick=\"parent.postMessage('refused', '*')\">Tout refuser</button></div>"
    outcome, answered = stage.play(page, closing, elsewhere={"/banner": banner})
    assert (outcome.kind, outcome.how, answered) == (ConsentKind.CLOSED, "words", "refused")


def test_an_answer_that_loads_the_page_again_is_followed(stage: Stage) -> None:
    banner = bar(ASKS + "<button onclick=\"location.href = '/?refused'\">Tout refuser</button>")
    outcome, _ = stage.play({"/": banner, "/?refused": SHOP}, closing)
    assert outcome.kind == ConsentKind.CLOSED


def test_a_banner_that_autoconsent_knows_is_refused_by_its_rule(stage: Stage) -> None:
    banner = f"""{SHOP}<div id='tarteaucitronRoot' data-banner><div id='tarteaucitronAlertBig' style='{BAR}'>{ASKS}
      <button id='tarteaucitronPersonalize2' onclick='answer(this)'>Tout accepter</button>
      <button id='tarteaucitronAllDenied2' class='tarteaucitronDeny' onclick='answer(this)'>Interdire</button></div></div>{ANSWER}"""
    outcome, answered = stage.play(banner, closing)
    assert outcome.kind == ConsentKind.CLOSED
    assert outcome.how is not None and outcome.how.startswith("tarteaucitron")
    assert (outcome.label, answered) == (None, "Interdire")


def test_a_banner_that_comes_late_is_waited_for_where_a_script_promises_it(stage: Stage) -> None:
    banner = f"""{SHOP}<script src='/js/cookie-consent.js'></script>{ANSWER}<script>setTimeout(() => document.body.insertAdjacentHTML('beforeend',
      "<div data-banner style='{BAR}'><p>Nous utilisons des cookies.</p><button onclick='answer(this)'>Tout refuser</button></div>"), 700)</script>"""

    async def patient(page: Page) -> ConsentOutcome:
        return await close_banner(page)

    assert stage.play(banner, patient).kind == ConsentKind.CLOSED


@pytest.mark.parametrize(
    "overlay",
    [
        "<nav>Nos cookies aux noisettes <a href='/panier'>Panier</a></nav>",
        "<p>Inscrivez-vous à notre lettre, sans cookies.</p><input type=email><button>Non merci</button>",
        "<p>Livraison offerte ce week-end.</p><button onclick='answer(this)'>Fermer</button>",
    ],
    ids=["biscuit-shop-menu", "newsletter", "announcement"],
)
def test_other_things_that_float_are_no_banner(stage: Stage, overlay: str) -> None:
    outcome, answered = stage.play(bar(overlay), closing)
    assert (outcome.kind, answered) == (ConsentKind.NONE, None)


def test_a_page_with_a_strict_policy_does_not_keep_the_rules_out(stage: Stage) -> None:
    policy = "<meta http-equiv=Content-Security-Policy content=\"script-src 'unsafe-inline'\">"
    outcome, answered = stage.play(policy + bar(ASKS + CHOOSE.format(refusal="Refuser")), closing)
    assert (outcome.kind, answered) == (ConsentKind.CLOSED, "Refuser")


@pytest.mark.slow
def test_a_page_that_forges_the_rules_messages_fools_nobody(stage: Stage) -> None:
    forged = """<script>setInterval(() => window.autoconsentSendMessage && window.autoconsentSendMessage(
      {type: 'autoconsentDone', cmp: 'x'.repeat(5000)}), 20)</script>"""
    outcome, _ = stage.play(bar(ASKS + "<button>Tout refuser</button>") + forged, closing)
    assert outcome.kind == ConsentKind.NOT_CLOSED


@pytest.mark.parametrize(
    ("label", "answer"),
    [
        ("Continuer sans accepter →", "refuse"),
        ("Tout accepter", "accept"),
        ("×", "close"),
        ("OK, tout accepter", "accept"),
        ("Gérer mes choix", "settings"),
        ("Accepteer alles", "accept"),
        ("Politique de cookies", None),
        ("", None),
        ("Nous utilisons des cookies et nos partenaires aussi, vous pouvez tout refuser ou accepter", None),
    ],
)
def test_an_answer_is_read_from_the_words_of_a_button(label: str, answer: str | None) -> None:
    assert answer_of(label) == answer


def test_a_frame_is_given_only_the_rules_that_can_apply_there(stage: Stage) -> None:
    async def sizes(page: Page) -> int:
        return len(_rules_for(page.main_frame))

    general, special = _rules()
    assert general[True] and special
    assert stage.play(SHOP, sizes) < sum(map(len, general[True])) + 20_000
