"""The barometer report as people get it: pages, drawings, figures, documents; nobody named, nothing more than was cleared."""

import base64
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
import typer
from typer.testing import CliRunner

from barometer.cli import root
from barometer.cli.report_edition import report_edition
from barometer.errors import UserError
from barometer.figures import Figures, figures
from barometer.figures.disclosure import Told
from barometer.figures.of_answers import HORIZONS
from barometer.observations import Observed, Tried
from barometer.reports.barometer_files import Format, report_files
from barometer.reports.barometer_json import json_of
from barometer.reports.barometer_page import Report, drawings_of, page_of
from barometer.reports.barometer_words import barometer_words
from barometer.reports.chart_answers import read
from barometer.reports.wording import Language
from spiders.browser.executable import find_browser
from storage.vocabulary import Channel
from tests.barometer.barometer_market import EDITION, SENTINEL, market, some_figures
from tests.barometer.edition_folder import scored
from tests.barometer.editions import a_merchant, answered, hidden, nights, shown
from tests.contracts import published

HOSTILE = (
    "<script>alert(1)</script>", "Mode\u202e\u2066 d'hiver", "=1+1", "../../etc", "😀 " * 100, "a" * 300, "$\\frac{1}{2}$", "&amp;",
)  # fmt: skip
FRENCH, ENGLISH = Language.FRENCH, Language.ENGLISH
FILES = (Format.HTML, Format.SVG, Format.JSON)


@pytest.fixture(scope="module")
def some() -> Figures:
    return some_figures()


def wrong(told: object) -> list[str]:
    """Return what the published schema says against *told*."""
    validator = jsonschema.Draft202012Validator(published("figures"), format_checker=jsonschema.FormatChecker())
    return [error.message for error in validator.iter_errors(told)]


@pytest.fixture(scope="module")
def files(some: Figures) -> dict[str, str]:
    """Every file but the PDF, in both languages."""
    written = report_files(Report(some, 7, some), [Format.HTML, Format.SVG, Format.JSON], list(Language))
    return {name: content.decode() for name, content in written}


class _Pages(HTMLParser):
    """Collect what a page would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.loads += [tag] if tag in ("script", "iframe", "object", "link") else []
        self.loads += (
            [told["src"] or ""] if "src" in told and not (told["src"] or "").startswith("data:image/svg+xml") else []
        )
        self.loads += [key for key in told if key.startswith("on") or key == "style"]


def test_no_merchant_is_named_anywhere(files: dict[str, str]) -> None:
    for name, text in files.items():
        inside = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", text)
        shown = "".join([name, text, *(base64.b64decode(one).decode() for one in inside)])
        assert SENTINEL.lower() not in shown.lower()


@pytest.mark.parametrize("language", Language)
def test_the_page_loads_nothing_and_runs_nothing(files: dict[str, str], language: Language) -> None:
    pages = _Pages()
    pages.feed(files[f"barometer.{language}.html"])
    assert pages.loads == []
    assert "default-src 'none'" in files[f"barometer.{language}.html"]


def test_every_number_of_the_json_is_one_that_was_cleared_to_the_hundredth(some: Figures) -> None:
    told = json.loads(json_of(some, 7))
    assert wrong(told) == []
    for key, family in told["families"].items():
        for question, figure in family["overall"].items():
            cleared = some.families[key].overall[question]
            if figure["told"] == "share":
                assert isinstance(cleared, Told)
                assert figure["share"] == pytest.approx(cleared.share)
                assert {round(figure[end], 2) for end in ("low", "high")} == {figure["low"], figure["high"]}


def test_the_json_with_an_earlier_edition_and_the_one_of_nobody_hold_to_the_schema(some: Figures) -> None:
    assert wrong(json.loads(json_of(some, 7, some))) == []
    assert wrong(json.loads(json_of(figures(EDITION, [], 7), 7))) == []


def market_of_which_a_few_show(few: int, *, beside: int) -> list[tuple[str, list[Observed]]]:
    """Four merchants of whom *few* can be reached and answer, the others in no way, and *beside* that can in every way."""
    channels = [Channel.PHONE, *(one for one in HORIZONS if one is not Channel.PHONE)]

    def merchant(name: str, reached: bool) -> Observed:
        sees = {one: shown(0, clearly_visible=None if few else True) if reached else hidden() for one in Channel}
        tried = [Tried(f"{name}-{one}", one, "s", answered(20.0), acknowledged=5.0) for one in channels if reached]
        return Observed(a_merchant(name), nights(sees), tuple(tried))

    found = [("Gamma", [merchant(f"g{n}", n < few) for n in range(4)])]
    large = [merchant(f"b{n}", True) for n in range(beside)]
    return [*found, ("Beta", large)] if large else found


def cells_of(told: object) -> list[object]:
    """Return every figure of one object of the JSON, wherever it stands."""
    if isinstance(told, dict):
        return [told] if "told" in told else [cell for one in told.values() for cell in cells_of(one)]
    return [cell for one in told for cell in cells_of(one)] if isinstance(told, list) else []


@pytest.mark.parametrize("few", range(5))
def test_in_a_small_category_nobody_and_a_few_are_told_in_one_word_in_every_family(few: int) -> None:
    told = json.loads(json_of(figures(EDITION, market_of_which_a_few_show(few, beside=30), 7), 7))
    assert {*told["families"]} >= {"phone", "writing", "social", "chat", "callback", "contact_page", "answers.phone"}
    for family in told["families"].values():
        (small,) = (row["figures"] for row in family["by_category"] if row["category"] == "Gamma")
        assert small
        assert all(figure == {"told": "nothing", "why": "too_few"} for figure in small.values())


def test_in_a_small_edition_nobody_and_a_few_give_the_same_files() -> None:
    written = [
        dict(report_files(Report(figures(EDITION, market_of_which_a_few_show(few, beside=0), 7), 7), FILES, list(Language)))
        for few in range(5)
    ]  # fmt: skip
    assert all(one == written[0] for one in written)
    cells = cells_of(json.loads(written[0]["figures.json"])["families"])
    assert len(cells) > 20
    assert all(cell == {"told": "nothing", "why": "too_few"} for cell in cells)


@pytest.mark.parametrize("channel", HORIZONS)
def test_a_channel_on_which_a_few_were_contacted_is_left_out_like_one_on_which_nobody_was(channel: Channel) -> None:
    def written(few: int) -> dict[str, bytes]:
        observed = [
            Observed(
                a_merchant(f"m{n}"),
                nights({Channel.PHONE: shown(0)}),
                (Tried(f"{n}", channel, "s", answered(20.0), acknowledged=5.0),) if n < few else (),
            )
            for n in range(30)
        ]
        return dict(report_files(Report(figures(EDITION, [("Mode", observed)], 7), 7), FILES, list(Language)))

    nobody = written(0)
    assert all(written(few) == nobody for few in (1, 4))
    assert written(5) != nobody


def test_where_few_show_a_phone_it_is_asked_in_every_case_whether_it_is_clearly_visible() -> None:
    def asked(few: int, seen: bool | None) -> bool:
        sees = [shown(0, clearly_visible=seen)] * few + [hidden()] * (20 - few)
        merchants = [Observed(a_merchant(f"m{n}"), nights({Channel.PHONE: one})) for n, one in enumerate(sees)]
        return "visible" in figures(EDITION, [("Mode", merchants)], 7).families["phone"].overall

    assert all(asked(few, seen) for few in range(5) for seen in (True, None))
    assert not asked(5, None)


def test_whatever_the_page_prints_of_a_category_can_be_printed_from_the_json_alone(some: Figures) -> None:
    """And the other way about: where the JSON says nothing, the page has a dash."""
    words, told = barometer_words(ENGLISH), json.loads(json_of(some, 7))
    rows = {
        key: {row["category"]: row["figures"] for row in one["by_category"]} for key, one in told["families"].items()
    }
    for name, families in some.families.items():
        for category, cells in families.by_category.items():
            for question, figure in cells.items():
                cell = rows[name][category][question]
                assert (words.short(figure) == "\u2013") is (cell["told"] == "nothing")
                if cell["told"] == "share":
                    again = Told(
                        cell["share"], cell["low"], cell["high"], cell["base"], round(100 * cell["rounded_to"])
                    )
                    assert words.short(again) == words.short(figure)


def test_drawings_are_the_same_for_the_same_figures(files: dict[str, str]) -> None:
    again = drawings_of(some_figures(), FRENCH)
    assert {f"chart-{one.name}.fr.svg": one.svg for one in again} == {
        name: text for name, text in files.items() if name.endswith(".fr.svg")
    }


def test_each_drawing_says_its_subject_in_text_for_those_who_do_not_see_it(some: Figures) -> None:
    drawings = drawings_of(some, ENGLISH)
    assert [one.name for one in drawings] == ["shown", "depth", "price", "answers", "curves", "categories", "history"]
    assert all(one.title and one.description for one in drawings)


def test_curves_are_read_at_set_times_and_never_at_an_answer(some: Figures) -> None:
    from barometer.figures.of_answers import CURVE, HORIZONS

    for channel in HORIZONS:
        assert {point.seconds for point in read(some, channel)} <= {*HORIZONS[channel], *CURVE[channel]}
    shares = [point.figure.share for point in read(some, Channel.EMAIL)]
    assert shares == sorted(shares)


def test_names_of_any_kind_stay_text(language: Language = FRENCH) -> None:
    observed = market([12] * len(HOSTILE), names=HOSTILE)
    found = figures(EDITION._replace(title=HOSTILE[0] + HOSTILE[1], correction=HOSTILE[0]), observed, 7)
    files = dict(report_files(Report(found, 7), [Format.HTML, Format.SVG, Format.JSON], [language]))
    html = files[f"barometer.{language}.html"].decode()
    assert "<script" not in html
    assert not {"\u202e", "\u2066"} & set(html + files["figures.json"].decode())
    assert all(re.fullmatch(r"[a-z.-]+", name) for name in files)
    assert wrong(json.loads(files["figures.json"])) == []


@pytest.mark.parametrize("sizes", [(), (1,), (4,), (2, 2)])
@pytest.mark.parametrize("language", Language)
def test_too_few_merchants_are_told_with_grace(sizes: tuple[int, ...], language: Language) -> None:
    words = barometer_words(language)
    html = page_of(Report(some_figures(sizes), 7), language)
    assert words["page.empty"] in html
    # What others published may still be read.
    assert words["section.history"] in html


def test_an_edition_that_is_not_published_is_a_draft_on_the_page_and_on_each_drawing(
    some: Figures, files: dict[str, str]
) -> None:
    draft = some._replace(edition=EDITION._replace(published_on=None))
    words = barometer_words(ENGLISH)
    assert words["page.draft_note"] in page_of(Report(draft, 7), ENGLISH, [])
    assert words["page.draft_note"] not in page_of(Report(some, 7), ENGLISH, [])
    for one in drawings_of(draft, ENGLISH):
        assert one.svg != files[f"chart-{one.name}.en.svg"]
    assert json.loads(json_of(draft, 7))["edition"]["draft"] is True


def test_the_trap_of_twice_22_percent_is_explained(some: Figures) -> None:
    for language in Language:
        html = page_of(Report(some, 7), language, [])
        assert barometer_words(language)["section.trap"] in html


def test_a_share_of_nought_is_never_told_as_nobody() -> None:
    words = barometer_words(ENGLISH)
    assert words.figure(Told(0.0, 0.0, 0.1, 20, 5)) == "under 5\u00a0%"
    assert words.figure(Told(1.0, 0.9, 1.0, 20, 5)) == "over 95\u00a0%"


@pytest.mark.slow
def test_the_pdf_is_ours_and_names_nobody(some: Figures) -> None:
    from pypdf import PdfReader

    if find_browser() is None:
        pytest.skip("no Chromium to print with")
    (name, content), *_ = report_files(Report(some, 7), [Format.PDF], [FRENCH])
    document = PdfReader(io.BytesIO(content))
    text = "\n".join(page.extract_text() for page in document.pages)
    assert name == "barometer.fr.pdf"
    assert document.metadata is not None
    assert (document.metadata.title, document.metadata.author) == ("Baromètre 2027", "barometer")
    assert "Comment lire ces chiffres" in text
    assert SENTINEL.lower() not in text.lower()
    assert all(abs(float(page.mediabox.width) - 595) < 1 for page in document.pages)


def ran(*words: str) -> tuple[int, str, str]:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.callback()(root.root)
    report = typer.Typer()
    report.command("edition")(report_edition)
    report.callback()(lambda: None)
    app.add_typer(report, name="report")
    result = CliRunner().invoke(app, list(words))
    if isinstance(result.exception, UserError):
        return 2, result.stdout, str(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_scored_edition_gives_a_draft_and_a_published_one_the_report(folder: Path) -> None:
    edition = scored(folder)
    code, out, err = ran("report", "edition", "2027", "--format", "json", "--out", "first")
    assert (code, out.split()) == (0, ["first/figures.json"])
    assert "draft" in err
    told = json.loads((folder / "first" / "figures.json").read_text("utf-8"))
    assert told["edition"]["draft"] is True
    edition.publish()
    assert ran("report", "edition", "2027", "--format", "json,html,svg", "--lang", "fr,en", "--out", "second")[0] == 0
    assert json.loads((folder / "second" / "figures.json").read_text("utf-8"))["edition"]["draft"] is False
    assert {"barometer.en.html", "barometer.fr.html", "figures.json"} <= {
        one.name for one in (folder / "second").iterdir()
    }
    assert told["families"] == json.loads((folder / "second" / "figures.json").read_text("utf-8"))["families"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("nowhere", "--out", "x"), "there is no edition 'nowhere'"),
        (("2027", "--out", "x", "--format", "docx"), "--format: 'docx' is none of them"),
        (("2027", "--out", "x", "--lang", "de"), "--lang: 'de' is none of them"),
        (("2027", "--out", "x", "--lang", ","), "--lang: nothing is named"),
        (("2027", "--out", "x", "--against", "2027"), "is not an earlier edition"),
        (("2027", "--out", "barometer.toml/x", "--format", "json"), "--out barometer.toml/x/figures.json"),
    ],
)
def test_bad_input_ends_in_one_line(folder: Path, words: tuple[str, ...], complaint: str) -> None:
    scored(folder)
    code, out, err = ran("report", "edition", *words)
    assert (code, out) == (2, "")
    assert complaint in err
    assert "\n" not in err
