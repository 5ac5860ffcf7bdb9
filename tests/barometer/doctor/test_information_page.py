"""Our own page, on a loopback server: a merchant who looks us up must find it, and a robot such as ours may read it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from barometer.checks import information_page
from barometer.checks.check import Check, Health
from barometer.checks.information_page import check_information_page

AGENT = "barometer/1 (+http://127.0.0.1/; somebody@answers.test)"
Page = tuple[int, bytes]


@contextmanager
def serving(
    pages: dict[str, Page], clock: timedelta = timedelta(), age: int | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Serve *pages*, by a clock that is wrong by *clock*; yield the address and the user agents that asked."""
    agents: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            agents.append(self.headers["User-Agent"])
            status, body = pages.get(self.path, (404, b""))
            self.send_response_only(status)
            self.send_header("Date", format_datetime(datetime.now(UTC) + clock, usegmt=True))
            if age is not None:
                self.send_header("Age", str(age))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", agents
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def looked_up(pages: dict[str, Page], path: str = "/barometer") -> Check:
    with serving(pages) as (address, _):
        (check,) = check_information_page(address + path, AGENT)
    return check


ABOUT = (200, b"<h1>What the barometer does</h1>")


def test_a_page_that_answers_and_is_open_to_us_is_well() -> None:
    with serving({"/barometer": ABOUT}) as (address, agents):
        (check,) = check_information_page(f"{address}/barometer", AGENT)
    assert check.health is Health.OK
    assert set(agents) == {AGENT}


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ({}, "answers 404"),
        ({"/barometer": (403, b"no robots here")}, "answers 403"),
        ({"/barometer": (200, b" \n")}, "is empty"),
        ({"/barometer": ABOUT, "/robots.txt": (200, b"User-agent: *\nDisallow: /")}, "forbids us"),
        ({"/barometer": ABOUT, "/robots.txt": (200, b"User-agent: barometer\nDisallow: /baro")}, "forbids us"),
        ({"/barometer": ABOUT, "/robots.txt": (503, b"")}, "closes the site to every robot"),
    ],
)
def test_a_page_that_merchants_or_robots_cannot_read_is_a_warning_with_a_remedy(
    pages: dict[str, Page], said: str
) -> None:
    check = looked_up(pages)
    assert check.health is Health.WARN
    assert said in check.found
    assert check.remedy


def test_a_robots_file_that_forbids_something_else_is_well() -> None:
    pages = {"/barometer": ABOUT, "/robots.txt": (200, b"User-agent: *\nDisallow: /private")}
    assert looked_up(pages).health is Health.OK


def test_a_server_that_is_not_there_is_a_warning() -> None:
    (check,) = check_information_page("http://127.0.0.1:9/", AGENT)
    assert (check.health, "refused" in check.found) == (Health.WARN, True)


def test_a_server_that_never_answers_is_a_warning_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(information_page, "ANSWER_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (check,) = check_information_page(f"http://127.0.0.1:{silent.getsockname()[1]}/", AGENT)
    assert (check.health, "timed out" in check.found) == (Health.WARN, True)


@pytest.mark.parametrize(("wrong", "said"), [(timedelta(seconds=90), "behind"), (timedelta(minutes=-5), "ahead of")])
def test_a_clock_that_disagrees_with_the_servers_is_a_warning(wrong: timedelta, said: str) -> None:
    with serving({"/": ABOUT}, wrong) as (address, _):
        page, clock = check_information_page(f"{address}/", AGENT)
    assert page.health is Health.OK
    assert (clock.health, said in clock.found) == (Health.WARN, True)


def test_the_age_of_a_copy_from_a_cache_is_no_wrong_clock() -> None:
    with serving({"/": ABOUT}, timedelta(minutes=-5), age=300) as (address, _):
        assert [check.health for check in check_information_page(f"{address}/", AGENT)] == [Health.OK]
