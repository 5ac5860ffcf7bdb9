"""A real Chromium behind a real fence, for tests of one page: ``browsing.on(pages, scene)``."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest
from playwright.async_api import Browser, Page, Playwright, async_playwright

from barometer.demo.loopback import Reply, serving
from spiders.browser.executable import find_browser
from spiders.browser.fence import Fence, Gate
from spiders.browser.launch import launch
from spiders.browser.profiles import context_options
from spiders.mirrors import Mirrors
from storage.vocabulary import Profile

Told = TypeVar("Told")


class Browsing:
    """One browser; every scene gets a context, a gate and a server of its own, whose requests are noted in ``asked``."""

    def __init__(self, loop: asyncio.AbstractEventLoop, playwright: Playwright, browser: Browser, fence: Fence) -> None:
        self.loop = loop
        self.browser = browser
        self.playwright = playwright
        self.fence = fence
        self.asked: list[str] = []
        self.base = ""

    def on(
        self,
        pages: dict[str, str | Reply],
        scene: Callable[[Page, Gate], Awaitable[Told]],
        *,
        profile: Profile = Profile.DESKTOP,
        language: str = "fr",
        page_bytes: int = 0,
        allow_private: bool = True,
        mapped: str | None = None,
    ) -> Told:
        """Serve *pages* by target and return what *scene* tells; *mapped* is a host that is read from there."""
        self.asked = []

        def site(_: str, target: str) -> Reply:
            self.asked.append(target)
            found = pages.get(target.partition("?")[0], Reply(404, b"nothing here"))
            return Reply(200, found.replace("{base}", self.base).encode()) if isinstance(found, str) else found

        with serving([site], "127.92.0.1") as (self.base,):
            fence = self.fence
            fence.allow_private = allow_private
            address = self.base.removeprefix("http://")
            fence.mirrors = Mirrors.parse([f"{mapped}={address}"] if mapped else [])
            return self.loop.run_until_complete(self._open(scene, profile, language, page_bytes))

    async def _open(
        self, scene: Callable[[Page, Gate], Awaitable[Told]], profile: Profile, language: str, page_bytes: int
    ) -> Told:
        gate = await self.fence.open_gate(page_bytes)
        options: dict[str, Any] = context_options(
            profile, "barometer/0 (+https://barometer.test/about)", self.browser.version, language
        )
        context = await self.browser.new_context(**options, proxy={"server": gate.address})
        try:
            return await scene(await context.new_page(), gate)
        finally:
            await context.close()
            await gate.close()


@pytest.fixture(scope="module")
def browsing() -> Iterator[Browsing]:
    if find_browser() is None:
        pytest.skip("no Chromium on this machine: run 'make browser'")
    loop = asyncio.new_event_loop()
    playwright = loop.run_until_complete(async_playwright().start())
    fence = Fence(allow_private=True, mirrors=Mirrors.parse(["www.shop.test=127.0.0.1:9"]))
    browser = loop.run_until_complete(launch(playwright.chromium, fence))
    try:
        yield Browsing(loop, playwright, browser, fence)
    finally:
        loop.run_until_complete(browser.close())
        loop.run_until_complete(playwright.stop())
        fence.close()
        loop.close()
