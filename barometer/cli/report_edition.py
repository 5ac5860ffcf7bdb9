"""``barometer report edition``: the barometer of an edition, without names and without marks."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from barometer.cli.console import printable, stderr
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.reports.wording import Language

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from barometer.figures import Figures
    from barometer.reports.barometer_page import Report
    from storage.evidence import EvidenceStore
    from storage.records import Edition

FORMATS = "html,pdf,json,svg"

Word = TypeVar("Word", bound=str)


def report_edition(
    edition: Annotated[str, typer.Argument(metavar="EDITION", help="The edition's name.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into; made where there is none.")],
    formats: Annotated[str, typer.Option("--format", metavar="NAMES", help=f"Some of {FORMATS}.")] = FORMATS,
    lang: Annotated[str, typer.Option("--lang", metavar="NAMES", help="Languages: fr, en, or both, as fr,en.")] = "fr",
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="EDITION", help="An earlier edition to compare with.", show_default=False),
    ] = None,
    revision: Annotated[
        int | None,
        typer.Option("--revision", min=1, metavar="N", help="Which revision. Default: the last.", show_default=False),
    ] = None,
) -> None:
    """Write the barometer of an edition: what sites show, at what price, who answers and how soon, by category.

    No merchant is named and no mark is shown, and nothing is told that rests on fewer than five merchants or lets them be
    worked out. An edition that is scored and not yet published gives a report that is marked as a draft.

    Example: [bold]barometer report edition spring-2027 --lang fr,en --out report[/bold]
    """
    # Drawings, the solver and the browser are loaded by the command that needs them.
    from barometer.reports.barometer_files import Format, report_files

    wanted, languages = _words("--format", formats, list(Format)), _words("--lang", lang, list(Language))
    report = _report(edition, revision, against)
    if report.figures.edition.published_on is None:
        stderr.print("this edition is not published: every page and drawing is marked as a draft", markup=False)
    for name, content in report_files(report, wanted, languages):
        _write(out, name, content)
        sys.stdout.write(f"{printable(str(out / name))}\n")


def _report(name: str, revision: int | None, against: str | None) -> "Report":
    from barometer.edition import grid_of, named
    from barometer.reports.barometer_page import Report
    from storage.evidence import EvidenceStore

    settings = current_settings()
    with opened_database(settings) as database, database.reading() as session:
        store = EvidenceStore(settings.evidence)
        edition = named(session, name, revision)
        earlier = None
        if against is not None:
            other = named(session, against)
            _require_earlier(edition, other)
            earlier = _figures(session, store, other)
        return Report(_figures(session, store, edition), grid_of(session, store, edition).nights, earlier)


def _figures(session: "Session", store: "EvidenceStore", edition: "Edition") -> "Figures":
    from barometer.edition import ZONE, days_of_tests, grid_of, observed
    from barometer.figures import figures
    from barometer.podium import PublicEdition
    from storage.records import EditionState

    grid, (first, last) = grid_of(session, store, edition), days_of_tests(edition)
    at = edition.published_at if edition.state is EditionState.PUBLISHED else None
    published = at.astimezone(ZONE).date() if at else None
    about = PublicEdition(
        name=edition.name, title=edition.title, year=edition.year, revision=edition.revision, tests_from=first,
        tests_until=last, grid=grid.name, grid_version=grid.version, published_on=published, correction=edition.correction,
    )  # fmt: skip
    return figures(about, observed(session, store, edition), grid.nights)


def _require_earlier(edition: "Edition", other: "Edition") -> None:
    """Raise :class:`UserError` unless *other* was tested before, under another name.

    Two revisions of one edition differ by what was corrected: their difference would be about a few merchants.
    """
    if other.name == edition.name or other.tests_until > edition.tests_from:
        raise UserError(
            f"--against: '{other.name}' is not an earlier edition than '{edition.name}'",
            "name one whose tests ended before these began",
        )


def _words(option: str, told: str, known: list[Word]) -> list[Word]:
    """Return the members of *known* that a list of words names, in the order of *known*."""
    named = {word.strip().lower() for word in told.split(",") if word.strip()}
    for word in sorted(named - set(known)):
        raise UserError(f"{option}: '{word[:40]}' is none of them", f"choose from {', '.join(known)}")
    if not named:
        raise UserError(f"{option}: nothing is named", f"choose from {', '.join(known)}")
    return [one for one in known if one in named]


def _write(folder: Path, name: str, content: bytes) -> None:
    """Write a whole file or none; raises :class:`UserError` where it cannot be."""
    file, part = folder / name, folder / f".{name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True) if folder.is_dir() else None
        raise UserError(f"--out {file}: {error.strerror or error}", "name a folder that can be written") from None
