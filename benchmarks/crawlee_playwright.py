"""Contestant: Crawlee's PlaywrightCrawler, which renders every page to a depth and detects on what came of it.

It gets our own detectors, so that answers differ by what was looked at and not by who reads better, the same Chromium,
the same window, and one picture a site, of its home page. Its own defaults but for these, for how many pages are open
at once, and for storing in memory; each page is waited for until its network is idle, as one would without a settle of one's own.
"""

import asyncio
import logging
import os
from collections import defaultdict
from contextlib import suppress
from urllib.parse import urlsplit

from crawlee import ConcurrencySettings, service_locator
from crawlee.configuration import Configuration
from crawlee.crawlers import PlaywrightCrawler, PlaywrightCrawlingContext
from crawlee.storage_clients import MemoryStorageClient
from playwright.async_api import Error as PlaywrightError

from benchmarks.proof_contest import Answer, tell, told
from spiders.browser.executable import find_browser
from spiders.browser.profiles import WINDOWS
from spiders.detect.document import Document
from spiders.detect.page import detect
from storage.vocabulary import Channel, Profile

IDLE_SECONDS = 5
"""Longest wait for a page's network to fall idle."""
_FENCED = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.*"


async def crawl() -> None:
    """Render the sites that standard input names; answer at the end."""
    task = told()
    browser = find_browser()
    assert browser is not None
    window = WINDOWS[Profile(task.profile)]
    seen = {urlsplit(site).netloc: dict.fromkeys(map(str, Channel)) for site in task.sites}
    rendered: dict[str, int] = defaultdict(int)
    service_locator.set_configuration(Configuration(log_level="WARNING"))
    crawler = PlaywrightCrawler(
        max_crawl_depth=task.depth,
        headless=True,
        browser_type="chromium",
        browser_launch_options={
            "executable_path": browser.path,
            "args": [_FENCED],
            "chromium_sandbox": os.geteuid() != 0,
        },
        browser_new_context_options={"viewport": {"width": window.width, "height": window.height}},
        fingerprint_generator=None,
        concurrency_settings=ConcurrencySettings(
            min_concurrency=task.at_once, desired_concurrency=task.at_once, max_concurrency=task.at_once
        ),
        storage_client=MemoryStorageClient(),
    )

    @crawler.router.default_handler
    async def look(context: PlaywrightCrawlingContext) -> None:
        depth, page = context.request.crawl_depth, context.page
        with suppress(PlaywrightError):
            await page.wait_for_load_state("networkidle", timeout=IDLE_SECONDS * 1000)
        if depth == 0:
            await page.screenshot(full_page=True)
        place = urlsplit(context.request.url).netloc
        rendered[place] += 1
        document = Document((await page.content()).encode(), page.url, "text/html; charset=utf-8")
        for sighting in detect(document, "FR", home=depth == 0).sightings:
            known = seen[place][sighting.channel]
            seen[place][sighting.channel] = depth if known is None else min(depth, known)
        await context.enqueue_links()

    await crawler.run(task.sites)
    sure = dict.fromkeys(map(str, Channel), True)
    for site in task.sites:
        place = urlsplit(site).netloc
        tell(Answer(site, seen[place], sure, rendered[place], rendered[place], 1))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(crawl())
