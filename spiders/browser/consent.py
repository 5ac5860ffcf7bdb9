"""Closes the consent banner of a page, refusing wherever that is possible.

It costs no click (a visitor's errand only starts behind it) and is recorded, since it counts in effort. A banner that
cannot be closed is reported with its box: what it covers is not visible.
"""

import asyncio
import re
from enum import StrEnum
from typing import NamedTuple

from playwright.async_api import ElementHandle, Error, Page

from spiders.browser.autoconsent import refuse
from spiders.browser.control import CROSSES
from spiders.browser.overlay import Button, Overlay, hold, overlays, press_button, remains
from spiders.browser.sight import Box, ask, until
from spiders.detect.lexicon import fold, pattern

PATIENCE_SECONDS = 2.0
"""How long a banner is waited for where scripts of the page promise one (ours)."""
RULES_SECONDS = 4.0
"""Longest that autoconsent may work on one page (ours); most rules end within one second."""
CLOSING_SECONDS = 1.5
"""How long a banner may take to go once its button was pressed (ours), fading included."""
MOST_PRESSES = 5
"""Most buttons of one banner that are tried by their words (ours)."""
LONGEST_LABEL = 60
"""Longest label of a button that is read as an answer, in characters (ours)."""
MOST_POLICIES = 2
"""Most links to other pages on a banner that only a cross closes (ours)."""
CROSS = 48.0
"""Longest side of such a cross, and farthest that it stands from its corner, in CSS pixels (ours)."""

_SCRIPT_WORDS = ["consent", "cookie", "gdpr", "rgpd", "cmp."]
_TEXT_FIELDS = frozenset({"email", "text", "tel", "password"})


class ConsentKind(StrEnum):
    """What became of the consent banner."""

    NONE = "none"
    CLOSED = "closed"
    NOT_CLOSED = "not_closed"


class ConsentOutcome(NamedTuple):
    """What became of the banner: ``how`` names autoconsent's rule or is ``words``; ``label`` is the button pressed.

    ``seconds`` is what looking and closing took, wall-clock; ``box`` where the banner was, in CSS pixels of the page.
    """

    kind: ConsentKind
    how: str | None = None
    label: str | None = None
    seconds: float = 0.0
    box: Box | None = None


async def close_banner(page: Page, patience_seconds: float = PATIENCE_SECONDS) -> ConsentOutcome:
    """Close the consent banner of the settled *page* and return what became of it.

    A page that shows none is looked at once, or for *patience_seconds* where its scripts promise one; give 0 on the
    later pages of a visit, which have the answer in a cookie. Raises ``TimeoutError`` when the page does not answer.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    banner = await _awaited_banner(page, patience_seconds)
    if banner is None:
        return ConsentOutcome(ConsentKind.NONE, seconds=_since(start))
    held = await hold(banner)
    by_rule = await refuse(page, RULES_SECONDS)
    if by_rule.done and await until(lambda: _is_gone(page, banner, held), CLOSING_SECONDS):
        return ConsentOutcome(ConsentKind.CLOSED, by_rule.rule, None, _since(start), banner.box)
    label = await _close_by_words(page)
    left = await _banner(page)
    if left is not None:
        return ConsentOutcome(ConsentKind.NOT_CLOSED, None, label, _since(start), left.box)
    how = "words" if label is not None else by_rule.rule
    return ConsentOutcome(ConsentKind.CLOSED, how, label, _since(start), banner.box)


async def _awaited_banner(page: Page, patience_seconds: float) -> Overlay | None:
    banner = await _banner(page)
    if (
        banner is None
        and patience_seconds > 0
        and await ask(page.main_frame, "scriptsPromise", _SCRIPT_WORDS, also="overlay")
    ):
        await until(lambda: _has_banner(page), patience_seconds, every=0.25)
        banner = await _banner(page)
    return banner


async def _banner(page: Page) -> Overlay | None:
    """Return the banner that covers most, since a second one may lie under it."""
    found = [one for one in await overlays(page) if is_banner(one)]
    return max(found, key=lambda one: one.share, default=None)


async def _has_banner(page: Page) -> bool:
    return await _banner(page) is not None


async def _is_gone(page: Page, banner: Overlay, held: ElementHandle | None) -> bool:
    """Tell whether the banner is gone for good: neither its element shows, nor one that was drawn anew in its place."""
    if await remains(banner, held):
        return False
    return not any(one.way == banner.way and is_banner(one) for one in await overlays(page))


def is_banner(overlay: Overlay) -> bool:
    """Tell whether an overlay asks for consent: it speaks of cookies and offers an answer, or lets one choose between
    yes, no and details; and it wants nothing typed.
    """
    if any(field.kind in _TEXT_FIELDS for field in overlay.fields):
        return False
    answers = {answer_of(button.label) for button in overlay.buttons}
    if any(pattern("consent", "selection").search(fold(button.label)) for button in overlay.buttons):
        answers.add("settings")
    if answers >= {"refuse", "accept", "settings"}:
        return True
    if not pattern("consent", "topic").search(overlay.words):
        return False
    return bool(answers - {None}) or _cross(overlay) is not None


def _cross(overlay: Overlay) -> Button | None:
    """Return the cross in the upper right corner of a strip of prose: a small thing to press that bears no word.

    A bar with more links than a policy or two is a head with its menu, whatever it sells.
    """
    area = overlay.box
    if area is None or sum(button.leaves for button in overlay.buttons) > MOST_POLICIES:
        return None
    for button in overlay.buttons:
        box = button.box
        if button.label or box is None or max(box.width, box.height) > CROSS:
            continue
        if area.x + area.width - box.x - box.width <= CROSS and box.y - area.y <= CROSS:
            return button
    return None


def answer_of(label: str) -> str | None:
    """Return which answer a button gives: ``refuse``, ``close``, ``accept``, ``settings``, or ``None``."""
    words = " ".join(fold(label).split())
    if words in CROSSES:
        return "close"
    if not words or len(words) > LONGEST_LABEL:
        return None
    if pattern("consent", "refuse").search(words):
        return "refuse"
    # "Cookies" on a link leads to a policy; only a label that is nothing but the answer is one.
    bare = re.sub(r"[^\w' ]+", " ", words).strip()
    for answer in ("close", "accept", "settings"):
        if pattern("consent", answer).match(bare):
            return answer
    return None


async def _close_by_words(page: Page) -> str | None:
    """Press, refusals first, what may close the banner; return the label of the last button pressed."""
    pressed: list[tuple[str, tuple[str, ...]]] = []
    while len(pressed) < MOST_PRESSES:
        banner = await _banner(page)
        button = _next_button(banner, pressed) if banner else None
        if banner is None or button is None:
            break
        pressed.append((button.label, button.way))
        await _press(page, banner, button)
    return pressed[-1][0] if pressed else None


async def _press(page: Page, banner: Overlay, button: Button) -> None:
    """Press *button* and wait for the banner to go, or for the page that the answer loads."""
    held = await hold(banner)
    try:
        if await press_button(banner, button):
            await until(lambda: _is_gone(page, banner, held), CLOSING_SECONDS)
            await page.wait_for_load_state("domcontentloaded", timeout=CLOSING_SECONDS * 1000)
    except Error:
        return


def _next_button(banner: Overlay, pressed: list[tuple[str, tuple[str, ...]]]) -> Button | None:
    for wanted in ("refuse", "close", "accept"):
        for button in banner.buttons:
            known = (button.label, button.way) in pressed
            if not known and not button.leaves and answer_of(button.label) == wanted:
                return button
    cross = _cross(banner)
    return cross if cross is not None and (cross.label, cross.way) not in pressed else None


def _since(start: float) -> float:
    return round(asyncio.get_running_loop().time() - start, 3)
