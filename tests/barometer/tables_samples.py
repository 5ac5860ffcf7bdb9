"""A database with one record of every kind, hostile texts among them, and how the exports of it are made and read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from storage.database import Database, open_database
from storage.records import Merchant, Record
from tests.storage.examples import one_of_each

HOSTILE = {
    "formula": "=HYPERLINK(\"https://bad.example\";\"press\")",
    "plus": "+33144271900",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd",
    "behind blanks": " \u00a0\t=1+1",
    "behind quotes": "'\"“=1+1",
    "full-width": "＝1+1",
    "behind invisible signs": "\u200b\ufeff=1+1",
    "french cell": "Maison; =1+1;\"=2+2",
    "line break": "one\r\n=1+1\n-2",
    "tab": "a\t=1+1",
    "carriage return": "\r=1+1",
    "markup": "<script>alert(1)</script>",
    "rich text": "<r><t>=1+1</t></r>",
    "right to left": "\u202egnp.exe",
    "steering": "\x1b[2J\x9b31m",
    "emoji": "🛒" * 40,
    "long": "é" * 300,
    "path": "../../etc/passwd",
    "escape": "_x003D_1+1",
    "apostrophe": "'t Hof",
    "quote": 'say "yes", or no',
    "no character": "a\ufffe\uffffb",
    "number": "-5",
    "empty": "",
}  # fmt: skip
"""Names of merchants, by what is hostile in them."""


@contextmanager
def filled(url: str) -> Iterator[Database]:
    """Give a database with one record of every kind, and a merchant for each of :data:`HOSTILE`."""
    with open_database(url) as database:
        database.migrate()
        with database.session() as session:
            session.add_all([*one_of_each(), *hostile_merchants()])
        yield database


def hostile_merchants() -> list[Merchant]:
    return [
        Merchant(id=f"{number:032x}", key=f"m{number}.example", name=name, url=f"https://m{number}.example/", hours=why)
        for number, (why, name) in enumerate(HOSTILE.items())
    ]


def stored(record: Record) -> Mapping[str, Any]:
    """Return the values of *record* by column."""
    return {column.name: getattr(record, column.name) for column in record.__table__.columns}


def of_table(name: str) -> Mapping[str, Any]:
    """Return what the one record of table *name* holds, as it was made; keys differ in each call."""
    return next(stored(record) for record in one_of_each() if record.__tablename__ == name)


def settings_file(folder: Path, url: str) -> Path:
    """Write settings that name the database at *url*, and return their file."""
    file = folder / "barometer.toml"
    file.write_text(f'database = "{url}"\nevidence = "{folder / "evidence"}"\n', "utf-8")
    return file
