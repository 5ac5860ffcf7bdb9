"""What comes out of an exported file is what was stored, whichever format and database."""

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from barometer.tables.exporting import About, Format, chosen, export
from barometer.tables.left_alone import left_alone
from barometer.tables.parquet import ParquetFile
from barometer.tables.records import record_sources, with_exact_scales
from barometer.tables.table import Column, Kind, Row, Table
from barometer.tables.words import record_tables
from barometer.tables.workbook import CUT, LONGEST, Workbook, text_of_a_cell
from storage.records import utc_now
from tests.barometer.tables_samples import HOSTILE, filled, of_table

Rows = Sequence[Mapping[str, Any]]
ABOUT = About(utc_now())
TABLES = {table.name: table for table in record_tables()}
KINDS = Table(
    "kinds",
    "One column of each kind.",
    tuple(Column(kind.value, kind, "words") for kind in Kind),
)
FULL: Row = (
    "é", -(2**62), -1.5, Decimal("-0.125"), datetime(2026, 3, 2, 12, 0, 0, 123456, UTC), date(2026, 3, 2), True,
    {"b": [1, "ß"], "a": None},
)  # fmt: skip
NOTHING: Row = ("", *(None,) * (len(Kind) - 1))


def exported(url: str, folder: Path, *formats: Format) -> Path:
    out = folder / "out"
    with filled(url) as database, database.reading() as session:
        sources = with_exact_scales(session, record_sources(session, left_alone(session)))
        export(sources, formats, out, ABOUT)
    return out


def read_csv(file: Path) -> Rows:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def read_lines(file: Path) -> Rows:
    return [json.loads(line) for line in file.read_text("utf-8").split("\n")[:-1]]


def read_parquet(file: Path) -> Rows:
    import pyarrow.parquet as pq

    rows: Rows = pq.read_table(file).to_pylist()
    return rows


def read_workbook(file: Path) -> Rows:
    from openpyxl import load_workbook

    rows: list[Mapping[str, Any]] = []
    for sheet in load_workbook(file):
        heading, *cells = sheet.iter_rows(values_only=True)
        rows += [dict(zip([str(name).removesuffix(" (UTC)") for name in heading], row, strict=True)) for row in cells]
    return rows


def one_row(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the row of the record that every table of the sample holds, beside the hostile merchants."""
    (row,) = [row for row in rows if not str(row.get("key", "")).startswith("m")]
    return row


def without_keys(table: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is the same in every making of the record: no keys, which are drawn anew, and no column left out."""
    keys = {"id", "candidates", "reminder_of", *(name for name in values if name.endswith("_id"))}
    if table in ("reply", "sighting", "page_state", "attempt"):
        keys |= {"state_id", "target_source"}
    return {
        column.name: values[column.name]
        for column in TABLES[table].columns
        if column.name not in keys or column.name == "message_id"
    }


@pytest.mark.parametrize("table", sorted(TABLES))
def test_json_lines_hold_what_the_record_holds(sqlite_lines: Path, table: str) -> None:
    def told(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
        return format(value, "f") if isinstance(value, Decimal) else value

    row = one_row(read_lines(sqlite_lines / f"{table}.jsonl"))
    wanted = without_keys(table, of_table(table))
    assert without_keys(table, row) == {name: told(value) for name, value in wanted.items()}


@pytest.mark.parametrize("table", sorted(TABLES))
def test_parquet_holds_what_the_record_holds_with_its_type(sqlite_lines: Path, table: str) -> None:
    def told(column: str, value: Any) -> Any:
        kinds = {one.name: one.kind for one in TABLES[table].columns}
        if kinds[column] is not Kind.JSON or value is None:
            return value
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    row = one_row(read_parquet(sqlite_lines / f"{table}.parquet"))
    wanted = without_keys(table, of_table(table))
    assert without_keys(table, row) == {name: told(name, value) for name, value in wanted.items()}


@pytest.fixture(scope="module")
def sqlite_lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    return exported(f"sqlite:///{folder / 'a.db'}", folder, *Format)


def test_both_databases_export_the_same_rows(database_url: str, tmp_path: Path, sqlite_lines: Path) -> None:
    out = exported(database_url, tmp_path, Format.JSON, Format.CSV, Format.PARQUET)
    for table in TABLES:
        for read, suffix in ((read_lines, "jsonl"), (read_csv, "csv"), (read_parquet, "parquet")):
            here, there = (one_row(read(folder / f"{table}.{suffix}")) for folder in (out, sqlite_lines))
            assert without_keys(table, here) == without_keys(table, there), (table, suffix)
    assert (out / "merchant.jsonl").read_bytes().count(b"\n") == 1 + len(HOSTILE)


def test_hostile_names_come_back_from_typed_files_as_they_are(sqlite_lines: Path) -> None:
    for rows in (read_lines(sqlite_lines / "merchant.jsonl"), read_parquet(sqlite_lines / "merchant.parquet")):
        names = {row["hours"]: row["name"] for row in rows if row["key"].startswith("m")}
        assert names == HOSTILE


def test_json_lines_hold_no_character_that_steers_a_terminal(sqlite_lines: Path) -> None:
    text = (sqlite_lines / "merchant.jsonl").read_text("utf-8")
    assert not [sign for sign in text if not sign.isprintable() and sign not in "\n\u00a0\uffff\ufffe\u200b"]


def test_a_workbook_holds_no_formula_and_no_link(sqlite_lines: Path) -> None:
    from zipfile import ZipFile

    from openpyxl import load_workbook

    for file in sorted(sqlite_lines.glob("*.xlsx")):
        for sheet in load_workbook(file):
            cells = [cell for row in sheet.iter_rows() for cell in row]
            assert not [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink]
        with ZipFile(file) as archive:
            sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/")]
            assert not [
                sheet for sheet in sheets if b"<f" in sheet.replace(b"<formula", b"<f") or b"hyperlink" in sheet
            ]


def test_names_in_a_workbook_are_the_text_that_they_are(sqlite_lines: Path) -> None:
    from openpyxl.utils.escape import unescape

    rows = read_workbook(sqlite_lines / "merchant.xlsx")
    names = {row["hours"]: unescape(row["name"] or "") for row in rows if row["key"].startswith("m")}
    whole = {why: name for why, name in HOSTILE.items() if name.isprintable() and not name.startswith("<r>")}
    assert {why: names[why] for why in whole} == whole
    assert names["rich text"] == HOSTILE["rich text"] + " "
    assert names["right to left"] == "\ufffdgnp.exe"
    assert names["steering"] == "\ufffd[2J\ufffd31m"
    assert names["no character"] == "a\ufffd\ufffdb"


def test_a_workbook_holds_numbers_dates_and_booleans_as_such(sqlite_lines: Path) -> None:
    row = one_row(read_workbook(sqlite_lines / "sighting.xlsx"))
    assert (row["max_eur_per_min"], row["confidence"], row["readable"]) == (0.2, 0.875, False)
    visit = one_row(read_workbook(sqlite_lines / "visit.xlsx"))
    assert visit["bytes"] == 5_000_000_000
    assert abs(visit["started_at"] - datetime(2026, 3, 2, 12, 0, 0, 123456)) < timedelta(milliseconds=1)
    assert json.loads(visit["search"]) == {"phone": {"basis": "complete", "proven": 1}}


def test_comma_separated_cells_tell_no_value_from_an_empty_text(sqlite_lines: Path) -> None:
    lines = (sqlite_lines / "merchant.csv").read_bytes().decode("utf-8-sig").split("\r\n")
    empty = next(line for line in lines if "m24.example" in line)
    assert empty.split(",")[2:9] == ['""', "https://m24.example/", "", "FR", "", "", ""]


def test_csv_begins_with_a_byte_order_mark_and_keeps_negative_numbers() -> None:
    from barometer.tables import comma

    assert comma._CELLS[Kind.INTEGER](-5) == "-5"
    assert comma._CELLS[Kind.DECIMAL](Decimal("-0.10")) == "-0.10"
    assert comma._CELLS[Kind.REAL](-2.5) == "-2.5"
    assert comma._CELLS[Kind.TEXT]("-5") == "'-5"


def test_csv_is_utf_8_that_excel_recognises(sqlite_lines: Path) -> None:
    assert (sqlite_lines / "merchant.csv").read_bytes().startswith(b"\xef\xbb\xbfid,key,name")


@pytest.mark.parametrize("format_", list(Format))
def test_every_kind_of_value_and_no_value_can_be_written(tmp_path: Path, format_: Format) -> None:
    readers: Mapping[Format, Callable[[Path], Rows]] = {
        Format.CSV: read_csv,
        Format.JSON: read_lines,
        Format.PARQUET: read_parquet,
        Format.XLSX: read_workbook,
    }
    from barometer.tables.exporting import _writer

    writer = _writer(format_, tmp_path, KINDS)
    writer.add([FULL, NOTHING, FULL])
    writer.add([])
    writer.close()
    full, nothing, again = readers[format_](writer.files[0])
    assert set(nothing.values()) <= {None, ""}
    assert again == full
    assert full["text"] == "é"
    assert int(full["integer"]) == -(2**62)
    assert float(full["real"]) == -1.5
    assert Decimal(str(full["decimal"])) == Decimal("-0.125")
    assert str(full["day"])[:10] == "2026-03-02"
    assert str(full["truth"]).lower() == "true"
    told = full["json"]
    assert (told if isinstance(told, dict) else json.loads(told)) == {"a": None, "b": [1, "ß"]}


@pytest.mark.parametrize("format_", list(Format))
def test_half_characters_and_infinite_numbers_break_no_file(tmp_path: Path, format_: Format) -> None:
    from barometer.tables.exporting import _writer

    columns = (Column("found", Kind.JSON, ""), Column("seconds", Kind.REAL, ""))
    writer = _writer(format_, tmp_path, Table("odd", "", columns))
    writer.add([({"a": "\ud800"}, float("nan")), (["\x00"], float("inf"))])
    writer.close()
    assert writer.files[0].stat().st_size > 0


def test_parquet_takes_as_many_digits_as_a_value_needs(tmp_path: Path) -> None:
    fine = Decimal("0." + "3" * 30)
    table = Table("mark", "", (Column("value", Kind.DECIMAL, "", 30),))
    writer = ParquetFile(tmp_path, table)
    writer.add([(fine,), (Decimal(20),)])
    writer.close()
    assert [row["value"] for row in read_parquet(writer.files[0])] == [fine, Decimal(20)]


def test_long_cells_make_small_groups_of_rows(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    from barometer.tables.parquet import BYTES_A_GROUP

    writer = ParquetFile(tmp_path, Table("mark", "", (Column("evidence", Kind.TEXT, ""),)))
    for _ in range(40):
        writer.add([("x" * (BYTES_A_GROUP // 100),)] * 10)
    writer.close()
    groups = pq.ParquetFile(writer.files[0]).metadata
    assert [groups.row_group(place).num_rows for place in range(groups.num_row_groups)] == [100, 100, 100, 100]


def test_the_digits_of_a_column_are_found_before_it_is_written(tmp_path: Path) -> None:
    from storage.records import Rating

    with filled(f"sqlite:///{tmp_path / 'a.db'}") as database:
        with database.session() as session:
            attempt = session.scalar(Rating.__table__.select().with_only_columns(Rating.attempt_id))
            session.add(Rating(attempt_id=attempt, criterion="x", rater="Camille", value=Decimal("1." + "7" * 25)))
        with database.reading() as session:
            sources = chosen(with_exact_scales(session, record_sources(session, {})), ["rating"])
            export(sources, [Format.PARQUET], tmp_path / "out", ABOUT)
    values = {row["value"] for row in read_parquet(tmp_path / "out" / "rating.parquet")}
    assert values == {Decimal("1.5"), Decimal("1." + "7" * 25)}


def test_a_table_longer_than_a_sheet_goes_on_on_the_next(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    table = Table("a_table_with_a_name_of_some_le", "", (Column("n", Kind.INTEGER, ""),))
    book = Workbook(tmp_path, table, rows_a_sheet=3)
    book.add([(number,) for number in range(8)])
    book.close()
    read = load_workbook(book.files[0])
    assert [sheet.title for sheet in read] == [table.name, f"{table.name[:24]} (2)", f"{table.name[:24]} (3)"]
    assert [row["n"] for row in read_workbook(book.files[0])] == list(range(8))


@pytest.mark.parametrize("text", ["x" * (LONGEST + 1), "🛒" * LONGEST, "🛒" * (LONGEST // 2) + "ab"])
def test_a_cell_that_is_too_long_is_cut_and_says_so(text: str) -> None:
    cell = text_of_a_cell(text)
    assert cell.endswith(CUT)
    assert LONGEST - 1 <= len(cell.encode("utf-16-le")) // 2 <= LONGEST


def test_a_cell_that_just_fits_is_left_alone() -> None:
    assert text_of_a_cell("x" * LONGEST) == "x" * LONGEST
    assert text_of_a_cell("🛒" * (LONGEST // 2)) == "🛒" * (LONGEST // 2)


def test_a_workbook_that_cannot_be_packed_is_an_error_of_the_system(tmp_path: Path) -> None:
    book = Workbook(tmp_path, Table("shop", "", (Column("n", Kind.INTEGER, ""),)))
    (tmp_path / "shop.xlsx").mkdir()
    with pytest.raises(OSError, match=r"shop\.xlsx cannot be written"):
        book.close()


def test_names_of_tables_fit_on_a_sheet() -> None:
    from barometer.tables.words import result_tables

    assert all(len(name) <= 24 for name in [*TABLES, *result_tables()])
