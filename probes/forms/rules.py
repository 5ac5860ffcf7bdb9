"""What a host's robots.txt lets us open, asked for by the browser itself, behind its fence and under its own name."""

import asyncio
import base64
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Error

from spiders.robots import MAX_BYTES, Rules
from storage.vocabulary import Reason

_SECONDS = 15.0


async def rules_of(context: BrowserContext, url: str, token: str) -> Rules:
    """Return the rules of the host of *url* towards *token*, read as RFC 9309 has it.

    The file's bytes are taken as they come, whatever type they are announced as. A host that cannot be reached, or fails,
    closes everything.
    """
    parts = urlsplit(url)
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"
    page = await context.new_page()
    read: list[tuple[int, bytes]] = []
    taking: list[asyncio.Future[None]] = []
    try:
        session = await context.new_cdp_session(page)

        async def _take(event: dict[str, Any]) -> None:
            request, status = event["requestId"], int(event.get("responseStatusCode") or 0)
            try:
                if event.get("responseErrorReason") or 300 <= status < 400:
                    await session.send("Fetch.continueRequest", {"requestId": request})
                    return
                body = await session.send("Fetch.getResponseBody", {"requestId": request})
                content = base64.b64decode(body["body"]) if body["base64Encoded"] else body["body"].encode()
                read.append((status, content[:MAX_BYTES]))
                await session.send("Fetch.failRequest", {"requestId": request, "errorReason": "Aborted"})
            except Error:
                return

        session.on("Fetch.requestPaused", lambda event: taking.append(asyncio.ensure_future(_take(event))))
        await session.send("Fetch.enable", {"patterns": [{"requestStage": "Response", "resourceType": "Document"}]})
        problem = ""
        try:
            await page.goto(address, wait_until="commit", timeout=_SECONDS * 1000)
        except Error as error:
            problem = error.message
        await asyncio.gather(*taking)
    finally:
        await page.close()
    return _rules(read, problem, token)


def _rules(read: list[tuple[int, bytes]], problem: str, token: str) -> Rules:
    if not read:
        looped = "ERR_TOO_MANY_REDIRECTS" in problem
        return Rules(None, token) if looped else Rules(None, token, Reason.CONNECT)
    status, content = read[0]
    if status == 429 or status >= 500:
        return Rules(None, token, Reason.ROBOTS)
    return Rules(content.decode("utf-8-sig", "replace"), token) if 200 <= status < 300 else Rules(None, token)
