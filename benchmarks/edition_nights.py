"""The nights of an invented merchant: one visit each, with pages, clicks, states of pages and sightings."""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from benchmarks.bulk import Rows, json_text, moment
from storage.records import Click, Page, PageState, Sighting, Visit
from storage.vocabulary import Channel

PATHS = ("", "contact", "mentions-legales", "aide", "cgv", "aide/retours")
"""The pages that are read, the home page first; the last one is two clicks away, the others one."""
DEPTHS = (0, 1, 1, 1, 1, 2)
SHOWN: Mapping[Channel, float] = {
    Channel.PHONE: 0.85,
    Channel.EMAIL: 0.65,
    Channel.CONTACT_PAGE: 0.9,
    Channel.FORM: 0.75,
    Channel.CHAT: 0.4,
    Channel.FACEBOOK: 0.8,
    Channel.X: 0.5,
    Channel.INSTAGRAM: 0.7,
    Channel.LINKEDIN: 0.4,
    Channel.YOUTUBE: 0.35,
    Channel.WHATSAPP: 0.1,
    Channel.CALLBACK: 0.15,
}
"""The share of merchants that show a channel (*ours*, near what surveys of shops found)."""
FLAPS = 0.02
"""The share of nights on which a channel is not where it was."""
LOST = 0.015
"""The share of nights on which the site could not be read."""

_SEARCH = json_text(
    {
        "proven": None, "complete": None, "sample": None, "robots": None, "why": None, "lost": None,
        "channels": sorted(Channel),
    }
)  # fmt: skip
_LOOKED_FOR = json_text(sorted(Channel))
_SOCIAL = {
    Channel.FACEBOOK: "https://www.facebook.com/",
    Channel.X: "https://x.com/",
    Channel.INSTAGRAM: "https://www.instagram.com/",
    Channel.LINKEDIN: "https://www.linkedin.com/company/",
    Channel.YOUTUBE: "https://www.youtube.com/@",
    Channel.WHATSAPP: "https://wa.me/",
}
_TARIFFS = (("ordinary", None), ("banalised", "0"), ("free", "0"), ("premium", "0.20"))


class Place(NamedTuple):
    """Where a merchant shows a channel: on which page, how far down, and what it is."""

    page: int
    y: int
    in_header: bool
    value: str


class Nights:
    """Writes the nights; *runs* are the keys of the crawls and when they began, in seconds."""

    def __init__(self, connection: Connection, draw: random.Random, runs: Sequence[tuple[str, float]]) -> None:
        self._draw, self._runs = draw, runs
        self._visits = Rows(
            connection, Visit, "id run_id merchant_id url final_url status status_reason started_at finished_at"
            " pages_read pages_rendered bytes cpu_seconds search", profile="desktop", country="FR", language="fr",
            tool_version="0.1.0", browser="Chromium 156.0", warnings="[]",
        )  # fmt: skip
        self._pages = Rows(
            connection, Page, "id visit_id url depth bytes fetched_at rendered evidence", http_status=200,
            content_type="text/html; charset=utf-8", template="/*", looked_for=_LOOKED_FOR,
        )  # fmt: skip
        self._clicks = Rows(
            connection, Click, "id visit_id from_url to_url label position box seconds", action="follow",
            selector="footer a", hovered=False,
        )  # fmt: skip
        self._states = Rows(
            connection, PageState, "id visit_id url page_url depth position seen_at response_seconds html layout picture",
            hovered=False, http_status=200, address="192.0.2.7", headers='[["content-type", "text/html"]]', bytes=250_000,
            looked_for=_LOOKED_FOR, warnings="[]", consent='{"kind": "none"}', age_gate='{"kind": "none"}',
        )  # fmt: skip
        self._sightings = Rows(
            connection, Sighting, "id visit_id page_url depth channel value display confidence price_class max_eur_per_min"
            " set_aside box in_header state_id", readable=True, context="Service clients", hovered=False, fixed=False,
        )  # fmt: skip
        self.tables = (self._visits, self._pages, self._clicks, self._states, self._sightings)

    def add(self, merchant: str, host: str, phone: str, quality: float) -> None:
        """Write the nights of one merchant; the better its *quality*, 0 to 1, the nearer its contacts."""
        urls = [f"https://{host}/{path}" for path in PATHS]
        tariff = self._draw.choices(_TARIFFS, (50, 15, 5, 30 * (1.2 - quality)))[0]
        places = {
            channel: self._place(channel, host, phone, quality)
            for channel, share in SHOWN.items()
            if self._draw.random() < share
        }
        for run, began in self._runs:
            at = began + self._draw.random() * 3 * 3_600
            if self._draw.random() < LOST:
                self._unread(merchant, run, urls[0], at)
            else:
                self._night(merchant, run, urls, at, places, tariff)

    def _place(self, channel: Channel, host: str, phone: str, quality: float) -> Place:
        near = self._draw.random() < 0.2 + 0.5 * quality
        page = 0 if near and channel is not Channel.CONTACT_PAGE else self._draw.choice((1, 1, 1, 2, 3, 5))
        if channel is Channel.CONTACT_PAGE:
            page = 1
        value = {
            Channel.PHONE: phone,
            Channel.CALLBACK: phone,
            Channel.EMAIL: f"bonjour@{host}",
            Channel.CHAT: "zendesk",
            Channel.CONTACT_PAGE: f"https://{host}/contact",
            Channel.FORM: f"https://{host}/contact",
        }.get(channel) or f"{_SOCIAL[channel]}{host.partition('.')[0]}"
        in_header = near and self._draw.random() < 0.4
        return Place(page, 40 if in_header else self._draw.randrange(300, 4_000), in_header, value)

    def _unread(self, merchant: str, run: str, url: str, at: float) -> None:
        self._visits.add(
            self._key(), run, merchant, url, None, "unreachable", "timeout", moment(at), moment(at + 60), 0, 0, 0, 0.1,
            _SEARCH,
        )  # fmt: skip

    def _night(
        self, merchant: str, run: str, urls: list[str], at: float, places: Mapping[Channel, Place],
        tariff: tuple[str, str | None],
    ) -> None:  # fmt: skip
        visit, shown = self._key(), {0, 1}
        self._visits.add(
            visit, run, merchant, urls[0], urls[0], "complete", None, moment(at), moment(at + 20), len(urls), len(shown),
            500_000, 1.5, _SEARCH,
        )  # fmt: skip
        states = {}
        for number, url in enumerate(urls):
            rendered = number in shown
            self._pages.add(self._key(), visit, url, DEPTHS[number], 80_000, moment(at + number), rendered, self._sum())
            if number:
                source = urls[3] if DEPTHS[number] == 2 else urls[0]
                self._clicks.add(
                    self._key(), visit, source, url, PATHS[number], number, f"[{40 * number}, 3400, 90, 20]", 0.4
                )
            if rendered:
                states[number] = self._key()
                self._states.add(
                    states[number], visit, url, url, DEPTHS[number], number, moment(at + number), 0.3,
                    self._sum(), self._sum(), self._sum(),
                )  # fmt: skip
        for channel, place in places.items():
            self._sight(visit, urls, channel, place, tariff, states)
        self._sightings.add(
            self._key(), visit, urls[2], 1, "phone", "+33145000000", "01 45 00 00 00", 1.0, None, None, "mediator",
            None, None, None,
        )  # fmt: skip

    def _sight(
        self, visit: str, urls: list[str], channel: Channel, place: Place, tariff: tuple[str, str | None],
        states: Mapping[int, str],
    ) -> None:  # fmt: skip
        page = place.page
        if self._draw.random() < FLAPS:
            if self._draw.random() < 0.5:
                return
            page = 5
        is_phone = channel is Channel.PHONE
        self._sightings.add(
            self._key(), visit, urls[page], DEPTHS[page], str(channel), place.value, place.value, 0.95,
            tariff[0] if is_phone else None, tariff[1] if is_phone else None, None,
            f"[120, {place.y}, 210, 18]" if page in states else None,
            place.in_header if page in states else None, states.get(page),
        )  # fmt: skip

    def _key(self) -> str:
        return f"{self._draw.getrandbits(128):032x}"

    def _sum(self) -> str:
        return f"{self._draw.getrandbits(256):064x}"
