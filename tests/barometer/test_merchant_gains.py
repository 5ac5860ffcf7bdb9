"""What would earn more is read off the grid, and comes true when it is done."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest

from barometer import grids
from barometer.grids.grid import Criterion, Grid
from barometer.observations import Answered, ChannelSeen, Missing, Night, Observed, Tried
from barometer.reports.merchant_gains import Change, Gain, Step, gains_of
from barometer.reports.merchant_steps import told
from barometer.reports.merchant_words import merchant_words
from barometer.reports.wording import Language
from barometer.scoring import Score, score
from storage.vocabulary import Channel
from tests.barometer.editions import (
    EMAIL_DELAY,
    EMAIL_PERSONALISATION,
    EMAIL_SHOWN,
    PHONE_DEPTH,
    PHONE_PRICE,
    PHONE_WAITING,
    a_grid,
    a_merchant,
    a_score,
    an_observed,
    answered,
    attempts,
    hidden,
    never,
    nights,
    shown,
    unmeasured,
)

ENGLISH, FRENCH = merchant_words(Language.ENGLISH), merchant_words(Language.FRENCH)


def alone(criterion: Criterion, weight: str = "1/2") -> Grid:
    """Return a grid of *criterion* and of another that is not measured here."""
    return a_grid([criterion._replace(weight=Fraction(weight)), EMAIL_SHOWN._replace(weight=1 - Fraction(weight))])


def seen_at(clicks: int | None, **more: object) -> Observed:
    one = hidden() if clicks is None else shown(clicks, **more)
    return Observed(a_merchant(), nights(*[{Channel.PHONE: one}] * 3))


def tried(channel: Channel, *endings: object, **more: object) -> Observed:
    return Observed(a_merchant(), (), attempts(channel, *endings, **more))  # type: ignore[arg-type]


def gain_of(observed: Observed, criterion: Criterion, weight: str = "1/2") -> Gain:
    grid = alone(criterion, weight)
    return next(one for one in gains_of(score(observed, grid), grid) if one.criterion.key == criterion.key)


def in_words(gain: Gain) -> list[str]:
    return [f"{one.what}: {one.plus}".replace("\u00a0", " ") for one in told(gain, ENGLISH)]


def test_the_next_better_band_and_the_best_one_are_told_with_what_they_earn() -> None:
    gain = gain_of(seen_at(2), PHONE_DEPTH)
    # 4 of 10 points; the other criterion is not measured, so a point is worth 2 on /20.
    assert gain.whole == 12
    assert in_words(gain) == [
        "at 1 click instead of 2 clicks: + 6.0",
        "on the home page instead of at 2 clicks: + 12.0",
    ]


def test_what_is_not_shown_is_told_where_the_grid_begins_to_give_points() -> None:
    gain = gain_of(seen_at(None), PHONE_DEPTH)
    assert [(step.change, step.gain) for step in gain.steps] == [(Change.SHOWN, 2), (Change.SHOWN_AT, 20)]
    assert in_words(gain) == ["shown on the site: + 2.0", "shown on the home page: + 20.0"]


def test_a_cheaper_number_is_told_by_the_classes_that_earn_more() -> None:
    from storage.vocabulary import PriceClass

    gain = gain_of(seen_at(0, price_class=PriceClass.PREMIUM), PHONE_PRICE)
    assert in_words(gain)[0] == "price of an ordinary call, instead of premium-rate number: + 15.0"
    assert gain.steps[1].then == ("free", "banalised") and gain.steps[1].gain == 20


def test_silence_slowness_and_the_best_band_are_three_steps() -> None:
    observed = tried(Channel.PHONE, answered(12.0), answered(50.0), answered(55.0), never(300.0))
    gain = gain_of(observed, PHONE_WAITING)
    # 10, 7, 7 and 0 of 10 points over four calls: a point of one call is worth half a point on /20.
    assert in_words(gain) == [
        "1 call out of 4 that nobody answered: an answer, however late: + 0.5",
        "2 calls out of 4: the answer within 30 s instead of later: + 3.0",
        "every answer within 30 s: + 8.0",
    ]
    assert gain.whole == 8


def test_answers_that_people_marked_low_are_told_by_the_next_whole_mark() -> None:
    of = EMAIL_PERSONALISATION.of
    observed = tried(Channel.EMAIL, *[answered(60.0)] * 4, of=of, marks=[0, 0, 1, 2])
    gain = gain_of(observed, EMAIL_PERSONALISATION)
    assert in_words(gain) == [
        "2 tests out of 4 that were marked below 1: a mark of 1: + 5.0",
        "3 tests out of 4 that were marked below 2: a mark of 2: + 12.5",
    ]


def test_who_could_not_be_asked_is_told_to_become_reachable_and_no_sum_is_promised() -> None:
    nowhere = attempts(Channel.PHONE, Missing("blocked:no_address"))
    observed = Observed(a_merchant(), nights(*[{Channel.PHONE: hidden()}] * 3), nowhere)
    gain = gain_of(observed, PHONE_WAITING)
    assert [step.change for step in gain.steps] == [Change.REACHABLE]
    assert told(gain, ENGLISH)[0].plus.startswith("up to")


@pytest.mark.parametrize("then", [1, 0])
def test_a_step_that_is_taken_earns_what_was_said(then: int) -> None:
    grid = a_grid()
    before, after = an_observed(quality=2), an_observed(quality=2)
    nearer = tuple(
        Night(night.day, {**night.channels, Channel.PHONE: night.channels[Channel.PHONE]._replace(clicks=then)})
        for night in after.nights
    )
    gain = next(one for one in gains_of(score(before, grid), grid) if one.criterion.key == PHONE_DEPTH.key)
    step = next(one for one in gain.steps if one.then == then)
    assert exact(score(after._replace(nights=nearer), grid)) - exact(score(before, grid)) == step.gain


def test_every_answer_in_the_best_band_earns_what_was_said() -> None:
    grid = a_grid()
    before = an_observed(quality=1, tries=6)
    faster = tuple(
        one._replace(ending=Answered(600.0, 200.0)) if one.channel is Channel.EMAIL else one for one in before.attempts
    )
    gain = next(one for one in gains_of(score(before, grid), grid) if one.criterion.key == EMAIL_DELAY.key)
    whole = next(step for step in gain.steps if step.change is Change.ALL_WITHIN)
    assert whole.gain == gain.whole
    marks = (points(score(before, grid)), points(score(before._replace(attempts=faster), grid)))
    assert (marks[1] - marks[0]) * worth(EMAIL_DELAY) == whole.gain


@pytest.mark.parametrize("quality", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("name", ["open-to-dialog", "escda"])
def test_all_gains_together_are_what_the_score_misses(quality: int, name: str) -> None:
    grid = grids.load(name)
    found = score(an_observed(quality=quality), grid)
    if found.score is None:
        assert gains_of(found, grid) == []
        return
    gains = gains_of(found, grid)
    assert sum((gain.whole for gain in gains), Fraction(0)) == 20 - exact(found)
    assert [gain.whole for gain in gains] == sorted((gain.whole for gain in gains), reverse=True)
    assert all(0 < step.gain <= gain.whole for gain in gains for step in gain.steps)


def test_what_was_not_measured_and_what_weighs_nothing_is_no_weakness() -> None:
    grid = a_grid()
    night: Mapping[Channel, ChannelSeen] = {Channel.PHONE: unmeasured(), Channel.EMAIL: shown(0)}
    silent = attempts(Channel.FACEBOOK, never())
    found = score(Observed(a_merchant(), nights(night), silent), grid)
    assert {gain.criterion.key for gain in gains_of(found, grid)} == set()


def test_a_tally_that_does_not_give_the_points_leads_to_no_advice() -> None:
    made = a_score(score="10.0")
    marks = tuple(
        one._replace(tally={"up_to:3600": 5}) if one.criterion == EMAIL_DELAY.key else one for one in made.marks
    )
    gain = next(one for one in gains_of(made._replace(marks=marks), a_grid()) if one.criterion.key == EMAIL_DELAY.key)
    assert gain.steps == () and gain.whole == 2


@pytest.mark.parametrize("words", [ENGLISH, FRENCH])
@pytest.mark.parametrize("name", ["open-to-dialog", "escda"])
def test_every_step_of_the_built_in_grids_can_be_said(name: str, words: object) -> None:
    grid = grids.load(name)
    for quality in range(5):
        for gain in gains_of(score(an_observed(quality=quality, tries=7), grid), grid):
            for one in told(gain, words):  # type: ignore[arg-type]
                assert one.what and "{" not in one.what and "None" not in one.what


def exact(found: Score) -> Fraction:
    """Return a score before it is rounded."""
    measured = [mark for mark in found.marks if mark.points is not None]
    whole = sum((mark.weight for mark in measured), Fraction(0))
    earned = sum((mark.weight * (mark.points or 0) / Fraction(mark.maximum) for mark in measured), Fraction(0))
    return 20 * earned / whole


def points(found: Score) -> Fraction:
    return next(mark.points or Fraction(0) for mark in found.marks if mark.criterion == EMAIL_DELAY.key)


def worth(criterion: Criterion) -> Fraction:
    return 20 * criterion.weight / Fraction(criterion.maximum)


def test_a_span_is_told_in_the_unit_of_the_grid() -> None:
    spans = [
        ENGLISH.span(Decimal(one)).replace("\u00a0", " ") for one in (30, 60, 180, 3600, 86400, 259200, 1209600, 90)
    ]
    assert spans == ["30 s", "1 min", "3 min", "1 h", "24 h", "72 h", "14 d", "90 s"]


def test_a_step_has_no_more_attempts_than_there_are() -> None:
    step = Step(Change.FASTER, Fraction(1), None, Decimal(30), 2, 4)
    assert step.many <= step.total
    assert isinstance(Tried("a", Channel.PHONE, "s", answered(1.0)), Tried)
