"""A frozen set of marks and places, the files it is frozen in, and what happened to it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference, sha256
from storage.records.columns import utc_now


class EditionState(StrEnum):
    """How far an edition has come."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    PUBLISHED = "published"


class EditionFileKind(StrEnum):
    """What a file of an edition holds; all but the grid are canonical JSON, inputs and sheet one a category."""

    GRID = "grid"
    INPUTS = "inputs"
    SHEET = "sheet"


class EditionStep(StrEnum):
    """What can happen to an edition."""

    OPENED = "opened"
    SCORED = "scored"
    NOTIFIED = "notified"
    REVIEWED = "reviewed"
    REOPENED = "reopened"
    PUBLISHED = "published"
    REVISED = "revised"


class Edition(Record):
    """An edition under one grid; a correction is a new ``revision`` of the same name, counted from 1.

    ``grid_hash`` is the SHA-256 of the grid file, so that the marks can be computed again. ``year`` is the one in the
    title; the tests were made from ``tests_from`` until ``tests_until``, which is not part of them. ``parameters`` hold
    ``campaigns`` (keys) and ``categories`` (names, or ``None`` for all). ``scored_at`` and ``tool_version`` are of the last
    scoring, whose files are :class:`EditionFile` rows; ``correction`` says what a revision changes.
    """

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("name", "revision"),)

    name: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[EditionState] = mapped_column(default=EditionState.DRAFT)
    grid: Mapped[str]
    grid_hash: Mapped[str] = sha256()
    title: Mapped[str]
    year: Mapped[int]
    tests_from: Mapped[datetime]
    tests_until: Mapped[datetime]
    parameters: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    correction: Mapped[str | None] = mapped_column(default=None)
    tool_version: Mapped[str | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    scored_at: Mapped[datetime | None] = mapped_column(default=None)
    reviewed_at: Mapped[datetime | None] = mapped_column(default=None)
    reviewed_by: Mapped[str | None] = mapped_column(default=None)
    published_at: Mapped[datetime | None] = mapped_column(default=None)
    published_by: Mapped[str | None] = mapped_column(default=None)


class EditionFile(Record):
    """A file that an edition is frozen in, by its SHA-256 in the evidence store; ``category`` is empty for the grid."""

    __tablename__ = "edition_file"
    __table_args__ = (UniqueConstraint("edition_id", "kind", "category"),)

    edition_id: Mapped[str] = reference("edition", index=False)
    kind: Mapped[EditionFileKind]
    category: Mapped[str] = mapped_column(default="")
    evidence: Mapped[str] = sha256(index=True)


class EditionEvent(Record):
    """A step in the life of an edition: who, when and why; the database refuses to change or delete one.

    ``detail`` holds what belongs to the step, such as the SHA-256 sums of the files that a scoring wrote.
    """

    __tablename__ = "edition_event"

    edition_id: Mapped[str] = reference("edition")
    step: Mapped[EditionStep]
    actor: Mapped[str]
    at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    why: Mapped[str | None] = mapped_column(default=None)
    detail: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)


class Dispute(Record):
    """A merchant's objection to what an edition says of it; the database refuses to change or delete one.

    What came of it is a :class:`~storage.records.review.Review` with the subject ``dispute``: ``upheld`` when the objection is
    founded, ``overruled`` when it is not.
    """

    __tablename__ = "dispute"

    edition_id: Mapped[str] = reference("edition")
    merchant_id: Mapped[str] = reference("merchant")
    objection: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
