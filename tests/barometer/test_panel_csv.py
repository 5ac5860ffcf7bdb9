"""A panel file as bytes: encodings, delimiters, quoting, line numbers, what Excel does to cells."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barometer import panel_csv, panel_file
from barometer.errors import UserError
from barometer.panel_csv import cell_as_shown, csv_text, file_content
from barometer.panel_file import Reading, read_panel

PLAIN = "name,url,phone\nÉpicerie Élan,elan.test,01 99 00 12 34\nBastide,bastide.test,\n"


def read(content: str | bytes, country: str = "FR") -> Reading:
    return read_panel(content.encode() if isinstance(content, str) else content, "panel.csv", country)


def complaints(content: str | bytes) -> list[str]:
    return [problem.written("panel.csv") for problem in read(content).problems]


def names(content: str | bytes) -> list[object]:
    return [row.values["name"] for row in read(content).rows]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"],
)
def test_accents_survive_every_encoding_a_spreadsheet_writes(encoding: str) -> None:
    assert names(PLAIN.encode(encoding)) == ["Épicerie Élan", "Bastide"]


def test_one_stray_windows_line_does_not_spoil_the_utf_8_lines() -> None:
    content = "name,url\nÉlan,elan.test\n".encode() + "Café,cafe.test\n".encode("cp1252") + "Été,ete.test\n".encode()
    assert names(content) == ["Élan", "Café", "Été"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_and_line_ending_is_understood(delimiter: str, ending: str) -> None:
    assert names(PLAIN.replace(",", delimiter).replace("\n", ending)) == ["Épicerie Élan", "Bastide"]


def test_the_delimiter_is_told_by_the_columns_it_yields_and_not_by_how_often_it_stands_there() -> None:
    assert names("url;name\na.test;A, B, C\n") == ["A, B, C"]
    with pytest.raises(UserError, match="unknown column 'a, b, c, d'"):
        read('name;url;"a, b, c, d"\n')


def test_excels_own_delimiter_line_is_obeyed_and_counted() -> None:
    content = "sep=;\r\nname;url\r\nA;a.test\r\nB;not a host\r\n"
    assert names(content) == ["A"]
    assert complaints(content)[0].startswith("panel.csv:4: url: ")


def test_headings_may_differ_in_case_accents_spaces_and_hyphens() -> None:
    content = "\ufeff NAME ,Url,\u00c9mail,Sample Order,\u00a0Hours\nA,a.test,a@a.test,3,mo 9h-12h\n"
    assert read(content).columns == ("name", "url", "email", "sample_order", "hours")


def test_line_numbers_stay_true_after_cells_of_several_lines() -> None:
    content = 'name,url,phone\n"Les\nTrois\r\nFrères",a.test,\n\nB,b.test,12\n'
    assert names(content) == ["Les Trois Frères"]
    assert [line.partition("'")[0] for line in complaints(content)] == ["panel.csv:6: phone: "]


def test_a_quotation_mark_left_open_costs_its_own_line_and_no_other() -> None:
    content = 'name,url\nA,a.test\n"B,b.test\nC,c.test\n"D ""quoted""",d.test\nE,e.test\n'
    assert names(content) == ["A", "C", 'D "quoted"', "E"]
    assert [line.split(" ")[0] for line in complaints(content)] == ["panel.csv:3:"]


def test_every_line_with_an_open_quotation_mark_is_reported_in_bounded_work(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = 0
    reader = csv.reader

    def counting(lines: object, **options: object) -> object:
        def counted() -> object:
            nonlocal looked_at
            for line in lines:  # type: ignore[attr-defined]
                looked_at += 1
                yield line

        return reader(counted(), **options)  # type: ignore[arg-type]

    monkeypatch.setattr(csv, "reader", counting)
    assert read("name,url\n" + '"x,x.test\n' * 501).bad_rows >= 250
    assert looked_at <= 502 * panel_csv.MAX_LINES_OF_A_ROW


def test_empty_columns_and_rows_at_the_end_are_left_out() -> None:
    assert names("name,url,,\nA,a.test,,\n,,,\n \u00a0 ,,,\n\nB,b.test\n") == ["A", "B"]


def test_a_delimiter_inside_an_unquoted_cell_names_the_stray_cell() -> None:
    assert complaints("name,url\nDurand, Fils,a.test\n")[0] == (
        "panel.csv:2: 'a.test' stands in column 3, which has no name; "
        "quote a cell that holds the delimiter, or name the column"
    )


def test_every_bad_cell_is_reported_with_its_remedy_and_the_good_rows_stay() -> None:
    content = "name,url,email,entered\nA,a.test,a@a.test,oui\n,http://u:p@b.test,nobody,perhaps\nC,c.test,,\n"
    reading = read(content)
    assert [row.line for row in reading.rows] == [2, 4]
    assert reading.bad_rows == 1
    assert complaints(content) == [
        "panel.csv:3: name: is empty; give the merchant as the public knows it",
        "panel.csv:3: url: the address holds a user name or password; remove everything before the @ of the address",
        "panel.csv:3: email: 'nobody' is not an e-mail address; write it like contact@shop.example",
        "panel.csv:3: entered: 'perhaps' is neither yes nor no; write yes or no",
    ]


def test_a_bad_country_is_reported_once_and_the_number_is_not_guessed() -> None:
    assert complaints("name,url,phone,country\nA,a.test,0199001234,UK\n") == [
        "panel.csv:2: country: 'UK' is not a country code of two letters (ISO 3166); write GB"
    ]


def test_a_number_is_read_for_the_country_of_its_row() -> None:
    rows = read("name,url,phone,country\nA,a.test,02 345 67 89,be\nB,b.test,02 61 91 00 00,\n").rows
    assert [row.values["phone"] for row in rows] == ["+3223456789", "+33261910000"]


def test_without_a_country_column_a_number_is_read_for_the_country_the_merchant_has() -> None:
    reading = read_panel(b"name,url,phone\nA,a.test,02 345 67 89\n", "panel.csv", "FR", {"a.test": "BE"})
    assert reading.rows[0].values["phone"] == "+3223456789"
    assert "country" not in reading.rows[0].values


def test_the_second_row_of_a_site_is_refused_with_the_line_of_the_first() -> None:
    content = "name,url\nA,https://www.shop.test/\nB,http://SHOP.test\nC,shop.test/fr\n"
    assert names(content) == ["A", "C"]
    assert complaints(content) == ["panel.csv:3: url: is the same site (shop.test) as line 2; keep one of the two rows"]


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("name,url,phne", "unknown column 'phne' (do you mean 'phone'?)"),
        ("name,url,Téléphone", "unknown column 'Téléphone' (do you mean 'phone'?)"),
        ("nom;site;catégorie", "unknown columns 'nom' (do you mean 'name'?), 'site' (do you mean 'url'?), 'catégorie'"),
        ("name,url,qqqq", "unknown column 'qqqq'; known are: name, url, category"),
        ("name,phone", "lacks the column 'url'"),
        ("phone,email", "lacks the column 'name' and 'url'"),
        ("name,url,URL", "column 'url' stands twice"),
    ],
)
def test_a_heading_that_will_not_do_is_refused_by_name(heading: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        read(f"{heading}\nA,b,c\n")
    assert str(refused.value).startswith(f"panel.csv:1: {said}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\r\n   \n", "is empty"),
        (b"PK\x03\x04rest", "is an Excel or OpenDocument workbook; save it as 'CSV UTF-8'"),
        (b"\xd0\xcf\x11\xe0rest", "is an old Excel workbook"),
        (b"\xff\xfea", "is damaged"),
        (bytes(range(256)) * 4, "unknown column"),
    ],
)
def test_what_is_no_csv_file_is_refused_in_one_line(content: bytes, said: str) -> None:
    with pytest.raises(UserError) as refused:
        read(content)
    assert said in str(refused.value)
    assert str(refused.value).startswith("panel.csv:")


def test_a_nul_byte_spoils_only_its_row() -> None:
    content = "name,url\nA\x00B,a.test\nC,c.test\n"
    assert names(content) == ["C"]
    assert complaints(content) == ["panel.csv:2: name: holds a control character; type the value anew"]


def test_a_cell_too_long_for_any_column_spoils_only_its_row() -> None:
    content = "name,url\n" + "x" * 200_000 + ",a.test\nB,b.test\n"
    assert names(content) == ["B"]
    assert complaints(content) == ["panel.csv:2: a cell is longer than 131072 characters; shorten it"]


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_csv, "MAX_BYTES", 2_000_000)
    file = tmp_path / "large.csv"
    file.write_bytes(b"x" * 2_000_001)
    with pytest.raises(UserError, match=r"large\.csv: is larger than 2 MB; split it"):
        file_content(file)


def test_a_line_of_megabytes_spoils_only_itself_even_inside_a_quoted_cell() -> None:
    content = 'name,url\n"A,a.test\n' + "," * 1_500_000 + "\nB,b.test\n"
    assert names(content) == ["B"]
    assert [line[:12] for line in complaints(content)] == ["panel.csv:2:", "panel.csv:3:"]


def test_more_lines_than_a_panel_can_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_csv, "MAX_LINES", 10)
    with pytest.raises(UserError, match=r"panel\.csv: has more than 10 lines"):
        read("name,url\n" + "\n" * 10)


def test_more_rows_than_a_panel_can_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_file, "MAX_ROWS", 2)
    with pytest.raises(UserError, match=r"panel\.csv:4: more than 2 rows"):
        read("name,url\nA,a.test\nB,b.test\nC,c.test\n")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('="0199001234"', "0199001234"),
        ('="a ""b"""', 'a "b"'),
        ("'0199001234", "0199001234"),
        ("'+33199001234", "+33199001234"),
        ("\u00a0 x \t", "x"),
    ],
)
def test_what_excel_adds_to_a_cell_goes(cell: str, shown: str) -> None:
    assert cell_as_shown(cell, text=False) == shown


def test_an_apostrophe_that_belongs_to_a_name_stays() -> None:
    assert cell_as_shown("'t Hof", text=True) == "'t Hof"


@pytest.mark.parametrize("cell", ["=1+1", '=HYPERLINK("http://x.test")', "=cmd|' /C calc'!A0", "＝1"])
def test_a_formula_is_reported_and_never_kept(cell: str) -> None:
    with pytest.raises(UserError, match="is a formula"):
        cell_as_shown(cell, text=True)


@given(st.text(max_size=30).map(str.strip))
def test_a_value_written_and_shown_again_is_the_same_and_never_a_formula(value: str) -> None:
    (written,) = next(csv.reader(io.StringIO(csv_text([[value]]), newline=""), strict=True), [""])
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell_as_shown(written, text=True) == value


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=400), st.text(alphabet="\"',;=\r\n\tabé@+0", max_size=400).map(str.encode)))
def test_no_bytes_make_reading_fail_with_anything_but_a_line_for_the_user(content: bytes) -> None:
    for head in (b"", b"name,url,phone\n", b"\xef\xbb\xbfname;url\r\n", b"\xff\xfe"):
        try:
            reading = read(head + content)
        except UserError as refused:
            assert "\n" not in str(refused).strip()
        else:
            assert len({problem.line for problem in reading.problems}) == reading.bad_rows
            assert not any(len(problem.written("f").splitlines()) > 1 for problem in reading.problems)
