"""What became of loading one page: where it led, what it cost, and how it ended."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Response
from playwright.async_api import TimeoutError as PlaywrightTimeout

from spiders.browser.fence import Gate
from spiders.browser.settle import LIMIT_SECONDS, PageLost, Settled, patiently, settle
from spiders.browser.watch import Watch, host_of
from spiders.failures import Refusal
from spiders.sniffing import may_be_html
from storage.vocabulary import Reason

_TIMING = """(() => {
  const page = performance.getEntriesByType("navigation")[0];
  return page && page.domContentLoadedEventEnd ? page.domContentLoadedEventEnd - page.startTime : null;
})()"""
_ASKING_SECONDS = 1.0
_AFTERMATH_SECONDS = 1.0
"""How long a page that was cut or calmed may still take to arrive (*ours*)."""
_RELOADS = 3
"""Navigations during one load from which on a page that finds no rest is held where it is (*ours*)."""

_REASONS = (
    (("ERR_CERT", "ERR_SSL", "ERR_TLS", "ERR_BAD_SSL"), Reason.TLS),
    (("ERR_NAME", "ERR_DNS", "ERR_INVALID_URL", "invalid URL"), Reason.DNS),
    (("ERR_TIMED_OUT", "ERR_CONNECTION_TIMED_OUT"), Reason.TIMEOUT),
    (("ERR_TOO_MANY_REDIRECTS",), Reason.REDIRECT_LOOP),
    (("Download is starting", "ERR_ABORTED"), Reason.NOT_HTML),
    (
        ("ERR_EMPTY_RESPONSE", "ERR_CONNECTION", "ERR_SOCKS", "ERR_PROXY", "ERR_ADDRESS", "ERR_UNSAFE_PORT"),
        Reason.CONNECT,
    ),
    (("ERR_INVALID", "ERR_RESPONSE", "ERR_CONTENT", "ERR_INCOMPLETE", "ERR_HTTP"), Reason.HTTP_ERROR),
)
"""What Chromium's network errors mean (net/base/net_error_list.h), first match wins."""


class NotRendered(Refusal):
    """The page could not be shown, for :attr:`reason`."""

    def __init__(self, message: str, reason: Reason) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Load:
    """A page that was loaded.

    ``url`` is where the visitor stands now; ``status`` and ``headers`` are of the document shown, ``address`` is the
    IP address it came from. ``response_seconds`` runs from the navigation's start to DOMContentLoaded, ``None`` where
    that was not reached; ``wall_seconds`` until it had settled. ``bytes`` came over the network, ``requests`` counts
    all, refused ones too. ``ended`` is ``None`` for a page that loaded as it should; else why it did not, and what it
    showed until then is there all the same. ``warnings`` say in words what was odd.
    """

    url: str
    status: int | None
    headers: tuple[tuple[str, str], ...]
    address: str | None
    redirects: tuple[str, ...]
    response_seconds: float | None
    wall_seconds: float
    settled: Settled | None
    requests: int
    bytes: int
    script_errors: int
    dialogs: int
    popups: tuple[str, ...]
    downloads: tuple[str, ...]
    ended: Reason | None
    warnings: tuple[str, ...]


async def load(
    page: Page, url: str, watch: Watch, gate: Gate, *, seconds: float, settle_seconds: float = LIMIT_SECONDS
) -> Load:
    """Send *page* to *url* and return what came, once it has settled; *seconds* is the time to DOMContentLoaded.

    A page that takes longer but shows something is returned with ``ended`` set: its scripts are stopped, the rest is
    evidence. Raises :class:`NotRendered` where there is nothing to show, and ``PageLost`` where the page crashed or
    closed.
    """
    started = time.monotonic()
    gate.begin(url)
    watch.allow_navigations()
    watch.on_navigation, watch.on_storm = gate.be_patient_with, gate.stop
    late = not await _arrive(page, url, watch, gate, seconds)
    if late:
        await watch.stop_scripts()
    _refuse_files(watch.response)
    settled = None if late else await settle(page, settle_seconds)
    if settled is not None and not settled.quiet and watch.navigations >= _RELOADS:
        await watch.calm("navigations")
    if page.url in ("", "about:blank") or page.url.startswith("chrome-error:"):
        raise NotRendered(f"{url} showed nothing", watch.refusal or _reason_at(gate, page.url) or Reason.TIMEOUT)
    return await _told(page, watch, gate, late=late, settled=settled, wall_seconds=time.monotonic() - started)


async def _arrive(page: Page, url: str, watch: Watch, gate: Gate, seconds: float) -> bool:
    """Go to *url*; tell whether the document was there in time."""
    try:
        return await _gone_to(page, url, watch, gate, seconds)
    except PlaywrightTimeout:
        return False
    except PlaywrightError as problem:
        said = problem.message
        if page.is_closed() or watch.lost.is_set():
            raise PageLost(said[:300]) from problem
        if "interrupted by another navigation" in said or (watch.refusal is not None and watch.response is not None):
            return True
        raise NotRendered(f"{url}: {said.partition(chr(10))[0][:300]}", _reason(said, url, watch, gate)) from problem


async def _gone_to(page: Page, url: str, watch: Watch, gate: Gate, seconds: float) -> bool:
    """Go to *url*, and wait no longer once the page was cut or calmed; tell whether the document was there in time."""
    going = asyncio.ensure_future(_document(page, url, watch, seconds))
    signs = [asyncio.ensure_future(event.wait()) for event in (watch.calmed, gate.full, watch.lost)]
    try:
        await asyncio.wait([going, *signs], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not going.done() and any(sign.done() for sign in signs):
            await asyncio.wait([going], timeout=_AFTERMATH_SECONDS)
        if going.done():
            going.result()
        elif watch.lost.is_set():
            raise PageLost(f"{url} crashed")
        return going.done()
    finally:
        for task in (going, *signs):
            task.cancel()
        await asyncio.gather(going, *signs, return_exceptions=True)


async def _document(page: Page, url: str, watch: Watch, seconds: float) -> None:
    """Go to *url* and wait until its document is there.

    Chromium does not tell of a document during which a download was asked for: now and then the page itself is asked.
    """
    watch.ready.clear()
    await page.goto(url, wait_until="commit", timeout=seconds * 1000)
    while not watch.ready.is_set():
        with contextlib.suppress(TimeoutError, PlaywrightError):
            async with asyncio.timeout(_ASKING_SECONDS):
                await watch.ready.wait()
            break
        with contextlib.suppress(TimeoutError, PlaywrightError):
            async with asyncio.timeout(_ASKING_SECONDS):
                if await watch.ask("document.readyState !== 'loading'"):
                    break


def _reason(said: str, url: str, watch: Watch, gate: Gate) -> Reason:
    if watch.refusal is not None:
        return watch.refusal
    if gate.exhausted:
        return Reason.TOO_LARGE
    refused = _reason_at(gate, url)
    if refused is None and len(gate.refused) == 1 and "ERR_SOCKS" in said:
        refused = next(iter(gate.refused.values()))
    return refused or next(
        (reason for signs, reason in _REASONS if any(sign in said for sign in signs)), Reason.CRAWLER_ERROR
    )


def _reason_at(gate: Gate, url: str) -> Reason | None:
    return gate.refused.get(host_of(url))


def _refuse_files(response: Response | None) -> None:
    kind = response.headers.get("content-type", "") if response is not None else ""
    if response is not None and 200 <= response.status < 300 and not may_be_html(kind):
        raise NotRendered(f"{response.url} is {kind}", Reason.NOT_HTML)


async def _told(
    page: Page, watch: Watch, gate: Gate, *, late: bool, settled: Settled | None, wall_seconds: float
) -> Load:
    response = watch.response
    milliseconds: Any = await patiently(page, lambda: watch.ask(_TIMING))
    return Load(
        url=page.url,
        status=response.status if response is not None else None,
        headers=tuple(response.headers.items()) if response is not None else (),
        address=gate.addresses.get(host_of(page.url)),
        redirects=_redirects(response),
        response_seconds=milliseconds / 1000 if isinstance(milliseconds, (int, float)) else None,
        wall_seconds=wall_seconds,
        settled=settled,
        requests=watch.requests,
        bytes=gate.received,
        script_errors=watch.script_errors,
        dialogs=watch.dialog_count,
        popups=tuple(watch.popups),
        downloads=tuple(watch.downloads),
        ended=_ended(watch, gate, late),
        warnings=tuple(_warnings(watch, gate, late, settled)),
    )


def _redirects(response: Response | None) -> tuple[str, ...]:
    """Return the addresses that led to *response*, first one first."""
    before = response.request.redirected_from if response is not None else None
    found: list[str] = []
    while before is not None and len(found) < 50:
        found.append(before.url)
        before = before.redirected_from
    return tuple(reversed(found))


def _ended(watch: Watch, gate: Gate, late: bool) -> Reason | None:
    if watch.restless is not None:
        return Reason.REDIRECT_LOOP if watch.restless == "navigations" else Reason.TIMEOUT
    if gate.exhausted:
        return Reason.TOO_LARGE
    return Reason.TIMEOUT if late or watch.stopped else watch.refusal


def _warnings(watch: Watch, gate: Gate, late: bool, settled: Settled | None) -> list[str]:
    said: list[str] = []
    if late:
        said.append("the page did not load in time; what it showed by then was read")
    if watch.restless is not None:
        said.append(f"a storm of {watch.restless}: the page's scripts were stopped")
    elif watch.stopped and not late:
        said.append("the page did not answer: its scripts were stopped")
    elif settled is not None and not settled.quiet:
        said.append("the page never came to rest")
    if watch.refusal is not None:
        said.append(f"the page wanted to go to {watch.refused_url}: not allowed ({watch.refusal})")
    if gate.exhausted and watch.restless is None:
        said.append(f"cut after {gate.received} bytes")
    if watch.images > watch.caps.images or watch.image_bytes > watch.caps.image_bytes:
        said.append(f"{watch.images} pictures asked for; not all were fetched")
    return said
