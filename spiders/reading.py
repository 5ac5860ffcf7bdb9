"""What one look at one site yields: the closed visit and everything seen on the way, ready to be kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from spiders.detect.sighting import SetAside
from spiders.detect.sighting import Sighting as Detected
from spiders.search import PageRead, Press, Seen, SiteSearch
from storage.records import Click, Page, Sighting, Visit
from storage.vocabulary import Action


@dataclass(slots=True)
class SiteReading:
    """One visit with its pages, clicks and sightings; ``visit.finished_at`` closes it."""

    visit: Visit
    pages: list[Page] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)


def close_visit(
    visit: Visit, search: SiteSearch, finished_at: datetime, evidence: Mapping[str, str] | None = None
) -> SiteReading:
    """Return the records of a finished *search*, with *visit* closed at *finished_at*.

    *evidence* maps the address of a page to the name of its stored HTML.
    """
    verdict = search.verdict
    if verdict is None:
        raise ValueError("the search is not over: ask next() until it returns None, or stop() it")
    visit.status, visit.status_reason = verdict.status, verdict.reason
    visit.final_url = search.final_url
    visit.language = search.language or visit.language
    visit.pages_read = search.frontier.pages_read
    visit.bytes = search.bytes
    visit.warnings = search.warnings
    visit.search = {**search.proof()._asdict(), "channels": sorted(search.plan.channels)}
    visit.finished_at = finished_at
    kept = evidence or {}
    return SiteReading(
        visit,
        [_page(visit, entry, kept) for entry in search.pages],
        [click for position, entry in enumerate(search.pages) if (click := _click(visit, position, entry)) is not None]
        + [_press(visit, len(search.pages) + position, press) for position, press in enumerate(search.presses)],
        [_sighting(visit, entry) for entry in (*search.seen, *search.set_aside)],
    )


def _page(visit: Visit, entry: PageRead, evidence: Mapping[str, str]) -> Page:
    return Page(
        visit_id=visit.id, url=entry.url, depth=entry.page.depth, http_status=entry.status, content_type=entry.content_type,
        bytes=entry.size, template=entry.page.template, evidence=evidence.get(entry.url), failure=entry.failure,
    )  # fmt: skip


def _click(visit: Visit, position: int, entry: PageRead) -> Click | None:
    page = entry.page
    if page.parent is None:
        return None
    return Click(
        visit_id=visit.id, from_url=page.parent, to_url=entry.url, action=page.action, label=page.label,
        selector=page.selector or None, position=position,
    )  # fmt: skip


def _press(visit: Visit, position: int, press: Press) -> Click:
    return Click(
        visit_id=visit.id, from_url=press.source, to_url=press.target, action=Action.PRESS, label=press.label,
        selector=press.selector, position=position,
    )  # fmt: skip


def _sighting(visit: Visit, entry: Seen) -> Sighting:
    what = entry.what
    if isinstance(what, SetAside):
        return Sighting(
            visit_id=visit.id, page_url=entry.url, depth=entry.depth, channel=what.channel, value=what.value,
            context=what.context, set_aside=what.why,
        )  # fmt: skip
    return _shown(visit, entry, what)


def _shown(visit: Visit, entry: Seen, what: Detected) -> Sighting:
    tariff = what.tariff
    return Sighting(
        visit_id=visit.id, page_url=entry.url, depth=entry.depth, channel=what.channel, value=what.value, display=what.display,
        readable=what.readable, context=what.context, confidence=what.confidence,
        price_class=tariff.price_class if tariff else None,
        max_eur_per_min=tariff.max_eur_per_min if tariff else None,
        max_eur_per_call=tariff.max_eur_per_call if tariff else None,
        kind=what.kind, automatic=what.automatic,
    )  # fmt: skip
