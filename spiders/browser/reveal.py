"""Reads what a page shows only once something is pressed: every state is one press from the page as it loaded, or two.

A press costs a click, so each state is told with the controls that led to it; best first, and bounded in number.
"""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from playwright.async_api import Error, Frame, Page

from spiders.browser.control import LONGEST_LABEL, Control, ControlKind, Facts, Refused, facts_of, judge, ranked
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
    return [(facts, verdict) for _, facts, verdict in await _judged(page)]


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
    start = _Start.of(await _judged(page))
    for control in start.controls[:most]:
        pressed = await press(page, await _present(page, control), before)
        if pressed.kind in (PressKind.NOTHING, PressKind.UNREACHED):
            continue
        yield Revealed((control,), pressed)
        if depth > 1 and pressed.reveals:
            async for inner in _nested(page, pressed, start, budget, reload):
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


class _Start(NamedTuple):
    """What could be pressed on the page as it loaded, and the places of that and of what stood open.

    What stands open shuts when another part opens; to open it again would show nothing new.
    """

    controls: list[Control]
    places: frozenset[tuple[int, tuple[str, ...]]]

    @classmethod
    def of(cls, everything: list[tuple[int, Facts, Control | Refused]]) -> "_Start":
        """Return the start that *everything* judged tells of."""
        controls = ranked([verdict for _, _, verdict in everything if isinstance(verdict, Control)])
        known = [
            (frame, facts.way)
            for frame, facts, verdict in everything
            if verdict in (Refused.OPEN, Refused.SCROLLS) or isinstance(verdict, Control)
        ]
        return cls(controls, frozenset(known))

    def fresh(self, present: list[Control]) -> list[Control]:
        """Return those of *present* that are new, not those that only stand in another place now."""
        places = {(one.frame, one.way) for one in present}
        moved = {_look(one) for one in self.controls if (one.frame, one.way) not in places}
        return [one for one in present if (one.frame, one.way) not in self.places and _look(one) not in moved]


async def _present(page: Page, control: Control) -> Control:
    """Return *control* where it stands now: what a press brought or took away may have moved it in its document."""
    frames = frames_of(page)
    if control.frame < len(frames):
        state = await ask(frames[control.frame], "stateOf", list(control.way), also="reveal")
        if isinstance(state, dict) and str(state.get("label")) == control.label[:LONGEST_LABEL]:
            return control
    now = await controls(page)
    if any((one.frame, one.way) == (control.frame, control.way) for one in now):
        return control
    return next((one for one in now if _look(one) == _look(control)), control)


async def _nested(
    page: Page, outer: Pressed, start: _Start, budget: _Budget, reload: Reload | None
) -> AsyncIterator[Revealed]:
    """Press what the press *outer* brought, each from the state that *outer* led to, and yield what that leads to."""
    current = outer
    for control in start.fresh(await controls(page))[:MOST_NESTED]:
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


async def _judged(page: Page) -> list[tuple[int, Facts, Control | Refused]]:
    """Return for everything that could be pressed the number of its frame, what the page says of it, and the verdict."""
    found = []
    for number, frame in enumerate(frames_of(page)):
        offset = await _offset(frame) if number else (0.0, 0.0)
        answer = await _gathered(page, frame) if offset is not None else None
        for raw in answer.get("controls", ()) if isinstance(answer, dict) else ():
            facts = facts_of(raw)
            if facts is not None and offset is not None:
                placed = facts._replace(box=facts.box._replace(x=facts.box.x + offset[0], y=facts.box.y + offset[1]))
                found.append((number, placed, judge(placed, number)))
    return found


def _look(control: Control) -> tuple[ControlKind, str, str]:
    return control.kind, control.label, control.role


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
