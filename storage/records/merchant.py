"""A merchant of the panel."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record
from storage.records.columns import utc_now


class Merchant(Record):
    """A merchant of the panel, with what the operator knows of it before any visit.

    ``key`` is the normalised address of the site and tells merchants apart; ``entered`` says that the merchant agreed
    to the contest; ``sample_order`` is its place in a drawn sample. What is not known is ``None``.
    """

    __tablename__ = "merchant"

    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    url: Mapped[str]
    category: Mapped[str | None] = mapped_column(default=None, index=True)
    country: Mapped[str] = mapped_column(default="FR")
    language: Mapped[str | None] = mapped_column(default=None)
    email: Mapped[str | None] = mapped_column(default=None)
    phone: Mapped[str | None] = mapped_column(default=None)
    x: Mapped[str | None] = mapped_column(default=None)
    facebook: Mapped[str | None] = mapped_column(default=None)
    hours: Mapped[str | None] = mapped_column(default=None)
    logo: Mapped[str | None] = mapped_column(default=None)
    entered: Mapped[bool] = mapped_column(default=False)
    sample_order: Mapped[int | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default_factory=utc_now, onupdate=utc_now)
