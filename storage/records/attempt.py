"""One contact with one merchant."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference
from storage.records.columns import utc_now
from storage.vocabulary import AttemptState, Channel


class Attempt(Record):
    """One contact on one channel for one merchant.

    ``target`` is where it goes, ``reply_address`` and ``message_id`` tell its answer from all others, ``t0`` is when
    the other side accepted it and ``None`` until then. ``state`` repeats the last event; ``blocked_by`` says what was
    in the way of a blocked one.
    """

    __tablename__ = "attempt"
    __table_args__ = (Index(None, "merchant_id", "channel"),)

    campaign_id: Mapped[str] = reference("campaign")
    merchant_id: Mapped[str] = reference("merchant", index=False)
    channel: Mapped[Channel]
    state: Mapped[AttemptState] = mapped_column(default=AttemptState.PLANNED, index=True)
    target: Mapped[str | None] = mapped_column(default=None)
    scenario: Mapped[str | None] = mapped_column(default=None)
    reply_address: Mapped[str | None] = mapped_column(default=None, unique=True)
    message_id: Mapped[str | None] = mapped_column(default=None, unique=True)
    planned_for: Mapped[datetime | None] = mapped_column(default=None, index=True)
    t0: Mapped[datetime | None] = mapped_column(default=None)
    blocked_by: Mapped[str | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
