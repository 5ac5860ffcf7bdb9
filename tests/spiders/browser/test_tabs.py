"""A tab in which nothing was pressed shows the next page of its site, and nothing of the last one."""

from typing import Any

import pytest

from barometer.demo.loopback import Reply, serving
from tests.spiders.browser.test_bad_pages import SETTINGS, crawled

PAGES = {
    "/": Reply(200, b"<p>Bonjour</p><script>window.left = 1; setInterval(() => fetch('/beat'), 20)</script>"),
    "/two": Reply(200, b"<p>Page deux</p><script>document.body.append(' ' + typeof window.left)</script>"),
    "/two?three": Reply(404, b"<p>Page trois</p>"),
    "/says": Reply(200, b"<p>Attention</p><script>alert('non')</script>"),
    "/last": Reply(200, b"<p>Fin</p>"),
}


@pytest.fixture(scope="module")
def endings() -> dict[str, Any]:
    def site(_: str, target: str) -> Reply:
        return PAGES.get(target, Reply(204))

    with serving([site], "127.95.0.1") as (base,):
        paths = [*PAGES, "/two", "/two#below"]
        cases = [
            {"name": f"{number}{path}", "url": base + path, "site": "shop", "untouched": True}
            for number, path in enumerate(paths)
        ]
        return crawled(cases, {**SETTINGS, "BAROMETER_ALLOW_PRIVATE": True, "ROBOTSTXT_OBEY": False})


@pytest.mark.slow
def test_pages_of_a_site_share_a_tab_until_one_disturbs_it(endings: dict[str, Any]) -> None:
    # One tab up to the page that speaks, one after it, and one where only the fragment is another.
    assert endings["crawl"]["tabs"] == 3


@pytest.mark.slow
def test_what_the_last_page_did_is_not_counted_for_the_next(endings: dict[str, Any]) -> None:
    assert "</script> undefined" in endings["1/two"]["text"]
    # The page that goes beats on until the new one arrives, on a busy machine a few times more.
    assert endings["1/two"]["load"]["requests"] < endings["0/"]["load"]["requests"] / 2
    assert (endings["2/two?three"]["status"], endings["1/two"]["status"]) == (404, 200)
    assert endings["3/says"]["load"]["dialogs"] == 1
    assert endings["4/last"]["load"]["dialogs"] == 0
    assert "Page deux" in endings["6/two#below"]["text"]
