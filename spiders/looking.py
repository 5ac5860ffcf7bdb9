"""Shows one site's pages to its search: renders each that it asks for, hands over every state, and stores what proves it."""

import asyncio
import logging
import time
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from scrapy.crawler import Crawler

from spiders.browser.load import Load, NotRendered
from spiders.browser.picture import state_picture
from spiders.browser.processes import children_cpu_seconds
from spiders.browser.rendering import Rendered, close_site, rendered
from spiders.browser.route import routed
from spiders.browser.seeing import Manners, Onward, views
from spiders.browser.settle import patiently
from spiders.failures import reason_of
from spiders.frontier import Candidate
from spiders.orders import SiteOrder
from spiders.plan import Fetched
from spiders.reading import Capture
from spiders.search import SiteSearch
from spiders.showing import Showing
from spiders.sights import View
from spiders.storing import stored
from storage.evidence import EvidenceStore
from storage.problems import StorageProblem
from storage.records import utc_now
from storage.vocabulary import Reason

PAGE_SECONDS = 90.0
"""Longest one page may be looked at, its presses included (ours)."""

_log = logging.getLogger(__name__)


class Looking:
    """The browser's part of one visit; ``captures`` are the states worth keeping, in order."""

    def __init__(
        self,
        crawler: Crawler,
        evidence: EvidenceStore | None,
        order: SiteOrder,
        search: SiteSearch,
        renders: asyncio.Semaphore,
    ) -> None:
        self._crawler = crawler
        self._evidence = evidence
        self._order = order
        self._search = search
        self._renders = renders
        self._patience: asyncio.Timeout | None = None
        self.browser: str | None = None
        self.captures: list[Capture] = []

    async def at(self, page: Candidate) -> float:
        """Show *page* to the search, whatever becomes of it; return the CPU seconds that took, the browser's included.

        Raises :class:`~storage.problems.StorageProblem` where what proves it cannot be kept: no other page will fare better.
        """
        async with self._renders:
            before = time.process_time() + children_cpu_seconds()
            try:
                async with asyncio.timeout(PAGE_SECONDS) as self._patience:
                    await self._show(page)
            except (asyncio.CancelledError, StorageProblem):
                raise
            except Exception as problem:
                self._lose(page, problem)
            return max(0.0, time.process_time() + children_cpu_seconds() - before)

    async def close(self) -> None:
        """Close the browser's windows of this site."""
        await close_site(self._crawler, id(self._order))

    async def _show(self, page: Candidate) -> None:
        order = self._order
        start, *clicks = self._search.route(page)
        asking = rendered(self._crawler, start, site=id(order), profile=order.profile, language=order.language)
        async with asking as shown:
            browser = shown.page.context.browser
            self.browser = f"Chromium {browser.version}" if browser is not None else None
            for link in clicks:
                if not await routed(shown.page, link):
                    raise NotRendered(f"{link} is no page, nor do scripts show one", Reason.HTTP_ERROR)
                shown.load = replace(shown.load, url=shown.page.url)
            load = shown.load
            body = shown.response.body
            if clicks:
                # The response is the page that the clicks began on.
                body = (await patiently(shown.page, shown.page.content)).encode("utf-8", "replace")
            fetched = Fetched(
                load.url, load.status or 200, body, "text/html; charset=utf-8", load.response_seconds,
                load.bytes,
            )  # fmt: skip
            showing = self._search.open(page, fetched)
            if showing is not None:
                await self._show_states(page, showing, shown)
                shown.untouched = not showing.thorough
                self._search.shut(page, cut=load.ended)

    async def _show_states(self, page: Candidate, showing: Showing, shown: Rendered) -> None:
        manners = Manners()
        home = page.parent is None
        # A page that was only glanced at before is shown anew: what proves it is what it shows now.
        self.captures = [capture for capture in self.captures if capture.page is not page]
        seen = views(shown.page, shown.load, manners, home=home, wants_presses=showing.brings_nearer)
        # Closed here: whatever it still has to take back, it must while the page is there.
        async with aclosing(seen) as states:  # type: ignore[type-var]
            async for state in states:
                if isinstance(state, Onward):
                    if self._search.covers(state.url):
                        showing.lead(state.view, state.cost, state.url)
                elif showing.show(state):
                    await self._keep(page, showing, state, shown, manners)
                if showing.wall is not None:
                    return
        for warning in (*shown.load.warnings, *manners.warnings):
            self._search.warn(f"{page.url}: {warning}")

    def _lose(self, page: Candidate, problem: Exception) -> None:
        """Tell the search that *page* could not be shown, or not to its end."""
        search = self._search
        reason = Reason.TIMEOUT if isinstance(problem, TimeoutError) else reason_of(problem)
        if not isinstance(problem, (TimeoutError, PlaywrightError)) and reason in (None, Reason.CRAWLER_ERROR):
            _log.error("showing %r failed", page.url, exc_info=problem)
        if search.is_showing(page):
            search.warn(f"{page.url}: it stopped answering; what it had shown by then was kept")
            search.shut(page, unpressed=True)
        else:
            search.fail(page, reason or Reason.CRAWLER_ERROR)

    async def _keep(self, page: Candidate, showing: Showing, view: View, shown: Rendered, manners: Manners) -> None:
        """Store what proves a state: what could be seen, where it stood, and how it looked."""
        load, snapshot = shown.load, view.snapshot
        html = layout = picture = None
        seen_at = utc_now()
        if self._evidence is not None:
            # The picture first: what it shows must not have moved on while the rest was stored.
            picture = await self._picture(shown.page, load)
            html = await self._stored(snapshot.html.encode("utf-8", "replace"), ".html")
            layout = await self._stored(snapshot.to_json().encode("utf-8", "replace"), ".json")
        capture = Capture(
            page, showing.views, view.address, view.cost, view.hovered, showing.looked_now, seen_at, load.status, load.address,
            load.headers, load.response_seconds, load.bytes, html, layout, picture, _told(manners.consent),
            _told(manners.age_gate), load.ended, load.warnings,
        )  # fmt: skip
        self.captures.append(capture)

    async def _picture(self, page: Page, load: Load) -> str | None:
        """Store a picture of *page* as it looks now; return its name, ``None`` where it holds still for none."""
        assert self._evidence is not None
        try:
            picture = await state_picture(page)
        except (PlaywrightError, TimeoutError) as problem:
            self._search.warn(f"{load.url}: no picture could be taken")
            _log.info("no picture of %r: %s", load.url, str(problem)[:200])
            return None
        return await self._stored(await asyncio.to_thread(lambda: picture.png), ".png")

    async def _stored(self, content: bytes, suffix: str) -> str:
        """Store *content* and return its name; the time that takes is ours, and not taken from the page's."""
        assert self._evidence is not None
        due, began = self._patience.when() if self._patience is not None else None, time.monotonic()
        if self._patience is None or due is None:
            return (await stored(self._evidence, content, suffix))[0]
        self._patience.reschedule(None)
        try:
            return (await stored(self._evidence, content, suffix))[0]
        finally:
            self._patience.reschedule(due + time.monotonic() - began)


def _told(outcome: Any) -> dict[str, Any] | None:
    """Return what became of a banner or a gate as plain values."""
    if outcome is None:
        return None
    told = outcome._asdict()
    return {**told, "kind": str(told["kind"]), "box": list(told["box"]) if told["box"] is not None else None}
