import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from barometer.demo.loopback import Reply, serving
from barometer.reports.pdf import EPOCH, pdf_of, png_of, press
from spiders.browser.executable import find_browser
from spiders.browser.printing import Printing

pytestmark = pytest.mark.slow
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="5" height="10" fill="#{}"/></svg>'


@pytest.fixture(scope="module")
def printing() -> Iterator[Printing]:
    if find_browser() is None:
        pytest.skip("no Chromium on this machine: run 'make browser'")
    with Printing() as running:
        yield running


def test_a_document_reaches_nobody_and_runs_nothing(printing: Printing) -> None:
    asked: list[str] = []

    def answer(method: str, target: str) -> Reply:
        asked.append(target)
        return Reply(200, b"body{color:red}")

    with serving([answer], "127.77.0.2") as (base,):
        html = f"""<!DOCTYPE html><link rel=stylesheet href="{base}/a.css"><img src="{base}/b.png"><iframe src="{base}/c">
        </iframe><p>avant</p><script>document.querySelector("p").textContent = "apres"; fetch("{base}/d")</script>"""
        printed = printing.pdf(html)
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><image href="{base}/e.png" width="9" height="9"/></svg>'
        printing.pngs([svg], 9, 9)
    assert asked == []
    assert PdfReader(io.BytesIO(printed)).pages[0].extract_text() == "avant"


def test_drawings_come_back_in_order_in_their_size_and_see_through(printing: Printing) -> None:
    drawn = printing.pngs([SQUARE.format(colour) for colour in ("ff0000", "00ff00", "0000ff")], 40, 20)
    pictures = [Image.open(io.BytesIO(one)) for one in drawn]
    assert {one.size for one in pictures} == {(40, 20)}
    # The drawing is square, so it stands in the middle of its place.
    assert [one.getpixel((12, 10)) for one in pictures] == [(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)]
    assert pictures[0].getpixel((28, 10)) == (0, 0, 0, 0) and not pictures[0].info


def test_many_large_drawings_are_made_in_several_goes(printing: Printing) -> None:
    drawn = printing.pngs([SQUARE.format("ff0000")] * 5, 2000, 2000)
    assert len(drawn) == 5 and len(set(drawn)) == 1


def test_a_size_that_cannot_be_drawn_is_refused(printing: Printing) -> None:
    for width, height in ((0, 10), (10, -1), (9000, 10), (8000, 8000)):
        with pytest.raises(ValueError, match="cannot be drawn"):
            printing.pngs([SQUARE.format("ff0000")], width, height)


def test_pages_are_cut_as_print_styles_say(printing: Printing) -> None:
    html = "<style>@page{size:A5 landscape;margin:0}p{break-after:page}</style><p>a<p>b<p>c"
    reader = PdfReader(io.BytesIO(printing.pdf(html)))
    assert [page.extract_text().strip() for page in reader.pages][:3] == ["a", "b", "c"]
    assert reader.pages[0].mediabox.width > reader.pages[0].mediabox.height


def test_a_bookmark_says_what_its_heading_says_even_where_that_was_wrapped(printing: Printing) -> None:
    heading = "Baromètre de la relation client des marchands en ligne"
    html = f"<style>h1{{width:5em}}</style><h1>{heading}</h1><h2>Un</h2><h2>Deux <em>fois</em></h2>"
    reader = PdfReader(io.BytesIO(pdf_of(html, "t", "fr")))
    first, under = reader.outline
    assert [first["/Title"], *(one["/Title"] for one in under)] == [heading, "Un", "Deux fois"]


def test_it_prints_beside_a_running_event_loop_and_one_press_serves_all(printing: Printing) -> None:
    with sync_playwright(), press():
        first, second = (pdf_of("<p>Bonjour", "Un titre", "fr", subject="Objet") for _ in range(2))
        assert png_of(SQUARE.format("ff0000"), 10, 10).startswith(b"\x89PNG")
    assert first == second
    reader = PdfReader(io.BytesIO(first))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.subject, reader.metadata.creation_date) == (
        "Un titre",
        "Objet",
        EPOCH,
    )
    assert reader.root_object["/Lang"] == "fr" and "/Metadata" not in reader.root_object
