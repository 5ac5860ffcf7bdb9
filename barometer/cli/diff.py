"""``barometer diff``: what moved between two audits of one site."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from barometer.cli.console import printable
from barometer.reports.wording import Language, Words, words_of

if TYPE_CHECKING:
    from barometer.reports.difference import Comparison


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier audit: its folder or its result.json.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The later one.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON array: profile, channel, kind, before, after, sentence.")
    ] = False,
    lang: Annotated[Language, typer.Option("--lang", help="Language of the sentences.")] = Language.ENGLISH,
) -> None:
    """Say in words what moved between two audits of a site, what matters most first.

    Depths, numbers, addresses, prices and outcomes are compared. Two measurements that do not contradict each other are
    no change. What makes the two hard to compare (another site, another window, another way of reading) is said first.

    Example: [bold]barometer diff shop-in-may shop-in-june[/bold]
    """
    # What reads results is loaded by the command that needs it, not by every other one.
    from barometer.reports.audit_folder import read_audit
    from barometer.reports.difference import compare

    words = words_of(lang)
    comparisons = compare(read_audit(old), read_audit(new), words)
    if as_json:
        entries = [one._asdict() for comparison in comparisons for one in comparison.differences]
        sys.stdout.write(json.dumps(entries, ensure_ascii=False, indent=1) + "\n")
        return
    console = Console(file=sys.stdout, highlight=False, markup=False)
    for comparison in comparisons:
        _print(console, comparison, words)


def _print(console: Console, comparison: "Comparison", words: Words) -> None:
    from barometer.reports.difference import Kind

    moved = [one for one in comparison.differences if one.kind is not Kind.CONDITIONS]
    console.print(printable(comparison.title), style="bold", soft_wrap=True)
    for caution in (one for one in comparison.differences if one.kind is Kind.CONDITIONS):
        console.print(printable(caution.sentence), style="yellow", soft_wrap=True)
    count = f"difference.count_{'one' if len(moved) == 1 else 'other'}"
    console.print(words[count].format(n=len(moved)) if moved else words["difference.nothing"])
    for one in moved:
        console.print(f"- {printable(one.sentence)}", soft_wrap=True)
