"""Writes, chooses, ticks and presses as a person does: one field after the other, at a human pace, what shows and nothing else.

Enter is never pressed, since it sends many forms. Nothing is set by script but where a drawn control covers the native
one that it moves.
"""

import asyncio
import contextlib
import random
from typing import NamedTuple

from playwright.async_api import ElementHandle, Error, Frame

from probes.forms.fill import Act, Fill
from probes.forms.gathering import Gathered
from probes.forms.seen import Seen

REACH_MS = 3_000
"""Longest wait for a field or a button to hold still and be reached, in milliseconds (*ours*)."""
OPENING_SECONDS = 1.5
"""How long a drawn menu may take to open (*ours*)."""


class Pace(NamedTuple):
    """How fast a person writes, in seconds (*ours*): a key, the pause before a field, and the longest that one text may take.

    A long text is written faster towards the end of its time rather than without end.
    """

    key: tuple[float, float] = (0.02, 0.09)
    pause: tuple[float, float] = (0.4, 1.6)
    text: float = 25.0


class Hand:
    """One person at the keyboard; *seed* makes the rhythm the same again."""

    def __init__(self, pace: Pace, seed: str) -> None:
        self._pace = pace
        self._chance = random.Random(seed)  # noqa: S311 - a rhythm, no secret

    async def fill(self, place: Gathered, fill: Fill) -> bool:
        """Do what *fill* says in *place* and tell whether the page let us; the caller looks again at what stands there then."""
        element = await place.field(fill.number)
        seen = place.sight.fields[fill.number]
        if element is None:
            return False
        await asyncio.sleep(self._chance.uniform(*self._pace.pause))
        try:
            async with asyncio.timeout(self._pace.text + 4 * REACH_MS / 1000):
                if fill.act is Act.WRITE:
                    await self._write(element, place.frame, fill.value, seen)
                elif fill.act is Act.CHOOSE:
                    await self._choose(element, place.frame, seen, fill.option)
                else:
                    await _tick(element, fill.act is Act.TICK)
        except (Error, TimeoutError):
            return False
        return True

    async def _write(self, element: ElementHandle, frame: Frame, text: str, seen: Seen) -> None:
        keyboard = frame.page.keyboard
        await _enter(element)
        if seen.value:
            await element.evaluate("(one) => one.select ? one.select() : getSelection().selectAllChildren(one)")
            await keyboard.press("Delete")
        left = self._pace.text
        for character in text:
            wait = min(self._chance.uniform(*self._pace.key), left / 20)
            left -= wait
            # Enter would send many a form; a line that ends is put in as text.
            await (keyboard.insert_text(character) if character == "\n" else keyboard.type(character))
            if wait > 0.001:
                await asyncio.sleep(wait)
        await element.evaluate("(one) => one.blur()")

    async def _choose(self, element: ElementHandle, frame: Frame, seen: Seen, place: int) -> None:
        if not seen.drawn:
            await element.select_option(index=place, timeout=REACH_MS)
            return
        wanted = seen.options[place].text
        if not await _pick(frame, wanted):
            await element.click(timeout=REACH_MS)
            for _ in range(int(OPENING_SECONDS / 0.1)):
                await asyncio.sleep(0.1)
                if await _pick(frame, wanted):
                    return


async def reaches(element: ElementHandle) -> bool:
    """Tell whether a button shows, holds still and can be reached by the pointer."""
    try:
        await element.scroll_into_view_if_needed(timeout=REACH_MS)
        await element.click(timeout=REACH_MS, trial=True)
    except Error:
        return False
    return True


async def press(element: ElementHandle) -> None:
    """Press a button once; what the press sets off is not waited for."""
    with contextlib.suppress(Error, TimeoutError):
        async with asyncio.timeout(2 * REACH_MS / 1000):
            await element.click(timeout=REACH_MS, no_wait_after=True)


async def _enter(element: ElementHandle) -> None:
    """Put the cursor into a field; a label that floats over it may catch the pointer, and means the field all the same."""
    await element.scroll_into_view_if_needed(timeout=REACH_MS)
    try:
        await element.click(timeout=REACH_MS / 3)
    except Error:
        await element.focus()


async def _tick(element: ElementHandle, on: bool) -> None:
    """Tick or untick a box: itself, else its label where the box is drawn by it."""
    drawn = await element.evaluate("(one) => !('checked' in one)")
    if drawn:
        if (await element.get_attribute("aria-checked") == "true") != on:
            await element.click(timeout=REACH_MS)
        return
    try:
        await element.set_checked(on, timeout=REACH_MS / 2)
    except Error:
        label = (await element.evaluate_handle("(one) => (one.labels || [])[0] || null")).as_element()
        if label is None:
            raise
        # Its middle may be a link to the rules.
        await label.click(position={"x": 4, "y": 8}, timeout=REACH_MS)


async def _pick(frame: Frame, wanted: str) -> bool:
    """Press the shown option that reads *wanted*; tell whether there was one."""
    for option in await frame.query_selector_all("[role=option], [role=listbox] li"):
        if await option.is_visible() and " ".join((await option.inner_text()).split())[:80] == wanted:
            await option.click(timeout=REACH_MS)
            return True
    return False
