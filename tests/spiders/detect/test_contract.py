"""The JSON line of one saved page keeps the published contract."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.detect.contract import page_line
from tests.contracts import complaints
from tests.spiders.detect.test_document import FRAGMENTS
from tests.spiders.detect.test_page import EVERYTHING

URL = "http://www.shop.example/contact"


def line(html: str | bytes, url: str = URL) -> dict[str, object]:
    return {"file": "page.html", **page_line(html if isinstance(html, bytes) else html.encode(), url, "FR")}


def test_everything_on_a_page_stands_in_its_line() -> None:
    told = line(EVERYTHING)
    assert complaints("detect", told) == []
    assert told["phones"] == [
        {"value": "+33199001234", "display": "01 99 00 12 34", "readable": True,
         "tariff": {"class": "ordinary", "max_eur_per_min": None, "max_eur_per_call": None}}
    ]  # fmt: skip
    assert told["emails"] == [{"value": "contact@shop.example", "display": "contact@shop.example"}]
    forms = told["forms"]
    assert isinstance(forms, list) and [(form["kind"], form["fields"]) for form in forms] == [
        ("contact", {"nom": "name", "mail": "email", "message": "message"})
    ]


def test_a_premium_number_comes_with_its_caps() -> None:
    told = line("<p>Service clients : 0 892 700 123</p>")
    assert told["phones"][0]["tariff"] == {"class": "premium", "max_eur_per_min": 0.8, "max_eur_per_call": 3.0}  # type: ignore[index]


@pytest.mark.parametrize(
    "page", ["", b"\xff\xfe\x00", "<p>rien</p>", '<a href="http://[bad/contact">Contact</a>', "<form><input></form>"]
)
def test_any_page_gives_a_valid_line(page: str | bytes) -> None:
    assert complaints("detect", line(page)) == []


def test_contact_links_are_absolute() -> None:
    told = line('<a href="nous">Contact</a><a href="http://[bad/">Contactez-nous</a>', "http://www.shop.example/fr/x")
    assert told["links"]["contact"] == ["http://www.shop.example/fr/nous"]  # type: ignore[index]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=30))
def test_no_page_made_of_likely_pieces_breaks_the_contract(pieces: list[str]) -> None:
    told = line("".join(pieces).encode("utf-8", "replace"))
    assert complaints("detect", told) == []
    assert json.loads(json.dumps(told)) == told
