"""Reads what a page shows only once something is pressed: every state is one press from the page as it loaded, or two.

A press costs a click, so each state is told with the controls that led to it; best first, and bounded in number.
"""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from playwright.async_api import Error, Frame, Page

from spiders.browser.control import Control, Facts, Refused, facts_of, judge, ranked
from spiders.browser.listeners import ask_knowing_listeners
from spiders.browser.press import Pressed, PressKind, baseline, frames_of, press
from spiders.browser.sight import ask
from spiders.browser.undo import Reload, Undone, covers, restore

MOST_NESTED = 8
"""Most controls pressed inside what one press opened (ours)."""
MOST_RELOADS = 4
"""Most times that a page is loaded again to undo presses (ours); after that leftovers that cover nothing stay."""

__all__ = ["Control", "Pressed", "Revealed", "controls", "judged", "press", "restore", "revealed"]


class Revealed(NamedTuple):
    """A state that presses lead to: the controls in order (each one click), and what the last press did."""

    path: tuple[Control, ...]
    pressed: Pressed

    @property
    def clicks(self) -> int:
        """How many clicks the state is away from the page as it loaded."""
        return len(self.path)


async def controls(page: Page) -> list[Control]:
    """Return what in the present state of *page* is worth a press, best first, at most ``control.MOST_CONTROLS``.

    Frames and open shadow roots are read too. Raises ``TimeoutError`` when the page does not answer.
    """
    return ranked([verdict for _, verdict in await judged(page) if isinstance(verdict, Control)])


async def judged(page: Page) -> list[tuple[Facts, Control | Refused]]:
    """Return everything in *page* that could be pressed, in document order, with the verdict on each."""
    found = []
    for number, frame in enumerate(frames_of(page)):
        offset = await _offset(frame) if number else (0.0, 0.0)
        answer = await _gathered(page, frame) if offset is not None else None
        for raw in answer.get("controls", ()) if isinstance(answer, dict) else ():
            facts = facts_of(raw)
            if facts is not None and offset is not None:
                placed = facts._replace(box=facts.box._replace(x=facts.box.x + offset[0], y=facts.box.y + offset[1]))
                found.append((placed, judge(placed, number)))
    return found


async def revealed(
    page: Page, *, depth: int = 2, most: int | None = None, reload: Reload | None = None
) -> AsyncIterator[Revealed]:
    """Press each control of *page* from its present state and yield every state or link target that this leads to.

    While the caller holds a :class:`Revealed` the page shows that state (for ``away``, ``popup`` and ``message`` it
    shows what it did before, and ``pressed.target`` or ``pressed.message`` holds what is new); then it is taken back.
    *depth* 2 also presses what a press brought. Raises ``TimeoutError`` when the page no longer answers.
    """
    budget = _Budget()
    before = await baseline(page)
    start = await controls(page)
    known = {_key(control) for control in start}
    for control in start[:most]:
        pressed = await press(page, control, before)
        if pressed.kind in (PressKind.NOTHING, PressKind.UNREACHED):
            continue
        yield Revealed((control,), pressed)
        if depth > 1 and pressed.reveals:
            async for inner in _nested(page, pressed, known, budget, reload):
                yield inner
        undone = await _restore(page, pressed, budget, reload)
        if undone is None:
            return
        if undone in (Undone.RELOADED, Undone.LEFT_OVER, Undone.BACK):
            before = await baseline(page)


class _Budget:
    """How often the page may still be loaded again."""

    def __init__(self) -> None:
        self.reloads = MOST_RELOADS


async def _nested(
    page: Page, outer: Pressed, known: set[tuple[int, tuple[str, ...]]], budget: _Budget, reload: Reload | None
) -> AsyncIterator[Revealed]:
    """Press what the press *outer* brought, each from the state that *outer* led to, and yield what that leads to."""
    fresh = [control for control in await controls(page) if _key(control) not in known]
    current = outer
    for control in fresh[:MOST_NESTED]:
        pressed = await press(page, control)
        if pressed.kind in (PressKind.NOTHING, PressKind.UNREACHED):
            continue
        yield Revealed((outer.control, control), pressed)
        if await restore(page, pressed, may_reload=False) is not Undone.LEFT_OVER:
            continue
        # Only the way round over the page as it loaded is left.
        if await _restore(page, current, budget, reload) is not Undone.RELOADED:
            return
        current = await press(page, outer.control)
        if not current.reveals:
            return


async def _restore(page: Page, pressed: Pressed, budget: _Budget, reload: Reload | None) -> Undone | None:
    """Take the page back, or return ``None`` where that failed and what is left lies over the page."""
    undone = await restore(page, pressed, reload, may_reload=budget.reloads > 0)
    if undone is Undone.RELOADED:
        budget.reloads -= 1
    if undone is Undone.LEFT_OVER and (pressed.kind is PressKind.MOVED or await covers(page, pressed)):
        return None
    return undone


def _key(control: Control) -> tuple[int, tuple[str, ...]]:
    return control.frame, control.way


async def _offset(frame: Frame) -> tuple[float, float] | None:
    """Return where a frame stands in the page, or ``None`` where it does not show."""
    try:
        box = await (await frame.frame_element()).bounding_box()
    except Error:
        return None
    return (box["x"], box["y"]) if box and box["width"] > 1 and box["height"] > 1 else None


async def _gathered(page: Page, frame: Frame) -> Any:
    """Ask *frame* for its controls; the page itself by the developer tools, which alone know who listens to clicks."""
    return (
        await ask_knowing_listeners(page, "gather")
        if frame is page.main_frame
        else await ask(frame, "gather", also="reveal")
    )
