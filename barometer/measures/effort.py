"""How many seconds of a practised visitor's time the shortest path takes: the keystroke-level model, plus the waiting.

Operators are those of Card, Moran and Newell, "The keystroke-level model for user performance time with interactive
systems", Communications of the ACM 23 (7), 1980; what that model lacks is marked *ours*. :data:`VERSION` changes with any
of the figures.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from barometer.measures.depth import Box

VERSION = "1"
"""Which figures an effort was estimated with."""

DECIDE = Decimal("1.35")
"""Seconds to prepare an act (operator M)."""
POINT = Decimal("1.10")
"""Seconds to move the pointer to a target (operator P)."""
CLICK = Decimal("0.20")
"""Seconds to press and release a button (two operators K of 0.1 s, as for a mouse button)."""
HOVER = Decimal("1.10")
"""Seconds to rest the pointer on the item of a menu that opens by it (*ours*: one more P)."""
SCROLL = Decimal("0.5")
"""Seconds to scroll down by one window (*ours*)."""
ACT = DECIDE + POINT + CLICK
"""Seconds to answer a consent banner or an age gate (*ours*: one more step)."""


class Reached(NamedTuple):
    """What a visitor has to get to: where it stands, whether it stays there on scrolling (``fixed``), whether a menu has
    to be pointed at first (``hovered``). A box that nobody measured is ``None``.
    """

    box: Box | None
    fixed: bool = False
    hovered: bool = False


class Step(NamedTuple):
    """One step of a path: its link or control, and the seconds that the next state took to show (``None``: unknown).

    After a press (``stays``) the window stays where it was scrolled to, on another page it begins at the top. A redirect
    (``free``) is no act; of it only the waiting counts, where it was measured.
    """

    target: Reached
    seconds: float | None
    stays: bool = False
    free: bool = False


class Part(NamedTuple):
    """One part of an effort: ``consent``, ``age_gate``, ``decide``, ``scroll``, ``hover``, ``point``, ``click`` or
    ``response``, and its seconds, to the hundredth.
    """

    what: str
    seconds: float


class Effort(NamedTuple):
    """The estimate in seconds, to the tenth, and its parts in order: their sum, rounded half to even, is ``seconds``."""

    seconds: float
    parts: list[Part]


def effort(
    steps: Sequence[Step], sighting: Reached, viewport_height: int, consent: bool, age_gate: bool
) -> Effort | None:
    """Return the effort of following *steps* to *sighting*, or ``None`` where a box or a response was not measured.

    *viewport_height* is the window's, in CSS pixels; *consent* and *age_gate* tell that a banner or a gate stood in front of
    the home page and was answered. Raises ``ValueError`` for a window without height.
    """
    if viewport_height <= 0:
        raise ValueError(f"a window of {viewport_height} pixels shows nothing")
    parts = [(what, ACT) for what, met in (("consent", consent), ("age_gate", age_gate)) if met]
    scrolled = 0
    for step in steps:
        if step.free:
            parts += _waiting(step.seconds)
            scrolled = 0
            continue
        if step.seconds is None or (step.target.box is None and not step.target.fixed):
            return None
        down = max(scrolled, screens_down(step.target, viewport_height))
        parts += [("decide", DECIDE), *_reaching(step.target, down - scrolled), ("point", POINT), ("click", CLICK)]
        parts += _waiting(step.seconds)
        scrolled = down if step.stays else 0
    if sighting.box is None and not sighting.fixed:
        return None
    parts += _reaching(sighting, max(0, screens_down(sighting, viewport_height) - scrolled))
    total = sum((seconds for _, seconds in parts), Decimal(0))
    return Effort(float(round(total, 1)), [Part(what, float(seconds)) for what, seconds in parts])


def screens_down(target: Reached, viewport_height: int) -> int:
    """Return how many windows further down than the first the box of *target* ends; 0 for what stays on scrolling."""
    if target.fixed or target.box is None:
        return 0
    return max(0, math.ceil((target.box[1] + target.box[3]) / viewport_height) - 1)


def _reaching(target: Reached, screens: int) -> list[tuple[str, Decimal]]:
    """Return what it takes to bring *target* under the pointer's eye, *screens* further down than the window is."""
    return [("scroll", SCROLL * screens)] * (screens > 0) + [("hover", HOVER)] * target.hovered


def _waiting(seconds: float | None) -> list[tuple[str, Decimal]]:
    return [] if seconds is None else [("response", round(Decimal(str(seconds)), 2))]
