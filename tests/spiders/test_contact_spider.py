"""The whole way through Scrapy, over hostile and broken sites: each ends with its outcome, and the others go on."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from barometer.demo.loopback import Reply
from spiders.contact import plan_from_words
from storage.vocabulary import Basis, Channel
from tests.barometer.live import LoggedSite, serving
from tests.contracts import complaints
from tests.crawling import results
from tests.spiders.hostile import HostileServer

pytestmark = pytest.mark.slow

DEADLINE = 1.5
PHONE = "<p>Téléphone : 01 99 00 12 34</p>"
NUMBER = "+33199001234"

FOUND = ("complete", None, "exact", 0)
"""Status, its reason, the phone's outcome, and its clicks or else its reason or what was searched."""

PATHS = {
    "/": FOUND, "/gzip": FOUND, "/br": FOUND, "/zstd": FOUND, "/deflate-bare": FOUND, "/gzip-pretended": FOUND, "/landing": FOUND,
    "/html-untyped": FOUND, "/xhtml-as-xml": FOUND, "/unknown-charset": FOUND, "/utf-16": FOUND, "/length-too-long": FOUND,
    "/cookie-gate": FOUND, "/huge-cookies": FOUND, "/redirect-relative": FOUND, "/redirect-credentials": FOUND, "/fail-once": FOUND,
    "/wrong-charset": ("complete", None, "not_found", "complete"),
    "/nul-bytes": ("complete", None, "not_found", "complete"),
    "/calendar/0": ("partial", None, "not_found", "budget"),
    **dict.fromkeys(("/empty", "/pdf", "/pdf-as-html", "/png-as-html", "/png-untyped", "/json", "/feed-as-xml", "/film"), ("unreachable", "not_html", "not_measured", "not_html")),
    **dict.fromkeys(("/large-announced", "/large-unannounced", "/bomb-gzip", "/bomb-gzip-twice", "/bomb-br", "/endless-headers"), ("unreachable", "too_large", "not_measured", "too_large")),
    **dict.fromkeys(("/redirect-loop", "/redirect-growing"), ("unreachable", "redirect_loop", "not_measured", "redirect_loop")),
    **dict.fromkeys(("/drip", "/drip-headers", "/silent"), ("unreachable", "timeout", "not_measured", "timeout")),
    **dict.fromkeys(("/reset", "/hang-up", "/cut"), ("unreachable", "connect", "not_measured", "connect")),
    **dict.fromkeys(("/403", "/404", "/429", "/500", "/503", "/status-garbage", "/chunked-garbage", "/redirect-nowhere", "/redirect-ftp"), ("unreachable", "http_error", "not_measured", "http_error")),
}  # fmt: skip

ELSEWHERE = {
    "http://WWW.SHOP.TEST/landing": FOUND,
    "http://Café.test/landing": FOUND,
    "http://user:secret@www.shop.test/landing": FOUND,
    "https://www.shop.test/landing": FOUND,
    "http://closed.test/": ("refused", None, "not_measured", "robots"),
    "http://partly.test/closed/page": ("refused", None, "not_measured", "robots"),
    "http://partly.test/redirect-closed": ("refused", None, "not_measured", "robots"),
    "http://failing.test/": ("refused", None, "not_measured", "robots"),
    "http://forbidden.test/": FOUND,
    "http://hanging.test/": ("unreachable", "timeout", "not_measured", "timeout"),
}
HOSTS = (
    "www.shop.test",
    "xn--caf-dma.test",
    "closed.test",
    "partly.test",
    "failing.test",
    "forbidden.test",
    "hanging.test",
)
TLS = ("self-signed", "expired", "wrong-name", "plain", "hang-up")

LINKS = "".join(f'<a href="/p{number}q">page {number}</a>\n' for number in range(4_800))
SITES: dict[str, dict[str, str | Reply]] = {
    "nested": {"/": "<div>" * 10_000 + f'{PHONE}<a href="/x">x</a>' + "</div>" * 10_000, "/x": "<p>x</p>"},
    "list of megabytes": {"/": "<ul>" + "<li><a href='/x?" + "a" * 1_500 + "'>lien</a>" * 3_000 + f"</ul>{PHONE}"},
    "thousands of links": {"/": f'{LINKS}<a href="/contact">Contact</a>', "/contact": PHONE},
    "too many links": {"/": f'{LINKS}{LINKS.replace("/p", "/r")}', **{f"/p{n}q": "<p>mot</p>" for n in range(40)}},
    "hostile words": {"/": f"<title>\x1b[31m\x00</title><a href='/c'>\u202eContact\x07</a>{chr(0x9B)}", "/c": PHONE},
    "base of nowhere": {"/": '<base href="http://[bad"><a href="/contact">Contact</a>', "/contact": PHONE},
    "refresh in circles": {"/": '<meta http-equiv=refresh content="0;url=/b">', "/b": '<meta http-equiv=refresh content="0;url=/">'},
    "dead contact": {"/": '<a href="/contact">Contact</a><a href="/a">a</a>', "/a": f'<a href="/b">b</a>{PHONE}'},
    "hash routes": {"/": '<a href="#/contact">Contact</a><p>Bonjour à tous</p>'},
}  # fmt: skip
OUTCOMES = {
    "nested": FOUND,
    "list of megabytes": FOUND,
    "thousands of links": ("complete", None, "exact", 1),
    "too many links": ("partial", None, "not_found", "budget"),
    "hostile words": ("complete", None, "exact", 1),
    "base of nowhere": ("complete", None, "exact", 1),
    "refresh in circles": ("complete", None, "not_found", "complete"),
    "dead contact": ("complete", None, "exact", 1),
    "hash routes": ("complete", None, "not_measured", "needs_browser"),
}


class Read(NamedTuple):
    """The results by what was asked for, the hostile server, and the small sites."""

    results: dict[str, dict[str, Any]]
    server: HostileServer
    sites: dict[str, LoggedSite]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    folder: Path = tmp_path_factory.mktemp("certificates")
    sites = {name: LoggedSite(pages) for name, pages in SITES.items()}
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(folder / "ca.pem")
    try:
        with HostileServer(folder) as server, serving(list(sites.values()), "127.62.0.1") as bound:
            base = f"http://127.0.0.1:{server.port}"
            urls = {path: f"{base}{path}" for path in PATHS} | {url: url for url in ELSEWHERE}
            urls |= {f"tls {kind}": f"https://127.0.0.1:{server.tls[kind]}/" for kind in TLS}
            urls |= {
                "good": f"https://secure.test:{server.tls['good']}/",
                "refused port": f"http://127.0.0.1:{server.closed_port}/",
            }
            urls |= {name: f"{address}/" for name, address in zip(sites, bound, strict=True)}
            mapped = [f"{host}=127.0.0.1:{server.port}" for host in HOSTS]
            pages = {"too many links": 12, "/calendar/0": 300}
            orders = [
                {"url": url, "channels": ["phone"], "pages": pages.get(name, 40)}
                for name, url in urls.items()
                if name != "good"
            ]
            found = {result["site"]["url"]: result for result in results(orders, mapped, DEADLINE)}
            yield Read({name: found[url] for name, url in urls.items() if url in found}, server, sites)
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


def told(result: dict[str, Any]) -> tuple[object, ...]:
    phone = result["channels"]["phone"]
    last = next((phone[key] for key in ("clicks", "reason", "searched") if phone[key] is not None), None)
    return result["status"], result["status_reason"], phone["outcome"], last


@pytest.mark.parametrize("name", [*PATHS, *ELSEWHERE, *OUTCOMES])
def test_every_hostile_site_gives_its_outcome(name: str, read: Read) -> None:
    assert told(read.results[name]) == {**PATHS, **ELSEWHERE, **OUTCOMES}[name]


@pytest.mark.parametrize("kind", TLS)
def test_a_certificate_that_no_browser_takes_is_a_reason_of_its_own(kind: str, read: Read) -> None:
    reason = "connect" if kind == "hang-up" else "tls"
    assert told(read.results[f"tls {kind}"]) == ("unreachable", reason, "not_measured", reason)


def test_a_port_that_nobody_listens_on_is_one_too(read: Read) -> None:
    assert told(read.results["refused port"]) == ("unreachable", "connect", "not_measured", "connect")


@pytest.mark.parametrize("name", [*PATHS, *ELSEWHERE, *OUTCOMES])
def test_every_result_keeps_the_public_contract(name: str, read: Read) -> None:
    assert complaints("audit", read.results[name]) == []


def test_an_endless_calendar_costs_a_few_pages(read: Read) -> None:
    assert sum(count for path, count in read.server.hits.items() if path.startswith("/calendar/")) < 60


def test_credentials_never_reach_a_record(read: Read) -> None:
    result = read.results["http://user:secret@www.shop.test/landing"]
    assert "secret" not in str({**result, "site": {**result["site"], "url": ""}})


def test_a_redirect_within_the_site_is_no_warning_and_the_final_address_is_kept(read: Read) -> None:
    result = read.results["/redirect-relative"]
    assert result["warnings"] == []
    assert result["site"]["final_url"].endswith("/landing")


def test_no_page_is_asked_for_twice(read: Read) -> None:
    for name, site in read.sites.items():
        assert len(site.asked) == len(set(site.asked)), name


def test_robots_txt_is_asked_for_first_and_once(read: Read) -> None:
    assert [site.asked[0] for site in read.sites.values()] == ["/robots.txt"] * len(read.sites)


def test_words_of_the_command_line_become_a_plan() -> None:
    plan = plan_from_words("DE", "phone, email", "50", "2", "templates", "yes")
    assert (plan.country, plan.basis, plan.exhaustive) == ("DE", Basis.TEMPLATES, True)
    assert plan.channels == {Channel.PHONE, Channel.EMAIL}
    assert (plan.budget.pages, plan.budget.depth) == (50, 2)
    assert plan_from_words().channels == frozenset(Channel)


@pytest.mark.parametrize("words", [{"channels": "fax"}, {"pages": "many"}, {"basis": "some"}])
def test_a_word_that_is_none_of_the_vocabulary_is_refused_by_name(words: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(words.values()))):
        plan_from_words(**words)
