import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.sniffing import is_html, may_be_html


@pytest.mark.parametrize(
    "content_type",
    ["text/html", "TEXT/HTML; charset=x", "application/xhtml+xml", "", "text/xml", "text/html,text/html"],
)
def test_types_that_can_be_pages_are_fetched(content_type: str) -> None:
    assert may_be_html(content_type)


@pytest.mark.parametrize(
    "content_type", ["application/pdf", "image/png", "application/json", "text/plain", "application/octet-stream"]
)
def test_types_that_cannot_be_pages_are_not(content_type: str) -> None:
    assert not may_be_html(content_type)
    assert not is_html(b"<html>", content_type)


@pytest.mark.parametrize(
    "body", [b"<p>Bonjour", b"Bonjour, appelez-nous", b"\0<\0p\0>\0a", b"\xff\xfe<\0p\0>\0", b"<html>" + b"\0" * 900]
)
def test_a_declared_page_is_believed(body: bytes) -> None:
    assert is_html(body, "text/html")


@pytest.mark.parametrize("body", [b"%PDF-1.7", b"PK\x03\x04", b"GIF89a<html>", bytes(range(1, 9)) * 50, b"\0" * 100])
def test_a_declared_page_that_is_plainly_something_else_is_not(body: bytes) -> None:
    assert not is_html(body, "text/html")


def test_without_a_type_a_tag_decides() -> None:
    assert is_html(b"  <div>Bonjour</div>")
    assert not is_html(b"Bonjour")


def test_xml_is_a_page_only_where_it_holds_one() -> None:
    assert is_html(b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", "text/xml")
    assert not is_html(b"<?xml version='1.0'?><urlset>", "text/xml")


@given(st.binary(max_size=2000), st.text(max_size=40))
def test_nothing_a_server_sends_raises(body: bytes, content_type: str) -> None:
    assert is_html(body, content_type) in (True, False)
