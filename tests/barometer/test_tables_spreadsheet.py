"""A real spreadsheet opens the exports, and nothing in them has become a formula."""

import shutil
import subprocess
from pathlib import Path

import pytest

from barometer.tables.exporting import About, Format, chosen, export
from barometer.tables.records import record_sources
from storage.records import utc_now
from tests.barometer.tables_samples import HOSTILE, filled

SOFFICE = shutil.which("soffice")
COMMA, SEMICOLON, TAB = 44, 59, 9
WHOLE_SHEET_DETECTING_NUMBERS = "34,76,1,,0,false,true"
"""Quotation mark, UTF-8, from line 1 on, columns and language as they are, nothing quoted as text, numbers and dates detected."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", autouse=True)
def calc(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where no spreadsheet is installed: LibreOffice comes without one, too."""
    folder = tmp_path_factory.mktemp("calc")
    (folder / "plain.csv").write_text("id\n1\n", "utf-8")
    if SOFFICE is None or not _saved(folder / "plain.csv", folder, COMMA).exists():
        pytest.skip("NOT TESTED IN A SPREADSHEET: install libreoffice-calc")


@pytest.fixture(scope="module")
def merchants(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spreadsheet")
    with filled(f"sqlite:///{folder / 'a.db'}") as database, database.reading() as session:
        sources = chosen(record_sources(session, {}), ["merchant"])
        export(sources, [Format.CSV, Format.XLSX], folder / "out", About(utc_now()))
    return folder / "out"


def opened(file: Path, folder: Path, separator: int | None = None) -> list[list[object]]:
    """Open *file* in LibreOffice, save it as a workbook, and return its cells; a formula in any of them fails the test."""
    from openpyxl import load_workbook

    sheet = load_workbook(_saved(file, folder, separator)).active
    assert sheet is not None
    # LibreOffice saves a boolean as a formula of its own.
    formulas = {str(cell.value) for row in sheet.iter_rows() for cell in row if cell.data_type == "f"}
    assert formulas - {"=TRUE()", "=FALSE()"} == set()
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def _saved(file: Path, folder: Path, separator: int | None) -> Path:
    """Return the workbook that LibreOffice makes of *file*; it is not there where LibreOffice cannot."""
    how = [] if separator is None else [f"--infilter=CSV:{separator},{WHOLE_SHEET_DETECTING_NUMBERS}"]
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    source = folder / f"read{file.suffix}"
    shutil.copy(file, source)
    words = [
        str(SOFFICE),
        profile,
        "--headless",
        *how,
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
        "--outdir",
        "saved",
    ]
    subprocess.run([*words, source.name], cwd=folder, capture_output=True, timeout=200, check=False)
    return folder / "saved" / f"{source.stem}.xlsx"


@pytest.mark.parametrize("separator", [COMMA, SEMICOLON, TAB])
def test_no_cell_of_a_csv_file_runs_whatever_separates_its_cells(
    merchants: Path, tmp_path: Path, separator: int
) -> None:
    rows = opened(merchants / "merchant.csv", tmp_path, separator)
    if separator == COMMA:
        assert len(rows) == 2 + len(HOSTILE)
        assert {row[1] for row in rows[1:]} == {
            "shop.example",
            *(f"m{number}.example" for number in range(len(HOSTILE))),
        }


def test_no_cell_of_a_workbook_runs(merchants: Path, tmp_path: Path) -> None:
    rows = opened(merchants / "merchant.xlsx", tmp_path)
    names = {row[rows[0].index("hours")]: row[rows[0].index("name")] for row in rows[1:]}
    assert names["formula"] == HOSTILE["formula"]
    assert names["plus"] == HOSTILE["plus"]
    assert names["number"] == HOSTILE["number"]


def test_a_file_without_the_guard_does_run_so_that_this_would_be_seen(tmp_path: Path) -> None:
    bare = tmp_path / "bare.csv"
    bare.write_text("id,name\na,=1+1\nb,Maison;=2+2\n", "utf-8")
    for separator, formula in ((COMMA, r"1\+1"), (SEMICOLON, r"2\+2")):
        folder = tmp_path / str(separator)
        folder.mkdir()
        with pytest.raises(AssertionError, match=formula):
            opened(bare, folder, separator)
