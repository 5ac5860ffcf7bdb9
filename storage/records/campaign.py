"""A set of contact attempts that a person lets go."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record
from storage.records.columns import utc_now


class Campaign(Record):
    """Attempts planned together; nothing is sent before ``released_at``, after ``stopped_at`` or outside the window.

    ``parameters`` is the whole plan as it was asked for (channels, scenarios, quotas, limits, seed), from which the same
    attempts come out again; ``starts_at`` and ``ends_at`` bound when attempts may leave. ``contest`` says that its
    merchants entered, so that more than one attempt a channel may be open. ``closed_at``: nothing is open any more.
    """

    __tablename__ = "campaign"

    name: Mapped[str] = mapped_column(unique=True)
    parameters: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    contest: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    released_by: Mapped[str | None] = mapped_column(default=None)
    released_at: Mapped[datetime | None] = mapped_column(default=None)
    stopped_by: Mapped[str | None] = mapped_column(default=None)
    stopped_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
