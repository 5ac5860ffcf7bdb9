"""The demo market is whole: every link leads somewhere, and every truth is where its merchant says it is."""

import csv
import io
from collections import Counter, deque
from urllib.parse import urljoin, urlsplit
from urllib.request import Request, urlopen
from urllib.robotparser import RobotFileParser

import phonenumbers
import pytest
from selectolax.lexbor import LexborHTMLParser

from barometer.demo.loopback import MAX_BODY, Reply, serving
from barometer.demo.market import merchants, panel_csv, serve
from barometer.demo.merchant import DemoMerchant
from barometer.demo.site import DemoSite, cloudflare
from barometer.errors import UserError
from storage.vocabulary import Channel

MARKET = merchants()
EACH = pytest.mark.parametrize("merchant", MARKET, ids=lambda merchant: merchant.slug)


def page(site: DemoSite, path: str) -> str:
    reply = site("GET", path)
    assert reply.status == 200, f"{path} answers {reply.status}"
    return reply.body.decode()


def targets(html: str, path: str) -> tuple[set[str], set[str]]:
    """Return the paths that *html* links to, and the paths of its frames."""
    tree = LexborHTMLParser(html)
    links = {urljoin(path, node.attributes["href"] or "") for node in tree.css("a[href]")}
    frames = {urljoin(path, node.attributes["src"] or "") for node in tree.css("frame[src]")}
    return {urlsplit(link).path for link in links if link.startswith("/")} - {"/cdn-cgi/l/email-protection"}, frames


def clicks_to_pages(merchant: DemoMerchant) -> dict[str, int]:
    """Return the fewest clicks from the home page to each page; a frame costs none."""
    site = DemoSite(merchant)
    clicks, queue = {"/": 0}, deque(["/"])
    while queue:
        here = queue.popleft()
        links, frames = targets(page(site, here), here)
        for target in frames:
            if clicks.get(target, 99) > clicks[here]:
                clicks[target] = clicks[here]
                queue.appendleft(target)
        for target in links:
            if target not in clicks:
                clicks[target] = clicks[here] + 1
                queue.append(target)
    return clicks


@EACH
def test_every_link_leads_to_a_page_and_every_page_is_reached(merchant: DemoMerchant) -> None:
    assert set(clicks_to_pages(merchant)) == set(DemoSite(merchant).pages)


@EACH
def test_a_merchant_has_eight_to_twenty_five_pages(merchant: DemoMerchant) -> None:
    assert 8 <= len(DemoSite(merchant).pages) <= 25


@EACH
def test_each_truth_stands_on_its_page_at_its_depth_and_on_none_nearer(merchant: DemoMerchant) -> None:
    site, clicks = DemoSite(merchant), clicks_to_pages(merchant)
    for shown in merchant.shown:
        assert clicks[shown.page] == shown.depth, shown
        if shown.channel is not Channel.CONTACT_PAGE:
            nearer = {path for path, depth in clicks.items() if depth < shown.depth}
            assert shown.marker and shown.marker in page(site, shown.page), shown
            assert not [path for path in nearer if shown.marker in page(site, path)], shown


@EACH
def test_channels_without_a_truth_are_nowhere_in_the_pages(merchant: DemoMerchant) -> None:
    tells = {
        Channel.PHONE: "tel:",
        Channel.EMAIL: f"@{merchant.host}",
        Channel.FORM: "<textarea",
        Channel.CALLBACK: "Rappelez-moi",
        Channel.WHATSAPP: "wa.me",
        Channel.FACEBOOK: "facebook.com",
        Channel.X: "//x.com",
        Channel.INSTAGRAM: "instagram.com",
        Channel.LINKEDIN: "linkedin.com",
        Channel.YOUTUBE: "youtube.com",
    }
    everything = "".join(page(DemoSite(merchant), path) for path in DemoSite(merchant).pages)
    assert not [channel for channel, tell in tells.items() if merchant.truth[channel] is None and tell in everything]


@EACH
def test_pictures_and_style_sheets_of_the_pages_exist(merchant: DemoMerchant) -> None:
    site = DemoSite(merchant)
    for path in site.pages:
        tree = LexborHTMLParser(page(site, path))
        for node in tree.css("img[src], link[rel=stylesheet]"):
            reply = site("GET", urljoin(path, node.attributes.get("src") or node.attributes.get("href") or ""))
            assert reply.status == 200 and reply.content_type.startswith(("image/svg+xml", "text/css"))


@EACH
def test_every_page_a_visitor_sees_says_that_the_merchant_is_invented(merchant: DemoMerchant) -> None:
    site = DemoSite(merchant)
    silent = [path for path in site.pages if "invent" not in page(site, path) and "<frameset" not in page(site, path)]
    assert silent == []


@EACH
def test_numbers_are_valid_and_addresses_are_the_merchants_own(merchant: DemoMerchant) -> None:
    for shown in merchant.shown:
        if shown.channel is Channel.PHONE and shown.value.startswith("+"):
            assert phonenumbers.is_valid_number(phonenumbers.parse(shown.value))
        if shown.channel is Channel.EMAIL:
            assert shown.value.endswith(f"@{merchant.host}")


@EACH
def test_what_robots_closes_is_told_apart_from_what_is_not_there(merchant: DemoMerchant) -> None:
    rules = RobotFileParser()
    rules.parse(DemoSite(merchant)("GET", "/robots.txt").body.decode().splitlines())
    closed = {path for path in DemoSite(merchant).pages if not rules.can_fetch("barometer", path)}
    assert {shown.channel for shown in merchant.shown if shown.page in closed} <= set(merchant.closed)
    assert bool(closed) == bool(merchant.closed)


def test_the_market_has_four_categories_of_at_least_three_merchants() -> None:
    sizes = Counter(merchant.category for merchant in MARKET)
    assert len(MARKET) >= 12 and len(sizes) == 4 and min(sizes.values()) >= 3


def test_no_two_merchants_hide_their_number_in_the_same_way() -> None:
    assert len({merchant.hides for merchant in MARKET}) == len(MARKET)


def test_a_protected_address_is_written_as_key_then_masked_bytes() -> None:
    masked = bytes.fromhex(cloudflare("a@b.test"))
    assert bytes(byte ^ masked[0] for byte in masked[1:]) == b"a@b.test"


def test_the_market_answers_on_one_loopback_address_a_merchant() -> None:
    with serve() as addresses:
        hosts = {urlsplit(address).hostname for address in addresses.values()}
        assert len(hosts) == len(MARKET) and len({urlsplit(address).port for address in addresses.values()}) == 1
        for merchant in MARKET:
            with urlopen(addresses[merchant.slug]) as reply:
                assert merchant.name.replace("&", "&amp;") in reply.read().decode()


def test_the_market_stops_with_its_context() -> None:
    with serve() as addresses:
        address = next(iter(addresses.values()))
    with pytest.raises(OSError, match="refused"):
        urlopen(address)


def test_a_posted_message_is_thanked_for_and_an_oversized_one_is_refused() -> None:
    with serve() as addresses:
        contact = addresses["maison-lumen"] + "contact"
        with urlopen(Request(contact, data=b"message=bonjour")) as reply:
            assert "Votre message nous est bien parvenu" in reply.read().decode()
        with pytest.raises(OSError, match=r"413|reset|[Bb]roken pipe"):
            urlopen(Request(contact, data=b"x" * (MAX_BODY + 1)))


def test_an_unknown_path_is_not_found() -> None:
    assert DemoSite(MARKET[0])("GET", "/nulle-part").status == 404


def test_an_address_outside_loopback_is_refused_in_one_line() -> None:
    with pytest.raises(UserError, match="not a loopback address"), serving([lambda *_: Reply(200)], "192.0.2.1"):
        pass


def test_a_port_in_use_is_said_in_one_line() -> None:
    with serve() as addresses:
        taken = urlsplit(next(iter(addresses.values()))).port or 0
        with pytest.raises(UserError, match="cannot listen"), serve(port=taken):
            pass


def test_the_panel_lists_every_merchant_with_its_address() -> None:
    rows = list(
        csv.DictReader(io.StringIO(panel_csv({merchant.slug: f"http://{merchant.host}/" for merchant in MARKET})))
    )
    assert [(row["name"], row["category"]) for row in rows] == [
        (merchant.name, merchant.category) for merchant in MARKET
    ]
    assert all(row["url"].startswith("http://") and row["entered"] == "yes" for row in rows)
