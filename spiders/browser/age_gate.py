"""Answers a gate that asks for a visitor's age: yes, old enough. It costs no click and is recorded."""

import asyncio
from enum import StrEnum
from typing import NamedTuple

from playwright.async_api import ElementHandle, Error, Page

from spiders.browser.overlay import (
    Button,
    Field,
    Overlay,
    hold,
    overlays,
    press_button,
    press_by_script,
    remains,
    whole_page,
)
from spiders.browser.sight import Box, ask, element_at, until
from spiders.detect.lexicon import fold, pattern

BIRTH_DATE = (1980, 1, 15)
"""Year, month and day that are given where a gate asks for a date of birth: an adult anywhere."""
LONGEST_GATE = 2500
"""Most characters of words on a page that is nothing but a gate (ours)."""
LONGEST_BARE_GATE = 600
"""Most characters on a page that is a gate although it offers one way in and no way out (ours)."""
LONGEST_LABEL = 50
"""Longest label of a button that is read as an answer, in characters (ours)."""
OPENING_SECONDS = 3.0
"""How long a gate may take to open once it was answered (ours), a new page load included."""
MOST_TRIES = 3
"""Most buttons pressed at one gate (ours)."""
FILL_MS = 1500
"""Longest that filling in one field may take, in milliseconds (ours)."""

_TICKS = frozenset({"checkbox", "radio"})


class AgeGateKind(StrEnum):
    """What became of the age gate."""

    NONE = "none"
    ANSWERED = "answered"
    NOT_ANSWERED = "not_answered"


class AgeGateOutcome(NamedTuple):
    """What became of the gate: ``how`` is ``button`` or ``birth_date``, ``label`` the button pressed.

    ``seconds`` is what looking and answering took, wall-clock; ``box`` where the gate was, in CSS pixels of the page.
    """

    kind: AgeGateKind
    how: str | None = None
    label: str | None = None
    seconds: float = 0.0
    box: Box | None = None


async def answer_gate(page: Page) -> AgeGateOutcome:
    """Answer the age gate of the settled *page*, if it has one, and return what became of it.

    A gate is an overlay, or a short page, that asks a visitor's age and offers an answer. Raises ``TimeoutError`` when
    the page does not answer.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    gate = await _gate(page)
    if gate is None:
        return AgeGateOutcome(AgeGateKind.NONE, seconds=round(loop.time() - start, 3))
    held = await hold(gate)
    dated = await _fill_in(gate)
    label = await _enter(page, gate, held, dated)
    open_now = await _opened(page, gate, held)
    kind = AgeGateKind.ANSWERED if open_now else AgeGateKind.NOT_ANSWERED
    how = ("birth_date" if dated else "button") if open_now else None
    return AgeGateOutcome(kind, how, label, round(loop.time() - start, 3), gate.box)


async def _gate(page: Page) -> Overlay | None:
    found = [one for one in await overlays(page) if is_gate(one)]
    if found:
        return max(found, key=lambda one: one.share)
    whole = await whole_page(page)
    return whole if whole is not None and _is_only_a_gate(whole) else None


def is_gate(overlay: Overlay) -> bool:
    """Tell whether an overlay asks for an age: it says so, addresses the visitor, and offers an answer."""
    words = overlay.words
    if not pattern("age_gate", "question").search(words) or not pattern("age_gate", "ask").search(words):
        return False
    answers = [is_yes(button.label) for button in overlay.buttons]
    return any(answers) or len(_date_parts(overlay)) >= 2 or any(field.kind == "date" for field in overlay.fields)


def _is_only_a_gate(whole: Overlay) -> bool:
    """Tell whether a page is nothing but a gate, where a shop's page only mentions that minors may not buy."""
    if len(whole.words) > LONGEST_GATE or not is_gate(whole):
        return False
    chosen = any(is_no(one.label) for one in whole.buttons) or len(_date_parts(whole)) >= 2
    named = any(is_yes(one.label) and pattern("age_gate", "question").search(fold(one.label)) for one in whole.buttons)
    return chosen or named or len(whole.words) <= LONGEST_BARE_GATE


def is_yes(label: str) -> bool:
    """Tell whether a button says "old enough"."""
    words = " ".join(fold(label).split())
    if not words or len(words) > LONGEST_LABEL:
        return False
    refuses = pattern("age_gate", "no").match(words) or pattern("consent", "refuse").search(words)
    return not refuses and bool(pattern("age_gate", "yes").search(words))


def is_no(label: str) -> bool:
    """Tell whether a button says "too young"."""
    return bool(pattern("age_gate", "no").match(" ".join(fold(label).split())))


async def _enter(page: Page, gate: Overlay, held: ElementHandle | None, dated: bool) -> str | None:
    """Press the answers of *gate* until it opens; return the label of the last one pressed."""
    label = None
    for button in _answers(gate, dated)[:MOST_TRIES]:
        label = button.label
        try:
            if await press_button(gate, button) and await until(lambda: _opened(page, gate, held), OPENING_SECONDS):
                break
        except Error:
            continue
    return label


def _answers(gate: Overlay, dated: bool) -> list[Button]:
    """Return what lets a visitor in, the plainest first; beside a date of birth, any button that does not refuse."""
    yes = sorted((one for one in gate.buttons if is_yes(one.label)), key=lambda one: len(one.label))
    if dated and not yes:
        return [one for one in gate.buttons if one.label and not one.leaves and not is_no(one.label)]
    return yes


async def _opened(page: Page, gate: Overlay, held: ElementHandle | None) -> bool:
    """Tell whether the gate is gone and the page behind it has come."""
    try:
        await page.wait_for_load_state("domcontentloaded", timeout=FILL_MS)
    except Error:
        return False
    if gate.way == ("body",):
        whole = await whole_page(page)
        return whole is not None and bool(whole.words) and not _is_only_a_gate(whole)
    if await remains(gate, held):
        return False
    return not any(one.way == gate.way and is_gate(one) for one in await overlays(page))


async def _fill_in(gate: Overlay) -> bool:
    """Give the date of birth and tick what is asked for; return whether a date was given."""
    parts = _date_parts(gate)
    dated = False
    for field in gate.fields:
        element = await element_at(gate.frame, field.way)
        if element is None:
            continue
        if field.kind in _TICKS:
            await _tick(field, element)
        elif field.kind == "date":
            dated = await _type(element, "{:04}-{:02}-{:02}".format(*BIRTH_DATE)) or dated
        elif field in parts:
            dated = await _give_part(gate, field, parts[field], element) or dated
    return dated


def _date_parts(gate: Overlay) -> dict[Field, str]:
    """Return which fields ask for a year, a month and a day: by their words, else by what they offer."""
    parts: dict[Field, str] = {}
    for field in gate.fields:
        if field.kind not in ("select", "text", "number", "tel"):
            continue
        part = next((key for key in ("year", "month", "day") if pattern("age_gate", key).search(field.words)), None)
        part = part or _part_of_options(field.options)
        if part and part not in parts.values():
            parts[field] = part
    return parts


def _part_of_options(options: tuple[str, ...]) -> str | None:
    numbers = {int(option) for option in options if option.isascii() and option.isdigit()}
    if BIRTH_DATE[0] in numbers:
        return "year"
    if 31 in numbers:
        return "day"
    return "month" if 12 <= len(options) <= 14 else None


async def _give_part(gate: Overlay, field: Field, part: str, element: ElementHandle) -> bool:
    value = dict(zip(("year", "month", "day"), BIRTH_DATE, strict=True))[part]
    if field.kind != "select":
        return await _type(element, f"{value:02}")
    index = _option(field.options, value, part)
    return index is not None and bool(await ask(gate.frame, "selectOption", [list(field.way), index], also="overlay"))


def _option(options: tuple[str, ...], value: int, part: str) -> int | None:
    """Return which option says *value*: by its number, or the first month where months have names."""
    for index, option in enumerate(options):
        if option.isascii() and option.isdigit() and int(option) == value:
            return index
    return len(options) - 12 if part == "month" and len(options) >= 12 else None


async def _tick(field: Field, element: ElementHandle) -> None:
    """Tick what certifies the age or must be ticked; never an answer that says "too young"."""
    if not field.required and not pattern("age_gate", "question", "yes").search(field.words):
        return
    if pattern("age_gate", "no").match(field.words):
        return
    try:
        await element.check(timeout=FILL_MS)
    except Error:
        await press_by_script(element)


async def _type(element: ElementHandle, text: str) -> bool:
    try:
        await element.fill(text, timeout=FILL_MS)
    except Error:
        return False
    return True
