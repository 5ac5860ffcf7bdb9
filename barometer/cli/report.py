"""``barometer report``: pages for people, made from what was measured."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from barometer.audit_files import write_atomically
from barometer.cli.console import printable
from barometer.errors import UserError
from barometer.reports.wording import Language

app = typer.Typer(help="Reports for people, made from what was measured.", no_args_is_help=True)

REPORT_FILE = "report.html"
"""Name of the report beside ``result.json``, where no other is asked for."""


@app.command("audit")
def audit(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that barometer audit --out wrote.")],
    lang: Annotated[Language, typer.Option("--lang", help="Language of the report.")] = Language.FRENCH,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="FILE|-", help="Where to write it: report.html in DIR; - is standard output."),
    ] = None,
) -> None:
    """Write one audit as one HTML file that can be read, printed and sent: pictures are inside, and it loads nothing.

    Example: [bold]barometer audit https://www.shop.example --out shop && barometer report audit shop[/bold]
    """
    # Pictures and templates are loaded by the command that needs them, not by every other one.
    from barometer.reports.audit_report import audit_report

    html = audit_report(folder, lang)
    if out == "-":
        sys.stdout.write(html)
        return
    file = folder / REPORT_FILE if out is None else Path(out)
    try:
        write_atomically(file, html)
    except OSError as error:
        raise UserError(f"--out {file}: {error.strerror or error}", "give a file that can be written") from None
    sys.stdout.write(f"{printable(str(file))}\n")
