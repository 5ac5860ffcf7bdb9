"""One look at one site."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference, sha256
from storage.records.columns import utc_now
from storage.vocabulary import Profile, Reason, VisitStatus


class Visit(Record):
    """One look at one site, in one window size; it counts once ``finished_at`` is set.

    ``run_id`` and ``merchant_id`` are ``None`` for a single audit. ``bytes`` were received, ``cpu_seconds`` are ours.
    ``search`` holds, by channel, what the search proved about its depth; ``warnings`` are sentences for people, ``robots`` is the
    SHA-256 of the stored robots.txt as it was read. A run
    holds one visit a merchant and profile.
    """

    __tablename__ = "visit"
    __table_args__ = (UniqueConstraint("run_id", "merchant_id", "profile"),)

    run_id: Mapped[str | None] = reference("run", default=None, index=False)
    merchant_id: Mapped[str | None] = reference("merchant", default=None)
    url: Mapped[str]
    final_url: Mapped[str | None] = mapped_column(default=None)
    profile: Mapped[Profile] = mapped_column(default=Profile.DESKTOP)
    country: Mapped[str] = mapped_column(default="FR")
    language: Mapped[str | None] = mapped_column(default=None)
    status: Mapped[VisitStatus | None] = mapped_column(default=None)
    status_reason: Mapped[Reason | None] = mapped_column(default=None)
    started_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    finished_at: Mapped[datetime | None] = mapped_column(default=None, index=True)
    tool_version: Mapped[str | None] = mapped_column(default=None)
    browser: Mapped[str | None] = mapped_column(default=None)
    user_agent: Mapped[str | None] = mapped_column(default=None)
    pages_read: Mapped[int] = mapped_column(default=0)
    pages_rendered: Mapped[int] = mapped_column(default=0)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    cpu_seconds: Mapped[float] = mapped_column(default=0.0)
    search: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    warnings: Mapped[list[str]] = mapped_column(default_factory=list)
    robots: Mapped[str | None] = sha256(default=None)
