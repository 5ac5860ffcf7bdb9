"""What a merchant gets for one criterion."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference
from storage.records.columns import utc_now


class Mark(Record):
    """What a merchant gets for one criterion of an edition's grid, in the criterion's own unit, exact.

    ``value`` is ``None`` when the criterion was not measured, and ``reason`` then says why: that is never a zero.
    ``rater`` is the person who gave it, or the program's name and version.
    """

    __tablename__ = "mark"
    __table_args__ = (UniqueConstraint("edition_id", "merchant_id", "criterion", "rater"),)

    edition_id: Mapped[str] = reference("edition", index=False)
    merchant_id: Mapped[str] = reference("merchant")
    criterion: Mapped[str]
    value: Mapped[Decimal | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)
    rater: Mapped[str]
    given_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
