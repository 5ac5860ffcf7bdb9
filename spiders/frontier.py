"""Which page to read next, and what has been proven so far. Pure.

Pages are read level by level, a level being the number of clicks from the home page, and within a level those first whose
link speaks of contact. Pages cut from one URL template are sampled once the site proves large; a sample only vouches for
its siblings while all its members look alike. What is left unread is remembered with its level, because no depth beyond
that level can be called exact.
"""

import heapq
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from spiders.identity import is_personal, page_key, template_of
from spiders.samples import FEW, FEW_IN_BROWSER, Found, Samples
from storage.vocabulary import Action, Basis, Channel, Reason

LARGE_SITE = 100
"""Known pages from which on a site's templates are sampled when nothing else was asked (ours)."""
LARGE_IN_BROWSER = 30
"""The same where a site's pages say nothing until a browser shows them, each at thirty times the cost (ours)."""
MAX_KNOWN = 20_000
"""Addresses remembered a site; what comes after counts as unread."""
PROMISING = 3
"""Interest from which on a link promises a contact (``detect.links.Interest.HELP``)."""
STRIKES = 2
"""Pages that must have hidden a link they hold before the source of other pages is no longer believed about it (ours)."""
NOWHERE = 1_000_000
"""Depth of a page to which no way is left."""


class Budget(NamedTuple):
    """What one site may cost: pages, clicks from home, bytes received, seconds."""

    pages: int = 300
    depth: int = 6
    bytes: int = 200_000_000
    seconds: float = 900.0


class State(Enum):
    """What became of a known page."""

    PENDING = "pending"
    READ = "read"
    DEAD = "dead"
    SAMPLED = "sampled"
    UNREAD = "unread"
    HIDDEN = "hidden"


class Way(NamedTuple):
    """A link or control as a browser showed it: its words, a selector, its box (x, y, width, height in CSS pixels of the
    page), and whether a menu had to be pointed at to see it.
    """

    label: str = ""
    selector: str = ""
    box: tuple[int, int, int, int] | None = None
    hovered: bool = False


@dataclass(slots=True, eq=False)
class Candidate:
    """A page that is known, and the shortest known way to it.

    ``interest`` orders pages within a level (see ``detect.links.Interest``); ``apart`` says that its link sets it apart from
    its siblings (menu, footer, telling words), so that no sample vouches for it. ``render`` asks for a browser;
    ``framed`` says that it is shown inside its parent, ``routed`` that its server knows no such address and the scripts of
    its parent show it once its link is clicked.
    """

    key: str
    url: str
    depth: int
    parent: str | None
    action: Action = Action.FOLLOW
    label: str = ""
    selector: str = ""
    interest: int = 0
    apart: bool = False
    state: State = State.PENDING
    reason: Reason | None = None
    template: str | None = None
    box: tuple[int, int, int, int] | None = None
    hovered: bool = False
    render: bool = False
    framed: bool = False
    routed: bool = False


_WAITING = frozenset({State.PENDING, State.SAMPLED, State.HIDDEN})
"""States of a page that may still be read."""


class Leads(NamedTuple):
    """Where one state of a page leads: to the pages *keys*, each *cost* clicks further than the page itself.

    *ways* are the links as a browser showed them, by key; ``None`` where only the source of the page was read.
    """

    state: str
    cost: int
    action: Action
    keys: list[str]
    ways: Mapping[str, Way] | None = None


class Proof(NamedTuple):
    """What the search proved: every page on levels below ``proven`` was read or vouched for; below ``complete``, read.

    ``None`` stands for "no limit": nothing known was left. ``sample`` is the smallest sample taken of a vouching template,
    ``robots`` the lowest level with a closed page that might have held a contact, ``why`` why ``proven`` is no higher, and
    ``lost`` why a page that promised a contact could not be read, if one could not.
    """

    proven: int | None
    complete: int | None
    sample: int | None
    robots: int | None
    why: Reason | None
    lost: Reason | None


class Frontier:
    """The known pages of one site, by level."""

    def __init__(self, budget: Budget, basis: Basis | None = None) -> None:
        self._budget = budget
        self._basis = basis
        self._levels: dict[int, list[tuple[int, int, int, Candidate]]] = {}
        self._samples = Samples()
        self._vouched: dict[str, list[Candidate]] = {}
        self._leads: dict[str, list[Leads]] = {}
        self._strikes: Counter[str] = Counter()
        self._overflow: int | None = None
        self._count = 0
        self.known: dict[str, Candidate] = {}
        self.level = 0
        """The level being read: all levels below are closed."""
        self.pages_read = 0
        self.needs_browser = False
        """Whether the site's pages have to be shown to be read."""

    def add(self, page: Candidate) -> bool:
        """Remember *page*; return whether it was new, or known and now nearer or more promising."""
        known = self.known.get(page.key)
        if known is not None:
            return self._improve(known, page)
        if len(self.known) >= MAX_KNOWN:
            self.leave_out(page.depth)
            return False
        page.template = template_of(page.key)
        if page.template is not None:
            self._samples.count(page.template)
        self.known[page.key] = page
        self._push(page)
        return True

    def leave_out(self, depth: int) -> None:
        """Count pages *depth* clicks from home as unread that are not even remembered."""
        self._overflow = depth if self._overflow is None else min(depth, self._overflow)

    def connect(self, page: Candidate, leads: Leads) -> None:
        """Remember where a state of *page* leads, should a shorter way to the page be found later."""
        self._leads.setdefault(page.key, []).append(leads)

    def replace(self, page: Candidate, leads: list[Leads], hidden: frozenset[str] = frozenset()) -> None:
        """Let *leads*, which a browser showed, take the place of all that the source of *page* promised.

        *hidden* are pages it links to that no visitor can see there. Depths are measured again; a page to which no way is
        left is not to be read.
        """
        shown = {key for lead in leads for key in lead.keys}
        promised = {key for lead in self._leads.get(page.key, ()) for key in lead.keys}
        self._strikes.update((promised | hidden) - shown)
        self._leads[page.key] = leads
        self._measure()

    def put_back(self, page: Candidate) -> None:
        """Let *page*, which :meth:`next` gave, wait again."""
        self._push(page)

    def parent_of(self, page: Candidate) -> Candidate | None:
        """Return the page whose link or press leads to *page*, ``None`` for the home page."""
        return None if page.parent is None else self.known.get(page_key(page.parent.partition("#:~:")[0]))

    def alias(self, page: Candidate, key: str) -> bool:
        """Let *page* also stand for *key*, which it was redirected to; return whether that page is still to be read."""
        known = self.known.get(key)
        if known is page:
            return True
        if known is not None:
            if known.state in (State.READ, State.DEAD):
                self._improve(known, page)
                return False
            known.state = State.DEAD
            if known.depth < page.depth:
                _take_way(page, known)
        self.known[key] = page
        return True

    @property
    def waiting(self) -> bool:
        """Whether a known page is still to be read."""
        return self._overflow is not None or any(page.state is State.PENDING for page in self.known.values())

    def next(self, dive: bool = False) -> Candidate | None:
        """Return the page to read next, or ``None`` when nothing within the budget's depth is left.

        With *dive* the most promising pages of any level come first: a budget that is nearly spent is better used to find
        a way than to prove that none is shorter.
        """
        if dive and (promising := self._promising()) is not None:
            return promising
        while self._levels:
            self.level = min(self._levels)
            if self.level > self._budget.depth:
                return None
            queue = self._levels[self.level]
            while queue:
                page = heapq.heappop(queue)[-1]
                if page.state is not State.PENDING or page.depth != self.level:
                    continue
                if self._vouched_for(page):
                    page.state = State.SAMPLED
                    self._vouched.setdefault(page.template or "", []).append(page)
                    continue
                return page
            del self._levels[self.level]
        return None

    def close(self, page: Candidate, state: State, reason: Reason | None = None) -> None:
        """Record what became of *page*; an unread one says why."""
        page.state = state
        page.reason = reason
        if state is State.READ:
            self.pages_read += 1

    def compare(
        self, page: Candidate, marks: frozenset[str], found: frozenset[Found], looked_for: frozenset[Channel]
    ) -> None:
        """Count *page* as a sample of its template; where it is unlike the others, no sample vouches any longer.

        *marks* say how the page is built, *found* which values of the channels *looked_for* stand on it. Two pages are
        compared by the channels that were looked for on both.
        """
        if page.template is None or page.apart:
            return
        if self._samples.add(page.template, page.depth, marks, found, looked_for):
            self._release(page.template)

    def wants_marks(self, page: Candidate) -> bool:
        """Tell whether *page* may serve as a sample, so that :meth:`compare` should be told of it."""
        return self._basis is not Basis.COMPLETE and page.template is not None and not page.apart

    def proof(self) -> Proof:
        """Return what the pages closed so far prove."""
        unread = [page for page in self.known.values() if page.state in (State.PENDING, State.UNREAD)]
        unread = [page for page in unread if page.depth < NOWHERE]
        unread = [page for page in unread if page.reason is not Reason.ROBOTS or not _holds_no_contact(page)]
        sampled = [page.depth for page in self.known.values() if page.state is State.SAMPLED]
        depths = [page.depth for page in unread] + ([self._overflow] if self._overflow is not None else [])
        proven = min(depths, default=None)
        robots = min((page.depth for page in unread if page.reason is Reason.ROBOTS), default=None)
        reasons = [page.reason for page in unread if page.depth == proven and page.reason is not None]
        why = None if proven is None else (Reason.ROBOTS if robots == proven else next(iter(reasons), Reason.BUDGET))
        lost = next(
            (
                page.reason
                for page in unread
                if page.reason is not None and (page.interest >= PROMISING or page.depth == 0)
            ),
            None,
        )
        return Proof(proven, min([*sampled, *depths], default=None), self._smallest_sample(), robots, why, lost)

    def _improve(self, known: Candidate, page: Candidate) -> bool:
        """Let *known* have what *page* knows better of it: a shorter way, a more telling label, that it stands apart."""
        nearer = page.depth < known.depth
        unread = known.state in _WAITING
        telling = unread and page.depth == known.depth and page.interest > known.interest
        stands_out = unread and page.depth <= known.depth and page.apart and not known.apart
        if nearer or telling:
            _take_way(known, page)
            known.interest = max(page.interest, known.interest)
        known.apart = known.apart or stands_out
        if unread and (nearer or telling or stands_out):
            known.state = State.PENDING
            self._push(known)
        elif nearer:
            self._draw_nearer(known)
        return nearer or telling or stands_out

    def _draw_nearer(self, page: Candidate) -> None:
        """Bring nearer what *page*, read already and now itself nearer, leads to."""
        waiting = [page]
        while waiting:
            above = waiting.pop()
            for leads in self._leads.get(above.key, ()):
                for key, below in self._led_to(leads):
                    depth = above.depth + leads.cost
                    if depth >= below.depth:
                        continue
                    _lead_to(below, depth, key, leads)
                    if below.state in _WAITING:
                        below.state = State.PENDING
                        self._push(below)
                    waiting.append(below)

    def _measure(self) -> None:
        """Find the shortest way to every page anew, since one that was believed may be gone."""
        home = next(iter(self.known.values()))
        reached: set[int] = set()
        waiting: list[tuple[int, int, int, Candidate, str, Leads | None]] = [(0, 0, 0, home, "", None)]
        count = 0
        while waiting:
            depth, _, _, page, key, lead = heapq.heappop(waiting)
            if id(page) in reached:
                continue
            reached.add(id(page))
            if lead is not None:
                self._settle_way(page, depth, key, lead)
            for onward in self._leads.get(page.key, ()):
                for target, below in self._led_to(onward):
                    if id(below) not in reached:
                        count += 1
                        # Of equal ways the one that is known stays; else one that a browser showed is better.
                        rank = 0 if below.parent == onward.state else 1 if onward.ways is not None else 2
                        heapq.heappush(waiting, (depth + onward.cost, rank, count, below, target, onward))
        for page in self.known.values():
            if id(page) not in reached:
                page.depth = NOWHERE
                if page.state in _WAITING:
                    page.state = State.HIDDEN

    def _led_to(self, lead: Leads) -> Iterator[tuple[str, Candidate]]:
        for key in lead.keys:
            page = self.known.get(key)
            if page is not None and (lead.ways is not None or self._strikes[key] < STRIKES):
                yield key, page

    def _settle_way(self, page: Candidate, depth: int, key: str, lead: Leads) -> None:
        moved = page.depth != depth
        _lead_to(page, depth, key, lead)
        if moved and page.state in _WAITING:
            page.state = State.PENDING
            self._push(page)

    def _push(self, page: Candidate) -> None:
        self._count += 1
        free = 0 if page.action is Action.REDIRECT else 1
        order = zlib.crc32(page.key.encode()) if page.template is not None and not page.apart else self._count
        heapq.heappush(self._levels.setdefault(page.depth, []), (free - page.interest * 2, order, self._count, page))

    def _vouched_for(self, page: Candidate) -> bool:
        if page.template is None or page.apart or not self._sampling():
            return False
        return self._samples.vouch(page.template, page.depth, FEW_IN_BROWSER if self.needs_browser else FEW)

    def _sampling(self) -> bool:
        if self._basis is None:
            return len(self.known) > (LARGE_IN_BROWSER if self.needs_browser else LARGE_SITE)
        return self._basis is Basis.TEMPLATES

    def _release(self, template: str) -> None:
        for page in self._vouched.pop(template, ()):
            if page.state is State.SAMPLED:
                page.state = State.PENDING
                self._push(page)

    def _promising(self) -> Candidate | None:
        waiting = [
            page for page in self.known.values() if page.state is State.PENDING and page.depth <= self._budget.depth
        ]
        best = max(waiting, key=lambda page: (page.interest, -page.depth), default=None)
        return best if best is not None and best.interest >= PROMISING else None

    def _smallest_sample(self) -> int | None:
        sampled = {page.template for page in self.known.values() if page.state is State.SAMPLED}
        return min((self._samples.size(name) for name in sampled if name is not None), default=None)


def _take_way(page: Candidate, other: Candidate) -> None:
    """Reach *page* the way *other* is reached; all of it, since half of two ways is none."""
    page.depth, page.parent, page.action = other.depth, other.parent, other.action
    page.label, page.selector, page.box, page.hovered = other.label, other.selector, other.box, other.hovered
    page.framed = other.framed


def _lead_to(page: Candidate, depth: int, key: str, lead: Leads) -> None:
    """Reach *page*, there called *key*, by *lead*."""
    page.depth, page.parent, page.action = depth, lead.state, lead.action
    way = lead.ways.get(key) if lead.ways is not None else None
    if way is not None:
        page.label, page.selector, page.box, page.hovered = way
        page.framed = False


def _holds_no_contact(page: Candidate) -> bool:
    return page.interest < PROMISING and is_personal(page.url)
