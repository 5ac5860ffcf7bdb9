"""A page that a visit read, or tried to."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference, sha256
from storage.records.columns import utc_now
from storage.vocabulary import Reason


class Page(Record):
    """A page of a visit; ``failure`` says why it could not be read.

    ``depth`` is in clicks from the home page, ``bytes`` is its size after decompression, ``template`` the shape of its
    address, ``evidence`` the SHA-256 of the stored HTML as it was sent or ``None`` where none was kept,
    ``looked_for`` the channels whose sightings were recorded. What a browser showed of it is in ``page_state``.
    """

    __tablename__ = "page"

    visit_id: Mapped[str] = reference("visit", cascade=True)
    url: Mapped[str]
    depth: Mapped[int]
    http_status: Mapped[int | None] = mapped_column(default=None)
    content_type: Mapped[str | None] = mapped_column(default=None)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    template: Mapped[str | None] = mapped_column(default=None)
    evidence: Mapped[str | None] = sha256(default=None, index=True)
    fetched_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    failure: Mapped[Reason | None] = mapped_column(default=None)
    rendered: Mapped[bool] = mapped_column(default=False)
    looked_for: Mapped[list[str]] = mapped_column(default_factory=list)
