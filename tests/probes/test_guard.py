"""The guard: what may leave now, what must wait and until when, and what never leaves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.guard import Allowed, Candidate, Contact, Guard, Held, Late, Ledger, Limits, OpenAttempt, Refused, Standing
from schedules.calendars import OFFICE, is_quiet
from storage.vocabulary import BlockedBy, Channel
from tests.probes.campaigning import TUESDAY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIMITS = Limits(
    per_day=3, per_day_and_domain=2, per_campaign=5, gap=timedelta(seconds=20), merchant_gap=4 * HOUR, late=DAY
)
CAMPAIGN = Standing("c", "spring", TUESDAY - DAY, TUESDAY + 30 * DAY, released=True, stopped_by=None)
CANDIDATE = Candidate(
    id="a", campaign=CAMPAIGN, merchant_id="m", merchant_url="https://elan.test/", merchant_email="hello@elan.test",
    merchant_phone="+33199001234", channel=Channel.EMAIL, target="contact@elan.test", domain="elan.test",
    planned_for=TUESDAY, reply_address="a@answers.probe.example", contest=False,
)  # fmt: skip
NOTHING = Ledger()


def guard(*covered: str, limits: Limits = LIMITS) -> Guard:
    return Guard(limits, OFFICE, lambda *asked: bool(set(covered) & set(asked)))


def decide(candidate: Candidate = CANDIDATE, ledger: Ledger = NOTHING, now: datetime = TUESDAY, **limits: Any) -> Any:
    return guard(limits=LIMITS._replace(**limits)).decide(candidate, ledger, now)


def contacts(*ages: timedelta, merchant: str = "other", domain: str = "other.test") -> Sequence[Contact]:
    return [Contact(merchant, domain, TUESDAY - age) for age in ages]


def beside(*others: OpenAttempt) -> Ledger:
    return Ledger(open={("m", Channel.EMAIL): others})


def test_what_breaks_no_limit_may_leave() -> None:
    assert decide() == Allowed()


def test_nothing_leaves_while_the_stop_file_exists() -> None:
    assert decide(ledger=Ledger(stopped=True)) == Held(None, "the stop file exists")


@pytest.mark.parametrize(
    ("changed", "until", "why"),
    [
        ({"released": False}, None, "the campaign is not released"),
        ({"stopped_by": "Camille"}, None, "the campaign was stopped by Camille"),
        ({"starts_at": TUESDAY + HOUR}, TUESDAY + HOUR, "the campaign has not begun"),
    ],
)
def test_a_campaign_that_is_not_under_way_holds_its_attempts(
    changed: dict[str, Any], until: datetime | None, why: str
) -> None:
    assert decide(CANDIDATE._replace(campaign=CAMPAIGN._replace(**changed))) == Held(until, why)


def test_after_the_campaigns_end_nothing_leaves_any_more() -> None:
    ended = CAMPAIGN._replace(ends_at=TUESDAY)
    assert isinstance(decide(CANDIDATE._replace(campaign=ended)), Refused)


@pytest.mark.parametrize(
    "covered",
    ["https://elan.test/", "hello@elan.test", "+33199001234", "contact@elan.test", "https://elan.test/contact"],
)
def test_who_asked_to_be_left_alone_is_left_alone_whatever_they_named(covered: str) -> None:
    candidate = CANDIDATE
    if covered.endswith("/contact"):
        candidate = CANDIDATE._replace(channel=Channel.FORM, target=covered)
    decision = guard(covered).decide(candidate, NOTHING, TUESDAY)
    assert decision == Refused("the merchant asked to be left alone", BlockedBy.OPT_OUT)


def test_a_number_that_opted_out_is_not_called() -> None:
    call = CANDIDATE._replace(channel=Channel.PHONE, target="+33199005678")
    assert isinstance(guard("+33199005678").decide(call, NOTHING, TUESDAY), Refused)


def test_an_opt_out_weighs_more_than_a_campaign_that_is_not_released() -> None:
    waiting = CANDIDATE._replace(campaign=CAMPAIGN._replace(released=False))
    assert isinstance(guard("https://elan.test/").decide(waiting, NOTHING, TUESDAY), Refused)


def test_a_campaign_at_its_ceiling_sends_no_more() -> None:
    assert decide(ledger=Ledger(per_campaign={"c": 4})) == Allowed()
    assert isinstance(decide(ledger=Ledger(per_campaign={"c": 5})), Refused)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (datetime(2026, 3, 3, 7, 59, tzinfo=UTC), datetime(2026, 3, 3, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 3, 17, 0, tzinfo=UTC), datetime(2026, 3, 4, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 7, 10, 0, tzinfo=UTC), datetime(2026, 3, 9, 8, 0, tzinfo=UTC)),
        (datetime(2026, 5, 1, 10, 0, tzinfo=UTC), datetime(2026, 5, 4, 7, 0, tzinfo=UTC)),
    ],
    ids=["early", "evening", "saturday", "first of May"],
)
def test_nobody_is_written_to_in_quiet_hours_on_weekends_and_holidays(now: datetime, until: datetime) -> None:
    candidate = CANDIDATE._replace(planned_for=now, campaign=CAMPAIGN._replace(ends_at=now + DAY))
    assert decide(candidate, now=now) == Held(until, "quiet hours, a weekend or a public holiday")


def test_two_messages_keep_their_distance() -> None:
    just_now = Ledger(contacts=contacts(timedelta(seconds=5)))
    assert decide(ledger=just_now) == Held(
        TUESDAY + timedelta(seconds=15), "the last message left less than 0:00:20 ago"
    )
    assert decide(ledger=Ledger(contacts=contacts(timedelta(seconds=20)))) == Allowed()


def test_a_merchant_is_given_more_time_whatever_the_channel() -> None:
    seen = Ledger(contacts=contacts(3 * HOUR, merchant="m", domain=""))
    assert decide(ledger=seen) == Held(TUESDAY + HOUR, "the last message to this merchant left less than 4:00:00 ago")


def test_a_clock_that_was_set_back_does_not_open_the_gap() -> None:
    ahead = Ledger(contacts=contacts(-HOUR))
    assert decide(ledger=ahead) == Held(TUESDAY + HOUR + LIMITS.gap, "the last message left less than 0:00:20 ago")


def test_a_full_day_waits_for_the_next_open_hour() -> None:
    full = Ledger(contacts=contacts(HOUR, 2 * HOUR, 3 * HOUR))
    decision = decide(ledger=full)
    assert isinstance(decision, Held)
    assert decision.until == datetime(2026, 3, 4, 8, 0, tzinfo=UTC)


def test_what_left_yesterday_local_time_does_not_count_today() -> None:
    midnight = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    before = Ledger(contacts=[Contact("x", "x.test", midnight - timedelta(seconds=1))] * 3)
    after = Ledger(contacts=[Contact("x", "x.test", midnight)] * 3)
    assert decide(ledger=before) == Allowed()
    assert isinstance(decide(ledger=after), Held)


def test_a_domain_has_a_day_of_its_own() -> None:
    two = Ledger(contacts=contacts(HOUR, 2 * HOUR, domain="elan.test"))
    decision = decide(ledger=two, merchant_gap=timedelta(0))
    assert isinstance(decision, Held)
    assert decision.why == "2 were sent to elan.test today, as many as a day may have"
    assert decide(CANDIDATE._replace(domain=""), two) == Allowed()


def test_one_attempt_at_a_time_is_open_on_a_channel() -> None:
    other = OpenAttempt("b", TUESDAY + 5 * DAY, "b@answers.probe.example")
    held = Held(TUESDAY + 5 * DAY, "another attempt at this merchant on this channel is open")
    assert decide(ledger=beside(other)) == held
    assert decide(CANDIDATE._replace(channel=Channel.FORM), beside(other)) == Allowed()


def test_an_attempt_whose_window_has_passed_is_open_no_more() -> None:
    assert decide(ledger=beside(OpenAttempt("b", TUESDAY, None))) == Allowed()


def test_an_attempt_that_may_or_may_not_have_left_waits_for_a_person() -> None:
    decision = decide(ledger=beside(OpenAttempt("b", None, None), OpenAttempt("d", TUESDAY + DAY, None)))
    assert isinstance(decision, Held)
    assert decision.until is None


def test_a_reminder_may_leave_beside_the_attempt_it_recalls_and_beside_no_other() -> None:
    recalled = CANDIDATE._replace(reminder_of="b")
    assert decide(recalled, beside(OpenAttempt("b", TUESDAY + DAY, None))) == Allowed()
    assert isinstance(decide(recalled, beside(OpenAttempt("d", TUESDAY + DAY, None))), Held)


@pytest.mark.parametrize(
    ("mine", "other", "allowed"),
    [("a@x.example", "b@x.example", True), ("a@x.example", "a@x.example", False), (None, "b@x.example", False),
     ("a@x.example", None, False)],
)  # fmt: skip
def test_in_a_contest_several_are_open_as_long_as_their_answers_can_be_told_apart(
    mine: str | None, other: str | None, allowed: bool
) -> None:
    entered = CANDIDATE._replace(contest=True, reply_address=mine)
    ledger = beside(OpenAttempt("b", TUESDAY + DAY, other))
    assert isinstance(decide(entered, ledger), Allowed) is allowed
    assert isinstance(decide(entered._replace(contest=False), ledger), Held)


def test_what_should_have_left_long_ago_needs_another_time() -> None:
    late = CANDIDATE._replace(planned_for=TUESDAY - DAY - timedelta(seconds=1))
    assert isinstance(decide(late), Late)
    assert decide(CANDIDATE._replace(planned_for=TUESDAY - DAY)) == Allowed()


def test_the_guard_looks_back_over_the_day_and_over_the_longest_gap() -> None:
    assert guard().looks_back_to(TUESDAY) == datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    long = guard(limits=LIMITS._replace(merchant_gap=3 * DAY))
    assert long.looks_back_to(TUESDAY) == TUESDAY - 3 * DAY


moments = st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 30)).map(lambda at: at.replace(tzinfo=UTC))
ledgers = st.builds(
    Ledger,
    contacts=st.lists(
        st.builds(Contact, st.sampled_from(["m", "n"]), st.sampled_from(["elan.test", "n.test"]), moments), max_size=6
    ),
    open=st.just({})
    | st.just({("m", Channel.EMAIL): (OpenAttempt("b", TUESDAY + 60 * DAY, None),)})
    | st.just({("m", Channel.EMAIL): (OpenAttempt("b", TUESDAY + 9 * DAY, None),)}),
    per_campaign=st.fixed_dictionaries({"c": st.integers(0, 6)}),
    stopped=st.booleans(),
)


@given(ledgers, moments)
def test_whatever_is_allowed_breaks_no_limit(ledger: Ledger, now: datetime) -> None:
    candidate = CANDIDATE._replace(
        planned_for=now, campaign=CAMPAIGN._replace(starts_at=TUESDAY, ends_at=TUESDAY + 60 * DAY)
    )
    if not isinstance(decide(candidate, ledger, now), Allowed):
        return
    today = [one for one in ledger.contacts if one.at >= guard().looks_back_to(now)]
    assert not ledger.stopped
    assert not is_quiet(now, OFFICE)
    assert all(one.closes_at and one.closes_at <= now for others in ledger.open.values() for one in others)
    assert ledger.per_campaign["c"] < LIMITS.per_campaign
    assert len(today) < LIMITS.per_day
    assert sum(one.domain == "elan.test" for one in today) < LIMITS.per_day_and_domain
    assert all(now - one.at >= LIMITS.gap for one in ledger.contacts)
    assert all(now - one.at >= LIMITS.merchant_gap for one in ledger.contacts if one.merchant_id == "m")


@given(ledgers, moments)
def test_what_is_held_until_a_moment_is_held_until_then(ledger: Ledger, now: datetime) -> None:
    candidate = CANDIDATE._replace(
        planned_for=now, campaign=CAMPAIGN._replace(starts_at=TUESDAY - 9 * DAY, ends_at=TUESDAY + 99 * DAY)
    )
    decision = decide(candidate, ledger, now, late=timedelta(days=900))
    if not isinstance(decision, Held) or decision.until is None:
        return
    assert decision.until > now
    before = now + (decision.until - now) / 2
    assert not isinstance(decide(candidate, ledger, before, late=timedelta(days=900)), Allowed)


def test_a_ledger_can_be_changed_by_nobody() -> None:
    with pytest.raises(AttributeError):
        NOTHING.stopped = True  # type: ignore[misc]
    assert replace(NOTHING, stopped=True).stopped
