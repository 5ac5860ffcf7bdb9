"""Pages in many markups that hide a channel behind a press, and what a press does to them."""

from typing import NamedTuple

import pytest
from playwright.async_api import Page

from spiders.browser.control import Control, ControlKind, Refused
from spiders.browser.hover import hover_menus
from spiders.browser.press import PressKind, press
from spiders.browser.reveal import Revealed, controls, judged, revealed
from spiders.browser.sight import script
from spiders.browser.undo import Undone, restore
from tests.spiders.browser.stage import Stage, stage

__all__ = ["stage"]

PHONE = "01 99 00 12 34"
SHOP = "<h1>Maison Exemple</h1><p>Des lampes et des abat-jour, faits à la main.</p>"
ROW = "display:block;width:30px;height:3px;margin:4px;background:#000"


class Told(NamedTuple):
    """What is left of a revealed state once the page is closed."""

    clicks: int
    labels: tuple[str, ...]
    kind: PressKind
    appeared: str
    target: str | None
    message: str | None


def told(state: Revealed) -> Told:
    labels = tuple(control.label for control in state.path)
    pressed = state.pressed
    return Told(state.clicks, labels, pressed.kind, " ".join(pressed.appeared), pressed.target, pressed.message)


async def every(page: Page) -> list[Told]:
    return [told(state) async for state in revealed(page)]


async def read(page: Page) -> tuple[list[Told], str]:
    """Every state, and what the page shows once all was undone."""
    states = await every(page)
    shown = await page.evaluate(f"() => {{ {script()}\n return [...atoms().values()].join(' ') }}")
    return states, shown


def showing(states: list[Told], words: str = PHONE) -> list[Told]:
    return [state for state in states if words in state.appeared]


MARKUPS = {
    "aria button": f"""<button aria-expanded=false aria-controls=p onclick="const o = p.hidden; p.hidden = !o; this.setAttribute('aria-expanded', o)">
        Service client</button><div id=p hidden>Téléphone : {PHONE}</div>""",
    "plain element with onclick": f"<div style='cursor:pointer' onclick=\"n.style.display = n.style.display ? '' : 'none'\">Nous joindre</div><div id=n style='display:none'>{PHONE}</div>",
    "listener without any sign": f"""<span id=s>Afficher le numéro</span><p id=n hidden>{PHONE}</p>
        <script>s.addEventListener('click', () => {{ n.hidden = !n.hidden }})</script>""",
    "toggle of a common framework": f"""<a href='#infos' data-toggle=collapse class=btn>Horaires et contact</a><div id=infos style='display:none'>{PHONE}</div>
        <script>document.querySelector('[data-toggle]').onclick = (e) => {{ e.preventDefault(); infos.style.display = infos.style.display ? '' : 'none' }}</script>""",
    "details": f"<details><summary>Une question ?</summary><p>Appelez le {PHONE}</p></details>",
    "dialog element": f"<button onclick='d.showModal()'>Contact</button><dialog id=d>{PHONE}<form method=dialog><button>Fermer</button></form></dialog>",
    "dialog without roles": f"""<a href='javascript:void 0' onclick="d.style.display = 'block'">Besoin d'aide ?</a>
        <div id=d style='display:none;position:fixed;inset:100px;background:#eee'>{PHONE}<span style='cursor:pointer' onclick="d.style.display = 'none'">×</span></div>""",
    "tabs": f"""<div role=tablist><button role=tab aria-selected=true id=a>Description</button><button role=tab aria-selected=false id=b>Contact</button></div>
        <div id=pa>Une lampe.</div><div id=pb hidden>{PHONE}</div><script>const pick = (on) => {{ a.setAttribute('aria-selected', !on);
        b.setAttribute('aria-selected', on); pa.hidden = on; pb.hidden = !on }}; a.onclick = () => pick(false); b.onclick = () => pick(true)</script>""",
    "box and label": f"<style>#t:checked ~ div {{ display:block !important }} #t {{ position:absolute; left:-9999px }}</style><input type=checkbox id=t><label for=t>Menu</label><div style='display:none'>{PHONE}</div>",
    "web component": f"""<x-help></x-help><script>const r = document.querySelector('x-help').attachShadow({{mode: 'open'}});
        r.innerHTML = "<button>Nous contacter</button><p hidden>{PHONE}</p>"; r.querySelector('button').onclick = () => {{ const p = r.querySelector('p'); p.hidden = !p.hidden }}</script>""",
    "popover": f"<button popovertarget=p>Téléphone</button><div id=p popover>{PHONE}</div>",
    "accordion that grows": f"""<button onclick="n.style.maxHeight = n.style.maxHeight ? '' : '200px'">Contact</button>
        <div id=n style='max-height:0;overflow:hidden'><p>{PHONE}</p></div><style>#n {{ max-height:0 }}</style><script>n.style.maxHeight = ''</script>""",
    "drawer": f"""<button aria-label='Ouvrir le menu' onclick="n.style.transform = 'none'"></button><button onclick="n.style.transform = ''"
        style='position:absolute;left:300px'>x</button><style>#n {{ position:fixed;top:50px;left:0;width:300px;height:500px;transform:translateX(-100%) }}
        button {{ min-width:30px;min-height:30px }}</style><nav id=n>{PHONE}</nav>""",
    "one listener for a whole list": f"""<div id=l><div><p class=t>Entretien</p><p hidden>Au chiffon.</p></div><div><p class=t>Réparation</p><p hidden>{PHONE}</p></div></div>
        <style>.t {{ cursor:pointer }}</style><script>l.onclick = (e) => {{ const p = e.target.nextElementSibling; p.hidden = !p.hidden }}</script>""",
    "layer named by a bare id": f"""<p><button data-layer=far>Atelier</button></p><p>Des lampes.</p><div id=far hidden>{PHONE}</div>
        <script>document.querySelector('[data-layer]').onclick = () => {{ far.hidden = !far.hidden }}</script>""",
    "button before a hidden list": f"""<button onclick='u.hidden = !u.hidden'>Atelier</button><ul id=u hidden><li><a href='/a'>Lampes</a> {PHONE}</ul>""",
    "link without an address": f"""<p><a id=k>Nous joindre</a></p><p id=n hidden>{PHONE}</p><script>k.addEventListener('click', () => {{ n.hidden = !n.hidden }})</script>""",
    "title that listens": f"""<section><h3>Réparation</h3></section><script>const h = document.querySelector('h3'); let p = null;
        h.addEventListener('click', () => {{ if (p) {{ p.remove(); p = null }} else {{ p = document.createElement('p'); p.textContent = '{PHONE}'; h.after(p) }} }})</script>""",
}


@pytest.mark.parametrize("markup", MARKUPS.values(), ids=MARKUPS.keys())
def test_one_press_shows_what_any_markup_hides_and_the_page_is_taken_back(stage: Stage, markup: str) -> None:
    states, after = stage.play(SHOP + markup, read)
    found = showing(states)
    assert found and found[0].clicks == 1
    assert PHONE not in after


def test_a_number_that_is_fetched_is_waited_for(stage: Stage) -> None:
    page = "<button onclick=\"fetch('/numero').then((r) => r.text()).then((t) => { this.textContent = t })\">Afficher le numéro</button>"
    states = stage.play({"/": SHOP + page, "/numero": PHONE}, every)
    assert [state.clicks for state in showing(states)] == [1]


def test_a_button_that_swaps_its_text_is_pressed_once_and_undone_by_loading_again(stage: Stage) -> None:
    page = f"<button onclick=\"this.textContent = '{PHONE}'\">Appeler</button><button onclick=\"this.textContent = 'lampe@exemple.test'\">Voir l'e-mail</button>"
    states, after = stage.play(SHOP + page, read)
    assert len(showing(states)) == 1
    assert [state.clicks for state in showing(states, "lampe@exemple.test")] == [1]
    assert "Appeler" in after and "Voir l'e-mail" in after


def test_what_a_press_opens_is_pressed_in_turn_and_costs_two_clicks(stage: Stage) -> None:
    page = f"""<button aria-expanded=false aria-controls=m onclick="const o = m.hidden; m.hidden = !o; this.setAttribute('aria-expanded', o)">Menu</button>
      <div id=m hidden><a href='/a'>Lampes</a><button onclick="n.hidden = !n.hidden">Service client</button><p id=n hidden>{PHONE}</p></div>"""
    states = stage.play(SHOP + page, every)
    assert [(state.clicks, state.labels) for state in showing(states)] == [(2, ("Menu", "Service client"))]


def test_what_shuts_when_another_part_opens_is_not_opened_again(stage: Stage) -> None:
    page = f"""<button aria-expanded=true>Livraison</button><p>En trois jours.</p><button aria-expanded=false>Réparation</button><p hidden>{PHONE}</p>
      <script>const all = [...document.querySelectorAll('button')]; all.forEach((one) => {{ one.onclick = () => all.forEach((other) => {{
        const on = one === other; other.setAttribute('aria-expanded', on); other.nextElementSibling.hidden = !on }}) }})</script>"""
    states = stage.play(SHOP + page, every)
    assert {state.labels for state in states} == {("Réparation",)}


def test_a_control_that_a_press_has_moved_is_found_again(stage: Stage) -> None:
    page = f"""<div><p>Lampes</p><div id=d hidden style='position:fixed;inset:100px;background:#eee'>Une lampe <b>à vous</b>, 1 234 lampes<button onclick='d.hidden = true'>Fermer</button></div>
      <div><button aria-expanded=false onclick="n.hidden = !n.hidden">Réparation</button><p id=n hidden>{PHONE}</p></div></div>
      <div><button aria-controls=d onclick="document.body.append(d); d.hidden = false">Contact</button></div>"""
    states = stage.play(SHOP + page, every)
    assert {state.labels for state in states} == {("Contact",), ("Réparation",)}


def test_what_slides_by_itself_is_not_the_doing_of_a_press(stage: Stage) -> None:
    slides = "".join(f"<li style='flex:0 0 300px'>Lampe {number}</li>" for number in range(8))
    page = f"""<div style='overflow:hidden;width:600px'><ul id=u style='display:flex;margin:0;padding:0'>{slides}</ul></div><button>Contact</button>
      <script>document.querySelector('button').onclick = () => {{ u.style.transform = 'translateX(-900px)' }}</script>"""
    assert stage.play(SHOP + page, every) == []


def test_a_menu_of_three_bars_without_a_word_is_opened_on_a_phone(stage: Stage) -> None:
    page = f"""<header><div style='cursor:pointer;width:40px' onclick="m.hidden = !m.hidden"><span style='{ROW}'></span><span style='{ROW}'></span><span style='{ROW}'></span></div></header>
      {SHOP}<nav id=m hidden><a href='/contact'>Contact</a> {PHONE}</nav>"""
    states = stage.play(page, every, mobile=True)
    assert [(state.clicks, state.kind) for state in showing(states)] == [(1, PressKind.CHANGED)]


def test_a_chat_launcher_in_a_frame_of_another_site_is_found_and_pressed(stage: Stage) -> None:
    page = (
        SHOP
        + "<iframe src='{elsewhere}/launcher' style='position:fixed;right:10px;bottom:10px;width:300px;height:200px;border:0'></iframe>"
    )
    launcher = "<button aria-label='Ouvrir le chat' onclick=\"w.hidden = !w.hidden\" style='width:50px;height:50px'></button><div id=w hidden>Bonjour, comment vous aider ?</div>"

    async def look(page: Page) -> tuple[list[ControlKind], list[Told]]:
        return [one.kind for one in await controls(page)], await every(page)

    kinds, states = stage.play(page, look, elsewhere={"/launcher": launcher})
    assert kinds == [ControlKind.CHAT]
    assert showing(states, "comment vous aider")


def test_an_alert_tells_its_text_and_is_dismissed(stage: Stage) -> None:
    states = stage.play(SHOP + f"<button onclick=\"alert('{PHONE}')\">Afficher le numéro</button>", every)
    assert [(state.kind, state.message) for state in states] == [(PressKind.MESSAGE, PHONE)]


def test_a_router_that_changes_the_address_moves_and_is_taken_back(stage: Stage) -> None:
    page = f"""<div id=app></div><script>const draw = () => {{ app.innerHTML = location.hash === '#/contact' ? '<p>{PHONE}</p>' : "<h1>Lampes</h1><button onclick=\\"location.hash = '/contact'\\">Contact</button>" }};
      addEventListener('hashchange', draw); draw()</script>"""

    async def look(page: Page) -> tuple[list[Told], str, str]:
        return *await read(page), page.url

    states, after, url = stage.play(page, look)
    moved = showing(states)
    assert [(state.kind, (state.target or "").partition("#")[2]) for state in moved] == [(PressKind.MOVED, "/contact")]
    assert "Lampes" in after and not url.endswith("/contact")


def test_a_press_that_would_leave_the_page_is_noted_and_never_asked_of_the_server(stage: Stage) -> None:
    page = SHOP + "<button onclick=\"location.href = '/contact'\">Nous contacter</button>"
    states, after = stage.play({"/": page, "/contact": PHONE}, read)
    assert [(state.kind, (state.target or "").rpartition("/")[2]) for state in states] == [(PressKind.AWAY, "contact")]
    assert "/contact" not in {asked.target for asked in stage.asked}
    assert "Nous contacter" in after


def test_a_pop_up_is_noted_and_never_asked_of_the_server(stage: Stage) -> None:
    page = SHOP + "<button onclick=\"window.open('/chat')\">Chat en direct</button>"

    async def look(page: Page) -> tuple[list[Told], int]:
        return await every(page), len(page.context.pages)

    states, windows = stage.play({"/": page, "/chat": PHONE}, look)
    assert [(state.kind, (state.target or "").rpartition("/")[2]) for state in states] == [(PressKind.POPUP, "chat")]
    assert "/chat" not in {asked.target for asked in stage.asked}
    assert windows == 1


HARMFUL = {
    "submit": (Refused.SUBMITS, "<form action=/hit><button>Nous contacter</button></form>"),
    "submit input": (Refused.SUBMITS, "<form action=/hit method=post><input type=submit value='Contact'></form>"),
    "script that submits": (
        Refused.FIELDS,
        "<form action=/hit method=post><textarea name=t></textarea><div role=button tabindex=0 onclick='this.closest(\"form\").submit()'>Contacter le vendeur</div></form>",
    ),
    "fields without a form": (
        Refused.FIELDS,
        "<div><textarea></textarea><button onclick=\"fetch('/hit', {method: 'POST'})\">Contact</button></div>",
    ),
    "send": (Refused.SUBMITS, "<div role=button tabindex=0 onclick=\"fetch('/hit', {method: 'POST'})\">Envoyer</div>"),
    "cart": (Refused.ORDER, "<button onclick=\"fetch('/hit')\">Ajouter au panier</button>"),
    "order": (Refused.ORDER, "<button onclick=\"fetch('/hit')\">Commander par téléphone</button>"),
    "book": (Refused.ORDER, "<button onclick=\"fetch('/hit')\">Réserver un conseiller</button>"),
    "log in": (Refused.ACCOUNT, "<button aria-haspopup=dialog onclick=\"fetch('/hit')\">Se connecter</button>"),
    "log out": (Refused.ACCOUNT, "<div role=menuitem tabindex=0 onclick=\"fetch('/hit')\">Déconnexion</div>"),
    "delete": (Refused.DELETE, "<button aria-expanded=false onclick=\"fetch('/hit')\">Supprimer</button>"),
    "cookies": (Refused.CONSENT, "<button onclick=\"fetch('/hit')\">Gestion des cookies</button>"),
    "language": (Refused.LANGUAGE, "<button aria-haspopup=true onclick=\"fetch('/hit')\">EN</button>"),
    "print": (Refused.FILE, "<button onclick=\"fetch('/hit')\">Imprimer nos coordonnées</button>"),
    "download": (Refused.FILE, "<a href='/hit' download>Télécharger nos coordonnées</a>"),
    "link elsewhere": (Refused.LEAVES, "<a href='{elsewhere}/hit' role=button>Service client</a>"),
    "telephone": (Refused.HAND_OVER, "<a href='tel:+33199001234' onclick=\"fetch('/hit')\">Appeler</a>"),
    "mail": (Refused.HAND_OVER, "<a href='mailto:lampe@exemple.test' onclick=\"fetch('/hit')\">Nous écrire</a>"),
    "disabled": (Refused.DISABLED, "<button aria-disabled=true onclick=\"fetch('/hit')\">Contact</button>"),
    "icon of a cart": (
        Refused.ORDER,
        "<button onclick=\"fetch('/hit')\"><i class='icon-panier' style='display:block;width:20px;height:20px;background:red'></i></button>",
    ),
    "nothing known": (Refused.UNKNOWN, "<button onclick=\"fetch('/hit')\">Oh la belle lampe</button>"),
    "telephone by script": (
        Refused.HAND_OVER,
        "<a href='TEL:+33199001234' role=button aria-expanded=false onclick=\"fetch('/hit')\">Service client</a>",
    ),
    "pop-up link": (Refused.LEAVES, "<a href='/hit' target=_blank aria-haspopup=true>Contact</a>"),
    "part that shows already": (Refused.SCROLLS, "<a href='#contact'>Contact</a><section id=contact>Ici</section>"),
    "answer without a channel": (
        Refused.PLAIN,
        "<details><summary>Nos lampes</summary>Elles sont tournées et peintes dans notre atelier.</details>",
    ),
    "open already": (Refused.OPEN, "<button aria-expanded=true onclick=\"fetch('/hit')\">Contact</button>"),
    "cross with a name": (
        Refused.CLOSES,
        "<button aria-label='Fermer le menu' onclick=\"fetch('/hit')\">×</button>",
    ),
    "words that close a menu": (Refused.CLOSES, "<button onclick=\"fetch('/hit')\">Fermer le menu</button>"),
    "numbered dot": (Refused.IDLE, "<button role=tab onclick=\"fetch('/hit')\">3</button>"),
    "carousel": (Refused.IDLE, "<button aria-label=Suivant onclick=\"fetch('/hit')\"></button>"),
}


@pytest.mark.parametrize(("reason", "markup"), HARMFUL.values(), ids=HARMFUL.keys())
def test_what_could_do_harm_or_shows_nothing_is_not_pressed(stage: Stage, reason: Refused, markup: str) -> None:
    async def look(page: Page) -> tuple[list[Control | Refused], list[Told]]:
        return [verdict for _, verdict in await judged(page)], await every(page)

    served = {"/hit": "reached"}
    verdicts, states = stage.play({"/": SHOP + markup, **served}, look, elsewhere=served)
    assert reason in verdicts
    assert not [verdict for verdict in verdicts if isinstance(verdict, Control)]
    assert not states
    assert not [asked for asked in stage.asked if asked.target.startswith("/hit")]


def test_a_plain_link_to_another_page_is_no_control(stage: Stage) -> None:
    async def look(page: Page) -> int:
        return len(await judged(page))

    assert stage.play(SHOP + "<a href='/contact'>Contact</a>", look) == 0


def test_a_form_that_a_press_would_send_after_all_never_reaches_the_server(stage: Stage) -> None:
    page = (
        SHOP + "<form id=f action=/hit method=post><input name=q></form><button onclick='f.submit()'>Contact</button>"
    )
    states = stage.play({"/": page, "/hit": "reached"}, every)
    assert [state.kind for state in states] == [PressKind.AWAY]
    assert not [asked for asked in stage.asked if asked.target == "/hit"]


def test_a_form_sent_to_a_hidden_frame_never_reaches_the_server(stage: Stage) -> None:
    page = SHOP + (
        "<iframe name=sink style='position:absolute;left:-999px'></iframe>"
        "<form id=f action=/hit method=post target=sink><input name=q></form><button onclick='f.submit()'>Contact</button>"
    )
    stage.play({"/": page, "/hit": "reached"}, every)
    assert not [asked for asked in stage.asked if asked.target == "/hit"]


def test_a_frame_that_a_press_loads_is_let_through(stage: Stage) -> None:
    page = (
        SHOP
        + "<button onclick=\"document.body.insertAdjacentHTML('beforeend', '<iframe src=/chat></iframe>')\">Chat</button>"
    )
    states = stage.play({"/": page, "/chat": "<p>Bonjour</p>"}, every)
    assert [state.kind for state in states] == [PressKind.CHANGED]
    assert [asked.method for asked in stage.asked if asked.target == "/chat"]


def test_a_control_that_something_covers_is_not_reached(stage: Stage) -> None:
    page = (
        SHOP
        + f"<button onclick='n.hidden = false'>Contact</button><p id=n hidden>{PHONE}</p><div style='position:fixed;inset:0;background:#fff'></div>"
    )
    assert stage.play(page, every) == []


def test_a_press_without_effect_tells_so(stage: Stage) -> None:
    async def once(page: Page) -> PressKind:
        return (await press(page, (await controls(page))[0])).kind

    assert stage.play(SHOP + "<button>Contact</button>", once) == PressKind.NOTHING


def test_a_dialog_is_told_from_a_mere_change(stage: Stage) -> None:
    states = stage.play(SHOP + MARKUPS["dialog element"], every)
    assert showing(states)[0].kind == PressKind.DIALOG


@pytest.mark.parametrize(
    ("markup", "how"),
    [
        ("dialog element", Undone.ESCAPED),
        ("aria button", Undone.PRESSED_AGAIN),
        ("dialog without roles", Undone.CLOSED),
    ],
)
def test_the_gentlest_means_undoes_a_press(stage: Stage, markup: str, how: Undone) -> None:
    async def there_and_back(page: Page) -> Undone:
        return await restore(page, await press(page, (await controls(page))[0]))

    assert stage.play(SHOP + MARKUPS[markup], there_and_back) == how


def test_the_box_of_what_appeared_is_told(stage: Stage) -> None:
    page = f"<div style='height:600px'>{SHOP}</div><button onclick='n.hidden = false'>Contact</button><p id=n hidden style='margin:0;position:absolute;top:700px;left:40px'>{PHONE}</p>"

    async def box(page: Page) -> tuple[float, float] | None:
        pressed = await press(page, (await controls(page))[0])
        return (pressed.box.x, pressed.box.y) if pressed.box else None

    assert stage.play(page, box) == (40, 700)


def test_what_speaks_of_contact_in_its_hidden_part_comes_first(stage: Stage) -> None:
    page = SHOP + "".join(
        f"<h3 style='cursor:pointer' onclick='this.nextElementSibling.hidden = false'>Rubrique {number}</h3><p hidden>{text}</p>"
        for number, text in enumerate(["Nos lampes.", "Nos abat-jour.", f"Au {PHONE}.", "Nos pieds."])
    )

    async def first(page: Page) -> str:
        return (await controls(page))[0].label

    assert stage.play(page, first) == "Rubrique 2"


def test_twenty_equal_buttons_are_not_all_pressed(stage: Stage) -> None:
    page = SHOP + f"<button onclick=\"this.textContent = '{PHONE}'\">Afficher le numéro</button>" * 20

    async def count(page: Page) -> int:
        return len(await controls(page))

    assert stage.play(page, count) == 2


def test_a_page_of_a_thousand_controls_is_bounded(stage: Stage) -> None:
    page = SHOP + "".join(f"<button>Contact {number}</button>" for number in range(1000))

    async def count(page: Page) -> int:
        return len(await controls(page))

    assert stage.play(page, count) == 25


def test_a_page_that_breaks_the_script_shows_no_control_and_no_error(stage: Stage) -> None:
    page = (
        SHOP
        + MARKUPS["aria button"]
        + "<script>Map = null; Array.from = () => { throw 1 }; getComputedStyle = null</script>"
    )
    assert stage.play(page, every) == []


@pytest.mark.slow
def test_a_press_that_hangs_the_page_ends_in_a_time_out(stage: Stage) -> None:
    with pytest.raises(TimeoutError):
        stage.play(SHOP + "<button onclick='for (;;);'>Contact</button>", every)


MENU = f"""<style>nav li ul {{ display:none }} nav li:hover ul {{ display:block }}</style><header><nav><ul>
  <li><a href='/lampes'>Lampes</a><ul><li><a href='/pied'>À pied</a></ul><li><a href='/aide'>Aide</a><ul><li><a href='/contact'>Contact</a> {PHONE}</ul>
  <li><a href='/histoire'>Histoire</a></ul></nav></header>"""


async def hovered(page: Page) -> tuple[list[tuple[str, str]], str]:
    states = [(state.label, " ".join(state.appeared)) async for state in hover_menus(page)]
    return states, await page.evaluate("document.querySelector('nav').innerText")


def test_menus_that_open_under_the_pointer_are_read_without_a_press(stage: Stage) -> None:
    states, after = stage.play(MENU + SHOP, hovered)
    assert [label for label, _ in states] == ["Lampes", "Aide"]
    assert PHONE in states[1][1] and PHONE not in states[0][1]
    assert PHONE not in after


def test_a_menu_that_waits_for_a_pointer_that_moves_is_read_and_closes_before_the_next_look(stage: Stage) -> None:
    page = f"""<nav><ul><li id=i><a href='#'>Aide</a><ul id=u hidden><li><a href='/contact'>Contact</a> {PHONE}</ul></ul></nav>{SHOP}<script>let moves = 0, timer = 0;
      const later = (hidden, pause) => {{ clearTimeout(timer); timer = setTimeout(() => {{ u.hidden = hidden }}, pause) }};
      i.onmousemove = () => {{ if (++moves === 2) later(false, 250) }}; i.onmouseleave = () => {{ moves = 0; later(true, 500) }}</script>"""
    states, after = stage.play(page, hovered)
    assert [PHONE in texts for _, texts in states] == [True]
    assert PHONE not in after


def test_a_phone_does_not_hover(stage: Stage) -> None:
    assert stage.play(MENU + SHOP, hovered, mobile=True)[0] == []
