"""Rendered pages in a crawl of its own process, with the project's settings: cases in on standard input, endings out.

In: ``{"settings": {...}, "cases": [{"name", "url", "site", "profile", "language", "seconds", "ask", "sight", "leave",
"then"}]}``. Cases of one site are read one after the other, sites side by side. ``ask`` is evaluated in the page; with
``sight`` it is told what a person sees of it, and the page goes to ``leave`` meanwhile; ``untouched`` leaves its tab to the next case, ``then`` is ``kill_browser``,
``freeze_browser``, ``kill_driver`` or ``kill_page``, done while the page loads. Out, by name: ``reason`` for a page that
could not be had; else its load, text, answer and sight; and under ``crawl`` what was counted.
"""

import asyncio
import json
import os
import signal
import sys
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import scrapy
from playwright.async_api import Page
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from spiders.browser.rendering import close_site, rendered
from spiders.browser.settle import patiently
from spiders.browser.snapshot import snapshot
from spiders.failures import reason_of

ENDINGS: dict[str, Any] = {}
WORDS = {"kill_driver": "run-driver", "kill_page": "--type=renderer"}
"""What the command line of the process in question holds, where it is not the browser's own."""


class Cases(scrapy.Spider):
    name = "cases"
    cases: list[dict[str, Any]]

    async def start(self) -> Any:
        sites = [list(cases) for _, cases in groupby(self.cases, key=lambda case: case["site"])]
        at_once = asyncio.Semaphore(self.settings.getint("AT_ONCE", 2))
        await asyncio.gather(*(self.read(site, at_once) for site in sites))
        assert self.crawler.stats is not None
        ENDINGS["crawl"] = {
            "browsers": self.crawler.stats.get_value("playwright/browser_count", 0),
            "tabs": self.crawler.stats.get_value("playwright/page_count", 0),
            "pages_left": len(descendants("--type=renderer")),
        }
        return
        yield

    async def read(self, cases: list[dict[str, Any]], at_once: asyncio.Semaphore) -> None:
        async with at_once:
            for case in cases:
                killing = asyncio.create_task(kill(case["then"])) if case.get("then") else None
                ENDINGS[case["name"]] = await self.look(case)
                if killing is not None:
                    await killing
            await close_site(self.crawler, cases[0]["site"])

    async def look(self, case: dict[str, Any]) -> dict[str, Any]:
        asked = {key: case[key] for key in ("profile", "language", "seconds") if key in case}
        try:
            async with rendered(self.crawler, case["url"], site=case["site"], **asked) as page:
                page.untouched = case.get("untouched", False)
                answer = None
                if "ask" in case:
                    answer = await patiently(page.page, lambda: page.page.evaluate(case["ask"]))
                return {
                    "reason": reason_of(page.response),
                    "load": asdict(page.load),
                    "status": page.response.status,
                    "text": page.response.text[:20_000],
                    "size": len(page.response.body),
                    "answer": answer,
                    "sight": await sight(page.page, case.get("leave")) if case.get("sight") else None,
                }
        except Exception as error:
            return {"reason": reason_of(error), "error": f"{type(error).__name__}: {error}"[:500]}


async def sight(page: Page, leave: str | None) -> dict[str, Any]:
    """Return what a person sees of *page*, which goes to *leave* at the same moment."""
    looking = asyncio.ensure_future(snapshot(page, limit_seconds=60))
    if leave is not None:
        await page.evaluate("to => { setTimeout(() => { location.href = to }) }", leave)
    seen = await looking
    return {"truncated": seen.truncated, "text": seen.document.text[:2000]}


def descendants(word: str) -> list[int]:
    """Return the processes below this one whose command line holds *word*."""
    parents, lines = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            pid = int(entry.name)
            parents[pid] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            lines[pid] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, IndexError):
            continue

    def below(pid: int) -> bool:
        while pid in parents and pid > 1:
            pid = parents[pid]
            if pid == os.getpid():
                return True
        return False

    return [pid for pid, line in lines.items() if word in line and below(pid)]


async def kill(what: str) -> None:
    """Do *what* to the browser or its driver as soon as there is a page."""
    while not descendants("--type=renderer"):
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.7)
    word = WORDS.get(what, "--remote-debugging-pipe")
    for pid in descendants(word):
        if what == "kill_page" or "--type=" not in Path(f"/proc/{pid}/cmdline").read_text():
            os.kill(pid, signal.SIGSTOP if what == "freeze_browser" else signal.SIGKILL)


def main() -> None:
    asked = json.load(sys.stdin)
    settings = Settings()
    settings.setmodule("spiders.settings")
    settings.set("SPIDER_MODULES", [])
    settings.update({"BAROMETER_ALLOW_PRIVATE": True, **asked["settings"]})
    process = AsyncCrawlerProcess(settings)
    process.crawl(Cases, cases=asked["cases"])
    process.start()
    json.dump(ENDINGS, sys.stdout)


if __name__ == "__main__":
    main()
