"""The tables as the docs print them, between two marks of ``docs/export.md``."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from barometer.errors import UserError
from barometer.tables.table import Table
from barometer.tables.words import record_tables, result_tables

BEGIN, END = "<!-- tables: begin, generated -->", "<!-- tables: end -->"


def page_with_tables(page: str) -> str:
    """Return *page* with the tables as they are now; raises :class:`UserError` where the marks are missing."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise UserError(f"the page has no marks {BEGIN} and {END}", "put them where the tables belong")
    return f"{head}{BEGIN}\n\n{''.join(_lines())}\n{END}{tail}"


def _lines() -> Iterator[str]:
    yield "### Records\n"
    for table in record_tables():
        yield from _described(table)
    yield "\n### Made from an edition (`--edition`)\n"
    for table in result_tables().values():
        yield from _described(table)


def _described(table: Table) -> Iterator[str]:
    yield f"\n#### {table.name}\n\n{table.says}\n\n| column | kind | what it holds |\n| --- | --- | --- |\n"
    for column in table.columns:
        yield f"| `{column.name}` | {column.kind} | {column.says.replace('|', chr(92) + '|')} |\n"
    for name, why in table.left_out:
        yield f"| `{name}` | left out | {why} |\n"


def main(
    write: Annotated[Path, typer.Option("--write", metavar="FILE", help="The page whose tables are written anew.")],
) -> None:
    """Write the tables into the page."""
    page = page_with_tables(write.read_text("utf-8"))
    write.write_text(page, "utf-8")
    sys.stderr.write(f"{write}: written\n")


if __name__ == "__main__":
    typer.run(main)
