"""What one look at one site yields: the closed visit and everything seen on the way, ready to be kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from spiders.detect.sighting import SetAside
from spiders.detect.sighting import Sighting as Detected
from spiders.frontier import NOWHERE, Candidate
from spiders.plan import PageRead, Press
from spiders.search import SiteSearch
from spiders.sights import Sight
from storage.records import Click, Page, PageState, Sighting, Visit
from storage.vocabulary import Action, Channel, Reason


class Capture(NamedTuple):
    """A state of *page*, the *view*-th that a browser showed, with the names of the files that were stored of it.

    The other fields are those of :class:`~storage.records.PageState`.
    """

    page: Candidate
    view: int
    address: str
    cost: int
    hovered: bool
    looked_for: frozenset[Channel]
    seen_at: datetime
    http_status: int | None
    ip_address: str | None
    headers: tuple[tuple[str, str], ...]
    response_seconds: float | None
    bytes: int
    html: str | None
    layout: str | None
    picture: str | None
    consent: dict[str, Any] | None
    age_gate: dict[str, Any] | None
    ended: Reason | None
    warnings: tuple[str, ...]


@dataclass(slots=True)
class SiteReading:
    """One visit with its pages, clicks, sightings and the states a browser showed; ``visit.finished_at`` closes it."""

    visit: Visit
    pages: list[Page] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    states: list[PageState] = field(default_factory=list)


def close_visit(
    visit: Visit,
    search: SiteSearch,
    finished_at: datetime,
    evidence: Mapping[str, str] | None = None,
    captures: Iterable[Capture] = (),
) -> SiteReading:
    """Return the records of a finished *search*, with *visit* closed at *finished_at*.

    *evidence* maps the address of a page to the name of its stored HTML, *captures* are the states a browser showed.
    """
    verdict = search.verdict
    if verdict is None:
        raise ValueError("the search is not over: ask next() until it returns None, or stop() it")
    visit.status, visit.status_reason = verdict.status, verdict.reason
    visit.final_url = search.final_url
    visit.language = search.language or visit.language
    visit.pages_read = search.frontier.pages_read
    visit.pages_rendered = search.rendered
    visit.bytes = search.bytes
    visit.warnings = search.warnings
    visit.search = {**search.proof()._asdict(), "channels": sorted(search.plan.channels)}
    visit.finished_at = finished_at
    kept = evidence or {}
    presses = [press for press in search.presses if press.page.depth < NOWHERE]
    states = [(capture, _state(visit, position, capture, search)) for position, capture in enumerate(captures)]
    keys = {(id(capture.page), capture.view): state.id for capture, state in states}
    return SiteReading(
        visit,
        [_page(visit, read, kept) for read in search.pages],
        [click for position, read in enumerate(search.pages) if (click := _click(visit, position, read)) is not None]
        + [_press(visit, len(search.pages) + position, press) for position, press in enumerate(presses)],
        [
            _sighting(visit, sight, keys.get((id(sight.page), sight.view)))
            for sight in (*search.seen(), *search.sights.set_aside)
        ],
        [state for _, state in states],
    )


def _page(visit: Visit, read: PageRead, evidence: Mapping[str, str]) -> Page:
    depth = read.page.depth if read.page.depth < NOWHERE else read.depth
    return Page(
        visit_id=visit.id, url=read.url, depth=depth, http_status=read.status, content_type=read.content_type,
        bytes=read.size, template=read.page.template, evidence=evidence.get(read.url), failure=read.failure,
        rendered=read.rendered, looked_for=sorted(read.looked_for),
    )  # fmt: skip


def _click(visit: Visit, position: int, read: PageRead) -> Click | None:
    page = read.page
    if page.parent is None or page.depth >= NOWHERE:
        return None
    return Click(
        visit_id=visit.id, from_url=page.parent, to_url=read.url, action=page.action, label=page.label,
        selector=page.selector or None, position=position, box=_box(page.box), hovered=page.hovered, seconds=read.seconds,
    )  # fmt: skip


def _press(visit: Visit, position: int, press: Press) -> Click:
    return Click(
        visit_id=visit.id, from_url=press.source, to_url=press.target, action=Action.PRESS, label=press.label,
        selector=press.selector, position=position, box=_box(press.box), seconds=press.seconds,
    )  # fmt: skip


def _state(visit: Visit, position: int, capture: Capture, search: SiteSearch) -> PageState:
    page = capture.page
    proven = search.is_proven(page)
    return PageState(
        visit_id=visit.id, url=capture.address, page_url=page.url,
        depth=page.depth + capture.cost if proven else capture.cost, position=position, hovered=capture.hovered,
        seen_at=capture.seen_at, http_status=capture.http_status, address=capture.ip_address,
        headers=[list(pair) for pair in capture.headers], response_seconds=capture.response_seconds, bytes=capture.bytes,
        html=capture.html, layout=capture.layout, picture=capture.picture, consent=capture.consent,
        age_gate=capture.age_gate, looked_for=sorted(capture.looked_for) if proven else [], ended=capture.ended,
        warnings=list(capture.warnings),
    )  # fmt: skip


def _sighting(visit: Visit, sight: Sight, state_id: str | None) -> Sighting:
    what = sight.what
    depth = sight.depth if sight.depth < NOWHERE else sight.cost
    if isinstance(what, SetAside):
        return Sighting(
            visit_id=visit.id, page_url=sight.address, depth=depth, channel=what.channel, value=what.value,
            context=what.context, set_aside=what.why,
        )  # fmt: skip
    return _shown(visit, sight, what, state_id)


def _shown(visit: Visit, sight: Sight, what: Detected, state_id: str | None) -> Sighting:
    tariff, place = what.tariff, sight.place
    return Sighting(
        visit_id=visit.id, page_url=sight.address, depth=sight.depth, channel=what.channel, value=what.value,
        display=what.display, readable=what.readable, context=what.context, confidence=what.confidence,
        price_class=tariff.price_class if tariff else None,
        max_eur_per_min=tariff.max_eur_per_min if tariff else None,
        max_eur_per_call=tariff.max_eur_per_call if tariff else None,
        kind=what.kind, automatic=what.automatic, box=_box(place.box if place else None),
        in_header=place.in_header if place else None, fixed=place.fixed if place else None, hovered=sight.hovered,
        state_id=state_id,
    )  # fmt: skip


def _box(box: tuple[int, int, int, int] | None) -> list[int] | None:
    return None if box is None else list(box)
