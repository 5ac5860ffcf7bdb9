"""A set of contact attempts that a person lets go."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record
from storage.records.columns import utc_now
from storage.vocabulary import Channel


class Campaign(Record):
    """Attempts on one channel with one scenario; nothing is sent before ``released_at``, nor after ``closed_at``."""

    __tablename__ = "campaign"

    name: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[Channel]
    scenario: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    created_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    released_by: Mapped[str | None] = mapped_column(default=None)
    released_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
