"""How far a mailbox was read."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record
from storage.records.columns import utc_now


class MailboxPosition(Record):
    """How far one folder of a mailbox, or one feed of an interface, was read.

    ``mailbox`` names it (account, host and folder; never a password). ``validity`` is IMAP's UIDVALIDITY: another value
    means that ``position``, the last UID or post read, counts no more and everything is looked at again.
    """

    __tablename__ = "mailbox_position"

    mailbox: Mapped[str] = mapped_column(unique=True)
    validity: Mapped[str | None] = mapped_column(default=None)
    position: Mapped[str | None] = mapped_column(default=None)
    updated_at: Mapped[datetime] = mapped_column(default_factory=utc_now, onupdate=utc_now)
