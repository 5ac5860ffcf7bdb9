"""Parts of a page that wait, faded out, for the window to come near, and fade out again when it leaves."""

import asyncio
from contextlib import suppress

from playwright.async_api import Error

from spiders.browser.world import World

MOST_STOPS = 6
"""Places the window is moved to (ours)."""
FADE_SECONDS = 0.7
"""How long a part is given to fade in (ours; common entrance animations last 0.4 to 0.6 s)."""


async def wake(world: World) -> bool:
    """Move the window to the parts that fade in when it comes near; return whether any did.

    They are remembered as seen: some fade out again when the window leaves. The first stop where nothing rises is the
    last: what stays faded there waits for something else.
    """
    stops = await world.call(_STOPS, {"value": MOST_STOPS})
    woken = 0
    try:
        for stop in stops:
            await world.call(_MOVE, {"value": stop})
            await asyncio.sleep(FADE_SECONDS)
            risen = await world.call(_NOTE)
            if not risen:
                break
            woken += risen
    finally:
        with suppress(Error, RuntimeError):
            await world.call(_RETURN)
    return woken > 0


_STOPS = """function (most) {
  globalThis.stoodAt = [window.scrollX, window.scrollY];
  const tops = globalThis.waiting.map((element) => element.getBoundingClientRect().top + window.scrollY);
  const stops = [];
  for (const top of tops.sort((a, b) => a - b)) {
    const last = stops[stops.length - 1];
    if (stops.length < most && (!stops.length || top > last + window.innerHeight * 0.75)) stops.push(top);
  }
  return stops.map((top) => Math.max(0, top - window.innerHeight * 0.15));
}"""
_MOVE = 'function (top) { window.scrollTo({ top, behavior: "instant" }); }'
_NOTE = """function () {
  const risen = globalThis.waiting.filter((element) => Number(getComputedStyle(element).opacity) >= 0.1);
  for (const element of risen) globalThis.awakened.add(element);
  return risen.length;
}"""
_RETURN = """function () {
  const [left, top] = globalThis.stoodAt;
  window.scrollTo({ left, top, behavior: "instant" });
}"""
