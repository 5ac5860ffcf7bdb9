"""A browser to fill forms with: behind the same fence, under the same honest name, as obedient to robots.txt as the spiders."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

from playwright.async_api import BrowserContext, Error, Page, Playwright, async_playwright

from probes.forms.rules import rules_of
from probes.probe import Unreachable
from spiders.addresses import without_credentials
from spiders.browser.age_gate import answer_gate
from spiders.browser.consent import close_banner
from spiders.browser.fence import Fence, Gate, Patience
from spiders.browser.fleet import Fleet
from spiders.browser.launch import NoBrowser
from spiders.browser.load import Load, NotRendered, load
from spiders.browser.profiles import context_options
from spiders.browser.settle import PageLost, patiently
from spiders.browser.watch import Watch, host_of, watched
from spiders.mirrors import Mirrors
from spiders.robots import Rules
from spiders.scope import registered_domain
from storage.vocabulary import Profile, Reason

DOCUMENT_SECONDS = 20.0
"""How long a page may take to come (*ours*), as for the spiders."""
PAGE_BYTES = 25_000_000
"""Bytes one page may receive in all (*ours*), as for the spiders."""
SENDING = Patience(connect=10.0, byte=60.0, stranger_connect=10.0, stranger_byte=60.0)
"""How long the fence waits (*ours*): longer than we watch a sent form, for the browser sends it again, by itself, where a
connection that it had used before is cut. Forms are often sent to another host than the page's, so that holds for all."""
_CUTTING_SECONDS = 0.1
ROBOT = "barometer"
"""The name by which robots.txt knows us."""


class NotOpened(Exception):
    """The page could not be opened, for :attr:`reason`; nothing was sent."""

    def __init__(self, reason: Reason, why: str) -> None:
        super().__init__(why)
        self.reason = reason


class RenewableGate(Gate):
    """A gate whose open connections can be cut."""

    async def renew(self) -> None:
        """Cut every open connection: what comes next goes over new ones, on which a browser sends nothing twice."""
        for tunnel in self._tunnels:
            tunnel.cancel()
        await asyncio.sleep(_CUTTING_SECONDS)


class Visit:
    """One page open for one attempt. ``answering`` tells that the form was sent: the pages that answer it are let through."""

    def __init__(self, context: BrowserContext, page: Page, gate: RenewableGate, obeys: bool) -> None:
        self.page = page
        self.gate = gate
        self.answering = False
        self.watch: Watch
        self.load: Load
        self.markup = ""
        self._context = context
        self._obeys = obeys
        self._rules: dict[str, Rules] = {}

    async def refusal(self, url: str) -> Reason | None:
        """Return why robots.txt closes *url* to us, or ``None`` where it does not."""
        if not self._obeys or urlsplit(url).scheme not in ("http", "https"):
            return None
        origin = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
        if origin not in self._rules:
            self._rules[origin] = await rules_of(self._context, url, ROBOT)
        rules = self._rules[origin]
        return None if rules.allowed(url) else rules.reason or Reason.ROBOTS

    async def closes(self, action: str) -> bool:
        """Tell whether the site's own robots.txt closes the address that a form is sent to; other hosts' are not asked."""
        url = urljoin(self.page.url, action)
        own = registered_domain(host_of(url)) == registered_domain(host_of(self.page.url))
        return own and await self.refusal(url) is not None

    async def judge(self, url: str, _: str) -> Reason | None:
        """Say whether the page may go to *url*; what a sent form leads to is its answer and no page we ask for.

        The browser has connected ahead of its form by now; such a connection, too, is one on which it would send twice.
        """
        if not self.answering:
            return await self.refusal(url)
        await self.gate.renew()
        return None


class Browsing:
    """The browser of one probe; open it as a context. One visit at a time."""

    def __init__(
        self, user_agent: str, *, allow_private: bool = False, mirrors: Mirrors | None = None, obeys_robots: bool = True
    ) -> None:
        self._user_agent = user_agent
        self._obeys = obeys_robots
        self._fence = Fence(allow_private=allow_private, mirrors=mirrors)
        self._fleet = Fleet(self._fence)
        self._driver: Playwright | None = None

    async def __aenter__(self) -> Self:
        """Start the driver; the browser starts with the first page."""
        try:
            self._driver = await async_playwright().start()
        except (Error, OSError) as problem:
            raise Unreachable(f"the browser's driver does not start: {str(problem)[:200]}") from problem
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End browser and driver."""
        await self._fleet.end()
        if self._driver is not None:
            with contextlib.suppress(Error):
                await self._driver.stop()
        self._fence.close()

    @contextlib.asynccontextmanager
    async def visit(self, url: str, language: str) -> AsyncIterator[Visit]:
        """Yield the page at *url*, settled, its consent banner and age gate answered; nothing of it stays afterwards.

        Raises :class:`NotOpened` where there is no such page for us, :class:`Unreachable` where our browser does not work.
        """
        gate = RenewableGate(self._fence, PAGE_BYTES, SENDING)
        await gate.open()
        gate.begin(url)
        try:
            context = await self._context(gate, language)
            try:
                page = await context.new_page()
                visit = Visit(context, page, gate, self._obeys)
                refused = await visit.refusal(url)
                if refused is not None:
                    raise NotOpened(
                        refused, f"robots.txt closes {url} to us" if refused is Reason.ROBOTS else f"{url}: {refused}"
                    )
                visit.watch = await watched(page, judge=visit.judge)
                visit.load, visit.markup = await _loaded(page, without_credentials(url), visit.watch, gate)
                yield visit
            finally:
                with contextlib.suppress(Error, TimeoutError):
                    async with asyncio.timeout(10):
                        await context.close()
        finally:
            await gate.close()

    async def _context(self, gate: Gate, language: str) -> BrowserContext:
        """Open a context behind *gate*, in a new browser where the last one died."""
        assert self._driver is not None, "open the context first"
        for last in (False, True):
            try:
                running = await self._fleet.current(self._driver.chromium)
                options = context_options(Profile.DESKTOP, self._user_agent, running.browser.version, language)
                context = await running.browser.new_context(**options, proxy={"server": gate.address})
            except NoBrowser as problem:
                raise Unreachable(str(problem)) from problem
            except Error as problem:
                await self._fleet.check()
                if last or self._fleet.driver_lost:
                    raise Unreachable(f"the browser does not start: {str(problem)[:200]}") from problem
            else:
                self._fleet.opened(context)
                return context
        raise AssertionError("unreachable")


async def _loaded(page: Page, url: str, watch: Watch, gate: Gate) -> tuple[Load, str]:
    try:
        told = await load(page, url, watch, gate, seconds=DOCUMENT_SECONDS)
        await close_banner(page)
        await answer_gate(page)
        await close_banner(page, 0.0)
        markup = await patiently(page, page.content)
    except NotRendered as problem:
        raise NotOpened(problem.reason, str(problem)) from problem
    except (PageLost, TimeoutError, Error) as problem:
        raise NotOpened(Reason.TIMEOUT, f"{url} does not stay open: {str(problem)[:200]}") from problem
    return told, markup
