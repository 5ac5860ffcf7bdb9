"""What happens on one page while it is looked at: counted, bounded, and answered for the visitor who is not there.

Dialogs are dismissed, pop-ups closed and noted, downloads refused, fonts, films and beacons not fetched, pictures
only up to a cap, and the page may send its visitor elsewhere only as often as a browser would bear, and only where
:data:`Judge` lets it.

Everything is told by the DevTools protocol, by resource type: what is never stopped is never asked about, so scripts
and styles pass at full speed and Chromium keeps its cache, which Playwright's own routing would switch off.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import CDPSession, Dialog, Download, Frame, Page, Request, Response
from playwright.async_api import Error as PlaywrightError

from storage.vocabulary import Reason

Judge = Callable[[str, str], Awaitable[Reason | str | None]]
"""Tells of an address the page wants to go to, and where it comes from: ``None`` lets it, a reason forbids it,
another address takes its place."""

_ASKED_ABOUT = ("Document", "Image", "Font", "Media", "Ping", "CSPViolationReport", "Fetch", "Other")
_NEVER = frozenset({"Font", "Media", "Ping", "CSPViolationReport"})
_SHOWN = 300
_NOTED = 20
_STOP_SECONDS = 6.0
_AWAITED = frozenset({"document", "stylesheet", "script", "xhr", "fetch"})

_MANNERS = """((most) => {
  Object.defineProperty(window, "close", { value() {}, configurable: false });
  let shown = 0;
  for (const [name, dismissed] of [["alert", undefined], ["confirm", false], ["prompt", null]]) {
    const show = window[name];
    window[name] = (...words) => (shown++ < most ? show.apply(window, words) : dismissed);
  }
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(console)))
    if (typeof value === "function") console[name] = () => {};
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes)
        if (node.localName === "script" && node.type === "speculationrules") node.remove();
  }).observe(document, { subtree: true, childList: true });
})(%d)"""
"""What a document is told before its own scripts.

No script can close a tab to which the visitor came by a link or a search (HTML standard, ``window.close``), but ours
have no past. A dialog too many is dismissed before it is shown, since Chromium listens to nobody while it shows one
after the other. The console is mute: a flood of words would hold up every page, since all of them reach us through
one pipe. And nobody asked for the pages that speculation rules would fetch; of all of Chromium's ways to be told so,
the one that holds is to take the rules out before they are read."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one page may ask for (*ours*): counts of what it loads and does; ``image_bytes`` as servers announce
    them."""

    images: int = 200
    image_bytes: int = 8_000_000
    frames: int = 40
    requests: int = 800
    hops: int = 10
    navigations: int = 5
    dialogs: int = 20


class Watch:
    """One page under watch; see :func:`watched`.

    Counts and notes are public; notes keep the first twenty. ``refusal`` is why a navigation of the page itself was not
    allowed. ``restless`` says which storm made us stop the page's scripts; ``deaf`` that it did not even let itself be
    stopped.
    """

    def __init__(self, page: Page, caps: Caps, judge: Judge | None) -> None:
        self.page = page
        self.caps = caps
        self._forget()
        self._listeners: dict[str, Callable[[Any], None]] = {
            "request": self._on_request,
            "requestfinished": self._on_end,
            "requestfailed": self._on_failure,
            "response": self._on_response,
        }
        self._judge = judge
        self._session: CDPSession | None = None
        self.main_frame = ""
        self._tasks: set[asyncio.Task[None]] = set()

    def _forget(self) -> None:
        """Count and note nothing yet."""
        self.requests = self.images = self.image_bytes = self.frames = self.navigations = self.hops = 0
        self.script_errors = self.dialog_count = 0
        self.dialogs: list[str] = []
        self.popups: list[str] = []
        self.downloads: list[str] = []
        self.refusal: Reason | None = None
        self.refused_url: str | None = None
        self.restless: str | None = None
        self.response: Response | None = None
        self.crashed = False
        self.stopped = self.deaf = False
        self.ready, self.calmed, self.lost = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.pending: dict[Request, float] = {}
        self.on_navigation: Callable[[str], None] | None = None
        self._coming: Response | None = None
        self.on_storm: Callable[[], None] | None = None

    async def leave(self) -> bool:
        """Put an unpressed page to rest, so that its tab can show the next one; tell whether it can.

        A tab that its page disturbed (dialogs, pop-ups, downloads, storms, a crash) is not used again.
        """
        disturbed = self.stopped or self.restless or self.refusal or self.dialog_count or self.popups or self.downloads
        if disturbed or self.lost.is_set():
            return False
        await self.session.send("Emulation.setScriptExecutionDisabled", {"value": True})
        return True

    async def renew(self) -> None:
        """Watch a tab that was put to rest anew: what its last page did counts no more."""
        self._forget()
        await self.session.send("Emulation.setScriptExecutionDisabled", {"value": False})

    async def attach(self) -> None:
        """Start watching; before the page goes anywhere."""
        page = self.page
        session = self._session = await page.context.new_cdp_session(page)
        self.main_frame = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        session.on("Fetch.requestPaused", self._on_paused)
        session.on("Page.windowOpen", lambda event: _note(self.popups, event["url"]))
        session.on("Page.domContentEventFired", lambda _: self.ready.set())
        page.on("dialog", lambda dialog: self._spawn(self._answer(dialog)))
        page.on("popup", lambda popup: self._spawn(popup.close()))
        page.on("download", lambda download: self._spawn(self._refuse(download)))
        page.on("pageerror", self._on_error)
        page.on("crash", self._on_crash)
        page.on("close", lambda _: self.lost.set())
        for name, listener in self._listeners.items():
            page.on(name, listener)  # type: ignore[call-overload]
        page.on("framenavigated", self._on_arrival)
        await session.send("Page.enable")
        await page.add_init_script(_MANNERS % self.caps.dialogs)
        await session.send("Fetch.enable", {"patterns": [{"resourceType": kind} for kind in _ASKED_ABOUT]})

    @property
    def session(self) -> CDPSession:
        """The DevTools session of the page."""
        assert self._session is not None, "attach first"
        return self._session

    async def stop_scripts(self) -> None:
        """End every script of the page, running or to come; what it shows stays, and can be read and pictured.

        The two commands are the ones that Chromium obeys while a script runs: they are read beside the page's own
        thread. Raises ``TimeoutError`` where even they find no hearing: nothing more can be had of the page.
        """
        if self.stopped:
            return
        if self.deaf:
            raise TimeoutError
        # Sent together: a script that shows dialogs for ever listens to one word at a time.
        commands = (
            self.session.send("Emulation.setScriptExecutionDisabled", {"value": True}),
            self.session.send("Runtime.terminateExecution"),
        )
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                for ended in await asyncio.gather(*commands, return_exceptions=True):
                    if isinstance(ended, BaseException) and not isinstance(ended, PlaywrightError):
                        raise ended
        except TimeoutError:
            self.deaf = True
            raise
        self.stopped = True

    async def calm(self, storm: str) -> None:
        """Stop the scripts of a page that asks for too much of something, named by *storm*."""
        if self.restless is None:
            self.restless = storm
            self.calmed.set()
            await self.stop_scripts()

    async def ask(self, expression: str) -> Any:
        """Return the value of *expression*, awaited if a promise, in a world that the page's scripts cannot reach.

        The document is the page's own; what its scripts redefined is not. ``None`` where the expression throws.
        """
        world = await self.session.send(
            "Page.createIsolatedWorld", {"frameId": self.main_frame, "worldName": "barometer"}
        )
        answer = await self.session.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "contextId": world["executionContextId"],
                "awaitPromise": not self.stopped,
                "returnByValue": True,
            },
        )
        return answer["result"].get("value") if "exceptionDetails" not in answer else None

    def allow_navigations(self) -> None:
        """Count navigations anew: what comes next was asked for by us."""
        self.navigations = self.hops = 0

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        """A page may be gone before we are done with it: that is no news."""
        with contextlib.suppress(PlaywrightError, TimeoutError):
            await work

    def _on_paused(self, event: dict[str, Any]) -> None:
        if self.restless != "requests":
            self._spawn(self._decide(event))

    async def _decide(self, event: dict[str, Any]) -> None:
        kind, url, request = event["resourceType"], event["request"]["url"], event["requestId"]
        if kind in _NEVER or _is_ahead_of_need(event):
            await self._fail(request)
        elif kind not in ("Image", "Document"):
            await self._continue(request)
        elif kind == "Image":
            self.images += 1
            within = self.images <= self.caps.images and self.image_bytes <= self.caps.image_bytes
            await (self._continue(request) if within else self._fail(request))
        elif event["frameId"] == self.main_frame:
            await self._navigate(event, url, request)
        else:
            self.frames += 1
            await (self._continue(request) if self.frames <= self.caps.frames else self._abort(request))

    async def _navigate(self, event: dict[str, Any], url: str, request: str) -> None:
        """The page goes somewhere else: by redirect, by script, or because we asked it to."""
        if event.get("redirectedRequestId"):
            self.hops += 1
        else:
            self.navigations, self.hops = self.navigations + 1, 0
        if self.hops > self.caps.hops or self.navigations > self.caps.navigations:
            await self._forbid(request, url, Reason.REDIRECT_LOOP)
            if self.navigations > self.caps.navigations:
                await self.calm("navigations")
            return
        here = self.response.url if self.response is not None else self.page.url
        verdict = await self._judge(url, here) if self._judge is not None else None
        if isinstance(verdict, Reason):
            await self._forbid(request, url, verdict)
        elif verdict is not None:
            await self._send_to(request, verdict)
        else:
            if self.on_navigation is not None:
                self.on_navigation(url)
            await self._continue(request)

    async def _forbid(self, request: str, url: str, reason: Reason) -> None:
        self.refusal, self.refused_url = reason, url
        await self._abort(request)

    async def _send_to(self, request: str, url: str) -> None:
        headers = [{"name": "Location", "value": url}]
        await self.session.send(
            "Fetch.fulfillRequest", {"requestId": request, "responseCode": 307, "responseHeaders": headers}
        )

    async def _continue(self, request: str) -> None:
        await self.session.send("Fetch.continueRequest", {"requestId": request})

    async def _abort(self, request: str) -> None:
        """Forbid a document: what is there stays, where "blocked" would put Chromium's own error page in its place."""
        await self.session.send("Fetch.failRequest", {"requestId": request, "errorReason": "Aborted"})

    async def _fail(self, request: str) -> None:
        await self.session.send("Fetch.failRequest", {"requestId": request, "errorReason": "BlockedByClient"})

    async def _quench(self) -> None:
        """Stop a storm of requests: what is under way is let go all at once, and the fence lets nothing through."""
        for name, listener in self._listeners.items():
            self.page.remove_listener(name, listener)
        self.pending.clear()
        if self.on_storm is not None:
            self.on_storm()
        await asyncio.gather(self.calm("requests"), self.session.send("Fetch.disable"))

    async def _answer(self, dialog: Dialog) -> None:
        """Dismiss a dialog; one that asks whether to leave is told yes."""
        self.dialog_count += 1
        _note(self.dialogs, f"{dialog.type}: {dialog.message}")
        leaving = dialog.type == "beforeunload"
        if self.dialog_count >= self.caps.dialogs and not leaving:
            self._spawn(self.calm("dialogs"))
        await (dialog.accept() if leaving else dialog.dismiss())

    async def _refuse(self, download: Download) -> None:
        _note(self.downloads, download.url)
        await download.cancel()

    def _on_error(self, _: Exception) -> None:
        self.script_errors += 1

    def _on_crash(self, _: Page) -> None:
        self.crashed = True
        self.lost.set()

    def _on_request(self, request: Request) -> None:
        self.requests += 1
        if request.resource_type in _AWAITED:
            self.pending[request] = asyncio.get_running_loop().time()
        if self.requests == self.caps.requests + 1 and self.restless is None:
            self._spawn(self._quench())

    def _on_end(self, request: Request) -> None:
        self.pending.pop(request, None)

    def _on_failure(self, request: Request) -> None:
        self.pending.pop(request, None)
        if self._coming is not None and self._coming.request == request:
            self._coming = None

    def _on_response(self, response: Response) -> None:
        request = response.request
        if request.resource_type == "image":
            length = response.headers.get("content-length", "")
            self.image_bytes += int(length) if length.isdecimal() and len(length) < 12 else 0
        elif request.resource_type == "document" and request.frame == self.page.main_frame:
            self._coming = response

    def _on_arrival(self, frame: Frame) -> None:
        """What came is shown; a download, or an answer without content, came and is not."""
        if self._coming is not None and frame == self.page.main_frame:
            self.response, self._coming = self._coming, None


def _is_ahead_of_need(event: dict[str, Any]) -> bool:
    """Tell whether a request is for what the page shows later, or never: prefetches, speculation rules, favicons.

    Chromium calls a worker's script "Other" too, but numbers it as it numbers navigations, without a dot.
    """
    if event["resourceType"] == "Other":
        return "." in event.get("networkId", "")
    return event["resourceType"] == "Fetch" and "Sec-Purpose" in event["request"]["headers"]


def _note(notes: list[str], text: str) -> None:
    if len(notes) < _NOTED:
        notes.append(text[:_SHOWN])


_WATCH = "_barometer_watch"
"""Attribute of a page that holds its watch: a table of pages would keep every page alive that its watch refers to."""


async def watched(page: Page, caps: Caps | None = None, judge: Judge | None = None) -> Watch:
    """Return the watch over *page*, which starts now unless it has one already."""
    watch: Watch | None = getattr(page, _WATCH, None)
    if watch is None:
        watch = Watch(page, caps or Caps(), judge)
        await watch.attach()
        setattr(page, _WATCH, watch)
    return watch


def host_of(url: str) -> str:
    """Return the host of *url* in lower case, an empty string where it has none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
