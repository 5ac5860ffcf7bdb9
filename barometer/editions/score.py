"""Scoring an edition from what is recorded, and scoring it again from what was frozen to see that nothing changed."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from barometer import grids, observing
from barometer.edition import Difference, altered_files, command, file_sums, frozen, grid_of, scores_of
from barometer.editions.life import happened, locked, require_state
from barometer.editions.sheet import Head, read_head, read_sheet, sheet_bytes
from barometer.errors import UserError
from barometer.grids.grid import Grid
from barometer.marks.doubts import doubts_of
from barometer.ranking import Ranking, rank
from barometer.scoring import score as score_of
from barometer.settings import tool_version
from storage.database import Database
from storage.evidence import EvidenceStore
from storage.problems import EvidenceProblem
from storage.records import (
    Edition,
    EditionFile,
    EditionFileKind,
    EditionState,
    EditionStep,
    Mark,
    utc_now,
)

RATER = "barometer"
"""How the marks that the program gives are signed, before its version."""
DECIMALS = 9
"""Decimals of the points in the table of marks (*ours*); the sheets hold them exactly."""
ROWS_AT_ONCE = 5_000
"""Marks written with one statement (*ours*)."""

Told = Callable[[int, int, str], None]
"""Hears how many categories are done, of how many, and which one is next."""


class Category(NamedTuple):
    """A category as it was scored: what it was scored from, and the sheet, as bytes and as a ranking."""

    name: str
    inputs: bytes
    sheet: bytes
    ranking: Ranking


class Scored(NamedTuple):
    """What a scoring did: categories, merchants, those a score could be given, and the categories that came out differently."""

    categories: int
    merchants: int
    measured: int
    changed: tuple[str, ...]


class Verified(NamedTuple):
    """What a verification found; ``versions`` are those of the tool that the sheets were made with."""

    categories: int
    differences: tuple[Difference, ...]
    versions: tuple[str, ...]


def score(database: Database, store: EvidenceStore, edition: Edition, actor: str, told: Told) -> Scored:
    """Score every category of a draft from the records as they are now, and freeze what that rests on.

    Files are stored first and named in one transaction at the end: broken off anywhere, the edition stays as it was.
    Raises :class:`UserError` for an edition that is no draft, has no category, or was changed meanwhile.
    """
    require_state(edition, EditionState.DRAFT, "scored")
    began, version = utc_now(), tool_version()
    files: dict[EditionFileKind, dict[str, str]] = {EditionFileKind.INPUTS: {}, EditionFileKind.SHEET: {}}
    rows: list[dict[str, Any]] = []
    changed: list[str] = []
    merchants = measured = 0
    with database.reading() as session:
        grid, names = grid_of(session, store, edition), _categories(session, edition)
        before = _before(session, store, edition)
        for done, name in enumerate(names):
            told(done, len(names), name)
            one = score_category(session, edition, grid, name, began)
            files[EditionFileKind.INPUTS][name] = store.put(one.inputs, ".json")
            files[EditionFileKind.SHEET][name] = store.put(one.sheet, ".json")
            changed += [name] if before.pop(name, None) != one.ranking else []
            rows += _mark_rows(edition, one.ranking, version)
            merchants += sum(1 for _ in scores_of(one.ranking))
            measured += sum(found.score is not None for found in scores_of(one.ranking))
    told(len(names), len(names), "")
    with database.session() as session:
        current = locked(session, edition)
        if current.state is not EditionState.DRAFT or current.scored_at != edition.scored_at:
            raise UserError(f"edition '{edition.name}' was changed while it was scored", "score it again")
        _replace_files(session, current, files)
        _replace_marks(session, current, rows)
        current.scored_at, current.tool_version = began, version
        session.flush()
        detail = {"tool": version, **file_sums(session, current)}
        happened(session, current, EditionStep.SCORED, actor, detail=detail)
    return Scored(len(names), merchants, measured, tuple(sorted([*changed, *before])))


def score_category(session: Session, edition: Edition, grid: Grid, category: str, now: datetime) -> Category:
    """Return *category* scored from the records as they are at *now*."""
    chosen = observing.choose(session, edition, grid, category, now)
    content = chosen.to_bytes()
    # What is scored is what was frozen: the inputs as anybody will read them again.
    sheet, ranking = _sheet(session, edition, grid, category, content, tool_version())
    return Category(category, content, sheet, ranking)


def verify(session: Session, store: EvidenceStore, edition: Edition, told: Told) -> Verified:
    """Score *edition* again from its frozen inputs, and return all that does not come out byte for byte.

    Raises :class:`UserError` where nothing was scored yet.
    """
    if edition.scored_at is None:
        raise UserError(f"edition '{edition.name}' has no marks yet", f"score it: {command('score', edition)}")
    differences = list(altered_files(session, edition))
    versions: set[str] = set()
    inputs, sheets = (frozen(session, edition, kind) for kind in (EditionFileKind.INPUTS, EditionFileKind.SHEET))
    try:
        grid = grid_of(session, store, edition)
    except UserError as error:
        return Verified(len(sheets), (*differences, Difference("", str(error))), ())
    for done, category in enumerate(sheets):
        told(done, len(sheets), category)
        try:
            sheet = store.get(sheets[category])
            head = read_head(sheet)
            versions.add(head.tool)
            content = store.get(inputs.get(category, ""))
            again, _ = _sheet(session, edition, grid, category, content, head.tool)
            if again != sheet:
                differences.append(Difference(category, "its sheet comes out differently"))
            elif _marks_differ(session, edition, read_sheet(sheet), head.tool):
                differences.append(Difference(category, "the table of marks holds other points than the sheet"))
        except (UserError, EvidenceProblem) as error:
            differences.append(Difference(category, str(error)))
        except ValueError:
            differences.append(Difference(category, "its inputs are not named"))
    told(len(sheets), len(sheets), "")
    return Verified(len(sheets), tuple(differences), tuple(sorted(versions)))


def grid_file_changed(edition: Edition) -> bool:
    """Tell whether the grid that *edition* was opened with has other words by now; the edition keeps its own copy."""
    try:
        content = grids.source(edition.parameters.get("grid_source", edition.grid))
    except UserError:
        return False
    return hashlib.sha256(content).hexdigest() != edition.grid_hash


def _sheet(
    session: Session, edition: Edition, grid: Grid, category: str, content: bytes, version: str
) -> tuple[bytes, Ranking]:
    """Return the sheet of *category*, and its ranking, from the inputs whose bytes are *content*."""
    from barometer.marks.stability import drawn

    observed = observing.observe(session, observing.Inputs.read(content))
    ranking = rank(category, [score_of(one, grid) for one in observed], grid)
    seed = f"{edition.name}/{edition.revision}/{category}"
    by_merchant = {one.merchant.id: one for one in observed}
    ranking = drawn(ranking, by_merchant, grid, seed)
    head = Head(
        edition=edition.name,
        revision=edition.revision,
        grid=grid.name,
        grid_version=grid.version,
        grid_sha256=grid.sha256,
        tool=version,
        seed=seed,
        inputs_sha256=hashlib.sha256(content).hexdigest(),
    )
    return sheet_bytes(head, ranking, doubts_of(ranking, by_merchant, grid)), ranking


def _categories(session: Session, edition: Edition) -> list[str]:
    names = observing.categories(session, edition)
    if not names:
        what = f"edition '{edition.name}' has nobody to mark: no merchant of the panel is in one of its categories"
        raise UserError(what, "give merchants a category: barometer panel import")
    return names


def _before(session: Session, store: EvidenceStore, edition: Edition) -> dict[str, Ranking | None]:
    """Return the rankings of the last scoring; ``None`` for one that is not there to be compared with any more."""
    found: dict[str, Ranking | None] = {}
    for category, evidence in frozen(session, edition, EditionFileKind.SHEET).items():
        try:
            found[category] = read_sheet(store.get(evidence))
        except (UserError, EvidenceProblem):
            found[category] = None
    return found


def _replace_files(session: Session, edition: Edition, files: dict[EditionFileKind, dict[str, str]]) -> None:
    session.execute(
        delete(EditionFile).where(EditionFile.edition_id == edition.id, EditionFile.kind != EditionFileKind.GRID)
    )
    for kind, names in files.items():
        for category, evidence in names.items():
            session.add(EditionFile(edition_id=edition.id, kind=kind, category=category, evidence=evidence))


def _replace_marks(session: Session, edition: Edition, rows: list[dict[str, Any]]) -> None:
    own = Mark.rater.startswith(f"{RATER} ", autoescape=True)
    session.execute(delete(Mark).where(Mark.edition_id == edition.id, own))
    given = utc_now()
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = [{**row, "given_at": given} for row in rows[start : start + ROWS_AT_ONCE]]
        session.execute(insert(Mark), part)


def _mark_rows(edition: Edition, ranking: Ranking, version: str) -> list[dict[str, Any]]:
    """Return the rows of the table of marks, keyed by what they are of, so that scoring again gives the same keys."""
    rows = []
    for found in scores_of(ranking):
        for mark in found.marks:
            of = f"{edition.id}/{found.merchant.id}/{mark.criterion}"
            rows.append(
                {
                    "id": hashlib.sha256(of.encode()).hexdigest()[:32],
                    "edition_id": edition.id,
                    "merchant_id": found.merchant.id,
                    "criterion": mark.criterion,
                    "value": None if mark.points is None else _decimal(mark.points),
                    "reason": mark.reason,
                    "rater": f"{RATER} {version}",
                }
            )
    return rows


def _decimal(points: Fraction) -> Decimal:
    """Return *points* to :data:`DECIMALS` decimals, half to even, without zeros at the end."""
    scaled = round(points * 10**DECIMALS)
    number = Decimal(scaled).scaleb(-DECIMALS, Context(prec=40, rounding=ROUND_HALF_EVEN)).normalize(Context(prec=40))
    return Decimal(format(number, "f"))


def _marks_differ(session: Session, edition: Edition, ranking: Ranking, version: str) -> bool:
    """Tell whether the table of marks says otherwise than the sheet."""
    rows = _mark_rows(edition, ranking, version)
    wanted = {(row["merchant_id"], row["criterion"]): (row["value"], row["reason"]) for row in rows}
    keys = sorted({row["merchant_id"] for row in rows})
    found: dict[tuple[str, str], tuple[Decimal | None, str | None]] = {}
    for start in range(0, len(keys), 500):
        query = select(Mark.merchant_id, Mark.criterion, Mark.value, Mark.reason).where(
            Mark.edition_id == edition.id,
            Mark.merchant_id.in_(keys[start : start + 500]),
            Mark.rater == f"{RATER} {version}",
        )
        found |= {(merchant, key): (value, why) for merchant, key, value, why in session.execute(query)}
    return found != wanted
