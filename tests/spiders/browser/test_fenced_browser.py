"""What Chromium can and cannot reach from behind the fence."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from barometer.demo.loopback import Reply, serving
from spiders.browser.fence import Gate
from spiders.browser.load import NotRendered, load
from spiders.browser.names import Names
from spiders.browser.watch import watched
from storage.vocabulary import Profile, Reason
from tests.spiders.browser.fenced import Browsing, browsing
from tests.spiders.browser.test_bad_pages import crawled

__all__ = ["browsing"]

pytestmark = pytest.mark.slow
SHOP = "<!doctype html><h1>Maison Exemple</h1>"


def test_a_page_on_a_public_name_reaches_nothing_private(browsing: Browsing) -> None:
    page = (
        f"{SHOP}<img src={{base}}/secret-image><iframe src={{base}}/secret-frame></iframe><script src={{base}}/secret-script>"
        "</script><link rel=stylesheet href={base}/secret-style><link rel=preconnect href={base}><script>"
        "fetch('{base}/secret-fetch', {mode: 'no-cors'}).catch(() => {});"
        "fetch('http://localhost:' + new URL('{base}').port + '/secret-name', {mode: 'no-cors'}).catch(() => {});"
        "new WebSocket('{base}'.replace('http', 'ws') + '/secret-socket');"
        "new EventSource('{base}/secret-events')</script>"
    )

    async def scene(page: Page, gate: Gate) -> dict[str, Reason]:
        await load(page, "http://www.shop.test/", await watched(page), gate, seconds=15)
        return gate.refused

    refused = browsing.on({"/": page}, scene, allow_private=False, mapped="www.shop.test")
    assert refused["127.92.0.1"] is Reason.PRIVATE_ADDRESS
    assert refused["localhost"] is Reason.PRIVATE_ADDRESS
    assert browsing.asked == ["/"]


def test_a_private_address_is_refused_by_name(browsing: Browsing) -> None:
    async def scene(page: Page, gate: Gate) -> Reason:
        with pytest.raises(NotRendered) as refused:
            await load(page, f"{browsing.base}/", await watched(page), gate, seconds=15)
        return refused.value.reason

    assert browsing.on({"/": SHOP}, scene, allow_private=False) is Reason.PRIVATE_ADDRESS
    assert browsing.asked == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_mirror_is_shown_under_the_merchants_own_address(browsing: Browsing, scheme: str) -> None:
    pages: dict[str, str | Reply] = {
        "/": f"{SHOP}<link rel=stylesheet href=/style.css><p id=p>x</p>",
        "/style.css": Reply(200, b"#p{color:rgb(1,2,3)}", "text/css"),
        "/away": Reply(302, headers=(("Location", "/"),)),
    }

    async def scene(page: Page, gate: Gate) -> tuple[str, str, str | None]:
        told = await load(page, f"{scheme}://www.shop.test/away", await watched(page), gate, seconds=15)
        return told.url, await page.evaluate("getComputedStyle(p).color"), told.address

    shown = browsing.on(pages, scene, allow_private=False, mapped="www.shop.test")
    assert shown == (f"{scheme}://www.shop.test/", "rgb(1, 2, 3)", "127.92.0.1")


def test_a_certificate_that_is_not_believed_ends_the_visit(browsing: Browsing) -> None:
    async def scene(page: Page, gate: Gate) -> Reason:
        async def no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(5)
            writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(no_tls, "127.0.0.1", 0)
        with pytest.raises(NotRendered) as refused:
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            await load(page, url, await watched(page), gate, seconds=15)
        server.close()
        return refused.value.reason

    assert browsing.on({}, scene) is Reason.TLS


def test_what_cannot_be_reached_says_why(browsing: Browsing) -> None:
    async def look_up(host: str) -> Sequence[str]:
        raise OSError(host)

    async def scene(page: Page, gate: Gate) -> list[Reason]:
        with socket.create_server(("127.0.0.1", 0)) as closing:
            port = closing.getsockname()[1]
        reasons = []
        for url in (f"http://127.0.0.1:{port}/", "http://nowhere.test/", "http://127.0.0.1:1/"):
            with pytest.raises(NotRendered) as refused:
                await load(page, url, await watched(page), gate, seconds=30)
            reasons.append(refused.value.reason)
        return reasons

    browsing.fence.names = Names(look_up)
    assert browsing.on({}, scene) == [Reason.CONNECT, Reason.DNS, Reason.CONNECT]


def test_no_datagram_leaves_the_browser(browsing: Browsing) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.setblocking(False)
        server = f"stun:127.0.0.1:{listening.getsockname()[1]}"
        source = (
            f"const peer = new RTCPeerConnection({{iceServers: [{{urls: '{server}'}}]}});"
            "peer.createDataChannel('x'); peer.createOffer().then(offer => peer.setLocalDescription(offer))"
        )

        async def scene(page: Page, gate: Gate) -> None:
            await load(page, f"{browsing.base}/", await watched(page), gate, seconds=15)
            await asyncio.sleep(1)

        browsing.on({"/": f"{SHOP}<script>{source}</script>"}, scene)
        with pytest.raises(BlockingIOError):
            listening.recv(1)


def test_no_worker_answers_in_the_servers_place(browsing: Browsing) -> None:
    pages: dict[str, str | Reply] = {
        "/": f"{SHOP}<script>navigator.serviceWorker && navigator.serviceWorker.register('/worker.js').catch(() => {{}})</script>",
        "/worker.js": Reply(
            200, b"addEventListener('fetch', e => e.respondWith(new Response('forged')))", "text/javascript"
        ),
    }

    async def scene(page: Page, gate: Gate) -> str:
        watch = await watched(page)
        await load(page, f"{browsing.base}/", watch, gate, seconds=15)
        await load(page, f"{browsing.base}/", watch, gate, seconds=15)
        return await page.content()

    assert "forged" not in browsing.on(pages, scene)


@pytest.mark.parametrize(
    ("profile", "size", "touch", "word"),
    [(Profile.DESKTOP, [1440, 900], False, " Safari"), (Profile.MOBILE, [412, 915], True, " Mobile Safari")],
)
def test_a_profile_is_what_the_page_sees(
    browsing: Browsing, profile: Profile, size: list[int], touch: bool, word: str
) -> None:
    seen = """() => [[innerWidth, innerHeight], matchMedia('(pointer: coarse)').matches, navigator.userAgent,
        Intl.DateTimeFormat().resolvedOptions().timeZone, navigator.language, matchMedia('(prefers-reduced-motion)').matches,
        matchMedia('(prefers-color-scheme: light)').matches, devicePixelRatio]"""

    async def scene(page: Page, gate: Gate) -> list[Any]:
        await load(page, f"{browsing.base}/", await watched(page), gate, seconds=15)
        with pytest.raises(PlaywrightError):
            await page.evaluate(
                "new Promise((y, n) => navigator.geolocation.getCurrentPosition(y, e => n(new Error(e.message))))"
            )
        seen_there: list[Any] = await page.evaluate(seen)
        return seen_there

    viewport = "<meta name=viewport content='width=device-width'>"
    told = browsing.on({"/": f"<!doctype html>{viewport}<h1>x</h1>"}, scene, profile=profile, language="de")
    agent = told.pop(2)
    assert told == [size, touch, "Europe/Paris", "de-DE", True, True, 1]
    assert agent.endswith("barometer/0 (+https://barometer.test/about)")
    assert word in agent and "Headless" not in agent


def test_a_crawl_keeps_its_fence_side_by_side_and_shows_mirrors() -> None:
    with serving(
        [lambda _, target: Reply(404) if target == "/robots.txt" else Reply(200, SHOP.encode())], "127.94.0.1"
    ) as (base,):
        hosts = ("shop.test", "www.shop.test", "shop.example")
        cases = [
            {"name": f"{host}{path}", "url": f"http://{host}{path}", "site": host} for host in hosts for path in "/?"
        ]
        cases.append({"name": "private", "url": f"{base}/", "site": "private"})
        mapped = [f"{host}={base.removeprefix('http://')}" for host in hosts]
        settings = {"BAROMETER_ALLOW_PRIVATE": False, "BAROMETER_MAP_HOSTS": mapped, "AT_ONCE": 4}
        endings = crawled(cases, settings)
    assert endings["private"]["reason"] == "private_address"
    shown = [endings[str(case["name"])] for case in cases[:-1]]
    assert all("Maison Exemple" in one["text"] for one in shown), shown
    assert {one["load"]["address"] for one in shown} == {"127.94.0.1"}
