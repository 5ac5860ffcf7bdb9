"""A frozen set of marks and places."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, sha256
from storage.records.columns import utc_now


class EditionState(StrEnum):
    """How far an edition has come."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    PUBLISHED = "published"


class Edition(Record):
    """An edition under one grid; a correction is a new ``revision`` of the same name, counted from 1.

    ``grid_hash`` is the SHA-256 of the grid file, so that the marks can be computed again.
    """

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("name", "revision"),)

    name: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[EditionState] = mapped_column(default=EditionState.DRAFT)
    grid: Mapped[str]
    grid_hash: Mapped[str] = sha256()
    created_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    reviewed_at: Mapped[datetime | None] = mapped_column(default=None)
    published_at: Mapped[datetime | None] = mapped_column(default=None)
