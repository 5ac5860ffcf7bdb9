"""A channel seen on a page."""

from decimal import Decimal
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference
from storage.vocabulary import Channel, FormKind, PriceClass, SetAsideReason


class Sighting(Record):
    """A channel seen on a page of a visit; with ``set_aside`` it looks like one and is not the merchant's.

    ``value`` is normalised, ``display`` is what the page shows, ``depth`` is in clicks, ``confidence`` between 0 and 1.
    The caps are in euros, service part only, and exact. ``kind`` is set for forms, ``automatic`` for chats.
    ``box`` is where it stood, as x, y, width and height in CSS pixels of the page, ``in_header`` whether that is the
    page's header, ``fixed`` whether it stays there on scrolling, ``hovered`` whether a menu had to be pointed at to see
    it, ``state_id`` is the key of the state it was seen in; ``None`` where no browser looked.
    """

    __tablename__ = "sighting"

    visit_id: Mapped[str] = reference("visit", cascade=True)
    page_url: Mapped[str]
    depth: Mapped[int]
    channel: Mapped[Channel]
    value: Mapped[str]
    display: Mapped[str] = mapped_column(default="")
    readable: Mapped[bool] = mapped_column(default=True)
    context: Mapped[str] = mapped_column(default="")
    confidence: Mapped[float] = mapped_column(default=1.0)
    price_class: Mapped[PriceClass | None] = mapped_column(default=None)
    max_eur_per_min: Mapped[Decimal | None] = mapped_column(default=None)
    max_eur_per_call: Mapped[Decimal | None] = mapped_column(default=None)
    kind: Mapped[FormKind | None] = mapped_column(default=None)
    automatic: Mapped[bool | None] = mapped_column(default=None)
    set_aside: Mapped[SetAsideReason | None] = mapped_column(default=None)
    box: Mapped[list[Any] | None] = mapped_column(default=None)
    in_header: Mapped[bool | None] = mapped_column(default=None)
    fixed: Mapped[bool | None] = mapped_column(default=None)
    hovered: Mapped[bool] = mapped_column(default=False)
    state_id: Mapped[str | None] = mapped_column(String(32), default=None)
