"""``barometer report merchant``: whose report, where it goes, and what is refused in one line."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from barometer import grids
from barometer.cli import root
from barometer.cli.report_merchant import merchant as report_merchant
from barometer.edition import rankings, scores_of
from barometer.errors import UserError
from barometer.observations import MerchantFact
from barometer.reports.merchant_choice import chosen
from barometer.reports.merchant_proof import proofs_of
from spiders.browser.executable import find_browser
from spiders.browser.picture import with_margin
from storage.records import OptOut, OptOutKind, PageState, Sighting, Visit
from storage.vocabulary import Channel
from tests.barometer.edition_folder import OPENING, Folder, fill, scored
from tests.barometer.edition_market import FIRST, host, market
from tests.barometer.public_files import pdf_text, slide_texts

NAME = OPENING.name


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    made = scored(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield made
    made.database.close()


class Finished(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def files(self) -> list[Path]:
        return [Path(line) for line in self.out.splitlines()]


def run(*words: str) -> Finished:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.callback()(root.root)
    app.command("merchant")(report_merchant)
    result = CliRunner().invoke(app, ["merchant", *words])
    if isinstance(result.exception, UserError):
        return Finished(2, result.stdout, f"barometer: {result.exception}\n")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Finished(result.exit_code, result.stdout, result.stderr)


def report(*words: str, formats: str = "html") -> Finished:
    done = run(*words, "--edition", NAME, "--format", formats, "--out", "reports")
    assert done.code == 0, done.err
    return done


def test_a_merchant_is_found_by_name_key_host_and_address(folder: Folder) -> None:
    key = host(0, "shoes")
    written = {report(one).files[0] for one in ("alder SHOES", key, f"https://www.{key}/", f"https://{key}")}
    assert len(written) == 1
    page = written.pop().read_text("utf-8")
    assert "Alder shoes" in page and not [name for name in ("Birch", "Cedar", "Dogwood") if name in page]


def test_each_format_is_a_file_of_its_own_and_says_the_language(folder: Folder) -> None:
    files = report("Birch toys", "--lang", "en", formats="pptx,html").files
    assert [file.suffixes[-2:] for file in files] == [[".en", ".html"], [".en", ".pptx"]]
    assert "Birch toys" in slide_texts(files[1].read_bytes())[0]


def test_a_draft_says_so_and_tells_no_place(folder: Folder) -> None:
    page = report("Alder shoes", "--lang", "en").files[0].read_text("utf-8")
    assert "Provisional" in page and "1st of the category" not in page
    folder.publish()
    page = report("Alder shoes", "--lang", "en").files[0].read_text("utf-8")
    assert "Provisional" not in page and "1st of the category" in page
    last = report("Dogwood shoes", "--lang", "en").files[0].read_text("utf-8")
    assert "of the category<" not in last.replace("mean of the category", "")


def test_everybody_gets_a_report_that_names_nobody_else(folder: Folder) -> None:
    files = report("--all").files
    pages = [file.read_text("utf-8") for file in files if file.suffix == ".html"]
    names = [f"{name} {category}" for name in ("Alder", "Birch", "Cedar", "Dogwood") for category in ("shoes", "toys")]
    assert len(files) == 8
    assert sorted([name for name in names if name in page] for page in pages) == sorted([name] for name in names)


def test_who_opted_out_gets_none(folder: Folder) -> None:
    key = host(1, "shoes")
    folder.add(OptOut(kind=OptOutKind.DOMAIN, value=key, reason="asked", recorded_by="Camille"))
    assert len(report("--all").files) == 7
    assert "left alone" in run("Birch shoes", "--edition", NAME).err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("Alder",), "has no merchant 'Alder'"),
        (("Aldr shoes",), "is it Alder shoes (m0."),
        (("nobody at all",), "barometer edition show"),
        ((), "whose report is not clear"),
        (("Alder shoes", "--all"), "whose report is not clear"),
        (("Alder shoes", "--format", "docx"), "--format: 'docx' is none of them"),
        (("Alder shoes", "--format", ","), "nothing is named"),
        (("Alder shoes", "--revision", "4"), "has no revision 4"),
        (("Alder shoes", "--format", "html", "--out", "barometer.toml"), "barometer.toml"),
    ],
)
def test_a_wrong_word_is_told_in_one_line(folder: Folder, words: tuple[str, ...], what: str) -> None:
    done = run(*words, "--edition", NAME)
    assert done.code == 2 and what in done.err and done.err.count("\n") == 1


def test_an_edition_that_is_not_there_or_not_scored_is_told(folder: Folder) -> None:
    assert "there is no edition 'spring'" in run("Alder shoes", "--edition", "spring").err
    folder.open(OPENING._replace(name="fresh"))
    assert "has no marks yet" in run("Alder shoes", "--edition", "fresh").err


def test_an_edition_without_any_merchant_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from storage.database import open_database
    from tests.barometer.edition_folder import SETTINGS

    monkeypatch.chdir(tmp_path)
    (tmp_path / "barometer.toml").write_text(SETTINGS, "utf-8")
    with open_database("sqlite:///barometer.db") as database:
        try:
            fill(database, tmp_path, [market()[0]])
        except UserError as refused:
            assert refused.what
            return
    done = run("--all", "--edition", NAME, "--format", "html")
    assert (done.code, done.out) == (0, "") and "no merchant" in done.err


def test_file_names_are_letters_whatever_a_key_holds(folder: Folder) -> None:
    for file in report("--all").files:
        assert file.parent == Path("reports")
        assert set(file.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


def facts(*pairs: tuple[str, str]) -> list[MerchantFact]:
    return [MerchantFact(str(at), key, name, f"https://{key}/", "shoes") for at, (name, key) in enumerate(pairs)]


def test_two_merchants_of_one_name_are_told_apart_by_key() -> None:
    twins = facts(("Lumen", "lumen.example"), ("lumen", "lumen.test"))
    assert chosen(twins, "lumen.test").key == "lumen.test"
    with pytest.raises(UserError, match=r"means 2 merchants; give one of the keys: lumen.example, lumen.test"):
        chosen(twins, "LUMEN")


def test_a_key_counts_before_a_name() -> None:
    crossed = facts(("b.example", "a.example"), ("Lumen", "b.example"))
    assert chosen(crossed, "b.example").name == "Lumen"


@given(st.text(max_size=30))
def test_any_words_name_one_or_are_refused_on_one_harmless_line(words: str) -> None:
    try:
        assert chosen(facts(("Lumen", "lumen.example"), ("\x1b[31mEvil\u202e\nx", "evil.example")), words)
    except UserError as refused:
        assert "\x1b" not in str(refused) and "\u202e" not in str(refused) and "\n" not in str(refused)


def test_the_proof_of_the_night_that_counts_is_shown(folder: Folder) -> None:
    """A picture that is kept is drawn with the place outlined; of another merchant's visit nothing is shown."""
    with folder.database.reading() as session:
        ranked = next(one for one in rankings(session, folder.store, folder.edition()) if one.category == "shoes")
        score = next(one for one in scores_of(ranked) if one.merchant.name == "Alder shoes")
        mark = next(one for one in score.marks if one.criterion == "phone.depth")
        key = next(one for one in mark.evidence if one.startswith("sighting:")).partition(":")[2]
    image = with_margin(Image.new("RGB", (1440, 900), "white"), "https://shop.example/", FIRST, 0)
    picture = folder.store.put(image.png, ".png")
    with folder.database.session() as session:
        sighting = session.get_one(Sighting, key)
        state = PageState(
            id="5" * 32, visit_id=sighting.visit_id, url=sighting.page_url, page_url=sighting.page_url, depth=0, picture=picture
        )  # fmt: skip
        session.add(state)
        session.flush()
        sighting.state_id = state.id
    grid = grids.load("open-to-dialog")
    with folder.database.reading() as session:
        proofs = proofs_of(session, folder.store, score, grid)
        assert proofs["phone.depth"].channel is Channel.PHONE and proofs["phone.depth"].width == 760
        foreign = score._replace(merchant=score.merchant._replace(id="somebody else"))
        assert proofs_of(session, folder.store, foreign, grid) == {}
        assert session.get_one(Visit, session.get_one(Sighting, key).visit_id).merchant_id == score.merchant.id
    page = report("Alder shoes").files[0].read_text("utf-8")
    assert page.count("data:image/webp") == 1
    with Image.open(io.BytesIO(proofs["phone.depth"].png)) as shown:
        assert not shown.info.get("url")
    folder.store.remove(picture)
    assert "data:image/webp" not in report("Alder shoes").files[0].read_text("utf-8")


def test_reports_are_the_same_on_both_databases(database_url: str, tmp_path: Path) -> None:
    """The same records give the same page and slides, whichever database keeps them."""
    from barometer.reports.merchant_documents import Format, Reports
    from barometer.reports.wording import Language
    from storage.database import open_database

    written = []
    for number, url in enumerate((database_url, f"sqlite:///{tmp_path / 'other.db'}")):
        with open_database(url) as database:
            made = fill(database, tmp_path / str(number))
            with database.reading() as session:
                reports = Reports(session, made.store, made.edition())
                asked = reports.named("Cedar toys")
                written.append(
                    [
                        documents
                        for _, documents in reports.documents(asked, [Format.HTML, Format.SLIDES], Language.FRENCH)
                    ]
                )
    assert written[0] == written[1] and len(written[0]) == 1


@pytest.mark.slow
def test_all_three_formats_are_written_by_default(folder: Folder) -> None:
    if find_browser() is None:
        pytest.skip("no Chromium on this machine; see: barometer doctor")
    done = run("Alder shoes", "--edition", NAME, "--out", "reports")
    assert [file.suffix for file in done.files] == [".html", ".pdf", ".pptx"]
    text = pdf_text(done.files[1].read_bytes())
    assert "Alder shoes" in text and not [name for name in ("Birch", "Cedar", "Dogwood") if name in text]
