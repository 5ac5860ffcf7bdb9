"""Opens the menus that a pointer opens by resting on them: on a desktop that costs no click, a phone has no pointer."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from playwright.async_api import Error, Page

from spiders.browser.listeners import ask_knowing_listeners
from spiders.browser.press import baseline, changes, has_touch, settle_down
from spiders.browser.sight import Box, box_of, element_at

MOST_MENUS = 12
"""Most items of a page's menus that are pointed at (ours)."""
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
        texts, _, _, count = await changes(page, before)
        if count:
            yield hovered._replace(appeared=texts)
            await _point_away(page)


async def _point_at(page: Page, item: Any) -> Hovered | None:
    if not isinstance(item, dict) or not isinstance(item.get("way"), list):
        return None
    way = tuple(map(str, item["way"]))
    element = await element_at(page.main_frame, way)
    if element is None:
        return None
    try:
        await element.hover(timeout=REACH_MS)
    except Error:
        return None
    await settle_down(page)
    return Hovered(str(item.get("label", ""))[:80], way, box_of(item.get("box")), ())


async def _point_away(page: Page) -> None:
    """Rest the pointer below the page's head, where no menu is, and let the menu close."""
    size = page.viewport_size
    try:
        await page.mouse.move(1, size["height"] - 2 if size else 600)
    except Error:
        return
    await settle_down(page)
