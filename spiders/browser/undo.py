"""Takes a page back to the state before a press, by the gentlest means that works."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any

from playwright.async_api import Error, Page

from spiders.browser.control import CROSSES
from spiders.browser.press import (
    MOST_FRAMES,
    Pressed,
    PressKind,
    frames_of,
    has_touch,
    kept_inside,
    reach,
    same_place,
    settle_down,
)
from spiders.browser.sight import ask, element_at, until
from spiders.detect.lexicon import fold, pattern

BACK_SECONDS = 0.6
"""How long going back in history may take to change the address (ours)."""
LOAD_MS = 15_000
"""Longest that loading the page again may take, in milliseconds (ours)."""
MOST_CLOSERS = 3
"""Most closing buttons tried (ours)."""


class Undone(StrEnum):
    """How the page came back to the state before a press."""

    UNTOUCHED = "untouched"
    ESCAPED = "escaped"
    PRESSED_AGAIN = "pressed_again"
    CLOSED = "closed"
    BACK = "back"
    RELOADED = "reloaded"
    LEFT_OVER = "left_over"


Reload = Callable[[], Awaitable[None]]
"""Loads the page again in its window; a page load is the spider's business, so it may want to do that itself."""


async def restore(page: Page, pressed: Pressed, reload: Reload | None = None, *, may_reload: bool = True) -> Undone:
    """Take *page* back to the state before *pressed* and return how that was done.

    Tried in turn: pressing the same control again, Escape, the closing button of what appeared (for a dialog the same
    control last), for a new address going back in history; at worst loading the page again. ``left_over`` means that
    something of the press still shows. Raises ``TimeoutError`` when the page no longer answers.
    """
    async with kept_inside(page):
        how = await _undo(page, pressed)
    if how is None:
        if not may_reload:
            return Undone.LEFT_OVER
        how = Undone.RELOADED
        await (reload() if reload else load_again(page, pressed.before.url))
    for frame, mark in pressed.before.marks:
        await ask(frame, "scrollBack", mark, also="reveal")
    return how


async def load_again(page: Page, url: str) -> None:
    """Load *url* in *page* anew, even where only its fragment differs, and wait until it holds still."""
    try:
        if page.url == url:
            await page.reload(wait_until="domcontentloaded", timeout=LOAD_MS)
        else:
            await page.goto("about:blank")
            await page.goto(url, wait_until="domcontentloaded", timeout=LOAD_MS)
        await page.wait_for_load_state("load", timeout=LOAD_MS / 3)
    except Error:
        # A page that is slow to finish is looked at as far as it came.
        pass
    await settle_down(page)


async def covers(page: Page, pressed: Pressed) -> bool:
    """Tell whether what a press left behind lies over the page, where a mere leftover would only stand in it."""
    return any(answer.get("over") is True for answer in await _leftovers(page, pressed))


async def _undo(page: Page, pressed: Pressed) -> Undone | None:
    if not pressed.reveals:
        await _point_away(page)
        return Undone.UNTOUCHED
    if pressed.kind is PressKind.MOVED:
        if await _go_back(page, pressed):
            return Undone.BACK
        return None
    await _point_away(page)
    if await _is_gone(page, pressed):
        return Undone.UNTOUCHED
    escape, again, close = (_escape, Undone.ESCAPED), (_press_again, Undone.PRESSED_AGAIN), (_close, Undone.CLOSED)
    # What opened in place closes by the same control; a dialog lies over it.
    order = [escape, close, again] if pressed.kind is PressKind.DIALOG else [again, escape, close]
    for means, how in order:
        if await means(page, pressed):
            return how
    return None


async def _is_gone(page: Page, pressed: Pressed) -> bool:
    if not same_place(page.url, pressed.before.url):
        return False
    return not any(int(answer.get("count") or 0) for answer in await _leftovers(page, pressed))


async def _is_gone_soon(page: Page, pressed: Pressed) -> bool:
    """Wait for what fades, then tell whether it is gone."""
    if await _is_gone(page, pressed):
        return True
    await settle_down(page)
    return await _is_gone(page, pressed)


async def _leftovers(page: Page, pressed: Pressed) -> list[dict[str, Any]]:
    marks = dict(pressed.before.marks)
    answers = [await ask(frame, "leftover", marks[frame], also="reveal") for frame in frames_of(page) if frame in marks]
    return [answer for answer in answers[:MOST_FRAMES] if isinstance(answer, dict)]


async def _point_away(page: Page) -> None:
    """Take the pointer off: what only stays open while pointed at closes."""
    try:
        await page.mouse.move(0, 0)
    except Error:
        return


async def _escape(page: Page, pressed: Pressed) -> bool:
    try:
        await page.keyboard.press("Escape")
    except Error:
        return False
    return await _is_gone_soon(page, pressed)


async def _press_again(page: Page, pressed: Pressed) -> bool:
    """Press what opened it, unless the press turned it into something else; for a tab, the tab chosen before."""
    frame = frames_of(page)[pressed.control.frame] if pressed.control.frame < len(frames_of(page)) else None
    if frame is None:
        return False
    way = list(pressed.control.way)
    state = await ask(frame, "stateOf", way, also="reveal")
    if not isinstance(state, dict) or state.get("shows") is not True:
        return False
    if pressed.control.role == "tab":
        way = await ask(frame, "chosenTab", [dict(pressed.before.marks).get(frame), way], also="reveal")
    elif state.get("expanded") != "true" and fold(str(state.get("label")))[:40] != fold(pressed.control.label)[:40]:
        return False
    element = await element_at(frame, tuple(map(str, way or ())))
    if element is None or not await reach(element, await has_touch(page)):
        return False
    return await _is_gone_soon(page, pressed)


async def _close(page: Page, pressed: Pressed) -> bool:
    """Press what says "close" in what appeared."""
    marks = dict(pressed.before.marks)
    for frame in [one for one in frames_of(page) if one in marks]:
        found = await ask(frame, "closers", marks[frame], also="reveal")
        ways = [one["way"] for one in found or () if isinstance(one, dict) and _says_close(str(one.get("label", "")))]
        for way in ways[:MOST_CLOSERS]:
            element = await element_at(frame, tuple(map(str, way)))
            if element is None or not await reach(element):
                continue
            if await _is_gone_soon(page, pressed):
                return True
    return False


def _says_close(label: str) -> bool:
    said = " ".join(fold(label).split())
    return said in CROSSES or (len(said) <= 40 and bool(pattern("reveals", "close").match(said)))


async def _go_back(page: Page, pressed: Pressed) -> bool:
    """Go back in the page's own history; a router draws the former state again."""
    try:
        await page.evaluate("() => history.back()")
    except Error:
        return False
    if not await until(lambda: _is_at(page, pressed.before.url), BACK_SECONDS):
        return False
    await settle_down(page)
    return await _is_gone(page, pressed) or await _press_again(page, pressed)


async def _is_at(page: Page, url: str) -> bool:
    return same_place(page.url, url)
