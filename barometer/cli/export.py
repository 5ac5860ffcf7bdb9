"""``barometer export``: every table as files for analysts."""

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table as Printed
from rich.text import Text

from barometer.cli.console import printable, stderr
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from barometer.settings import Settings
    from barometer.tables.exporting import Format, Written
    from barometer.tables.left_alone import Gone
    from barometer.tables.table import Source
    from storage.records import Edition


def export(
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="The folder to write; it is made.")] = None,
    formats: Annotated[
        str, typer.Option("--format", metavar="LIST", help="Formats, by commas: csv, json (JSON Lines), parquet, xlsx.")
    ] = "csv",
    table: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="NAME", help="Only this table. May be repeated. Default: all."),
    ] = None,
    edition: Annotated[
        str | None, typer.Option("--edition", metavar="NAME", help="Also what this edition makes of the records.")
    ] = None,
    revision: Annotated[int | None, typer.Option("--revision", help="Of the edition. Default: the last one.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an older export in DIR.")] = False,
    listing: Annotated[
        bool, typer.Option("--list", help="Print the tables, their rows and what they hold, and write nothing.")
    ] = False,
) -> None:
    """Write every table as CSV, JSON Lines, Parquet or XLSX: the records and, with --edition, its scores, places and marks.

    Confidential: the files name merchants that no podium names. All tables are read at one moment, in any number of rows.
    Merchants on the opt-out list are left out, as are the tokens with which somebody could answer in a merchant's place.
    The folder appears whole or not at all; only an older export is ever replaced.

    Example: [bold]barometer export --out tables --format csv,parquet --edition "Prize 2027"[/bold]
    """
    from barometer.tables.left_alone import left_alone

    if not listing and out is None:
        raise UserError("--out is missing", "give a folder, such as --out tables; or --list to see the tables")
    if revision is not None and edition is None:
        raise UserError("--revision: of which edition?", "add --edition NAME")
    wanted = _formats(formats)
    settings = current_settings()
    with opened_database(settings) as database, database.reading() as session:
        if listing:
            _list(_sources(session, settings, edition, revision, {}, table or []))
            return
        gone = left_alone(session)
        sources = _sources(session, settings, edition, revision, gone, table or [])
        assert out is not None
        _export(session, sources, wanted, out, edition, revision, gone, force)


def _sources(
    session: "Session",
    settings: "Settings",
    edition: str | None,
    revision: int | None,
    gone: "Gone",
    names: Sequence[str],
) -> "list[Source]":
    """Return the sources of the tables called *names*, all where none is named."""
    from barometer.tables.exporting import chosen
    from barometer.tables.records import record_sources
    from barometer.tables.words import result_tables

    sources = record_sources(session, gone)
    if edition is not None:
        sources += _results(session, settings, _edition(session, edition, revision), gone)
    known = [table.name for source in sources for table in source.tables]
    for name in names:
        if name in known:
            continue
        if name in result_tables():
            raise UserError(f"--table {name}: is made from an edition", "add --edition NAME")
        near = get_close_matches(name, known, n=1, cutoff=0.6)
        hint = f"do you mean '{near[0]}'?" if near else "see: barometer export --list"
        raise UserError(f"--table: there is no table '{printable(name[:60])}'", hint)
    return chosen(sources, names)


def _edition(session: "Session", name: str, revision: int | None) -> "Edition":
    from barometer.edition import named, require_scored

    found = named(session, name, revision)
    require_scored(found)
    return found


def _results(session: "Session", settings: "Settings", found: "Edition", gone: "Gone") -> "list[Source]":
    from barometer.edition import observed, rankings
    from barometer.tables.results import result_sources
    from storage.evidence import EvidenceStore

    store = EvidenceStore(settings.evidence)
    return result_sources(
        found.name,
        found.revision,
        lambda: rankings(session, store, found),
        lambda: observed(session, store, found),
        gone.get("merchant", frozenset()),
    )


def _export(
    session: "Session", sources: "Sequence[Source]", formats: "Sequence[Format]", out: Path, edition: str | None,
    revision: int | None, gone: "Gone", force: bool,
) -> None:  # fmt: skip
    from barometer.tables.exporting import About, export
    from barometer.tables.records import with_exact_scales
    from storage.records import utc_now

    left = len(gone.get("merchant", ()))
    if edition is not None:
        revision = _edition(session, edition, revision).revision
    stderr.print("confidential: these tables name merchants that no podium names", style="yellow")
    if left:
        stderr.print(f"left out: {left} merchants on the opt-out list, and what was recorded of them")
    about = About(utc_now(), edition, revision, left)
    export(with_exact_scales(session, sources), formats, out, about, force=force, told=_tell)
    sys.stdout.write(f"{printable(str(out))}\n")


def _tell(written: "Written") -> None:
    files = ", ".join(written.files)
    stderr.print(f"{written.table.name}: {written.rows:,} rows -> {files}", markup=False, soft_wrap=True)


def _formats(text: str) -> "list[Format]":
    from barometer.tables.exporting import Format

    found = []
    for word in filter(None, (part.strip().lower() for part in text.split(","))):
        try:
            found.append(Format(word))
        except ValueError:
            what = f"--format: '{printable(word[:40])}' is no format"
            raise UserError(what, f"give some of {', '.join(Format)}") from None
    if not found:
        raise UserError("--format names nothing", f"give some of {', '.join(Format)}")
    return list(dict.fromkeys(found))


def _list(sources: "Sequence[Source]") -> None:
    printed = Printed("table", "rows", "what it holds", box=None, pad_edge=False, header_style="bold")
    printed.columns[1].justify = "right"
    for source in sources:
        rows = source.counted()
        for table in source.tables:
            printed.add_row(table.name, "from the edition" if rows is None else f"{rows:,}", Text(table.says))
    Console(file=sys.stdout, highlight=False).print(printed)
