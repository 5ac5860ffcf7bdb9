"""Looks at one rendered page as a visitor does: closes what stands in front of it, reads what shows, points at the menus,
presses what promises more.

Every state is handed over while the page is in it, so that a picture can be taken of what counts.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from playwright.async_api import Page

from spiders.browser.age_gate import AgeGateKind, AgeGateOutcome, answer_gate
from spiders.browser.consent import PATIENCE_SECONDS, ConsentKind, ConsentOutcome, close_banner
from spiders.browser.control import Control
from spiders.browser.hover import hover_menus
from spiders.browser.load import Load
from spiders.browser.press import Pressed, PressKind, settle_down
from spiders.browser.reveal import Revealed, revealed
from spiders.browser.sight import ANSWER_SECONDS, Box
from spiders.browser.snapshot import snapshot
from spiders.frontier import Way
from spiders.identity import page_key
from spiders.showing import press_state
from spiders.sights import View

MOST_PRESSED_AT_HOME = 16
"""Controls pressed on a home page, those inside what they open apart (ours)."""
MOST_PRESSED = 8
"""Controls pressed on any other page (ours)."""
LABEL = 200
"""Characters kept of a control's label."""


class Onward(NamedTuple):
    """A control that leads to another page: pressing it in the state *address* costs *cost* clicks in all."""

    view: View
    cost: int
    url: str


@dataclass(slots=True)
class Manners:
    """What was closed or answered before a page could be seen; warnings are for people."""

    consent: ConsentOutcome | None = None
    age_gate: AgeGateOutcome | None = None
    warnings: list[str] = field(default_factory=list)


async def views(
    page: Page, load: Load, manners: Manners, *, home: bool, wants_presses: Callable[[], bool]
) -> AsyncIterator[View | Onward]:
    """Yield every state of *page*, the settled one first; *manners* tells what was closed to see it.

    *wants_presses* is asked before each press: when it says no, the rest is left alone. Raises ``TimeoutError`` when the
    page no longer answers, and Playwright's ``Error`` when it is gone.
    """
    if load.ended is None:
        await _clear(page, manners, PATIENCE_SECONDS if home else 0.0)
    base = View(load.url.partition("#:~:")[0], await snapshot(page))
    yield base
    if load.ended is not None or not wants_presses():
        return
    async for hovered in hover_menus(page):
        way = Way(hovered.label[:LABEL], " >> ".join(hovered.way), _whole(hovered.box), hovered=True)
        yield View(base.address, await snapshot(page), way=way)
    if not wants_presses():
        return
    if home and base.snapshot.page[1] > 2 * base.snapshot.viewport[1]:
        async with _scrolled(page):
            yield View(base.address, await snapshot(page), scrolled=True)
    if not wants_presses():
        return
    async for view in _pressed(page, base, home, wants_presses):
        yield view


@asynccontextmanager
async def _scrolled(page: Page) -> AsyncIterator[None]:
    """Let *page* stand scrolled down by a window and a half: some bars, and what they hold, show only then."""
    await _scroll(page, 1.5)
    try:
        yield
    finally:
        await _scroll(page, 0)


async def _scroll(page: Page, windows: float) -> None:
    async with asyncio.timeout(ANSWER_SECONDS):
        await page.evaluate("(windows) => scrollTo({top: innerHeight * windows, behavior: 'instant'})", windows)
    await settle_down(page)


async def _clear(page: Page, manners: Manners, patience: float) -> None:
    """Close the consent banner and answer the age gate, whichever lies on top."""
    manners.consent = await close_banner(page, patience)
    manners.age_gate = await answer_gate(page)
    if manners.age_gate.kind is AgeGateKind.ANSWERED and manners.consent.kind is not ConsentKind.CLOSED:
        manners.consent = await close_banner(page, 0.0)
    if manners.consent.kind is ConsentKind.NOT_CLOSED:
        manners.warnings.append("the consent banner could not be closed; what it covers was not seen")
    if manners.age_gate.kind is AgeGateKind.NOT_ANSWERED:
        manners.warnings.append("the age gate could not be passed; what it covers was not seen")


async def _pressed(
    page: Page, base: View, home: bool, wants_presses: Callable[[], bool]
) -> AsyncIterator[View | Onward]:
    """Yield what presses on *page* lead to, from the state *base*."""
    names: dict[tuple[Control, ...], str] = {(): base.address}
    most = MOST_PRESSED_AT_HOME if home else MOST_PRESSED
    states = revealed(page, depth=2 if home else 1, most=most)
    try:
        async for state in states:
            before = names.get(state.path[:-1])
            if before is None:
                continue
            way = _way(state.path[-1])
            if state.pressed.target is not None and not state.pressed.reveals:
                yield Onward(View(before, base.snapshot, state.clicks, way, before), state.clicks, state.pressed.target)
            elif state.pressed.reveals:
                view = await _view(page, state, base, before, way, names)
                yield view
            if not wants_presses():
                return
    finally:
        await states.aclose()  # type: ignore[attr-defined]


async def _view(
    page: Page, state: Revealed, base: View, before: str, way: Way, names: dict[tuple[Control, ...], str]
) -> View:
    pressed = state.pressed
    moved = pressed.kind is PressKind.MOVED and pressed.target and page_key(pressed.target) != page_key(base.address)
    address = str(pressed.target) if moved else press_state(before, way.label, names.values())
    names[state.path] = address
    return View(address, await snapshot(page), state.clicks, way, before, _seconds(pressed))


def _way(control: Control) -> Way:
    return Way(control.label[:LABEL], control.selector, _whole(control.box))


def _seconds(pressed: Pressed) -> float:
    return round(pressed.seconds, 3)


def _whole(box: Box | None) -> tuple[int, int, int, int] | None:
    return None if box is None else (round(box.x), round(box.y), round(box.width), round(box.height))
