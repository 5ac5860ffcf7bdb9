"""The snapshot reads like a page: same words, links, forms and regions, in the order a person meets them."""

import pytest
from playwright.async_api import Page

from spiders.browser.layout import Snapshot
from spiders.browser.snapshot import snapshot
from spiders.detect.document import BREAK
from spiders.detect.forms import read_forms
from spiders.detect.page import detect
from storage.vocabulary import Channel, FormKind
from tests.spiders.browser.stage import Stage, stage

__all__ = ["stage"]

DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs="
AWAY = "position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)"

ICONS = {
    "picture": f"<img src='{DOT}' width=20 height=20 alt=Facebook>",
    "drawing": "<svg width=20 height=20><title>Facebook</title><path d='M0 0h20v20z'/></svg>",
    "symbol": "<svg width=20 height=20 class=facebook><use href='#facebook'/></svg>",
    "font": "<style>.fa::before{content:'\\f09a'}</style><i class='fa fa-facebook'></i>",
    "background": f"<i class=facebook style='display:inline-block;width:20px;height:20px;background:url({DOT})'></i>",
    "mask": (
        f"<i class=facebook style='display:inline-block;width:20px;height:20px;background:#248;mask:url({DOT})'></i>"
    ),
    "words for screen readers": f"<svg width=20 height=20><circle r=9 /></svg><span style='{AWAY}'>Facebook</span>",
    "words moved away": (
        f"<span style='display:block;width:20px;height:20px;overflow:hidden;text-indent:-999px;background:url({DOT})'>"
        "Facebook</span>"
    ),
}
NAMES = (
    "elementsFromPoint elementFromPoint querySelectorAll createRange createTreeWalker adoptedStyleSheets URL title baseURI"
).split()
NO_ICONS = {
    "empty": "",
    "drawing of no size": "<svg width=0 height=0><path d='M0 0h20v20z'/></svg>",
    "drawing without lines": "<svg width=20 height=20></svg>",
    "tiny picture": f"<img src='{DOT}' width=2 height=2 alt=Facebook>",
    "words for screen readers alone": f"<span style='{AWAY}'>Facebook</span>",
    "faded drawing": "<svg width=20 height=20 style='opacity:0'><path d='M0 0h20v20z'/></svg>",
    "blanks": "<span>&nbsp;</span>",
}


@pytest.mark.parametrize("icon", ICONS)
def test_a_link_that_shows_an_icon_is_kept_with_what_names_it(stage: Stage, icon: str) -> None:
    taken = stage.play(f"<h1>Maison</h1><a href='https://www.facebook.com/maisonexemple'>{ICONS[icon]}</a>", snapshot)
    (link,) = taken.document.links
    assert link.text == ""
    assert "facebook" in f"{link.label} {link.icon}".lower()
    found = detect(taken.document, "FR", {Channel.FACEBOOK}).sightings
    assert [sighting.value for sighting in found] == ["https://www.facebook.com/maisonexemple"]
    element = next(element for element in taken.elements.values() if element.kind == "link")
    assert element.box.width >= 4
    assert element.box.height >= 4


@pytest.mark.parametrize("icon", NO_ICONS)
def test_a_link_that_shows_nothing_is_no_link(stage: Stage, icon: str) -> None:
    taken = stage.play(
        f"<h1>Maison</h1><a href='https://www.facebook.com/maisonexemple'>{NO_ICONS[icon]}</a>", snapshot
    )
    assert taken.document.links == []


def test_a_clear_link_over_a_card_is_kept_for_the_card_under_it(stage: Stage) -> None:
    card = (
        "<div style='position:relative;width:300px;height:90px'><h3>Notre page</h3>"
        "<a href='https://www.facebook.com/maisonexemple' aria-label=Facebook style='position:absolute;inset:0'></a></div>"
    )
    (link,) = stage.play(card, snapshot).document.links
    assert link.label == "Facebook"


def test_only_the_words_inside_a_cut_are_kept(stage: Stage) -> None:
    cut = (
        "<div style='height:20px;line-height:20px;width:200px;overflow:hidden'>Premier mot<br>Tél. 01 99 00 11 22</div>"
    )
    assert stage.play(cut, snapshot).document.text == "Premier mot"
    line = (
        "<p style='width:100px;white-space:nowrap;overflow:hidden;font:16px monospace'>"
        "Visible au début, puis 01 99 00 11 22</p>"
    )
    text = stage.play(line, snapshot).document.text
    assert text.startswith("Visible")
    assert "22" not in text


def test_neighbours_that_style_sets_apart_are_apart(stage: Stage) -> None:
    page = (
        "<div style='display:flex'><span>Téléphone</span><span>01 99 00 11 22</span></div>"
        "<p><span style='display:block'>Paris</span><span style='display:block'>Lyon</span></p>"
    )
    text = stage.play(page, snapshot).document.text
    assert text.split(BREAK) == ["Téléphone 01 99 00 11 22", "Paris", "Lyon"]


def test_blocks_that_style_sets_in_line_are_one_line(stage: Stage) -> None:
    page = "<div style='display:inline'>01 99</div> <div style='display:inline'>00 11 22</div>"
    assert stage.play(page, snapshot).document.text == "01 99 00 11 22"


def test_regions_headings_lists_and_tables_stay(stage: Stage) -> None:
    page = (
        "<header><a href=/contact>Contact</a></header><main><h2>Horaires</h2><ul><li>Lundi</li></ul>"
        "<table><tr><th>Tél.<td>01 99 00 11 22</table></main><footer><a href=/mentions>Mentions</a></footer>"
    )
    taken = stage.play(page, snapshot)
    assert [link.region for link in taken.document.links] == ["header", "footer"]
    assert taken.document.tree.css_first("h2").text() == "Horaires"
    assert taken.document.tree.css_first("table th + td").text() == "01 99 00 11 22"
    header = {element.href.rpartition("/")[2]: element.in_header for element in taken.elements.values() if element.href}
    assert header == {"contact": True, "mentions": False}


def test_links_have_whole_addresses_and_their_own_schemes(stage: Stage) -> None:
    page = "<a href=../contact>Contact</a><a href=tel:+33199001122>Appeler</a><a href='#bas'>Bas</a><a href='mailto:a@b.test'>M</a>"
    hrefs = [link.href for link in stage.play(page, snapshot).document.links]
    assert hrefs[0].startswith("http://127.77.0.1:")
    assert hrefs[0].endswith("/contact")
    assert hrefs[1:] == ["tel:+33199001122", "#bas", "mailto:a@b.test"]


def test_a_form_keeps_its_fields_and_their_names(stage: Stage) -> None:
    page = (
        "<h2>Contactez-nous</h2><form action=/envoi method=post><label for=n>Nom</label><input id=n name=nom>"
        f"<label for=m style='{AWAY}'>Courriel</label><input id=m name=champ2 type=text>"
        "<input name=piege style='position:absolute;left:-9999px'><input type=hidden name=jeton value=1>"
        "<label><input type=checkbox name=accord style='opacity:0;position:absolute'> J'accepte</label>"
        "<textarea name=message placeholder='Votre message'></textarea><input type=submit value=Envoyer></form>"
    )
    taken = stage.play(page, snapshot)
    (form,) = read_forms(taken.document)
    assert form.kind is FormKind.CONTACT
    assert form.has_message
    assert {name: role.value for name, role in form.fields.items()} == {
        "nom": "name", "champ2": "email", "accord": "consent", "message": "message"
    }  # fmt: skip
    assert "Envoyer" in form.label
    assert detect(taken.document, "FR", {Channel.FORM}).sightings


def test_the_areas_of_an_image_map_are_links_with_boxes_of_their_own(stage: Stage) -> None:
    page = (
        f"<img src='{DOT}' width=400 height=100 usemap='#plan' style='position:absolute;left:100px;top:50px' alt=Menu>"
        "<map name=plan><area href=/contact alt=Contact coords='200,0,300,100'><area href=/rond coords='50,50,10' "
        "shape=circle alt=Rond></map>"
    )
    taken = stage.play(page, snapshot)
    assert [link.label for link in taken.document.links] == ["Contact", "Rond"] or [
        link.href.rpartition("/")[2] for link in taken.document.links
    ] == ["contact", "rond"]
    boxes = {element.href.rpartition("/")[2]: tuple(element.box) for element in taken.elements.values() if element.href}
    assert boxes == {"contact": (300, 50, 100, 100), "rond": (140, 90, 20, 20)}


def test_words_of_a_page_cannot_become_markup(stage: Stage) -> None:
    page = "<p>&lt;a href=x&gt;piège&lt;/a&gt; &amp;amp;</p><p title='\"><b>'>fin</p><xmp><i>brut</i></xmp>"
    document = stage.play(page, snapshot).document
    assert document.links == []
    assert document.tree.css_first("b,i") is None
    assert "<a href=x>piège</a> &amp;" in document.text
    assert "<i>brut</i>" in document.text


def test_scripts_of_the_page_cannot_mislead_the_reading(stage: Stage) -> None:
    page = (
        "<script>Element.prototype.getBoundingClientRect=()=>({});Array.prototype.toJSON=()=>'x';"
        "window.getComputedStyle=()=>({display:'none'});Object.defineProperty(Node.prototype,'childNodes',{get:()=>[]});"
        "Document.prototype.elementsFromPoint=()=>[];String.prototype.replace=()=>''</script>"
        "<form name=documentElement><input name=children><input name=firstChild><input name=parentNode><input name=attributes>"
        "<p>Tél. 01 99 00 11 22</p></form><img name=body src=/x><form name=scrollingElement></form>"
        + "".join(f"<img name={name} src=/x>" for name in NAMES)
    )
    assert "Tél. 01 99 00 11 22" in stage.play(page, snapshot).document.text


async def moved_and_watched(page: Page) -> tuple[Snapshot, list[int]]:
    await page.evaluate("window.heard=0; addEventListener('scroll', () => heard++); scrollTo(0, 400)")
    await page.wait_for_function("heard > 0")
    before = await page.evaluate("[heard, scrollY, document.documentElement.outerHTML.length]")
    taken = await snapshot(page)
    return taken, [*before, *await page.evaluate("[heard, scrollY, document.documentElement.outerHTML.length]")]


def test_the_page_stays_where_it_was_and_as_it_was(stage: Stage) -> None:
    page = f"<p style='pointer-events:none'>Haut</p><p style='height:3000px'></p><img src='{DOT}'><p>Tél. 01 99 00 11 22</p>"
    taken, (_, top, size, _, top_after, size_after) = stage.play(page, moved_and_watched)
    assert (top, size) == (top_after, size_after) == (400, size)
    assert taken.scrolled == (0, 400)
    run = next(run for run in taken.runs if "99" in "".join(piece.text for piece in run.pieces))
    assert run.box.y > 3000


def test_two_snapshots_of_one_state_are_the_same(stage: Stage) -> None:
    async def twice(page: Page) -> tuple[Snapshot, Snapshot]:
        return await snapshot(page), await snapshot(page)

    page = "<header><a href=/c>Contact</a></header><iframe srcdoc='<p>Cadre</p>'></iframe><p>Tél. 01 99 00 11 22</p>"
    first, second = stage.play(page, twice)
    assert (first.html, first.to_json()) == (second.html, second.to_json())


def test_parts_that_fade_in_when_the_window_comes_near_are_seen(stage: Stage) -> None:
    page = (
        "<style>.w{opacity:0;transition:opacity .1s}.w.on{opacity:1}</style><p style='height:2500px'>Haut</p>"
        "<section class=w><p>Tél. 01 99 00 11 22</p></section><p class=w style='margin-top:900px' data-never>Jamais</p>"
        "<script>new IntersectionObserver(all => all.forEach(one => one.target.classList.toggle('on', one.isIntersecting &&"
        " !('never' in one.target.dataset)))).observe(document.querySelector('.w'))</script>"
    )
    text = stage.play(page, snapshot).document.text
    assert "01 99 00 11 22" in text
    assert "Jamais" not in text


@pytest.mark.parametrize("lang", ["fr", "fr-FR"])
def test_the_head_keeps_title_and_language(stage: Stage, lang: str) -> None:
    page = f"<!doctype html><html lang={lang}><title>Maison  Exemple</title><meta property=og:site_name content=Maison><p>x"
    document = stage.play(page, snapshot).document
    assert (document.title, document.language) == ("Maison Exemple", "fr")
    assert document.tree.css_first("meta[property='og:site_name']").attributes["content"] == "Maison"


def test_an_address_that_no_script_wrote_out_cannot_be_read(stage: Stage) -> None:
    hexadecimal = "5a" + bytes(byte ^ 0x5A for byte in b"bonjour@maison.example").hex()
    markup = f"<p><a data-cfemail={hexadecimal} href='/cdn-cgi/l/email-protection'>[email protected]</a></p>"
    assert detect(stage.play(markup, snapshot).document, "FR", {Channel.EMAIL}).sightings == []
