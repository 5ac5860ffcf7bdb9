"""What a reviewer is asked to look at, and what not."""

from decimal import Decimal
from fractions import Fraction

import pytest

from barometer.grids.grid import Grid
from barometer.marks.doubts import Doubt, DoubtKind, doubts_of
from barometer.observations import ChannelSeen, Observed
from barometer.ranking import Ranking, rank
from barometer.scoring import score
from storage.vocabulary import Channel, OutcomeKind, PriceClass, Searched
from tests.barometer.editions import (
    CATEGORY,
    EMAIL_PERSONALISATION,
    EMAIL_SHOWN,
    PHONE_DEPTH,
    PHONE_PRICE,
    a_grid,
    a_merchant,
    a_ranking,
    a_score,
    an_observed,
    answered,
    attempts,
    hidden,
    never,
    nights,
    pending,
    shown,
    unmeasured,
)

GRID = a_grid()
DEPTH_ALONE = a_grid([PHONE_DEPTH._replace(weight=Fraction(1))])


def doubted(observed: Observed, grid: Grid = GRID) -> list[Doubt]:
    ranking = rank(CATEGORY, [score(observed, grid)], grid)
    return doubts_of(ranking, {observed.merchant.id: observed}, grid)


def phones(*seen: ChannelSeen) -> Observed:
    return Observed(a_merchant(), nights(*({Channel.PHONE: one} for one in seen)))


def placed_doubts(ranking: Ranking, grid: Grid = GRID) -> list[Doubt]:
    everybody = [*(one.score for one in ranking.placed), *ranking.unplaced]
    return doubts_of(ranking, {one.merchant.id: Observed(one.merchant) for one in everybody}, grid)


def stable(ranking: Ranking, *stabilities: str) -> Ranking:
    pairs = zip(ranking.placed, stabilities, strict=True)
    return ranking._replace(placed=tuple(one._replace(stability=Decimal(share)) for one, share in pairs))


@pytest.mark.parametrize("quality", range(5))
def test_what_was_plainly_seen_every_night_is_not_doubted(quality: int) -> None:
    assert doubted(an_observed(quality=quality)) == []


def test_nights_that_say_different_things_are_doubted_once_a_channel_with_all_that_was_found() -> None:
    observed = phones(shown(0), shown(1), shown(1), shown(0), shown(1))
    (doubt,) = doubted(observed, DEPTH_ALONE)
    assert (doubt.kind, doubt.criterion, doubt.channel) == (DoubtKind.FLAPPING, "phone_depth", Channel.PHONE)
    assert (doubt.subject, doubt.subject_id) == ("depth", f"{observed.merchant.id}/phone")
    assert doubt.why == (
        "Phone: 0 clicks on 2 nights, 1 click on 3 nights over 5 nights, which earns from 7 to 10 of 10 points"
    )


def test_nights_that_differ_without_another_mark_are_not_doubted() -> None:
    assert doubted(phones(*[shown(3)] * 3, *[shown(5)] * 2), DEPTH_ALONE) == []


def test_what_weighs_nothing_is_not_doubted() -> None:
    weightless = a_grid([PHONE_DEPTH._replace(weight=Fraction(0))])
    assert doubted(phones(shown(0), shown(1), shown(2, confidence=0.1)), weightless) == []


def test_a_median_of_few_nights_is_doubted() -> None:
    (doubt,) = doubted(phones(shown(0), shown(0)), DEPTH_ALONE)
    assert doubt.kind is DoubtKind.FEW_NIGHTS
    assert doubt.why == "Phone: rests on 2 of the 5 nights that the grid asks for"
    assert doubted(phones(shown(0), shown(0), shown(0)), DEPTH_ALONE) == []
    one_night = a_grid([PHONE_DEPTH._replace(weight=Fraction(1))], nights=1)
    assert doubted(phones(shown(0)), one_night) == []
    ten_nights = a_grid([PHONE_DEPTH._replace(weight=Fraction(1))], nights=10)
    assert [one.kind for one in doubted(phones(*[shown(0)] * 4), ten_nights)] == [DoubtKind.FEW_NIGHTS]


def test_only_the_median_nights_sighting_has_to_be_sure() -> None:
    unsure = shown(1, confidence=0.69)
    (doubt,) = doubted(phones(unsure, unsure, unsure), DEPTH_ALONE)
    assert doubt.kind is DoubtKind.LOW_CONFIDENCE
    assert doubt.why == "Phone: the sighting behind it is sure to 69 % only (1 click, night of 2026-09-02)"
    assert doubted(phones(unsure, shown(1), shown(1)), DEPTH_ALONE) == []
    assert doubted(phones(*[shown(1, confidence=None)] * 3), DEPTH_ALONE) == []
    assert doubted(phones(*[shown(1, confidence=0.7)] * 3), DEPTH_ALONE) == []


def test_a_path_that_may_not_be_the_shortest_is_doubted_where_a_shorter_one_would_earn_more() -> None:
    (doubt,) = doubted(phones(*[ChannelSeen(OutcomeKind.AT_MOST, 2, 1)] * 3), DEPTH_ALONE)
    assert doubt.kind is DoubtKind.AT_MOST
    assert doubt.why == (
        "Phone: the path known takes 2 clicks, and one of 1 click was not ruled out (night of 2026-09-02)"
    )
    assert doubted(phones(*[ChannelSeen(OutcomeKind.AT_MOST, 5, 3)] * 3), DEPTH_ALONE) == []


def test_attempts_that_may_still_be_answered_are_doubted() -> None:
    good = an_observed(quality=3)
    waiting = good._replace(attempts=(*good.attempts, *attempts(Channel.FORM, pending(60), answered(60))))
    (doubt, personal, unrated) = doubted(waiting)
    assert (doubt.kind, doubt.subject) == (DoubtKind.OPEN_ATTEMPTS, "attempts")
    assert doubt.subject_id == f"{good.merchant.id}/email_delay"
    assert doubt.why == "E-mail: 1 attempt may still be answered, which would change the points"
    assert (personal.kind, personal.criterion) == (DoubtKind.OPEN_ATTEMPTS, "email_personalisation")
    assert (unrated.kind, unrated.criterion) == (DoubtKind.UNRATED, "email_personalisation")


@pytest.mark.parametrize("marks", [[], [2]])
def test_answers_that_nobody_rated_are_doubted_where_the_rating_weighs_something(marks: list[int]) -> None:
    grid = a_grid([EMAIL_PERSONALISATION._replace(weight=Fraction(1))])
    given = attempts(
        Channel.EMAIL, answered(60), answered(60), answered(60), never(), of="email.personalisation", marks=marks
    )
    observed = Observed(a_merchant(), (), given)
    (doubt,) = doubted(observed, grid)
    assert (doubt.kind, doubt.subject) == (DoubtKind.UNRATED, "attempts")
    assert doubt.subject_id == f"{observed.merchant.id}/email_personalisation"
    assert doubt.why == f"Personalisation: nobody rated {3 - len(marks)} answers"
    assert doubted(observed, a_grid([EMAIL_PERSONALISATION._replace(weight=Fraction(0))])) == []


def test_what_was_not_found_before_the_budget_ended_is_doubted() -> None:
    cut = hidden(Searched.BUDGET)
    (doubt,) = doubted(phones(cut, cut, cut), DEPTH_ALONE)
    assert (doubt.kind, doubt.channel, doubt.subject) == (DoubtKind.SEARCH_CUT, Channel.PHONE, "depth")
    assert doubt.why == "Phone: not shown, but the search for phone ended on its budget (night of 2026-09-02)"
    assert doubted(phones(*[hidden()] * 3), DEPTH_ALONE) == []
    assert doubted(phones(*[hidden(Searched.TEMPLATES)] * 3), DEPTH_ALONE) == []
    assert doubted(phones(*[cut._replace(overruled=True)] * 3), DEPTH_ALONE) == []


def test_each_channel_whose_search_was_cut_is_doubted_once() -> None:
    grid = a_grid([EMAIL_SHOWN._replace(key=key, weight=Fraction(1, 2)) for key in ("a", "b")])
    seen = {Channel.EMAIL: hidden(Searched.BUDGET), Channel.FORM: hidden(Searched.BUDGET)}
    found = doubted(Observed(a_merchant(), nights(*[seen] * 3)), grid)
    assert [(one.kind, one.channel) for one in found] == [
        (DoubtKind.SEARCH_CUT, Channel.EMAIL),
        (DoubtKind.SEARCH_CUT, Channel.FORM),
    ]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (unmeasured("robots"), "whether form is nearer was not measured"),
        (ChannelSeen(OutcomeKind.AT_MOST, 4, 1), "one of 1 click to form was not ruled out"),
        (ChannelSeen(OutcomeKind.AT_MOST, 4, 3), None),
        (unmeasured("robots")._replace(overruled=True), None),
        (hidden(), None),
        (shown(3), None),
    ],
)
def test_another_channel_that_could_be_nearer_is_doubted(other: ChannelSeen, why: str | None) -> None:
    both = a_grid([PHONE_DEPTH._replace(channels=(Channel.EMAIL, Channel.FORM), weight=Fraction(1))])
    observed = Observed(a_merchant(), nights(*[{Channel.EMAIL: shown(3), Channel.FORM: other}] * 3))
    found = [(one.kind, one.channel, one.why) for one in doubted(observed, both)]
    told = f"Phone: the path known takes 3 clicks, and {why} (night of 2026-09-02)"
    assert found == ([(DoubtKind.AT_MOST, Channel.FORM, told)] if why else [])
    nearest = Observed(a_merchant(), nights(*[{Channel.EMAIL: shown(0), Channel.FORM: other}] * 3))
    assert doubted(nearest, both) == []


def test_nights_of_which_the_grid_leaves_some_out_are_doubted() -> None:
    priced = a_grid([PHONE_PRICE._replace(weight=Fraction(1))])
    ordinary = shown(0, price_class=PriceClass.ORDINARY)
    (doubt,) = doubted(phones(ordinary, ordinary, hidden()), priced)
    assert doubt.kind is DoubtKind.FLAPPING
    assert doubt.why == (
        "Price of a call: ordinary call on 2 nights, not shown on 1 night over 3 nights, some of which the grid leaves out;"
        " the others earn from 3 to 3 of 4 points"
    )
    assert doubted(phones(*[hidden()] * 3), priced) == []


def test_a_place_on_the_podium_that_stands_in_too_few_draws_is_doubted() -> None:
    ranking = stable(a_ranking(), "0.95", "0.79", "0.8", "0.1")
    (doubt,) = placed_doubts(ranking)
    second = ranking.placed[1].score
    assert (doubt.kind, doubt.merchant_id, doubt.subject) == (DoubtKind.UNSTABLE_PLACE, second.merchant.id, "place")
    assert doubt.subject_id == f"{CATEGORY}/{second.merchant.id}"
    assert doubt.why == (
        "Place 2 in Décoration: it stands in 79 % of the draws, and the grid wants 80 %; 14.0 out of 20, between 14.0 and 14.0"
    )


def test_places_that_nobody_will_be_given_are_not_doubted() -> None:
    assert placed_doubts(stable(a_ranking(scores=[("A", "11"), ("B", "9"), ("C", "8")]), "0.1", "0.1", "0.1")) == []
    last = stable(a_ranking(scores=[("A", "18"), ("B", "16"), ("C", "14")]), "0.9", "0.9", "0.1")
    assert placed_doubts(last) == []


@pytest.mark.parametrize(
    ("value", "near"), [("12.2", False), ("12.1", True), ("12.0", True), ("11.9", True), ("11.8", False)]
)
def test_a_score_next_to_the_threshold_is_doubted_on_either_side(value: str, near: bool) -> None:
    ranking = a_ranking(scores=[("A", "15.0"), ("B", value), ("C", "3.0")])
    assert [one.kind for one in placed_doubts(ranking)] == [DoubtKind.NEAR_THRESHOLD] * near


def test_a_doubt_keeps_its_key_until_the_value_changes() -> None:
    before = doubted(phones(shown(0), shown(1), shown(1)), DEPTH_ALONE)[0]
    assert before == doubted(phones(shown(0), shown(1), shown(1)), DEPTH_ALONE)[0]
    after = doubted(phones(shown(0), shown(2), shown(2)), DEPTH_ALONE)[0]
    assert (before.kind, before.subject_id) == (after.kind, after.subject_id)
    assert before.key != after.key
    assert len(before.key) == 16


def test_every_doubt_of_a_category_has_a_key_of_its_own() -> None:
    seen = {channel: ChannelSeen(OutcomeKind.AT_MOST, 2, 0, confidence=0.2) for channel in Channel}
    merchants = [Observed(a_merchant(name), nights(seen, {**seen, Channel.PHONE: shown(0)})) for name in "ABC"]
    ranking = rank(CATEGORY, [score(one, GRID) for one in merchants], GRID)
    found = doubts_of(ranking, {one.merchant.id: one for one in merchants}, GRID)
    assert len(found) > 6
    assert len({one.key for one in found}) == len(found)


def test_a_hostile_category_stays_text() -> None:
    ranking = a_ranking("=cmd|' /C calc'!A0 {place}", [("A", "15.0"), ("B", "12.1"), ("C", "3.0")])
    (doubt,) = placed_doubts(ranking)
    assert "{place}: 12.1 out of 20" in doubt.why


def test_scores_without_nights_are_doubted_for_nothing() -> None:
    assert placed_doubts(rank(CATEGORY, [a_score("A", None)], GRID)) == []
