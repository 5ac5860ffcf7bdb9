"""How many clicks a channel is away from the home page, from the records of one visit.

The depth is the shortest path in the graph of recorded clicks, never the order in which pages happened to be read.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from storage.vocabulary import Action, Basis, OutcomeKind, Reason, Searched, VisitStatus

Box = tuple[float, float, float, float]
"""x, y, width and height in CSS pixels of the page."""


class Edge(NamedTuple):
    """One recorded click: following and pressing cost one, a redirect none.

    Where a browser looked, ``box`` is where the link or control stood, ``hovered`` says that a menu had to be pointed at
    first, and ``seconds`` is how long the page took to answer.
    """

    source: str
    target: str
    action: Action
    label: str
    selector: str | None
    box: Box | None = None
    hovered: bool = False
    seconds: float | None = None


class Outcome(NamedTuple):
    """What is known of a channel's depth; what an outcome has no use for is ``None`` (``method.md``, section 1)."""

    kind: OutcomeKind
    clicks: int | None = None
    at_least: int | None = None
    basis: Basis | None = None
    searched: Searched | None = None
    reason: Reason | None = None
    template_sample: int | None = None


class Proven(NamedTuple):
    """What the search proved about every level below a number of clicks; ``None`` means that nothing was left unread.

    Every page on a level below ``proven`` was read or vouched for by a sample of its template; below ``complete`` every page
    was read.
    """

    proven: int | None = None
    complete: int | None = None
    sample: int | None = None
    robots: int | None = None
    why: Reason | None = None
    lost: Reason | None = None


def paths(home: str, edges: Iterable[Edge]) -> dict[str, list[Edge]]:
    """Return the shortest path from *home* to every page that the clicks lead to, as lists of edges, home's being empty."""
    leaving: dict[str, list[Edge]] = {}
    for edge in edges:
        leaving.setdefault(edge.source, []).append(edge)
    cost = {home: 0}
    arrived: dict[str, Edge] = {}
    waiting = deque([home])
    while waiting:
        page = waiting.popleft()
        for edge in leaving.get(page, ()):
            step = 0 if edge.action is Action.REDIRECT else 1
            if cost[page] + step < cost.get(edge.target, 1 << 30):
                cost[edge.target] = cost[page] + step
                arrived[edge.target] = edge
                (waiting.append if step else waiting.appendleft)(edge.target)
    return {page: _back(page, home, arrived) for page in cost}


def clicks_of(path: Sequence[Edge]) -> int:
    """Return what a path costs, in clicks."""
    return sum(1 for edge in path if edge.action is not Action.REDIRECT)


def _back(page: str, home: str, arrived: Mapping[str, Edge]) -> list[Edge]:
    steps: list[Edge] = []
    while page != home:
        steps.append(arrived[page])
        page = steps[-1].source
    return steps[::-1]


def outcome(nearest: int | None, proven: Proven, status: VisitStatus, status_reason: Reason | None) -> Outcome:
    """Return the outcome of one channel whose nearest sighting is *nearest* clicks away (``None``: never seen)."""
    if status in (VisitStatus.UNREACHABLE, VisitStatus.REFUSED, VisitStatus.BLOCKED):
        return Outcome(OutcomeKind.NOT_MEASURED, reason=status_reason or Reason.ROBOTS)
    if nearest is not None:
        return _seen(nearest, proven)
    if status_reason is Reason.CRAWLER_ERROR:
        return Outcome(OutcomeKind.NOT_MEASURED, reason=status_reason)
    return _not_seen(proven)


def _seen(clicks: int, proven: Proven) -> Outcome:
    if proven.proven is not None and clicks > proven.proven:
        return Outcome(OutcomeKind.AT_MOST, clicks, proven.proven, reason=proven.why)
    if proven.complete is not None and clicks > proven.complete:
        return Outcome(OutcomeKind.EXACT, clicks, clicks, Basis.TEMPLATES, template_sample=proven.sample)
    return Outcome(OutcomeKind.EXACT, clicks, clicks, Basis.COMPLETE)


def _not_seen(proven: Proven) -> Outcome:
    if proven.robots is not None:
        return Outcome(OutcomeKind.NOT_MEASURED, reason=Reason.ROBOTS)
    if proven.why is Reason.NEEDS_BROWSER or proven.lost is not None:
        return Outcome(OutcomeKind.NOT_MEASURED, reason=proven.lost or proven.why)
    if proven.proven is not None:
        return Outcome(OutcomeKind.NOT_FOUND, searched=Searched.BUDGET)
    if proven.complete is not None:
        return Outcome(OutcomeKind.NOT_FOUND, searched=Searched.TEMPLATES, template_sample=proven.sample)
    return Outcome(OutcomeKind.NOT_FOUND, searched=Searched.COMPLETE)
