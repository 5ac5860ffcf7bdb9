"""The merchant's own report: what it says, what it never says, and that it is confidential all over."""

import io
import json
import re
import string
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from barometer import grids
from barometer.observations import Observed
from barometer.reports.merchant_comparison import Comparison, Withheld
from barometer.reports.merchant_documents import Document
from barometer.reports.merchant_figures import MerchantFigures
from barometer.reports.merchant_proof import Proof
from barometer.reports.merchant_report import document_title
from barometer.reports.merchant_words import _flat, merchant_words
from barometer.reports.podium_files import Artefact
from barometer.reports.wording import Language
from barometer.scoring import score
from spiders.browser.executable import find_browser
from storage.vocabulary import Channel
from tests.barometer.audit_samples import a_browser
from tests.barometer.editions import a_merchant, a_public_edition, an_observed, attempts, hidden, never, nights, shown
from tests.barometer.merchant_samples import ENGLISH, FRENCH, NAMES, Category, a_category, a_visit, ranked
from tests.barometer.public_files import (
    as_pdf,
    drawn,
    found_in,
    holders,
    layers,
    notes_of,
    pdf_text,
    read_by_eye,
    slide_texts,
)

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=CMD|' /C calc'!A0",
    "\u202eevil\u202c \x1b[31m",
    "../../etc/passwd",
    "😀 " + "très long " * 40,
    "{{ 7 * 7 }} {merchant} %s",
    "شركة الاتصال",
)


@pytest.fixture(scope="module")
def category() -> Category:
    return a_category()


class Text(HTMLParser):
    """What people read of a page, and the tags it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self._hidden = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._hidden += tag in ("style", "script")
        self.words += [value or "" for name, value in attrs if name in ("aria-label", "alt", "title")]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.words).split())


def said(page: str) -> str:
    return Text(page).said


# What it says


def test_the_score_and_its_interval_stand_first(category: Category) -> None:
    own = category.score("Cuir Tanné")
    assert own.score is not None and own.interval is not None
    text = said(category.page("Cuir Tanné", ENGLISH))
    low, high = own.interval
    assert f"{own.score} out of 20" in text and f"between {low} and {high}" in text


def test_mean_and_best_of_a_large_category_stand_beside_the_score() -> None:
    made = a_category((*NAMES, *(f"Maison {number}" for number in range(20))), draws=0)
    text = said(made.page("Cuir Tanné", ENGLISH))
    assert "Category mean about" in text and "Category best about" in text


def test_points_to_improve_are_ordered_by_what_they_add(category: Category) -> None:
    figures = category.figures("Cuir Tanné")
    gains = [gain.whole for gain in figures.gains]
    assert len(gains) > 3 and gains == sorted(gains, reverse=True)
    view = category.view("Cuir Tanné", ENGLISH)
    assert view.gains[0].title == "E-mail answered in person"
    assert view.gains[0].plus.startswith("+")


def test_what_is_at_its_maximum_is_a_strength(category: Category) -> None:
    figures = category.figures("Rotin Rouge")
    at_maximum = {one.criterion.key for one in figures.criteria if one.part == 1 and one.possible}
    assert at_maximum and at_maximum <= {one.criterion.key for one in figures.strengths}


def test_a_poor_mark_is_no_strength_even_where_others_are_poorer(category: Category) -> None:
    for name in NAMES:
        assert all((one.part or 0) >= Fraction(3, 5) for one in category.figures(name).strengths)


def test_what_was_not_measured_stands_apart_with_its_reason_and_is_no_weakness(category: Category) -> None:
    view = category.view("Cuir Tanné", ENGLISH)
    assert {title for title, _ in view.missing} == {"Answer on Facebook", "Answer on X"}
    assert all(why.startswith("Not measured (") for _, why in view.missing)
    assert not {title for title, _ in view.missing} & {one.title for one in view.gains}


def test_earned_marks_of_all_criteria_add_up_to_the_score(category: Category) -> None:
    for name in NAMES:
        figures = category.figures(name)
        earned = sum((one.earned or 0 for one in figures.criteria), Fraction(0))
        assert figures.score.score is not None
        assert abs(earned - Fraction(figures.score.score)) <= Fraction(1, 20)


def test_each_night_stands_in_the_strip_and_the_one_that_counts_is_outlined(category: Category) -> None:
    view = category.view("Cuir Tanné", ENGLISH)
    phone = next(one for family in view.families for one in family.criteria if one.title == "Phone number shown")
    assert len(phone.nights) == 8  # seven that count, and the one between them that was not measured
    assert [night.level is None for night in phone.nights].count(True) == 1
    assert [night.is_median for night in phone.nights].count(True) == 1
    assert "not measured" in next(night.full for night in phone.nights if night.level is None)


def test_each_answer_is_a_dot_and_each_silence_too(category: Category) -> None:
    view = category.view("Cuir Tanné", ENGLISH)
    mails = next(one for family in view.families for one in family.criteria if one.title == "E-mail answered in person")
    assert mails.plot is not None and len(mails.plot.dots) == 24
    assert all(8 <= x <= 472 and 18 <= y <= 108 for x, y in mails.plot.dots)
    assert mails.plot.never is not None


def test_evidence_is_told_with_the_command_that_brings_it_out(category: Category) -> None:
    view = category.view("Cuir Tanné", ENGLISH)
    phone = next(one for family in view.families for one in family.criteria if one.title == "Phone number shown")
    assert phone.references[0].command.startswith("barometer evidence export 2026")


def test_a_picture_of_the_proof_is_inside_the_page_and_on_a_slide(category: Category) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (760, 320), "white").save(stream, "PNG")
    proof = Proof(Channel.PHONE, stream.getvalue(), 760, 320)
    page = category.page("Cuir Tanné", ENGLISH, proofs={"phone.depth": proof})
    assert 'src="data:image/webp;base64,' in page and "phone is outlined" in said(page)


def test_only_published_laureates_are_told_their_place(category: Category) -> None:
    draft = a_public_edition(published_on=None)
    places = {name: category.figures(name).place for name in NAMES}
    assert sorted(place for place in places.values() if place) == [1, 2, 3]
    assert all(category.figures(name, is_public=False).place is None for name in NAMES)
    page = said(category.page("Rotin Rouge", ENGLISH, edition=draft))
    assert "Provisional" in page and "1st of the category" not in page
    assert "1st of the category" in said(category.page("Rotin Rouge", ENGLISH))


def test_what_a_correction_changed_is_told(category: Category) -> None:
    edition = a_public_edition(revision=2, correction="Two calls were counted twice.")
    assert "Two calls were counted twice." in said(category.page("Cuir Tanné", ENGLISH, edition=edition))


def test_who_is_not_eligible_is_told_why() -> None:
    observed = [an_observed(f"Shop {number}", quality=3) for number in range(5)]
    thin = Observed(a_merchant("Thin"), nights({Channel.EMAIL: shown(1)}), ())
    page = said(ranked([*observed, thin]).page("Thin", ENGLISH))
    assert "Not eligible" in page and "Only 15 % of the weights of the grid could be measured, and 70 %" in page


def test_a_merchant_of_whom_nothing_was_measured_has_a_report_without_a_score() -> None:
    nobody = Observed(a_merchant("Nobody"), (), ())
    made = ranked([nobody])
    for language in Language:
        assert merchant_words(language)["score.none"] in said(made.page("Nobody", language))
    assert len(slide_texts(made.documents("Nobody")[1].content)) >= 4


# What it never says


@pytest.mark.parametrize("language", list(Language))
def test_confidential_stands_on_the_screen_on_paper_and_on_every_slide(category: Category, language: Language) -> None:
    word = merchant_words(language)["page.confidential"]
    page, deck = (one.content for one in category.documents("Cuir Tanné", language))
    assert word in said(page.decode()) and f'content: "{word}.' in page.decode()
    assert all(word.lower() in slide.lower() for slide in slide_texts(deck))
    assert all(word.lower() in note.lower() for note in notes_of(deck))


@pytest.mark.parametrize("names", [NAMES, NAMES[:4], NAMES[:5]])
@pytest.mark.parametrize("language", list(Language))
def test_no_other_merchant_leaves_through_a_report(names: tuple[str, ...], language: Language) -> None:
    """Sentinels: names, keys, ids, hosts of all others, and marks of theirs that nobody else has."""
    secret = [f"Zqxw{number}vkj {name}" for number, name in enumerate(names)]
    made = a_category(tuple(secret), draws=20)
    for own in (secret[0], secret[3]):
        files = [Artefact(one.name, one.content) for one in made.documents(own, language)]
        for other in secret:
            if other == own:
                continue
            merchant = made.score(other).merchant
            for sentinel in (other.split()[0], merchant.key, merchant.id, merchant.url.split("/")[2]):
                assert holders(sentinel, files) == [], sentinel


def test_the_exact_marks_of_others_leave_no_trace(category: Category) -> None:
    """The report stays the same when the marks of others move within what rounding hides."""
    own = "Cuir Tanné"
    figures = category.figures(own)
    text = said(category.page(own, ENGLISH))
    mine = {mark.points for mark in category.score(own).marks}
    told = {
        f"{float(mark.points):.2f}"
        for name in NAMES
        for mark in category.score(name).marks
        if name != own and mark.points is not None and mark.points not in mine and mark.points.denominator > 10
    }
    assert len(told) > 10
    assert not {one for one in told if re.search(rf"(?<![\d.]){re.escape(one)}(?!\d)", text)}
    for one in (figures.compared, *(each.compared for each in (*figures.families, *figures.criteria))):
        if isinstance(one, Comparison):
            assert (one.mean / one.step).denominator == 1 and (one.best / one.step).denominator == 1


def test_every_report_of_a_category_holds_the_same_category_figures(category: Category) -> None:
    def shared(figures: MerchantFigures) -> list[object]:
        return [figures.compared, *(one.compared for one in (*figures.families, *figures.criteria))]

    assert len({json.dumps(shared(category.figures(name)), default=str) for name in NAMES}) == 1


def test_a_category_of_four_is_not_compared(category: Category) -> None:
    made = a_category(NAMES[:4], draws=0)
    figures = made.figures(NAMES[0])
    every = (figures.compared, *(one.compared for one in (*figures.families, *figures.criteria)))
    assert set(every) == {Withheld()}
    page = said(made.page(NAMES[0], ENGLISH))
    assert "are not given: fewer than 5" in page and "Category mean" not in page


def test_a_category_of_one_merchant_has_a_report_without_comparison() -> None:
    made = a_category(NAMES[:1], draws=0)
    assert "Category mean about" not in said(made.page(NAMES[0], ENGLISH))


def test_whoever_is_not_ranked_is_in_no_mean(category: Category) -> None:
    """A merchant that is not eligible adds nothing, so its coming and going tells nothing of it."""
    thin = Observed(a_merchant("Thin"), nights({Channel.EMAIL: hidden()}), attempts(Channel.X, never()))
    more = ranked([*category.observed.values(), thin], grid=category.grid)
    assert more.figures("Cuir Tanné").compared == category.figures("Cuir Tanné").compared


# Hostile names, a page that loads nothing


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", list(Language))
def test_a_hostile_name_is_text(name: str, language: Language) -> None:
    made = a_category((name, *NAMES[1:6]), draws=0)
    page, deck = (one.content for one in made.documents(name, language))
    text = Text(page.decode())
    assert not {"script", "img", "iframe"} & text.tags
    assert "\u202e" not in page.decode() and "\x1b" not in page.decode()
    assert "\u202e" not in "".join(slide_texts(deck) + notes_of(deck))
    assert "49" not in text.said.split("Report")[0][:200] or "7 * 7" in text.said


@settings(max_examples=8, deadline=None)
@given(st.text(max_size=60))
def test_no_name_at_all_breaks_a_report(name: str) -> None:
    made = ranked([a_visit("Shop", 5)._replace(merchant=a_merchant("Shop")._replace(name=name, category=name))])
    view = made.view(name)
    assert document_title(view, merchant_words(FRENCH))
    assert made.documents(name)[1].content[:2] == b"PK"


def test_a_page_loads_nothing_and_runs_nothing(category: Category) -> None:
    page = category.page("Cuir Tanné")
    assert "default-src 'none'" in page and "<script" not in page
    assert not re.search(r"(?:src|href)=[\"'](?!#|data:)", page)
    assert "style=" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_the_same_report_is_the_same_bytes(category: Category) -> None:
    assert category.documents("Cuir Tanné") == category.documents("Cuir Tanné")


# Both languages


def test_both_languages_say_the_same_things() -> None:
    fields = {
        language: {
            key: {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for key, text in _flat(language).items()
        }
        for language in Language
    }
    assert fields[FRENCH] == fields[ENGLISH]


def test_french_spaces_do_not_break(category: Category) -> None:
    words = merchant_words(FRENCH)
    assert [key for key in _flat(FRENCH) if re.search(r" [;:!?»%]|« ", words[key])] == []


def test_no_word_is_left_unused() -> None:
    root = Path(merchant_words.__wrapped__.__code__.co_filename).parent
    code = "".join(file.read_text("utf-8") for file in root.glob("merchant_*.py"))
    code += (root / "templates" / "merchant.html").read_text("utf-8")
    families = (
        "standing.",
        "step.",
        "reading.",
        "slides.next_",
        "nights.",
        "span.",
        "calls.",
        "messages.",
        "tests.",
        "label.",
        "gain.more",
        "page.confidential_for",
    )
    unused = [key for key in _flat(ENGLISH) if key not in code and not key.startswith(families)]
    assert unused == []


# On screen, on paper, in the meeting


@pytest.mark.slow
def test_the_page_fits_a_phone_and_has_no_barrier(category: Category) -> None:
    with a_browser() as browser:
        for look in ("light", "dark"):
            page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=look)  # type: ignore[arg-type]
            page.set_content(category.page("Cuir Tanné"))
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            page.close()


@pytest.mark.slow
def test_the_pdf_is_confidential_on_every_page_and_names_nobody_else(category: Category) -> None:
    from pypdf import PdfReader

    from barometer.reports.pdf import pdf_of

    if find_browser() is None:
        pytest.skip("no Chromium on this machine; see: barometer doctor")
    view, words = category.view("Cuir Tanné"), merchant_words(FRENCH)
    content = pdf_of(category.page("Cuir Tanné"), document_title(view, words), "fr")
    reader = PdfReader(io.BytesIO(content))
    assert len(reader.pages) > 3
    assert all("Confidentiel" in page.extract_text() for page in reader.pages)
    assert (reader.metadata or {})["/Title"] == "Rapport de Cuir Tanné (confidentiel)"
    text = pdf_text(content)
    assert not [name for name in NAMES if name != "Cuir Tanné" and name in text]
    others = [category.score(name).merchant for name in NAMES if name != "Cuir Tanné"]
    secrets = [secret for one in others for secret in (one.name, one.key, one.id)]
    assert found_in(secrets, list(layers([Artefact("report.pdf", content)]))) == []


@pytest.mark.slow
def test_the_slides_open_in_libreoffice_and_can_be_read(category: Category, tmp_path: Path) -> None:
    deck = category.documents("Cuir Tanné")[1]
    pictures = drawn(Artefact("report.pptx", deck.content), tmp_path)
    assert len(pictures) == len(slide_texts(deck.content)) >= 6
    read = read_by_eye(pictures[1])
    assert "10,8" in read and "CONFIDENTIEL" in read.upper()
    assert as_pdf(tmp_path / "report.pptx").stat().st_size > 1000


def test_documents_are_named_by_key_and_language() -> None:
    assert Document("a.fr.html", b"").name.endswith(".fr.html")
    assert score(an_observed(), a_category().grid).score is not None


def test_a_category_that_is_not_ranked_says_so() -> None:
    made = a_category(NAMES[:2], draws=0)
    assert "The category is not ranked" in said(made.page(NAMES[0], ENGLISH))


def test_criteria_of_one_title_are_told_apart_by_their_family() -> None:
    made = ranked([a_visit("Shop", 5)], grid=grids.load("escda"))
    titles = [title for title, _ in made.view("Shop", FRENCH).missing]
    assert len(set(titles)) == len(titles) and "Personnalisation (Chat)" in titles
