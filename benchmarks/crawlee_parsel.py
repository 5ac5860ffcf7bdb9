"""Contestant: Crawlee's ParselCrawler doing what ``plain_scrapy`` does (see ``contestant``).

Its own defaults, but for three things: it stores in memory, stays within the depth, and logs warnings only.
"""

import asyncio
import logging

from crawlee import service_locator
from crawlee.configuration import Configuration
from crawlee.crawlers import ParselCrawler, ParselCrawlingContext
from crawlee.storage_clients import MemoryStorageClient

from benchmarks.contestant import Nearest, told
from benchmarks.plain_scrapy import PHONE, WORDS


async def crawl() -> None:
    """Read the sites that standard input names; answer at the end."""
    task = told()
    nearest = Nearest(task.sites)
    service_locator.set_configuration(Configuration(log_level="WARNING"))
    crawler = ParselCrawler(max_crawl_depth=task.depth, storage_client=MemoryStorageClient())

    @crawler.router.default_handler
    async def look(context: ParselCrawlingContext) -> None:
        text = " ".join(context.selector.xpath(WORDS).getall())
        nearest.see(context.request.url, context.request.crawl_depth, PHONE.search(text) is not None)
        await context.enqueue_links()

    await crawler.run(task.sites)
    nearest.tell()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(crawl())
