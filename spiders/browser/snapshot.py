"""What a person can see of a page in its present state, read out of a browser.

Frames are read first, the page around them last. What "seen" means is written in ``visibility.js`` (styles, and what
cuts a thing off), ``covering.js`` (what lies over it) and ``walk.js``; ``snapshot.js`` writes it down.
"""

import asyncio
from functools import cache
from typing import Any

from playwright.async_api import CDPSession, Error, Page

from spiders.browser.assembly import Sight, assembled
from spiders.browser.layout import Snapshot
from spiders.browser.waking import wake
from spiders.browser.world import MOST_FRAMES, Opening, Sessions, World, source

MOST_ELEMENTS = 60_000
"""Elements of one frame that are looked at (ours); a page with more is marked ``truncated``."""
LIMIT_SECONDS = 20.0
"""How long one snapshot may take (ours)."""
FRAME_SECONDS = 4.0
"""How long one frame may take, with the frames in it (ours); a frame that takes longer counts as blank."""
DEEPEST_FRAME = 3
"""Frames inside frames that are read (ours)."""

_SOURCES = ("visibility.js", "covering.js", "walk.js", "snapshot.js")
_GONE = (
    "Execution context was destroyed",
    "Cannot find context",
    "Could not find",
    "No frame for given id",
    "Frame was detached",
    "Inspected target navigated or closed",
)


async def snapshot(page: Page, limit_seconds: float = LIMIT_SECONDS) -> Snapshot:
    """Return what a person can see of *page*, which should have settled.

    The page is left as it was, scrolled where it was. Raises ``TimeoutError`` after *limit_seconds*, and Playwright's
    ``Error`` when the page is closed or leaves for another twice while it is read.
    """
    async with asyncio.timeout(limit_seconds):
        try:
            return await _taken(page)
        except Error as error:
            if page.is_closed() or not any(sign in str(error) for sign in _GONE):
                raise
            await page.wait_for_load_state("domcontentloaded")
            return await _taken(page)


async def _taken(page: Page) -> Snapshot:
    async with Sessions(page) as sessions:
        top = await _Reading(sessions).look(sessions.main, sessions.main_frame, 0)
        if top.answer["faded"] and await wake(await World.inside(sessions.main, sessions.main_frame)):
            top = await _Reading(sessions).look(sessions.main, sessions.main_frame, 0)
        return assembled(top)


class _Reading:
    """Reads frames, the inner ones first, and numbers all their elements in one row."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._next = 1
        self._frames_left = MOST_FRAMES

    async def look(self, session: CDPSession, frame: str, depth: int, still: bool = False) -> Sight:
        """Read *frame*, *depth* frames inside the page; *still* tells that nobody can scroll it."""
        world = await World.inside(session, frame)
        openings, hosts = await world.discovered(MOST_ELEMENTS)
        inner: list[Sight | None] = []
        for opening in openings:
            inner.append(await self._look_into(session, opening, depth))
        options: dict[str, Any] = {
            "most": MOST_ELEMENTS,
            "first": self._next,
            "top": depth == 0,
            "still": still,
            "frames": [{"opaque": bool(sight and sight.answer["opaque"])} for sight in inner],
        }
        handles = [opening.handle for opening in openings] + [handle for host in hosts for handle in host]
        answer = await world.call(
            _program(), {"value": options}, {"value": len(openings)}, *({"objectId": handle} for handle in handles)
        )
        self._next = answer["next"]
        return Sight(answer, inner)

    async def _look_into(self, session: CDPSession, opening: Opening, depth: int) -> Sight | None:
        """Return the sight of a frame in this one, or ``None`` where it cannot be read, which then stays blank."""
        frame = opening.frame
        if frame is None or depth >= DEEPEST_FRAME or self._frames_left <= 0:
            return None
        self._frames_left -= 1
        try:
            async with asyncio.timeout(FRAME_SECONDS):
                return await self.look(self._sessions.of(frame, session), frame, depth + 1, opening.still)
        except (Error, RuntimeError, TimeoutError):
            return None


@cache
def _program() -> str:
    """Return the function that reads one frame: given options, how many frames follow, the frames, hosts and roots."""
    body = "\n".join(source(name) for name in _SOURCES)
    return f"""function (options, frameCount, ...objects) {{ return (() => {{
"use strict";
const frameNumbers = new Map(objects.slice(0, frameCount).map((frame, number) => [frame, number]));
const closedShadows = new Map();
for (let at = frameCount; at + 1 < objects.length; at += 2) closedShadows.set(objects[at], objects[at + 1]);
const awake = (globalThis.awakened ??= new WeakSet());
{body}
const taken = takeSnapshot();
globalThis.waiting = faded;
return taken;
}})(); }}"""
