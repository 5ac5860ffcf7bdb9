"""A value's line is found in any TOML, however it is written."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barometer import grids
from barometer.grids.lines import Path, line_of, lines_of

ODD = '''# a comment with [brackets] and "quotes"
name = "a # no comment [x]"
text = """
[[criterion]]
key = 1 "" "quotes" \\"""
"""
plain = \'\'\'
] } , [table]
\'\'\'
title.en = "dotted"
title . fr = 'spaced'
"quoted key" = 1
list = [
    1, [2, "]"],  # , [
    { a = "}" , b = [1, 2] },

    "four",
]
inline = { x = 1, y = "]" }

[ award ]
above = 12

[[criterion]]
key = "first"
[criterion.words]
shown = 1
[[criterion.bands]]
points = 3

[[criterion]]
key = "second"
[[criterion.bands]]
points = 1
[[criterion.bands]]
points = 2
'''

EXPECTED = {
    ("name",): 2, ("text",): 3, ("plain",): 7, ("title",): 10, ("title", "en"): 10, ("title", "fr"): 11, ("quoted key",): 12,
    ("list",): 13, ("list", 0): 14, ("list", 1): 14, ("list", 2): 15, ("list", 3): 17, ("inline",): 19, ("award",): 21,
    ("award", "above"): 22, ("criterion",): 24, ("criterion", 0): 24, ("criterion", 0, "key"): 25,
    ("criterion", 0, "words"): 26, ("criterion", 0, "words", "shown"): 27, ("criterion", 0, "bands"): 28,
    ("criterion", 0, "bands", 0): 28, ("criterion", 0, "bands", 0, "points"): 29, ("criterion", 1): 31,
    ("criterion", 1, "key"): 32, ("criterion", 1, "bands"): 33, ("criterion", 1, "bands", 0): 33,
    ("criterion", 1, "bands", 0, "points"): 34, ("criterion", 1, "bands", 1): 35, ("criterion", 1, "bands", 1, "points"): 36,
}  # fmt: skip


def test_every_table_key_and_element_of_an_odd_file_is_found() -> None:
    tomllib.loads(ODD)
    assert lines_of(ODD) == EXPECTED


@pytest.mark.parametrize("name", grids.builtin())
def test_every_key_of_a_built_in_grid_stands_on_its_line(name: str) -> None:
    text = grids.source(name).decode()
    lines, rows = lines_of(text), text.splitlines()
    known = list(paths(tomllib.loads(text)))
    assert len(known) > 100
    for path in known:
        if isinstance(path[-1], str):
            assert path[-1] in rows[line_of(path, lines) - 1]


def test_what_has_no_line_of_its_own_has_that_of_what_it_is_in() -> None:
    lines = lines_of(ODD)
    assert line_of(("list", 2, "b", 1), lines) == 15
    assert line_of(("inline", "y"), lines) == 19
    assert line_of(("nowhere",), lines) == 1


@given(st.text(alphabet="[]{}=\"'.,#\\ \n\tab1", max_size=80))
def test_any_text_is_read_to_an_end_and_every_line_is_one_of_it(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in lines_of(text).values())


def paths(value: Any, path: Path = ()) -> list[Path]:
    """Return the path of everything in *value*."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(one for key, held in inside for one in paths(held, (*path, key)))]
