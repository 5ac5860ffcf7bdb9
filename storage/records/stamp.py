"""What a person at the desk says happened, and when."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference
from storage.records.columns import utc_now
from storage.vocabulary import StampKind


class Stamp(Record):
    """A moment that a person marked while they made an attempt; the database refuses to change or delete one.

    ``sequence`` counts an attempt's stamps from 0. ``undoes`` is the sequence of a stamp that was pressed by mistake: it
    stays, and counts no more.
    """

    __tablename__ = "stamp"
    __table_args__ = (UniqueConstraint("attempt_id", "sequence"),)

    attempt_id: Mapped[str] = reference("attempt", index=False)
    sequence: Mapped[int]
    kind: Mapped[StampKind]
    at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    actor: Mapped[str]
    note: Mapped[str | None] = mapped_column(default=None)
    undoes: Mapped[int | None] = mapped_column(default=None)
