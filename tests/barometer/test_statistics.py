"""Shares and medians by hand, and what must hold of any delays."""

import math
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barometer.statistics import LongerThan, Median, NotMeasured, Share, answered_by, median, wilson

ANSWERED = [1.0, 2.0, 2.0, 5.0]
WAITING = [3.0, 4.0, 6.0]
"""Seven, of whom three have answered by 2; at 5 two are left, one of whom answers."""


def measured(found: Share | NotMeasured) -> Share:
    assert isinstance(found, Share), found
    return found


def test_a_share_carries_its_wilson_interval() -> None:
    """By Wilson's formula with z = 1.96: centre (k + z^2/2) / (n + z^2), half width z sqrt(k (n-k) / n + z^2/4) / (n + z^2)."""
    z = 1.959964
    centre, half = (3 + z * z / 2) / (10 + z * z), z * math.sqrt(3 * 7 / 10 + z * z / 4) / (10 + z * z)
    found = measured(wilson(3, 10))
    assert (found.value, found.part, found.total, found.censored) == (0.3, 3, 10, 0)
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half), abs=1e-6)


def test_none_and_all_still_leave_doubt() -> None:
    assert measured(wilson(0, 5))[:2] == (0.0, 0.0)
    assert measured(wilson(0, 5)).high == pytest.approx(0.4345, abs=1e-4)
    assert measured(wilson(5, 5)).low == pytest.approx(0.5655, abs=1e-4)


def test_of_nothing_there_is_no_share_no_median_and_no_zero() -> None:
    assert isinstance(wilson(0, 0), NotMeasured)
    assert isinstance(median([], []), NotMeasured)
    assert isinstance(answered_by(3600, [], []), NotMeasured)


@pytest.mark.parametrize(("count", "total"), [(-1, 3), (4, 3)])
def test_a_count_that_is_no_part_is_refused(count: int, total: int) -> None:
    with pytest.raises(ValueError, match="no part"):
        wilson(count, total)


def test_a_negative_time_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        median([1.0], [-1.0])


def test_the_median_counts_those_who_wait_and_is_no_mean_of_the_answered() -> None:
    """Survival is 6/7 at 1, 4/7 at 2, and 4/7 x 1/2 = 2/7 at 5: the first at or below a half is 5, not 2."""
    assert median(ANSWERED, WAITING) == Median(5.0, 4, 7)
    assert median(ANSWERED, []) == Median(2.0, 4, 4)
    assert median([1.0, 1.0], [2.0, 2.0]) == Median(1.0, 2, 4)


def test_a_half_that_rounds_to_a_little_more_is_a_half() -> None:
    """5/6 x 3/5 (two at once) is a half."""
    assert median([1.0, 2.0, 2.0], [9.0, 9.0, 9.0]) == Median(2.0, 3, 6)


def test_where_fewer_than_half_answer_the_median_is_longer_than_anybody_waited() -> None:
    assert median([1.0], [7.0, 9.0]) == LongerThan(9.0, 1, 3)
    assert median([], [3.0]) == LongerThan(3.0, 0, 1)


def test_a_share_is_plain_as_long_as_all_were_watched_so_long() -> None:
    assert answered_by(2.5, ANSWERED, WAITING) == wilson(3, 7)
    assert answered_by(3, ANSWERED, WAITING) == wilson(3, 7)
    assert answered_by(2, ANSWERED, WAITING) == wilson(3, 7)
    assert answered_by(1.9, ANSWERED, WAITING) == wilson(1, 7)


def test_beyond_that_it_is_estimated_and_says_how_many_were_cut_short() -> None:
    """At 5: 1 - 2/7. Greenwood's sum is 1/(7x6) + 2/(6x4) + 1/(2x1); the interval is S^exp(+-z sqrt(sum) / ln S)."""
    found = measured(answered_by(5, ANSWERED, WAITING))
    assert found.value == pytest.approx(5 / 7)
    assert (found.part, found.total, found.censored) == (4, 7, 2)
    still = 2 / 7
    reach = 1.959964 * math.sqrt(1 / 42 + 2 / 24 + 1 / 2) / abs(math.log(still))
    assert found.low == pytest.approx(1 - still ** math.exp(-reach), abs=1e-6)
    assert found.high == pytest.approx(1 - still ** math.exp(reach), abs=1e-6)


def test_young_attempts_do_not_count_as_silence() -> None:
    """Half of the old ones answered within an hour; ten sent a minute ago must not make it one in twelve."""
    found = measured(answered_by(3600, [1800.0], [7200.0, *[60.0] * 10]))
    assert found.value == 0.5
    assert (found.part, found.total, found.censored) == (1, 12, 10)


def test_nobody_known_to_have_answered_is_judged_by_those_whose_case_is_known() -> None:
    found = measured(answered_by(7, [], [3.0, 9.0, 9.0]))
    assert (found.value, found.part, found.total, found.censored) == (0.0, 0, 3, 1)
    assert (found.low, found.high) == measured(wilson(0, 2))[1:3]
    everybody = measured(answered_by(3, [1.0, 2.0], [0.5]))
    assert (everybody.value, everybody.part, everybody.total) == (1.0, 2, 3)
    assert (everybody.low, everybody.high) == measured(wilson(2, 2))[1:3]


def test_a_time_that_nobody_was_watched_for_is_not_measured() -> None:
    assert isinstance(answered_by(6.5, ANSWERED, WAITING), NotMeasured)
    assert isinstance(answered_by(6, ANSWERED, WAITING), Share)
    assert isinstance(answered_by(3, [], [1.0, 2.0]), NotMeasured)


times = st.lists(st.integers(0, 20).map(float), max_size=12)


@settings(deadline=None)
@given(times, times, st.integers(0, 25))
def test_a_share_lies_in_its_interval_and_between_the_two_extremes(
    answered: list[float], waiting: list[float], horizon: int
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = answered_by(horizon, answered, waiting)
    if isinstance(found, NotMeasured):
        assert not answered or max(waiting, default=0) >= max(answered)
        return
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    assert found.part / found.total <= found.value + 1e-12
    assert found.value <= (found.part + found.censored) / found.total + 1e-12


@settings(deadline=None)
@given(times, times)
def test_half_have_answered_by_the_median_and_no_earlier(answered: list[float], waiting: list[float]) -> None:
    found = median(answered, waiting)
    if not isinstance(found, Median):
        return
    assert measured(answered_by(found.seconds, answered, waiting)).value >= 0.5 - 1e-9
    assert found.seconds in answered
    earlier = [delay for delay in answered if delay < found.seconds]
    if earlier:
        assert measured(answered_by(max(earlier), answered, waiting)).value < 0.5


@settings(deadline=None)
@given(times, times)
def test_more_silence_never_makes_the_median_shorter(answered: list[float], waiting: list[float]) -> None:
    before, after = median(answered, waiting), median(answered, [*waiting, 30.0])
    if isinstance(after, Median):
        assert isinstance(before, Median)
        assert after.seconds >= before.seconds
