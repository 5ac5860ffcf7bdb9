"""A crawl with the project's own settings, in a process of its own: cases in on standard input, endings out, as JSON.

In: ``{"crawls": [{"settings": {...}, "cases": {name: {"url", "meta"}}}]}``. Out, by name: ``reason``, and for a
response ``url``, ``status``, ``text``, ``flags``, ``hops``; for case names ``robots:...`` what the frontier is told.
"""

import json
import sys
from typing import Any

import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.resolver import CachingThreadedResolver
from scrapy.settings import Settings
from twisted.internet import defer, error
from twisted.python.failure import Failure

from spiders.failures import reason_of
from spiders.robots import Robots

ENDINGS: dict[str, dict[str, Any]] = {}

NAMES = {
    "cgnat.test": "100.64.0.1",
    "metadata.test": "169.254.169.254",
    "multicast.test": "224.0.0.1",
    "zero.test": "0.0.0.0",
}


class Names(CachingThreadedResolver):
    """Answers for the names of the tests; no question leaves the machine."""

    def getHostByName(self, name: str, timeout: Any = ()) -> Any:  # noqa: N802 - Twisted's name
        if name == "nobody-answers.test":
            return defer.Deferred()
        if name == "gone.test" or not name.endswith(".test"):
            return defer.fail(error.DNSLookupError(name))
        return defer.succeed(NAMES.get(name, "127.0.0.1"))


class Cases(scrapy.Spider):
    name = "cases"
    cases: dict[str, dict[str, Any]]

    async def start(self) -> Any:
        for name, case in self.cases.items():
            if name.startswith("robots:"):
                await self.ask(name, case["url"])
                continue
            try:
                meta = {"site": name, **case.get("meta", {})}
                yield scrapy.Request(
                    case["url"], self.came, errback=self.failed, meta={**meta, "name": name}, dont_filter=True
                )
            except ValueError as bad:
                ENDINGS[name] = {"refused": str(bad)}

    async def ask(self, name: str, url: str) -> None:
        robots = self.crawler.get_downloader_middleware(Robots)
        assert robots is not None
        before = robots.known(url, name)
        rules = await robots.rules(url, name)
        ENDINGS[name] = {
            "known_before": before is not None,
            "known_after": robots.known(url, name) is rules,
            "allowed": rules.allowed(url),
            "delay": rules.crawl_delay,
            "reason": rules.reason,
        }
        robots.forget(name)
        ENDINGS[name]["known_at_last"] = robots.known(url, name) is not None

    def came(self, response: scrapy.http.Response) -> None:
        ENDINGS[response.meta["name"]] = {
            "reason": reason_of(response),
            "url": response.url,
            "status": response.status,
            "text": response.body[:2000].decode("utf-8", "replace"),
            "flags": response.flags,
            "hops": response.meta.get("redirect_urls", []),
        }

    def failed(self, failure: Failure) -> None:
        ENDINGS[failure.request.meta["name"]] = {"reason": reason_of(failure), "error": repr(failure.value)[:300]}


def main() -> None:
    asked = json.load(sys.stdin)
    settings = Settings()
    settings.setmodule("spiders.settings")
    settings.set("SPIDER_MODULES", [])
    settings.set("TWISTED_DNS_RESOLVER", "tests.spiders.fenced_crawl.Names")
    process = AsyncCrawlerProcess(settings)
    for crawl in asked["crawls"]:
        own = type("Own", (Cases,), {"cases": crawl["cases"], "custom_settings": crawl["settings"]})
        process.crawl(own)
    process.start()
    json.dump(ENDINGS, sys.stdout)


if __name__ == "__main__":
    main()
