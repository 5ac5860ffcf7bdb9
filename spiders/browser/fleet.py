"""The browsers of a crawl, one after the other: a fresh one when the last is worn out or dead, the old one ended when
empty."""

import asyncio
from dataclasses import dataclass

from playwright.async_api import Browser, BrowserContext, BrowserType
from playwright.async_api import Error as PlaywrightError

from spiders.browser.fence import Fence
from spiders.browser.launch import launch
from spiders.browser.processes import browser_process, end, watch_memory

CONTEXTS_PER_BROWSER = 50
"""Contexts a Chromium opens before a fresh one takes its place: it never gives all of its memory back (*ours*)."""
_CLOSE_SECONDS = 8.0
_PROBE_SECONDS = 5.0
_NOTICED_TRIES = 30


@dataclass(slots=True, eq=False)
class Running:
    """A browser that runs: its main process, and how many contexts it has opened and still holds."""

    browser: Browser
    pid: int | None
    watcher: "asyncio.Task[None]"
    opened: int = 0
    held: int = 0

    async def end(self) -> None:
        """Close the browser; one that does not listen within seconds is killed."""
        self.watcher.cancel()
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.browser.close()
        except (PlaywrightError, TimeoutError):
            self.kill()
            await self.noticed()

    def kill(self) -> None:
        """End the browser by its process."""
        self.watcher.cancel()
        if self.pid is not None:
            end(self.pid)

    async def noticed(self) -> None:
        """Wait a moment until the driver has told that the browser is gone."""
        for _ in range(_NOTICED_TRIES):
            if not self.browser.is_connected():
                break
            await asyncio.sleep(0.1)


class Fleet:
    """Gives a browser to whoever opens a context; ``lost`` counts those that died, ``driver_lost`` tells that nothing
    starts any more."""

    def __init__(self, fence: Fence, contexts_per_browser: int = CONTEXTS_PER_BROWSER) -> None:
        self.lost = 0
        self.driver_lost = False
        self._fence = fence
        self._most = contexts_per_browser
        self._current: Running | None = None
        self._all: list[Running] = []
        self._ending: set[asyncio.Task[None]] = set()

    async def current(self, chromium: BrowserType) -> Running:
        """Return the browser to open the next context in, started where needed.

        Raises ``NoBrowser`` where none starts, Playwright's error where the driver is gone.
        """
        running = self._current
        if running is not None and running.opened < self._most and running.browser.is_connected():
            return running
        self._current = None
        self._end_the_empty()
        try:
            browser = await launch(chromium, self._fence)
        except PlaywrightError:
            self._lose_driver()
            raise
        watcher = asyncio.create_task(watch_memory(browser))
        self._current = running = Running(browser, await browser_process(browser), watcher)
        self._all.append(running)
        browser.on("disconnected", lambda _: self._gone(running))
        return running

    def opened(self, context: BrowserContext) -> None:
        """Count *context* with its browser until it closes."""
        running = self._running(context.browser)
        if running is None:
            return
        running.opened += 1
        running.held += 1

        def closed(_: BrowserContext) -> None:
            running.held -= 1
            self._end_the_empty()

        context.on("close", closed)

    async def check(self) -> None:
        """Find out whether the browser in which something just failed is still there, and give it up where it is not.

        A browser that ends is told by its driver; a driver that ends is told by nobody, and takes its browsers with it.
        """
        running = self._current
        if running is None or not running.browser.is_connected():
            return
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                session = await running.browser.new_browser_cdp_session()
                await session.detach()
        except TimeoutError:
            await self.give_up(running.browser)
        except PlaywrightError:
            if running.browser.is_connected():
                self._lose_driver()

    def _lose_driver(self) -> None:
        self.lost, self.driver_lost, self._current = self.lost + 1, True, None
        for running in self._all:
            running.kill()
        self._all.clear()

    async def give_up(self, browser: Browser | None) -> None:
        """End a browser that does not do as it is told; what else is open in it is lost."""
        running = self._running(browser)
        if running is None:
            return
        if self._current is running:
            self._current = None
        if running.pid is None:
            await running.end()
        else:
            running.kill()
            await running.noticed()

    async def end(self) -> None:
        """End all browsers."""
        self._current = None
        await asyncio.gather(*self._ending, *(running.end() for running in self._all))
        self._all.clear()

    def _running(self, browser: Browser | None) -> Running | None:
        return next((running for running in self._all if running.browser == browser), None)

    def _gone(self, running: Running) -> None:
        self.lost += running in self._all
        running.watcher.cancel()
        if running in self._all:
            self._all.remove(running)

    def _end_the_empty(self) -> None:
        """End each browser that gets no more contexts and holds none."""
        for running in [one for one in self._all if one is not self._current and one.held <= 0]:
            self._all.remove(running)
            task = asyncio.ensure_future(running.end())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
