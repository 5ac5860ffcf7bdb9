"""``barometer optout``: who asked to be left alone."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from barometer import optout, panel
from barometer.cli.console import printable, stderr
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError

app = typer.Typer(
    help="The opt-out list: merchants that asked to be left alone, which every command honours.", no_args_is_help=True
)

Named = Annotated[
    str, typer.Argument(metavar="DOMAIN|EMAIL|PHONE", help="A domain or web address, an e-mail address, or a number.")
]


@app.command()
def add(
    named: Named,
    reason: Annotated[str, typer.Option("--reason", help="Why, in a few words: who asked, and how.")],
    by: Annotated[str, typer.Option("--by", help="Who records it: your name.")],
) -> None:
    """Record that somebody asked to be left alone; doing it twice changes nothing.

    A domain covers its sub-domains and the mail addresses at it; www. and the path do not count. An e-mail address or
    a number covers the merchants of the panel that publish it.

    Example: [bold]barometer optout add shop.example --reason "asked by e-mail" --by "A. Martin"[/bold]
    """
    settings = current_settings()
    wish = optout.read_wish(named, settings.country)
    reason, by = _given(reason, "--reason"), _given(by, "--by")
    with opened_database(settings) as database, database.session() as session:
        record, new = optout.record_wish(session, wish, reason, by)
        covered = len(optout.Optouts([record]).honoured(panel.merchants(session)).left_alone)
    if new:
        _say(f"recorded: {wish.kind} {wish.value}; merchants of the panel it covers: {covered}")
    else:
        _say(f"already recorded: {wish.kind} {wish.value}, on {record.recorded_at:%Y-%m-%d} by {record.recorded_by}")


@app.command("list")
def list_wishes(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array instead of a table.")] = False,
) -> None:
    """List what is opted out, by whom it was recorded, and why.

    Example: [bold]barometer optout list --json[/bold]
    """
    with opened_database(current_settings()) as database, database.reading() as session:
        records = optout.all_optouts(session)
    rows = [
        {
            "kind": record.kind,
            "value": record.value,
            "reason": record.reason,
            "by": record.recorded_by,
            "at": record.recorded_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        for record in records
    ]
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return
    if not rows:
        stderr.print("nobody has opted out")
        return
    table = Table("kind", "value", "reason", "by", "at", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(printable(cell or "")) for cell in row.values()))
    Console(highlight=False).print(table)


@app.command()
def remove(named: Named) -> None:
    """Take an entry off the list, because it was recorded by mistake or withdrawn.

    Example: [bold]barometer optout remove shop.example[/bold]
    """
    settings = current_settings()
    wish = optout.read_wish(named, settings.country)
    with opened_database(settings) as database, database.session() as session:
        record = optout.find(session, wish)
        if record is None:
            raise UserError(f"{wish.kind} {wish.value} is not on the opt-out list", "see: barometer optout list")
        session.delete(record)
    _say(f"removed: {wish.kind} {wish.value}, recorded by {record.recorded_by}: {record.reason}")


def _given(text: str, option: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise UserError(f"{option} is empty", "say it in a few words")
    return text[:500]


def _say(line: str) -> None:
    sys.stdout.write(printable(line) + "\n")
