"""A browser dies with its parent, whatever the parent dies of and whatever the page is doing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spiders.browser.executable import find_browser

pytestmark = pytest.mark.slow
PARENT = """
import asyncio
from playwright.async_api import async_playwright
from spiders.browser.fence import Fence
from spiders.browser.launch import launch

async def main():
    playwright = await async_playwright().start()
    browser = await launch(playwright.chromium, Fence())
    page = await browser.new_page()
    await page.goto("data:text/html,<script>setTimeout(() => { while (true) {} })</script>")
    print("ready", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""
GRACE_SECONDS = 30


def below(root: int) -> dict[int, str]:
    """Return the processes below *root*, with the moment each started: a number alone may be given again."""
    parents: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.parent.name)] = (int(fields[1]), fields[19])
    found: dict[int, str] = {}
    waiting = [root]
    while waiting:
        above = waiting.pop()
        for pid, (parent, started) in parents.items():
            if parent == above:
                found[pid] = started
                waiting.append(pid)
    return found


def alive(pid: int, started: str) -> bool:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return False
    return fields[19] == started and fields[0] not in "ZX"


@pytest.mark.skipif(sys.platform != "linux", reason="reads the processes of Linux")
@pytest.mark.parametrize("with_driver", [False, True], ids=["the parent alone", "the parent and its driver"])
def test_nothing_is_left_when_the_parent_is_killed(with_driver: bool) -> None:
    if find_browser() is None:
        pytest.skip("no Chromium on this machine: run 'make browser'")
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    children = below(parent.pid)
    assert len(children) >= 4
    driver = [pid for pid in children if b"run-driver" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert driver
    parent.kill()
    if with_driver:
        os.kill(driver[0], signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    for _ in range(GRACE_SECONDS * 10):
        left = [pid for pid, started in children.items() if alive(pid, started)]
        if not left:
            break
        time.sleep(0.1)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []
