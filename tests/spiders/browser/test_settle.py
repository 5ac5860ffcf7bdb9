"""When a page counts as settled, on a real Chromium."""

import asyncio

import pytest
from playwright.async_api import Page

from barometer.demo.loopback import Reply
from spiders.browser.fence import Gate
from spiders.browser.settle import PageLost, Settled, patiently, settle
from spiders.browser.watch import watched
from tests.spiders.browser.fenced import Browsing, browsing

__all__ = ["browsing"]

pytestmark = pytest.mark.slow
TALL = "<div style='height:{height}px'>x</div>"
PIXEL = Reply(200, b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "image/svg+xml")


def settled(
    browsing: Browsing, pages: dict[str, str | Reply], ask: str = "document.body.innerText", limit: float = 8.0
) -> tuple[Settled, object]:
    async def scene(page: Page, _: Gate) -> tuple[Settled, object]:
        await watched(page)
        await page.goto(f"{browsing.base}/", wait_until="domcontentloaded")
        return await settle(page, limit), await page.evaluate(ask)

    return browsing.on(pages, scene)


def test_what_a_page_adds_by_and_by_is_waited_for(browsing: Browsing) -> None:
    source = "let n = 0; const t = setInterval(() => { document.body.append(' mot' + ++n); if (n == 6) clearInterval(t) }, 150)"
    how, text = settled(browsing, {"/": f"<body><script>{source}</script>"})
    assert how.quiet and "mot6" in str(text)


def test_what_a_page_asked_its_own_server_for_is_waited_for(browsing: Browsing) -> None:
    chain = "fetch('/a').then(() => fetch('/b')).then(r => r.text()).then(t => document.body.append(t))"
    how, text = settled(browsing, {"/": f"<body><script>{chain}</script>", "/a": "x", "/b": "01 99 00 12 34"})
    assert how.quiet and "01 99 00 12 34" in str(text)


def test_a_footer_that_loads_when_scrolled_to_is_loaded_and_the_page_is_back_at_its_top(browsing: Browsing) -> None:
    page = TALL.format(height=5000) + (
        "<footer id=f>...</footer><script>new IntersectionObserver(seen => { if (seen.some(s => s.isIntersecting))"
        " fetch('/footer').then(r => r.text()).then(t => { f.innerHTML = t }) }).observe(f)</script>"
    )
    how, seen = settled(browsing, {"/": page, "/footer": "<p>01 99 00 12 34"}, "[f.innerText, scrollY]")
    assert seen == ["01 99 00 12 34", 0]
    assert how.screens >= 5


def test_a_page_that_scrolls_inside_itself_is_scrolled_too(browsing: Browsing) -> None:
    page = (
        "<body style='margin:0;overflow:hidden;height:100vh'><main style='height:100vh;overflow:auto'>"
        + TALL.format(height=4000)
        + "<footer id=f></footer></main><script>new IntersectionObserver(seen => { if (seen.some(s => s.isIntersecting))"
        " f.textContent = 'vu' }).observe(f)</script>"
    )
    how, text = settled(browsing, {"/": page}, "f.textContent")
    assert (text, how.screens >= 4) == ("vu", True)


def test_a_list_without_an_end_is_left_after_a_bounded_number_of_screens(browsing: Browsing) -> None:
    page = TALL.format(height=2000) + (
        "<script>addEventListener('scroll', () => { const d = document.createElement('div'); d.style.height = '2000px';"
        " document.body.append(d) })</script>"
    )
    how, top = settled(browsing, {"/": page}, "scrollY")
    assert how.screens == 12 and top == 0


def test_pictures_in_front_of_the_visitor_are_there(browsing: Browsing) -> None:
    pages: dict[str, str | Reply] = {"/": "<img id=i src=/p.svg><img loading=lazy src=/p.svg?2>", "/p.svg": PIXEL}
    _, complete = settled(browsing, pages, "[...document.images].map(i => i.complete)")
    assert complete == [True, True]


def test_a_page_that_never_rests_ends_the_wait_at_its_limit(browsing: Browsing) -> None:
    how, _ = settled(
        browsing, {"/": "<body><script>setInterval(() => document.body.append('x'), 10)</script>"}, limit=1.0
    )
    assert not how.quiet


def test_a_question_is_asked_again_after_a_navigation(browsing: Browsing) -> None:
    async def scene(page: Page, _: Gate) -> str:
        await watched(page)
        await page.goto(f"{browsing.base}/", wait_until="domcontentloaded")
        tries: list[str] = []

        async def call() -> str:
            tries.append(page.url)
            if len(tries) == 1:
                await page.evaluate("new Promise(() => { location.href = '/next' })")
            return await page.evaluate("document.body.innerText")  # type: ignore[no-any-return]

        return await patiently(page, call, 5)

    assert browsing.on({"/": "<p>avant", "/next": "<p>après"}, scene) == "après"


def test_a_page_that_does_not_answer_is_silenced_and_asked_again(browsing: Browsing) -> None:
    async def scene(page: Page, _: Gate) -> tuple[str, bool]:
        watch = await watched(page)
        await page.goto(f"{browsing.base}/", wait_until="domcontentloaded")
        await page.evaluate("setTimeout(() => { while (true) {} })")
        return await patiently(page, page.content, 1), watch.stopped

    content, stopped = browsing.on({"/": "<p>01 99 00 12 34"}, scene)
    assert "01 99 00 12 34" in content and stopped


def test_a_page_that_is_gone_is_said_to_be_gone(browsing: Browsing) -> None:
    async def scene(page: Page, _: Gate) -> None:
        await watched(page)
        await page.close()
        with pytest.raises(PageLost):
            await patiently(page, page.content, 1)

    browsing.on({}, scene)


def test_a_page_that_crashes_while_it_is_asked_is_gone_and_the_next_one_opens(browsing: Browsing) -> None:
    async def scene(page: Page, _: Gate) -> str:
        watch = await watched(page)
        await page.goto(f"{browsing.base}/", wait_until="domcontentloaded")
        crash = asyncio.ensure_future(watch.session.send("Page.crash"))
        with pytest.raises(PageLost):
            await patiently(page, lambda: page.evaluate("new Promise(() => {})"), 30)
        crash.cancel()
        await asyncio.gather(crash, return_exceptions=True)
        another = await page.context.new_page()
        await another.goto(f"{browsing.base}/", wait_until="domcontentloaded")
        return await another.inner_text("p")

    assert browsing.on({"/": "<p>01 99 00 12 34"}, scene) == "01 99 00 12 34"
