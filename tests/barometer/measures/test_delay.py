"""From one attempt and what came back to its outcome."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barometer.measures.delay import (
    Answered,
    Blocked,
    Bounced,
    Expired,
    Gap,
    NotMeasured,
    Pending,
    Span,
    measure,
    measure_all,
)
from schedules.calendars import OFFICE
from storage.vocabulary import AttemptState, ReplyKind
from tests.barometer.measures.attempts import LATER, T0, at, attempt, measured, reply

HOUR = 3600.0
WINDOW = Span(14 * 24 * HOUR, 10 * 9 * HOUR)
"""Two weeks without a public holiday: ten working days."""


def test_the_delay_runs_to_the_first_human_reply_by_the_clock_and_in_business_time() -> None:
    """From Wednesday 10:00 to Thursday 11:00: eight hours on the first day, two on the second."""
    found = measured(reply(30), reply(25), reply(26, ReplyKind.ACKNOWLEDGEMENT))
    assert found.outcome == Answered(Span(25 * HOUR, 10 * HOUR))
    assert found.over is True


def test_the_acknowledgement_has_a_delay_of_its_own_and_is_no_answer() -> None:
    found = measured(reply(0.5, ReplyKind.ACKNOWLEDGEMENT), reply(0.1, ReplyKind.ACKNOWLEDGEMENT), reply(2))
    assert found.acknowledged == Span(360, 360)
    assert found.outcome == Answered(Span(2 * HOUR, 2 * HOUR))
    only = measured(
        reply(0.1, ReplyKind.ACKNOWLEDGEMENT), reply(1, ReplyKind.OUT_OF_OFFICE), reply(2, ReplyKind.OTHER_AUTOMATIC)
    )
    assert only.outcome == Expired(WINDOW)


def test_silence_is_pending_within_the_window_and_expired_after_it() -> None:
    assert measured(now=at(24)).outcome == Pending(Span(24 * HOUR, 9 * HOUR))
    assert measured(now=at(24)).over is False
    assert measured(now=at(14 * 24)).outcome == Expired(WINDOW)
    assert measured(now=at(14 * 24)).over is True


def test_an_answer_at_the_last_moment_counts_and_one_after_it_is_late() -> None:
    assert isinstance(measured(reply(14 * 24)).outcome, Answered)
    assert measured(reply(14 * 24 + 0.001)).outcome == Expired(WINDOW, late=True)


def test_replies_that_came_after_the_look_are_not_known_yet() -> None:
    assert isinstance(measured(reply(48), now=at(24)).outcome, Pending)
    assert isinstance(measured(reply(48), now=at(24), state=AttemptState.ANSWERED).outcome, Pending)
    bounced = measured(reply(48, ReplyKind.BOUNCE), now=at(24), state=AttemptState.BOUNCED)
    assert isinstance(bounced.outcome, Pending)


def test_a_bounce_tells_whether_the_merchant_published_the_address() -> None:
    assert measured(reply(0.1, ReplyKind.BOUNCE)).outcome == Bounced(WINDOW, published=True)
    assert measured(reply(0.1, ReplyKind.BOUNCE), published=False).outcome == Bounced(WINDOW, published=False)
    assert measured(state=AttemptState.BOUNCED).outcome == Bounced(WINDOW, published=True)


def test_a_person_s_answer_outweighs_a_bounce() -> None:
    assert isinstance(measured(reply(0.1, ReplyKind.BOUNCE), reply(5)).outcome, Answered)


def test_a_reviewer_s_kind_replaces_the_rule_s() -> None:
    no_answer = reply(1, ReplyKind.HUMAN, ReplyKind.ACKNOWLEDGEMENT)
    found = measured(no_answer, reply(5), state=AttemptState.ANSWERED)
    assert found.outcome == Answered(Span(5 * HOUR, 5 * HOUR))
    assert found.acknowledged == Span(HOUR, HOUR)
    assert measured(no_answer, state=AttemptState.ANSWERED).outcome == Expired(WINDOW)
    answer = reply(1, ReplyKind.ACKNOWLEDGEMENT, ReplyKind.HUMAN)
    assert measured(answer).outcome == Answered(Span(HOUR, HOUR))
    assert measured(answer).acknowledged is None
    no_bounce = reply(1, ReplyKind.BOUNCE, ReplyKind.OTHER_AUTOMATIC)
    assert measured(no_bounce, state=AttemptState.BOUNCED).outcome == Expired(WINDOW)


def test_a_reply_a_moment_before_the_start_has_no_delay_and_is_flagged() -> None:
    found = measured(reply(-59 / 3600))
    assert found.outcome == Answered(Span(0, 0), skewed=True)
    assert found.set_aside == 0
    assert measured(reply(0)).outcome == Answered(Span(0, 0), skewed=False)


def test_a_reply_from_before_the_attempt_is_not_its_answer() -> None:
    found = measured(reply(-61 / 3600), reply(-24 * 365), reply(3))
    assert found.outcome == Answered(Span(3 * HOUR, 3 * HOUR))
    assert found.set_aside == 2
    assert measured(reply(-1), reply(-1, ReplyKind.BOUNCE)).outcome == Expired(WINDOW)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (AttemptState.PLANNED, NotMeasured(Gap.NOT_SENT)),
        (AttemptState.RELEASED, NotMeasured(Gap.NOT_SENT)),
        (AttemptState.CANCELLED, NotMeasured(Gap.CANCELLED)),
        (AttemptState.SENDING, NotMeasured(Gap.UNKNOWN)),
        (AttemptState.UNKNOWN, NotMeasured(Gap.UNKNOWN)),
    ],
)
def test_what_did_not_surely_leave_is_not_measured(state: AttemptState, expected: NotMeasured) -> None:
    assert measured(reply(1), state=state, t0=None).outcome == expected
    assert measured(reply(1), state=state).outcome == expected


def test_a_blocked_attempt_says_what_was_in_the_way() -> None:
    assert measured(state=AttemptState.BLOCKED, blocked_by="captcha", t0=None).outcome == Blocked("captcha")
    assert measured(state=AttemptState.BLOCKED, t0=None).outcome == Blocked("unknown")


def test_a_record_without_its_times_is_our_gap_and_nobody_s_silence() -> None:
    assert measured(reply(1), t0=None).outcome == NotMeasured(Gap.NO_TIME)
    assert measured(state=AttemptState.ANSWERED).outcome == NotMeasured(Gap.NO_TIME)


def test_an_attempt_was_not_sent_yet_at_a_moment_before_it() -> None:
    assert measured(now=at(-1)).outcome == NotMeasured(Gap.NOT_SENT)


def test_a_reminder_closes_the_window_of_what_it_reminds_of() -> None:
    first = attempt(reply(200))
    reminder = attempt(reply(210), key="a2", reminder_of="a1", t0=at(120))
    found = measure_all([first, reminder], lambda _: OFFICE, LATER)
    assert found[0].outcome == Expired(Span(120 * HOUR, 3 * 9 * HOUR), late=True)
    assert found[1].outcome == Answered(Span(90 * HOUR, 35 * HOUR))
    unsent = reminder._replace(t0=None, state=AttemptState.PLANNED)
    assert isinstance(measure_all([first, unsent], lambda _: OFFICE, LATER)[0].outcome, Answered)
    assert isinstance(measure_all([first, reminder], lambda _: OFFICE, at(110))[0].outcome, Pending)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises((ValueError, TypeError)):
        measured(reply(1), now=datetime(2026, 5, 1))
    with pytest.raises(ValueError, match="no time zone"):
        measured(t0=datetime(2026, 3, 4), now=datetime(2026, 3, 5))


replies = st.lists(
    st.builds(
        reply,
        st.floats(-500, 500),
        st.sampled_from(ReplyKind),
        st.none() | st.sampled_from(ReplyKind),
    ),
    max_size=6,
)
states = st.sampled_from(AttemptState)


@given(replies, states, st.floats(-10, 600), st.randoms(use_true_random=False))
def test_the_order_and_the_zone_of_what_came_back_make_no_difference(
    came: list[object], state: AttemptState, hours: float, chance: object
) -> None:
    fact = attempt(*came, state=state)  # type: ignore[arg-type]
    expected = measure(fact, OFFICE, at(hours))
    chance.shuffle(came)  # type: ignore[attr-defined]
    moved = [one._replace(received_at=one.received_at.astimezone(UTC)) for one in came]  # type: ignore[attr-defined]
    found = measure(fact._replace(replies=moved, t0=T0.astimezone(UTC)), OFFICE, at(hours))
    assert found[1:] == expected[1:]


@given(replies, states, st.floats(-10, 600))
def test_no_time_is_negative_and_business_time_is_never_the_longer(
    came: list[object], state: AttemptState, hours: float
) -> None:
    outcome = measure(attempt(*came, state=state), OFFICE, at(hours)).outcome  # type: ignore[arg-type]
    spans = [part for part in outcome if isinstance(part, Span)]
    assert all(0 <= span.business_seconds <= span.seconds for span in spans)
    if isinstance(outcome, Answered):
        assert outcome.delay.seconds <= min(hours * HOUR, 14 * 24 * HOUR) + 1e-3
    if isinstance(outcome, Pending):
        assert outcome.age.seconds < 14 * 24 * HOUR


@given(replies, st.floats(0, 600), st.floats(0, 600))
def test_once_answered_an_attempt_stays_answered_after_the_same_delay(
    came: list[object], one: float, two: float
) -> None:
    earlier, later = sorted((one, two))
    fact = attempt(*came)  # type: ignore[arg-type]
    before = measure(fact, OFFICE, at(earlier)).outcome
    if isinstance(before, Answered):
        assert measure(fact, OFFICE, at(later)).outcome == before


def test_the_window_may_be_seconds_as_on_the_phone() -> None:
    found = measured(reply(40 / 3600), window=timedelta(minutes=3))
    assert found.outcome == Answered(Span(40, 40))
