"""The HTML of the farm's pages: about 45 kB each, a layout for each kind of page, put together from parts."""

import random
import tomllib
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.farm import Anchor, Page, Shop, sentences

SIZE = 45_000
"""Bytes that a page is made to have, about; what is missing becomes style sheet, as it would on a real shop."""


class Rendering:
    """The pages of one shop as bytes: ``page(path)``, or ``None`` where the shop has no such page.

    What all pages share is made once; of the rest nothing is kept, so that a whole farm fits into little memory.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._layouts = _layouts()
        self._sentences = sentences()
        self._numbers = {_bare(page.path): number for number, page in enumerate(shop.pages)}
        self._phone = _written(shop)
        shared = self._layouts["shared"]
        phone = shared["header_phone"].format(phone=self._phone) if shop.phone_in_header else ""
        self._header = shared["header"].format(
            name=shop.name, phone=phone, entries=self._links("menu_entry", shop.menu)
        )
        self._footer = shared["footer"].format(entries=self._links("footer_entry", shop.footer))
        self._head = shared["head"].format(name=shop.name, style="")
        missing = SIZE + 2_000 - len(self._render(1))
        self._head = shared["head"].format(name=shop.name, style=_style_sheet(missing))

    def page(self, path: str) -> bytes | None:
        """Return the page at *path* (path and query as asked for)."""
        number = self._numbers.get(_bare(path))
        return None if number is None else self._render(number)

    def _render(self, number: int) -> bytes:
        page = self._shop.pages[number]
        chance = random.Random(number)
        title, extras = escape(page.title), self._layouts["parts"]["extras"]
        main = self._layouts["main"][page.kind].format(
            title=title,
            number=number,
            text="".join(f"<p>{' '.join(chance.sample(self._sentences, 4))}</p>" for _ in range(6)),
            extra=extras[chance.randrange(len(extras))],
            phone=self._phone_block(page),
            anchors=self._links("inner_link", page.anchors),
            cards="".join(map(self._card, page.cards)),
        )
        head = f"{self._head}<title>{title} | {self._shop.name}</title></head><body>"
        return f"{head}{self._header}{main}{self._footer}".encode()

    def _phone_block(self, page: Page) -> str:
        block: str = self._layouts["shared"]["phone"]
        return block.format(phone=self._phone) if page.phone else ""

    def _links(self, layout: str, anchors: list[Anchor]) -> str:
        entry: str = self._layouts["shared"][layout]
        return "".join(entry.format(path=self._path(anchor), label=escape(anchor.label)) for anchor in anchors)

    def _card(self, card: Anchor) -> str:
        parts, label = self._layouts["parts"], escape(card.label)
        layout: str = self._layouts["cards"][self._shop.card]
        return layout.format(
            path=self._path(card),
            label=label,
            picture=parts["picture"].format(target=card.target, label=label),
            price=parts["price"].format(price=card.price) if card.price else "",
            rating=parts["rating"],
            more="Voir le produit" if card.price else "En savoir plus",
        )

    def _path(self, anchor: Anchor) -> str:
        return escape(self._shop.pages[anchor.target].path)


def _bare(path: str) -> str:
    return path.rstrip("/") or "/"


@cache
def _layouts() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("farm_layouts.toml").read_text("utf-8"))


def _written(shop: Shop) -> str:
    """Return the shop's telephone as the shop writes it."""
    national = f"0{shop.phone[3:]}"
    pairs = [national[place : place + 2] for place in range(0, 10, 2)]
    match shop.number % 4:
        case 0:
            return ".".join(pairs)
        case 1:
            return f'<a href="tel:{shop.phone}">{" ".join(pairs)}</a>'
        case 2:
            return f"+33 {national[1]} {' '.join(pairs[1:])}"
        case _:
            return " ".join(pairs)


def _style_sheet(size: int) -> str:
    """Return about *size* characters of style sheet."""
    return "".join(
        f".u-{n}{{margin:{n % 9}px {n % 7}px;padding:{n % 5}px;color:#{n:03x}}}" for n in range(max(0, size) // 50)
    )
