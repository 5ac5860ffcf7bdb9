"""Where the time of a plain Scrapy spider goes: what one page costs, step by step, and what our settings leave of it.

``python -m benchmarks.request_cost [--shops 5] [--quick]``, from the repository. The pages of a few shops of the farm
are asked for by a list of addresses; each row does a little more with them, in a process of its own. What starting
costs is taken off. The table goes to standard output, in processor milliseconds a page.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response, TextResponse
from scrapy.linkextractors import LinkExtractor
from scrapy.settings import Settings

from benchmarks.farm import plant
from benchmarks.plain_scrapy import PHONE, WORDS
from benchmarks.serving import ROOT, served
from spiders import settings as ours

STEPS = {
    "fetch": "ask for the page, do nothing with it",
    "text": "and take its visible text with parsel, and look for a telephone",
    "links": "and extract its links",
    "follow": "and follow them: a request for each link, known ones dropped",
}
OURS = "our settings: ask for the page, do nothing with it"


class Steps(scrapy.Spider):
    """Asks for pages and does with each what its step says."""

    name = "steps"

    def __init__(self, step: str, urls: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_urls = urls
        self.allowed_domains = sorted({url.split("/")[2].rpartition(":")[0] for url in urls})
        self._reach = list(STEPS).index(step) if step in STEPS else 0
        self._links = LinkExtractor()
        self.pages = 0

    def parse(self, response: Response, **kwargs: Any) -> Iterable[scrapy.Request]:
        """Do as much as the step asks for."""
        self.pages += 1
        if self._reach < 1 or not isinstance(response, TextResponse):
            return
        PHONE.search(" ".join(response.xpath(WORDS).getall()))
        links = self._links.extract_links(response) if self._reach >= 2 else []
        if self._reach >= 3:
            yield from response.follow_all(links, callback=self.parse)


def main() -> None:
    """Measure every step and print the table, or be one of the measured processes."""
    options = argparse.ArgumentParser()
    options.add_argument("--shops", type=int, default=5)
    options.add_argument("--quick", action="store_true", help="one shop")
    options.add_argument("--step", help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.step:
        _crawl(asked.step, json.load(sys.stdin))
        return
    shops = 1 if asked.quick else asked.shops
    with served("farm", "--shops", str(shops)) as sites:
        urls = [site.address + page.path for number, site in enumerate(sites) for page in plant(number).pages]
        costs = {step: _milliseconds(step, urls) for step in (*STEPS, OURS)}
    print(f"\n{len(urls)} pages\n")
    print("| step | CPU ms a page | more than the row before |\n| --- | ---: | ---: |")
    before = 0.0
    for step, words in STEPS.items():
        print(f"| Scrapy: {words} | {costs[step]:.2f} | {costs[step] - before:.2f} |")
        before = costs[step]
    print(f"| {OURS} | {costs[OURS]:.2f} | |")


def _milliseconds(step: str, urls: list[str]) -> float:
    """Return what *step* costs a page, starting taken off."""
    (starting, _), (all_of_it, pages) = _run(step, []), _run(step, urls)
    cost = (all_of_it - starting) / pages * 1_000
    print(f"{step}: {cost:.2f} ms a page, {pages} pages; starting {starting:.2f} s", file=sys.stderr)
    return cost


def _run(step: str, urls: list[str]) -> tuple[float, int]:
    """Return the processor seconds of a process that takes *step* with every page of *urls*, and the pages it read."""
    command = [sys.executable, "-m", "benchmarks.request_cost", "--step", step]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    with process.stdin as stdin:
        json.dump(urls, stdin)
    read = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the step {step!r} failed")
    return usage.ru_utime + usage.ru_stime, int(read)


def _crawl(step: str, urls: list[str]) -> None:
    settings = Settings({"LOG_LEVEL": "WARNING"})
    if step == OURS:
        settings.setmodule(ours, priority="project")
        settings.set("BAROMETER_ALLOW_PRIVATE", True, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(Steps)
    process.crawl(crawler, step=step, urls=urls)
    process.start()
    assert isinstance(crawler.spider, Steps)
    print(crawler.spider.pages)


if __name__ == "__main__":
    main()
