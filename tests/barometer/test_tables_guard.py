"""Nothing that a merchant writes runs as a formula, however a spreadsheet separates the cells of the file."""

import csv
import io
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from barometer.tables.cells import begins_like_a_formula, guarded, json_cell
from barometer.tables.comma import CommaFile
from barometer.tables.table import Column, Kind, Table
from tests.barometer.tables_samples import HOSTILE

SIGNS = "=+-@"
OVERLOOKED = " \t\r\n\u00a0\u200b\u200c\u2060\ufeff\"'`“”‘’«»"
PIECES = st.sampled_from(
    [*"=+-@＝＋－＠﹢⁻", ";", "\t", "\r", "\n", ",", '"', "'", " ", "\u00a0", "\u200b", "\u202e", "\x00", "1", "a"]
)
TEXTS = st.one_of(st.text(PIECES, max_size=12), st.text(max_size=12))


def runs(cell: str) -> bool:
    """Tell whether a cell might run: what is left once the overlooked is away begins with a sign; an apostrophe guards it."""
    left = cell.lstrip(OVERLOOKED.replace("'", ""))
    return unicodedata.normalize("NFKC", left)[:1] in tuple(SIGNS) and left != ""


def rows(texts: list[str], folder: object) -> str:
    table = Table("t", "", tuple(Column(f"c{number}", Kind.TEXT, "") for number in range(len(texts))))
    out = io.StringIO(newline="")
    file = CommaFile.__new__(CommaFile)
    from barometer.tables import comma

    file._out = out  # type: ignore[assignment]
    file._cells = [comma._CELLS[column.kind] for column in table.columns]
    file.add([texts])
    return out.getvalue()


@given(st.lists(TEXTS, min_size=1, max_size=3), st.sampled_from(",;\t"))
@example(["Maison; =1+1"], ";")
@example(['a;"=1+1'], ";")
@example(["a\n=1+1"], ";")
@example(['";=1+1;"'], ";")
def test_no_cell_begins_like_a_formula_whatever_separates_the_cells(texts: list[str], delimiter: str) -> None:
    text = rows(texts, None)
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        assert not [cell for cell in row if runs(cell)], (text, delimiter)


@given(TEXTS)
def test_only_apostrophes_are_added(text: str) -> None:
    from barometer.cli.console import printable

    plain = printable(text.replace("\r\n", "\n").replace("\r", "\n"))
    assert guarded(text).replace("'", "") == plain.replace("'", "")


@given(st.text(st.sampled_from("aZ09/=+-@.:#?&%~ ;,\"'\n"), max_size=8))
def test_the_short_way_for_plain_cells_leads_to_the_same_cell(text: str) -> None:
    from barometer.tables.comma import _quoted, _text

    assert _text(text) == _quoted(guarded(text))


@given(TEXTS)
def test_a_reader_of_commas_gets_one_cell_for_each_value(text: str) -> None:
    (row,) = csv.reader(io.StringIO(rows([text, "b"], None), newline=""))
    assert row == [guarded(text), "b"]


@pytest.mark.parametrize(
    "why", ["formula", "plus", "minus", "at", "behind blanks", "full-width", "carriage return", "number"]
)
def test_what_begins_like_a_formula_gets_an_apostrophe(why: str) -> None:
    assert begins_like_a_formula(HOSTILE[why])
    assert guarded(HOSTILE[why]).startswith("'")


@pytest.mark.parametrize(
    "text", ["Maison", "'t Hof", "12,5", "a=1", "https://shop.example/?a=1", "1-2", "prix : 3 €", ""]
)
def test_what_cannot_run_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6))  # fmt: skip
def test_json_in_a_cell_can_be_stored_and_read_again(value: object) -> None:
    import json

    assert json.loads(json_cell(value).encode().decode()) == value
