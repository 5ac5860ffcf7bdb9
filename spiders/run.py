"""Run a crawl in this process, from the first site to the last; a process runs one, since a reactor cannot restart."""

import asyncio
import signal
from collections.abc import Callable, Iterable
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings
from scrapy.signals import item_scraped

from spiders import settings as defaults
from spiders.contact import ContactSpider
from spiders.mirrors import Mirrors
from spiders.orders import CrawlOptions, SiteOrder, Step
from spiders.reading import SiteReading
from storage.evidence import EvidenceStore


def read_sites(
    orders: Iterable[SiteOrder],
    options: CrawlOptions,
    deliver: Callable[[SiteReading], None],
    on_step: Callable[[Step], None] | None = None,
) -> bool:
    """Read every site of *orders* and hand each closed reading to *deliver*; return whether the crawl came to its end.

    ``False`` says that somebody pressed Ctrl-C: what was delivered stays, sites in the middle of being read are not delivered.
    Raises what *orders* or *deliver* raise, once the crawl has stopped, and ``ValueError`` for a malformed ``map_hosts``.
    """
    Mirrors.parse(options.map_hosts)
    process = AsyncCrawlerProcess(_settings(options))
    crawler = process.create_crawler(ContactSpider)
    halt = _Halt(process, crawler)
    problems: list[BaseException] = []

    def on_item(item: SiteReading, **_: Any) -> None:
        if problems:
            return
        try:
            deliver(item)
        except BaseException as problem:
            problems.append(problem)
            halt.ask()

    crawler.signals.connect(on_item, signal=item_scraped, weak=False)
    evidence = EvidenceStore(options.evidence) if options.evidence is not None else None
    crawl = process.crawl(crawler, orders=orders, on_step=on_step, evidence=evidence)
    stopped = _run(process, halt)
    if problems:
        raise problems[0]
    if not stopped and crawl.done() and not crawl.cancelled():
        crawl.result()
    if isinstance(crawler.spider, ContactSpider) and crawler.spider.problem is not None:
        raise crawler.spider.problem
    return not stopped


_BREATH = 0.01
"""Seconds between two looks at whether the last item is done with."""


class _Halt:
    """Asks a running crawl to end: the spider gives up what it reads, hands over what is closed, and has no more to do.

    Scrapy's own way to stop waits for ever for an item that is being handed over in that moment.
    """

    def __init__(self, process: AsyncCrawlerProcess, crawler: Crawler) -> None:
        self._process = process
        self._crawler = crawler
        self._loop = asyncio.get_event_loop()
        self._stopping: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Let the crawl end after what it is doing now; may be called from a signal handler, and more than once."""
        self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        if isinstance(self._crawler.spider, ContactSpider) and self._crawler.spider.halt():
            return
        if self._stopping is None:
            self._stopping = self._loop.create_task(self._process.stop())


def _run(process: AsyncCrawlerProcess, halt: _Halt) -> bool:
    """Run the reactor; return whether a signal ended it. The signals' former owners get them back."""
    stopped: list[int] = []

    def stop(number: int, frame: object) -> None:
        stopped.append(number)
        halt.ask()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        process.start(install_signal_handlers=False)
    finally:
        for number, former in before.items():
            signal.signal(number, former)
    return bool(stopped)


def _settings(options: CrawlOptions) -> Settings:
    settings = Settings()
    settings.setmodule(defaults, priority="project")
    settings.update(
        {
            "USER_AGENT": options.user_agent,
            "BAROMETER_DELAY": options.delay,
            "BAROMETER_SITES": options.sites_at_once,
            "BAROMETER_RENDERS": options.renders_at_once,
            "BAROMETER_ALLOW_PRIVATE": options.allow_private,
            "BAROMETER_MAP_HOSTS": list(options.map_hosts),
            "LOG_INSTALL_ROOT_HANDLER": False,
            "CONCURRENT_REQUESTS": max(64, options.sites_at_once * 2),
            "EXTENSIONS": {**defaults.EXTENSIONS, "scrapy.extensions.feedexport.FeedExporter": None},
        },
        priority="cmdline",
    )
    return settings
