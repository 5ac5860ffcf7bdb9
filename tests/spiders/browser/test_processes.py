"""Chromium's processes: their memory is bounded, their time is counted."""

import asyncio
import sys

import pytest
from playwright.async_api import Page

from spiders.browser.fence import Gate
from spiders.browser.processes import browser_process, children_cpu_seconds, watch_memory
from spiders.browser.settle import PageLost, settle
from spiders.browser.watch import watched
from tests.spiders.browser.fenced import Browsing, browsing

__all__ = ["browsing"]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads the processes of Linux")]


def test_a_page_that_holds_too_much_is_ended_and_the_browser_goes_on(browsing: Browsing) -> None:
    async def scene(page: Page, _: Gate) -> tuple[bool, str]:
        watch = await watched(page)
        await page.goto(f"{browsing.base}/", wait_until="domcontentloaded")
        greedy = asyncio.create_task(watch_memory(browsing.browser, megabytes=1))
        while not watch.crashed:
            await asyncio.sleep(0.05)
        greedy.cancel()
        await asyncio.gather(greedy, return_exceptions=True)
        with pytest.raises(PageLost):
            await settle(page)
        another = await page.context.new_page()
        await another.goto(f"{browsing.base}/", wait_until="domcontentloaded")
        return browsing.browser.is_connected(), await another.inner_text("p")

    assert browsing.on({"/": "<p>01 99 00 12 34"}, scene) == (True, "01 99 00 12 34")


def test_a_page_within_its_share_is_left_alone(browsing: Browsing) -> None:
    async def scene(page: Page, _: Gate) -> bool:
        watch = await watched(page)
        await page.goto(f"{browsing.base}/", wait_until="domcontentloaded")
        watching = asyncio.create_task(watch_memory(browsing.browser))
        await settle(page)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        return watch.crashed

    assert not browsing.on({"/": "<p>x"}, scene)


def test_the_time_of_the_browser_is_counted(browsing: Browsing) -> None:
    async def scene(page: Page, _: Gate) -> tuple[float, int | None]:
        await page.goto(f"{browsing.base}/")
        before = children_cpu_seconds()
        await page.evaluate("() => { const end = performance.now() + 700; while (performance.now() < end); }")
        return children_cpu_seconds() - before, await browser_process(browsing.browser)

    used, pid = browsing.on({"/": "<p>x"}, scene)
    assert used > 0.2
    assert pid is not None and pid > 1
