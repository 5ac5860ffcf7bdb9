"""A browser that dies, freezes, or loses its driver or a page's process: the page has an outcome, the next site is read."""

import sys
from typing import Any

import pytest

from barometer.demo.loopback import serving
from tests.spiders.browser.hostile_pages import NUMBER, HostileSite
from tests.spiders.browser.test_bad_pages import crawled

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(sys.platform != "linux", reason="finds the processes as Linux shows them"),
]


def after(what: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Do *what* while a page loads; return how that page ended and how the next site did."""
    with serving([HostileSite()], "127.93.0.1") as (base,):
        cases = [
            {"name": "hit", "url": f"{base}/grows-for-ever", "site": "a", "then": what},
            {"name": "next", "url": f"{base}/calm", "site": "b"},
        ]
        settings = {"DOWNLOAD_TIMEOUT": 8, "BAROMETER_SETTLE_SECONDS": 4, "AT_ONCE": 1}
        endings = crawled(cases, settings, said="Connection closed while reading from the driver")
    return endings["hit"], endings["next"]


@pytest.mark.parametrize("what", ["kill_browser", "kill_driver", "freeze_browser"])
def test_what_died_or_froze_is_replaced_and_the_page_read_again(what: str) -> None:
    hit, following = after(what)
    assert NUMBER in hit.get("text", ""), hit
    assert NUMBER in following.get("text", ""), following


def test_a_page_whose_process_ends_has_its_outcome_and_the_browser_goes_on() -> None:
    hit, following = after("kill_page")
    assert hit["reason"] == "crawler_error", hit
    assert NUMBER in following.get("text", ""), following
