"""The market of a night: shops as they are in the corpus, and among them those that hang, fail, loop, or need scripts.

``market(400, seed)`` is always the same market. Every shop is one of the farm's (see ``farm``), cut down to as many pages
as a saved site of the corpus has, and dressed as ``scripted_shops`` dresses its own. The truth is read off the link graph
after the cut. How a shop ails is its :class:`Ailment`; ``night_server`` acts it.
"""

import random
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple, TypeVar

from benchmarks.farm import FEWEST_PAGES, Anchor, Page, Shop, nearest_phone, plant
from benchmarks.scripted_shops import Manner
from storage.vocabulary import Channel

CORPUS_PAGES = (4, 6, 6, 6, 9, 17, 17, 38, 46, 50, 56)
"""Pages of the eleven saved sites of the open corpus, 23 on average, which is what our search reads of them
(``docs/performance.md``). Their pages have 49 kB on average, half of them more than 47; the farm's have 45 to 50."""
NEED_SCRIPTS = 0.10
"""Share of shops that show nothing, or no menu and footer, before scripts have run (wanted), as are the three below."""
HANG = 0.03
FAIL = 0.03
LOOP = 0.02
_T = TypeVar("_T")
_SCRIPTED = (Manner.CHROME, Manner.SHELL, Manner.FRAGMENT, Manner.CHROME, Manner.FRAGMENT)
"""One scripted shop in five is an empty shell that JSON fills, as in ``scripted_shops``."""
NEAREST, FARTHEST = 0.1, 0.8
"""Seconds that an answer takes, at least and at most (wanted)."""


class Ailment(StrEnum):
    """What is wrong with a shop's server."""

    NONE = "none"
    HANGS = "hangs"
    FAILS = "fails"
    CALENDAR = "endless calendar"
    SESSIONS = "session ids"
    LABYRINTH = "visit ids"
    CIRCLE = "redirect loop"


LOOPS = (Ailment.CALENDAR, Ailment.SESSIONS, Ailment.LABYRINTH, Ailment.CIRCLE)
"""An agenda of endless months and days; a session id, known as such by its name, that every page gives anew to each of its
links; the same under a name that says nothing; a home page that sends the visitor round in a circle."""
ENDLESS = frozenset({Ailment.CALENDAR, Ailment.LABYRINTH})
"""What has no last page."""
UNANSWERED = frozenset({Ailment.HANGS, Ailment.FAILS})
"""What nobody can be asked to read."""


class Case(NamedTuple):
    """One shop of the market before it is grown: *pages* are wanted, *pace* is its usual latency in seconds."""

    number: int
    pages: int
    manner: Manner
    ailment: Ailment
    pace: float
    seed: int

    @property
    def kind(self) -> str:
        """The group it is counted in."""
        if self.ailment is not Ailment.NONE:
            return str(self.ailment)
        return "like the corpus" if self.manner is Manner.PLAIN else str(self.manner)


class Grown(NamedTuple):
    """A case with its pages: clicks to the e-mail address and to the account, ``None`` for nowhere."""

    shop: Shop
    email: int | None
    account: int | None


def market(shops: int, seed: int = 0) -> list[Case]:
    """Return the cases of a market of *shops*, in the order in which the panel lists them."""
    chance = random.Random(f"market {seed}")
    kinds = [(manner, Ailment.NONE) for manner in _turns(_SCRIPTED, round(shops * NEED_SCRIPTS))]
    kinds += [(Manner.PLAIN, Ailment.HANGS)] * round(shops * HANG) + [(Manner.PLAIN, Ailment.FAILS)] * round(
        shops * FAIL
    )
    kinds += [(Manner.PLAIN, ailment) for ailment in _turns(LOOPS, round(shops * LOOP))]
    kinds += [(Manner.PLAIN, Ailment.NONE)] * (shops - len(kinds))
    chance.shuffle(kinds)
    # Each size as often as any other, among the scripted ones too.
    sizes = {manner: _sizes(chance, shops) for manner in Manner}
    return [
        Case(number, next(sizes[manner]), manner, ailment, chance.uniform(NEAREST, FARTHEST * 0.75), seed)
        for number, (manner, ailment) in enumerate(kinds)
    ]


def well(case: Case) -> Case:
    """Return *case* with a server that works."""
    return case._replace(ailment=Ailment.NONE)


def _turns(wanted: Sequence[_T], count: int) -> list[_T]:
    return [wanted[place % len(wanted)] for place in range(count)]


def _sizes(chance: random.Random, shops: int) -> Iterator[int]:
    for _ in range(shops):
        yield from chance.sample(CORPUS_PAGES, len(CORPUS_PAGES))


def grown(case: Case) -> Grown:
    """Return the pages of *case*."""
    whole = plant(case.number, FEWEST_PAGES, seed=case.seed)
    email = {0: 0, 1: 1, 2: 1}.get(case.number % 5)
    return Grown(cut(whole, case.pages), email, None if case.number % 2 else 0)


def truth(case: Case) -> Mapping[Channel, int | None] | None:
    """Return how many clicks away each channel of *case* is, ``None`` for nowhere; nothing where nobody can look."""
    if case.ailment in UNANSWERED or case.ailment is Ailment.CIRCLE:
        return None
    shop, email, account = grown(case)
    near = {Channel.PHONE: nearest_phone(shop), Channel.CONTACT_PAGE: 1, Channel.FORM: 1}
    return {**dict.fromkeys(Channel), **near, Channel.EMAIL: email, Channel.FACEBOOK: account}


def cut(shop: Shop, pages: int) -> Shop:
    """Return *shop* with about *pages* of its pages, and none whose loss would move its telephone farther away.

    Its home page, contact page and legal notice stay, and the way to the telephone; the rest is drawn.
    """
    contact = next(anchor.target for anchor in shop.footer if anchor.label.startswith("Contact"))
    legal = next(anchor.target for anchor in shop.footer if anchor.label.startswith("Mentions"))
    kept = dict.fromkeys((0, *_way_to_phone(shop), contact, legal))
    rest = [number for number in range(len(shop.pages)) if number not in kept]
    random.Random(f"cut {shop.name}").shuffle(rest)
    kept |= dict.fromkeys(rest[: max(0, pages - len(kept))])
    places = {number: place for place, number in enumerate(sorted(kept))}
    return replace(
        shop,
        pages=[_linked(shop.pages[number], places) for number in places],
        menu=_still_there(shop.menu, places),
        footer=_still_there(shop.footer, places),
    )


def _linked(page: Page, places: Mapping[int, int]) -> Page:
    return replace(page, anchors=_still_there(page.anchors, places), cards=_still_there(page.cards, places))


def _still_there(anchors: Iterable[Anchor], places: Mapping[int, int]) -> list[Anchor]:
    return [anchor._replace(target=places[anchor.target]) for anchor in anchors if anchor.target in places]


def _way_to_phone(shop: Shop) -> list[int]:
    """Return the pages between the home page and the nearest telephone, that one included."""
    chrome = [anchor.target for anchor in (*shop.menu, *shop.footer)]
    before: dict[int, int | None] = {0: None}
    waiting = deque([0])
    while waiting:
        number = waiting.popleft()
        page = shop.pages[number]
        if page.phone:
            way, place = [], before[number]
            way.append(number)
            while place is not None:
                way.append(place)
                place = before[place]
            return way
        for target in (*chrome, *(anchor.target for anchor in (*page.anchors, *page.cards))):
            if target not in before:
                before[target] = number
                waiting.append(target)
    return []
