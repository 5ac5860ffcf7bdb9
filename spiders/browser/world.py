"""A world of our own inside each frame of a page: it sees the elements, and no script of the page can reach it.

Chromium's DevTools protocol makes it ("isolated world"), as it does for extensions; Playwright's own ``evaluate`` runs
among the page's scripts, which may have changed what ``Array`` or ``getBoundingClientRect`` do.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, Self

from playwright.async_api import CDPSession, Error, Frame, Page

MOST_FRAMES = 30
"""Frames read in one page (ours)."""
DEEPEST_SHADOW = 3
"""Closed shadow roots inside closed shadow roots that are read (ours)."""

_WORLD = "barometer"


class Opening(NamedTuple):
    """An ``<iframe>``: its handle, the identifier of the frame in it, whether what is beyond its edge stays there."""

    handle: str
    frame: str | None
    still: bool


class Sessions:
    """The DevTools sessions of one page: its own, and one for each frame that lives in another process."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._opened: list[CDPSession] = []
        self._of_frame: dict[str, CDPSession] = {}
        self.main_frame = ""

    async def __aenter__(self) -> Self:
        self.main = await self._open(self._page)
        self.main_frame = await self._root_of(self.main)
        # Sessions exist only for frames of other processes; for the others, opening one is refused at once.
        for frame in self._page.frames[1 : MOST_FRAMES + 1]:
            with suppress(Error):
                session = await self._open(frame)
                self._of_frame[await self._root_of(session)] = session
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in self._opened:
            with suppress(Error):
                await session.detach()

    async def _open(self, target: Page | Frame) -> CDPSession:
        session = await self._page.context.new_cdp_session(target)
        self._opened.append(session)
        return session

    async def _root_of(self, session: CDPSession) -> str:
        return str((await session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"])

    def of(self, frame: str, around: CDPSession) -> CDPSession:
        """Return the session of *frame*: its own process's, else that of the page *around* it."""
        return self._of_frame.get(frame, around)


class World:
    """Our world in one frame; what it names by a handle lives as long as the page."""

    def __init__(self, session: CDPSession, context: int) -> None:
        self._session = session
        self._context = context

    @classmethod
    async def inside(cls, session: CDPSession, frame: str) -> Self:
        """Return the world of *frame*, which is made when it is not there."""
        made = await session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": _WORLD})
        return cls(session, int(made["executionContextId"]))

    async def call(self, program: str, *arguments: dict[str, Any]) -> Any:
        """Run *program*, a function, and return its answer by value.

        *arguments* are ``{"value": ...}`` or ``{"objectId": handle}``. Raises ``RuntimeError`` when the program fails.
        """
        return (await self._result(program, arguments, by_value=True)).get("value")

    async def discovered(self, most: int) -> tuple[list[Opening], list[tuple[str, str]]]:
        """Return the frames, and the hosts of closed shadow roots (handle, handle of the root).

        At most *most* elements are looked at.
        """
        frames: list[Opening] = []
        hosts: list[tuple[str, str]] = []
        scopes: list[str] = []
        for _ in range(DEEPEST_SHADOW):
            roots = []
            for handle, node in await self._candidates(most, scopes):
                if node["localName"] in ("iframe", "frame"):
                    frames.append(Opening(handle, node.get("frameId"), _is_still(node)))
                for shadow in node.get("shadowRoots", []):
                    if shadow.get("shadowRootType") == "closed":
                        roots.append(await self._handle_of(shadow["backendNodeId"]))
                        hosts.append((handle, roots[-1]))
            if not roots:
                break
            scopes = roots
        return frames, hosts

    async def _candidates(self, most: int, scopes: list[str]) -> list[tuple[str, dict[str, Any]]]:
        arguments: list[dict[str, Any]] = [{"value": most}, *({"objectId": scope} for scope in scopes)]
        found = await self._result(source("discover.js"), arguments, by_value=False)
        listing = await self._session.send(
            "Runtime.getProperties", {"objectId": found["objectId"], "ownProperties": True}
        )
        handles = [one["value"]["objectId"] for one in listing["result"] if one["name"].isdigit()]
        # All are asked for at once: an answer takes longer on its way than to make.
        nodes = await asyncio.gather(*(self._session.send("DOM.describeNode", {"objectId": one}) for one in handles))
        return [(handle, node["node"]) for handle, node in zip(handles, nodes, strict=True)]

    async def _handle_of(self, node: int) -> str:
        resolved = await self._session.send(
            "DOM.resolveNode", {"backendNodeId": node, "executionContextId": self._context}
        )
        return str(resolved["object"]["objectId"])

    async def _result(self, program: str, arguments: Iterable[dict[str, Any]], by_value: bool) -> dict[str, Any]:
        reply = await self._session.send(
            "Runtime.callFunctionOn",
            {
                "executionContextId": self._context,
                "functionDeclaration": program,
                "arguments": list(arguments),
                "returnByValue": by_value,
            },
        )
        if "exceptionDetails" in reply:
            details = reply["exceptionDetails"]
            said = details.get("exception", {}).get("description") or details.get("text")
            raise RuntimeError(f"the reading of a page failed: {said}")
        return dict(reply["result"])


def _is_still(frame: dict[str, Any]) -> bool:
    """Tell whether the markup of a frame forbids to scroll it."""
    attributes = iter(frame.get("attributes", []))
    return any(
        name == "scrolling" and value.lower() in ("no", "off")
        for name, value in zip(attributes, attributes, strict=False)
    )


@cache
def source(name: str) -> str:
    """Return the text of a script that lies beside this module."""
    return (files("spiders.browser") / name).read_text("utf-8")
