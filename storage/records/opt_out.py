"""Who must not be visited or written to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record
from storage.records.columns import utc_now


class OptOutKind(StrEnum):
    """What an opt-out names."""

    DOMAIN = "domain"
    EMAIL = "email"
    PHONE = "phone"


class OptOut(Record):
    """A wish to be left alone, honoured by every command; ``value`` is normalised (domain, address, E.164)."""

    __tablename__ = "opt_out"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    kind: Mapped[OptOutKind]
    value: Mapped[str]
    reason: Mapped[str | None] = mapped_column(default=None)
    recorded_by: Mapped[str | None] = mapped_column(default=None)
    recorded_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
