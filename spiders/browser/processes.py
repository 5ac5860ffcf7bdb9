"""What Chromium's processes weigh and cost, read from the system: memory bounded, CPU counted (Linux)."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.async_api import Browser
from playwright.async_api import Error as PlaywrightError

RENDERER_MEGABYTES = 1536
"""Resident memory at which a page's process is ended: nodes and pictures are outside the scripts' heap (*ours*)."""
_WATCH_SECONDS = 1.0
_PROC = Path("/proc")


async def browser_process(browser: Browser) -> int | None:
    """Return the process id of *browser*'s main process, or ``None`` where it does not say."""
    with contextlib.suppress(PlaywrightError, TimeoutError):
        async with asyncio.timeout(5):
            session = await browser.new_browser_cdp_session()
            found = await session.send("SystemInfo.getProcessInfo")
            await session.detach()
            return next((int(one["id"]) for one in found["processInfo"] if one["type"] == "browser"), None)
    return None


async def watch_memory(browser: Browser, megabytes: float = RENDERER_MEGABYTES) -> None:
    """End each page's process that holds more than *megabytes*, until *browser* is gone; nothing where not on Linux.

    Only its page is lost, as when Chromium itself runs out of memory: it shows as a crash.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(PlaywrightError):
        session = await browser.new_browser_cdp_session()
        while browser.is_connected():
            processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
            for pid in (int(one["id"]) for one in processes if one["type"] == "renderer"):
                if _resident_megabytes(pid) > megabytes:
                    end(pid)
            await asyncio.sleep(_WATCH_SECONDS)


def end(pid: int) -> None:
    """End the process *pid* at once; one that is gone already is no error."""
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)


def children_cpu_seconds() -> float:
    """Return the CPU seconds that the processes below this one have used so far, Chromium's included; 0 where not on
    Linux.

    What ended counts once its parent noticed, but for what a killed browser leaves orphaned: so the sum may fall when a
    browser is replaced, and a difference across that moment means nothing.
    """
    if sys.platform != "linux":
        return 0.0
    times = os.times()
    running = sum(map(_ticks, _descendants(os.getpid()))) / os.sysconf("SC_CLK_TCK")
    return running + times.children_user + times.children_system


def _resident_megabytes(pid: int) -> float:
    """Return the resident memory of a process (proc(5), statm, second field)."""
    try:
        pages = int((_PROC / str(pid) / "statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


def _descendants(root: int) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            children.setdefault(int(_fields(entry)[1]), []).append(int(entry.parent.name))
    waiting = [root]
    while waiting:
        found = children.get(waiting.pop(), [])
        waiting += found
        yield from found


def _ticks(pid: int) -> int:
    """Return user and system time of a process and of its ended children, in clock ticks (proc(5), fields 14 to 17)."""
    try:
        return sum(map(int, _fields(_PROC / str(pid) / "stat")[11:15]))
    except (OSError, ValueError, IndexError):
        return 0


def _fields(stat: Path) -> list[str]:
    # The command's name stands in brackets and may hold anything, brackets too.
    return stat.read_text("utf-8", "replace").rpartition(")")[2].split()
