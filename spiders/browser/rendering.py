"""Pages rendered by Chromium, each of them a Scrapy request, so that robots.txt, limits and statistics hold for every
one.

A request whose ``meta`` has ``playwright`` set comes here by :class:`~spiders.browser.handler.RenderingHandler`. Ask for a
rendered page with :func:`rendered`, which closes it; say :func:`close_site` when a site is done with.

scrapy-playwright keeps the contexts, the pages and their statistics. Three things are done here in its stead:
Chromium starts with the first page that needs it and is replaced after some contexts or once it is dead; requests
pass our fence and watch and not a handler in Python for each; and every wait for a page is bounded.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urldefrag, urlsplit
from weakref import WeakKeyDictionary

from playwright.async_api import BrowserContext, Page
from playwright.async_api import Error as PlaywrightError
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Headers, HtmlResponse, Response
from scrapy_playwright.handler import BrowserContextWrapper, ScrapyPlaywrightDownloadHandler

from spiders.addresses import without_credentials
from spiders.browser.fence import Fence, Gate, Patience
from spiders.browser.fleet import CONTEXTS_PER_BROWSER, Fleet
from spiders.browser.load import Load, NotRendered, load
from spiders.browser.profiles import context_options
from spiders.browser.settle import LIMIT_SECONDS, PageLost, patiently
from spiders.browser.watch import Caps, watched
from spiders.failures import TooLarge
from spiders.mirrors import Mirrors
from spiders.robots import Robots
from spiders.visitor import LANGUAGE, SITE
from storage.vocabulary import Profile, Reason

PROFILE = "profile"
"""Key of ``request.meta``: the :class:`Profile` a page is looked at as; desktop unless said."""
PAGE = "playwright_page"
"""Key of ``request.meta`` of a rendered response: the Playwright page, which whoever asked closes."""
LOAD = "load"
"""Key of ``request.meta`` of a rendered response: its :class:`Load`."""

PAGE_BYTES = 25_000_000
"""Bytes one page may receive in all, unless ``BAROMETER_PAGE_BYTES`` says otherwise (*ours*)."""
_OPEN_SECONDS = 90.0
"""How long a page may take to open, the start of Chromium included."""
_CLOSE_SECONDS = 10.0
_NEWS_SECONDS = 0.3
_OF_THE_WIRE = frozenset(
    {"content-encoding", "content-length", "content-type", "transfer-encoding", "connection", "set-cookie"}
)
"""Headers that say how a document travelled and not what it is; a browser's cookies stay in the browser."""


@dataclass(slots=True)
class Rendered:
    """A page as it stands in the browser, what became of loading it, and the response as Scrapy has it.

    ``untouched`` says that nothing on it was pressed: its tab may show the next page of the site, as a visitor's would.
    """

    page: Page
    load: Load
    response: Response
    untouched: bool = False


@contextlib.asynccontextmanager
async def rendered(
    crawler: Crawler,
    url: str,
    *,
    site: object,
    profile: Profile = Profile.DESKTOP,
    language: str | None = None,
    seconds: float | None = None,
) -> AsyncIterator[Rendered]:
    """Yield the page at *url*, settled, in the browser context of *site* and *profile*; it is closed afterwards.

    *seconds* is the time to its document, ``DOWNLOAD_TIMEOUT`` unless given. Raises what
    :func:`spiders.failures.reason_of` knows.
    """
    meta = {"playwright": True, SITE: site, LANGUAGE: language, PROFILE: profile}
    if seconds is not None:
        meta["download_timeout"] = seconds
    assert crawler.engine is not None
    response = await crawler.engine.download_async(Request(url, meta=meta, dont_filter=True))
    asked = response.request.meta if response.request is not None else {}
    shown = Rendered(asked[PAGE], asked[LOAD], response)
    try:
        yield shown
    except BaseException:
        shown.untouched = False
        raise
    finally:
        renderer = _RENDERERS.get(crawler)
        if renderer is not None:
            await (renderer.leave_page if shown.untouched else renderer.close_page)(shown.page)


async def close_site(crawler: Crawler, site: object) -> None:
    """Close the browser contexts of *site*: its cookies, its cache and its gates go with them."""
    renderer = _RENDERERS.get(crawler)
    if renderer is not None:
        await renderer.close_site(site)


def renderer_of(crawler: Crawler) -> "Renderer":
    """Return the browser of *crawler*, whatever the scheme: Scrapy makes a handler for each, and one Chromium serves both."""
    renderer = _RENDERERS.get(crawler)
    if renderer is None:
        renderer = _RENDERERS[crawler] = Renderer(crawler)
    return renderer


async def close_renderer(crawler: Crawler) -> None:
    """Close the browser of *crawler*, if it has one."""
    renderer = _RENDERERS.pop(crawler, None)
    if renderer is not None:
        await renderer.close()


class Renderer(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """The browser of one crawl."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # At a lower level it asks Chromium for the headers of every request of every page, to log them.
        logging.getLogger("scrapy-playwright").setLevel(logging.WARNING)
        settings = crawler.settings
        self._crawl = crawler
        self._seconds = settings.getfloat("DOWNLOAD_TIMEOUT", 20)
        self._settle_seconds = settings.getfloat("BAROMETER_SETTLE_SECONDS", LIMIT_SECONDS)
        self._max_size = settings.getint("DOWNLOAD_MAXSIZE", 8_000_000)
        self._page_bytes = settings.getint("BAROMETER_PAGE_BYTES", PAGE_BYTES)
        self._caps = Caps(images=settings.getint("BAROMETER_PAGE_IMAGES", Caps().images))
        self._mirrors = Mirrors.parse(settings.getlist("BAROMETER_MAP_HOSTS"))
        self._fence = Fence(allow_private=settings.getbool("BAROMETER_ALLOW_PRIVATE"), mirrors=self._mirrors)
        self._gates: dict[str, Gate] = {}
        self._left: dict[str, Page] = {}
        self._fleet = Fleet(self._fence, settings.getint("BAROMETER_CONTEXTS_PER_BROWSER", CONTEXTS_PER_BROWSER))
        self._numbers = itertools.count(1)
        self._starting = asyncio.Lock()
        self._driven = False
        self._closing: set[asyncio.Task[None]] = set()

    async def render(self, request: Request) -> Response:
        """Return *request*'s page, settled, and keep it open; a browser that died meanwhile is replaced, once.

        Raises a ``Refusal`` that says why there is nothing to show.
        """
        for again in (False, True):
            await self._drive()
            browsers = self._fleet.lost
            try:
                return await self._render(request)
            except (PageLost, PlaywrightError, TimeoutError) as problem:
                # The end of a browser shows in its pages first.
                await asyncio.sleep(_NEWS_SECONDS)
                await self._fleet.check()
                if again or self._fleet.lost == browsers:
                    raise _not_rendered(request.url, problem) from problem
        raise AssertionError("unreachable")

    async def close_page(self, page: Page) -> None:
        """Close *page*; where even that is not possible, its browser is of no more use."""
        if not await _closed(page):
            await self._fleet.give_up(page.context.browser)

    async def leave_page(self, page: Page) -> None:
        """Keep the tab of *page*, on which nothing was pressed, for the next page of its site: a new one costs as much
        as a small page."""
        name = next((name for name, one in self.context_wrappers.items() if one.context is page.context), None)
        if name is None or name in self._left or not await _put_to_rest(page):
            await self.close_page(page)
        else:
            self._left[name] = page

    async def close_site(self, site: object) -> None:
        """Close the contexts of *site*."""
        for name in [name for name in self.context_wrappers if name.startswith(f"{site}/")]:
            await self._close_context(name)
        robots = self._crawl.get_downloader_middleware(Robots)
        if robots is not None:
            robots.forget(_robots_key(site))

    async def close(self) -> None:
        """Close every context, gate and browser, and the driver."""
        for name in list(self.context_wrappers):
            await self._close_context(name)
        await self._fleet.end()
        for name in list(self._gates):
            self._let_go(name)
        await asyncio.gather(*self._closing)
        self._fence.close()
        # What is left for scrapy-playwright to close is the driver.
        if hasattr(self, "browser"):
            del self.browser
        await super().close()

    async def _drive(self) -> None:
        """Start the driver, with the first page that needs it, or again where it died."""
        async with self._starting:
            if self._driven and self._fleet.driver_lost:
                with contextlib.suppress(Exception):
                    await self.browser_provider.close()
                for name in list(self.context_wrappers):
                    self._let_go(name)
                self._driven, self._fleet.driver_lost = False, False
            if not self._driven:
                await self._launch()
                self._driven = True

    async def _render(self, request: Request) -> Response:
        url, site = without_credentials(request.url), request.meta.get(SITE)
        request.meta["playwright_context"] = name = self._context_of(site, request.meta.get(PROFILE, Profile.DESKTOP))
        request.meta["playwright_context_kwargs"] = {LANGUAGE: request.meta.get(LANGUAGE)}
        page = await self._taken_up(name, url) or await self._open(request)
        try:
            watch = await watched(page, self._caps, lambda target, here: self._verdict(target, here, site))
            told = await load(
                page,
                url,
                watch,
                self._gates[name],
                seconds=request.meta.get("download_timeout", self._seconds),
                settle_seconds=self._settle_seconds,
            )
            body = (await patiently(page, page.content)).encode("utf-8", "replace")
            if len(body) > self._max_size > 0:
                raise TooLarge(f"{url} holds {len(body)} bytes once rendered")
        except BaseException:
            await self.close_page(page)
            raise
        request.meta[PAGE], request.meta[LOAD] = page, told
        return _response(request, told, body)

    async def _taken_up(self, name: str, url: str) -> Page | None:
        """Return the tab that was left in the context *name*, ready to go to *url*, or ``None``."""
        page = self._left.pop(name, None)
        if page is None:
            return None
        # Where only the fragment differs, going there would load nothing.
        if urldefrag(page.url).url != urldefrag(url).url:
            with contextlib.suppress(PlaywrightError, TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await (await watched(page)).renew()
                    return page
        await self.close_page(page)
        return None

    async def _open(self, request: Request) -> Page:
        """Return a new page; a browser that does not open one in time is given up."""
        try:
            async with asyncio.timeout(_OPEN_SECONDS):
                page: Page = await self._create_page(request, self._crawl.spider)
        except TimeoutError:
            await self._fleet.give_up(getattr(self, "browser", None))
            raise PageLost("the browser opens no page") from None
        # What a page asks for is counted by its watch.
        page.remove_listener("request", self._increment_request_stats)
        page.remove_listener("response", self._increment_response_stats)
        return page

    async def _verdict(self, url: str, here: str, site: object) -> Reason | str | None:
        """Say whether a page may go to *url*: only where robots.txt lets us, and to a mirror only by the merchant's
        name."""
        logical = self._mirrors.logical(url, here)
        if logical != url:
            return logical
        robots = self._crawl.get_downloader_middleware(Robots)
        if robots is None or urlsplit(url).scheme not in ("http", "https"):
            return None
        # Asked for under another name than the site's: that one's queue is held up by the very page that asks.
        rules = robots.known(url, site) or await robots.rules(url, _robots_key(site))
        return None if rules.allowed(url) else rules.reason or Reason.ROBOTS

    def _context_of(self, site: object, profile: str) -> str:
        """Return the name of the open context of *site* and *profile*, or a new name."""
        prefix = f"{site}/{profile}/"
        return next(
            (name for name in self.context_wrappers if name.startswith(prefix)), f"{prefix}{next(self._numbers)}"
        )

    async def _maybe_launch_browser(self) -> None:
        """Have a browser that is alive and not worn out."""
        async with self.browser_launch_lock:
            running = await self._fleet.current(self.browser_provider.browser_type)
            if getattr(self, "browser", None) is not running.browser:
                self.browser = running.browser
                self.stats.inc_value("playwright/browser_count")

    async def _create_browser_context(
        self, name: str, context_kwargs: dict[str, Any] | None, spider: Spider | None = None
    ) -> BrowserContextWrapper:
        """Open the context of one site and profile, behind a gate of its own."""
        await self._maybe_launch_browser()
        gate = await self._fence.open_gate(self._page_bytes, _patience(self._seconds))
        profile, language = Profile(name.split("/")[-2]), (context_kwargs or {}).get(LANGUAGE)
        options = context_options(profile, self._crawl.settings["USER_AGENT"], self.browser.version, language)
        try:
            wrapper = await super()._create_browser_context(
                name, {**options, "proxy": {"server": gate.address}}, spider
            )
        except BaseException:
            await gate.close()
            raise
        self._gates[name] = gate
        wrapper.context.set_default_timeout(self._seconds * 1000)
        self._fleet.opened(wrapper.context)
        wrapper.context.on("close", lambda _: self._let_go(name))
        return wrapper

    def _let_go(self, name: str) -> None:
        """A context is closed, by us or by the end of its browser: nothing of it stays."""
        self.context_wrappers.pop(name, None)
        self._left.pop(name, None)
        gate = self._gates.pop(name, None)
        if gate is not None:
            gate.stop()
            self._closing.add(task := asyncio.ensure_future(gate.close()))
            task.add_done_callback(self._closing.discard)

    async def _close_context(self, name: str) -> None:
        wrapper = self.context_wrappers.pop(name, None)
        if wrapper is not None and not await _closed(wrapper.context):
            await self._fleet.give_up(wrapper.context.browser)
        self._let_go(name)


async def _put_to_rest(page: Page) -> bool:
    """Tell whether the tab of *page* can show another page; its scripts run no more then."""
    with contextlib.suppress(PlaywrightError, TimeoutError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            return await (await watched(page)).leave()
    return False


async def _closed(open_one: Page | BrowserContext) -> bool:
    """Close a page or a context, without asking it; tell whether it is gone."""
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await open_one.close()
    except TimeoutError:
        return False
    except PlaywrightError:
        pass
    return True


def _not_rendered(url: str, problem: Exception) -> NotRendered:
    if isinstance(problem, TimeoutError):
        return NotRendered(f"{url} does not answer", Reason.TIMEOUT)
    return NotRendered(f"{url}: {str(problem)[:300]}", Reason.CRAWLER_ERROR)


def _response(request: Request, told: Load, body: bytes) -> HtmlResponse:
    kept = {name: value for name, value in told.headers if name.lower() not in _OF_THE_WIRE}
    return HtmlResponse(
        told.url,
        status=told.status or 200,
        headers=Headers({**kept, "Content-Type": "text/html; charset=utf-8"}),
        body=body,
        flags=["rendered"],
        request=request,
        encoding="utf-8",
    )


def _patience(seconds: float) -> Patience:
    """Return how long the fence waits where one request may take *seconds*."""
    strangers = Patience()
    return Patience(
        connect=min(strangers.connect, seconds),
        byte=seconds,
        stranger_connect=min(strangers.stranger_connect, seconds / 4),
        stranger_byte=min(strangers.stranger_byte, seconds / 3),
    )


def _robots_key(site: object) -> str:
    return f"{site}/rendered"


_RENDERERS: WeakKeyDictionary[Crawler, Renderer] = WeakKeyDictionary()
