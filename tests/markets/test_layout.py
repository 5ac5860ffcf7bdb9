"""Every market folder is complete and speaks the words of the method."""

import re
import tomllib
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urljoin, urlsplit

import phonenumbers
import pytest
from selectolax.lexbor import LexborHTMLParser

from storage.vocabulary import Basis, Channel, OutcomeKind, PriceClass, Reason, Searched, SetAsideReason
from tests.markets.serve import ANSWERS, MARKETS, MarketSite, expected, home_path, hosts, serve_markets, slugs
from tests.switches import find, switches_of

EACH = pytest.mark.parametrize("slug", slugs())
ALWAYS = {"phone", "email", "contact_page", "form"}
KEYS_OF_OUTCOME = {
    OutcomeKind.EXACT: ({"clicks", "basis"}, {"values", "readable", "tariff"}),
    OutcomeKind.AT_MOST: ({"clicks", "at_least"}, {"values", "readable", "tariff", "reason"}),
    OutcomeKind.NOT_FOUND: (set(), {"searched"}),
    OutcomeKind.NOT_MEASURED: ({"reason"}, set()),
}


def test_there_are_enough_markets_and_each_folder_is_one() -> None:
    folders = {path.name for path in MARKETS.iterdir() if path.is_dir() and not path.name.startswith("__")} - {
        "browser"
    }
    assert folders == set(slugs())
    assert len(folders) >= 30


@EACH
def test_the_truth_names_a_trap_a_rule_and_only_known_keys(slug: str) -> None:
    truth = expected(slug)
    assert {"trap", "rule", "off", "channels"} <= truth.keys()
    assert truth.keys() <= {"trap", "rule", "off", "note", "warning", "options", "pages", "channels", "set_aside"}
    assert truth["trap"].endswith(".")
    assert truth.get("options", {}).keys() <= {"country", "home", "max_pages", "hosts"}
    assert truth.get("pages", {}).keys() <= {"read_at_most"}


@EACH
def test_the_rule_that_protects_exists(slug: str) -> None:
    for rule, _ in switches_of(expected(slug)):
        find(rule)


@EACH
def test_names_of_hosts_are_reserved_ones(slug: str) -> None:
    assert all(host.endswith((".test", ".example")) for host in hosts(slug))


@EACH
def test_each_outcome_has_the_keys_that_belong_to_it(slug: str) -> None:
    channels = expected(slug)["channels"]
    assert channels.keys() >= ALWAYS
    for channel, told in channels.items():
        Channel(channel)
        needed, allowed = KEYS_OF_OUTCOME[OutcomeKind(told["outcome"])]
        assert needed <= told.keys() - {"outcome"} <= needed | allowed, (channel, told)
        assert told.get("at_least", 0) < told.get("clicks", 1) or told["outcome"] == "exact"
        for key, words in (("basis", Basis), ("searched", Searched), ("reason", Reason), ("tariff", PriceClass)):
            assert key not in told or words(told[key])


@EACH
def test_phones_are_valid_numbers_addresses_are_reserved_and_pages_exist(slug: str) -> None:
    channels, site = expected(slug)["channels"], MarketSite(MARKETS / slug / "site")
    for value in channels["phone"].get("values", []):
        assert re.fullmatch(r"3\d{3}", value) or phonenumbers.is_valid_number(phonenumbers.parse(value)), value
    assert all(value.endswith(".test") for value in channels["email"].get("values", []))
    for channel in ("contact_page", "form"):
        assert all(site.find(path) for path in channels[channel].get("values", []))


@EACH
def test_what_is_set_aside_has_a_known_reason_and_is_not_also_a_value(slug: str) -> None:
    truth = expected(slug)
    for told in truth.get("set_aside", []):
        assert told.keys() == {"channel", "value", "why"}
        assert SetAsideReason(told["why"]) and Channel(told["channel"])
        assert told["value"] not in truth["channels"].get(told["channel"], {}).get("values", [])


@EACH
def test_a_market_is_tiny_and_its_links_lead_to_its_own_files(slug: str) -> None:
    folder = MARKETS / slug / "site"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert 1 <= len(files) <= 8
    assert all(path.stat().st_size < 4000 for path in files)
    site, dead = MarketSite(folder), set()
    pages = [path for path in files if path.suffix == ".html"]
    for page in pages:
        tree = LexborHTMLParser(page.read_text("utf-8"))
        here = "/" + page.relative_to(folder).as_posix()
        base = tree.css_first("base[href]")
        start = urljoin(here, (base.attributes["href"] or "") if base is not None else "")
        for node in tree.css("a[href], area[href], frame[src]"):
            target = urljoin(start, node.attributes.get("href") or node.attributes.get("src") or "")
            if target.startswith("/") and site("GET", target).status == 404:
                dead.add(urlsplit(target).path)
    on_purpose = {"dead-contact-link": {"/contact"}, "cloudflare-mail": {"/cdn-cgi/l/email-protection"}}
    assert dead == on_purpose.get(slug, set())


@EACH
def test_the_digits_of_every_phone_value_stand_in_the_pages(slug: str) -> None:
    pages = "".join(path.read_text("utf-8") for path in (MARKETS / slug / "site").rglob("*.html"))
    digits = re.sub(r"\D", "", pages)
    for value in expected(slug)["channels"]["phone"].get("values", []):
        assert (value.lstrip("+") if value.startswith("3") else value[3:]) in digits


def test_all_markets_are_served_at_once_each_on_its_own_address() -> None:
    with serve_markets() as addresses:
        assert list(addresses) == slugs()
        assert len({urlsplit(address).hostname for address in addresses.values()}) == len(addresses)
        for slug, address in addresses.items():
            assert address.endswith(home_path(slug))
            served = MarketSite(MARKETS / slug / "site")("GET", home_path(slug))
            with closing(HTTPConnection(urlsplit(address).netloc, timeout=10)) as connection:
                connection.request("GET", home_path(slug))
                reply = connection.getresponse()
                assert (reply.status, reply.headers["Content-Type"]) == (served.status, served.content_type)


def test_sessions_and_calendars_never_end() -> None:
    shop = MarketSite(MARKETS / "session-ids" / "site")
    assert shop("GET", "/").body != shop("GET", "/").body
    assert b"mois=8" in MarketSite(MARKETS / "endless-calendar" / "site")("GET", "/agenda?mois=7").body


def test_answers_told_apart_from_files_are_given_as_told() -> None:
    assert MarketSite(MARKETS / "redirected-home" / "site")("GET", "/").headers == (("Location", "/fr/"),)
    assert MarketSite(MARKETS / "dead-contact-link" / "site")("GET", "/contact").status == 404
    assert MarketSite(MARKETS / "redirected-home" / "site")("GET", f"/{ANSWERS}").status == 404


def test_no_file_outside_the_market_is_served() -> None:
    site = MarketSite(MARKETS / "login-wall" / "site")
    assert site("GET", "/../expected.toml").status == 404
    assert site("GET", "/%2e%2e/expected.toml").status == 404


@pytest.mark.parametrize("answers", sorted(MARKETS.glob(f"*/site/{ANSWERS}")), ids=lambda path: path.parts[-3])
def test_answers_use_only_known_keys(answers: object) -> None:
    told = tomllib.loads(answers.read_text("utf-8"))["answer"]  # type: ignore[attr-defined]
    assert told and all(answer.keys() <= {"path", "status", "location", "file", "headers"} for answer in told)
