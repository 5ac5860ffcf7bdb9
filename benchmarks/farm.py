"""A farm of invented shops: what their pages are, how they link to one another, how far away their telephone is.

``plant(number, pages)`` always grows the same shop for the same number. Nothing is rendered here (see ``farm_pages``)
and nothing served (see ``serving``): :func:`nearest_phone` reads the truth off the link graph alone.

The shops are made to be what shops are, and hard for a reader that samples: a telephone 0 to 3 clicks away or nowhere;
products, categories and articles under eight schemes of addresses; every tenth shop with nothing but hashes for
addresses; and every 150th page another thing than its address says (a guide where a product should be), which shows
the telephone in one case of three.
"""

import hashlib
import random
import re
import tomllib
import unicodedata
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

LINKS = 120
"""Links on a page, as far as the shop has enough products."""
FEWEST_PAGES = 60
"""A smaller shop would have no room for its own pages."""
OUTLIER_EVERY = 150
"""One page of the farm in so many breaks its template."""


class Kind(StrEnum):
    """What a page is; each kind has a layout of its own."""

    HOME = "home"
    SERVICE = "service"
    CATEGORY = "category"
    PRODUCT = "product"
    ARTICLE = "article"
    OUTLIER = "outlier"


class Card(StrEnum):
    """How a list shows a product: all of it a link; a linked picture and name; or a linked name and a button."""

    WHOLE = "whole"
    PICTURE = "picture"
    BUTTON = "button"

    @property
    def links(self) -> int:
        """Links that one product takes."""
        return 1 if self is Card.WHOLE else 2


class Anchor(NamedTuple):
    """A link: the number of the page it leads to, its words, and the price beside them, empty for what has none."""

    target: int
    label: str
    price: str = ""


@dataclass(slots=True)
class Page:
    """One page: *anchors* are the links in its text, *cards* its list of products; menu and footer are the shop's."""

    kind: Kind
    title: str
    path: str
    phone: bool = False
    anchors: list[Anchor] = field(default_factory=list)
    cards: list[Anchor] = field(default_factory=list)


@dataclass(slots=True)
class Shop:
    """One shop; page 0 is its home page. *phone* is E.164; where *phone_in_header*, every page shows it."""

    number: int
    name: str
    phone: str
    hashed: bool
    card: Card
    phone_in_header: bool = False
    pages: list[Page] = field(default_factory=list)
    menu: list[Anchor] = field(default_factory=list)
    footer: list[Anchor] = field(default_factory=list)


def nearest_phone(shop: Shop) -> int | None:
    """Return the fewest clicks from the home page of *shop* to a page that shows its telephone, or ``None``."""
    if shop.phone_in_header:
        return 0
    chrome = [anchor.target for anchor in (*shop.menu, *shop.footer)]
    clicks, waiting = {0: 0}, deque([0])
    while waiting:
        number = waiting.popleft()
        page = shop.pages[number]
        if page.phone:
            return clicks[number]
        for target in (*chrome, *(anchor.target for anchor in (*page.anchors, *page.cards))):
            if target not in clicks:
                clicks[target] = clicks[number] + 1
                waiting.append(target)
    return None


def plant(number: int, pages: int = 200, silent: bool = False, seed: int = 0) -> Shop:
    """Return shop *number* of a farm whose shops have *pages* pages each, at least :data:`FEWEST_PAGES`.

    With *silent*, the link to a page that breaks its template looks exactly like those to its siblings, so that nobody
    can tell before reading it; else it stands in the same list with other words and without a price. Another *seed*
    grows another farm.
    """
    return _Planting(number, max(pages, FEWEST_PAGES), silent, seed).grow()


_PRODUCTS = (
    "/produit/{slug}", "/produits/{slug}.html", "/p/{slug}-{id}.html", "/{slug}-{id}.html",
    "/{id}-{slug}.html", "/boutique/{shelf}/{slug}", "/fr/{shelf}/{slug}-p{id}.html", "/produit.php?id={id}",
)  # fmt: skip
_CATEGORIES = (
    "/categorie/{slug}", "/rayons/{slug}.html", "/c/{slug}", "/{slug}-c{id}.html",
    "/{id}-{slug}", "/boutique/{slug}", "/fr/{slug}/", "/categorie.php?id={id}",
)  # fmt: skip
_ARTICLES = (
    "/blog/{slug}", "/journal/{slug}.html", "/conseils/{slug}", "/actualites/2026/05/{slug}",
    "/blog/{id}-{slug}", "/journal/{slug}", "/fr/blog/{slug}", "/blog.php?article={id}",
)  # fmt: skip
_SERVICES = (
    "/{slug}", "/{slug}.html", "/pages/{slug}", "/{slug}.html",
    "/content/{id}-{slug}", "/info/{slug}", "/fr/{slug}.html", "/page.php?id={id}",
)  # fmt: skip
_ALWAYS = (
    "contact",
    "legal",
    "terms",
    "privacy",
    "delivery",
    "returns",
    "payment",
    "about",
    "help",
    "stores",
    "loyalty",
    "sizes",
    "journal",
)
_CLICKS = (None, 0, 0, 1, 1, 2, 2, 2, 3, 3)
"""Clicks to the telephone of shop n, n + 10, n + 20 ...; pages that break their template may bring it nearer."""


class _Planting:
    def __init__(self, number: int, pages: int, silent: bool, seed: int) -> None:
        self.random = random.Random(f"farm {seed}, shop {number}")
        self.size = pages
        self.silent = silent
        self.words = _words()
        card = self.random.choice((Card.WHOLE, Card.WHOLE, Card.PICTURE, Card.BUTTON))
        phone = f"+33{self.random.choice(('19900', '26191', '35301', '46571', '53649'))}{number:04}"
        self.shop = Shop(number, f"Maison {number:03}", phone, number % 10 == number // 10 % 10, card)
        self.scheme = number // 3 % len(_PRODUCTS)
        self.named: dict[str, list[int]] = {}
        self.taken: set[str] = set()

    def grow(self) -> Shop:
        shop = self.shop
        shop.pages.append(Page(Kind.HOME, shop.name, "/"))
        self._add_services()
        shelves = self._add_shelves(max(4, self.size // 10))
        articles = self._add_articles(max(4, self.size // 10))
        products = self._add_products(shelves, self.size - len(shop.pages))
        self._break_templates(products)
        self._link_chrome(shelves)
        self._link_lists(shelves, articles, products)
        return shop

    def _add(self, kind: Kind, title: str, scheme: str, slug: str, shelf: str = "") -> int:
        pages, number = self.shop.pages, len(self.shop.pages)
        while slug in self.taken:
            slug = f"{slug}-bis"
        self.taken.add(slug)
        path = scheme.format(slug=slug, id=1000 + number * 7, shelf=shelf)
        if self.shop.hashed:
            path = "/" + hashlib.sha1(f"{self.shop.number}/{number}".encode()).hexdigest()[:12]
        pages.append(Page(kind, title, path))
        return number

    def _add_services(self) -> None:
        """Add the shop's own pages, and with them the way to its telephone."""
        clicks = _CLICKS[self.shop.number % len(_CLICKS)]
        self.shop.phone_in_header = clicks == 0
        ways: list[list[str]] = [way["steps"] for way in self.words["ways"] if len(way["steps"]) == clicks]
        steps = self.random.choice(ways) if ways else []
        for name in dict.fromkeys((*_ALWAYS, "topic", *steps)):
            titles: list[str] = self.words["groups"].get(name) or [self.words["pages"][name][0]]
            slugs = (
                [_slug(title) for title in titles] if name in self.words["groups"] else [self.words["pages"][name][1]]
            )
            self.named[name] = [
                self._add(Kind.SERVICE, title, _SERVICES[self.scheme], slug)
                for title, slug in zip(titles, slugs, strict=True)
            ]
        self._link(["help"], ["topic"])
        for near, far in pairwise(steps):
            self._link([near], [far])
        for number in self.named[steps[-1]] if steps else ():
            self.shop.pages[number].phone = True
        hidden = set(steps[1:])
        self.shop.footer += [self._anchor(self.named[name][0]) for name in _ALWAYS if name not in hidden]

    def _link(self, near: list[str], far: list[str]) -> None:
        """Link one page to all of a group, a group to one page, or each page of a group to its share of the next."""
        sources, targets = ([number for name in names for number in self.named[name]] for names in (near, far))
        for place, source in enumerate(sources):
            share = targets if len(sources) == 1 or len(targets) == 1 else targets[place :: len(sources)]
            anchors = self.shop.pages[source].anchors
            anchors += [self._anchor(target) for target in share if self._anchor(target) not in anchors]

    def _add_shelves(self, count: int) -> list[int]:
        things = self.words["goods"]["things"]
        titles = [
            things[n % len(things)] + ("s" if n < len(things) else f"s, suite {n // len(things)}") for n in range(count)
        ]
        return [self._add(Kind.CATEGORY, title, _CATEGORIES[self.scheme], _slug(title)) for title in titles]

    def _add_articles(self, count: int) -> list[int]:
        models = self.words["goods"]["models"]
        titles = [f"L'histoire de la collection {models[n % len(models)]}" for n in range(count)]
        return [self._add(Kind.ARTICLE, title, _ARTICLES[self.scheme], _slug(title)) for title in titles]

    def _add_products(self, shelves: list[int], count: int) -> list[int]:
        goods, pages, added = self.words["goods"], self.shop.pages, []
        for _ in range(count):
            parts = [self.random.choice(goods[key]) for key in ("things", "models", "matters", "tints")]
            name = " ".join(filter(None, parts))
            shelf = pages[self.random.choice(shelves)].title
            added.append(self._add(Kind.PRODUCT, name, _PRODUCTS[self.scheme], _slug(name), _slug(shelf)))
        return added

    def _break_templates(self, products: list[int]) -> None:
        """Turn one page of the farm in :data:`OUTLIER_EVERY` into another thing than its address says."""
        first = self.shop.number * self.size
        for place in range(first, first + self.size):
            if place % OUTLIER_EVERY != OUTLIER_EVERY // 2:
                continue
            page = self.shop.pages[self.random.choice(products)]
            told, thing = (
                self.random.choice(self.words["outliers"]["told"]),
                self.random.choice(self.words["goods"]["things"]),
            )
            page.kind = Kind.OUTLIER
            page.phone = page.phone or self.random.random() < 1 / 3
            if not self.silent:
                page.title = told.format(thing=f"votre {thing.lower()}")

    def _link_chrome(self, shelves: list[int]) -> None:
        self.shop.menu += [self._anchor(number) for number in shelves]

    def _link_lists(self, shelves: list[int], articles: list[int], products: list[int]) -> None:
        """Give every page its list of products, so that it has :data:`LINKS` links in all."""
        prices = {
            number: f"{self.random.randrange(9, 190)},{self.random.choice(('00', '50', '90'))} €" for number in products
        }
        journal = self.named["journal"][0]
        self.shop.pages[journal].anchors += [self._anchor(number) for number in articles]
        for number, page in enumerate(self.shop.pages):
            if page.kind is Kind.ARTICLE:
                page.anchors += [self._anchor(other) for other in self.random.sample(articles, 3) if other != number]
            elif page.kind in (Kind.PRODUCT, Kind.OUTLIER):
                page.anchors.append(self._anchor(self.random.choice(shelves)))
            elif page.kind is Kind.HOME:
                page.anchors += [self._anchor(other) for other in articles[:3]]
            room = (LINKS - 1 - len(self.shop.menu) - len(self.shop.footer) - len(page.anchors)) // self.shop.card.links
            for shown in self.random.sample(products, max(0, min(room, len(products)))):
                if shown != number:
                    price = prices[shown] if self.silent or self.shop.pages[shown].kind is Kind.PRODUCT else ""
                    page.cards.append(self._anchor(shown, price))

    def _anchor(self, number: int, price: str = "") -> Anchor:
        return Anchor(number, self.shop.pages[number].title, price)


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "farm.toml").read_text("utf-8"))


def sentences() -> list[str]:
    """Return the sentences that fill the pages."""
    return list(_words()["prose"]["sentences"])


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
