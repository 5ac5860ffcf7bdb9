"""A link says where it leads and what it is called."""

import gc
import weakref

import pytest

from spiders.detect.document import Document
from spiders.detect.link import Link, absolute


def link(html: str) -> Link:
    return Document(html.encode(), "https://shop.example/dir/page").links[0]


@pytest.mark.parametrize(
    ("html", "label"),
    [
        ("<a href=x> Nous  <b>écrire</b></a>", "Nous écrire"),
        ("<a href=x aria-label='Nous écrire'></a>", "Nous écrire"),
        ("<a href=x title='Nous écrire'></a>", "Nous écrire"),
        ("<a href=x><img alt='Nous écrire'></a>", "Nous écrire"),
        ("<map><area href=x alt='Nous écrire'></map>", "Nous écrire"),
        ("<a href=x alt='Nous écrire'></a>", ""),
    ],
)
def test_a_link_is_called_by_its_words_else_by_its_accessible_name(html: str, label: str) -> None:
    assert link(html).label == label


@pytest.mark.parametrize(
    ("html", "region"),
    [
        ("<footer><p><a href=x>x</a></footer>", "footer"),
        ("<div role=navigation><a href=x>x</a></div>", "nav"),
        ("<div class='site-footer dark'><a href=x>x</a></div>", "footer"),
        ("<div id=Pied><a href=x>x</a></div>", "footer"),
        ("<div class=barefooted><a href=x>x</a></div>", None),
    ],
)
def test_the_region_of_a_link_is_its_nearest_landmark(html: str, region: str | None) -> None:
    assert link(html).region == region


def test_an_address_that_cannot_be_one_is_empty() -> None:
    assert absolute("https://shop.example/", "//[") == ""
    assert link("<a href='../contact'>x</a>").url == "https://shop.example/contact"


def test_targets_keep_one_line_a_link_whatever_the_links_hold() -> None:
    document = Document(b"<a href='a\nb'>x</a><a href=c>y</a>", "https://shop.example/")
    assert document.targets.split("\n") == ["ab", "c"]


def test_a_page_is_freed_without_the_collector_once_it_has_been_read() -> None:
    gc.disable()
    try:
        document = Document(b"<a href=x>x</a><form><input></form>", "https://shop.example/")
        assert [found.label for found in document.links] == ["x"]
        freed = weakref.ref(document)
        del document
        assert freed() is None
    finally:
        gc.enable()
