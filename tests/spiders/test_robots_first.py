"""What robots.txt says is asked before a site waits for a window of the browser."""

import threading

import pytest

from barometer.demo.loopback import Reply, serving
from tests.crawling import results

PAGE = Reply(200, b"<!doctype html><title>Maison</title><p>Telephone : 01 99 00 12 34</p>")
PATIENCE = 30.0


class Slow:
    """A site that keeps its robots.txt back until *go_on*; it wants a server of its own, which it holds up."""

    def __init__(self, go_on: threading.Event) -> None:
        self._go_on = go_on

    def __call__(self, method: str, target: str) -> Reply:
        if target == "/robots.txt":
            self._go_on.wait(PATIENCE)
            return Reply(404)
        return PAGE


class Quick:
    """A site that lets the others go on once its home page was asked for."""

    def __init__(self, go_on: threading.Event) -> None:
        self._go_on = go_on

    def __call__(self, method: str, target: str) -> Reply:
        if target == "/":
            self._go_on.set()
        return PAGE if target == "/" else Reply(404)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_sites_that_keep_robots_txt_back_keep_no_other_site_from_being_shown() -> None:
    go_on = threading.Event()
    # As many as pages are shown at once: each of their windows would be held until their robots.txt has come.
    with (
        serving([Slow(go_on)], "127.19.7.1") as one,
        serving([Slow(go_on)], "127.19.7.2") as two,
        serving([Quick(go_on)], "127.19.7.3") as three,
    ):
        read = results([{"url": f"{address}/", "render": True} for (address,) in (one, two, three)])
    assert [result["status"] for result in read] == ["complete"] * 3
