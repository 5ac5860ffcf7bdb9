"""What two grids decide differently, and that docs/grids.md says what is so."""

from decimal import Decimal
from fractions import Fraction

import pytest

from barometer import grids
from barometer.errors import UserError
from barometer.grids import table
from barometer.grids.difference import differences
from barometer.grids.grid import Band, Grid
from tests.barometer.grid_files import DOCS, changed, example, problems


def grid(text: str) -> Grid:
    return grids.parse(text.encode(), "mine.toml")


def test_a_difference_is_told_for_every_field_that_decides() -> None:
    one = grid(example())
    clicks = one.criteria[0]
    changes = {
        "eligible": one._replace(minimum_coverage=Decimal("0.5")),
        "ranked": one._replace(award=one.award._replace(strict=False)),
        "equal scores": one._replace(award=one.award._replace(tie_break=())),
        "stability": one._replace(stability=Decimal("0.9")),
        "nights": one._replace(nights=7),
        "plan": one._replace(plan={"phone": 3}),
        "criterion phone.clicks": one._replace(criteria=one.criteria[1:]),
        "criterion phone.clicks: nothing": None,
        "criterion phone.clicks: title": None,
        "criterion phone.clicks: 0 clicks": None,
        "criterion phone.clicks: exact weight": None,
        "criterion phone.clicks: maximum": None,
    }
    variants = {
        "criterion phone.clicks: not shown": clicks._replace(nothing=None),
        "criterion phone.clicks: title": clicks._replace(title={"en": "A", "fr": "B"}),
        "criterion phone.clicks: 0 clicks": clicks._replace(bands=(Band(Decimal(0), Decimal(9)), *clicks.bands[1:])),
        "criterion phone.clicks: exact weight": clicks._replace(weight=clicks.weight + Fraction(1, 10**9)),
        "criterion phone.clicks: maximum": clicks._replace(maximum=Decimal(11)),
    }
    changes |= {about: one._replace(criteria=(other, *one.criteria[1:])) for about, other in variants.items()}
    for about, other in changes.items():
        if other is not None:
            assert [change.about for change in differences(one, other)] == [about]
            assert [change.about for change in differences(other, one)] == [about]


def test_a_grid_does_not_differ_from_itself_nor_by_the_order_of_its_criteria() -> None:
    one = grids.load("open-to-dialog")
    assert differences(one, one) == []
    assert differences(one, one._replace(criteria=one.criteria[::-1])) == []


def test_the_points_tables_of_the_docs_are_up_to_date() -> None:
    page = DOCS.read_text("utf-8")
    assert table.page_with_tables(page) == page, (
        "out of date; run: python -m barometer.grids.table --write docs/grids.md"
    )


def test_the_problems_that_the_docs_show_are_those_that_are_told() -> None:
    text = (
        changed('tie_break = ["mail.answer"]', 'tie_break = ["mail.anwser"]')
        .replace("weight = 40", "weight = 30")
        .replace("up_to = 2, points = 6", "up_to = 0, points = 6")
    )
    page = DOCS.read_text("utf-8")
    found = problems(text)
    assert len(found) == 3 and all(f"\nbarometer: {one}\n" in page for one in found), found


def test_the_differences_that_the_docs_show_are_those_that_are_told() -> None:
    text = (
        changed('version = "2026.1"', 'version = "2026.2"')
        .replace("weight = 2  ", "weight = 3  ")
        .replace("points = 6 },         #", "points = 5 },         #")
    )
    page = DOCS.read_text("utf-8")
    found = [str(one) for one in differences(grid(example()), grid(text))]
    assert "\n".join(found) in page, found


def test_a_title_cannot_break_out_of_the_points_table() -> None:
    read = grid(changed('"Clicks to the phone number"', '"a | b <script> `c` [d](e)"'))
    line = next(line for line in table.markdown(read).splitlines() if "phone.clicks" in line and line.startswith("| a"))
    assert line.startswith(r"| a \| b \<script\> \`c\` \[d\](e) `phone.clicks` |")


def test_a_page_without_marks_is_left_alone() -> None:
    with pytest.raises(UserError, match="no place for the points tables"):
        table.page_with_tables("# Grids\n")
