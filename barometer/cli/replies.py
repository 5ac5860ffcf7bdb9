"""``barometer replies``: what came back, told apart."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from barometer.cli.console import json_text, plain_error, printable
from probes.replies.classify import classify as verdict_of
from probes.replies.message import MAX_BYTES, parse_message
from probes.replies.text import new_words

app = typer.Typer(help="What came back: acknowledgement, absence, bounce or a person's answer.", no_args_is_help=True)

_SHOWN = 60
"""Characters of a reply shown in the table."""


@app.callback()
def replies() -> None:
    """What came back: acknowledgement, absence, bounce or a person's answer."""


@app.command()
def classify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Saved mails (.eml), or bare bodies.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a file on standard output.")] = False,
) -> None:
    """Say what kind of reply each saved mail is, by which rule, and what its writer wrote anew.

    Example: [bold]barometer replies classify reply.eml --json[/bold]
    """
    table = Table("file", "kind", "rule", "text", box=None, pad_edge=False)
    failed = False
    for line in map(_line, files):
        failed = failed or "error" in line
        if as_json:
            sys.stdout.write(json_text(line) + "\n")
        elif "error" in line:
            plain_error(f"{line['file']}: {line['error']}; give a saved mail")
        else:
            shown = " ".join(line["text"].split())
            cells = (line["file"], line["kind"], line["rule"], shown[:_SHOWN] + ("…" if len(shown) > _SHOWN else ""))
            table.add_row(*(Text(printable(cell)) for cell in cells))
    if table.row_count:
        Console(highlight=False).print(table)
    if failed:
        raise typer.Exit(2)


def _line(file: Path) -> dict[str, str]:
    """Return the contract's line for *file*: what its mail is, or why it cannot be read."""
    name = str(file).encode("utf-8", "replace").decode()
    try:
        with file.open("rb") as stream:
            message = parse_message(stream.read(MAX_BYTES))
    except OSError as error:
        return {"file": name, "error": error.strerror or "it cannot be read"}
    verdict = verdict_of(message)
    return {"file": name, "kind": verdict.kind.value, "rule": verdict.rule, "text": new_words(message)}
