"""The life of an edition: opened, reviewed, published, corrected by a new revision; every step is an event that stays."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer import grids
from barometer.campaign_status import campaigns as campaigns_named
from barometer.edition import ZONE, command, listed, require_scored
from barometer.errors import UserError
from storage.evidence import EvidenceStore
from storage.records import (
    Campaign,
    Edition,
    EditionEvent,
    EditionFile,
    EditionFileKind,
    EditionState,
    EditionStep,
    Merchant,
    utc_now,
)

LONGEST_TITLE = 200
"""Characters of an edition's title (*ours*)."""
LONGEST_REASON = 500
"""Characters of a reason that are kept (*ours*)."""
LONGEST_GRID = 1_000
"""Characters of the grid's name or path that are kept (*ours*)."""
YEARS = range(1990, 2200)
"""Years that a title may bear (*ours*)."""

_NAME = re.compile(r"[^\W_](?:[\w .-]{0,58}[\w-])?")
"""An edition's name ends up in file names: letters, digits, and between them spaces, dots, hyphens."""


class Opening(NamedTuple):
    """What an edition is opened with.

    ``grid`` is the name of a grid that comes with the barometer, or a file. The tests were made from ``first_day`` to
    ``last_day``, both included. ``campaigns`` are names; ``categories`` are all where ``None``.
    """

    name: str
    grid: str
    title: str
    year: int
    first_day: date
    last_day: date
    campaigns: Sequence[str] = ()
    categories: Sequence[str] | None = None


def open_edition(session: Session, store: EvidenceStore, opening: Opening, actor: str) -> Edition:
    """Open a draft and freeze its grid; raises :class:`UserError` for what is wrong, and nothing is kept then."""
    _require_sound(opening)
    if any(one.name == opening.name for one in listed(session)):
        remedy = "choose another name, or correct it once it is published: barometer edition revise"
        raise UserError(f"there is an edition '{opening.name}' already", remedy)
    content = grids.source(opening.grid)
    grid = grids.parse(content, opening.grid)
    campaigns = [campaigns_named(session, name)[0].id for name in dict.fromkeys(opening.campaigns)]
    edition = Edition(
        name=opening.name,
        grid=grid.name,
        grid_hash=store.put(content, ".txt"),
        title=" ".join(opening.title.split()),
        year=opening.year,
        tests_from=datetime.combine(opening.first_day, time.min, ZONE),
        tests_until=datetime.combine(opening.last_day + timedelta(days=1), time.min, ZONE),
        parameters={
            "campaigns": sorted(campaigns),
            "categories": _categories(session, opening.categories),
            "grid_source": opening.grid[:LONGEST_GRID],
        },
    )
    _keep(session, edition)
    happened(session, edition, EditionStep.OPENED, actor, detail={"grid": edition.grid_hash})
    return edition


def approve(session: Session, edition: Edition, by: str, obstacles: Sequence[str]) -> None:
    """Mark *edition* as reviewed by a person; raises :class:`UserError` with what is in the way, *obstacles* first."""
    require_state(edition, EditionState.DRAFT, "reviewed")
    require_scored(edition)
    _require_free(edition, obstacles, "reviewed")
    edition.state, edition.reviewed_at, edition.reviewed_by = EditionState.REVIEWED, utc_now(), by
    happened(session, edition, EditionStep.REVIEWED, by)


def reopen(session: Session, edition: Edition, by: str, why: str) -> None:
    """Make a reviewed *edition* a draft again; raises :class:`UserError` for one in another state."""
    require_state(edition, EditionState.REVIEWED, "reopened")
    back_to_draft(session, edition, by, why)


def back_to_draft(session: Session, edition: Edition, by: str, why: str) -> bool:
    """Make *edition* a draft again if it was reviewed, since something came up; return whether it was."""
    if edition.state is not EditionState.REVIEWED:
        return False
    edition.state, edition.reviewed_at, edition.reviewed_by = EditionState.DRAFT, None, None
    happened(session, edition, EditionStep.REOPENED, by, why)
    return True


def publish(session: Session, edition: Edition, by: str, obstacles: Sequence[str]) -> None:
    """Publish a reviewed *edition* in the name of a person; from then on nothing of it changes any more.

    Raises :class:`UserError` with what is in the way, *obstacles* first.
    """
    require_state(edition, EditionState.REVIEWED, "published")
    _require_free(edition, obstacles, "published")
    edition.state, edition.published_at, edition.published_by = EditionState.PUBLISHED, utc_now(), by
    happened(session, edition, EditionStep.PUBLISHED, by)


def revise(session: Session, edition: Edition, by: str, why: str) -> Edition:
    """Return a draft of the next revision of a published *edition*: same grid, parameters and tests, corrected for *why*.

    Raises :class:`UserError` for an edition in another state.
    """
    require_state(edition, EditionState.PUBLISHED, "revised")
    revision = Edition(
        name=edition.name,
        revision=edition.revision + 1,
        grid=edition.grid,
        grid_hash=edition.grid_hash,
        title=edition.title,
        year=edition.year,
        tests_from=edition.tests_from,
        tests_until=edition.tests_until,
        parameters=dict(edition.parameters),
        correction=why,
    )
    _keep(session, revision)
    happened(session, edition, EditionStep.REVISED, by, why, {"revision": revision.revision})
    happened(session, revision, EditionStep.OPENED, by, why, {"grid": revision.grid_hash, "revises": edition.revision})
    return revision


def require_state(edition: Edition, state: EditionState, to_be: str) -> None:
    """Raise :class:`UserError`, with the way on, unless *edition* is in *state*, the one that lets it be *to_be*."""
    if edition.state is state:
        return
    remedies = {
        EditionState.DRAFT: f"finish it first: {command('show', edition)} says what is left",
        EditionState.REVIEWED: f"make it a draft again: {command('reopen', edition)}, or publish it",
        EditionState.PUBLISHED: f"correct it by a new revision: {command('revise', edition)}",
    }
    what = f"revision {edition.revision} of edition '{edition.name}' is {edition.state}, so it cannot be {to_be}"
    if edition.state is EditionState.DRAFT and to_be == "published":
        raise UserError(what, f"have it reviewed first: {command('review', edition)}")
    raise UserError(what, remedies[edition.state])


def locked(session: Session, edition: Edition) -> Edition:
    """Return *edition* as it is stored now, and let no other writer change it before this session ends."""
    query = select(Edition).where(Edition.id == edition.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def happened(
    session: Session,
    edition: Edition,
    step: EditionStep,
    actor: str,
    why: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Record a step of *edition*."""
    session.add(EditionEvent(edition_id=edition.id, step=step, actor=actor, why=why, detail=dict(detail or {})))


def events(session: Session, edition: Edition) -> list[EditionEvent]:
    """Return what happened to *edition*, oldest first."""
    query = select(EditionEvent).where(EditionEvent.edition_id == edition.id)
    return sorted(session.scalars(query), key=lambda event: (event.at, event.id))


def reason(why: str, option: str = "--why") -> str:
    """Return *why* as it is kept; raises :class:`UserError`, which names *option*, where it says nothing."""
    told = " ".join(storable(why).split())[:LONGEST_REASON]
    if not any(sign.isalnum() for sign in told):
        raise UserError(f"{option} says nothing", "say in a few words what shows it")
    return told


def storable(text: str) -> str:
    """Return *text* without what no database takes: NUL, and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def campaigns_meanwhile(session: Session, edition: Edition) -> list[str]:
    """Return the names of campaigns that ran during the tests of *edition* and are not part of it."""
    query = select(Campaign).where(Campaign.starts_at < edition.tests_until, Campaign.ends_at > edition.tests_from)
    own = set(edition.parameters["campaigns"])
    return sorted(one.name for one in session.scalars(query) if one.released_at and one.id not in own)


def _keep(session: Session, edition: Edition) -> None:
    session.add(edition)
    session.add(EditionFile(edition_id=edition.id, kind=EditionFileKind.GRID, evidence=edition.grid_hash))
    session.flush()


def _require_sound(opening: Opening) -> None:
    if not _NAME.fullmatch(opening.name):
        what = f"'{opening.name[:80]}' is no name for an edition"
        raise UserError(what, "give at most 60 letters and digits, with spaces, dots and hyphens between them")
    title = " ".join(opening.title.split())
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        what = f"--title: a title of 1 to {LONGEST_TITLE} characters is wanted"
        raise UserError(what, "give what stands on the podium, such as --title 'Prix du contact 2027'")
    if opening.year not in YEARS:
        raise UserError(f"--year: {opening.year} is no year of an edition", "give the year in its title, such as 2027")
    for day, option in ((opening.first_day, "--from"), (opening.last_day, "--until")):
        if day.year not in YEARS:
            raise UserError(f"{option}: {day} is no day of tests", f"give one from {YEARS[0]} to {YEARS[-1]}")
    if opening.first_day > opening.last_day:
        what = f"the tests end on {opening.last_day}, before they begin on {opening.first_day}"
        raise UserError(what, "mend --from and --until")


def _categories(session: Session, wanted: Sequence[str] | None) -> list[str] | None:
    """Return the categories that *wanted* names, as the panel spells them; raises :class:`UserError` for another."""
    if not wanted:
        return None
    known = {name for name in session.scalars(select(Merchant.category).distinct()) if name}
    missing = [name for name in wanted if name not in known]
    if missing:
        raise UserError(
            f"the panel has no category '{missing[0][:80]}'",
            f"known are: {', '.join(sorted(known)[:20]) or 'none yet'}",
        )
    return sorted(set(wanted))


def _require_free(edition: Edition, obstacles: Sequence[str], to_be: str) -> None:
    if obstacles:
        more = f" (and {len(obstacles) - 1} more)" if len(obstacles) > 1 else ""
        what = f"edition '{edition.name}' cannot be {to_be} yet: {obstacles[0]}{more}"
        raise UserError(what, f"see: {command('show', edition)}")
