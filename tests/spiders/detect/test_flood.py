"""A flood of attributes, options or roots costs the parser no more than its length, and words and links stay."""

import time
from collections.abc import Callable

import pytest

from spiders.detect.document import Document
from spiders.detect.flood import MAX_ATTRIBUTES, bounded_floods

FLOODS: dict[str, Callable[[int], str]] = {
    "attributes": lambda n: f"<p {' '.join(f'data-{i}=1' for i in range(n))}>mot</p>",
    "quoted attributes": lambda n: "<p " + " ".join(f'a{i}="<>"' for i in range(n)) + ">mot</p>",
    "bare attributes": lambda n: f"<p {' '.join(f'a{i}' for i in range(n))}>mot</p>",
    "roots": lambda n: "".join(f"<body a{i}=1>" for i in range(n)) + "mot",
    "options": lambda n: f"<select>{'<option>' * n}</select>mot",
    "closed options": lambda n: f"<select>{'<option>x</option>' * n}</select>mot",
}


@pytest.mark.parametrize("kind", FLOODS)
def test_eight_times_the_flood_costs_about_eight_times_the_time(kind: str) -> None:
    small, large = (min(_seconds(FLOODS[kind](size)) for _ in range(2)) for size in (20_000, 160_000))
    assert large < 30 * max(small, 0.002), (
        "eight times the page should cost about eight times the time, sixty-four is quadratic"
    )


def _seconds(html: str) -> float:
    started = time.process_time()
    document = Document(html.encode(), "https://shop.example/")
    assert "mot" in document.text
    return time.process_time() - started


def test_a_long_tag_with_few_attributes_keeps_them() -> None:
    picture = f'<img alt="x" src="data:image/png;base64,{"A" * 200_000}">'
    assert bounded_floods(picture) == picture


def test_an_honest_page_is_left_as_it_is() -> None:
    attributes = " ".join(f"data-{i}=1" for i in range(MAX_ATTRIBUTES - 1))
    page = f"<body><select>{'<option>1</option>' * 300}</select><p {attributes}>mot</p>" + "<p>mot</p>" * 20_000
    assert bounded_floods(page) == page
