"""``barometer podium``: what a published edition says of merchants in public, on the terminal and as files."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from barometer.cli.console import printable, stderr
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.reports.wording import Language

if TYPE_CHECKING:
    from barometer.grids.grid import Grid
    from barometer.podium import PublicResult
    from barometer.reports.podium_files import Written

app = typer.Typer(help="The podiums of a published edition: nobody else is named.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="EDITION", help="The edition's name.")]
Revision = Annotated[
    int | None,
    typer.Option("--revision", min=1, metavar="N", help="Which revision. Default: the last.", show_default=False),
]
FORMATS = "html,pdf,pptx,csv,json,badges"

Word = TypeVar("Word", bound=str)


@app.command("show")
def show(
    edition: Name,
    revision: Revision = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, barometer-podium/1, instead.")
    ] = False,
) -> None:
    """Print who stands on the podium in each category of a published edition, and who holds the label.

    Example: [bold]barometer podium show spring-2027[/bold]
    """
    from barometer.reports.podium_json import json_of

    with _published(edition, revision) as (result, grid):
        if as_json:
            text = json_of(result, grid)
            sys.stdout.write(text if _can_print(text) else json.dumps(json.loads(text), indent=2) + "\n")
        else:
            _print(result, grid)


@app.command("export")
def export(
    edition: Name,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into; made where there is none.")],
    formats: Annotated[str, typer.Option("--format", metavar="NAMES", help=f"Some of {FORMATS}.")] = FORMATS,
    lang: Annotated[str, typer.Option("--lang", metavar="NAMES", help="Languages: fr, en, or both, as fr,en.")] = "fr",
    logos: Annotated[
        Path | None,
        typer.Option("--logos", metavar="DIR", help="Logos for the deck: KEY.png or KEY.jpg, by merchant key."),
    ] = None,
    revision: Revision = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also replace files that were changed or are not ours.")
    ] = False,
) -> None:
    """Write the podiums of a published edition: a page and a PDF for the press, a ceremony deck, tables and badges.

    Files of an older export in DIR are replaced; badges that no longer hold are taken away; other files stay.

    Example: [bold]barometer podium export spring-2027 --lang fr,en --out podium[/bold]
    """
    # Slides, drawings and the browser are loaded by the command that needs them.
    from barometer.reports.podium_export import Format, artefacts
    from barometer.reports.podium_files import write_all
    from barometer.reports.podium_logos import logos_of

    wanted, languages = _words("--format", formats, list(Format)), _words("--lang", lang, list(Language))
    with _published(edition, revision) as (result, grid):
        pictures = logos_of(result, logos) if logos is not None else {}
        written = write_all(out, artefacts(result, grid, wanted, languages, pictures), result.edition, force=force)
    if logos is not None:
        laureates = {laureate.merchant.key for podium in result.podiums for laureate in podium.laureates}
        stderr.print(f"logos: {len(pictures)} of {len(laureates)} laureates", markup=False)
    _tell(out, written)


@contextmanager
def _published(name: str, revision: int | None) -> "Iterator[tuple[PublicResult, Grid]]":
    """Give what the public may know of an edition, and its grid; raises :class:`UserError` unless it is published."""
    from barometer.edition import grid_of, named, public_result
    from storage.evidence import EvidenceStore

    settings = current_settings()
    with opened_database(settings) as database, database.reading() as session:
        store = EvidenceStore(settings.evidence)
        edition = named(session, name, revision)
        yield public_result(session, store, edition), grid_of(session, store, edition)


def _words(option: str, told: str, known: list[Word]) -> list[Word]:
    """Return the members of *known* that a list of words names, in the order of *known*."""
    named = {word.strip().lower() for word in told.split(",") if word.strip()}
    for word in sorted(named - set(known)):
        raise UserError(f"{option}: '{word[:40]}' is none of them", f"choose from {', '.join(known)}")
    if not named:
        raise UserError(f"{option}: nothing is named", f"choose from {', '.join(known)}")
    return [one for one in known if one in named]


def _print(result: "PublicResult", grid: "Grid") -> None:
    from barometer.reports.podium_view import view_of
    from barometer.reports.podium_words import podium_words

    words = podium_words(Language.ENGLISH)
    view = view_of(result, grid, words)
    console = Console(highlight=False)
    console.print(Text(printable(view.title), "bold"))
    console.print(Text(words["edition.both_dates"].format(year=view.year, period=view.period), "dim"))
    if view.correction:
        told = words["edition.correction"].format(revision=view.revision, correction=view.correction)
        console.print(Text(printable(told), "yellow"))
    for category in view.categories:
        table = Table(title=Text(printable(category.name), "bold cyan"), title_justify="left", box=None, show_header=False,
                      pad_edge=False)  # fmt: skip
        table.add_column(min_width=16)
        table.add_column(min_width=24, overflow="fold")
        table.add_column(justify="right", no_wrap=True)
        for step in category.steps:
            for one in step.honoured:
                score = words["place.score"].format(score=words.mark(one.score)).replace("\u00a0", " ")
                table.add_row(words.place(step.place, step.shared), Text(printable(one.who.name)), score)
        console.print()
        if not category.steps:
            table.add_row(Text(words["category.no_laureate"], "dim"), "", "")
        console.print(table)
    for holders in view.label or ():
        names = ", ".join(printable(who.name) for who in holders.named)
        console.print(Text(f"\n{words['label.kicker']}, {printable(holders.category)}: ", "bold"), Text(names), sep="")


def _tell(out: Path, written: "Written") -> None:
    """Print what was written: badges by folder, since there may be hundreds, everything else by name."""
    folders: dict[Path, int] = {}
    for file in written.files:
        if file.parent == out:
            sys.stdout.write(f"{printable(str(file))}\n")
        else:
            folders[file.parent] = folders.get(file.parent, 0) + 1
    for folder, count in folders.items():
        sys.stdout.write(f"{printable(str(folder))} ({count} files)\n")
    if written.removed:
        stderr.print(f"taken away, since they no longer hold: {len(written.removed)} files", markup=False)
    for file in written.left:
        stderr.print(f"left, since it was changed: {printable(str(file))}", markup=False)


def _can_print(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
