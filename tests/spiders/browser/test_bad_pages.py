"""One real crawl, with a real Chromium, over pages that misbehave; then, page by page, what must have come of it."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from barometer.demo.loopback import serving
from spiders.browser.executable import find_browser
from tests.spiders.browser.hostile_pages import ELSEWHERE, NUMBER, PAGES, HostileSite

ROOT = Path(__file__).parents[3]
SETTINGS = {
    "DOWNLOAD_TIMEOUT": 5,
    "BAROMETER_SETTLE_SECONDS": 2,
    "BAROMETER_PAGE_IMAGES": 25,
    "BAROMETER_PAGE_BYTES": 1_500_000,
    "BAROMETER_CONTEXTS_PER_BROWSER": 30,
    "AT_ONCE": 3,
}


ODD = [
    "calm", "few-dialogs", "beforeunload", "pop-ups", "closes-itself", "huge", "animates-for-ever", "throws", "frames-itself",
    "many-pictures", "redefines", "speculates", "waits-for-a-stranger", "pushes-history", "downloads",
]  # fmt: skip
"""Pages that come to their end by themselves."""
HOPELESS = ["endless-loop", "endless-pattern", "endless-promises", "silent-server"]
"""Pages that only time ends; every other gets more of it than a busy machine needs."""
AMPLE_SECONDS = 60


class Ended(NamedTuple):
    endings: dict[str, Any]
    site: HostileSite

    def of(self, name: str) -> dict[str, Any]:
        return self.endings[name]  # type: ignore[no-any-return]


@contextmanager
def silent_server() -> Iterator[int]:
    """A server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kept: list[socket.socket] = []

        def welcome() -> None:
            try:
                while True:
                    kept.append(listening.accept()[0])
            except OSError:
                pass

        threading.Thread(target=welcome, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


def crawled(cases: list[dict[str, Any]], settings: dict[str, Any], said: str = "") -> dict[str, Any]:
    """Return how the cases of a crawl ended; it writes no line to standard error, unless it has to say *said*."""
    if find_browser() is None:
        pytest.skip("no Chromium on this machine: run 'make browser'")
    child = subprocess.run(
        [sys.executable, "-m", "tests.spiders.browser.rendered_crawl"],
        check=False, input=json.dumps({"settings": settings, "cases": cases}), capture_output=True, text=True, cwd=ROOT,
        timeout=280,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr[-3000:]
    assert not child.stderr or (said and said in child.stderr), child.stderr[-3000:]
    endings: dict[str, Any] = json.loads(child.stdout)
    return endings


@pytest.fixture(scope="module")
def ended() -> Iterator[Ended]:
    site = HostileSite()
    with serving([site], "127.91.0.1") as (base,), silent_server() as silent:
        names = [*PAGES, *(name for name in ELSEWHERE if name not in ("robots.txt", "rules"))]
        cases: list[dict[str, Any]] = [{"name": name, "url": f"{base}/{name}", "site": name} for name in names]
        for one in cases:
            one["sight"] = one["name"] == "huge"
            if one["name"] in ("few-dialogs", "closes-itself", "endless-loop", "redefines"):
                one["ask"] = "document.title + ' ' + document.body.innerText"
        cases.append({"name": "silent-server", "url": f"http://127.0.0.1:{silent}/", "site": "silent-server"})
        cases.append({"name": "leaves", "url": f"{base}/calm", "site": "leaves", "sight": True, "leave": "/gone"})
        for one in cases:
            if one["name"] not in HOPELESS:
                one["seconds"] = AMPLE_SECONDS
        mapped = [f"stranger.test=127.0.0.1:{silent}"]
        yield Ended(crawled(cases, {**SETTINGS, "BAROMETER_MAP_HOSTS": mapped}), site)


pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize("name", [*PAGES, "big"])
def test_what_a_bad_page_showed_is_kept(ended: Ended, name: str) -> None:
    assert ended.of(name).get("reason") is None, ended.of(name)
    assert NUMBER in ended.of(name)["text"]


@pytest.mark.parametrize("name", ODD)
def test_a_page_that_is_only_odd_loads_as_any_other(ended: Ended, name: str) -> None:
    assert ended.of(name)["load"]["ended"] is None, ended.of(name)["load"]


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("alert-storm", "timeout"), ("endless-loop", "timeout"), ("endless-loop-later", "timeout"), ("endless-loops", "timeout"),
        ("endless-pattern", "timeout"), ("endless-promises", "timeout"), ("asks-too-much", "timeout"),
        ("reloads", "redirect_loop"), ("reloads-later", "redirect_loop"), ("moves-to-closed", "robots"), ("big", "too_large"),
    ],
)  # fmt: skip
def test_a_page_that_does_not_end_by_itself_is_ended_with_its_outcome_named(
    ended: Ended, name: str, outcome: str
) -> None:
    load = ended.of(name)["load"]
    assert load["ended"] == outcome
    assert load["warnings"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("hops", "redirect_loop"), ("to-closed", "robots"), ("plain.txt", "not_html"), ("numbers.json", "not_html"),
        ("file.zip", "not_html"), ("empty", "not_html"), ("closed/page", "robots"), ("silent-server", "timeout"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_says_why(ended: Ended, name: str, reason: str) -> None:
    assert ended.of(name)["reason"] == reason, ended.of(name)


@pytest.mark.parametrize(("name", "status"), [("gone", 404), ("forbidden", 403), ("busy", 503)])
def test_a_refusal_with_a_body_is_a_page_with_its_status(ended: Ended, name: str, status: int) -> None:
    assert ended.of(name)["reason"] == "http_error"
    assert ended.of(name)["load"]["status"] == ended.of(name)["status"] == status
    assert "Page introuvable" in ended.of(name)["text"]


def test_a_page_that_never_rests_is_read_when_the_wait_is_over(ended: Ended) -> None:
    load = ended.of("grows-for-ever")["load"]
    assert load["ended"] is None
    assert not load["settled"]["quiet"]
    assert "the page never came to rest" in load["warnings"]


def test_dialogs_are_dismissed_as_a_visitor_would(ended: Ended) -> None:
    assert ended.of("few-dialogs")["load"]["dialogs"] == 3
    assert ended.of("few-dialogs")["answer"].startswith("false null")


def test_a_page_cannot_close_itself(ended: Ended) -> None:
    assert NUMBER in ended.of("closes-itself")["answer"]


def test_a_page_whose_scripts_were_stopped_can_still_be_asked(ended: Ended) -> None:
    assert NUMBER in ended.of("endless-loop")["answer"]


def test_a_page_that_redefines_the_language_is_read_all_the_same(ended: Ended) -> None:
    assert ended.of("redefines")["load"]["settled"]["quiet"]


def test_no_window_is_opened_that_nobody_asked_for(ended: Ended) -> None:
    assert not [target for target in ended.site.asked if target.startswith("/popped-")]


def test_a_page_may_send_its_visitor_on(ended: Ended) -> None:
    assert ended.of("moves-on")["load"]["url"].endswith("/calm?moved")
    assert NUMBER in ended.of("moves-on")["text"]


def test_redirects_are_followed_and_told(ended: Ended) -> None:
    load = ended.of("moved")["load"]
    assert load["url"].endswith("/calm") and [url.rpartition("/")[2] for url in load["redirects"]] == ["moved"]


def test_what_robots_txt_closes_is_not_asked_for_by_redirect_or_by_script(ended: Ended) -> None:
    assert "/closed/page" not in ended.site.asked


def test_a_reload_loop_costs_the_site_a_handful_of_requests(ended: Ended) -> None:
    assert 2 <= ended.site.asked.count("/reloads") <= 6


def test_no_more_pictures_are_fetched_than_the_cap_says(ended: Ended) -> None:
    assert len([target for target in ended.site.asked if target.startswith("/picture-")]) == 25
    assert any("pictures" in warning for warning in ended.of("many-pictures")["load"]["warnings"])


def test_films_fonts_beacons_and_pages_nobody_opened_are_not_fetched(ended: Ended) -> None:
    unwanted = ("/film.mp4", "/font.woff2", "/beacon", "/ahead-1", "/ahead-2", "/ahead-3", "/ahead-4", "/icon")
    assert [target for target in ended.site.asked if target in unwanted] == []


def test_downloads_are_refused_and_noted(ended: Ended) -> None:
    assert ended.of("downloads")["load"]["downloads"]


def test_errors_of_scripts_are_counted(ended: Ended) -> None:
    assert ended.of("throws")["load"]["script_errors"] == 2


def test_a_page_that_frames_itself_gets_a_bounded_number_of_frames(ended: Ended) -> None:
    assert len([target for target in ended.site.asked if target.startswith("/frames-itself")]) <= 41


def test_the_whole_of_a_huge_page_is_kept(ended: Ended) -> None:
    assert ended.of("huge")["size"] > 50_000 * len("<li><a>y</a>")


def test_what_a_person_sees_of_a_huge_page_is_told_as_far_as_it_is_looked_at(ended: Ended) -> None:
    assert ended.of("huge")["sight"]["truncated"]
    assert NUMBER in ended.of("huge")["sight"]["text"]


def test_a_page_that_leaves_while_it_is_looked_at_is_seen_before_or_after(ended: Ended) -> None:
    text = ended.of("leaves")["sight"]["text"]
    assert (NUMBER in text) != ("Page introuvable" in text)


def test_browsers_are_replaced_after_their_share_of_contexts_and_no_page_is_left(ended: Ended) -> None:
    crawl = ended.of("crawl")
    assert crawl["browsers"] >= 2
    assert crawl["pages_left"] == 0
