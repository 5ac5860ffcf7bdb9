"""What happened to an attempt."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference, sha256
from storage.records.columns import utc_now
from storage.vocabulary import AttemptState


class Event(Record):
    """A step in the life of an attempt; the database refuses to change or delete one.

    ``sequence`` counts an attempt's events from 0, so that two writers cannot both take the next step; ``actor`` is the
    person or the part of the program that caused it, ``evidence`` the SHA-256 of what proves it.
    """

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("attempt_id", "sequence"),)

    attempt_id: Mapped[str] = reference("attempt", index=False)
    sequence: Mapped[int]
    state: Mapped[AttemptState]
    at: Mapped[datetime] = mapped_column(default_factory=utc_now, index=True)
    actor: Mapped[str | None] = mapped_column(default=None)
    detail: Mapped[str | None] = mapped_column(default=None)
    evidence: Mapped[str | None] = sha256(default=None, index=True)
