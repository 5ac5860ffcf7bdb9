"""Published figures of others: as published, with denominator and source, and nothing where there is nothing."""

import pytest

from barometer.figures.reference_series import FILE, LANGUAGES, read_series, reference_series

GOOD = """
schema = "barometer-reference/1"
context = []
[sources.a]
title = "A"
url = "https://a.example/"
[[figure]]
measure = "phone.shown"
year = 2015
percent = 68
of = "sites"
sites = "about 400"
source = "a"
"""


def test_every_figure_has_a_denominator_and_a_source() -> None:
    series = reference_series()
    assert all(
        one.of in ("sites", "shown", "unsaid") and one.source.url.startswith("https://") for one in series.figures
    )
    assert all(set(one.what) == LANGUAGES for one in series.context)


def test_years_without_a_figure_stay_without() -> None:
    assert [one.year for one in reference_series().of("phone.shown")] == [2009, 2010, 2011, 2015]


def test_twice_22_percent_is_two_measures() -> None:
    both = [(one.measure, one.year) for one in reference_series().figures if one.percent == 22]
    assert both == [("calls.reachable", 2011), ("calls.unreachable", 2015)]


def test_a_good_file_is_read() -> None:
    assert read_series(GOOD).of("phone.shown")[0].percent == 68


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("barometer-reference/1", "other/1"), ("percent = 68", "percent = 168"), ("percent = 68", "percent = 6.8"),
        ('of = "sites"', 'of = "some"'), ('source = "a"', 'source = "b"'), ("phone.shown", "phone.heard"),
        ('source = "a"', 'source = "a"\nnote.en = "only English"'), (GOOD, GOOD + GOOD[GOOD.index("[[figure]]") :]),
    ],
)  # fmt: skip
def test_a_file_that_says_what_cannot_be_is_refused(old: str, new: str) -> None:
    with pytest.raises(ValueError, match=FILE):
        read_series(GOOD.replace(old, new))
