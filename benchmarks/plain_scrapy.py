"""Contestant: the Scrapy spider that one writes first (see ``contestant``).

It follows every link of the site to the given depth, takes the visible words of each page with parsel and looks for a
French telephone in them. Everything is as Scrapy sets it by default, but for the log, which is kept to warnings: by
default every page would be written to it, which costs time.

With ``BREADTH_FIRST`` in the environment it takes the three settings that Scrapy's own questions and answers give for
reading level by level, which a depth taken from ``response.meta`` needs to be right.
"""

import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.linkextractors import LinkExtractor

from benchmarks.contestant import Nearest, Task, told

PHONE = re.compile(r"(?<!\d)(?:\+33[\s.]?[1-9]|0[1-9])(?:[\s.-]?\d{2}){4}(?!\d)")
"""A telephone in the words of a page, as French developers write it; Crawlee's spider looks for the same."""
WORDS = "//body//text()[not(ancestor::script or ancestor::style)]"
_BREADTH_FIRST = {
    "DEPTH_PRIORITY": 1,
    "SCHEDULER_DISK_QUEUE": "scrapy.squeues.PickleFifoDiskQueue",
    "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
}


class PhoneSpider(scrapy.Spider):
    """Follows every link and notes where it saw a telephone."""

    name = "phone"

    def __init__(self, sites: list[str], nearest: Nearest, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_urls = sites
        self.allowed_domains = [urlsplit(site).hostname for site in sites]
        self.nearest = nearest
        self.links = LinkExtractor()

    def parse(self, response: Response, **kwargs: Any) -> Iterator[scrapy.Request]:
        """Look at one page, then follow its links."""
        if not isinstance(response, scrapy.http.TextResponse):
            return
        text = " ".join(response.xpath(WORDS).getall())
        self.nearest.see(response.url, response.meta["depth"], PHONE.search(text) is not None)
        yield from response.follow_all(self.links.extract_links(response), callback=self.parse)


def main() -> None:
    """Read the sites that standard input names; answer at the end."""
    task: Task = told()
    nearest = Nearest(task.sites)
    settings: dict[str, Any] = {"DEPTH_LIMIT": task.depth, "LOG_LEVEL": "WARNING"}
    if os.environ.get("BREADTH_FIRST"):
        settings |= _BREADTH_FIRST
    process = AsyncCrawlerProcess(settings)
    process.crawl(PhoneSpider, sites=task.sites, nearest=nearest)
    process.start()
    nearest.tell()


if __name__ == "__main__":
    main()
