"""Marks and scores by hand, for the grids that come with the tool and for a small one, and what must hold of any."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barometer import grids
from barometer.grids.grid import Award, Band, Grid
from barometer.observations import Answered, ChannelSeen, Missing, Nothing, Observed, Seen, Tried
from barometer.scoring import CriterionMark, mark, score
from storage.vocabulary import Channel, OutcomeKind, PriceClass
from tests.barometer.editions import (
    EMAIL_DELAY,
    EMAIL_PERSONALISATION,
    EMAIL_SHOWN,
    HOUR,
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
    unmeasured,
)

PHONE, EMAIL, FORM = Channel.PHONE, Channel.EMAIL, Channel.FORM
ORDINARY, PREMIUM = shown(0, price_class=PriceClass.ORDINARY), shown(0, price_class=PriceClass.PREMIUM)
OPEN_TO_DIALOG, ESCDA = grids.load("open-to-dialog"), grids.load("escda")


def phones(*seen: ChannelSeen, tries: tuple[Tried, ...] = ()) -> Observed:
    return Observed(a_merchant(), nights(*({PHONE: one} for one in seen)), tries)


def tried(*each: tuple[Tried, ...]) -> Observed:
    return Observed(a_merchant(), (), tuple(one for group in each for one in group))


def depth(*seen: ChannelSeen, limit: int = 5) -> CriterionMark:
    return mark(PHONE_DEPTH, phones(*seen), limit)


# The grids that come with the tool


def test_open_to_dialog_by_hand() -> None:
    """12 x .8 + 8 + 5 + 15 x .8 + 10 for display, 15 x 5/10 + 10 x 7.5/10 + 25 x 5/10 for reactivity: 72.1 of 100, 14.42."""
    seen = {
        EMAIL: shown(2),
        FORM: shown(1),
        Channel.CONTACT_PAGE: shown(1),
        Channel.FACEBOOK: hidden(),
        Channel.X: hidden(),
    }
    clicks = (1, 0, 1, 0, 1)
    observed = Observed(
        a_merchant(),
        nights(*({**seen, PHONE: shown(one, price_class=PriceClass.ORDINARY)} for one in clicks)),
        (
            *attempts(PHONE, answered(20), answered(45), answered(100), never(200)),
            *attempts(EMAIL, answered(0.5 * HOUR), answered(20 * HOUR), answered(60 * HOUR), never()),
        ),
    )
    found = score(observed, OPEN_TO_DIALOG)
    points = {one.criterion: one.points for one in found.marks if one.weight}
    assert points == {
        "phone.depth": 8,
        "phone.visible": 10,
        "phone.price": 10,
        "email.depth": 8,
        "contact.depth": 10,
        "phone.wait": 5,
        "phone.reached": Fraction(15, 2),
        "email.delay": 5,
    }
    assert found.score == Decimal("14.4")
    assert (found.coverage, found.ineligible, found.labelled, found.unmet) == (1, (), True, ())


def test_open_to_dialog_without_calls_still_ranks_but_labels_nobody() -> None:
    """Calls weigh 25 of 100: (9.6 + 8 + 5 + 15 + 10 + 25) of 75, 19.36."""
    seen = {channel: shown(1) for channel in (PHONE, Channel.CONTACT_PAGE)} | {EMAIL: shown(0), FORM: hidden()}
    seen[PHONE] = shown(1, price_class=PriceClass.FREE)
    observed = Observed(a_merchant(), nights(*[seen] * 7), attempts(EMAIL, answered(600), answered(900)))
    found = score(observed, OPEN_TO_DIALOG)
    assert (found.score, found.coverage, found.ineligible) == (Decimal("19.4"), Fraction(3, 4), ())
    assert (found.labelled, found.unmet) == (False, ("phone.within_minute",))


def test_open_to_dialog_for_a_merchant_that_shows_nothing() -> None:
    """All but the price of no number: zero, which is measured; a label is earned by answers, so none is assumed there."""
    nowhere = [attempts(channel, Missing("blocked:no_address")) for channel in (PHONE, EMAIL)]
    observed = tried(*nowhere)._replace(nights=nights(*[dict.fromkeys(Channel, hidden())] * 3))
    found = score(observed, OPEN_TO_DIALOG)
    assert (found.score, found.coverage, found.ineligible) == (Decimal("0.0"), Fraction(95, 100), ())
    assert found.labelled is False
    wait = next(one for one in found.marks if one.criterion == "phone.wait")
    assert (wait.points, wait.tally, wait.units) == (0, {"unshown": 1}, 0)
    assert next(one for one in found.marks if one.criterion == "phone.within_minute").points is None


def rated(channel: Channel, ending: Answered, **marks: int) -> Tried:
    ratings = {key.replace("_", ".", 1): Fraction(value) for key, value in marks.items()}
    return Tried(f"{channel}-{ending.seconds}", channel, "a scenario", ending, ratings)


def escda_calls() -> tuple[Tried, ...]:
    words = ("courtesy", "answer", "welcome", "reformulation", "closing", "empathy", "personalisation")
    return (
        rated(PHONE, answered(20), **{f"phone_{word}": 2 for word in words}),
        rated(PHONE, answered(45), **{f"phone_{word}": 1 for word in words}),
    )


def test_escda_by_hand() -> None:
    """Phone 50 x 3/4; e-mail 28 x 6/14, silence counting as 0 throughout; web 10 x 10/13: 57.19 of 88, 12.998."""
    observed = tried(
        escda_calls(),
        (rated(EMAIL, answered(20 * HOUR), email_technical=2, email_personalisation=1, email_writing=2),),
        (Tried("silent", FORM, "a scenario", never()),),
        (rated(Channel.CONTACT_PAGE, answered(60), web_legibility=2, web_search=1, web_identification=2),),
    )
    found = score(observed, ESCDA)
    points = {one.criterion: one.points for one in found.marks if one.points is not None}
    assert (points["phone.wait"], points["phone.closing"]) == (Fraction(3, 2), Fraction(3, 2))
    assert (points["email.delay"], points["email.personalisation"], points["email.writing"]) == (1, Fraction(1, 2), 1)
    assert (points["web.search"], points["web.identification"]) == (1, 2)
    assert (found.score, found.coverage, found.ineligible) == (Decimal("13.0"), Fraction(88, 100), ())
    assert found.labelled is None


def test_escda_wants_two_channels_and_an_email_and_a_form_are_one() -> None:
    only_phone = score(tried(escda_calls()), ESCDA)
    assert (only_phone.coverage, only_phone.ineligible) == (Fraction(1, 2), ("channels",))
    writing = score(tried(attempts(EMAIL, answered(60)), attempts(FORM, answered(60))), ESCDA)
    assert writing.ineligible == ("coverage", "channels")


def test_criteria_that_share_a_channel_are_about_one_channel() -> None:
    narrow = EMAIL_SHOWN._replace(key="narrow", channels=(EMAIL,), weight=Fraction(1, 2))
    wide = EMAIL_SHOWN._replace(key="wide", channels=(EMAIL, PHONE), weight=Fraction(1, 2))
    other = EMAIL_SHOWN._replace(key="other", channels=(PHONE,), weight=Fraction(1, 2))
    observed = Observed(a_merchant(), nights({EMAIL: shown(0), PHONE: shown(0)}))
    assert score(observed, a_grid([narrow, wide], channels_at_least=2)).ineligible == ("channels",)
    assert score(observed, a_grid([narrow, other], channels_at_least=2)).ineligible == ()


# Nights


def test_the_median_of_an_odd_number_of_nights_is_the_middle_one() -> None:
    found = depth(shown(3), shown(0), shown(1), shown(1), shown(2))
    assert (found.points, found.found, found.units) == (7, Seen(Decimal(1)), 5)
    assert found.spread == (Seen(Decimal(0)), Seen(Decimal(3)))
    assert found.tally == {"up_to:0": 1, "up_to:1": 2, "up_to:2": 1, "beyond": 1}


def test_of_two_middle_nights_the_better_one_counts_and_is_the_evidence() -> None:
    found = depth(shown(2), shown(0), shown(1), hidden())
    assert (found.points, found.found) == (7, Seen(Decimal(1)))
    assert found.evidence == ("visit:20260903", "sighting:20260903-phone")
    assert found.spread == (Seen(Decimal(0)), Nothing())


def test_only_the_last_nights_count() -> None:
    assert depth(shown(0), shown(0), shown(0), shown(2), shown(2), shown(2), limit=3).points == 4


def test_a_night_that_was_not_measured_is_skipped_for_one_further_back_and_said() -> None:
    found = depth(shown(0), shown(1), unmeasured("bot_wall"), shown(1), unmeasured("bot_wall"), limit=3)
    assert (found.units, found.points, found.left_out) == (3, 7, {"bot_wall": 2})


def test_what_was_never_measured_is_no_zero() -> None:
    found = depth(unmeasured("bot_wall"), unmeasured("timeout"), unmeasured("timeout"))
    assert (found.points, found.reason, found.left_out) == (None, "timeout", {"timeout": 2, "bot_wall": 1})
    assert depth().reason == "no_visit"
    assert mark(EMAIL_SHOWN, phones(shown(0)), 5).reason == "not_looked_for"


def test_what_is_not_shown_is_a_zero() -> None:
    found = depth(hidden(), hidden(), shown(0))
    assert (found.points, found.found, found.tally) == (0, Nothing(), {"up_to:0": 1, "nothing": 2})
    assert found.evidence == ("visit:20260902",)


def test_a_path_that_may_not_be_the_shortest_counts_with_its_clicks() -> None:
    assert depth(ChannelSeen(OutcomeKind.AT_MOST, 2, 0)).points == 4


@pytest.mark.parametrize(
    ("email", "form", "points"),
    [
        (hidden(), shown(1), 2),
        (unmeasured(), shown(1), 2),
        (hidden(), hidden(), 0),
        (hidden(), unmeasured(), None),
        (unmeasured(), unmeasured(), None),
    ],
)
def test_one_channel_of_several_is_enough_and_none_only_where_all_were_looked_for(
    email: ChannelSeen, form: ChannelSeen, points: int | None
) -> None:
    observed = Observed(a_merchant(), nights({EMAIL: email, FORM: form}))
    assert mark(EMAIL_SHOWN, observed, 5).points == points


def test_the_nearest_of_several_channels_counts_night_by_night() -> None:
    both = PHONE_DEPTH._replace(channels=(EMAIL, FORM))
    observed = Observed(a_merchant(), nights({EMAIL: shown(2), FORM: shown(1)}, {EMAIL: shown(0), FORM: shown(1)}))
    found = mark(both, observed, 5)
    assert (found.points, found.spread) == (10, (Seen(Decimal(0)), Seen(Decimal(1))))
    assert found.evidence == ("visit:20260902", "sighting:20260902-email")


def test_visibility_that_no_browser_looked_at_is_not_measured_that_night() -> None:
    visible = next(one for one in OPEN_TO_DIALOG.criteria if one.key == "phone.visible")
    found = mark(visible, phones(shown(0), shown(0, clearly_visible=None)), 5)
    assert (found.points, found.left_out) == (10, {"needs_browser": 1})
    assert mark(visible, phones(shown(0, clearly_visible=False)), 5).points == 0


def test_what_the_grid_leaves_out_earns_nothing_and_costs_nothing() -> None:
    """A number without a price class is not told; a short one the grid leaves out; no phone has no price."""
    priced = [*[PREMIUM] * 2, shown(0, price_class=PriceClass.UNKNOWN_SHORT), hidden()]
    found = mark(PHONE_PRICE, phones(*priced, shown(0)), 5)
    assert (found.points, found.units, found.left_out) == (0, 2, {"left_out": 2, "not_told": 1})
    alone = mark(PHONE_PRICE, phones(hidden(), hidden()), 5)
    assert (alone.points, alone.reason) == (None, "left_out")


@pytest.mark.parametrize(
    ("seen", "points"),
    [
        ([hidden()] * 6 + [ORDINARY], None),
        ([hidden()] * 3 + [ORDINARY] * 4, 3),
        ([hidden()] * 2 + [ORDINARY] * 2, 3),
        ([hidden()] * 3 + [ORDINARY] * 2, None),
        ([hidden()] * 2 + [PREMIUM] * 3, 0),
        ([shown(0, price_class=PriceClass.UNKNOWN_SHORT)] * 3 + [ORDINARY] * 2, None),
    ],
    ids=["once of seven", "four of seven", "two of four", "two of five", "premium", "short"],
)
def test_the_median_is_taken_over_all_nights_measured_those_that_the_grid_leaves_out_too(
    seen: list[ChannelSeen], points: int | None
) -> None:
    found = mark(PHONE_PRICE, phones(*seen), 7)
    assert (found.points, found.reason) == (points, "left_out" if points is None else None)


def test_a_night_without_a_number_is_worse_than_any_with_one() -> None:
    """No number earns nothing here, a short one is left out: the order is a price, the short one, none."""
    priced = PHONE_PRICE._replace(nothing=Decimal(0))
    short = shown(0, price_class=PriceClass.UNKNOWN_SHORT)
    assert mark(priced, phones(hidden(), short, PREMIUM), 5).reason == "left_out"
    assert mark(priced, phones(hidden(), hidden(), short), 5).points == 0
    assert mark(priced, phones(ORDINARY, ORDINARY, hidden()), 5).spread == (Seen("ordinary"), Nothing())


# Attempts


def test_attempts_are_averaged_and_silence_counts() -> None:
    found = mark(EMAIL_DELAY, tried(attempts(EMAIL, answered(60), never()), attempts(FORM, answered(HOUR * 30))), 5)
    assert (found.points, found.units) == (4, 3)
    assert found.tally == {"beyond": 1, "nothing": 1, "up_to:3600": 1}
    assert found.evidence == ("attempt:email-000", "attempt:email-001", "attempt:form-000")


@pytest.mark.parametrize(("seconds", "points"), [(3600, 10), (3600.001, 6), (86400, 6), (86401, 2), (0, 10)])
def test_a_band_holds_its_upper_end(seconds: float, points: int) -> None:
    assert mark(EMAIL_DELAY, tried(attempts(EMAIL, answered(seconds))), 5).points == points


def test_business_time_is_another_clock() -> None:
    business = EMAIL_DELAY._replace(measure=next(m for m in type(EMAIL_DELAY.measure) if m == "business_delay"))
    assert mark(business, tried(attempts(EMAIL, answered(3 * HOUR))), 5).points == 10
    assert mark(EMAIL_DELAY, tried(attempts(EMAIL, answered(3 * HOUR))), 5).points == 6


def test_what_we_could_not_do_is_left_out_by_reason() -> None:
    found = mark(EMAIL_DELAY, tried(attempts(EMAIL, answered(60), Missing("not_sent"), Missing("blocked:captcha"))), 5)
    assert (found.points, found.units) == (10, 1)
    assert found.left_out == {"not_sent": 1, "blocked:captcha": 1}
    assert mark(EMAIL_DELAY, tried(), 5).reason == "no_attempt"


def test_an_open_attempt_is_no_silence_until_nothing_better_can_come() -> None:
    found = mark(EMAIL_DELAY, tried(attempts(EMAIL, answered(60), pending(100 * HOUR))), 5)
    assert (found.points, found.open, found.units) == (10, 1, 1)
    flat = EMAIL_DELAY._replace(bands=(Band(Decimal(3600), Decimal(10)), Band(None, Decimal(0))))
    decided = mark(flat, tried(attempts(EMAIL, answered(60), pending(3601), pending(3600))), 5)
    assert (decided.points, decided.open, decided.tally) == (5, 1, {"nothing": 1, "up_to:3600": 1})
    waiting = mark(flat, tried(attempts(EMAIL, pending(5))), 5)
    assert (waiting.points, waiting.reason, waiting.open) == (None, "pending", 1)


def test_marks_that_people_gave_are_scaled_and_stand_for_the_answers_that_nobody_rated() -> None:
    """Three answers of four at the mean of the two rated, 5 of 6 points, and one silence."""
    personal = "email.personalisation"
    given = attempts(EMAIL, answered(60), answered(60), answered(60), never(), of=personal, marks=[2, Fraction(4, 3)])
    found = mark(EMAIL_PERSONALISATION._replace(maximum=Decimal(6)), tried(given), 5)
    assert found.points == Fraction(3, 4) * 5
    assert found.tally == {"mark:1.33": 1, "mark:2": 1, "nothing": 1}
    assert found.left_out == {"not_rated": 1}
    assert len(found.evidence) == 4


@pytest.mark.parametrize("silent", [0, 1, 30])
def test_answers_that_nobody_rated_are_not_measured_however_many_stayed_silent(silent: int) -> None:
    found = mark(EMAIL_PERSONALISATION, tried(attempts(EMAIL, *[answered(60)] * 20, *[never()] * silent)), 5)
    assert (found.points, found.reason, found.units) == (None, "not_rated", 0)
    assert found.left_out == {"not_rated": 20, **({"unanswered": silent} if silent else {})}


def test_silence_alone_earns_what_silence_is_worth() -> None:
    found = mark(EMAIL_PERSONALISATION, tried(attempts(EMAIL, *[never()] * 3, Missing("not_sent"))), 5)
    assert (found.points, found.reason, found.tally) == (0, None, {"nothing": 3})


def test_how_many_answers_were_rated_does_not_change_what_silence_costs() -> None:
    """40 answers, all rated 2 or five of them, and 10 silences: four fifths of the points."""
    personal, endings = "email.personalisation", [*[answered(60)] * 40, *[never()] * 10]
    for rated_answers in (40, 5, 1):
        given = attempts(EMAIL, *endings, of=personal, marks=[2] * rated_answers)
        assert mark(EMAIL_PERSONALISATION, tried(given), 5).points == Fraction(8, 5)
    half = EMAIL_PERSONALISATION._replace(nothing=Decimal("0.5"))
    assert mark(half, tried(attempts(EMAIL, *endings, of=personal, marks=[1])), 5).points == Fraction(9, 10)
    left_out = EMAIL_PERSONALISATION._replace(nothing=None)
    assert mark(left_out, tried(attempts(EMAIL, *endings, of=personal, marks=[1, 2])), 5).points == Fraction(3, 2)


def test_an_edition_in_which_nobody_rated_scores_the_same_with_a_silence_and_without() -> None:
    """Under a grid of ratings and delays, one silence among 140 calls must not turn the ratings into zeros."""
    quick = attempts(PHONE, *[answered(10)] * 139)
    before, after = score(tried(quick), ESCDA), score(tried(attempts(PHONE, *[answered(10)] * 139, never(200))), ESCDA)
    assert before.coverage == after.coverage
    assert {one.criterion for one in after.marks if one.points is not None} == {"phone.wait"}


def test_a_mark_counts_even_where_nobody_answered_as_navigating_needs_no_answer() -> None:
    rating = EMAIL_PERSONALISATION._replace(channels=(Channel.CONTACT_PAGE,), of="web.search")
    given = attempts(Channel.CONTACT_PAGE, never(), Missing("not_ended"), of="web.search", marks=[2, 1])
    assert mark(rating, tried(given), 5).points == Fraction(3, 2)


@pytest.mark.parametrize(
    ("seen", "tries", "points"),
    [
        ([hidden(), hidden(), shown(0)], attempts(PHONE, *[Missing("blocked:no_address")] * 2), 0),
        ([hidden(), hidden(), hidden()], (), None),
        ([hidden(), hidden()], attempts(EMAIL, Missing("blocked:no_address")), None),
        ([hidden(), hidden()], attempts(PHONE, Missing("blocked:no_address")), 0),
        ([hidden(), hidden()], attempts(PHONE, Missing("not_sent")), None),
        ([hidden(), hidden()], attempts(PHONE, answered(10)), 10),
        ([shown(0), shown(0), hidden()], (), None),
        ([unmeasured()], (), None),
        ([], (), None),
    ],
    ids=[
        "not shown",
        "nobody tried",
        "tried elsewhere",
        "no address",
        "our failure",
        "reached all the same",
        "shown, not called",
        "not seen",
        "no visit",
    ],
)
def test_silence_is_assumed_only_of_who_shows_no_way_to_ask(
    seen: list[ChannelSeen], tries: tuple[Tried, ...], points: int | None
) -> None:
    with_it = mark(PHONE_WAITING, phones(*seen, tries=tries), 5)
    assert with_it.points == points
    without = mark(PHONE_WAITING._replace(unshown_is_nothing=False), phones(*seen, tries=tries), 5)
    assert without.points == (None if points == 0 else points)
    if not tries:
        assert with_it.reason == "no_attempt"


# The whole


def test_the_score_is_exact_until_it_is_rounded_once_half_to_even() -> None:
    """One criterion out of 8: 4.9 of 8 is 12.25, which is 12.2; 4.94 of 8 is 12.35, which is 12.4."""
    for points, expected in (("4.9", "12.2"), ("4.94", "12.4"), ("4.9000001", "12.3")):
        bands = (Band(Decimal(0), Decimal(points)), Band(None, Decimal(0)))
        only = PHONE_DEPTH._replace(maximum=Decimal(8), weight=Fraction(1), bands=bands)
        assert score(phones(shown(0)), a_grid([only])).score == Decimal(expected)


def test_what_was_not_measured_is_weighed_anew_until_too_little_is_left() -> None:
    observed = an_observed(quality=3)
    without = observed._replace(attempts=tuple(one for one in observed.attempts if one.channel is not PHONE))
    found = score(without, a_grid())
    assert (found.coverage, found.ineligible) == (Fraction(4, 5), ())
    assert found.score == Decimal("16.4")  # 20 x (.14 + .075 + .2 + .14 + .1) / .8 = 16.375
    assert score(without, a_grid(minimum_coverage="0.81")).ineligible == ("coverage",)
    assert score(without, a_grid(minimum_coverage="0.8")).ineligible == ()


def test_of_whom_nothing_is_known_there_is_no_score() -> None:
    found = score(Observed(a_merchant()), a_grid())
    assert (found.score, found.coverage, found.ineligible, found.labelled) == (None, 0, ("nothing_measured",), False)


def test_what_weighs_nothing_is_marked_and_changes_no_score() -> None:
    observed = an_observed(quality=2)
    silent = observed._replace(attempts=(*observed.attempts, *attempts(Channel.FACEBOOK, never())))
    before, after = score(observed, a_grid()), score(silent, a_grid())
    assert after.marks[-1].points == 0
    assert (after.score, after.coverage) == (before.score, before.coverage)


def test_a_label_needs_every_condition_and_what_was_not_measured_is_not_met() -> None:
    good = an_observed(quality=3)
    assert score(good, a_grid()).labelled is True
    uncalled = good._replace(attempts=tuple(one for one in good.attempts if one.channel is not PHONE))
    found = score(uncalled, a_grid())
    assert (found.labelled, found.unmet) == (False, ("phone_waiting",))
    assert score(good, a_grid(label=None)).labelled is None


seen_somehow = st.one_of(
    st.builds(hidden),
    st.builds(unmeasured, st.sampled_from(["timeout", "bot_wall"])),
    st.builds(
        lambda clicks, price, visible: shown(clicks, price_class=price, clearly_visible=visible),
        st.integers(0, 6),
        st.sampled_from([None, *PriceClass]),
        st.sampled_from([True, False, None]),
    ),
)
endings = st.one_of(
    st.integers(0, 200_000).map(float).map(answered),
    st.integers(0, 200_000).map(float).map(never),
    st.integers(0, 200_000).map(float).map(pending),
    st.sampled_from(["not_sent", "blocked:captcha", "blocked:no_address"]).map(Missing),
)
marks_given = st.sampled_from([None, 0, 1, 2, Fraction(1, 2), Fraction(5, 3)])
observations = st.builds(
    lambda seen, calls, mails, marks: Observed(
        a_merchant(),
        nights(*({PHONE: a, EMAIL: b, FORM: c} for a, b, c in seen)),
        (
            *attempts(EMAIL, *mails, of="email.personalisation", marks=marks),
            *attempts(PHONE, *calls),
        ),
    ),
    st.lists(st.tuples(seen_somehow, seen_somehow, seen_somehow), max_size=8),
    st.lists(endings, max_size=6),
    st.lists(endings, max_size=6),
    st.lists(marks_given, max_size=6),
)
GRID = a_grid()


@settings(deadline=None, max_examples=60)
@given(observations)
def test_a_score_is_of_what_was_measured_and_of_nothing_else(observed: Observed) -> None:
    found = score(observed, GRID)
    assert found == score(observed, GRID)
    measured = [one for one in found.marks if one.points is not None]
    assert all(0 <= one.points <= one.maximum for one in measured if one.points is not None)
    assert all((one.points is None) == (one.reason is not None) for one in found.marks)
    assert all(sum(one.tally.values()) == one.units or "unshown" in one.tally for one in found.marks)
    assert found.coverage == sum((one.weight for one in measured), Fraction(0))
    if found.score is None:
        assert not [one for one in measured if one.weight]
    else:
        shares = [one.points / Fraction(one.maximum) for one in measured if one.weight and one.points is not None]
        assert 20 * float(min(shares)) - 0.05001 <= float(found.score) <= 20 * float(max(shares)) + 0.05001


@settings(deadline=None, max_examples=60)
@given(observations, st.randoms(use_true_random=False))
def test_the_order_of_attempts_and_of_channels_changes_no_points(observed: Observed, chance: object) -> None:
    mixed = list(observed.attempts)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    turned = tuple(night._replace(channels=dict(reversed(night.channels.items()))) for night in observed.nights)
    again = score(Observed(observed.merchant, turned, tuple(mixed)), GRID)
    found = score(observed, GRID)
    assert [one.points for one in again.marks] == [one.points for one in found.marks]
    assert [one.tally for one in again.marks] == [one.tally for one in found.marks]
    assert again.score == found.score


@settings(deadline=None, max_examples=40)
@given(observations)
def test_one_more_silence_never_lifts_a_score(observed: Observed) -> None:
    before = mark(EMAIL_DELAY, observed, 5)
    silent = observed._replace(attempts=(*observed.attempts, *attempts(Channel.FORM, never())))
    after = mark(EMAIL_DELAY, silent, 5)
    assert after.points is not None
    assert before.points is None or after.points <= before.points


def test_a_grid_of_nothing_that_weighs_gives_no_score() -> None:
    weightless: Grid = a_grid([PHONE_DEPTH._replace(weight=Fraction(0))], award=Award())
    found = score(phones(shown(0)), weightless)
    assert (found.score, found.coverage, found.ineligible) == (None, 0, ("nothing_measured",))
