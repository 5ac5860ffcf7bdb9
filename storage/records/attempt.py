"""One contact with one merchant."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference
from storage.records.columns import utc_now
from storage.vocabulary import AttemptState, BlockedBy, Channel


class Attempt(Record):
    """One contact on one channel for one merchant.

    ``target`` is where it goes (address, form's page, account, number) and ``target_source`` who says so: ``panel``, or
    ``sighting`` and the sighting's key. ``subject`` and ``body`` are the words as planned, ``variant`` which wording of
    the scenario they are. ``token``, ``reply_address`` and ``message_id`` tell its answer from all others; ``link`` is the
    address of a public post. ``assisted``: a person acts, the program only prepares, stamps and watches.

    ``t0`` is when the other side accepted it and ``None`` until then; after ``window_seconds`` from there, silence counts
    as no answer. ``state`` repeats the last event; ``blocked_by`` says what was in the way of a blocked one.
    ``reminder_of`` is the attempt that stayed unanswered.
    """

    __tablename__ = "attempt"
    __table_args__ = (Index(None, "merchant_id", "channel"),)

    campaign_id: Mapped[str] = reference("campaign")
    merchant_id: Mapped[str] = reference("merchant", index=False)
    channel: Mapped[Channel]
    state: Mapped[AttemptState] = mapped_column(default=AttemptState.PLANNED, index=True)
    target: Mapped[str | None] = mapped_column(default=None)
    target_source: Mapped[str | None] = mapped_column(default=None)
    scenario: Mapped[str]
    language: Mapped[str]
    variant: Mapped[int] = mapped_column(default=0)
    subject: Mapped[str | None] = mapped_column(default=None)
    body: Mapped[str]
    token: Mapped[str] = mapped_column(unique=True)
    reply_address: Mapped[str | None] = mapped_column(default=None, unique=True)
    message_id: Mapped[str | None] = mapped_column(default=None, unique=True)
    link: Mapped[str | None] = mapped_column(default=None)
    assisted: Mapped[bool] = mapped_column(default=False)
    planned_for: Mapped[datetime] = mapped_column(index=True)
    window_seconds: Mapped[int]
    t0: Mapped[datetime | None] = mapped_column(default=None)
    blocked_by: Mapped[BlockedBy | None] = mapped_column(default=None)
    reminder_of: Mapped[str | None] = reference("attempt", default=None)
    created_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
