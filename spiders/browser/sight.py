"""Asks one frame of a page what a person can see in it: runs the functions of ``sight.js`` and its kin there."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from playwright.async_api import ElementHandle, Error, Frame, JSHandle

ANSWER_SECONDS = 5.0
"""Longest a page may take to answer one question (ours); one that hangs longer is not going to."""
FRAME_SECONDS = 1.0
"""Longest a frame inside the page may take (ours): many wait for a document that never comes."""


class Box(NamedTuple):
    """A rectangle in CSS pixels of the page."""

    x: float
    y: float
    width: float
    height: float


def box_of(sides: Any) -> Box | None:
    """Return the box of four numbers that a page answered, or ``None`` where they are no box."""
    if not isinstance(sides, list) or len(sides) != 4:
        return None
    if not all(isinstance(side, int | float) for side in sides):
        return None
    return Box(*(round(float(side), 1) for side in sides))


async def ask(frame: Frame, function: str, argument: Any = None, *, also: str = "") -> Any:
    """Return what *function* of ``sight.js``, or of the script *also*, answers in *frame*; the answer is untrusted.

    ``None`` is returned when the frame went away or broke the script, or when a frame inside the page says nothing for
    :data:`FRAME_SECONDS`. Raises ``TimeoutError`` when the page itself does not answer in :data:`ANSWER_SECONDS`.
    """
    return await _answered(frame, frame.evaluate(_call(function, also), argument))


async def keep(frame: Frame, function: str, argument: Any = None, *, also: str = "") -> JSHandle | None:
    """Return a handle on the answer, which stays in the page; otherwise as :func:`ask`."""
    handle: JSHandle | None = await _answered(frame, frame.evaluate_handle(_call(function, also), argument))
    return handle


_silent: WeakKeyDictionary[Frame, str] = WeakKeyDictionary()


async def _answered(frame: Frame, question: Coroutine[Any, Any, Any]) -> Any:
    """Wait for an answer; a frame whose document never came would make every question wait, so it is asked once."""
    inner = frame.parent_frame is not None
    if inner and _silent.get(frame) == frame.url:
        question.close()
        return None
    try:
        async with asyncio.timeout(FRAME_SECONDS if inner else ANSWER_SECONDS):
            return await question
    except TimeoutError:
        if not inner:
            raise
        _silent[frame] = frame.url
        return None
    except Error as problem:
        return _unless_closed(problem)


async def element_at(frame: Frame, way: tuple[str, ...]) -> ElementHandle | None:
    """Return the element that *way* leads to in *frame* (a selector for each shadow root), or ``None``."""
    handle = await keep(frame, "follow", list(way))
    return handle.as_element() if handle else None


async def until(wanted: Callable[[], Awaitable[bool]], seconds: float, every: float = 0.1) -> bool:
    """Ask *wanted* again and again, at most for *seconds*; return whether it came true."""
    end = asyncio.get_running_loop().time() + seconds
    while not await wanted():
        if asyncio.get_running_loop().time() >= end:
            return False
        await asyncio.sleep(every)
    return True


def _unless_closed(problem: Error) -> None:
    """Let a closed page or a dead browser through: nothing can be asked there any more."""
    if "has been closed" in problem.message or "crashed" in problem.message.lower():
        raise problem


def _call(function: str, also: str) -> str:
    return f"(argument) => {{ {script(also)}\nreturn {function}(argument); }}"


@cache
def script(also: str = "") -> str:
    """Return the source of ``sight.js``, followed by that of *also*."""
    names = ["sight", also] if also else ["sight"]
    return "\n".join(files(__package__ or __name__).joinpath(f"{name}.js").read_text("utf-8") for name in names)
