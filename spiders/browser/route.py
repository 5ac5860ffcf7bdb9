"""Clicks the link to a page that exists in the browser only: the server knows no such address, the site's scripts show it."""

from playwright.async_api import Page

from spiders.browser.press import has_touch, kept_inside, reach
from spiders.browser.settle import settle
from spiders.identity import page_key

_FIND = """(url) => {
  const plain = (address) => address.replace(/\\/+(?=$|[?#])/, "");
  const shows = (link) => [...link.getClientRects()].some((box) => box.width > 0 && box.height > 0);
  return [...document.links].find((link) => plain(link.href) === plain(url) && shows(link)) ?? null;
}"""


async def routed(page: Page, url: str) -> bool:
    """Click the link to *url* that shows in *page*; tell whether the page's own scripts now show what is there.

    No navigation leaves the browser: a link that would load another document leads nowhere. Raises ``TimeoutError`` when
    the page no longer answers.
    """
    link = (await page.evaluate_handle(_FIND, url)).as_element()
    if link is None:
        return False
    async with kept_inside(page) as seen:
        if not await reach(link, await has_touch(page)):
            return False
        await settle(page)
    return seen.target is None and page_key(page.url) == page_key(url)
