"""Read a test market in this process and without a network: the search, fed by the market's own replies.

What the crawl does around the search is done by the same parts as there: redirects by ``spiders.redirects``, robots.txt
by ``spiders.robots``, what is no page by ``spiders.failures``.
"""

from functools import cache
from typing import Any
from urllib.parse import urldefrag, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import Settings

from barometer.result import audit_result
from spiders import settings as defaults
from spiders.contact import ContactSpider
from spiders.failures import Refusal, RobotsRefusal, reason_of
from spiders.plan import Fetched
from spiders.reading import close_visit
from spiders.redirects import Redirects
from spiders.robots import Rules
from spiders.search import SiteSearch
from storage.records import Visit, utc_now
from storage.vocabulary import Reason
from tests.markets.orders import plan_of
from tests.markets.serve import MARKETS, MarketSite, home_path, hosts

HOST = "127.10.0.1:8300"
"""Where a market stands that has no name of its own."""


def read_market(slug: str) -> dict[str, Any]:
    """Return the audit result of market *slug*, as the crawl would give it."""
    web = _Web(MarketSite(MARKETS / slug / "site"), hosts(slug) or [HOST])
    search = SiteSearch(f"http://{web.hosts[0]}{home_path(slug)}", plan_of(slug))
    while (page := search.next()) is not None:
        fetched = web.fetch(page.url)
        if isinstance(fetched, Fetched):
            search.take(page, fetched)
        else:
            search.fail(page, fetched)
    visit = Visit(url=search.url, country=search.plan.country, user_agent="barometer-test")
    return audit_result(close_visit(visit, search, utc_now()))


class _Web:
    """One market's pages under all its *hosts*; no other host exists."""

    def __init__(self, site: MarketSite, hosts: list[str]) -> None:
        self.hosts = hosts
        self._site = site
        robots = site("GET", "/robots.txt")
        self._rules = Rules(
            robots.body.decode() if robots.status == 200 else None, _crawler().settings["ROBOTSTXT_USER_AGENT"]
        )

    def fetch(self, url: str) -> Fetched | Reason:
        """Return the page at *url* after redirects, or why it could not be had."""
        try:
            response = self._followed(Request(urldefrag(url).url, dont_filter=True))
        except Refusal as refused:
            return reason_of(refused)
        reason = reason_of(response)
        if reason is not None and reason is not Reason.HTTP_ERROR:
            return reason
        return Fetched(response.url, response.status, response.body, (response.headers["Content-Type"] or b"").decode())

    def _followed(self, request: Request) -> Response:
        redirects = Redirects.from_crawler(_crawler())
        while True:
            if not self._rules.allowed(request.url):
                raise RobotsRefusal(request.url)
            led_on = redirects.process_response(request, self._answer(request.url))
            if isinstance(led_on, Response):
                return led_on
            request = led_on

    def _answer(self, url: str) -> Response:
        parts = urlsplit(url)
        if parts.netloc not in self.hosts:
            raise _NoSuchHost(url)
        reply = self._site("GET", url.partition(parts.netloc)[2] or "/")
        headers = {"Content-Type": reply.content_type, **dict(reply.headers)}
        return Response(url, reply.status, headers=headers, body=reply.body)


class _NoSuchHost(Refusal):
    reason = Reason.DNS


@cache
def _crawler() -> Crawler:
    settings = Settings()
    settings.setmodule(defaults, priority="project")
    return Crawler(ContactSpider, settings)
