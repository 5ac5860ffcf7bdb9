"""``barometer panel``: bring merchants in from a file, look at them, check them, write them out."""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from barometer import optout, panel
from barometer.cli.console import printable, stderr
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.panel_columns import columns
from barometer.panel_csv import file_content
from barometer.panel_file import Reading, read_panel
from storage.records import Merchant, OptOut

app = typer.Typer(
    help="The merchants to measure: import them from a CSV file, list, check and export them.", no_args_is_help=True
)

CHANGES_SHOWN = 20
"""Changed merchants an import names before it only counts them (*ours*)."""

_COLUMNS = "\n\n".join(f"[bold]{name}[/bold]: {column.meaning}" for name, column in columns().items())


@app.command(
    "import",
    help=(
        "Bring merchants from a CSV file into the panel.\n\n"
        "Commas, semicolons and tabs, UTF-8, UTF-16 and Windows-1252 are understood, as spreadsheets write them. "
        "Good rows are imported, bad ones reported as [italic]file:line: column: what; remedy[/italic]. Merchants are "
        "told apart by the address of their site; importing the same file twice changes nothing. A column that the "
        "file does not have is left as it is; an empty cell empties the value.\n\n"
        f"The columns, in any order:\n\n{_COLUMNS}\n\n"
        "Example: [bold]barometer panel import merchants.csv --dry-run[/bold]"
    ),
    epilog="Exit code 2 when any row is bad.",
)
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The file to read.")],
    strict: Annotated[bool, typer.Option("--strict", help="Import nothing if any row is bad.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Import *file* and say what changed."""
    settings = current_settings()
    content = file_content(file)
    with opened_database(settings) as database:
        with database.reading() as session:
            countries = panel.countries(session)
        reading = read_panel(content, str(file), settings.country, countries)
        _report_problems(reading, file)
        if strict and reading.bad_rows:
            _say(f"nothing imported: {_count(reading.bad_rows, 'bad row')} and --strict")
            raise typer.Exit(2)
        with database.session() as session:
            done = panel.import_rows(session, reading.rows, settings.country)
            if dry_run:
                session.rollback()
    _report_changes(done)
    left_out = f", {_count(reading.bad_rows, 'bad row')} left out" if reading.bad_rows else ""
    would = "would be: " if dry_run else ""
    _say(f"{would}{len(done.new)} new, {len(done.changed)} changed, {done.unchanged} unchanged{left_out}")
    if reading.bad_rows:
        raise typer.Exit(2)


@app.command("list")
def list_merchants(
    category: Annotated[str | None, typer.Option("--category", help="Only this category, in any case.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array instead of a table.")] = False,
) -> None:
    """List the merchants of the panel; those on the opt-out list are marked, and no command visits them.

    Example: [bold]barometer panel list --category Mode --json[/bold]
    """
    with opened_database(current_settings()) as database, database.reading() as session:
        found = panel.merchants(session, category)
        wishes = {merchant.key: wish for merchant, wish in optout.optouts(session).honoured(found).left_alone}
    if as_json:
        rows = [_as_json(merchant, wishes.get(merchant.key)) for merchant in found]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return
    Console(highlight=False).print(_table(found, wishes)) if found else None
    _note(f"{_count(len(found), 'merchant')}, {len(wishes)} on the opt-out list" if found else "the panel is empty")


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(metavar="FILE.csv", help="A file; without it, the panel.")] = None,
) -> None:
    """Check a file before importing it, or the panel itself; change nothing.

    Beside what an import would refuse, it tells what deserves a look: categories too small to be ranked, contacts that
    several merchants share, merchants on the opt-out list. Exit code 2 when an import would refuse something.

    Example: [bold]barometer panel check merchants.csv[/bold]
    """
    settings = current_settings()
    with opened_database(settings) as database, database.reading() as session:
        stored = panel.merchants(session)
        wishes = optout.optouts(session)
        countries = panel.countries(session)
    if file is None:
        bad = panel.problems(stored)
        for line in bad:
            _problem(line)
        rows = [panel.values(merchant) for merchant in stored]
        covered = len(wishes.honoured(stored).left_alone)
    else:
        reading = read_panel(file_content(file), str(file), settings.country, countries)
        _report_problems(reading, file)
        rows = [row.values for row in reading.rows]
        bad = [""] * reading.bad_rows
        covered = sum(
            wishes.covers(*(_word(row.get(name)) for name in ("url", "email", "phone"))) is not None for row in rows
        )
    for remark in panel.remarks(rows):
        _note(f"note: {remark}")
    if covered:
        _note(f"note: {_count(covered, 'merchant')} on the opt-out list: no command visits them")
    good, wrong = ("good row", "bad row") if file else ("merchant", "bad value")
    _say(f"{_count(len(rows), good)}, {_count(len(bad), wrong)}")
    if bad:
        raise typer.Exit(2)


@app.command()
def export(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The file to write; - for standard output.")] = "-",
    category: Annotated[str | None, typer.Option("--category", help="Only this category, in any case.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write the panel as a CSV file which, imported again, changes nothing.

    A value that a spreadsheet would take for a formula (it begins with = + - @, as every +33 number does) is written
    with an apostrophe before it; import takes the apostrophe away. A file begins with a byte-order mark, so that Excel
    reads the accents; standard output does not.

    Example: [bold]barometer panel export panel.csv[/bold]
    """
    with opened_database(current_settings()) as database, database.reading() as session:
        found = panel.merchants(session, category)
        text = panel.exported(found)
    if file == "-":
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.flush()
        return
    _write(Path(file), text, force)
    _note(f"{_count(len(found), 'merchant')} written to {file}")


def _write(path: Path, text: str, force: bool) -> None:
    """Write *text* whole or not at all, replacing an older file only with *force*."""
    if path.exists() and not force:
        raise UserError(f"{path} is there already", "give another name, or --force to replace it")
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, "utf-8-sig", newline="")
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise UserError(f"{path} cannot be written: {error.strerror}", "choose another place") from None


def _report_problems(reading: Reading, file: Path) -> None:
    for problem in reading.problems:
        _problem(problem.written(str(file)))


def _report_changes(done: panel.Import) -> None:
    for change in done.changed[:CHANGES_SHOWN]:
        _note(f"changed: {change.key}: {', '.join(change.columns)}")
    if len(done.changed) > CHANGES_SHOWN:
        _note(f"changed: and {len(done.changed) - CHANGES_SHOWN} more")


def _table(found: list[Merchant], wishes: dict[str, OptOut]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("merchant", "category", "site", "phone", "entered", "opt-out"):
        table.add_column(heading, overflow="fold")
    for merchant in found:
        wish = wishes.get(merchant.key)
        left_alone = f"{wish.kind} {wish.value}" if wish else ""
        entered = "yes" if merchant.entered else ""
        cells = (merchant.name, merchant.category or "", merchant.key, merchant.phone or "", entered, left_alone)
        table.add_row(*(Text(printable(cell)) for cell in cells), style="dim" if wish else "")
    return table


def _as_json(merchant: Merchant, wish: OptOut | None) -> dict[str, object]:
    opt_out = {"kind": wish.kind, "value": wish.value, "reason": wish.reason} if wish else None
    return {"key": merchant.key, **panel.values(merchant), "opt_out": opt_out}


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _say(line: str) -> None:
    sys.stdout.write(printable(line) + "\n")


def _problem(line: str) -> None:
    sys.stderr.write(printable(line) + "\n")


def _note(line: str) -> None:
    stderr.print(Text(printable(line)), soft_wrap=True)
