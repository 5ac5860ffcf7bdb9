"""A crawl or another long job, and who may go on with it."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record
from storage.records.columns import utc_now
from storage.vocabulary import RunState


class Run(Record):
    """A long job that survives the process that works on it.

    A worker claims it by writing its name, a lease and ``token`` plus one; whoever holds a smaller token has lost the
    run and must not write to it any more. ``due`` names the time that a scheduled job was begun for: one run a kind and
    time. ``outcome`` is what a job has to say when it ends, as plain values.
    """

    __tablename__ = "run"
    __table_args__ = (UniqueConstraint("kind", "due"),)

    kind: Mapped[str]
    state: Mapped[RunState] = mapped_column(default=RunState.OPEN, index=True)
    started_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    parameters: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    tool_version: Mapped[str | None] = mapped_column(default=None)
    claimed_by: Mapped[str | None] = mapped_column(default=None)
    token: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    due: Mapped[str | None] = mapped_column(default=None)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(default=None)
