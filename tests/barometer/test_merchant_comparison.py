"""Mean and best of a category, attacked by a competitor who holds two of its reports and knows the podium."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations, combinations_with_replacement

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from barometer.reports.merchant_comparison import (
    FEWEST,
    OPEN,
    POINTS_STEP,
    SCORE_STEP,
    SMALL,
    Compared,
    Comparison,
    Withheld,
    compared,
)

ONE = Fraction(1)
BINARY = (Fraction(0), ONE)
BANDS = (Fraction(0), Fraction(1, 2), ONE)
UNEVEN = (Fraction(0), Fraction(1, 5), Fraction(4, 5), ONE)


def parts(*percent: int) -> list[Fraction]:
    return [Fraction(one, 100) for one in percent]


def test_mean_and_best_are_rounded_to_half_a_point_of_the_score() -> None:
    found = compared(parts(81, 74, 66, 60, 57, 52, 49, 43, 38), SCORE_STEP)
    assert found == Comparison(Fraction(23, 40), Fraction(32, 40), SCORE_STEP)  # 57.8 % and 81 %


def test_fewer_than_eight_are_rounded_twice_as_coarsely() -> None:
    found = compared(parts(81, 74, 66, 60, 43), SCORE_STEP)
    assert found == Comparison(Fraction(13, 20), Fraction(16, 20), 2 * SCORE_STEP)
    assert SMALL == 8


def test_four_merchants_are_not_compared() -> None:
    assert FEWEST == 5
    assert compared(parts(81, 74, 66, 43), SCORE_STEP) == Withheld()


@pytest.mark.parametrize("mark", [Fraction(0), ONE])
@pytest.mark.parametrize("count", [5, 8, 20])
def test_nothing_is_told_where_all_have_the_same_extreme_mark(mark: Fraction, count: int) -> None:
    assert compared([mark] * count, POINTS_STEP, possible=BINARY) == Withheld()


def test_of_five_on_a_yes_or_no_criterion_nothing_is_told() -> None:
    told = [compared(marks, POINTS_STEP, possible=BINARY) for marks in combinations_with_replacement(BINARY, 5)]
    assert set(told) == {Withheld()}


def test_the_one_who_is_last_of_five_behind_a_podium_of_three_stays_unknown() -> None:
    """Whoever is fourth knows the podium and itself: the mean alone would give the fifth away to the tenth."""
    marks = parts(90, 84, 78, 55, 20)
    found = compared(marks, SCORE_STEP, public=(0, 1, 2), ceiling=Fraction(78, 100))
    if isinstance(found, Comparison):
        half = found.step / 2
        assert 5 * 2 * half >= OPEN


def test_the_order_of_the_merchants_does_not_matter() -> None:
    marks = parts(81, 74, 66, 60, 57, 52, 49)
    mixed = random.Random(1).sample(marks, len(marks))
    public = [mixed.index(marks[0]), mixed.index(marks[1])]
    assert compared(marks, POINTS_STEP, (0, 1)) == compared(mixed, POINTS_STEP, public)


@pytest.mark.parametrize("laureates", [0, 2, 3])
@pytest.mark.parametrize(("values", "most"), [(BINARY, 10), (BANDS, 8), (UNEVEN, 7)])
def test_no_mark_of_few_can_be_worked_out_by_trying_everything(
    values: Sequence[Fraction], most: int, laureates: int
) -> None:
    """Every category there can be, every reader, who knows our rule too: two marks stay possible for everybody else.

    What is withheld is an answer like any other: nor may it give anybody away.
    """
    for count in range(FEWEST, most + 1):
        told: dict[Compared, list[tuple[Fraction, ...]]] = {}
        for podium in combinations_with_replacement(values, laureates):
            for others in combinations_with_replacement(values, count - laureates):
                marks = (*podium, *others)
                told.setdefault(compared(marks, POINTS_STEP, range(laureates), values), []).append(marks)
        for answer, categories in told.items():
            assert not list(given_away(categories, laureates)), (count, answer)


def given_away(categories: Iterable[tuple[Fraction, ...]], laureates: int) -> Iterable[tuple[Fraction, ...]]:
    """Yield what a reader holds to whom the categories that agree with it leave one mark for all others."""
    possible: dict[tuple[Fraction, ...], set[Fraction]] = {}
    for marks in categories:
        podium, others = marks[:laureates], marks[laureates:]
        for pair in combinations(others, 2):
            left = Counter(others) - Counter(pair)
            if left:
                possible.setdefault((*podium, *sorted(pair)), set()).update(left)
    return (known for known, left in possible.items() if len(left) < 2)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 200), min_size=5, max_size=14), st.sampled_from([0, 2, 3]))
def test_a_tenth_of_the_scale_stays_open_to_whoever_solves_for_it(scores: list[int], laureates: int) -> None:
    """An independent attack: linear programmes over all that a reader knows."""
    marks = sorted((Fraction(score, 200) for score in scores), reverse=True)
    ceiling = marks[laureates - 1] if laureates else ONE
    found = compared(marks, SCORE_STEP, range(laureates), ceiling=ceiling)
    if isinstance(found, Withheld):
        return
    for pair in {(0, 1), (0, len(marks) - 1), (len(marks) - 2, len(marks) - 1), (laureates, len(marks) - 1)}:
        known = {*range(laureates), *pair}
        unknown = len(marks) - len(known)
        if not unknown:
            continue
        held = sum(float(marks[at]) for at in known)
        half = float(found.step) / 2
        least, most = (len(marks) * (float(found.mean) + sign * half) - held for sign in (-1, 1))
        highest = min(1.0, float(found.best) + half, float(ceiling))
        ends = []
        for sign in (1, -1):
            solved = linprog(
                [sign, *[0] * (unknown - 1)], A_ub=[[1] * unknown, [-1] * unknown], b_ub=[most, -least],
                bounds=[(0, highest)] * unknown,
            )  # fmt: skip
            assert solved.success
            ends.append(sign * solved.fun)
        assert ends[1] - ends[0] >= float(OPEN) - 1e-9


def test_a_category_of_usual_size_is_compared() -> None:
    drawn = random.Random(7)
    told = 0
    for _ in range(100):
        marks = sorted((Fraction(min(200, max(0, round(drawn.gauss(130, 25)))), 200) for _ in range(12)), reverse=True)
        told += isinstance(compared(marks, SCORE_STEP, range(3), ceiling=marks[2]), Comparison)
    assert told >= 95
