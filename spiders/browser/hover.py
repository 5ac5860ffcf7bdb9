"""Opens the menus that a pointer opens by resting on them: on a desktop that costs no click, a phone has no pointer."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from playwright.async_api import ElementHandle, Error, Page

from spiders.browser.listeners import ask_knowing_listeners
from spiders.browser.press import Baseline, baseline, changes, has_touch, settle_down
from spiders.browser.sight import Box, box_of, element_at, until

MOST_MENUS = 12
"""Most items of a page's menus that are pointed at (ours)."""
LATE_SECONDS = 0.45
"""How long a menu may wait before it opens under a pointer that rests (ours): usual delays are 100 to 400 ms."""
SHUT_SECONDS = 1.2
"""Longest that a menu may take to close once the pointer has left it (ours)."""
REACH_MS = 1000
"""Longest that an item may take to be reached by the pointer, in milliseconds (ours)."""


class Hovered(NamedTuple):
    """A state that pointing opened: on what, where that is, and what newly shows."""

    label: str
    way: tuple[str, ...]
    box: Box | None
    appeared: tuple[str, ...]


async def hover_menus(page: Page) -> AsyncIterator[Hovered]:
    """Point at each item of the menus of *page* that hides links and yield every state that opens.

    While the caller holds a state the menu is open; it is left before the next. Nothing is yielded where the window is
    touched. Raises ``TimeoutError`` when the page no longer answers.
    """
    if await has_touch(page):
        return
    items = await ask_knowing_listeners(page, "hoverable")
    before = await baseline(page)
    for item in (items if isinstance(items, list) else [])[:MOST_MENUS]:
        hovered = await _point_at(page, item)
        if hovered is None:
            continue
        if await until(lambda: _is_changed(page, before), LATE_SECONDS):
            await settle_down(page)
            texts, _, _, _ = await changes(page, before)
            yield hovered._replace(appeared=texts)
            await _point_away(page)
            await until(lambda: _is_as(page, before), SHUT_SECONDS)


async def _is_changed(page: Page, before: Baseline) -> bool:
    return (await changes(page, before))[3] > 0


async def _is_as(page: Page, before: Baseline) -> bool:
    return not await _is_changed(page, before)


async def _point_at(page: Page, item: Any) -> Hovered | None:
    if not isinstance(item, dict) or not isinstance(item.get("way"), list):
        return None
    way = tuple(map(str, item["way"]))
    element = await element_at(page.main_frame, way)
    if element is None:
        return None
    try:
        await element.hover(timeout=REACH_MS)
        await _stir(page, element)
    except Error:
        return None
    await settle_down(page)
    return Hovered(str(item.get("label", ""))[:80], way, box_of(item.get("box")), ())


async def _stir(page: Page, element: ElementHandle) -> None:
    """Move the pointer a little where it rests, as a hand does: some menus take one jump for a finger."""
    box = await element.bounding_box()
    if box is None:
        return
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for way in (1, 2):
        await page.mouse.move(x + way, y)


async def _point_away(page: Page) -> None:
    """Rest the pointer below the page's head, where no menu is, and let the menu close."""
    size = page.viewport_size
    try:
        await page.mouse.move(1, size["height"] - 2 if size else 600)
    except Error:
        return
    await settle_down(page)
