"""Prints documents of our own: HTML to PDF, SVG to PNG. The browser that does it reaches nobody and runs no script."""

import asyncio
import base64
import contextlib
import io
import threading
from collections.abc import AsyncIterator, Coroutine, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from PIL import Image
from playwright.async_api import Browser, Error, Page, Playwright, Route, async_playwright

from spiders.browser.fence import Fence
from spiders.browser.launch import NoBrowser, launch

PRINT_SECONDS = 120.0
"""How long one document may take (*ours*); a page takes a fraction of a second."""
MOST_PIXELS = 16_000_000
"""Pixels that are drawn in one go (*ours*): 64 MB of memory."""
LARGEST_SIDE = 8_000
"""Widest and tallest drawing, in pixels (*ours*); Chromium draws nothing right beyond 16,384."""

_ADDRESS = "http://document.invalid/"

Made = TypeVar("Made")


class NotPrinted(Exception):
    """The browser is there and did not print the document; the message says what it complained of, on one line."""


class Printing:
    """A browser that prints; open it as a context and print as much as there is, since starting it takes a second.

    Raises :class:`NoBrowser` where there is none, :class:`NotPrinted` where one document fails. It works beside any event
    loop, on a thread of its own.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="printing", daemon=True)
        self._fence = Fence()
        self._driver: Playwright | None = None
        self._browser: Browser | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._done(self._open())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def pdf(self, html: str) -> bytes:
        """Return *html* as a tagged PDF, its pages and margins as its own print styles say, A4 where they say nothing."""
        return self._done(self._pdf(html))

    def pngs(self, svgs: Sequence[str], width: int, height: int) -> list[bytes]:
        """Return each of *svgs* drawn *width* by *height* pixels, as a PNG that holds nothing but its pixels.

        Raises ``ValueError`` for a size that cannot be drawn.
        """
        if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE and width * height <= MOST_PIXELS):
            raise ValueError(f"{width} by {height} pixels cannot be drawn")
        at_once = max(1, min(MOST_PIXELS // (width * height), LARGEST_SIDE // height))
        drawn: list[bytes] = []
        for start in range(0, len(svgs), at_once):
            drawn += self._done(self._pictures(svgs[start : start + at_once], width, height))
        return drawn

    def _done(self, work: Coroutine[Any, Any, Made]) -> Made:
        async def bounded() -> Made:
            async with asyncio.timeout(PRINT_SECONDS):
                return await work

        try:
            return asyncio.run_coroutine_threadsafe(bounded(), self._loop).result()
        except TimeoutError:
            raise NotPrinted(f"not done in {PRINT_SECONDS:.0f} s") from None
        except Error as problem:
            raise NotPrinted(str(problem).partition("\n")[0][:200]) from problem

    def _end(self) -> None:
        with contextlib.suppress(NotPrinted):
            self._done(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if not self._thread.is_alive():
            self._loop.close()
        self._fence.close()

    async def _open(self) -> None:
        self._driver = await async_playwright().start()
        self._browser = await launch(self._driver.chromium, self._fence)

    async def _close(self) -> None:
        if self._browser is not None:
            with contextlib.suppress(Error):
                await self._browser.close()
        if self._driver is not None:
            with contextlib.suppress(Error):
                await self._driver.stop()

    async def _pdf(self, html: str) -> bytes:
        async with self._shown(html, 1000, 1400) as page:
            return await page.pdf(
                format="A4", prefer_css_page_size=True, print_background=True, tagged=True, outline=True
            )

    async def _pictures(self, svgs: Sequence[str], width: int, height: int) -> list[bytes]:
        async with self._shown(_sheet(svgs, width, height), width, height * len(svgs)) as page:
            shot = await page.screenshot(omit_background=True, type="png")
        with Image.open(io.BytesIO(shot)) as sheet:
            parts = [sheet.crop((0, top * height, width, (top + 1) * height)) for top in range(len(svgs))]
        return [_encoded(part) for part in parts]

    @contextlib.asynccontextmanager
    async def _shown(self, html: str, width: int, height: int) -> AsyncIterator[Page]:
        """Yield a page that shows *html*, answered by us; every other request is refused, and no script runs."""
        assert self._browser is not None, "open the context first"
        context = await self._browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=False,
            service_workers="block",
            accept_downloads=False,
            color_scheme="light",
            reduced_motion="reduce",
        )
        try:
            page = await context.new_page()
            await page.route("**/*", lambda route: _answer(route, html))
            await page.goto(_ADDRESS, wait_until="load", timeout=PRINT_SECONDS * 1000)
            yield page
        finally:
            with contextlib.suppress(Error):
                await context.close()


async def _answer(route: Route, html: str) -> None:
    if route.request.url == _ADDRESS:
        await route.fulfill(body=html, content_type="text/html; charset=utf-8")
    elif route.request.url.startswith("data:"):
        await route.continue_()
    else:
        await route.abort()


def _sheet(svgs: Sequence[str], width: int, height: int) -> str:
    """Return a page of all drawings below each other; as pictures, they can load and run nothing."""
    sources = (base64.b64encode(svg.encode()).decode("ascii") for svg in svgs)
    pictures = "".join(f'<img alt="" src="data:image/svg+xml;base64,{source}">' for source in sources)
    style = f"html,body{{margin:0;background:transparent}}img{{display:block;width:{width}px;height:{height}px}}"
    return f'<!DOCTYPE html><meta charset="utf-8"><title>-</title><style>{style}</style>{pictures}'


def _encoded(picture: Image.Image) -> bytes:
    plain = Image.new("RGBA", picture.size)
    plain.paste(picture.convert("RGBA"))
    stream = io.BytesIO()
    plain.save(stream, "PNG", compress_level=7)
    return stream.getvalue()


__all__ = ["LARGEST_SIDE", "MOST_PIXELS", "NoBrowser", "NotPrinted", "Printing"]
