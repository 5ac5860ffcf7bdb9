"""Waiting until a page shows what it has to show, and never longer than told.

Chromium's "network idle" waits for the last beacon of the last chat widget, and some pages are never idle. What a
visitor waits for is something else: the page stops changing before their eyes, what it asked its own server for has
come, and the pictures in front of them are there. Then the visitor scrolls to the end, which makes shops load their
footer, and comes back.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeVar

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Request

from spiders.browser.watch import Watch, host_of, watched
from spiders.failures import Refusal
from spiders.scope import registered_domain

LIMIT_SECONDS = 6.0
"""Longest wait for one page in all (*ours*)."""
QUIET_SECONDS = 0.3
"""How long nothing may change before a page counts as settled (*ours*)."""
MAX_SCREENS = 12
"""Screens scrolled on the way to the end; a longer page is a list without an end (*ours*)."""
OWN_SECONDS, STRANGER_SECONDS = 3.0, 1.0
"""How long a request of the page is waited for: to its own site, and to others (*ours*)."""
ANSWER_SECONDS = 6.0
"""How long a page may take to answer a question of ours before its scripts are stopped (*ours*)."""

_LANDING_SECONDS = 0.25

_SCRIPT = files("spiders.browser").joinpath("settle.js").read_text("utf-8")
_NAVIGATED = (
    "context was destroyed",
    "Cannot find context",
    "context with specified id",
    "navigat",
    "Inspected target",
)
_T = TypeVar("_T")


class PageLost(Refusal):
    """The page is gone: closed, crashed, or its browser is."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How a page came to rest.

    ``quiet`` is false where the limit, not the page, ended the wait; ``screens`` were scrolled; ``seconds`` it took.
    """

    quiet: bool
    screens: int
    seconds: float


async def settle(
    page: Page, limit_seconds: float = LIMIT_SECONDS, *, scroll: bool = True, max_screens: int = MAX_SCREENS
) -> Settled:
    """Wait until *page* has settled, at most *limit_seconds*, and return how it did; the page is at its top then.

    With *scroll* the page is scrolled to its end and back first, which loads what is loaded late. A page that does
    not answer has its scripts stopped, and is not quiet. Raises :class:`PageLost` where there is no page any more, and
    ``TimeoutError`` where it does not even let itself be stopped.
    """
    started = time.monotonic()
    watch = await watched(page)
    wait = _Wait(watch, started + limit_seconds)
    screens = 0
    quiet = await wait.until_quiet()
    if scroll and not watch.stopped:
        screens = int(await wait.ask("scroll", max_screens) or 0)
        quiet = await wait.until_quiet() if screens else quiet
    if not watch.stopped:
        await wait.ask("pictures", 1500)
    return Settled(quiet and not watch.stopped, screens, time.monotonic() - started)


async def patiently(page: Page, call: Callable[[], Awaitable[_T]], seconds: float = ANSWER_SECONDS) -> _T:
    """Return what *call*, a question to *page*, returns; each try gets *seconds*.

    A page that navigates away meanwhile is asked once more. One that does not answer has its scripts stopped and is
    asked once more. Raises ``TimeoutError`` where it still does not, :class:`PageLost` where it is gone, and what
    *call* raises.
    """
    watch = await watched(page)
    for last in (False, True):
        try:
            return await _answered(call, watch, seconds)
        except TimeoutError:
            if last or watch.stopped:
                raise
            await watch.stop_scripts()
        except PlaywrightError as problem:
            if watch.lost.is_set() or page.is_closed():
                raise PageLost(str(problem)[:300]) from problem
            if last or not any(sign in str(problem) for sign in _NAVIGATED):
                raise
            # The old document ends a moment before the new one is there to be waited for.
            await asyncio.sleep(_LANDING_SECONDS)
            with contextlib.suppress(PlaywrightError):
                await page.wait_for_load_state("domcontentloaded", timeout=seconds * 1000)
    raise AssertionError("unreachable")


async def _answered(call: Callable[[], Awaitable[_T]], watch: Watch, seconds: float) -> _T:
    """Return what *call* returns within *seconds*, or notice that nobody is there to answer: a dead page is silent."""
    asking, lost = asyncio.ensure_future(call()), asyncio.ensure_future(watch.lost.wait())
    try:
        await asyncio.wait([asking, lost], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if asking.done():
            return asking.result()
        raise PageLost(f"{watch.page.url} has crashed or closed") if lost.done() else TimeoutError
    finally:
        for task in (asking, lost):
            task.cancel()
        await asyncio.gather(asking, lost, return_exceptions=True)


class _Wait:
    """One wait, up to a moment of the monotonic clock.

    Questions are asked in a world of their own, where nothing that the page's scripts redefined reaches.
    """

    def __init__(self, watch: Watch, until: float) -> None:
        self._watch = watch
        self._until = until

    @property
    def left(self) -> float:
        """Seconds left."""
        return self._until - time.monotonic()

    async def until_quiet(self) -> bool:
        """Wait until nothing changed for a moment and nothing that matters is under way; tell whether that came
        about."""
        while self.left > 0 and not self._watch.stopped:
            if not await self.ask("quiet", QUIET_SECONDS * 1000, max(self.left, 0.05) * 1000):
                return False
            if not self._under_way():
                return True
            await asyncio.sleep(min(0.1, max(self.left, 0)))
        return False

    def _under_way(self) -> bool:
        now = asyncio.get_running_loop().time()
        own = registered_domain(host_of(self._watch.page.url))
        return any(now - since < _patience(request, own) for request, since in self._watch.pending.items())

    async def ask(self, question: str, *values: float) -> Any:
        """Return the page's answer to *question* of ``settle.js``, ``None`` where it gives none."""
        page, seconds = self._watch.page, max(self.left, 0) + ANSWER_SECONDS
        arguments = ", ".join(str(value) for value in values)
        try:
            return await patiently(page, lambda: self._ask(f"{question}({arguments})"), seconds)
        except TimeoutError:
            if self._watch.deaf:
                raise
            return None
        except PlaywrightError as problem:
            if page.is_closed() or self._watch.lost.is_set():
                raise PageLost(str(problem)[:300]) from problem
            return None

    async def _ask(self, call: str) -> Any:
        if self._watch.stopped:
            return None
        return await self._watch.ask(f"(() => {{ {_SCRIPT} return {call} }})()")


def _patience(request: Request, own: str) -> float:
    return OWN_SECONDS if registered_domain(host_of(request.url)) == own else STRANGER_SECONDS
