"""A message that came back."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference, sha256
from storage.records.columns import utc_now
from storage.vocabulary import ReplyKind


class Reply(Record):
    """A message that came back, what it is and which rule says so; a reviewer overrules by a record of their own.

    ``received_at`` is its arrival at our own server (on X and Facebook its creation), ``kept_at`` when we read it there;
    ``source`` is the mailbox or the interface it came from. ``attempt_id`` is ``None`` until it is matched,
    ``matched_by`` names the rule that did, and ``candidates`` are the attempts among which a person must choose.
    ``evidence`` is the SHA-256 of the raw message, gone after ``purged_at``; ``text`` holds the new words alone, names
    and addresses of people taken out, and ``fingerprint`` tells equal bodies of one merchant. ``permanent`` tells a hard
    bounce.
    """

    __tablename__ = "reply"

    attempt_id: Mapped[str | None] = reference("attempt", default=None)
    kind: Mapped[ReplyKind]
    rule: Mapped[str]
    received_at: Mapped[datetime]
    kept_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    source: Mapped[str]
    evidence: Mapped[str] = sha256(unique=True)
    matched_by: Mapped[str | None] = mapped_column(default=None)
    candidates: Mapped[list[str]] = mapped_column(default_factory=list)
    message_id: Mapped[str | None] = mapped_column(default=None, index=True)
    text: Mapped[str | None] = mapped_column(default=None)
    fingerprint: Mapped[str | None] = sha256(default=None, index=True)
    permanent: Mapped[bool | None] = mapped_column(default=None)
    purged_at: Mapped[datetime | None] = mapped_column(default=None)
