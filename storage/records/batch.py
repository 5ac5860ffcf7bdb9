"""A part of a night that one process works on."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference
from storage.records.columns import utc_now
from storage.vocabulary import RunState


class Batch(Record):
    """Merchants of a run that one child process reads, and how that went.

    A worker claims it as it would a run: its name, a lease and ``token`` plus one; whoever holds a smaller token has lost the
    batch, and nothing it sends is stored. ``merchants`` are keys of records. ``number`` counts from 0 within a run; batches of
    the retry pass have ``retry_pass`` 1. ``ended`` is a word of :class:`schedules.children.Ended`, ``seconds`` are by the clock,
    ``peak_bytes`` of all the child's processes, ``log`` is a path under the folder of logs.
    """

    __tablename__ = "batch"
    __table_args__ = (UniqueConstraint("run_id", "number"),)

    run_id: Mapped[str] = reference("run", index=False)
    number: Mapped[int]
    retry_pass: Mapped[int] = mapped_column(default=0)
    merchants: Mapped[list[Any]]
    state: Mapped[RunState] = mapped_column(default=RunState.OPEN)
    claimed_by: Mapped[str | None] = mapped_column(default=None)
    token: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    starts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    ended: Mapped[str | None] = mapped_column(default=None)
    exit_code: Mapped[int | None] = mapped_column(default=None)
    seconds: Mapped[float | None] = mapped_column(default=None)
    cpu_seconds: Mapped[float | None] = mapped_column(default=None)
    peak_bytes: Mapped[int | None] = mapped_column(BigInteger, default=None)
    log: Mapped[str | None] = mapped_column(default=None)
