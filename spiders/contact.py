"""The contact spider: reads many merchants' sites at once, one request at a time a site.

Each site has a search (:mod:`spiders.search`) that says what to fetch; this module fetches it through Scrapy, so that robots.txt,
limits and statistics hold for every page, and hands on one :class:`~spiders.reading.SiteReading` a site.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urlsplit

import scrapy
from scrapy.exceptions import CloseSpider

from spiders.addresses import is_public, literal_address
from spiders.failures import reason_of
from spiders.frontier import Budget, Candidate
from spiders.mirrors import Mirrors
from spiders.orders import SiteOrder, Step
from spiders.plan import Fetched, Plan
from spiders.reading import SiteReading, close_visit
from spiders.robots import Robots
from spiders.search import SiteSearch
from spiders.storing import stored
from spiders.visitor import LANGUAGE, SITE, Visitor
from storage.evidence import EvidenceStore
from storage.problems import StorageProblem
from storage.records import Visit, utc_now
from storage.vocabulary import Basis, Channel, Reason

if TYPE_CHECKING:
    from spiders.looking import Looking

SITES_AT_ONCE = 16
"""Sites read side by side by one process, unless the setting ``BAROMETER_SITES`` says otherwise."""


class ContactSpider(scrapy.Spider):
    """Reads the sites in *orders*, or the one at *url* (``scrapy crawl contact -a url=https://www.shop.example``).

    On the command line *channels* is a comma-separated list, *pages* and *depth* are budgets, *basis* is ``complete`` or
    ``templates``, *exhaustive* reads everything.
    """

    name = "contact"

    def __init__(
        self, url: str | None = None, orders: Iterable[SiteOrder] | None = None, on_step: Callable[[Step], None] | None = None,
        evidence: EvidenceStore | None = None, country: str = "FR", channels: str = "", pages: str = "", depth: str = "",
        basis: str = "", exhaustive: str = "", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        if orders is None:
            if not url:
                raise CloseSpider("give a site: scrapy crawl contact -a url=https://www.shop.example")
            orders = [SiteOrder(url, plan_from_words(country, channels, pages, depth, basis, exhaustive))]
        self._orders: Iterator[SiteOrder] = iter(orders)
        self.problem: Exception | None = None
        """What broke the crawl itself, not one site of it."""
        self._workers: list[asyncio.Task[None]] = []
        self._on_step = on_step
        self._evidence = evidence

    async def start(self) -> AsyncIterator[Any]:
        """Yield one reading a site as each is closed."""
        readings: asyncio.Queue[SiteReading | None] = asyncio.Queue()
        self._mirrors = Mirrors.parse(self.settings.getlist("BAROMETER_MAP_HOSTS"))
        at_once = self.settings.getint("BAROMETER_SITES", SITES_AT_ONCE)
        self._renders = asyncio.Semaphore(self.settings.getint("BAROMETER_RENDERS", 2))
        self._workers = [asyncio.create_task(self._work(readings)) for _ in range(at_once)]
        try:
            for _ in range(at_once):
                while (reading := await readings.get()) is not None:
                    yield reading
        finally:
            self.halt()

    def halt(self) -> bool:
        """Give up the sites that are being read; return whether there was anything to give up.

        Scrapy waits for their requests before it closes the spider.
        """
        for worker in self._workers:
            worker.cancel()
        return bool(self._workers)

    async def _work(self, readings: "asyncio.Queue[SiteReading | None]") -> None:
        try:
            for order in self._orders:
                readings.put_nowait(await self._read(order))
        except Exception as problem:
            self.problem = problem
        finally:
            # Also when cancelled: whoever waits for readings must not wait for ever.
            readings.put_nowait(None)

    async def _read(self, order: SiteOrder) -> SiteReading:
        """Return the closed reading of one site; whatever breaks in it becomes its outcome, never another site's."""
        visit = Visit(
            url=order.url, run_id=order.run_id, merchant_id=order.merchant_id, profile=order.profile, country=order.plan.country,
            language=order.language, user_agent=self.settings.get("USER_AGENT"),
        )  # fmt: skip
        search = SiteSearch(order.url, order.plan)
        look = self._looking(order, search) if order.plan.render else None
        kept: dict[str, str] = {}
        try:
            visit.cpu_seconds = await self._search(order, search, kept, look)
            visit.robots = await self._robots_txt(search, order)
        except (asyncio.CancelledError, StorageProblem):
            raise
        except Exception:
            self.logger.exception("reading %r failed", order.url)
            search.stop(Reason.CRAWLER_ERROR)
        finally:
            if look is not None:
                visit.browser = look.browser
                await look.close()
            self._forget(order)
        return close_visit(visit, search, utc_now(), kept, look.captures if look is not None else ())

    def _looking(self, order: SiteOrder, search: SiteSearch) -> "Looking":
        from spiders.looking import Looking  # the browser's driver takes a third of a second to load

        return Looking(self.crawler, self._evidence, order, search, self._renders)

    def _forget(self, order: SiteOrder) -> None:
        """Drop the cookies and the robots.txt of a site that is done with: memory stays flat over a night."""
        robots = self.crawler.get_downloader_middleware(Robots)
        visitor = self.crawler.get_downloader_middleware(Visitor)
        if robots is not None:
            robots.forget(id(order))
        if visitor is not None:
            visitor.forget(id(order))

    async def _search(
        self, order: SiteOrder, search: SiteSearch, kept: dict[str, str], look: "Looking | None"
    ) -> float:
        """Fetch or look at what the search asks for until it is over; return the CPU seconds our own reading took."""
        started, cpu = time.monotonic(), 0.0
        delay, last = self._delay(order.url), 0.0
        while (page := search.next(time.monotonic() - started)) is not None:
            if (pause := last + delay - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            last = time.monotonic()
            if page.render and look is not None:
                await self._ask_robots(search.route(page)[0], order)
                cpu += await look.at(page)
            else:
                cpu += await self._read_source(page, order, search, kept)
            delay = max(delay, self._crawl_delay(page.url, order))
            if self._on_step is not None:
                self._on_step(Step(order, page.url, len(search.pages), search.bytes))
        return cpu

    async def _ask_robots(self, url: str, order: SiteOrder) -> None:
        """Learn what robots.txt says of a page before it waits for a window: a server that hangs keeps no other site waiting."""
        robots = self.crawler.get_downloader_middleware(Robots)
        if robots is not None:
            # An address that no request can be made of is refused when the page itself is asked for.
            with suppress(ValueError):
                await robots.rules(url, id(order))

    async def _read_source(self, page: Candidate, order: SiteOrder, search: SiteSearch, kept: dict[str, str]) -> float:
        """Fetch *page* and tell the search; return the CPU seconds our own reading took."""
        fetched = await self._fetch(page, order)
        if not isinstance(fetched, Fetched):
            search.fail(page, fetched)
            return 0.0
        before = time.process_time()
        proves = self._take(search, page, fetched)
        spent = time.process_time() - before
        if proves and self._evidence is not None:
            kept[fetched.url], keeping = await stored(self._evidence, fetched.body, ".html")
            spent += keeping
        return spent

    async def _robots_txt(self, search: SiteSearch, order: SiteOrder) -> str | None:
        """Store the robots.txt of the site as it was read; return the name of the file, ``None`` where there is none."""
        robots = self.crawler.get_downloader_middleware(Robots)
        rules = robots.known(search.final_url or order.url, id(order)) if robots is not None else None
        if rules is None or not rules.text or self._evidence is None:
            return None
        return (await stored(self._evidence, rules.text.encode("utf-8", "replace"), ".txt"))[0]

    def _take(self, search: SiteSearch, page: Candidate, fetched: Fetched) -> bool:
        """Hand a page to the search; a page that our reading breaks on is lost, not its site.

        Return whether its HTML is worth storing: that of the home page, and of every page something was seen on.
        """
        before = len(search.sights.kept) + len(search.sights.set_aside)
        try:
            search.take(page, fetched)
        except Exception:
            self.logger.exception("reading %r failed", fetched.url)
            search.lose(page, Reason.CRAWLER_ERROR)
            return False
        shows_something = len(search.sights.kept) + len(search.sights.set_aside) > before
        return fetched.status < 400 and (shows_something or page.depth == 0)

    async def _fetch(self, page: Candidate, order: SiteOrder) -> Fetched | Reason:
        """Return the page, or why it could not be had."""
        try:
            request = scrapy.Request(
                urldefrag(page.url).url, dont_filter=True, meta={SITE: id(order), LANGUAGE: order.language}
            )
            assert self.crawler.engine is not None
            response = await self.crawler.engine.download_async(request)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            return reason_of(error)
        reason = reason_of(response)
        if reason is not None and (reason is not Reason.HTTP_ERROR or response.status < 400):
            return reason
        kind = response.headers.get("Content-Type")
        return Fetched(response.url, response.status, response.body, kind.decode("latin-1") if kind else None)

    def _crawl_delay(self, url: str, order: SiteOrder) -> float:
        """Return the pause that the site's robots.txt asks for, in seconds, 0 where it asks for none."""
        robots = self.crawler.get_downloader_middleware(Robots)
        rules = robots.known(url, id(order)) if robots is not None else None
        return rules.crawl_delay if rules is not None else 0.0

    def _delay(self, url: str) -> float:
        """Return the pause between two requests to the site, in seconds; a server of one's own needs no courtesy."""
        host = urlsplit(url).hostname or ""
        mirror = self._mirrors.of(host)
        literal = literal_address(mirror.address if mirror is not None else host)
        own = host == "localhost" or (literal is not None and not is_public(literal))
        return 0.0 if own else self.settings.getfloat("BAROMETER_DELAY", 1.0)


def plan_from_words(
    country: str = "FR", channels: str = "", pages: str = "", depth: str = "", basis: str = "", exhaustive: str = ""
) -> Plan:
    """Return the plan that words of a command line describe.

    Raises ``ValueError`` that names the word which is none of the vocabulary, or no number.
    """
    budget = Budget()
    if pages:
        budget = budget._replace(pages=int(pages))
    if depth:
        budget = budget._replace(depth=int(depth))
    plan = Plan(
        country=country,
        budget=budget,
        basis=Basis(basis) if basis else None,
        exhaustive=exhaustive.lower() in ("1", "true", "yes"),
    )
    wanted = frozenset(Channel(word.strip()) for word in channels.split(",") if word.strip())
    return replace(plan, channels=wanted) if wanted else plan
