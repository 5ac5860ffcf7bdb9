"""Places, ties, thresholds, and who stands on a podium: by hand, and whatever the scores."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from barometer.grids.grid import Award
from barometer.podium import Label, Podium
from barometer.ranking import NONE_ABOVE, TOO_FEW, Ranking, rank
from barometer.scoring import Score
from tests.barometer.editions import CATEGORY, CRITERIA, a_grid, a_mark, a_ranking, a_score

GRID = a_grid()


def places(ranking: Ranking) -> list[tuple[str, int]]:
    return [(one.score.merchant.name, one.place) for one in ranking.placed]


def on_podium(ranking: Ranking) -> list[tuple[str, int]]:
    return [(one.merchant.name, one.place) for one in Podium(ranking).laureates]


def with_points(one: Score, **points: str | None) -> Score:
    """Return the score with other points, as parts of the maximum, for some criteria."""
    changed = {key: a_mark(GRID.criterion(key), part) for key, part in points.items()}
    return one._replace(marks=tuple(changed.get(mark.criterion, mark) for mark in one.marks))


def test_equal_scores_share_a_place_and_the_next_one_is_skipped() -> None:
    ranking = a_ranking(scores=[("A", "15.0"), ("B", "14.2"), ("C", "14.2"), ("D", "13.0"), ("E", "8.0")])
    assert sorted(places(ranking)) == [("A", 1), ("B", 2), ("C", 2), ("D", 4), ("E", 5)]
    assert sorted(on_podium(ranking)) == [("A", 1), ("B", 2), ("C", 2)]


def test_the_tie_criteria_part_equal_scores_in_their_order() -> None:
    equal = [a_score(name, "15.0") for name in "ABCD"]
    scores = [
        with_points(equal[0], phone_depth="0.5", email_delay="1"),
        with_points(equal[1], phone_depth="0.9", email_delay="0.1"),
        with_points(equal[2], phone_depth="0.9", email_delay="0.2"),
        with_points(equal[3], phone_depth="0.5", email_delay="1"),
    ]
    found = places(rank(CATEGORY, scores, GRID))
    assert found[:2] == [("C", 1), ("B", 2)]
    assert sorted(found[2:]) == [("A", 3), ("D", 3)]


def test_in_a_tie_what_was_not_measured_stands_as_the_merchant_does_on_the_whole() -> None:
    """15 of 20 is 7.5 of 10: between 8 and 7."""
    scores = [
        with_points(a_score("A", "15.0"), phone_depth="0.8"),
        with_points(a_score("B", "15.0"), phone_depth=None),
        with_points(a_score("C", "15.0"), phone_depth="0.7"),
    ]
    assert places(rank(CATEGORY, scores, GRID)) == [("A", 1), ("B", 2), ("C", 3)]


def test_a_place_takes_more_than_the_threshold_or_as_much_where_the_grid_says_so() -> None:
    scores = [("A", "14.0"), ("B", "12.1"), ("C", "12.0"), ("D", "3.0")]
    assert on_podium(a_ranking(scores=scores)) == [("A", 1), ("B", 2)]
    at_least = a_grid(award=Award(strict=False))
    assert on_podium(a_ranking(scores=scores, grid=at_least)) == [("A", 1), ("B", 2), ("C", 3)]


def test_where_nobody_reaches_the_threshold_there_is_a_ranking_and_no_laureate() -> None:
    ranking = a_ranking(scores=[("A", "12.0"), ("B", "11.0"), ("C", "2.0"), ("D", "1.0")])
    assert (ranking.why_no_podium, len(ranking.placed)) == (NONE_ABOVE, 4)
    assert not Podium(ranking)


def test_a_category_that_is_too_small_is_not_ranked() -> None:
    ranking = a_ranking(scores=[("A", "18.0"), ("B", "17.0"), ("C", None)])
    assert (ranking.why_no_podium, ranking.placed, len(ranking.unplaced)) == (TOO_FEW, (), 3)
    assert not Podium(ranking)
    assert rank(CATEGORY, [], GRID).why_no_podium == TOO_FEW


def test_who_may_not_be_ranked_stands_apart_with_its_reason() -> None:
    apart = a_score("E", "19.0")._replace(ineligible=("coverage",))
    ranking = rank(CATEGORY, [apart, *(a_score(name, "13.0") for name in "ABC")], GRID)
    assert [one.merchant.name for one in ranking.unplaced] == ["E"]
    assert [one.ineligible for one in ranking.unplaced] == [("coverage",)]


def test_three_eligible_show_two_places() -> None:
    ranking = a_ranking(scores=[("A", "18.0"), ("B", "17.0"), ("C", "16.0")])
    assert on_podium(ranking) == [("A", 1), ("B", 2)]


def test_who_shares_the_last_place_is_last() -> None:
    assert on_podium(a_ranking(scores=[("A", "18.0"), ("B", "16.0"), ("C", "16.0")])) == [("A", 1)]
    assert on_podium(a_ranking(scores=[("A", "16.0"), ("B", "16.0"), ("C", "16.0")])) == []


tenths = st.integers(0, 200).map(lambda number: Decimal(number).scaleb(-1))
parts = st.sampled_from([None, "0", "0.5", "0.9", "1"])
scored = st.lists(
    st.tuples(st.none() | tenths | st.sampled_from([Decimal("12.0"), Decimal("15.0")]), parts, parts, st.booleans()),
    max_size=8,
)


def made(drawn: list[tuple[Decimal | None, str | None, str | None, bool]]) -> list[Score]:
    scores = []
    for number, (value, depth, delay, labelled) in enumerate(drawn):
        one = a_score(f"M{number}", None if value is None else str(value), labelled=labelled, key=f"m{number}")
        scores.append(one if value is None else with_points(one, phone_depth=depth, email_delay=delay))
    return scores


@settings(deadline=None)
@given(scored, st.randoms(use_true_random=False))
def test_the_order_of_input_is_irrelevant(drawn: list[tuple[Decimal, str, str, bool]], chance: object) -> None:
    scores = made(drawn)
    mixed = list(scores)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert rank(CATEGORY, mixed, GRID) == rank(CATEGORY, scores, GRID)


@settings(deadline=None)
@given(scored)
def test_no_podium_holds_a_fourth_place_nor_the_last_nor_anybody_below_the_threshold(
    drawn: list[tuple[Decimal, str, str, bool]],
) -> None:
    ranking = rank(CATEGORY, made(drawn), GRID)
    last = max((one.place for one in ranking.placed), default=0)
    for laureate in Podium(ranking).laureates:
        assert laureate.place <= 3
        assert laureate.place < last
        assert laureate.score > 12


@settings(deadline=None)
@given(scored)
def test_a_place_is_one_more_than_the_number_of_those_who_are_better(
    drawn: list[tuple[Decimal, str, str, bool]],
) -> None:
    ranking = rank(CATEGORY, made(drawn), GRID)

    def standing(score: Score) -> tuple[Fraction, ...]:
        points = {one.criterion: one.points for one in score.marks}
        whole = Fraction(score.score or 0)
        depth, delay = points["phone_depth"], points["email_delay"]
        return (whole, whole / 2 if depth is None else depth, whole / 2 if delay is None else delay)

    for one in ranking.placed:
        assert one.place == 1 + sum(standing(other.score) > standing(one.score) for other in ranking.placed)


@settings(deadline=None)
@given(scored, st.integers(0, 7), tenths)
def test_more_points_never_lower_a_place(
    drawn: list[tuple[Decimal, str, str, bool]], which: int, more: Decimal
) -> None:
    scores = made(drawn)
    if which >= len(scores) or scores[which].score is None:
        return
    better = scores[which]._replace(score=min(Decimal(20), (scores[which].score or Decimal(0)) + more))
    before, after = rank(CATEGORY, scores, GRID), rank(CATEGORY, [*scores[:which], better, *scores[which + 1 :]], GRID)
    name = better.merchant.name
    assert dict(places(after)).get(name, 0) <= dict(places(before)).get(name, 0)


@settings(deadline=None)
@given(scored, st.integers(0, 7))
def test_removing_a_merchant_that_nobody_sees_changes_nothing_that_anybody_sees(
    drawn: list[tuple[Decimal, str, str, bool]], which: int
) -> None:
    """But for a category that falls below the minimum, and for the place that is the last one once it is gone."""
    scores = made(drawn)
    before = rank(CATEGORY, scores, GRID)
    named = {one.merchant.id for one in Podium(before).laureates} | {one.id for one in Label(scores).merchants}
    if which >= len(scores) or scores[which].merchant.id in named:
        return
    rest = [*scores[:which], *scores[which + 1 :]]
    after = rank(CATEGORY, rest, GRID)
    assert Label(rest).merchants == Label(scores).merchants
    if after.why_no_podium == TOO_FEW:
        assert not Podium(after)
        return
    last = max(one.place for one in after.placed)
    assert Podium(after).laureates == tuple(one for one in Podium(before).laureates if one.place < last)


def test_the_builders_give_what_they_say() -> None:
    """A score made by hand is what its marks amount to, so that other tests may rest on it."""
    one = a_score("A", "15.2")
    whole = sum((mark.weight * (mark.points or 0) / Fraction(mark.maximum) for mark in one.marks), Fraction(0))
    assert 20 * whole == Fraction("15.2")
    assert sum((criterion.weight for criterion in CRITERIA), Fraction(0)) == 1
