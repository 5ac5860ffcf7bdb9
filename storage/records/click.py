"""A step from one page to the next."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from storage.records.base import Record, reference
from storage.vocabulary import Action


class Click(Record):
    """An edge of the click graph of a visit, from which depths are computed.

    ``label`` is what the visitor reads, ``selector`` finds the element again, ``position`` is its ordinal on the page.
    A redirect costs no click, every other action one. ``box`` is where the element stood, as x, y, width and height in
    CSS pixels of the page; ``hovered`` that a menu had to be pointed at to see it; ``seconds`` how long the page took to
    answer.
    """

    __tablename__ = "click"

    visit_id: Mapped[str] = reference("visit", cascade=True)
    from_url: Mapped[str]
    to_url: Mapped[str]
    action: Mapped[Action] = mapped_column(default=Action.FOLLOW)
    label: Mapped[str] = mapped_column(default="")
    selector: Mapped[str | None] = mapped_column(default=None)
    position: Mapped[int] = mapped_column(default=0)
    box: Mapped[list[Any] | None] = mapped_column(default=None)
    hovered: Mapped[bool] = mapped_column(default=False)
    seconds: Mapped[float | None] = mapped_column(default=None)
