"""One real crawl over everything a hostile or broken server does; then, case by case, what must have come of it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.spiders.hostile import ANSWERS, HostileServer

ROOT = Path(__file__).parents[2]
DEADLINE = 2
"""Seconds a request may take in these crawls."""


class Ended(NamedTuple):
    endings: dict[str, dict[str, Any]]
    server: HostileServer

    def of(self, name: str) -> dict[str, Any]:
        return self.endings[name]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    folder = tmp_path_factory.mktemp("certificates")
    with HostileServer(folder) as server:
        asked = {"crawls": [_fenced_cases(server), _open_cases(server)]}
        child = subprocess.run(
            [sys.executable, "-m", "tests.spiders.fenced_crawl"],
            check=False, input=json.dumps(asked), capture_output=True, text=True, cwd=ROOT, timeout=90,
            env={**os.environ, "SSL_CERT_FILE": str(folder / "ca.pem"), "http_proxy": "http://127.0.0.1:9"},
        )  # fmt: skip
        assert child.returncode == 0, child.stderr[-3000:]
        assert not child.stderr, child.stderr[-3000:]
        yield Ended(json.loads(child.stdout), server)


COMMON = {"DOWNLOAD_TIMEOUT": DEADLINE}


def _fenced_cases(server: HostileServer) -> dict[str, Any]:
    """The fence as users have it; hosts are read through ``--map-host`` from the hostile server."""
    hosts = [
        "www.shop.test",
        "closed.test",
        "partly.test",
        "failing.test",
        "busy.test",
        "forbidden.test",
        "circling.test",
    ]
    hosts += ["endless.test", "hanging.test", "page.test", "xn--caf-dma.test"]
    cases = {path: f"http://www.shop.test{path}" for path in ANSWERS if not path.startswith("/fail-once")}
    port, canary = server.port, server.canary_port
    cases |= {
        "literal": f"http://127.0.0.1:{canary}/",
        "literal decimal": f"http://2130706433:{canary}/",
        "literal octal": f"http://0177.0.0.1:{canary}/",
        "literal hex": f"http://0x7f000001:{canary}/",
        "literal short": f"http://127.1:{canary}/",
        "literal ipv6": f"http://[::1]:{canary}/",
        "literal mapped": f"http://[::ffff:127.0.0.1]:{canary}/",
        "literal 6to4": f"http://[2002:7f00:1::]:{canary}/",
        "literal nat64": f"http://[64:ff9b::7f00:1]:{canary}/",
        "literal https": f"https://127.0.0.1:{canary}/",
        "name of loopback": f"http://inside.test:{canary}/",
        "name of loopback, https": f"https://inside.test:{canary}/",
        "name of carrier nat": "http://cgnat.test/",
        "name of cloud metadata": "http://metadata.test/",
        "name of multicast": "http://multicast.test/",
        "name of this network": "http://zero.test/",
        "address of the mirror itself": f"http://127.0.0.1:{port}/",
        "name unknown": "http://gone.test/",
        "name unanswered": "http://nobody-answers.test/",
        "name impossible": "http://" + "a" * 80 + ".test/",
        "host empty": "http:///page",
        "mapped https": "https://www.shop.test/landing",
        "mapped other port": "http://www.shop.test:8080/landing",
        "mapped upper case": "HTTP://WWW.SHOP.TEST/landing",
        "mapped idn": "http://Café.test/landing",
        "mirror's own redirect, https": "https://www.shop.test/redirect-mirror",
        "credentials": "http://user:secret@www.shop.test/echo",
        "robots closed": "http://closed.test/",
        "robots partly, open page": "http://partly.test/open/page",
        "robots partly, closed page": "http://partly.test/closed/page",
        "robots partly, redirected to closed page": "http://partly.test/redirect-closed",
        "robots failing": "http://failing.test/",
        "robots busy": "http://busy.test/",
        "robots forbidden": "http://forbidden.test/",
        "robots circling": "http://circling.test/",
        "robots endless": "http://endless.test/",
        "robots hanging": "http://hanging.test/",
        "robots is a page": "http://page.test/",
        "robots:partly": "http://partly.test/closed/page",
        "robots:gone": "http://gone.test/",
    }
    settings = {**COMMON, "BAROMETER_MAP_HOSTS": [f"{host}=127.0.0.1:{port}" for host in hosts]}
    return {"settings": settings, "cases": {name: {"url": url} for name, url in cases.items()}}


def _open_cases(server: HostileServer) -> dict[str, Any]:
    """The same with ``--allow-private``, for what a mirror cannot show: TLS, refused ports, second tries."""
    cases = {f"tls {kind}": {"url": f"https://secure.test:{port}/"} for kind, port in server.tls.items()}
    cases["allowed literal"] = {"url": f"http://127.0.0.1:{server.port}/"}
    cases["allowed name"] = {"url": f"http://inside.test:{server.port}/"}
    cases["refused port"] = {"url": f"http://127.0.0.1:{server.closed_port}/"}
    cases["fail once"] = {"url": f"http://127.0.0.1:{server.port}/fail-once"}
    cases["greeting"] = {"url": f"http://127.0.0.1:{server.port}/echo", "meta": {"language": "de"}}
    return {"settings": {**COMMON, "BAROMETER_ALLOW_PRIVATE": True}, "cases": cases}


ENDS_WITH = {
    "timeout": ["/drip", "/drip-headers", "/silent", "name unanswered", "robots hanging"],
    "too_large": [
        "/endless-headers", "/long-header", "/endless-interim", "/large-announced", "/large-unannounced", "/bomb-gzip",
        "/bomb-gzip-twice", "/bomb-deflate", "/bomb-br", "/bomb-zstd",
    ],
    "http_error": [
        "/gzip-garbage", "/encoding-stack", "/redirect-file", "/redirect-ftp", "/redirect-nowhere", "/chunked-garbage",
        "/chunk-size-huge", "/length-garbage", "/http-0.9", "/status-garbage", "/403", "/404", "/429", "/500", "/503",
    ],
    "redirect_loop": ["/redirect-loop", "/redirect-growing"],
    "connect": ["/reset", "/reset-in-body", "/hang-up", "/cut", "refused port", "tls hang-up"],
    "not_html": [
        "/empty", "/film", "/pdf", "/pdf-as-html", "/png-as-html", "/png-untyped", "/json", "/feed-as-xml",
    ],
    "private_address": [
        "/redirect-private", "/redirect-private-decimal", "/redirect-private-name", "literal", "literal decimal",
        "literal octal", "literal hex", "literal short", "literal ipv6", "literal mapped", "literal 6to4",
        "literal nat64",
        "literal https", "name of loopback", "name of loopback, https", "name of carrier nat",
        "name of cloud metadata", "name of multicast", "name of this network", "address of the mirror itself",
    ],
    "dns": ["name unknown", "name impossible", "host empty"],
    "tls": [
        "tls wrong-name", "tls wrong-name-chain-incomplete", "tls expired", "tls expired-chain-incomplete",
        "tls self-signed", "tls plain",
    ],
    "robots": [
        "robots closed", "robots partly, closed page", "robots partly, redirected to closed page", "robots failing",
        "robots busy", "robots endless",
    ],
    None: [
        "/", "/gzip", "/deflate-bare", "/br", "/zstd", "/gzip-pretended", "/gzip-cut", "/encoding-unknown",
        "/redirect-relative",
        "/redirect-mirror", "/redirect-credentials", "/landing", "/cookie-gate", "/huge-cookies", "/html-untyped",
        "/xhtml-as-xml", "/wrong-charset", "/unknown-charset", "/nul-bytes", "/utf-16", "/length-too-long", "/echo",
        "/open/page", "/closed/page", "/redirect-closed", "mapped https", "mapped other port", "mapped upper case",
        "mapped idn", "mirror's own redirect, https", "credentials", "robots partly, open page", "robots forbidden",
        "robots circling", "robots is a page", "tls good", "tls chain-incomplete", "allowed literal", "allowed name",
        "fail once", "greeting",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "reason"), [(name, reason) for reason, names in ENDS_WITH.items() for name in names])
def test_every_hostile_case_ends_with_its_reason(ended: Ended, name: str, reason: str | None) -> None:
    assert ended.of(name).get("reason", "missing") == reason, ended.of(name)


def test_every_case_of_the_crawl_has_an_expected_ending(ended: Ended) -> None:
    expected = {name for names in ENDS_WITH.values() for name in names}
    assert {name for name in ended.endings if not name.startswith("robots:")} == expected


def test_nobody_ever_connected_to_the_private_address(ended: Ended) -> None:
    assert ended.server.canary_hits == 0


def test_a_page_read_through_a_mirror_keeps_its_own_address(ended: Ended) -> None:
    assert ended.of("mapped https")["url"] == "https://www.shop.test/landing"
    assert ended.of("mapped other port")["url"] == "http://www.shop.test:8080/landing"
    assert ended.of("/redirect-relative")["url"] == "http://www.shop.test/landing"


def test_a_redirect_of_the_mirror_to_itself_is_one_of_the_site(ended: Ended) -> None:
    assert ended.of("/redirect-mirror")["url"] == "http://www.shop.test/landing"
    assert ended.of("mirror's own redirect, https")["url"] == "https://www.shop.test/landing"


def test_the_mirror_is_asked_for_the_merchants_host(ended: Ended) -> None:
    assert "host: www.shop.test<" in ended.of("/echo")["text"]


def test_host_names_are_asked_for_in_lower_case_and_punycode(ended: Ended) -> None:
    assert ended.of("mapped upper case")["url"] == "http://www.shop.test/landing"
    assert ended.of("mapped idn")["url"] == "http://xn--caf-dma.test/landing"


def test_credentials_in_an_address_are_never_sent(ended: Ended) -> None:
    assert ended.of("credentials")["url"] == "http://www.shop.test/echo"
    assert "authorization" not in ended.of("credentials")["text"].lower()
    assert "secret" not in ended.of("credentials")["text"]
    assert ended.of("/redirect-credentials")["url"] == "http://www.shop.test/landing"


def test_a_request_says_who_asks_and_in_which_language(ended: Ended) -> None:
    assert "user-agent: barometer/" in ended.of("greeting")["text"]
    assert "accept-language: de,en;q=0.3<" in ended.of("greeting")["text"]
    assert "accept-language: fr,en;q=0.3<" in ended.of("/echo")["text"]


def test_a_compressed_page_arrives_as_its_text(ended: Ended) -> None:
    for name in ("/gzip", "/deflate-bare", "/br", "/zstd", "/gzip-pretended", "/encoding-unknown"):
        assert "01 99 00 12 34" in ended.of(name)["text"], name


def test_a_page_that_lost_bytes_says_so(ended: Ended) -> None:
    assert ended.of("/length-too-long")["flags"] == ["dataloss"]
    assert ended.of("/gzip-cut")["flags"] == ["dataloss"]
    assert ended.of("/gzip")["flags"] == []


def test_an_endless_redirect_is_left_after_ten_hops(ended: Ended) -> None:
    assert ended.server.hits["/redirect-loop"] == 11


def test_a_cookie_set_by_a_redirect_opens_the_gate(ended: Ended) -> None:
    assert ended.of("/cookie-gate")["hops"] == ["http://www.shop.test/cookie-gate"]


def test_a_failed_connection_is_tried_once_more_and_an_answer_never(ended: Ended) -> None:
    assert ended.server.hits["/fail-once"] == 2
    assert ended.server.hits["/reset"] == 2
    assert ended.server.hits["/503"] == 1


def test_a_page_closed_by_robots_is_not_asked_for(ended: Ended) -> None:
    assert ended.of("robots closed")["reason"] == "robots"
    assert ended.server.hits["/closed/page"] == 2, "once directly and once by redirect, both on the host that allows it"


def test_the_frontier_learns_what_robots_closes_without_asking_for_the_page(ended: Ended) -> None:
    told = ended.of("robots:partly")
    assert (told["allowed"], told["reason"], told["delay"]) == (False, None, 10.0)
    assert (told["known_before"], told["known_after"], told["known_at_last"]) == (False, True, False)


def test_a_host_whose_robots_cannot_be_had_is_closed_for_the_networks_reason(ended: Ended) -> None:
    told = ended.of("robots:gone")
    assert (told["allowed"], told["reason"]) == (False, "dns")
