"""A person's decision about something the program found."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference
from storage.records.columns import utc_now


class Verdict(StrEnum):
    """Whether what was reviewed stands."""

    UPHELD = "upheld"
    OVERRULED = "overruled"


class Review(Record):
    """Who looked at what, and what they decided, with their reason.

    ``subject`` names the kind of record and ``subject_id`` its key; ``replacement`` is the value to use instead of the
    one overruled.
    """

    __tablename__ = "review"
    __table_args__ = (Index(None, "subject", "subject_id"),)

    edition_id: Mapped[str | None] = reference("edition", default=None)
    subject: Mapped[str]
    subject_id: Mapped[str]
    verdict: Mapped[Verdict]
    replacement: Mapped[str | None] = mapped_column(default=None)
    why: Mapped[str]
    reviewer: Mapped[str]
    reviewed_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
