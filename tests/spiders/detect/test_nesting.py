"""However tags are nested, the parser is given no more than it can bear, and words and links stay."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from spiders.detect.document import Document
from spiders.detect.nesting import MAX_NESTING, bounded_nesting

MANY = 3_000
DEEPEST = 4 * MAX_NESTING + 50
"""The parser adds levels of its own: a table nested in a cell brings body, row and cell with it."""


def depth_of(html: str) -> int:
    depths = {0: 0}
    deepest = 0
    root = LexborHTMLParser(html).root
    assert root is not None
    for node in root.traverse(include_text=False):
        above = node.parent
        depth = depths.get(above.mem_id, 0) + 1 if above is not None else 1
        depths[node.mem_id] = depth
        deepest = max(deepest, depth)
    return deepest


@pytest.mark.parametrize(
    "piece",
    ["<div>", "<div></x>", "<div><object></div></object>", "<span><div></span></div>", "<b><div></b>", "<div><!--</div>-->",
     "<div><! </div>", "<div><? </div>", "<div title='</div>'>", '<div "><div>', "<div><script></div></script>",
     "<svg><style></svg></style>", "<svg><![CDATA[></svg>]]>", "<svg><div><script></div></script>", "<svg><input>", "<svg><td>",
     "<optgroup>", "<rb>", "<a><object>", "<table><td><div></table>x", "<dd><b>", "<svg><a>", "<math><mi><div></math>",
     "<div><svg></div><div><script></div></script>", "<circle/>", "<textarea></textarea><div></textarea>", "</p><div></p>",
     "<form><div></form>", "<DIV>", "<div\n>", "<div/>", "<template><div>", "<custom-tag>", "<li><ul>", "<table><tr><td>"],
)  # fmt: skip
def test_depth_is_bounded_however_it_is_made(piece: str) -> None:
    assert depth_of(bounded_nesting(piece * MANY)) <= DEEPEST


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<div>",
                "</div>",
                "<b>",
                "</b>",
                "<span>",
                "</span>",
                "<object>",
                "</object>",
                "<svg>",
                "</svg>",
                "<p>",
                "</p>",
                "<table>",
                "</table>",
                "<td>",
                "</td>",
                "<a>",
                "</a>",
                "<form>",
                "</form>",
                "<li>",
                "<ul>",
                "</ul>",
                "<title>",
                "</title>",
                "<style>",
                "</style>",
                "<!--",
                "-->",
                "<![CDATA[",
                "]]>",
                "<i/>",
                "<h1>",
                "</h2>",
                "<select>",
                "</select>",
                "<template>",
                "</template>",
                "<foreignObject>",
                "</foreignObject>",
                "<math>",
                "</math>",
                "<mi>",
                "</mi>",
                "'",
                '"',
                "=",
                "<option>",
            ]
        ),
        min_size=2,
        max_size=7,
    )
)
def test_no_soup_of_tags_nests_deeper(pieces: list[str]) -> None:
    assert depth_of(bounded_nesting("".join(pieces) * (MANY * 2 // len(pieces)))) <= DEEPEST


def test_formatting_left_open_is_not_opened_anew_in_every_block() -> None:
    bomb = "<p>" + "".join(f"<b id=x{number}>" for number in range(390)) + "</p>" + "<p>x</p>" * 50_000
    root = LexborHTMLParser(bounded_nesting(bomb)).root
    assert root is not None
    assert sum(1 for _ in root.traverse(include_text=False)) < 2_000_000


def test_words_and_links_below_the_bound_stay() -> None:
    html = "<div>" * MANY + '<a href="/contact">Nous joindre</a> 01 99 00 12 34' + "</div>" * MANY
    document = Document(html.encode(), "http://shop.example/")
    assert "01 99 00 12 34" in document.text
    assert [(link.href, link.text) for link in document.links] == [("/contact", "Nous joindre")]


@pytest.mark.parametrize(
    "row",
    ["<li><a href=/{n}>a</a>", "<p><a href=/{n}>a</a>", "<tr><td><a href=/{n}>a</a>", "<dt>x<dd><a href=/{n}>a</a>",
     "<div><br><img src=x><a href=/{n}>a</a></div>", "<a href=/{n}>a", "<p><font color=red><a href=/{n}>a</a></p>"],
)  # fmt: skip
def test_a_long_page_that_leaves_end_tags_out_loses_no_link(row: str) -> None:
    html = "<ul>" + "".join(row.format(n=number) for number in range(4_000))
    assert len(Document(html.encode(), "http://shop.example/").links) == 4_000


def test_an_honest_page_is_left_as_it_is() -> None:
    html = "<main>" + "<section><h2>t</h2><p>m <b>m</b><ul><li>a<li>b</ul></section>" * 1_000 + "</main>"
    assert bounded_nesting(html) == html
