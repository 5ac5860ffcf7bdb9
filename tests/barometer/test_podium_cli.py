"""``barometer podium`` on real databases and a real evidence store; the group is tried alone, by a runner of its own."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from barometer import grids
from barometer.cli import podium
from barometer.edition import file_sums
from barometer.editions.sheet import Head, sheet_bytes
from barometer.errors import UserError
from barometer.ranking import rank
from spiders.browser.executable import find_browser
from storage.database import open_database
from storage.evidence import EvidenceStore
from storage.records import Edition, EditionEvent, EditionFile, EditionFileKind, EditionState, EditionStep
from tests.barometer.command_line import Finished
from tests.barometer.editions import a_score
from tests.contracts import complaints

GRID = "open-to-dialog"
SECRET = "Qzxwv99Kjh"

MISTAKES = [
    (["show", "autumn"], "there is no edition 'autumn'"),
    (["show", "draft"], "is not published"),
    (["export", "draft", "--out", "out"], "is not published"),
    (["show", "spring-2027", "--revision", "3"], "has no revision 3"),
    (["export", "spring-2027", "--out", "out", "--format", "docx"], "--format: 'docx' is none of them"),
    (["export", "spring-2027", "--out", "out", "--format", " , "], "nothing is named"),
    (["export", "spring-2027", "--out", "out", "--lang", "de"], "--lang: 'de' is none of them"),
    (["export", "spring-2027", "--out", "out", "--logos", "none", "--format", "csv"], "no such folder"),
]


@pytest.fixture
def published(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the name of a published edition whose last merchant may not be named, in the working directory's settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BAROMETER_DATABASE", database_url)
    monkeypatch.setenv("BAROMETER_EVIDENCE", str(tmp_path / "evidence"))
    store, content = EvidenceStore(tmp_path / "evidence"), grids.source(GRID)
    grid = grids.load(GRID)
    names = ("Lumen", "Argile \x1b[31m\u202e", "Osier", SECRET)
    scores = [
        a_score(name, str(18 - n), "Décoration", grid=grid, labelled=n == 0, key=f"k{n}")
        for n, name in enumerate(names)
    ]
    sheet = sheet_bytes(
        Head("spring-2027", 1, GRID, grid.version, grid.sha256, "0", "s", "0" * 64), rank("Décoration", scores, grid)
    )
    with open_database(database_url) as database:
        database.migrate()
        with database.session() as session:
            edition = Edition(
                name="spring-2027", state=EditionState.PUBLISHED, grid=GRID, grid_hash=store.put(content, ".txt"),
                title="Baromètre du printemps", year=2027, tests_from=datetime(2026, 9, 1, tzinfo=UTC),
                tests_until=datetime(2026, 11, 1, tzinfo=UTC), scored_at=datetime(2026, 11, 2, tzinfo=UTC),
                published_at=datetime(2026, 11, 22, tzinfo=UTC),
            )  # fmt: skip
            session.add(edition)
            session.flush()
            session.add(
                EditionFile(
                    edition_id=edition.id,
                    kind=EditionFileKind.SHEET,
                    category="Décoration",
                    evidence=store.put(sheet, ".json"),
                )
            )
            session.flush()
            session.add(
                EditionEvent(
                    edition_id=edition.id, step=EditionStep.SCORED, actor="x", detail={**file_sums(session, edition)}
                )
            )
            draft = edition.tests_from, edition.tests_until
            session.add(
                Edition(
                    name="draft",
                    grid=GRID,
                    grid_hash=grid.sha256,
                    title="x",
                    year=2027,
                    tests_from=draft[0],
                    tests_until=draft[1],
                )
            )
    yield "spring-2027"


def run(*words: str) -> Finished:
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.add_typer(podium.app, name="podium")
    result = CliRunner().invoke(app, ["podium", *words])
    if isinstance(result.exception, UserError):
        return Finished(2, result.stdout, f"{result.stderr}barometer: {result.exception}\n")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Finished(result.exit_code, result.stdout, result.stderr)


def test_the_podium_is_shown_and_nobody_else(published: str) -> None:
    done = run("show", published)
    assert done.code == 0
    assert [
        word
        for word in ("1st place", "Lumen", "18.0 / 20", "3rd place", "Label", "2027 edition")
        if word not in done.out
    ] == []
    assert SECRET not in done.out + done.err
    assert "\x1b[31m" not in done.out and "\u202e" not in done.out


def test_the_podium_is_shown_as_json(published: str) -> None:
    done = run("show", published, "--json")
    told = json.loads(done.out)
    assert complaints("podium", told) == []
    assert [one["place"] for one in told["categories"][0]["laureates"]] == [1, 2, 3]
    assert SECRET not in done.out


def test_an_export_tells_where_its_files_are(published: str, tmp_path: Path) -> None:
    done = run("export", published, "--format", "html,csv,json,pptx", "--lang", "fr,en", "--out", "out")
    assert done.code == 0, done.err
    told = [Path(line) for line in done.out.split("\n") if line]
    assert all(file.is_file() for file in told) and len(told) == 7
    before = {file: file.read_bytes() for file in told}
    assert run("export", published, "--format", "html,csv,json,pptx", "--lang", "en,fr", "--out", "out").code == 0
    assert {file: file.read_bytes() for file in told} == before


@pytest.mark.slow
def test_everything_is_exported_by_default_in_french(published: str) -> None:
    if find_browser() is None:
        pytest.skip("no Chromium on this machine: run 'make browser'")
    done = run("export", published, "--out", "out")
    assert done.code == 0, done.err
    assert {file.name for file in Path("out").iterdir()} == {
        "podium.fr.html", "podium.fr.pdf", "podium.fr.pptx", "podium.fr.csv", "podium.json", "podium-files.json", "badges",
    }  # fmt: skip
    assert "(8 files)" in done.out and len(list(Path("out/badges/fr").iterdir())) == 8


def test_what_cannot_be_done_is_said_in_one_line_and_nothing_is_written(published: str) -> None:
    for words, said in MISTAKES:
        done = run(*words)
        assert (done.code, done.out) == (2, "")
        assert said in done.err and done.err.count("\n") == 1
        assert not Path("out").exists()
