"""``barometer replay``: a result computed again from what was stored, without a netaudit_files."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from barometer import audit_files
from barometer.cli.console import json_text, printable
from barometer.cli.root import current_settings
from barometer.errors import UserError

Json = dict[str, Any]


def replay(
    visit: Annotated[
        str,
        typer.Argument(
            metavar="VISIT|DIR|FILE.zip",
            help="A visit by the first digits of its key, an audit folder, or a file of barometer evidence export.",
        ),
    ],
    json_to: Annotated[
        str | None,
        typer.Option(
            "--json",
            metavar="FILE|-",
            help="Write the result as JSON; - is standard output, and nothing else goes there.",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with the recorded result; exit code 1 where they differ.")
    ] = False,
) -> None:
    """Look for the channels again in the stored pages of a visit, and compute its result anew; no site is asked.

    Times, CPU seconds and the tool's version stay as they were recorded. With the same version of the tool the result is
    the same, byte for byte; with a newer one --check says in words what it sees differently.

    Example: [bold]barometer replay shop --check[/bold]
    """
    from barometer.recorded import opened
    from barometer.replay import replay as again
    from barometer.reports.terminal import audit_summary

    with opened(visit, current_settings()) as recorded:
        pairs = zip(recorded.readings, recorded.results, strict=True)
        results = [again(reading, recorded.evidence, result) for reading, result in pairs]
    if json_to is not None:
        _write_json(results, json_to)
    sentences = _differences(recorded.results, results) if check else []
    if check:
        out = sys.stderr if json_to == "-" else sys.stdout
        out.writelines(f"{printable(line)}\n" for line in sentences or ["the same result"])
    elif json_to != "-":
        console = Console(file=sys.stdout, highlight=False)
        for result in results:
            console.print(audit_summary(result))
    if sentences:
        raise typer.Exit(1)


def _write_json(results: list[Json], target: str) -> None:
    document = results[0] if len(results) == 1 else results
    if target == "-":
        sys.stdout.write(json_text(document) + "\n")
        return
    try:
        audit_files.write_atomically(Path(target), audit_files.json_file(document))
    except OSError as error:
        raise UserError(f"--json {target}: {error.strerror or error}", "give a file that can be written") from None


def _differences(recorded: list[Json], replayed: list[Json]) -> list[str]:
    """Return in words what the results do not share; empty when they are the same, byte for byte."""
    from barometer.replay import differing_keys
    from barometer.reports.audit_contract import parse_results
    from barometer.reports.difference import differences
    from barometer.reports.wording import Language, words_of

    lines: list[str] = []
    for before, after in zip(recorded, replayed, strict=True):
        if audit_files.json_file(before) == audit_files.json_file(after):
            continue
        old, new = (parse_results(audit_files.json_file(one).encode())[0] for one in (before, after))
        told = differences(old, new, words_of(Language.ENGLISH))
        lines += [f"- {one.sentence}" for one in told.differences]
        keys = list(differing_keys(before, after)) or ["the order of the keys"]
        lines += [f"- {before['profile']}: not the same: {key}" for key in keys]
    return lines
