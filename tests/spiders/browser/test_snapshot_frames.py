"""Frames are read as a part of the page around them, wherever they come from."""

from playwright.async_api import Page

from spiders.browser.layout import Snapshot
from spiders.browser.locate import locate
from spiders.browser.snapshot import snapshot
from spiders.detect.page import detect
from storage.vocabulary import Channel
from tests.spiders.browser.stage import Stage, stage

__all__ = ["stage"]

CARD = "<body style='margin:0'><p style='margin:40px 0 0 30px'>Tél. 01 99 00 11 22</p>"


async def settled(page: Page) -> Snapshot:
    await page.wait_for_load_state("load")
    return await snapshot(page)


def phone_box(taken: Snapshot) -> tuple[int, ...] | None:
    phones = detect(taken.document, "FR", {Channel.PHONE}).sightings
    assert [phone.value for phone in phones] == ["+33199001122"]
    return locate(taken, phones[0])


def test_a_frame_of_the_same_origin_is_a_part_of_the_page(stage: Stage) -> None:
    frame = (
        "<iframe src=/card style='position:absolute;left:200px;top:100px;width:400px;height:200px;border:5px solid'>"
    )
    taken = stage.play({"/": f"<h1>Maison</h1>{frame}", "/card": CARD}, settled)
    x, y, width, _ = phone_box(taken) or (0, 0, 0, 0)
    assert abs(x - (200 + 5 + 30 + 27)) <= 6
    assert abs(y - (100 + 5 + 40)) <= 3
    assert 60 <= width <= 140
    assert [(frame.url.rpartition("/")[2], frame.blank) for frame in taken.frames] == [("card", False)]


def test_a_frame_of_another_origin_is_a_part_of_the_page_too(stage: Stage) -> None:
    page = "<h1>Maison</h1><p style='height:1200px'>Des lampes</p><iframe src={elsewhere}/card width=400 height=200></iframe>"
    taken = stage.play({"/": page}, settled, elsewhere={"/card": CARD})
    _, y, _, _ = phone_box(taken) or (0, 0, 0, 0)
    assert 1200 < y < 1400
    node = taken.document.tree.css_first("[data-frame]")
    assert node is not None
    assert (node.attributes["data-frame"] or "").endswith("/card")
    assert not any(element.in_viewport for element in taken.elements.values() if element.box.y > 1200)


def test_frames_in_frames_are_read_and_all_numbers_differ(stage: Stage) -> None:
    inner = "<p>Milieu</p><iframe src={elsewhere}/card width=300 height=150></iframe>"
    pages = {"/": "<p>Dehors</p><iframe src=/inner width=600 height=400></iframe>", "/inner": inner}
    taken = stage.play(pages, settled, elsewhere={"/card": CARD})
    assert taken.document.text.replace("\n", " ").split()[:2] == ["Dehors", "Milieu"]
    assert phone_box(taken) is not None
    numbers = [node.attributes["data-b"] for node in taken.document.tree.css("[data-b]")]
    assert len(numbers) == len(set(numbers)) > 5


def test_a_frame_in_which_nothing_shows_stays_an_empty_frame(stage: Stage) -> None:
    taken = stage.play(
        {"/": "<p>Maison</p><iframe src=/none title='Formulaire'></iframe>", "/none": "<div></div>"}, settled
    )
    assert [frame.blank for frame in taken.frames] == [True]
    assert [(source.rpartition("/")[2], title) for source, title in taken.document.frames] == [("none", "Formulaire")]


def test_what_a_layer_covers_of_a_frame_is_gone_with_it(stage: Stage) -> None:
    page = (
        "<p>Maison</p><div style='position:relative;width:400px'><iframe src=/card width=400 height=200></iframe>"
        "<div style='position:absolute;inset:0;background:#eee'></div></div>"
    )
    assert "01 99" not in stage.play({"/": page, "/card": CARD}, settled).html


def test_a_frame_with_a_solid_ground_covers_what_is_under_it(stage: Stage) -> None:
    layer = (
        "<p>Tél. 01 99 00 11 22</p><iframe src={elsewhere}/layer style='position:fixed;inset:0;width:100%;height:100%'>"
    )
    solid = stage.play(
        {"/": layer}, settled, elsewhere={"/layer": "<style>body{background:#fff}</style><p>Bienvenue</p>"}
    )
    clear = stage.play(
        {"/": layer}, settled, elsewhere={"/layer": "<style>body{background:none}</style><p>Bienvenue</p>"}
    )
    assert "01 99" not in solid.html
    assert "01 99" in clear.html


def test_words_below_the_edge_of_a_frame_count_where_it_can_be_scrolled(stage: Stage) -> None:
    long = "<p style='height:900px'>Des lampes</p><p>Tél. 01 99 00 11 22</p>"
    moving = stage.play({"/": "<iframe src=/long width=300 height=200></iframe>", "/long": long}, settled)
    still = stage.play({"/": "<iframe src=/long scrolling=no width=300 height=200></iframe>", "/long": long}, settled)
    box = phone_box(moving)
    assert box is not None
    assert box[1] < 250
    assert "01 99" not in still.html


def test_a_frameset_is_read_like_frames(stage: Stage) -> None:
    page = "<!doctype html><html><frameset cols='200,*'><frame src=/menu><frame src=/card></frameset></html>"
    taken = stage.play({"/": page, "/menu": "<a href=/contact>Contact</a>", "/card": CARD}, settled)
    x, _, _, _ = phone_box(taken) or (0, 0, 0, 0)
    assert x > 200
    assert [link.text for link in taken.document.links] == ["Contact"]
    assert taken.document.links[0].url.startswith("http://127.")


def test_addresses_in_a_frame_are_those_the_frame_means(stage: Stage) -> None:
    inner = "<a href=autre.html>Autre</a><a href='#bas'>Bas</a><a href=tel:0199001122>Appeler</a>"
    taken = stage.play({"/": "<iframe src=/dossier/cadre.html width=400>", "/dossier/cadre.html": inner}, settled)
    paths = [link.url.partition("127.77.0.1")[2].partition("/")[2] or link.url for link in taken.document.links]
    assert paths == ["dossier/autre.html", "dossier/cadre.html#bas", "tel:0199001122"]
