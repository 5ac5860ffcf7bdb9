"""``barometer evidence``: the proof of a visit, to be kept, sent and checked apart from the tool."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from barometer.cli.console import plain_error, printable, stderr
from barometer.cli.root import current_settings, opened_database

app = typer.Typer(help="The evidence of visits: list it, export it, check it.", no_args_is_help=True)


@app.command("list")
def list_visits(
    merchant: Annotated[
        str | None, typer.Option("--merchant", metavar="X", help="Only of this merchant: its name, host or address.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many, the newest.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array instead of a table.")] = False,
) -> None:
    """List the visits that the database holds, newest first, with the keys that other commands take.

    Example: [bold]barometer evidence list --merchant www.shop.example[/bold]
    """
    from barometer.stored_visits import listed_visits
    from barometer.visit_file import moment

    with opened_database(current_settings()) as database, database.reading() as session:
        found = listed_visits(session, merchant, limit)
    if as_json:
        rows = [
            {**one._asdict(), "started_at": moment(one.started_at), "finished_at": moment(one.finished_at)}
            for one in found
        ]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return
    if not found:
        stderr.print("no visit" + (" of this merchant" if merchant else "; make some with: barometer crawl"))
        return
    table = Table("visit", "started (UTC)", "merchant", "site", "window", "ended", "pages", box=None, pad_edge=False)
    for one in found:
        cells = (
            one.id[:12], f"{one.started_at:%Y-%m-%d %H:%M}", one.merchant or "", one.url, one.profile, one.status or "",
            f"{one.pages_read} ({one.pages_rendered} rendered)",
        )  # fmt: skip
        table.add_row(*(Text(printable(cell)) for cell in cells))
    Console(file=sys.stdout, highlight=False).print(table)


@app.command()
def export(
    visit: Annotated[
        str, typer.Argument(metavar="VISIT|DIR", help="A visit by the first digits of its key, or an audit folder.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="The file to write, replaced if it is there. Default: evidence-KEY.zip"
        ),
    ] = None,
) -> None:
    """Write all evidence of a visit as one ZIP file: result, records, pages as a web archive, layouts, pictures, sums.

    Whoever receives it can check it without this tool; README.txt in it tells how. The same visit gives the same bytes.
    Evidence that was retired is told on standard error and listed as missing.

    Example: [bold]barometer evidence export shop --out shop-evidence.zip[/bold]
    """
    from barometer.evidence_export import export as write
    from barometer.recorded import opened

    with opened(visit, current_settings()) as recorded:
        file = out or Path(f"evidence-{recorded.readings[0].visit.id[:12]}.zip")
        written = write(recorded, file)
    for missing in written.missing:
        stderr.print(Text(printable(f"missing: {missing.what} of {missing.url} ({missing.evidence})")), soft_wrap=True)
    sys.stdout.write(f"{printable(str(file))}\n")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="A file that barometer evidence export wrote.")],
) -> None:
    """Check that an evidence file is whole and unchanged, and that its parts belong together.

    Exit code 0: it is; 1: it is not, each problem one line on standard output.

    Example: [bold]barometer evidence verify shop-evidence.zip[/bold]
    """
    from barometer.evidence_zip import problems

    found = problems(file)
    for line in found:
        sys.stdout.write(printable(" ".join(line.split())) + "\n")
    if found:
        plain_error(f"{file}: not as it was written")
        raise typer.Exit(1)
    sys.stdout.write(f"{printable(str(file))}: whole and unchanged\n")
