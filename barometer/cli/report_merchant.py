"""``barometer report merchant``: each merchant's own report, confidential."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from barometer.cli.console import printable, stderr
from barometer.cli.edition_options import note
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.reports.wording import Language

if TYPE_CHECKING:
    from barometer.reports.merchant_documents import Asked, Format, Reports

FORMATS = "html,pdf,pptx"


def merchant(
    edition: Annotated[str, typer.Option("--edition", metavar="EDITION", help="The edition, by its name.")],
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The merchant: its name, key, host or address.")
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="One report for each merchant of the edition.")] = False,
    revision: Annotated[
        int | None, typer.Option("--revision", min=1, metavar="N", help="This revision. Default: the last.")
    ] = None,
    lang: Annotated[Language, typer.Option("--lang", help="Language of the report.")] = Language.FRENCH,
    formats: Annotated[str, typer.Option("--format", metavar="NAMES", help=f"Some of {FORMATS}.")] = FORMATS,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder to write into; made where there is none.")
    ] = Path(),
) -> None:
    """Write a merchant's own report: its marks against the category, where marks are to be gained, and the evidence.

    It is confidential: it names no other merchant, and gives mean and best of the category only where at least five are
    eligible and nobody's marks can be worked out from them. The slides are for the meeting at which it is handed over.

    Example: [bold]barometer report merchant www.shop.example --edition 2027 --out restitution[/bold]
    """
    # Drawings, slides and the browser are loaded by the command that needs them.
    from barometer.audit_files import prepare_folder
    from barometer.edition import named
    from barometer.reports.merchant_documents import Reports
    from storage.evidence import EvidenceStore

    if (name is None) != everybody:
        raise UserError("report merchant: whose report is not clear", "name one merchant, or give --all")
    wanted, settings = _formats(formats), current_settings()
    with opened_database(settings) as database, database.reading() as session:
        reports = Reports(session, EvidenceStore(settings.evidence), named(session, edition, revision))
        asked = reports.everybody() if name is None else reports.named(name)
        prepare_folder(out)
        _write(reports, asked, wanted, lang, out)
    if asked.left_alone:
        note(f"without a report, since they asked to be left alone: {asked.left_alone}")
    if not asked.scores:
        note("the edition has no merchant, so nothing was written")


def _write(reports: "Reports", asked: "Asked", formats: "list[Format]", language: Language, out: Path) -> None:
    from contextlib import nullcontext

    from barometer.reports.merchant_documents import Format, written
    from barometer.reports.pdf import press

    columns = (TextColumn("reports"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    quiet = not stderr.is_terminal or len(asked.scores) < 2
    with (
        press() if Format.PDF in formats and asked.scores else nullcontext(),
        Progress(*columns, console=stderr, disable=quiet, transient=True) as progress,
    ):
        task = progress.add_task("", total=len(asked.scores))
        for _, documents in reports.documents(asked, formats, language):
            for file in written(documents, out):
                sys.stdout.write(f"{printable(str(file))}\n")
            progress.advance(task)


def _formats(told: str) -> "list[Format]":
    """Return the formats that *told* names; raises :class:`UserError` for another word, and for none."""
    from barometer.reports.merchant_documents import Format

    named = {word.strip().lower() for word in told.split(",") if word.strip()}
    for word in sorted(named - set(Format)):
        raise UserError(f"--format: '{printable(word)[:40]}' is none of them", f"choose from {FORMATS}")
    if not named:
        raise UserError("--format: nothing is named", f"choose from {FORMATS}")
    return [one for one in Format if one in named]
