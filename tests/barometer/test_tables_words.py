"""The words of the exported tables: nothing that is stored leaves without them."""

from pathlib import Path

import pytest

from barometer.tables import words
from barometer.tables.described import page_with_tables
from barometer.tables.table import Kind
from storage.records import Record

PAGE = Path(__file__).resolve().parents[2] / "docs" / "export.md"


def test_every_column_of_every_record_is_exported_or_left_out_with_a_reason() -> None:
    for table in words.record_tables():
        stored = {column.name for column in Record.metadata.tables[table.name].columns}
        assert {column.name for column in table.columns} | {name for name, _ in table.left_out} == stored
    assert {table.name for table in words.record_tables()} == set(Record.metadata.tables)


def test_what_would_let_somebody_answer_for_a_merchant_is_left_out() -> None:
    left = {table.name: {name for name, _ in table.left_out} for table in words.record_tables() if table.left_out}
    assert left == {"attempt": {"token", "reply_address", "message_id"}}


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        ('x = "account on X"\n', "merchant: words and columns differ: x"),
        ("[dispute]", "tables and records differ"),
        ('token = "whoever', "attempt: words and columns differ: token"),
    ],
)
def test_a_column_without_words_is_told_when_the_words_are_read(
    monkeypatch: pytest.MonkeyPatch, cut: str, said: str
) -> None:
    told = words._toml(words.RECORDS)
    match cut.partition(" ")[0].partition("=")[0]:
        case "x":
            del told["merchant"]["x"]
        case "[dispute]":
            del told["dispute"]
        case "token":
            del told["attempt"]["left_out"]["token"]
    monkeypatch.setattr(words, "_toml", lambda name: told)
    words.record_tables.cache_clear()
    with pytest.raises(ValueError, match=said):
        words.record_tables()
    words.record_tables.cache_clear()


def test_all_words_are_there_and_no_column_is_told_twice() -> None:
    tables = [*words.record_tables(), *words.result_tables().values()]
    for table in tables:
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names)
        assert table.says.endswith(".")
        assert all(column.says.strip() and column.kind in Kind for column in table.columns)
    assert len({table.name for table in tables}) == len(tables)


def test_the_tables_in_the_docs_are_those_of_the_program() -> None:
    page = PAGE.read_text("utf-8")
    assert page_with_tables(page) == page, (
        "out of date; run: python -m barometer.tables.described --write docs/export.md"
    )
