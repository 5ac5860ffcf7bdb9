"""Whether a target can be written to."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record
from storage.records.columns import utc_now
from storage.vocabulary import Channel


class TargetCheck(Record):
    """What was found when a target was looked at before its first use; ``why`` says what is wrong with a bad one."""

    __tablename__ = "target_check"
    __table_args__ = (UniqueConstraint("channel", "target"),)

    channel: Mapped[Channel]
    target: Mapped[str]
    good: Mapped[bool]
    why: Mapped[str | None] = mapped_column(default=None)
    checked_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
