"""Reads the frames of a page for their forms: what they show as plain values, and a hold on every field and button."""

import asyncio
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from playwright.async_api import ElementHandle, Error, Frame, JSHandle, Page

from probes.forms.seen import Sight, sight_of
from spiders.browser.press import frames_of
from spiders.browser.sight import script

ANSWER_SECONDS = 8.0
"""Longest a frame may take to be read (*ours*): a page with tens of thousands of elements takes about one."""


class Gathered(NamedTuple):
    """One frame with what it shows; its fields and buttons are held in the page and fetched by number."""

    frame: Frame
    sight: Sight
    held: JSHandle

    async def field(self, number: int) -> ElementHandle | None:
        """Return field *number*, or ``None`` where it is gone."""
        return await _element(self.held, "fields", number)

    async def press(self, number: int) -> ElementHandle | None:
        """Return button *number*, or ``None`` where it is gone."""
        return await _element(self.held, "presses", number)

    async def release(self) -> None:
        """Let go of the elements."""
        try:
            await self.held.dispose()
        except Error:
            return


async def gathered(page: Page) -> list[Gathered]:
    """Return the frames of *page* that can be seen and read, the page itself first.

    Raises ``TimeoutError`` where the page itself does not answer, Playwright's ``Error`` where it is gone.
    """
    found = []
    for frame in frames_of(page):
        if frame is not page.main_frame and not await _is_seen(frame):
            continue
        one = await gather_frame(frame)
        if one is not None:
            found.append(one)
    return found


async def gather_frame(frame: Frame) -> Gathered | None:
    """Return what *frame* shows, or ``None`` where it went away, breaks our script or, inside a page, does not answer."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            held = await frame.evaluate_handle(_call())
            markup, told = await held.evaluate("(held) => [held.markup, held.told]")
    except TimeoutError:
        if frame.parent_frame is None:
            raise
        return None
    except Error as problem:
        if "has been closed" in problem.message or "crashed" in problem.message.lower():
            raise
        return None
    sight = sight_of(markup, told)
    return Gathered(frame, sight, held) if sight is not None else None


async def _is_seen(frame: Frame) -> bool:
    """Tell whether a frame shows in the page: one that is hidden, or smaller than a field, holds nothing to fill in."""
    try:
        box = await (await frame.frame_element()).bounding_box()
    except Error:
        return False
    return box is not None and box["width"] >= 60 and box["height"] >= 30


async def _element(held: JSHandle, kind: str, number: int) -> ElementHandle | None:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            found: Any = await held.evaluate_handle("(held, [kind, number]) => held[kind][number]", [kind, number])
    except (Error, TimeoutError):
        return None
    element: ElementHandle | None = found.as_element()
    return element


@cache
def _call() -> str:
    own = files("probes.forms").joinpath("gather.js").read_text("utf-8")
    return f"() => {{ {script()}\n{own}\nreturn gather(); }}"
