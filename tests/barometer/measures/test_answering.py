"""The figures of a channel, by hand, and what must hold of any attempts."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barometer.measures.answering import Counts, Reminders, channel_delays
from barometer.measures.delay import AttemptFact, Gap, Measured, measure, measure_all
from barometer.statistics import LongerThan, Median, NotMeasured, Share, wilson
from schedules.calendars import OFFICE
from storage.vocabulary import AttemptState, Channel, ReplyKind
from tests.barometer.measures.attempts import LATER, at, attempt, measured, reply

HOUR = 3600.0
DAY = 24 * HOUR


def shares(found: list[Measured], channel: Channel = Channel.EMAIL) -> dict[int, Share | NotMeasured]:
    return {by.seconds: by.share for by in channel_delays(found)[channel].answered_by}


def test_every_end_is_counted_and_only_what_was_accepted_is_the_denominator() -> None:
    found = channel_delays(
        [
            measured(reply(1)),
            measured(reply(30)),
            measured(),
            measured(now=at(5)),
            measured(reply(0.1, ReplyKind.BOUNCE)),
            measured(reply(0.1, ReplyKind.BOUNCE), published=False),
            measured(state=AttemptState.BLOCKED, blocked_by="captcha"),
            measured(state=AttemptState.BLOCKED, blocked_by="captcha"),
            measured(state=AttemptState.BLOCKED, blocked_by="login"),
            measured(state=AttemptState.UNKNOWN),
        ]
    )[Channel.EMAIL]
    assert found.counts == Counts(2, 1, 1, 1, 1, {"captcha": 2, "login": 1}, {Gap.UNKNOWN: 1})
    assert found.counts.accepted == 5
    assert found.acknowledged == wilson(0, 5)


def test_shares_count_the_silent_and_what_bounced_at_a_published_address() -> None:
    attempts = [measured(reply(0.5)), measured(reply(20)), measured(reply(47)), measured(reply(100)), measured()]
    bounced = measured(reply(0.1, ReplyKind.BOUNCE))
    elsewhere = measured(reply(0.1, ReplyKind.BOUNCE), published=False)
    assert shares([*attempts, bounced, elsewhere]) == {3600: wilson(1, 6), 86400: wilson(2, 6), 172800: wilson(3, 6)}


def test_the_median_is_that_of_all_who_were_asked_and_not_of_the_answered_alone() -> None:
    """Two of four answered, after 1 and 3 hours: half have answered at 3, though the answered's own median is 2."""
    answered = [measured(reply(1)), measured(reply(3))]
    half = channel_delays([*answered, measured(), measured()])[Channel.EMAIL]
    assert half.median == Median(3 * HOUR, 2, 4)
    assert half.business_median == Median(3 * HOUR, 2, 4)
    fewer = channel_delays([*answered, measured(), measured(), measured()])[Channel.EMAIL]
    assert fewer.median == LongerThan(14 * DAY, 2, 5)


def test_attempts_too_young_for_a_horizon_are_neither_answered_nor_silent_there() -> None:
    """Of those watched for a day half answered; ten sent half an hour ago change nothing but the denominator."""
    found = shares([measured(reply(2)), measured(), *[measured(now=at(0.5)) for _ in range(10)]])[86400]
    assert isinstance(found, Share)
    assert (found.value, found.part, found.total, found.censored) == (0.5, 1, 12, 10)


def test_nothing_but_young_attempts_measures_nothing() -> None:
    found = channel_delays([measured(now=at(0.5)), measured(now=at(0.25))])[Channel.EMAIL]
    assert all(isinstance(by.share, NotMeasured) for by in found.answered_by)
    assert found.median == LongerThan(0.5 * HOUR, 0, 2)


def test_blocked_attempts_alone_leave_every_figure_unmeasured() -> None:
    found = channel_delays([measured(state=AttemptState.BLOCKED, blocked_by="login")])[Channel.EMAIL]
    figures = [found.median, found.business_median, found.acknowledged, found.acknowledgement_median]
    assert all(isinstance(one, NotMeasured) for one in [*figures, *(by.share for by in found.answered_by)])
    assert found.counts.accepted == 0


def test_no_attempts_have_no_channels() -> None:
    assert channel_delays([]) == {}


def test_acknowledgements_are_told_apart() -> None:
    receipt = reply(0.01, ReplyKind.ACKNOWLEDGEMENT)
    found = channel_delays([measured(receipt), measured(receipt, reply(4)), measured(reply(4))])[Channel.EMAIL]
    assert found.acknowledged == wilson(2, 3)
    assert found.acknowledgement_median == Median(36.0, 2, 3)
    assert found.median == Median(4 * HOUR, 2, 3)


@pytest.mark.parametrize(
    ("channel", "horizons"),
    [
        (Channel.FORM, [3600, 86400, 172800]),
        (Channel.X, [3600, 86400, 108000, 172800]),
        (Channel.FACEBOOK, [3600, 86400, 108000, 172800]),
        (Channel.PHONE, [30, 60, 180]),
    ],
)
def test_each_channel_has_its_horizons(channel: Channel, horizons: list[int]) -> None:
    assert list(shares([measured(channel=channel)], channel)) == horizons


def test_channels_are_apart_and_in_their_order() -> None:
    found = channel_delays([measured(channel=Channel.X), measured(reply(1)), measured(channel=Channel.FORM)])
    assert list(found) == [Channel.EMAIL, Channel.FORM, Channel.X]
    assert [one.counts.accepted for one in found.values()] == [1, 1, 1]


def reminded(key: str, *to_reminder: float, first: tuple[float, ...] = (), after: float = 336) -> list[AttemptFact]:
    """Give an attempt and its reminder *after* so many hours, with the hours at which each was answered."""
    return [
        attempt(*map(reply, first), key=key),
        attempt(*map(reply, to_reminder), key=f"{key}'", reminder_of=key, t0=at(after)),
    ]


def test_what_a_reminder_brought_is_told_apart_from_what_came_at_first() -> None:
    attempts = [
        attempt(reply(2), key="a"),
        attempt(reply(3), key="b"),
        attempt(key="c"),
        *reminded("d", 400),
        *reminded("e"),
        *reminded("f", first=(420,)),
    ]
    found = channel_delays(measure_all(attempts, lambda _: OFFICE, LATER))[Channel.EMAIL]
    assert found.reminders == Reminders(wilson(2, 6), wilson(2, 3), wilson(4, 6), 0)
    assert found.counts == Counts(2, 4, 0, 0, 0, {}, {})
    assert {by.share for by in found.answered_by if by.seconds > HOUR} == {wilson(2, 6)}


def test_what_is_still_open_is_no_part_of_what_reminders_bring() -> None:
    """At 20 days the first windows are over; that of the reminder sent after 14 days is not."""
    attempts = [attempt(reply(2), key="a"), *reminded("b"), *reminded("c", 340)]
    found = channel_delays(measure_all(attempts, lambda _: OFFICE, at(20 * 24)))[Channel.EMAIL]
    assert found.reminders == Reminders(wilson(1, 1), wilson(0, 0), wilson(1, 1), 2)


def test_reminders_that_remind_of_each_other_end_somewhere() -> None:
    loop = [
        attempt(key="a"),
        attempt(key="b", reminder_of="a"),
        attempt(reply(1), key="c", reminder_of="b"),
        attempt(key="b", reminder_of="c"),
    ]
    found = channel_delays([measure(one, OFFICE, LATER) for one in loop])[Channel.EMAIL]
    assert found.reminders.after_a_reminder == wilson(1, 1)


def test_an_answer_to_a_reminder_never_counts_as_an_answer_at_first() -> None:
    early = reminded("a", 60, after=48)
    found = channel_delays(measure_all(early, lambda _: OFFICE, LATER))[Channel.EMAIL]
    assert found.counts == Counts(0, 1, 0, 0, 0, {}, {})
    assert found.median == LongerThan(48 * HOUR, 0, 1)
    assert found.reminders == Reminders(wilson(0, 1), wilson(1, 1), wilson(1, 1), 0)


facts = st.lists(
    st.builds(
        lambda hours, kind, state, published, channel: attempt(
            *[reply(hours, kind)] * (kind is not None),
            state=state,
            published=published,
            channel=channel,
            window=timedelta(days=7),
        ),
        st.floats(0, 300),
        st.none() | st.sampled_from(ReplyKind),
        st.sampled_from([AttemptState.SENT, AttemptState.BLOCKED, AttemptState.UNKNOWN, AttemptState.ACKNOWLEDGED]),
        st.booleans(),
        st.sampled_from([Channel.EMAIL, Channel.FORM]),
    ),
    max_size=10,
)


@settings(deadline=None)
@given(facts, st.floats(0, 300))
def test_every_attempt_is_counted_once_and_shares_grow_with_time(attempts: list[AttemptFact], hours: float) -> None:
    found = channel_delays(measure_all(attempts, lambda _: OFFICE, at(hours)))
    counted = 0
    for figures in found.values():
        counts = figures.counts
        counted += counts.accepted + counts.bounced_elsewhere
        counted += sum(counts.blocked.values()) + sum(counts.not_measured.values())
        values = [by.share.value for by in figures.answered_by if isinstance(by.share, Share)]
        assert values == sorted(values)
        assert all(by.share.total == counts.accepted for by in figures.answered_by if isinstance(by.share, Share))
    assert counted == len(attempts)
