import csv
import io
import json
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from PIL import Image
from pypdf import PdfReader

from barometer.errors import UserError
from barometer.grids.grid import Award
from barometer.podium import PublicResult
from barometer.reports.podium_badge import PIXELS, badges_of
from barometer.reports.podium_csv import COLUMNS, csv_of, guarded
from barometer.reports.podium_deck import deck_of
from barometer.reports.podium_export import Format, artefacts
from barometer.reports.podium_json import json_of
from barometer.reports.podium_logos import logos_of
from barometer.reports.podium_page import page_of, paper_of
from barometer.reports.podium_palette import ACCENTS, INK, PAPER, QUIET, SOFT
from barometer.reports.podium_view import facts_of, spoken, view_of
from barometer.reports.podium_words import podium_words
from barometer.reports.wording import Language
from spiders.browser.executable import find_browser
from tests.barometer.editions import a_grid, a_public_result, a_ranking, a_score
from tests.barometer.public_files import as_pdf, notes_of, slide_texts
from tests.contracts import complaints, published

GRID = a_grid()
FRENCH, ENGLISH = Language.FRENCH, Language.ENGLISH
LONG = "Compagnie générale des ateliers réunis de décoration et de vaisselle " * 5
HOSTILE = [
    "<script>alert(1)</script>",
    "=HYPERLINK(\"http://x.example\")",
    "\u202eeert\u202c 😀👩‍👩‍👧",
    "../../etc/passwd",
    "x" * 300,
    "\x00\x1b[31m\ufffe nom",
    "مكتبة النور",
    "日本商店 $a$ \\frac",
    "\u200f\u200e",
    LONG,
]  # fmt: skip


def result_of(*rankings: object, **edition: object) -> PublicResult:
    return a_public_result(rankings, **edition)  # type: ignore[arg-type]


def hostile() -> PublicResult:
    scores = [
        a_score(name, "15.0", name, grid=GRID, labelled=True, key=f"{name[:40]}{n}") for n, name in enumerate(HOSTILE)
    ]
    last = a_score("Dernier", "3.0", "Divers", grid=GRID)
    return result_of(a_ranking("Divers </h3>\u202e=1", [*scores, last]))


def shared(*places: str) -> PublicResult:
    return result_of(a_ranking("Banque", [(f"Banque {n}", score) for n, score in enumerate(places)]))


# The deck


def test_the_deck_goes_from_third_to_first_with_a_slide_each() -> None:
    slides = slide_texts(deck_of(a_public_result(), GRID, FRENCH))
    shown = [
        re.search(r"(\S+ place|Catégorie|CATÉGORIE|Pas de lauréat|LABEL|La méthode|PALMARÈS)", text) for text in slides
    ]
    assert [one and one.group() for one in shown] == [
        "PALMARÈS", "CATÉGORIE", "3e place", "2e place", "1re place", "CATÉGORIE", "Pas de lauréat", "LABEL", "La méthode",
    ]  # fmt: skip
    assert [name for name, text in zip("Osier Argile Lumen".split(), slides[2:5], strict=True) if name in text]
    assert "16,4\u00a0/\u00a020" in slides[4]


def test_who_shares_a_place_shares_a_slide_and_no_place_is_made_up() -> None:
    slides = slide_texts(deck_of(shared("17.0", "15.0", "15.0", "14.0", "9.0"), GRID, FRENCH))
    assert len(slides) == 1 + 1 + 2 + 1
    assert "2e place ex æquo" in slides[2] and {"Banque 1", "Banque 2"} <= set(slides[2].split("\n"))
    assert "3e place" not in "".join(slides)


def test_very_many_on_one_place_go_on_to_another_slide() -> None:
    slides = slide_texts(deck_of(shared(*["17.0"] * 8, "9.0"), GRID, ENGLISH))
    places = [text for text in slides if "Joint 1st place" in text]
    assert [text.count("Banque ") for text in places] == [6, 2]
    assert "(continued)" in places[1]


def test_the_notes_say_the_place_the_score_and_what_the_laureate_did_best() -> None:
    result = a_public_result()
    note = notes_of(deck_of(result, GRID, FRENCH))[4]
    assert "1re place\u00a0: Lumen, 16,4 sur 20." in note
    facts = facts_of(result.podiums[0].laureates[0], GRID, podium_words(FRENCH))
    assert len(facts) == 3 and all(f"– {fact}" in note for fact in facts)
    assert "tests réalisés du 1er\u00a0septembre au 1er\u00a0novembre 2026" in note


def test_what_weighs_nothing_or_earned_nothing_is_no_fact_to_say() -> None:
    laureate = a_public_result().podiums[0].laureates[0]
    marks = tuple(mark._replace(points=0 * (mark.points or 0)) for mark in laureate.marks)
    assert facts_of(laureate._replace(marks=marks), GRID, podium_words(ENGLISH)) == ()
    assert not any("Facebook" in fact for fact in facts_of(laureate, GRID, podium_words(ENGLISH)))


def test_a_category_without_laureate_says_so_and_gives_no_reason() -> None:
    few = result_of(a_ranking("Sport", [("Foulée", "18.0"), ("Crampon", "17.0")]))
    below = result_of(a_ranking("Sport", [("A", "11.0"), ("B", "10.5"), ("C", "9.0"), ("D", "2.0")]))
    nobody = result_of(a_ranking("Sport", []))
    for language in Language:
        assert deck_of(few, GRID, language) == deck_of(below, GRID, language) == deck_of(nobody, GRID, language)
        assert page_of(few, GRID, language) == page_of(below, GRID, language) == page_of(nobody, GRID, language)
    assert "Pas de lauréat" in slide_texts(deck_of(few, GRID, FRENCH))[2]


def test_an_edition_without_anything_still_makes_every_file() -> None:
    made = artefacts(a_public_result([]), GRID, [Format.HTML, Format.CSV, Format.JSON, Format.PPTX], list(Language))
    assert len(made) == 7 and all(one.content for one in made)
    assert len(slide_texts(made[2].content if made[2].name.endswith("pptx") else made[3].content)) == 2


def test_a_grid_without_label_makes_no_slide_and_no_section_of_it() -> None:
    grid = a_grid(label=None)
    result = a_public_result([a_ranking(grid=grid)])._replace(label=None)
    assert "LABEL" not in "".join(slide_texts(deck_of(result, grid, FRENCH)))
    assert "Label" not in page_of(result, grid, FRENCH)
    assert json.loads(json_of(result, grid))["label"] is None
    assert [badge.place for badge in badges_of(result, grid, FRENCH)] == [1, 2, 3]


def test_nothing_of_a_template_is_left_in_the_deck() -> None:
    deck = deck_of(a_public_result(), GRID, FRENCH)
    with zipfile.ZipFile(io.BytesIO(deck)) as archive:
        names, whole = archive.namelist(), b"\n".join(map(archive.read, archive.namelist()))
        core = archive.read("docProps/core.xml").decode()
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert not any(word in name for name in names for word in ("thumbnail", "printerSettings", "customXml"))
    assert len([name for name in names if "slideLayouts/slideLayout" in name]) == 1
    for word in (
        b"Office Theme",
        b"Macintosh",
        b"Steve Canny",
        b"Click to edit",
        b"generated using",
        b"python-pptx",
        b"image.png",
    ):
        assert word not in whole
    assert "<dc:creator>barometer</dc:creator>" in core and "<dc:language>fr</dc:language>" in core
    assert "tests réalisés du 1er\u00a0septembre au 1er\u00a0novembre 2026" in core
    assert set(re.findall(r">(\d{4}-[^<]+)<", core)) == {"2026-11-22T00:00:00Z"}


def test_every_slide_has_a_title_and_every_text_stays_on_its_slide() -> None:
    from pptx import Presentation

    presentation = Presentation(io.BytesIO(deck_of(hostile(), GRID, FRENCH)))
    width, height = presentation.slide_width or 0, presentation.slide_height or 0
    assert width * 9 == height * 16
    for slide in presentation.slides:
        assert slide.shapes.title is not None and slide.shapes.title.text_frame.text
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.left + shape.width <= width + 1
            assert shape.top >= 0 and shape.top + shape.height <= height + 1


def test_a_name_that_is_too_long_is_shortened_on_the_slide_and_whole_in_the_notes() -> None:
    deck = deck_of(shared_names(["y" * 300, "Autre", "Dernier"]), GRID, FRENCH)
    first = next(n for n, text in enumerate(slide_texts(deck)) if "1re place" in text)
    assert "y" * 300 in notes_of(deck)[first]
    rows = deck_of(result_of(a_ranking("B", [*[(f"{n}{LONG}", "15") for n in range(6)], ("Z", "2")])), GRID, FRENCH)
    first = next(n for n, text in enumerate(slide_texts(rows)) if "1re place" in text)
    assert "…" in slide_texts(rows)[first] and spoken("3" + LONG) in notes_of(rows)[first]


def shared_names(names: list[str]) -> PublicResult:
    return result_of(a_ranking("Divers", [(name, str(18 - n)) for n, name in enumerate(names)]))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_libreoffice_opens_the_deck_and_shows_every_slide(tmp_path: Path) -> None:
    deck = tmp_path / "deck.pptx"
    deck.write_bytes(deck_of(hostile(), GRID, FRENCH))
    count = len(slide_texts(deck.read_bytes()))
    pages = PdfReader(as_pdf(deck)).pages
    assert len(pages) == count
    assert round(float(pages[0].mediabox.width) / float(pages[0].mediabox.height), 2) == 1.78


# The page and its PDF


def test_the_page_runs_and_loads_nothing_and_hostile_names_stay_text() -> None:
    html = page_of(hostile(), GRID, FRENCH)
    assert "default-src 'none'" in html and "<script" not in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", html)
    assert set(re.findall(r"<([a-z0-9]+)", html)) <= {
        "html", "head", "meta", "title", "style", "body", "a", "header", "div", "p", "h1", "h2", "h3", "strong", "br", "svg",
        "rect", "main", "section", "article", "table", "thead", "tbody", "tr", "th", "td", "span", "bdi", "ul", "li", "footer",
    }  # fmt: skip


def test_the_page_says_the_year_of_the_title_and_the_dates_of_the_tests() -> None:
    assert "Édition 2027" in page_of(a_public_result(), GRID, FRENCH)
    assert "Tests made from 1 September to 1 November 2026" in page_of(a_public_result(), GRID, ENGLISH).replace(
        "\u00a0", " "
    )


def test_a_correction_is_said_on_the_page_and_to_the_speaker() -> None:
    result = a_public_result(revision=2, correction="Une note de la catégorie Sport.")
    assert "Une note de la catégorie Sport." in page_of(result, GRID, FRENCH)
    assert "Une note de la catégorie Sport." in notes_of(deck_of(result, GRID, FRENCH))[0]


def test_the_threshold_is_worded_as_the_grid_has_it() -> None:
    at_least = a_grid(award=Award(above=Award().above, strict=False))
    assert "plus de 12" in page_of(a_public_result(), GRID, FRENCH)
    assert "au moins 12" in page_of(a_public_result(), at_least, FRENCH)


@pytest.mark.slow
def test_the_pdf_is_tagged_has_our_properties_and_the_same_bytes_each_time() -> None:
    needs_browser()
    printed = paper_of(a_public_result(), GRID, FRENCH)
    assert printed == paper_of(a_public_result(), GRID, FRENCH)
    reader = PdfReader(io.BytesIO(printed))
    assert reader.metadata is not None
    assert dict(reader.metadata) == {
        "/Title": "Baromètre de la relation client, Édition 2027",
        "/Author": "barometer",
        "/Subject": "Baromètre de la relation client, édition 2027, tests réalisés du 1er\u00a0septembre au 1er\u00a0novembre 2026",
        "/Keywords": "Grille faite à la main 1",
        "/Creator": "barometer",
        "/Producer": "barometer",
        "/CreationDate": "D:20261122000000Z",
        "/ModDate": "D:20261122000000Z",
    }
    assert reader.root_object["/Lang"] == "fr" and "/StructTreeRoot" in reader.root_object
    for word in (b"Headless", b"Chrom", b"Skia", b"Mozilla"):
        assert word not in printed
    assert "Lumen" in reader.pages[0].extract_text()


# Tables


def test_a_cell_that_a_spreadsheet_would_run_is_guarded() -> None:
    for cell in ("=1+1", "+33", "-2", "@x", " =1", "\t=1", "＝1", "\u00a0@x"):
        assert guarded(cell) == f"'{cell}"
    assert guarded("Maison = Lumen") == "Maison = Lumen"


@pytest.mark.parametrize(("language", "separator", "score"), [(FRENCH, ";", "16,4"), (ENGLISH, ",", "16.4")])
def test_the_table_is_what_spreadsheets_of_the_language_read(language: Language, separator: str, score: str) -> None:
    content = csv_of(a_public_result(), GRID, language)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert (rows[1][5], rows[1][7]) == ("Lumen", score)
    assert rows[4][2] in ("sans lauréat", "no laureate")


def test_no_cell_of_a_hostile_table_is_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(csv_of(hostile(), GRID, FRENCH).decode("utf-8-sig"), newline=""), delimiter=";"))
    assert len(rows) == 1 + 2 * len(HOSTILE)
    assert [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))] == []


def test_the_json_is_what_its_schema_says() -> None:
    for result in (
        a_public_result(),
        hostile(),
        a_public_result([]),
        a_public_result(published_on=None, correction="x"),
    ):
        assert complaints("podium", json.loads(json_of(result, GRID))) == []
    schema = published("podium")
    jsonschema.Draft202012Validator.check_schema(schema)
    wrong = json.loads(json_of(a_public_result(), GRID))
    wrong["categories"][0]["laureates"][0]["place"] = 4
    assert not jsonschema.Draft202012Validator(schema).is_valid(wrong)


# Badges


def test_each_laureate_and_each_holder_has_a_badge_with_year_and_test_dates() -> None:
    badges = badges_of(a_public_result(), GRID, FRENCH)
    assert [(badge.number, badge.place) for badge in badges] == [(1, 1), (1, 2), (1, 3), (1, 0), (1, 0)]
    for badge in badges:
        root = ElementTree.fromstring(badge.svg)
        title = root.findtext("{http://www.w3.org/2000/svg}title") or ""
        assert "édition 2027, tests réalisés du 1er\u00a0septembre au 1er\u00a0novembre 2026" in title
        assert root.get("aria-label") == title


def test_a_badge_loads_nothing_and_holds_nothing_that_runs() -> None:
    for badge in badges_of(hostile(), GRID, FRENCH):
        root = ElementTree.fromstring(badge.svg)
        assert {one.tag.rpartition("}")[2] for one in root.iter()} <= {"svg", "title", "rect", "path", "circle", "text"}
        assert not re.search(
            r"(?:href|url\(|on[a-z]+=|style=)", re.sub(r"<title>.*?</title>|aria-label=\"[^\"]*\"", "", badge.svg)
        )


def test_letters_that_our_faces_have_are_drawn_and_others_left_to_the_viewer() -> None:
    latin, arabic, chinese = (
        next(badge.svg for badge in badges_of(shared_names([name, "B", "C"]), GRID, FRENCH))
        for name in ("Éléphant bleu", "مكتبة النور", "日本商店")
    )
    assert "<text" not in latin and "<text" not in arabic
    assert ">日本商店</text>" in chinese


@pytest.mark.slow
def test_badge_pictures_have_one_size_and_nothing_but_pixels() -> None:
    needs_browser()
    made = artefacts(a_public_result(), GRID, [Format.BADGES], [FRENCH])
    pictures = [one for one in made if one.name.endswith(".png")]
    assert len(made) == 2 * len(pictures) == 10
    for one in pictures:
        with Image.open(io.BytesIO(one.content)) as picture:
            assert picture.size == (PIXELS, PIXELS) and not picture.info
            assert picture.getpixel((0, 0)) == (0, 0, 0, 0)


# Logos


def test_a_logo_leaves_with_its_pixels_and_nothing_else(tmp_path: Path) -> None:
    result = a_public_result()
    first, second = (one.merchant.key for one in result.podiums[0].laureates[:2])
    described = Image.Exif()
    described[0x013B] = "Jean Dupont, auteur"
    Image.new("RGB", (3000, 900), "red").save(tmp_path / f"{first}.jpg", exif=described, comment=b"secret")
    Image.new("RGB", (10, 10)).save(tmp_path / "somebody-else.png")
    logos = logos_of(result, tmp_path)
    assert list(logos) == [first] and second not in logos
    assert b"Dupont" not in logos[first] and b"secret" not in logos[first]
    with Image.open(io.BytesIO(logos[first])) as logo:
        assert logo.format == "PNG" and logo.width == 1200
    deck = deck_of(result, GRID, FRENCH, logos)
    with zipfile.ZipFile(io.BytesIO(deck)) as archive:
        assert len([name for name in archive.namelist() if name.startswith("ppt/media/")]) == 1
        assert b"Dupont" not in b"".join(map(archive.read, archive.namelist()))


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\nbroken", b"GIF89a"])
def test_a_logo_that_cannot_be_read_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    result = a_public_result()
    file = tmp_path / f"{result.podiums[0].laureates[0].merchant.key}.png"
    file.write_bytes(content)
    with pytest.raises(UserError, match="no picture"):
        logos_of(result, tmp_path)
    with pytest.raises(UserError, match="no such folder"):
        logos_of(result, tmp_path / "none")


def test_a_key_that_leads_out_of_the_folder_finds_no_file(tmp_path: Path) -> None:
    Image.new("RGB", (10, 10)).save(tmp_path / "outside.png")
    (tmp_path / "logos").mkdir()
    scores = [
        a_score(name, str(18 - n), "D", grid=GRID, key=key)
        for n, (name, key) in enumerate([("A", "../outside"), ("B", "b"), ("C", "c")])
    ]
    assert logos_of(result_of(a_ranking("D", scores)), tmp_path / "logos") == {}


# Words and colours


def test_both_languages_say_the_same_things_and_fill_in_the_same_places() -> None:
    texts = [dict(podium_words(language)._words) for language in Language]
    assert texts[0].keys() == texts[1].keys()
    fields = [{key: set(re.findall(r"{(\w+)}", text)) for key, text in one.items()} for one in texts]
    assert fields[0] == fields[1]


def test_every_colour_of_text_stands_out() -> None:
    for accent in ACCENTS:
        assert contrast(accent.deep, PAPER) >= 6 and contrast(accent.bright, INK) >= 8
    assert contrast(SOFT, INK) >= 9 and contrast(QUIET, PAPER) >= 6


def contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG 2, 1 to 21."""
    lights = sorted(
        0.05 + sum(part * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
                   for part, c in zip((0.2126, 0.7152, 0.0722), (byte / 255 for byte in bytes.fromhex(colour)), strict=True))
        for colour in (one, other)
    )  # fmt: skip
    return lights[1] / lights[0]


def test_the_same_result_is_the_same_bytes() -> None:
    wanted = [Format.HTML, Format.CSV, Format.JSON, Format.PPTX]
    assert artefacts(hostile(), GRID, wanted, list(Language)) == artefacts(hostile(), GRID, wanted, list(Language))
    assert badges_of(hostile(), GRID, FRENCH) == badges_of(hostile(), GRID, FRENCH)


def test_what_nobody_can_see_in_a_name_is_left_out_and_an_empty_one_is_its_key() -> None:
    view = view_of(shared_names(["\u200f\u200e", "Bé\u202eta", "C"]), GRID, podium_words(FRENCH))
    first, second = (step.honoured[0].who for step in view.categories[0].steps)
    assert first.name == first.key and second.name == "Béta"


def needs_browser() -> None:
    if find_browser() is None:
        pytest.skip("no Chromium on this machine: run 'make browser'")
