"""A message that came back."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference, sha256
from storage.vocabulary import ReplyKind


class Reply(Record):
    """A message that came back, what it is and which rule says so.

    ``received_at`` is its arrival at our own server; ``attempt_id`` is ``None`` until it is matched, ``matched_by``
    names the rule that did; ``evidence`` is the SHA-256 of the raw message, ``permanent`` tells a hard bounce.
    """

    __tablename__ = "reply"

    attempt_id: Mapped[str | None] = reference("attempt", default=None)
    kind: Mapped[ReplyKind]
    rule: Mapped[str]
    received_at: Mapped[datetime]
    evidence: Mapped[str] = sha256(unique=True)
    matched_by: Mapped[str | None] = mapped_column(default=None)
    permanent: Mapped[bool | None] = mapped_column(default=None)
