"""An edition as it is stored: found by its name, and read from the files that it is frozen in."""

import shlex
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer import grids, observing
from barometer.alphabet import alphabetical
from barometer.editions.sheet import read_sheet
from barometer.errors import UserError
from barometer.grids.grid import Grid
from barometer.observations import Observed
from barometer.podium import Label, Podium, PublicEdition, PublicResult
from barometer.ranking import Ranking
from barometer.scoring import Score
from storage.evidence import EvidenceStore
from storage.problems import EvidenceProblem
from storage.records import Edition, EditionEvent, EditionFile, EditionFileKind, EditionState, EditionStep

ZONE = ZoneInfo("Europe/Paris")
"""Whose days the test dates are counted in, as nights are."""


class Difference(NamedTuple):
    """What does not come out as it was frozen; ``category`` is empty for what belongs to the whole edition."""

    category: str
    what: str

    @property
    def where(self) -> str:
        """Of what it is, in words."""
        return f"category '{self.category}'" if self.category else "the edition"


def named(session: Session, name: str, revision: int | None = None) -> Edition:
    """Return the edition called *name*: its last revision, or *revision*; raises :class:`UserError` where there is none."""
    query = select(Edition).where(Edition.name == name).order_by(Edition.revision.desc())
    found = session.scalars(query).all() if name.isprintable() else []
    if not found:
        known = ", ".join(dict.fromkeys(one.name for one in listed(session)[:10]))
        raise UserError(
            f"there is no edition '{name[:80]}'", f"there is: {known}" if known else "open one: barometer edition open"
        )
    for edition in found:
        if revision is None or edition.revision == revision:
            return edition
    revisions = ", ".join(str(one.revision) for one in reversed(found))
    raise UserError(f"edition '{name[:80]}' has no revision {revision}", f"there is: {revisions}")


def listed(session: Session) -> list[Edition]:
    """Return every edition, newest first, the last revision of a name before the earlier ones."""
    found = session.scalars(select(Edition)).all()
    opened: dict[str, Edition] = {}
    for edition in found:
        if edition.name not in opened or edition.revision < opened[edition.name].revision:
            opened[edition.name] = edition
    return sorted(
        found, key=lambda one: (opened[one.name].created_at, opened[one.name].name, one.revision), reverse=True
    )


def grid_of(session: Session, store: EvidenceStore, edition: Edition) -> Grid:
    """Return the grid that *edition* is frozen with, whatever became of the file it came from.

    Raises :class:`UserError` where the stored copy is missing, damaged or unreadable.
    """
    where = f"the grid of edition '{edition.name}'"
    return grids.parse(_kept(store, edition.grid_hash, where), where)


def frozen(session: Session, edition: Edition, kind: EditionFileKind) -> dict[str, str]:
    """Return the names of the files of *kind* in the evidence store, by category, categories in order."""
    query = select(EditionFile.category, EditionFile.evidence).where(
        EditionFile.edition_id == edition.id, EditionFile.kind == kind
    )
    found = {category: evidence for category, evidence in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy
    return {category: found[category] for category in sorted(found, key=alphabetical)}


def rankings(session: Session, store: EvidenceStore, edition: Edition) -> list[Ranking]:
    """Return the ranking of every category, from the stored sheets, categories in order.

    Raises :class:`UserError` where nothing was scored yet, or a sheet is missing or damaged.
    """
    return [read_sheet(content) for content in sheets(session, store, edition)]


def sheets(session: Session, store: EvidenceStore, edition: Edition) -> Iterator[bytes]:
    """Yield the sheet of every category as it is stored, categories in order; raises :class:`UserError` on damage."""
    require_scored(edition)
    for category, evidence in frozen(session, edition, EditionFileKind.SHEET).items():
        yield _kept(store, evidence, f"the sheet of category '{category}' of edition '{edition.name}'")


def observed(session: Session, store: EvidenceStore, edition: Edition) -> Iterator[tuple[str, list[Observed]]]:
    """Yield each category with what was observed of its merchants, from the frozen inputs, categories in order.

    Raises :class:`UserError` where nothing was scored yet, or inputs or a record they name are gone.
    """
    require_scored(edition)
    for category, inputs in frozen_inputs(session, store, edition):
        yield category, observing.observe(session, inputs)


def frozen_inputs(session: Session, store: EvidenceStore, edition: Edition) -> Iterator[tuple[str, "observing.Inputs"]]:
    """Yield each category with its frozen inputs, categories in order; raises :class:`UserError` on damage."""
    for category, evidence in frozen(session, edition, EditionFileKind.INPUTS).items():
        where = f"the inputs of category '{category}' of edition '{edition.name}'"
        yield category, observing.Inputs.read(_kept(store, evidence, where))


def public_result(session: Session, store: EvidenceStore, edition: Edition) -> PublicResult:
    """Return what the public may know of *edition*, and nothing else of it.

    Raises :class:`UserError` unless it is published, and where its files are not those that the scoring wrote.
    """
    if edition.state is not EditionState.PUBLISHED:
        what = f"revision {edition.revision} of edition '{edition.name}' is not published but {edition.state}"
        remedy = f"see what is left to do: {command('show', edition)}"
        if edition.revision > 1:
            remedy += f"; or give --revision {edition.revision - 1}"
        raise UserError(what, remedy)
    for altered in altered_files(session, edition):
        what = f"{altered.where} of edition '{edition.name}': {altered.what}, so nothing of it is made public"
        raise UserError(what, f"see what was altered: {command('verify', edition)}")
    grid = grid_of(session, store, edition)
    ranked = rankings(session, store, edition)
    label = Label(score for ranking in ranked for score in scores_of(ranking)) if grid.label else None
    return PublicResult(_public(edition, grid), tuple(map(Podium, ranked)), label)


def scores_of(ranking: Ranking) -> Iterator[Score]:
    """Yield every score of *ranking*, those with a place first."""
    yield from (placed.score for placed in ranking.placed)
    yield from ranking.unplaced


def days_of_tests(edition: Edition) -> tuple[date, date]:
    """Return the first and the last day of the tests, in :data:`ZONE`."""
    # The end is not part of the tests: one at midnight means the day before.
    last = edition.tests_until - timedelta(microseconds=1)
    return edition.tests_from.astimezone(ZONE).date(), last.astimezone(ZONE).date()


def require_scored(edition: Edition) -> None:
    """Raise :class:`UserError` where *edition* was not scored yet."""
    if edition.scored_at is None:
        raise UserError(f"edition '{edition.name}' has no marks yet", f"score it: {command('score', edition)}")


def command(step: str, edition: Edition) -> str:
    """Return the command of the group ``edition`` that takes *step*, with the name of *edition*, for a remedy."""
    return f"barometer edition {step} {shlex.quote(edition.name)}"


def campaigns_of(edition: Edition) -> list[str]:
    """Return the keys of the campaigns whose attempts count."""
    return list(edition.parameters.get("campaigns") or [])


def _public(edition: Edition, grid: Grid) -> PublicEdition:
    tests_from, tests_until = days_of_tests(edition)
    published = edition.published_at and edition.published_at.astimezone(ZONE).date()
    return PublicEdition(
        name=edition.name,
        title=edition.title,
        year=edition.year,
        revision=edition.revision,
        tests_from=tests_from,
        tests_until=tests_until,
        grid=grid.name,
        grid_version=grid.version,
        published_on=published,
        correction=edition.correction,
    )


def _kept(store: EvidenceStore, evidence: str, what: str) -> bytes:
    """Return the file *evidence* of the store; *what* it is stands in the :class:`UserError` where it is not sound."""
    try:
        return store.get(evidence)
    except EvidenceProblem as problem:
        raise UserError(f"{what}: {problem.what}", problem.remedy) from None


def file_sums(session: Session, edition: Edition) -> Mapping[str, Mapping[str, str]]:
    """Return the SHA-256 of every frozen file, by kind and category, as events keep them."""
    return {str(kind): frozen(session, edition, kind) for kind in (EditionFileKind.INPUTS, EditionFileKind.SHEET)}


def altered_files(session: Session, edition: Edition) -> Iterator[Difference]:
    """Yield what the table of files says otherwise than the last scoring's event, which nobody can change."""
    query = select(EditionEvent).where(EditionEvent.edition_id == edition.id, EditionEvent.step == EditionStep.SCORED)
    scored = sorted(session.scalars(query), key=lambda event: (event.at, event.id))
    if not scored:
        yield Difference("", "no event tells of its scoring")
        return
    for kind, told in file_sums(session, edition).items():
        kept = scored[-1].detail.get(kind, {})
        for category in sorted({*kept, *told}):
            if kept.get(category) != told.get(category):
                yield Difference(category, f"its {kind} file is not the one that the scoring wrote")
