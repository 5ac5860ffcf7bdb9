"""Bytes become text as a browser reads them."""

import pytest

from spiders.detect.document import Document
from spiders.detect.source import source_of


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_and_bytes_hold_the_same_page_in_every_encoding(encoding: str) -> None:
    html = "<p>Téléphone</p><noscript><p>01 99 00 10 01</p></noscript><p>été</p>"
    text, encoded = source_of(html.encode(encoding), None)
    assert text == encoded.decode() == "<p>Téléphone</p><p>été</p>"


@pytest.mark.parametrize("html", ["a<NOSCRIPT>b</NOSCRIPT>c", "a<noscript>b</noscript >c"])
def test_what_only_browsers_without_scripts_show_is_left_out(html: str) -> None:
    assert source_of(html.encode(), None) == ("ac", b"ac")


def test_an_open_noscript_takes_nothing_away() -> None:
    assert source_of(b"a<noscript>b", None)[0] == "a<noscript>b"


@pytest.mark.parametrize("markup", ["<div>a</div>\n<span>b</span>", "<div>a</div> <!-- --> b", "<div>a</div> <a>b</a>"])
def test_a_block_ends_its_line_whatever_white_space_follows(markup: str) -> None:
    assert Document(markup.encode(), "https://shop.example/").text == "a\nb"
