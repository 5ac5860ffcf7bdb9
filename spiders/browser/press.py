"""Presses one control as a visitor would, tells what became of it, and takes the page back to where it was.

While a press is under way no navigation of the page or of a pop-up leaves the browser: where it would have led is
noted, the request is dropped, and the page stays. So a press can neither send a form nor follow a link.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from playwright.async_api import Dialog, ElementHandle, Error, Frame, JSHandle, Page, Request, Route

from spiders.browser.control import Control
from spiders.browser.sight import ANSWER_SECONDS, Box, ask, box_of, element_at, keep

REACH_MS = 1500
"""Longest that a control may take to hold still and be reached by the pointer, in milliseconds (ours)."""
CALM_MS = 150
"""How long nothing must change after a press before it is looked at, in milliseconds (ours)."""
CALM_LIMIT_MS = 2000
"""Longest wait for that calm, in milliseconds (ours): a page may never hold still."""
LOADING_SECONDS = 3.0
"""Longest wait for what a press loads, such as a number that is fetched (ours)."""
UNROUTE_SECONDS = 1.0
"""Longest wait for the driver to stop watching requests (ours)."""
MOST_FRAMES = 8
"""Most frames of a page that are looked into (ours)."""
MOST_MESSAGES = 3
"""Most JavaScript dialogs that one press is allowed to open before the rest is only dismissed (ours)."""

_LOADED = frozenset({"xhr", "fetch", "script", "document", "eventsource"})


class PressKind(StrEnum):
    """What became of a press."""

    NOTHING = "nothing"
    CHANGED = "changed"
    DIALOG = "dialog"
    MESSAGE = "message"
    MOVED = "moved"
    AWAY = "away"
    POPUP = "popup"
    UNREACHED = "unreached"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What showed before a press, kept in the page, frame by frame; and the address it had."""

    url: str
    marks: tuple[tuple[Frame, JSHandle], ...]


@dataclass(frozen=True, slots=True)
class Pressed:
    """What became of pressing *control*.

    ``appeared`` is what newly shows, ``box`` where; ``target`` the address that the press would have led to (``away``,
    ``popup``) or that the page gave itself (``moved``); ``message`` the text of a JavaScript dialog. ``unreached``
    means that something covers the control or that it is gone. ``seconds`` is wall-clock time.
    """

    control: Control
    kind: PressKind
    before: Baseline = field(repr=False)
    appeared: tuple[str, ...] = ()
    box: Box | None = None
    target: str | None = None
    message: str | None = None
    seconds: float = 0.0

    @property
    def reveals(self) -> bool:
        """Whether the page now shows another state than before."""
        return self.kind in (PressKind.CHANGED, PressKind.DIALOG, PressKind.MOVED)


def frames_of(page: Page) -> list[Frame]:
    """Return the frames of *page* that are looked into, the page itself first."""
    return [page.main_frame, *(one for one in page.frames if one is not page.main_frame)][:MOST_FRAMES]


async def baseline(page: Page) -> Baseline:
    """Return what *page* shows now, to be compared with what it shows after a press."""
    marks = []
    for frame in frames_of(page):
        mark = await keep(frame, "baseline", also="reveal")
        if mark is not None:
            marks.append((frame, mark))
    return Baseline(page.url, tuple(marks))


async def press(page: Page, control: Control, before: Baseline | None = None) -> Pressed:
    """Press *control* once with the mouse, or a finger where the window has touch, and return what became of it.

    *before* spares looking at the page again when nothing has changed since. Raises ``TimeoutError`` when the page no
    longer answers.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    before = before or await baseline(page)
    await _aim(page, control, before)
    async with kept_inside(page) as seen:
        reached = await _strike(page, control)
        if reached:
            await _calm(page, seen)
        else:
            # A press that hangs the page looks as if it had missed: the page must still answer.
            await ask(page.main_frame, "isTouched")
    kind, appeared, box = await _outcome(page, before, seen) if reached else (PressKind.UNREACHED, (), None)
    target = page.url if kind is PressKind.MOVED else seen.target
    message = seen.messages[0] if seen.messages else None
    return Pressed(control, kind, before, appeared, box, target, message, round(loop.time() - start, 3))


async def has_touch(page: Page) -> bool:
    """Tell whether the window of *page* is touched rather than pointed at."""
    return await ask(page.main_frame, "isTouched") is True


class Seen:
    """What happened on one page while a press was under way; navigations and pop-ups are kept inside the browser."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.pending: set[Request] = set()
        self.away: str | None = None
        self.popup: str | None = None
        self.messages: list[str] = []

    @property
    def target(self) -> str | None:
        """Where the page, or else a pop-up, would have gone."""
        return self.away or self.popup

    def listeners(self) -> list[tuple[str, Callable[..., Any]]]:
        """Return what listens to which event of the page."""
        return [
            ("request", self._started),
            ("requestfinished", self._ended),
            ("requestfailed", self._ended),
            ("dialog", self._spoke),
            ("popup", self._opened),
        ]

    async def stay(self, route: Route) -> None:
        """Let a request pass unless it would load another page here or in a pop-up, or send a form anywhere."""
        request = route.request
        with contextlib.suppress(Error):
            leaves = request.is_navigation_request()
            if leaves and self._is_of_page(request):
                self.away = self.away or request.url
            elif leaves and self._is_of_popup(request):
                self.popup = request.url
            else:
                await route.fallback()
                return
            # This very code leaves the page as it is; any other shows an error page instead.
            await route.abort("aborted")

    def _is_of_page(self, request: Request) -> bool:
        """Tell whether a navigation would load another page here, or send a form to a frame of it."""
        frame = _frame_of(request)
        return frame is self._page.main_frame or (frame in self._page.frames and request.method not in ("GET", "HEAD"))

    def _is_of_popup(self, request: Request) -> bool:
        frame = _frame_of(request)
        return frame is None or (frame.page is not self._page and self.popup is not None)

    def _started(self, request: Request) -> None:
        if request.resource_type in _LOADED and not request.is_navigation_request():
            self.pending.add(request)

    def _ended(self, request: Request) -> None:
        self.pending.discard(request)

    async def _spoke(self, dialog: Dialog) -> None:
        if len(self.messages) < MOST_MESSAGES and dialog.type != "beforeunload":
            self.messages.append(dialog.message[:500])
        with contextlib.suppress(Error):
            await dialog.dismiss()

    async def _opened(self, popup: Page) -> None:
        self.popup = self.popup or popup.url
        with contextlib.suppress(Error):
            await popup.close()


@contextlib.asynccontextmanager
async def kept_inside(page: Page) -> AsyncIterator[Seen]:
    """Note what presses set off, and keep every navigation and pop-up inside the browser, while the context is open."""
    seen = Seen(page)
    listeners = seen.listeners()
    # A route of the page goes before those of its context; a pop-up has only the context's.
    async with asyncio.timeout(ANSWER_SECONDS):
        await page.route("**/*", seen.stay)
        await page.context.route("**/*", seen.stay)
    for event, listener in listeners:
        page.on(event, listener)  # type: ignore[call-overload]
    try:
        yield seen
    finally:
        for event, listener in listeners:
            page.remove_listener(event, listener)
        # A page that hangs takes no orders; its route goes with it.
        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(UNROUTE_SECONDS):
                await page.context.unroute("**/*", seen.stay)
                await page.unroute("**/*", seen.stay)


def _frame_of(request: Request) -> Frame | None:
    """Return the frame of a navigation, or ``None`` where it is a pop-up that has none yet."""
    try:
        return request.frame
    except Error:
        return None


async def _aim(page: Page, control: Control, before: Baseline) -> None:
    """Let the marks know what is pressed: strips that slide by themselves count only where it lies in them."""
    frames = frames_of(page)
    frame = frames[control.frame] if control.frame < len(frames) else None
    for marked, mark in before.marks:
        await ask(marked, "aim", [mark, list(control.way) if marked is frame else []], also="reveal")


async def _strike(page: Page, control: Control) -> bool:
    """Press and tell whether the pointer reached the control."""
    element = await locate(page, control)
    if element is None:
        return False
    return await reach(element, await has_touch(page))


async def reach(element: ElementHandle, touch: bool = False) -> bool:
    """Press *element* with the mouse or a finger and tell whether it was reached.

    Raises ``TimeoutError`` when the page no longer answers: the driver's own limit ends with the press, not with what the
    press sets off.
    """
    async with asyncio.timeout(ANSWER_SECONDS):
        try:
            await (element.tap(timeout=REACH_MS) if touch else element.click(timeout=REACH_MS))
        except Error:
            return False
    return True


async def locate(page: Page, control: Control) -> ElementHandle | None:
    """Return the element of *control*, or ``None`` where its frame or its place in it is gone."""
    frames = frames_of(page)
    if control.frame >= len(frames):
        return None
    return await element_at(frames[control.frame], control.way)


async def _calm(page: Page, seen: Seen) -> None:
    """Wait, bounded, until what the press set off has come and the page holds still."""
    await settle_down(page)
    if not seen.pending:
        return
    end = asyncio.get_running_loop().time() + LOADING_SECONDS
    while seen.pending and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(0.05)
    await settle_down(page)


async def settle_down(page: Page) -> None:
    """Wait until nothing changes in *page* for :data:`CALM_MS`, at most :data:`CALM_LIMIT_MS`."""
    await ask(page.main_frame, "calm", {"calmMs": CALM_MS, "limitMs": CALM_LIMIT_MS})


async def _outcome(page: Page, before: Baseline, seen: Seen) -> tuple[PressKind, tuple[str, ...], Box | None]:
    texts, box, dialog, count = await changes(page, before)
    if not same_place(page.url, before.url):
        return PressKind.MOVED, texts, box
    if count:
        return (PressKind.DIALOG if dialog else PressKind.CHANGED), texts, box
    if seen.messages:
        return PressKind.MESSAGE, (), None
    if seen.away:
        return PressKind.AWAY, (), None
    return (PressKind.POPUP if seen.popup else PressKind.NOTHING), (), None


def same_place(url: str, other: str) -> bool:
    """Tell whether two addresses are one state of a page: a fragment only counts where it is a router's."""
    return _place(url) == _place(other)


def _place(url: str) -> str:
    address, _, fragment = url.partition("#")
    return url if fragment.startswith(("/", "!")) else address


async def changes(page: Page, before: Baseline) -> tuple[tuple[str, ...], Box | None, bool, int]:
    """Return what *page* shows that it did not show before: texts, their box, whether in a dialog, how much."""
    texts: list[str] = []
    box, dialog, count = None, False, 0
    marks = dict(before.marks)
    for frame in frames_of(page):
        mark = marks.get(frame)
        answer = await ask(frame, "compare", mark, also="reveal") if mark is not None else None
        if not isinstance(answer, dict):
            continue
        texts += [str(text) for text in answer.get("texts", ())]
        count += int(answer.get("count") or 0)
        box = box or (box_of(answer.get("box")) if frame is page.main_frame else None)
        dialog = dialog or answer.get("dialog") is True
    return tuple(texts), box, dialog, count
