"""What was seen of one site so far, and how many clicks away; what a browser denied is taken back. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from spiders.browser.layout import Snapshot
from spiders.browser.locate import Place
from spiders.detect.sighting import SetAside, Sighting
from spiders.frontier import NOWHERE, STRIKES, Candidate, Way
from storage.vocabulary import Channel, SetAsideReason


class View(NamedTuple):
    """One state of a page, as a browser showed it.

    ``address`` names the state and ``cost`` is the clicks from the page to it. ``way`` is the control that was pressed in
    the state ``before``, which took ``seconds`` to answer, or the menu pointed at; ``None`` for the page as it settled.
    ``scrolled`` tells that the window stood further down, where bars show that the top has not.
    """

    address: str
    snapshot: Snapshot
    cost: int = 0
    way: Way | None = None
    before: str | None = None
    seconds: float | None = None
    scrolled: bool = False

    @property
    def hovered(self) -> bool:
        """Whether this is what showed while a menu was pointed at."""
        return self.way is not None and self.cost == 0


@dataclass(slots=True, eq=False)
class Sight:
    """A channel, or a value set aside, in a state of a page that is *cost* clicks further than the page itself.

    ``view`` is the number of the state among those a browser showed of the page, 0 where none did.
    """

    page: Candidate
    address: str
    cost: int
    what: Sighting | SetAside
    place: Place | None = None
    hovered: bool = False
    view: int = 0

    @property
    def depth(self) -> int:
        """Clicks from the home page."""
        return self.page.depth + self.cost


class Sights:
    """The sightings of one site; ``shown`` are the keys of the pages that a browser showed."""

    def __init__(self) -> None:
        self.shown: set[str] = set()
        self.kept: list[Sight] = []
        self.set_aside: list[Sight] = []
        self._nearest: dict[Channel, int] = {}
        self._denied: Counter[tuple[Channel, str]] = Counter()

    def add(self, sights: Iterable[Sight]) -> None:
        """Remember *sights*."""
        for sight in sights:
            if isinstance(sight.what, SetAside):
                self.set_aside.append(sight)
                continue
            self.kept.append(sight)
            if self._believed(sight):
                channel = sight.what.channel
                self._nearest[channel] = min(sight.depth, self._nearest.get(channel, NOWHERE))

    def nearest(self, channel: Channel) -> int:
        """Return the fewest clicks *channel* was seen at, :data:`~spiders.frontier.NOWHERE` where it was not."""
        return self._nearest.get(channel, NOWHERE)

    def best(self, channel: Channel) -> Sight | None:
        """Return the nearest sighting of *channel*; of equal ones one that a browser showed, else the first."""
        mine = (sight for sight in self.kept if sight.what.channel is channel and self._believed(sight))
        return min(mine, key=lambda sight: (sight.depth, sight.page.key not in self.shown), default=None)

    def take_back(self, page: Candidate) -> list[Sight]:
        """Forget what was seen on *page*, and return the sightings among it."""
        taken = [sight for sight in self.kept if sight.page is page]
        self.kept = [sight for sight in self.kept if sight.page is not page]
        self.set_aside = [sight for sight in self.set_aside if sight.page is not page]
        self.measure()
        return taken

    def deny(self, sights: Iterable[Sight], shown: Collection[tuple[Channel, str]]) -> None:
        """Set aside as hidden those of *sights*, read in a page's source, that a browser did not show."""
        for sight in sights:
            what = sight.what
            if (what.channel, what.value.casefold()) not in shown:
                self._denied[what.channel, what.value.casefold()] += 1
                hidden = SetAside(what.channel, what.value, SetAsideReason.HIDDEN, what.context)
                self.set_aside.append(Sight(sight.page, sight.address, sight.cost, hidden))
        self.measure()

    def measure(self) -> None:
        """Find the nearest sightings anew, since a way to one may be gone."""
        self._nearest = {}
        for sight in self.kept:
            if self._believed(sight):
                channel = sight.what.channel
                self._nearest[channel] = min(sight.depth, self._nearest.get(channel, NOWHERE))

    def _believed(self, sight: Sight) -> bool:
        if sight.page.key in self.shown:
            return True
        return not self._denied or self._denied[sight.what.channel, sight.what.value.casefold()] < STRIKES
