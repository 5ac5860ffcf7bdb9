"""What the bootstrap says: the same everywhere, nothing where nothing varies, and what can be worked out by hand."""

import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from math import comb

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barometer.grids.grid import Award, Band, Grid
from barometer.marks.counted_attempts import counting
from barometer.marks.draws import Stream
from barometer.marks.resampling import UNSCORED, resampled
from barometer.marks.resampling import joined as joined_draws
from barometer.marks.stability import could_vary, drawn
from barometer.observations import Missing, Observed
from barometer.ranking import Ranking, rank
from barometer.scoring import score
from storage.vocabulary import Channel, PriceClass
from tests.barometer.editions import (
    CATEGORY,
    EMAIL_DELAY,
    EMAIL_PERSONALISATION,
    PHONE_DEPTH,
    PHONE_PRICE,
    PHONE_WAITING,
    a_grid,
    a_merchant,
    an_observed,
    answered,
    attempts,
    hidden,
    never,
    nights,
    pending,
    shown,
)
from tests.barometer.test_scoring import GRID as SMALL
from tests.barometer.test_scoring import observations

ONLY_DELAY = a_grid(
    [
        EMAIL_DELAY._replace(
            weight=Fraction(1),
            bands=(Band(Decimal(3600), Decimal(10)), Band(None, Decimal(0))),
            unshown_is_nothing=False,
        )
    ],
    label=None,
    award=Award(),
)
"""A grid whose score is 20 times the share of e-mails answered within the hour."""
ONLY_DEPTH = a_grid([PHONE_DEPTH._replace(weight=Fraction(1))], label=None, award=Award())


def a_category(grid: Grid, *observed: Observed, seed: str = "autumn", draws: int = 1000) -> Ranking:
    ranking = rank(CATEGORY, [score(one, grid) for one in observed], grid)
    return drawn(ranking, {one.merchant.id: one for one in observed}, grid, seed, draws)


def some(count: int = 4) -> list[Observed]:
    return [an_observed(f"M{number}", quality=4 - number % 5, key=f"m{number}") for number in range(count)]


def mailed(name: str, good: int, bad: int, each: int = 100) -> Observed:
    """Return a merchant that answered so many e-mails at once and the others never, *each* of a scenario."""
    endings = [*[answered(60.0)] * good, *[never()] * bad]
    return Observed(a_merchant(name), (), attempts(Channel.EMAIL, *endings, each=each))


def test_the_stream_of_chance_is_the_one_that_was_published_with() -> None:
    """These figures stand for every machine and every version of NumPy: were they to change, so would published sheets."""
    assert Stream("autumn", "m1").below(1000, 6).tolist() == [350, 63, 790, 896, 74, 200]


def test_every_number_is_drawn_as_often_as_another() -> None:
    counts = numpy.bincount(Stream("fair").below(7, 70_000), minlength=7)
    assert len(counts) == 7
    chi_square = float((((counts - 10_000) ** 2) / 10_000).sum())
    assert chi_square < 22.5  # 1 in 1,000 of fair ones would exceed it, with 6 degrees of freedom


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    merchants = some()
    assert a_category(SMALL, *merchants) == a_category(SMALL, *reversed(merchants))
    other = a_category(SMALL, *merchants, seed="spring")
    assert other != a_category(SMALL, *merchants)


def test_others_that_join_or_leave_change_nothing_about_a_merchants_interval() -> None:
    merchants = some(5)
    every = {one.score.merchant.key: one.score.interval for one in a_category(SMALL, *merchants).placed}
    fewer = {one.score.merchant.key: one.score.interval for one in a_category(SMALL, *merchants[:3]).placed}
    assert fewer == {key: every[key] for key in fewer}


@pytest.mark.slow
def test_another_process_on_other_threads_draws_the_same() -> None:
    """The library behind the matrix product adds in another order on one thread; integers come out the same."""
    program = (
        "from tests.barometer.test_stability import *\n"
        "print([(p.score.interval, p.stability) for p in a_category(SMALL, *some()).placed])"
    )
    heard = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads, "PYTHONHASHSEED": threads, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    here = f"{[(p.score.interval, p.stability) for p in a_category(SMALL, *some()).placed]}\n"
    assert heard == {here}


def test_what_never_varies_has_no_width_and_its_place_is_sure() -> None:
    steady = [an_observed(f"M{number}", quality=4 - number, tries=1) for number in range(3)]
    for one in a_category(SMALL, *steady).placed:
        assert one.score.interval == (one.score.score, one.score.score)
        assert one.stability == Decimal("1.000")


def test_a_half_is_rounded_in_the_draws_as_it_is_in_the_score() -> None:
    """4.9 of 8 is 12.25 out of 20 and prints 12.2, as a float that is a little off would not."""
    bands = (Band(Decimal(0), Decimal("4.9")), Band(None, Decimal("1.1")))
    criteria = [
        PHONE_DEPTH._replace(key=f"c{part}", maximum=Decimal(8), weight=Fraction(1, 3), bands=bands)
        for part in range(3)
    ]
    grid = a_grid(criteria, label=None, award=Award())
    observed = Observed(a_merchant(), nights({Channel.PHONE: shown(0)}))
    assert score(observed, grid).score == Decimal("12.2")
    assert set(resampled(observed, grid, "autumn", 10).tenths.tolist()) == {122}


def test_a_share_spreads_as_the_binomial_does() -> None:
    """Of 20 e-mails of one scenario 10 answered: the draws are binomial (20, 1/2), whose 2.5 and 97.5 % are 6 and 14."""
    placed = a_category(ONLY_DELAY, mailed("A", 10, 10), mailed("B", 20, 0), mailed("C", 0, 20), draws=4000).placed
    middle = next(one for one in placed if one.score.merchant.name == "A")
    assert middle.score.interval == (Decimal("6.0"), Decimal("14.0"))
    assert [one.stability for one in placed] == [1, 1, 1]


def test_attempts_of_one_scenario_resemble_each_other_so_fewer_scenarios_leave_more_doubt() -> None:
    """Ten scenarios all or nothing vary as ten attempts do, not as forty: sd 20 sqrt(1/4/10) = 3.2, not 1.6."""
    endings = [answered(60.0) if number // 4 % 2 else never() for number in range(40)]
    by_scenario = Observed(a_merchant("A"), (), attempts(Channel.EMAIL, *endings, each=4))
    mixed = Observed(a_merchant("A"), (), attempts(Channel.EMAIL, *endings, each=1))
    wide, narrow = (resampled(one, ONLY_DELAY, "autumn", 4000).tenths.std() / 10 for one in (by_scenario, mixed))
    assert wide == pytest.approx(20 * (0.25 / 10) ** 0.5, rel=0.05)
    assert narrow == pytest.approx(20 * (0.25 / 40) ** 0.5, rel=0.05)


def test_each_channel_keeps_its_own_scenarios() -> None:
    """Drawn together, two e-mails and two forms would at times leave only one kind; drawn apart they never do."""
    observed = Observed(
        a_merchant(),
        (),
        (*attempts(Channel.EMAIL, answered(1.0), answered(1.0)), *attempts(Channel.FORM, never(), never())),
    )
    assert set(resampled(observed, ONLY_DELAY, "autumn", 500).tenths.tolist()) == {100}


def test_nights_are_drawn_with_replacement_and_their_median_taken_again() -> None:
    """Two good of five: the median is good when at least three of five draws are: 0.317 by the binomial of 2/5."""
    seen = [shown(0), shown(0), shown(1), shown(1), shown(1)]
    observed = Observed(a_merchant(), nights(*({Channel.PHONE: one} for one in seen)))
    tenths = resampled(observed, ONLY_DEPTH, "autumn", 20_000).tenths
    good = sum(comb(5, k) * 0.4**k * 0.6 ** (5 - k) for k in (3, 4, 5))
    assert set(tenths.tolist()) == {140, 200}
    assert float((tenths == 200).mean()) == pytest.approx(good, abs=0.01)


def test_criteria_of_the_same_nights_share_the_draws() -> None:
    """Two criteria that say the same of the same nights vary as one: no draw holds a good night for one and not the other."""
    twice = [PHONE_DEPTH._replace(key=key, weight=Fraction(1, 2)) for key in ("a", "b")]
    seen = [shown(0), shown(1), shown(1)]
    observed = Observed(a_merchant(), nights(*({Channel.PHONE: one} for one in seen)))
    assert set(resampled(observed, a_grid(twice, label=None, award=Award()), "autumn", 500).tenths.tolist()) == {
        140,
        200,
    }


def test_what_a_draw_does_not_measure_is_weighed_anew_in_that_draw() -> None:
    """No call was made, and silence is assumed on nights without a number; where the median shows one, depth counts alone."""
    grid = a_grid(
        [PHONE_DEPTH._replace(weight=Fraction(1, 2)), PHONE_WAITING._replace(weight=Fraction(1, 2))],
        label=None,
        award=Award(),
    )
    seen = [hidden(), hidden(), shown(0)]
    nowhere = attempts(Channel.PHONE, Missing("blocked:no_address"))
    observed = Observed(a_merchant(), nights(*({Channel.PHONE: one} for one in seen)), nowhere)
    assert score(observed, grid).score == Decimal("0.0")
    assert set(resampled(observed, grid, "autumn", 500).tenths.tolist()) == {0, 200}


def test_a_draw_takes_its_median_over_nights_that_the_grid_leaves_out_too() -> None:
    """Two of five nights without a number: in 0.317 of the draws three or more are such, and nothing is measured."""
    grid = a_grid([PHONE_PRICE._replace(weight=Fraction(1))], label=None, award=Award())
    priced = shown(0, price_class=PriceClass.ORDINARY)
    seen = [hidden(), hidden(), priced, priced, priced]
    observed = Observed(a_merchant(), nights(*({Channel.PHONE: one} for one in seen)))
    tenths = resampled(observed, grid, "autumn", 20_000).tenths
    unmeasured = sum(comb(5, k) * 0.4**k * 0.6 ** (5 - k) for k in (3, 4, 5))
    assert set(tenths.tolist()) == {UNSCORED, 150}
    assert float((tenths == UNSCORED).mean()) == pytest.approx(unmeasured, abs=0.01)


ONLY_RATING = a_grid([EMAIL_PERSONALISATION._replace(weight=Fraction(1))], label=None, award=Award())


def rated(marks: list[int | Fraction | None], silent: int) -> Observed:
    endings = [*[answered(60.0)] * len(marks), *[never()] * silent]
    given = attempts(Channel.EMAIL, *endings, of="email.personalisation", marks=marks, each=100)
    return Observed(a_merchant(), (), given)


def test_the_draws_weigh_answers_that_nobody_rated_as_the_mark_does() -> None:
    """All rated answers got 2, so a draw is 20 times its share of answers: binomial (20, 1/2), however few were rated."""
    few = resampled(rated([2] * 5 + [None] * 5, 10), ONLY_RATING, "autumn", 4000).tenths
    every = resampled(rated([2] * 10, 10), ONLY_RATING, "autumn", 4000).tenths
    told = few >= 0
    assert float(told.mean()) == pytest.approx(1 - 0.75**20, abs=0.005)  # the rest drew answers, and no rated one
    assert set(few[told].tolist()) <= set(range(0, 201, 10))
    assert few[told].tolist() == every[told].tolist()


def test_a_draw_of_the_attempts_as_they_are_gives_the_mark() -> None:
    """The sums of all attempts once each, joined as a draw joins them, are the exact points."""
    given: list[int | Fraction | None] = [2, 1, Fraction(2, 3), None, None, None, None]
    criterion = EMAIL_PERSONALISATION._replace(nothing=Decimal("0.5"))
    attempts_counted = counting(criterion, rated(given, 3), 5)
    assert attempts_counted.points() == (Fraction(11, 9) * 7 + Fraction(1, 2) * 3) / 10
    sums = numpy.array([[11.0 / 3 * 3 * 2, 3.0, 3.0 * 3, 3.0, 4.0]])
    (joined,) = joined_draws(sums, 6.0, has_unrated=True).points()
    assert joined == pytest.approx(float(attempts_counted.points()), abs=1e-12)


def test_nothing_is_drawn_of_answers_that_nobody_rated() -> None:
    assert set(resampled(rated([None] * 5, 5), ONLY_RATING, "autumn", 100).tenths.tolist()) == {UNSCORED}


def test_open_attempts_are_not_drawn() -> None:
    observed = Observed(a_merchant(), (), attempts(Channel.EMAIL, answered(60.0), pending(60.0), pending(60.0)))
    assert set(resampled(observed, ONLY_DELAY, "autumn", 200).tenths.tolist()) == {200}


def test_two_that_are_alike_hold_their_place_in_some_draws_and_share_it_in_others() -> None:
    """Both binomial (20, 1/2): equal in 12.5 % of the draws, else one of the two is first."""
    alike = [mailed("A", 10, 10), mailed("B", 10, 10), mailed("C", 0, 20)]
    placed = a_category(ONLY_DELAY, *alike, draws=4000).placed
    assert [one.place for one in placed] == [1, 1, 3]
    equal = sum(comb(20, k) ** 2 for k in range(21)) / 4**20
    for one in placed[:2]:
        assert float(one.stability or 0) == pytest.approx(equal + (1 - equal) / 2, abs=0.03)
    assert placed[2].stability == 1


def test_places_in_the_draws_follow_the_tie_criteria_too() -> None:
    """Equal on the whole in every draw, and parted by the second criterion in every draw."""
    criteria = [
        PHONE_DEPTH._replace(key="a", weight=Fraction(1, 2)),
        PHONE_DEPTH._replace(key="b", channels=(Channel.EMAIL,), weight=Fraction(1, 2)),
    ]
    grid = a_grid(criteria, label=None, award=Award(tie_break=("b",)))
    first = Observed(a_merchant("A"), nights(*2 * [{Channel.PHONE: shown(1), Channel.EMAIL: shown(0)}]))
    second = Observed(a_merchant("B"), nights(*2 * [{Channel.PHONE: shown(0), Channel.EMAIL: shown(1)}]))
    third = Observed(a_merchant("C"), nights(*2 * [{Channel.PHONE: shown(2), Channel.EMAIL: shown(2)}]))
    found = [
        (one.score.merchant.name, one.place, one.stability) for one in a_category(grid, third, second, first).placed
    ]
    assert found == [("A", 1, 1), ("B", 2, 1), ("C", 3, 1)]


def test_where_nothing_could_have_varied_no_certainty_is_claimed() -> None:
    alone = [
        Observed(a_merchant(name), nights({Channel.PHONE: shown(depth), Channel.EMAIL: shown(depth)}))
        for depth, name in enumerate("ABC")
    ]
    for one in a_category(a_grid([PHONE_DEPTH], label=None), *alone).placed:
        assert (one.score.interval, one.stability) == (None, None)


def test_a_category_that_is_not_ranked_has_intervals_and_no_places() -> None:
    found = a_category(SMALL, *some(2), Observed(a_merchant("nothing known")))
    assert found.placed == ()
    assert [one.interval is not None for one in found.unplaced].count(True) == 2
    assert [one.interval for one in found.unplaced if one.score is None] == [None]


def test_nothing_to_draw_is_no_error() -> None:
    assert drawn(rank(CATEGORY, [], SMALL), {}, SMALL, "autumn") == rank(CATEGORY, [], SMALL)


@settings(deadline=None, max_examples=30)
@given(observations, st.integers(1, 40))
def test_an_interval_holds_scores_that_can_be_had(observed: Observed, draws: int) -> None:
    before = score(observed, SMALL)
    after = drawn(Ranking(CATEGORY, (), (before,)), {observed.merchant.id: observed}, SMALL, "autumn", draws)
    (found,) = after.unplaced
    assert found._replace(interval=None) == before
    if before.score is None or not could_vary(before):
        assert found.interval is None
        return
    low, high = found.interval or (Decimal(-1), Decimal(-1))
    assert 0 <= low <= high <= 20
    assert low.as_tuple().exponent == high.as_tuple().exponent == -1
