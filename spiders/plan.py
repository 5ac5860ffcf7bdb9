"""What a search is asked for, what it is given, and what it tells of each page; plain values. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

from spiders.detect.page import ALL_CHANNELS
from spiders.frontier import Budget, Candidate
from storage.vocabulary import Basis, Channel, Reason, VisitStatus


@dataclass(frozen=True, slots=True)
class Plan:
    """What to look for on one site, and how far to go.

    ``channels`` ends the search once all of them are settled; ``basis`` ``None`` samples large sites only, ``COMPLETE`` never
    samples, ``TEMPLATES`` always does; ``exhaustive`` reads every page within the budget; ``render`` proves what is found in a
    browser.
    """

    country: str = "FR"
    channels: frozenset[Channel] = ALL_CHANNELS
    budget: Budget = Budget()
    basis: Basis | None = None
    exhaustive: bool = False
    render: bool = False


class Fetched(NamedTuple):
    """A page as it came: ``url`` after redirects, body decompressed, ``size`` in bytes.

    ``seconds`` is the time until the document was there and ``received`` the bytes of all that belongs to it, where a
    browser measured them.
    """

    url: str
    status: int
    body: bytes
    content_type: str | None = None
    seconds: float | None = None
    received: int | None = None

    @property
    def size(self) -> int:
        """Bytes received, those of the body where nothing else is told."""
        return len(self.body) if self.received is None else self.received


class PageRead(NamedTuple):
    """A page that was read or tried; ``failure`` says why it could not be.

    ``looked_for`` are the channels whose sightings were recorded, ``seconds`` as in :class:`Fetched`.
    """

    page: Candidate
    url: str
    depth: int
    status: int | None
    content_type: str | None
    size: int
    failure: Reason | None
    looked_for: frozenset[Channel] = frozenset()
    rendered: bool = False
    seconds: float | None = None


class Press(NamedTuple):
    """A control that shows more of *page*: pressing it in the state *source* leads to the state *target*.

    ``box`` and ``seconds`` are known where a browser pressed it.
    """

    page: Candidate
    source: str
    target: str
    label: str
    selector: str
    box: tuple[int, int, int, int] | None = None
    seconds: float | None = None


@dataclass(slots=True)
class Verdict:
    """How the visit as a whole ended."""

    status: VisitStatus
    reason: Reason | None = None
