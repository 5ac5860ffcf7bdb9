"""One page while a browser shows it: what each of its states adds, and what its source promised and nobody can see. Pure."""

from collections.abc import Callable, Collection
from urllib.parse import quote

from spiders.browser.layout import Element
from spiders.detect.document import Document
from spiders.detect.promises import promised as promised_by
from spiders.detect.sighting import Sighting
from spiders.detect.walls import wall_of
from spiders.frontier import Candidate, Frontier, Leads
from spiders.harvest import SHOWN, Harvest, Shown
from spiders.identity import page_key
from spiders.judging import is_pictured, judged, placed
from spiders.plan import Plan, Press
from spiders.sights import Sight, Sights, View
from storage.vocabulary import Action, Channel, Reason

TOLD_WHEN_HIDDEN = frozenset({Channel.PHONE, Channel.EMAIL})
"""Channels of which it is told what the source of a page holds and nobody can see."""


class Showing:
    """A page in the browser; *source* is its mark-up as the scripts left it, *promised* what its source let us expect, ``None``
    where nobody read it.

    ``thorough`` tells that its controls are pressed: on the home page, on a page shown to prove something, and on any other
    that shows something; the rest is only glanced at.
    ``wall`` is what stands in front of the home page, in a frame over all of it perhaps: then nothing of it counts.
    ``values`` is what was seen so far, ``looked_for`` the channels that were recorded, ``warnings`` are for people.
    """

    def __init__(
        self,
        page: Candidate,
        source: Document,
        promised: list[Sight] | None,
        looked_for: frozenset[Channel],
        *,
        plan: Plan,
        home: bool,
        frontier: Frontier,
        harvest: Harvest,
        sights: Sights,
        wanted_at: Callable[[int], frozenset[Channel]],
    ) -> None:
        self.page = page
        self.source = source
        self.looked_for = looked_for
        self.looked_now: frozenset[Channel] = frozenset()
        self.thorough = home or promised is not None
        self.values: set[tuple[Channel, str]] = set()
        self.presses: list[Press] = []
        self.warnings: list[str] = []
        self.views = 0
        self.wall: Reason | None = None
        self._promised = promised
        self._plan = plan
        self._home = home
        self._frontier = frontier
        self._harvest = harvest
        self._sights = sights
        self._wanted_at = wanted_at
        self._leads: list[Leads] = []
        self._known: frozenset[str] = frozenset()
        self._states: dict[str, Press] = {}
        self._written = {link.url: link.href for link in reversed(source.links)}

    def show(self, view: View) -> bool:
        """Record a state; return whether it is worth a picture."""
        first = self.views == 0
        if first and self._home:
            self.wall = wall_of(200, view.snapshot.document)
            if self.wall is not None:
                return False
        self.views += 1
        seen = self._look_at(view, first)
        elements = {element.href: element for element in _best_last(view)}
        shown = Shown(elements, self._written, view.hovered)
        depth = self.page.depth + view.cost + 1
        known = frozenset(self._frontier.known)
        leads = self._harvest.take(self.page, view.snapshot.document, view.address, depth, shown)
        promising = self._harvest.promises(leads, known)
        self.thorough = self.thorough or bool(seen) or self._offers(view.snapshot.document)
        news = [key for key in leads.keys if key not in self._known]
        if first or news:
            self._leads.append(leads if first else leads._replace(keys=news))
        self._known |= frozenset(news)
        if view.cost and view.way is not None and view.before is not None:
            way = view.way
            self._states[view.address] = Press(
                self.page, view.before, view.address, way.label, way.selector, way.box, view.seconds
            )
        if seen or news:
            self._count_presses(view.address)
        return (first and self.thorough) or bool(seen) or promising

    def lead(self, view: View, cost: int, url: str) -> None:
        """Record that a control, in the state *view* names, leads to *url* as a link would, *cost* clicks away."""
        way = view.way
        if way is None:
            return
        key = page_key(url)
        depth = self.page.depth + cost
        self._frontier.add(
            Candidate(key, url, depth, view.address, Action.FOLLOW, way.label, way.selector, apart=True, box=way.box)
        )
        self._leads.append(Leads(view.address, cost, Action.FOLLOW, [key], {key: way}))
        self._count_presses(view.address)

    def brings_nearer(self) -> bool:
        """Tell whether a press could bring a channel nearer."""
        near = self.page.depth + 1
        if not self.thorough:
            return False
        return self._plan.exhaustive or any(self._sights.nearest(one) > near for one in self._plan.channels)

    def end(self) -> None:
        """Let what was shown take the place of what the source promised; what nobody can see is set aside as hidden."""
        hidden = self._harvest.keys(self.source)
        self._frontier.replace(self.page, self._leads, hidden)
        expected = self._written_only() if self._promised is None else self._promised
        self._sights.deny(expected, self.values)

    def _offers(self, document: Document) -> bool:
        """Tell whether a control says that it shows what would be the nearest of its channel."""
        near = self.page.depth + 1
        return any(self._sights.nearest(channel) > near for channel in promised_by(document) & self._plan.channels)

    def _written_only(self) -> list[Sight]:
        """Return the numbers and addresses in the source of a page that was never read without a browser."""
        asked = self._plan.channels & TOLD_WHEN_HIDDEN
        found = judged(self.source, self._plan.country, asked) if asked else None
        return [Sight(self.page, self.source.url, 0, what) for what in (found.sightings if found else ())]

    def _count_presses(self, address: str) -> None:
        """Record the presses that lead to the state *address*: one that shows nothing but the next is a click too."""
        chain: list[Press] = []
        press = self._states.pop(address, None)
        while press is not None:
            chain.append(press)
            press = self._states.pop(press.source, None)
        self.presses += reversed(chain)

    def _look_at(self, view: View, first: bool) -> list[Sight]:
        """Record what *view* shows of the channels still looked for, beyond what was shown already."""
        page = self.page
        nearer = self._wanted_at(page.depth + view.cost)
        wanted = self.looked_for if first else (self.looked_for & nearer) | (nearer if view.cost else frozenset())
        if view.cost and ":~:" in view.address:
            # A press that leads to an address of its own, as client-side routers do, leads to a page.
            wanted -= {Channel.CONTACT_PAGE}
        self.looked_for |= wanted
        self.looked_now = wanted
        label = page.label if first and page.action is Action.FOLLOW else ""
        document = view.snapshot.document
        asked = self._plan.channels if first else wanted
        found = judged(document, self._plan.country, asked, home=self._home, label=label, snapshot=view.snapshot)
        new = [what for what in found.sightings if (what.channel, what.value.casefold()) not in self.values]
        seen = [self._sight(view, what) for what in new if what.channel in wanted]
        self.values.update((what.channel, what.value.casefold()) for what in new)
        self._sights.add(seen)
        if first or seen:
            self._sights.add(Sight(page, view.address, view.cost, what) for what in found.set_aside)
        return seen

    def _sight(self, view: View, what: Sighting) -> Sight:
        if is_pictured(what):
            self.warnings.append(f"{what.channel} {what.value} on {self.page.url} can be read in a picture only")
        place = placed(view.snapshot, what, self._plan.country)
        return Sight(self.page, view.address, view.cost, what, place, view.hovered, self.views)


def press_state(state: str, label: str, among: Collection[str] = ()) -> str:
    """Return an address for what pressing *label* in *state* leads to, other than all of *among*: a text directive each press."""
    joint = "&" if ":~:" in state else ":~:" if "#" in state else "#:~:"
    address = f"{state}{joint}text={quote(label[:SHOWN], safe='')}"
    named, number = address, 1
    while named in among:
        number += 1
        named = f"{address}&nth={number}"
    return named


def _best_last(view: View) -> list[Element]:
    """Return the links of a state, those in the header last, and of the others the highest."""
    links = [element for element in view.snapshot.elements.values() if element.href]
    return sorted(links, key=lambda element: (element.in_header, -element.box.y))
