"""Asks a page through the developer tools, which alone know who listens to which events."""

import asyncio
import contextlib
import json
from typing import Any

from playwright.async_api import CDPSession, Error, Page

from spiders.browser.sight import ANSWER_SECONDS, ask, script


async def ask_knowing_listeners(page: Page, function: str) -> Any:
    """Return what *function* of ``reveal.js`` answers in *page* when ``getEventListeners`` is at hand; it is untrusted.

    Where the tools do not answer the page is asked without. Raises ``TimeoutError`` when the page does not answer.
    """
    session: CDPSession | None = None
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            session = await page.context.new_cdp_session(page)
            return await _asked(session, function)
    except Error:
        return await ask(page.main_frame, function, also="reveal")
    finally:
        if session is not None:
            with contextlib.suppress(Error):
                await session.detach()


async def _asked(session: CDPSession, function: str) -> Any:
    answer = await session.send(
        "Runtime.evaluate",
        {
            "expression": f"JSON.stringify((() => {{ {script('reveal')}\nreturn {function}(); }})())",
            "includeCommandLineAPI": True,
            "returnByValue": True,
            "timeout": ANSWER_SECONDS * 1000,
        },
    )
    value = answer.get("result", {}).get("value")
    return json.loads(value) if isinstance(value, str) else None
