"""What a person thinks of one attempt, by one human criterion."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference
from storage.records.columns import utc_now


class Rating(Record):
    """A rater's mark for one criterion of one attempt, in the criterion's own unit; their latest one counts.

    ``value`` is ``None`` when the criterion could not be judged, and ``why`` then says so: that is never a zero.
    """

    __tablename__ = "rating"
    __table_args__ = (Index(None, "attempt_id", "criterion", "rater"),)

    attempt_id: Mapped[str] = reference("attempt", index=False)
    criterion: Mapped[str]
    rater: Mapped[str]
    value: Mapped[Decimal | None] = mapped_column(default=None)
    why: Mapped[str | None] = mapped_column(default=None)
    given_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
