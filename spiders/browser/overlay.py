"""What lies over a page or stands in its place: banners, gates, pop-ins, with their words and buttons."""

from typing import Any, NamedTuple

from playwright.async_api import ElementHandle, Error, Frame, Page

from spiders.browser.sight import Box, ask, box_of, element_at
from spiders.detect.lexicon import fold

SMALLEST_SHARE = 0.015
"""Least share of the window that something must cover to be in the way (ours): below it is a badge or a launcher."""
PRESS_MS = 1500
"""Longest that one press on a banner may wait for the button to hold still, in milliseconds (ours)."""


class Button(NamedTuple):
    """Something to press on an overlay; ``leaves`` when it is a link to another page."""

    label: str
    way: tuple[str, ...]
    leaves: bool
    box: Box | None = None


class Field(NamedTuple):
    """Something to fill in on an overlay; ``kind`` is ``select`` or the type of the input."""

    words: str
    kind: str
    way: tuple[str, ...]
    options: tuple[str, ...]
    required: bool


class Overlay(NamedTuple):
    """One thing in the way: where it is, the share of the window it covers, and what is on it, words folded."""

    frame: Frame
    way: tuple[str, ...]
    words: str
    box: Box | None
    share: float
    buttons: tuple[Button, ...]
    fields: tuple[Field, ...]
    frames: int


async def overlays(page: Page) -> list[Overlay]:
    """Return what lies over *page*, in document order: what covers enough of the window, and frames floating there.

    A floating frame counts with what it holds, since banners are often drawn in one.
    """
    found = await _own_overlays(page.main_frame)
    if any(one.frames for one in found):
        found += await _floating_frames(page)
    return [one for one in found if one.share >= SMALLEST_SHARE]


async def whole_page(page: Page) -> Overlay | None:
    """Return all of *page* as if it were one overlay, for pages that are nothing but a gate."""
    return _overlay(page.main_frame, await ask(page.main_frame, "wholeFrame", also="overlay"))


async def hold(overlay: Overlay) -> ElementHandle | None:
    """Return a hold on the element itself: once it is gone its way may lead to another."""
    return await element_at(overlay.frame, overlay.way)


async def remains(overlay: Overlay, held: ElementHandle | None) -> bool:
    """Tell whether anything of *overlay*, held by :func:`hold`, still shows."""
    if held is None or overlay.frame.is_detached():
        return False
    if overlay.frame.parent_frame is not None and not await _shows(overlay.frame):
        return False
    return bool(await ask(overlay.frame, "remains", held, also="overlay"))


async def press_button(overlay: Overlay, button: Button) -> bool:
    """Press *button* with the mouse, or by script where something lies over it; return whether it was there."""
    element = await element_at(overlay.frame, button.way)
    if element is None:
        return False
    try:
        await element.click(timeout=PRESS_MS)
    except Error:
        return await press_by_script(element)
    return True


async def press_by_script(element: ElementHandle) -> bool:
    """Press an element without the mouse, where it is covered or drawn otherwise; return whether it was there."""
    try:
        await element.evaluate("(element) => element.click()")
    except Error:
        return False
    return True


async def _own_overlays(frame: Frame) -> list[Overlay]:
    answer = await ask(frame, "overlays", also="overlay")
    found = [_overlay(frame, one) for one in answer] if isinstance(answer, list) else []
    return [one for one in found if one is not None]


async def _floating_frames(page: Page) -> list[Overlay]:
    ways = await ask(page.main_frame, "floatingFrames", also="overlay")
    found = []
    for way in ways if isinstance(ways, list) else []:
        element = await element_at(page.main_frame, tuple(map(str, way)))
        frame = await element.content_frame() if element else None
        box = await element.bounding_box() if element else None
        whole = _overlay(frame, await ask(frame, "wholeFrame", also="overlay")) if frame and box else None
        if whole is not None and box is not None:
            placed = Box(box["x"], box["y"], box["width"], box["height"])
            found.append(whole._replace(box=placed, share=_share(page, placed)))
    return found


def _share(page: Page, box: Box) -> float:
    window = page.viewport_size
    return min(1.0, box.width * box.height / (window["width"] * window["height"])) if window else 0.0


async def _shows(frame: Frame) -> bool:
    try:
        return await (await frame.frame_element()).is_visible()
    except Error:
        return False


def _overlay(frame: Frame, raw: Any) -> Overlay | None:
    if not isinstance(raw, dict):
        return None
    buttons = [
        Button(
            str(one.get("label", "")),
            tuple(map(str, one.get("way", ()))),
            bool(one.get("leaves")),
            box_of(one.get("box")),
        )
        for one in raw.get("buttons", ())
    ]
    fields = [
        Field(
            fold(str(one.get("words", ""))),
            str(one.get("kind", "")),
            tuple(map(str, one.get("way", ()))),
            tuple(fold(str(option)) for option in one.get("options", ())),
            bool(one.get("required")),
        )
        for one in raw.get("fields", ())
    ]
    share = raw.get("share")
    return Overlay(
        frame,
        tuple(map(str, raw.get("way", ()))),
        fold(str(raw.get("words", ""))),
        box_of(raw.get("box")),
        float(share) if isinstance(share, int | float) else 0.0,
        tuple(buttons),
        tuple(fields),
        int(raw.get("frames") or 0),
    )
