"""A move is news once it was seen often enough, and nothing but measured nights counts."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as some

from barometer.history.night import ABSENT, DEPTHS, Depth
from barometer.history.settling import EXACT, Read, Settled, settle
from tests.barometer.history.samples import FIRST, GONE, exact

CONFIRM = some.integers(1, 4)
STATES = some.lists(some.sampled_from("ABC"), max_size=24)
RUNS = some.lists(some.tuples(some.sampled_from("ABC"), some.integers(1, 5)), max_size=8)
DEPTH = some.tuples(some.integers(0, 4), some.integers(0, 4)).map(lambda ends: Depth(min(ends), max(ends))) | some.just(
    GONE
)


def reads(states: Sequence[object], days: Sequence[int] | None = None) -> list[Read[object]]:
    """Return a reading a state, on the days with these numbers, by default one after the other."""
    numbers = range(len(states)) if days is None else days
    return [Read(FIRST + timedelta(days=number), state) for number, state in zip(numbers, states, strict=True)]


def moves(found: Settled[object]) -> list[tuple[object, object, int, int, int]]:
    """Return the moves: from, to, and the numbers of the last, the first and the confirming day."""
    return [
        (one.before, one.after, *((read.day - FIRST).days for read in (one.last, one.first, one.confirmed)))
        for one in found.moves
    ]


def test_a_move_is_dated_by_its_first_night_and_told_by_the_one_that_confirms_it() -> None:
    assert moves(settle(reads("AAAB"), EXACT, 2)) == []
    assert moves(settle(reads("AAABB"), EXACT, 2)) == [("A", "B", 2, 3, 4)]


def test_what_was_not_confirmed_before_gives_no_news() -> None:
    assert moves(settle(reads("ABBB"), EXACT, 2)) == []


def test_what_comes_and_goes_is_counted_and_is_no_news() -> None:
    found = settle(reads("AABABAB"), EXACT, 2)
    assert found.moves == [] and found.now == "A"
    assert [one.began.state for one in found.odd] == ["B", "B"]
    assert found.waiting is not None and found.waiting.day == FIRST + timedelta(days=6)


def test_a_move_after_flapping_lies_between_the_last_old_night_and_the_first_of_the_new_state() -> None:
    assert moves(settle(reads("AABCBCC"), EXACT, 2)) == [("A", "C", 1, 5, 6)]


def test_a_bound_that_agrees_with_what_was_known_is_no_change() -> None:
    found = settle(reads([Depth(1, 2), Depth(1, 2), exact(2), exact(2), Depth(0, 5), exact(2)]), DEPTHS, 2)
    assert found.moves == [] and found.odd == []
    assert found.now == exact(2)


def test_what_became_exact_is_held_against_the_next_bound() -> None:
    found = settle(reads([Depth(1, 2), Depth(1, 2), exact(2), exact(2), exact(1), exact(1)]), DEPTHS, 2)
    assert [(one.before, one.after) for one in found.moves] == [(exact(2), exact(1))]


def test_a_bound_that_agrees_with_both_neither_confirms_nor_breaks_a_move() -> None:
    both = Depth(0, 9)
    assert moves(settle(reads([exact(1)] * 2 + [exact(4), both, both]), DEPTHS, 2)) == []
    found = settle(reads([exact(1)] * 2 + [exact(4), both, both, exact(4)]), DEPTHS, 2)
    assert moves(found) == [(exact(1), exact(4), 1, 2, 5)]


def test_two_bounds_that_rule_out_the_old_depth_confirm_a_move() -> None:
    found = settle(reads([exact(0), exact(0), Depth(1, 3), Depth(1, 3)]), DEPTHS, 2)
    assert [(one.before, one.after) for one in found.moves] == [(exact(0), Depth(1, 3))]


def test_one_exact_night_among_bounds_is_not_taken_for_confirmed() -> None:
    loose = Depth(0, 3)
    found = settle(reads([loose, loose, exact(2), exact(0), exact(0)]), DEPTHS, 2)
    assert found.moves == []


def test_a_search_that_its_budget_ended_agrees_with_what_lies_deeper() -> None:
    unseen_to_2 = Depth(2, ABSENT)
    assert settle(reads([exact(3)] * 2 + [unseen_to_2] * 3), DEPTHS, 2).moves == []
    assert len(settle(reads([exact(1)] * 2 + [unseen_to_2] * 2), DEPTHS, 2).moves) == 1


@settings(deadline=None)
@given(STATES, CONFIRM, some.lists(some.integers(1, 5), min_size=24, max_size=24))
def test_nights_that_were_not_measured_change_nothing_but_the_days(
    states: list[str], confirm: int, gaps: list[int]
) -> None:
    days = [sum(gaps[:number]) for number in range(len(states))]
    near, far = settle(reads(states), EXACT, confirm), settle(reads(states, days), EXACT, confirm)
    assert [(one.before, one.after) for one in far.moves] == [(one.before, one.after) for one in near.moves]
    for one, other in zip(near.moves, far.moves, strict=True):
        for read, later in zip(one[2:], other[2:], strict=True):
            assert (later.day - FIRST).days == days[(read.day - FIRST).days]
    assert len(far.odd) == len(near.odd) and far.now == near.now


@settings(deadline=None)
@given(RUNS, some.integers(2, 5))
def test_states_shorter_than_the_confirmation_yield_no_news(runs: list[tuple[str, int]], confirm: int) -> None:
    short: list[str] = []
    for state, length in runs:
        if not short or short[-1] != state:
            short += [state] * min(length, confirm - 1)
    assert settle(reads(short), EXACT, confirm).moves == []


@settings(deadline=None)
@given(STATES, CONFIRM)
def test_a_move_begins_where_the_one_before_it_ended(states: list[str], confirm: int) -> None:
    found = settle(reads(states), EXACT, confirm).moves
    for one, following in pairwise(found):
        assert one.after == following.before
        assert one.first.day <= one.confirmed.day <= following.last.day < following.first.day


@settings(deadline=None)
@given(some.lists(DEPTH, max_size=24), CONFIRM)
def test_every_move_of_a_depth_is_a_contradiction(told: list[Depth], confirm: int) -> None:
    found = settle(reads(told), DEPTHS, confirm)
    for one in found.moves:
        assert DEPTHS.contradict(one.before, one.after)
        assert one.last.day < one.first.day <= one.confirmed.day
        assert not DEPTHS.contradict(one.after, one.first.state)


@settings(deadline=None)
@given(some.lists(DEPTH, max_size=24), CONFIRM, some.integers(0, 4))
def test_depths_that_all_agree_with_one_number_are_never_news(told: list[Depth], confirm: int, truth: int) -> None:
    agreeing = [one for one in told if one.least <= truth <= one.most]
    found = settle(reads(agreeing), DEPTHS, confirm)
    assert found.moves == [] and found.odd == []


@settings(deadline=None)
@given(STATES, CONFIRM)
def test_a_series_split_where_a_state_was_confirmed_gives_the_same_news(states: list[str], confirm: int) -> None:
    whole = moves(settle(reads(states), EXACT, confirm))
    for _, _, _, first, confirmed in whole:
        head = moves(settle(reads(states[: confirmed + 1]), EXACT, confirm))
        tail = moves(settle(reads(states)[first:], EXACT, confirm))
        assert head + tail == whole


@settings(deadline=None)
@given(STATES)
def test_a_longer_confirmation_never_yields_more_news(states: list[str]) -> None:
    counts = [len(settle(reads(states), EXACT, confirm).moves) for confirm in range(1, 6)]
    assert counts == sorted(counts, reverse=True)
