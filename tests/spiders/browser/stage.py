"""A real Chromium for the tests, and hand-written pages for it, served on loopback by a server that notes every request."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple, TypeVar

import pytest
from playwright.async_api import Browser, Page, Playwright, async_playwright

from barometer.demo.loopback import Reply, serving
from spiders.browser.executable import find_browser

ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
]

Told = TypeVar("Told")


class Asked(NamedTuple):
    """One request that reached the server."""

    method: str
    target: str


class Stage:
    """One browser; every scene gets a window of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, playwright: Playwright, browser: Browser) -> None:
        self._loop = loop
        self._playwright = playwright
        self._browser = browser
        self.asked: list[Asked] = []

    def play(
        self,
        pages: str | dict[str, str],
        scene: Callable[[Page], Awaitable[Told]],
        *,
        mobile: bool = False,
        elsewhere: dict[str, str] | None = None,
    ) -> Told:
        """Serve *pages* (one page, or bodies by target), open ``/`` and return what *scene* tells of it.

        *elsewhere* is a second origin, whose address stands for ``{elsewhere}`` in the pages.
        """
        self.asked = []
        bodies = {"/": pages} if isinstance(pages, str) else dict(pages)
        with serving([self._site(elsewhere or {})], "127.78.0.1") as (other,):
            bodies = {target: body.replace("{elsewhere}", other) for target, body in bodies.items()}
            with serving([self._site(bodies)], "127.77.0.1") as (base,):
                return self._loop.run_until_complete(self._open(base, scene, mobile))

    def _site(self, bodies: dict[str, str]) -> Callable[[str, str], Reply]:
        def answer(method: str, target: str) -> Reply:
            self.asked.append(Asked(method, target))
            body = bodies.get(target, bodies.get(target.partition("?")[0]))
            return Reply(404, b"nothing here") if body is None else Reply(200, _document(body).encode())

        return answer

    async def _open(self, base: str, scene: Callable[[Page], Awaitable[Told]], mobile: bool) -> Told:
        size: Any = {"width": 412, "height": 915} if mobile else {"width": 1440, "height": 900}
        context = await self._browser.new_context(
            viewport=size, is_mobile=mobile, has_touch=mobile, reduced_motion="reduce"
        )
        try:
            page = await context.new_page()
            await page.goto(base + "/", wait_until="load")
            return await scene(page)
        finally:
            await context.close()


def _document(body: str) -> str:
    if body.lstrip().startswith("<!doctype") or not body.lstrip().startswith("<"):
        return body
    return (
        "<!doctype html><html lang=fr><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Maison Exemple</title><body style='margin:0'>{body}"
    )


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    found = find_browser()
    if found is None:
        pytest.skip("no Chromium on this machine: run 'make browser'")
    loop = asyncio.new_event_loop()
    playwright = loop.run_until_complete(async_playwright().start())
    extra = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    browser = loop.run_until_complete(
        playwright.chromium.launch(executable_path=str(found.path), args=ARGUMENTS + extra)
    )
    try:
        yield Stage(loop, playwright, browser)
    finally:
        loop.run_until_complete(browser.close())
        loop.run_until_complete(playwright.stop())
        loop.close()
