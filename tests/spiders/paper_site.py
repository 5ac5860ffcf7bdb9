"""A site on paper: pages by address, read by the search as if they had been fetched; nothing is served."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

from barometer.result import audit_result, outcomes
from spiders.plan import Fetched, Plan
from spiders.reading import SiteReading, close_visit
from spiders.search import SiteSearch
from storage.records import Visit, utc_now
from storage.vocabulary import Channel, Reason

HOME = "http://www.shop.example/"
PHONE = "<p>Téléphone : 01 99 00 12 34</p>"


class Answer(NamedTuple):
    """What a page answers: HTML, a status, where a redirect led, or why it could not be had."""

    html: str = ""
    status: int = 200
    moved_to: str | None = None
    failure: Reason | None = None


def page(*links: str, body: str = "", head: str = "") -> str:
    """Return a page with *body* and a link to each of *links*; ``address|words`` sets the words of a link."""
    listed = "".join(
        f'<li><a href="{href}">{words or href}</a>' for href, _, words in (one.partition("|") for one in links)
    )
    return f"<!doctype html><html lang=fr><head>{head}</head><body>{body}<ul>{listed}</ul></body></html>"


class PaperSite:
    """*pages* by path or address; what is not there answers 404. ``asked`` lists what was fetched, in order."""

    def __init__(self, pages: Mapping[str, str | Answer], home: str = HOME) -> None:
        self.home = home
        self.asked: list[str] = []
        self._pages = {urljoin(home, address): answer for address, answer in pages.items()}

    def search(self, plan: Plan | None = None, seconds_a_page: float = 0.0) -> SiteSearch:
        """Read the site to the end of the search and return it; the clock moves on by *seconds_a_page*."""
        search = SiteSearch(self.home, plan or Plan(channels=frozenset({Channel.PHONE})))
        while (wanted := search.next(len(self.asked) * seconds_a_page)) is not None:
            url = urldefrag(wanted.url).url
            self.asked.append(url)
            answer = self._pages.get(url, Answer("<p>Page introuvable</p>", 404))
            if isinstance(answer, str):
                answer = Answer(answer)
            if answer.failure is not None:
                search.fail(wanted, answer.failure)
                continue
            came_from = urljoin(url, answer.moved_to) if answer.moved_to else url
            html = answer.html
            if answer.moved_to and not html:
                there = self._pages.get(came_from, Answer("", 404))
                answer = Answer(there) if isinstance(there, str) else there
            search.take(wanted, Fetched(came_from, answer.status, answer.html.encode(), "text/html; charset=utf-8"))
        return search

    def read(self, plan: Plan | None = None, seconds_a_page: float = 0.0) -> SiteReading:
        """Return the closed reading of the site."""
        return close_visit(Visit(url=self.home), self.search(plan, seconds_a_page), utc_now())

    @property
    def paths(self) -> list[str]:
        """Return what was asked for below the home address."""
        return [address.removeprefix(self.home.rstrip("/")) for address in self.asked]


def phone_of(reading: SiteReading) -> tuple[object, ...]:
    """Return the outcome of the phone, without what is ``None``: its kind, clicks, at_least, basis, searched, reason."""
    found = outcomes(reading)[Channel.PHONE]
    return tuple(str(part) if isinstance(part, str) else part for part in found[:6] if part is not None)


def result_of(reading: SiteReading) -> dict[str, object]:
    """Return the contract's JSON of a reading."""
    return audit_result(reading)
