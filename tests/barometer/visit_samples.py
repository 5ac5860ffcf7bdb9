"""Visits for the tests: one that only read sources, and one whose states a browser showed, with the evidence of both.

The rendered one is written by hand: what a person sees of it, where it stands, and what was recorded of it.
"""

from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from barometer.audit_files import EVIDENCE_FOLDER, RESULT_FILE, VISIT_FILE, json_file
from barometer.result import audit_result
from barometer.visit_file import visit_json
from spiders.browser.layout import Box, Element, Piece, Run, Snapshot
from spiders.browser.picture import with_margin
from spiders.plan import Fetched, Plan
from spiders.reading import SiteReading, close_visit
from spiders.search import SiteSearch
from storage.evidence import EvidenceStore
from storage.records import Click, Page, PageState, Sighting, Visit
from storage.vocabulary import Action, Channel, PriceClass, SetAsideReason, VisitStatus
from tests.spiders.paper_site import HOME, page

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
CONTACT = f"{HOME}contact"
PRESSED = f"{CONTACT}#:~:text=Afficher%20l%27adresse"
WARNINGS = ["l’accueil \x1b[31mclignote\u202e et <b>ment</b>"]
ROBOTS = b"User-agent: *\nDisallow: /panier\n"

STATIC_PAGES = {
    HOME: page("/contact|Nous contacter", "/aide|Aide", body="<p>Fax : 01 99 00 55 66</p>"),
    CONTACT: page(body="<h1>Contact</h1><p>Service clients : 01 99 00 11 22</p>"),
    f"{HOME}aide": page(
        body="<details><summary>Par courriel</summary><p>aide@shop.example</p></details>"
        "<details><summary>Adresse</summary><p>3, rue du Port</p></details>"
    ),
}


def static_visit(store: EvidenceStore, pages: dict[str, str] | None = None) -> SiteReading:
    """Return the visit that a search of *pages* gives without a browser, its evidence in *store*."""
    served = STATIC_PAGES if pages is None else pages
    search, kept = SiteSearch(HOME, Plan()), dict[str, str]()
    while (wanted := search.next()) is not None:
        body = served.get(wanted.url)
        search.take(
            wanted, Fetched(wanted.url, 200 if body else 404, (body or "").encode(), "text/html; charset=utf-8")
        )
        if body:
            kept[wanted.url] = store.put(body.encode(), ".html")
    visit = Visit(url=HOME, user_agent="barometer-test", tool_version="0.1.0", started_at=NOON, cpu_seconds=0.25)
    return close_visit(visit, search, NOON, kept)


def snapshot(url: str, lines: list[tuple[str, str, Box]]) -> Snapshot:
    """Return a snapshot whose elements are *lines*: words, target of the link or an empty string, box."""
    elements, runs, html = {}, [], []
    for number, (words, href, box) in enumerate(lines, 1):
        elements[number] = Element(number, "link" if href else "part", box, box.y < 900, box.y < 80, False, href)
        runs.append(Run(number, box, (Piece(words, None),)))
        tag = f'a href="{href}"' if href else "p"
        html.append(f'<{tag} data-b="{number}">{words}</{tag.partition(" ")[0]}>')
    return Snapshot(
        url=url, title="Boutique", html=f"<html lang=fr><body>{''.join(html)}</body></html>", viewport=(1440, 900),
        page=(1440, 2400), scrolled=(0, 0), locked=False, truncated=False, elements=elements, runs=tuple(runs),
        pictures=(), frames=(),
    )  # fmt: skip


LINK = ("Nous contacter", "/contact", Box(1200, 30, 120, 20))
FAX = ("Fax : 01 99 00 55 66", "", Box(120, 2200, 300, 20))
NUMBER = ("Service clients : 01 99 00 11 22", "", Box(120, 400, 400, 24))
BUTTON = ("Afficher l'adresse", "#adresse", Box(120, 1000, 160, 30))
ADDRESS = ("Écrivez à bonjour@shop.example", "", Box(120, 1040, 300, 20))
STATES = [
    (HOME, HOME, 0, [LINK, FAX]),
    (CONTACT, CONTACT, 1, [LINK, NUMBER, BUTTON]),
    (PRESSED, CONTACT, 2, [LINK, NUMBER, BUTTON, ADDRESS]),
]


def rendered_visit(store: EvidenceStore) -> SiteReading:
    """Return the visit of a site that a browser showed, its evidence in *store*."""
    channels = [str(channel) for channel in Channel]
    visit = Visit(
        url=HOME, final_url=HOME, language="fr", status=VisitStatus.COMPLETE, started_at=NOON, finished_at=NOON,
        tool_version="0.1.0", browser="Chromium 156.0", user_agent="barometer-test\r\nX-Injected: 1", pages_read=2,
        pages_rendered=2, bytes=4321, cpu_seconds=1.5, search={"channels": channels}, warnings=WARNINGS,
        robots=store.put(ROBOTS, ".txt"),
    )  # fmt: skip
    states = [_state(store, visit, at, *told) for at, told in enumerate(STATES)]
    return SiteReading(visit, _pages(visit), _clicks(visit), _sightings(visit, states), states)


def _state(
    store: EvidenceStore, visit: Visit, at: int, url: str, page_url: str, depth: int, lines: list[tuple[str, str, Box]]
) -> PageState:
    seen = snapshot(page_url, lines)
    picture = with_margin(Image.new("RGB", (1440, 2400), (250 - at, 246, 239)), url, NOON)
    return PageState(
        visit_id=visit.id, url=url, page_url=page_url, depth=depth, position=at, seen_at=NOON, http_status=200,
        address="192.0.2.7", headers=[["Server", "nginx"], ["X-Words", "a\r\nWARC-Type: response"]],
        response_seconds=0.42, bytes=2000, html=store.put(seen.html.encode(), ".html"),
        layout=store.put(seen.to_json().encode(), ".json"), picture=store.put(picture.png, ".png"),
        consent={"kind": "closed", "how": "opt-out", "label": "Refuser", "seconds": 0.8, "box": [1, 2, 3, 4]} if not at else None,
        looked_for=[channel for channel in Channel if at < 2 or channel is Channel.EMAIL],
    )  # fmt: skip


def _pages(visit: Visit) -> list[Page]:
    common = {"http_status": 200, "content_type": "text/html", "rendered": True, "fetched_at": NOON}
    looked_for = [str(channel) for channel in Channel]
    return [
        Page(visit_id=visit.id, url=url, depth=depth, bytes=2000, looked_for=looked_for, **common)  # type: ignore[arg-type]
        for url, depth in ((HOME, 0), (CONTACT, 1))
    ]


def _clicks(visit: Visit) -> list[Click]:
    return [
        Click(
            visit_id=visit.id, from_url=HOME, to_url=CONTACT, action=Action.FOLLOW, label="Nous contacter",
            selector='a[href="/contact"]', position=1, box=[*LINK[2]], seconds=0.42,
        ),
        Click(
            visit_id=visit.id, from_url=CONTACT, to_url=PRESSED, action=Action.PRESS, label="Afficher l'adresse",
            selector="#adresse", position=2, box=[*BUTTON[2]], seconds=0.1,
        ),
    ]  # fmt: skip


def _sightings(visit: Visit, states: list[PageState]) -> list[Sighting]:
    _, contact, pressed = states
    shown = {"visit_id": visit.id, "fixed": False}
    return [
        Sighting(
            page_url=CONTACT, depth=1, channel=Channel.PHONE, value="+33199001122", display="01 99 00 11 22",
            context=f"Nous contacter {NUMBER[0]} {BUTTON[0]}", price_class=PriceClass.ORDINARY, box=[120, 400, 400, 24],
            in_header=False, state_id=contact.id, **shown,  # type: ignore[arg-type]
        ),
        Sighting(
            page_url=CONTACT, depth=1, channel=Channel.CONTACT_PAGE, value=CONTACT, display="", confidence=0.9,
            state_id=contact.id, **{**shown, "fixed": None},  # type: ignore[arg-type]
        ),
        Sighting(
            page_url=PRESSED, depth=2, channel=Channel.EMAIL, value="bonjour@shop.example",
            display="bonjour@shop.example", context=f"Nous contacter {NUMBER[0]} {BUTTON[0]} {ADDRESS[0]}", box=[120, 1040, 300, 20],
            in_header=False, state_id=pressed.id, **shown,  # type: ignore[arg-type]
        ),
        Sighting(
            visit_id=visit.id, page_url=HOME, depth=0, channel=Channel.PHONE, value="+33199005566",
            context=f"Nous contacter {FAX[0]}", set_aside=SetAsideReason.FAX,
        ),
    ]  # fmt: skip


def audit_folder(folder: Path, make: str = "rendered") -> tuple[Path, SiteReading]:
    """Return an audit folder with a visit file and its evidence, and the reading in it; *make* it static or rendered."""
    store = EvidenceStore(folder / EVIDENCE_FOLDER)
    reading = rendered_visit(store) if make == "rendered" else static_visit(store)
    folder.mkdir(exist_ok=True)
    (folder / VISIT_FILE).write_text(visit_json([reading]), "utf-8")
    (folder / RESULT_FILE).write_text(json_file(audit_result(reading, 0.75)), "utf-8")
    return folder, reading
