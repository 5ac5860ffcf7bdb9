from scrapy import Request
from scrapy.http import Response

from spiders.visitor import LANGUAGE, MAX_COOKIE, MAX_COOKIES, SITE, Visitor, accept_language

PAGE = "http://www.shop.test/"


def visitor() -> Visitor:
    return Visitor("barometer/0.1.0 (+https://barometer.example/about)", "fr")


def asked(by: Visitor, url: str = PAGE, **meta: object) -> Request:
    request = Request(url, meta={SITE: "shop", **meta})
    assert by.process_request(request) is None
    return request


def set_cookies(by: Visitor, *cookies: str) -> None:
    request = asked(by)
    by.process_response(request, Response(PAGE, headers={"Set-Cookie": list(cookies)}))


def test_the_merchants_language_comes_before_english() -> None:
    assert accept_language("fr") == "fr,en;q=0.3"
    assert accept_language("en") == accept_language(None) == "en"
    assert asked(visitor(), **{LANGUAGE: "it"}).headers["Accept-Language"] == b"it,en;q=0.3"


def test_a_header_that_the_request_brings_along_stays() -> None:
    request = Request(PAGE, headers={"User-Agent": "another"})
    visitor().process_request(request)
    assert request.headers["User-Agent"] == b"another"


def test_requests_of_one_site_stand_in_one_queue() -> None:
    assert asked(visitor()).meta["download_slot"] == "shop"


def test_cookies_come_back_to_their_site_and_to_no_other() -> None:
    by = visitor()
    set_cookies(by, "a=1; Path=/")
    assert asked(by).headers["Cookie"] == b"a=1"
    assert "Cookie" not in asked(by, **{SITE: "another"}).headers
    assert "Cookie" not in asked(by, "http://elsewhere.test/").headers


def test_a_cookie_is_replaced_and_never_sent_twice() -> None:
    by = visitor()
    set_cookies(by, "a=1; Path=/")
    request = asked(by)
    set_cookies(by, "a=2; Path=/")
    by.process_request(request)
    assert request.headers["Cookie"] == b"a=2"


def test_what_is_forgotten_is_gone() -> None:
    by = visitor()
    set_cookies(by, "a=1; Path=/")
    by.forget("shop")
    assert "Cookie" not in asked(by).headers


def test_oversized_and_countless_cookies_are_dropped() -> None:
    by = visitor()
    set_cookies(by, "big=" + "v" * MAX_COOKIE)
    assert "Cookie" not in asked(by).headers
    for turn in range(5):
        set_cookies(by, *(f"c{turn}x{number}=1; Path=/" for number in range(40)))
    assert len((asked(by).headers["Cookie"] or b"").split(b";")) <= MAX_COOKIES + 40


def test_credentials_are_dropped_before_the_request_leaves() -> None:
    again = visitor().process_request(Request("http://user:secret@www.shop.test/a", meta={SITE: "shop"}))
    assert again is not None
    assert again.url == "http://www.shop.test/a"
    assert visitor().process_request(Request("http://www.shop.test/@us")) is None
