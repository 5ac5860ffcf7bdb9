"""Merchants that only a browser judges right are read as a person sees them, and reading the source alone is not enough."""

import re
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from spiders.browser.executable import find_browser
from storage.vocabulary import Channel, OutcomeKind, Profile, Reason, SetAsideReason
from tests.browser_markets import (
    MARKETS,
    Json,
    Sitting,
    Street,
    differences,
    gaps,
    markets,
    open_street,
    said,
    seen,
    sittings,
    tattling,
    truth,
)
from tests.markets.judge import complaints

EACH = pytest.mark.parametrize("market", markets())
KEYS = {"why", "static", "status", "status_reason", "options", "channels", "mobile", "set_aside"}
FICTION = re.compile(r"\+(?:33(?:19900|26191|35301|46571|53649)\d{4}|493023125\d{3}|442079460\d{3})")
FILE_BYTES, FILES = 4000, 8


class Opened:
    """The street while the tests look at it, and what was read there."""

    def __init__(self, street: Street, results: dict[Sitting, Json]) -> None:
        self.street = street
        self.results = results


@pytest.fixture(scope="module")
def rendered() -> Iterator[Opened]:
    if find_browser() is None:
        pytest.skip("no Chromium on this machine: run 'make browser'")
    with open_street() as street:
        yield Opened(street, street.read(sittings(), render=True))


@pytest.fixture(scope="module")
def sources() -> Iterator[dict[Sitting, Json]]:
    with open_street() as street:
        yield street.read([Sitting(market, Profile.DESKTOP) for market in markets()], render=False)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("sitting", sittings(), ids="-".join)
def test_a_market_is_read_as_a_person_sees_it(sitting: Sitting, rendered: Opened) -> None:
    assert differences(sitting, rendered.results[sitting]) == []


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("sitting", sittings(), ids="-".join)
def test_what_was_found_has_a_way_and_a_box(sitting: Sitting, rendered: Opened) -> None:
    assert gaps(rendered.results[sitting]) == []


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("market", tattling())
def test_nothing_is_pressed_that_must_be_left_alone(market: str, rendered: Opened) -> None:
    assert rendered.street.pressed(market) == []


def test_a_page_that_tells_on_a_press_is_heard() -> None:
    market = tattling()[0]
    with open_street() as street:
        with closing(HTTPConnection(urlsplit(street.home(market)).netloc, timeout=10)) as connection:
            connection.request("POST", "/pressed-basket")
            connection.getresponse().read()
        assert street.pressed(market) == ["POST /pressed-basket"]


@EACH
def test_the_source_alone_says_what_the_truth_says_it_does(market: str, sources: dict[Sitting, Json]) -> None:
    result = sources[Sitting(market, Profile.DESKTOP)]
    claims = truth(market)["static"].split(", ")
    assert [said(result, claim.partition(" ")[0]) for claim in claims] == claims


@EACH
def test_the_source_alone_is_not_enough(market: str, sources: dict[Sitting, Json]) -> None:
    result = sources[Sitting(market, Profile.DESKTOP)]
    profiles = [profile for name, profile in sittings() if name == market]
    assert any(complaints({"channels": seen(market, profile)}, result) for profile in profiles)


def test_there_are_enough_markets_and_each_folder_is_one() -> None:
    assert {path.name for path in MARKETS.iterdir() if path.is_dir()} == set(markets())
    assert len(markets()) >= 48


@EACH
def test_a_truth_says_why_a_browser_is_needed_and_only_known_keys(market: str) -> None:
    told = truth(market)
    assert {"why", "static", "channels"} <= told.keys() <= KEYS
    assert told["why"].endswith(".")
    assert "mobile" not in told or seen(market, Profile.MOBILE) != seen(market, Profile.DESKTOP)


@EACH
def test_a_truth_speaks_the_words_of_the_method(market: str) -> None:
    told = truth(market)
    for channel, entry in [*told["channels"].items(), *told.get("mobile", {}).items()]:
        Channel(channel)
        outcome = OutcomeKind(entry["outcome"])
        assert ("clicks" in entry) is (outcome is OutcomeKind.EXACT)
        assert outcome is not OutcomeKind.NOT_MEASURED or Reason(entry["reason"])
    for aside in told.get("set_aside", []):
        assert Channel(aside["channel"]) and SetAsideReason(aside["why"])
        assert aside["value"] not in told["channels"].get(aside["channel"], {}).get("values", [])


@EACH
def test_numbers_and_addresses_are_fiction(market: str) -> None:
    told = truth(market)
    entries = [*told["channels"].items(), *told.get("mobile", {}).items()]
    values = [(channel, value) for channel, entry in entries for value in entry.get("values", [])]
    values += [(aside["channel"], aside["value"]) for aside in told.get("set_aside", [])]
    assert all(FICTION.fullmatch(value) for channel, value in values if channel == Channel.PHONE)
    assert all(value.endswith(".example") for channel, value in values if channel == Channel.EMAIL)


@EACH
def test_a_market_is_small(market: str) -> None:
    files = [path for path in (MARKETS / market).rglob("*") if path.is_file()]
    assert 2 <= len(files) <= FILES
    assert all(path.stat().st_size < FILE_BYTES for path in files)
