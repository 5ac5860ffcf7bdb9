"""Mean and best of a category, attacked by a competitor who holds two of its reports, knows the podium and knows our rule."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations, combinations_with_replacement

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barometer.reports.merchant_comparison import (
    FEWEST,
    OPEN,
    POINTS_STEP,
    SCORE_STEP,
    SMALL,
    Compared,
    Comparison,
    Public,
    Withheld,
    compared_few,
    compared_parts,
    compared_scores,
)

ONE = Fraction(1)
BINARY = (Fraction(0), ONE)
BANDS = (Fraction(0), Fraction(1, 2), ONE)
UNEVEN = (Fraction(0), Fraction(1, 5), Fraction(4, 5), ONE)
THRESHOLD = Fraction(12, 20)
NOBODY = Public((), THRESHOLD)


def points(*twentieths: float) -> list[Fraction]:
    """Return marks on /20 as parts of the scale."""
    return [Fraction(round(10 * one), 200) for one in twentieths]


def behind_a_podium(marks: Sequence[Fraction], laureates: int = 3) -> Public:
    return Public(tuple(marks[:laureates]), marks[laureates - 1] if laureates > 2 else THRESHOLD)


TWENTY = points(
    16.2, 14.8, 13.4, 12.6, 12.1, 11.9, 11.4, 11, 10.6, 10.2, 9.8, 9.5, 9.1, 8.8, 8.2, 7.6, 7.1, 6.4, 5.5, 4
)


def test_mean_and_best_are_rounded_to_half_a_point_of_the_score() -> None:
    found = compared_scores(TWENTY, behind_a_podium(TWENTY))
    assert found == Comparison(Fraction(20, 40), Fraction(32, 40), SCORE_STEP)  # 10.01 and 16.2


def test_fewer_than_eight_are_rounded_twice_as_coarsely() -> None:
    marks = [Fraction(0)] * 3 + [ONE] * 3
    found = compared_few(marks, (), BINARY)
    assert found == Comparison(Fraction(3, 5), ONE, 2 * POINTS_STEP)
    assert SMALL == 8


def test_four_merchants_are_not_compared() -> None:
    assert FEWEST == 5
    assert compared_scores(points(11, 9, 8, 4), NOBODY) == Withheld()
    assert compared_parts(points(11, 9, 8, 4), 0) == Withheld()


@pytest.mark.parametrize("mark", [Fraction(0), ONE])
@pytest.mark.parametrize("count", [5, 8, 20])
def test_nothing_is_told_where_all_have_the_same_extreme_mark(mark: Fraction, count: int) -> None:
    assert compared_few([mark] * count, (), BINARY) == Withheld()
    assert compared_parts([mark] * count, 0) == Withheld()


def test_of_five_on_a_yes_or_no_criterion_nothing_is_told() -> None:
    told = [compared_few(marks, (), BINARY) for marks in combinations_with_replacement(BINARY, 5)]
    assert set(told) == {Withheld()}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 200), min_size=5, max_size=9), st.sampled_from([2, 3]))
def test_behind_a_full_podium_nothing_is_told_of_the_score_of_few(scores: list[int], laureates: int) -> None:
    """Whoever is fourth of five knows the podium and itself: the mean, told or not, would give the fifth away."""
    marks = sorted((Fraction(one, 200) for one in scores), reverse=True)
    if len(marks) <= laureates + 4:
        assert compared_scores(marks, behind_a_podium(marks, laureates)) == Withheld()


def test_the_fifth_of_five_cannot_be_found_by_trying_every_mark_that_it_may_have() -> None:
    marks = points(19.8, 18.4, 15.6, 15.3, 15.2)
    public = behind_a_podium(marks)
    told = compared_scores(marks, public)
    alike = [one for one in range(157) if compared_scores([*marks[:3], Fraction(one, 200), marks[4]], public) == told]
    assert Fraction(max(alike) - min(alike), 200) >= OPEN


def test_the_order_of_the_merchants_does_not_matter() -> None:
    mixed = random.Random(1).sample(TWENTY, len(TWENTY))
    public = behind_a_podium(TWENTY)
    assert compared_scores(TWENTY, public) == compared_scores(mixed, public)
    few = [BANDS[at % 3] for at in range(12)]
    assert compared_few(few, (0, 1), BANDS) == compared_few(few[::-1], (11, 10), BANDS)


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
                told.setdefault(compared_few(marks, range(laureates), values), []).append(marks)
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


def reach(
    held: Sequence[Fraction], unknown: int, unit: Fraction, ceiling: Fraction, ask: Callable[[list[Fraction]], Compared]
) -> dict[Compared, set[Fraction]]:
    """Return, by what is told, every mark that one of the *unknown* may have beside those whom the reader has *held*.

    Mean and best see of the marks of others their sum and the highest, so that one set of others stands for all of these.
    """
    found: dict[Compared, set[Fraction]] = {}
    steps = int(ceiling / unit)
    others = {
        (sum(one), max(one)): one
        for top in range(steps + 1)
        for rest in range(top * (unknown - 2) + 1)
        for one in [(top, *(rest // (unknown - 2) + (at < rest % (unknown - 2)) for at in range(unknown - 2)))]
    }
    for one in range(steps + 1):
        for rest in others.values():
            found.setdefault(ask([*held, one * unit, *(each * unit for each in rest)]), set()).add(one * unit)
    return found


@pytest.mark.parametrize("held", [(0, 0), (0, 6), (5, 5), (12, 12), (12, 3)])
@pytest.mark.parametrize(
    ("podium", "count"), [((), 8), ((), 12), ((18, 16, 14), 12), ((15, 13), 11), ((20, 20, 20), 16)]
)
def test_whoever_tries_every_score_and_knows_our_rule_leaves_two_points_of_twenty_open(
    podium: tuple[int, ...], count: int, held: tuple[int, int]
) -> None:
    """Every score there can be, in whole points: what is told, and silence, leave to each unknown a tenth of the scale."""
    marks = [Fraction(one, 20) for one in podium]
    public = behind_a_podium(marks, len(marks)) if marks else NOBODY
    known = [*marks, *(Fraction(one, 20) for one in held)]
    found = reach(
        known, count - len(known), Fraction(1, 20), public.ceiling, lambda every: compared_scores(every, public)
    )
    assert Withheld() in found
    assert len(found) > 1
    assert all(max(possible) - min(possible) >= OPEN for possible in found.values())


@pytest.mark.parametrize("held", [(0, 0), (0, 10), (5, 7), (10, 10)])
@pytest.mark.parametrize(("podium", "count"), [((), 8), ((), 11), ((10, 10), 13), ((10, 3, 0), 14)])
def test_whoever_tries_every_part_of_a_family_leaves_a_tenth_of_it_open(
    podium: tuple[int, ...], count: int, held: tuple[int, int]
) -> None:
    known = [Fraction(one, 10) for one in (*podium, *held)]
    found = reach(
        known, count - len(known), Fraction(1, 10), ONE, lambda every: compared_parts(every, len(podium))
    )  # fmt: skip
    assert len(found) > 1
    assert all(max(possible) - min(possible) >= OPEN for possible in found.values())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 120), min_size=14, max_size=24), st.sampled_from([0, 2, 3]))
def test_two_points_stay_open_to_whoever_tries_every_score_of_one_and_every_sum_of_the_others(
    scores: list[int], laureates: int
) -> None:
    others = sorted((Fraction(one, 200) for one in scores), reverse=True)
    podium = points(17.3, 15.1, 12.6)[:laureates]
    public = behind_a_podium(podium, laureates) if podium else NOBODY
    told = compared_scores([*podium, *others], public)
    for held in ([0, 1], [0, len(others) - 1], [len(others) - 2, len(others) - 1]):
        unknown = [one for at, one in enumerate(others) if at not in held]
        known = [*podium, *(others[at] for at in held)]
        possible = [
            one
            for one in range(int(public.ceiling * 200))
            if any(
                compared_scores([*known, Fraction(one, 200), *rest], public) == told
                for rest in spread(sum(unknown[1:]) + unknown[0] - Fraction(one, 200), unknown, public.ceiling)
            )
        ]
        assert Fraction(max(possible) - min(possible), 200) >= OPEN


def spread(total: Fraction, unknown: Sequence[Fraction], ceiling: Fraction) -> Iterator[list[Fraction]]:
    """Yield marks of all *unknown* but one: together about *total*, the highest as it was; and none at all."""
    many = len(unknown) - 1
    yield [Fraction(0)] * many
    top = min(max(unknown), ceiling)
    if many > 1 and 0 <= total - top <= (many - 1) * top:
        yield [top, *[(total - top) / (many - 1)] * (many - 1)]


def test_a_category_of_usual_size_is_compared() -> None:
    drawn = random.Random(7)
    told = 0
    for _ in range(100):
        marks = sorted((Fraction(min(200, max(0, round(drawn.gauss(110, 30)))), 200) for _ in range(20)), reverse=True)
        told += isinstance(compared_scores(marks, behind_a_podium(marks)), Comparison)
    assert told >= 90
