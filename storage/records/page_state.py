"""A state of a page, as the browser showed it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference, sha256
from storage.records.columns import utc_now
from storage.vocabulary import Reason


class PageState(Record):
    """One state of a rendered page: as it settled, or after the presses that ``url`` names in its fragment directive.

    ``html``, ``layout`` and ``picture`` are the SHA-256 of stored files: what could be seen of the page, where it stood,
    and how it looked. ``http_status``, ``address`` (IP), ``headers`` (pairs, in order) and ``response_seconds`` are of
    the document; ``consent`` and ``age_gate`` say what was closed to see it (``kind``, ``how``, ``label``, ``seconds``,
    ``box``). ``hovered`` says that this showed while a menu was pointed at, ``looked_for`` are the channels whose
    sightings were recorded. ``ended`` is why it did not load as it should.
    """

    __tablename__ = "page_state"

    visit_id: Mapped[str] = reference("visit", cascade=True)
    url: Mapped[str]
    page_url: Mapped[str]
    depth: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
    hovered: Mapped[bool] = mapped_column(default=False)
    seen_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    http_status: Mapped[int | None] = mapped_column(default=None)
    address: Mapped[str | None] = mapped_column(default=None)
    headers: Mapped[list[Any]] = mapped_column(default_factory=list)
    response_seconds: Mapped[float | None] = mapped_column(default=None)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    html: Mapped[str | None] = sha256(default=None, index=True)
    layout: Mapped[str | None] = sha256(default=None, index=True)
    picture: Mapped[str | None] = sha256(default=None, index=True)
    consent: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    age_gate: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    looked_for: Mapped[list[str]] = mapped_column(default_factory=list)
    ended: Mapped[Reason | None] = mapped_column(default=None)
    warnings: Mapped[list[str]] = mapped_column(default_factory=list)
