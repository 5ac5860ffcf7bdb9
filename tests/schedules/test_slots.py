"""When attempts leave: within every limit, evenly, the same again from the same seed, or not at all with the sum."""

import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.calendars import OFFICE, Calendar, is_quiet
from schedules.hours import open_hours, without
from schedules.shortfalls import DoesNotFit, Limit
from schedules.slots import Limits, Pace, Request, Slot, Spread, spread

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 3, 2, tzinfo=PARIS)
"""A month before the first public holiday."""
WEEKLY = Pace(OFFICE, timedelta(hours=4), timedelta(days=7))


def limits(
    weeks: float = 4, pace: Pace = WEEKLY, per_day: int = 1000, per_domain: int = 1000, *channels: str
) -> Limits:
    return Limits(
        MONDAY, MONDAY + timedelta(weeks=weeks), dict.fromkeys(channels or ("email",), pace), per_day, per_domain
    )


def slots_of(requests: list[Request], within: Limits, seed: str = "spring", taken: tuple[Slot, ...] = ()) -> list[Slot]:
    found = spread(requests, within, seed, taken)
    assert isinstance(found, Spread), found
    return list(found.slots)


def refused(requests: list[Request], within: Limits, taken: tuple[Slot, ...] = ()) -> DoesNotFit:
    found = spread(requests, within, "spring", taken)
    assert isinstance(found, DoesNotFit)
    return found


def weekdays(slots: list[Slot]) -> Counter[int]:
    return Counter(slot.at.astimezone(PARIS).weekday() for slot in slots)


def clock_hours(slots: list[Slot]) -> Counter[int]:
    return Counter(slot.at.astimezone(PARIS).hour for slot in slots)


def test_every_attempt_gets_a_slot_and_no_more() -> None:
    requests = [
        Request("elan", "email", "stock", 2),
        Request("elan", "email", "return"),
        Request("brise", "email", "stock"),
    ]
    found = slots_of(requests, limits())
    assert Counter((slot.merchant, slot.scenario) for slot in found) == {
        ("elan", "stock"): 2, ("elan", "return"): 1, ("brise", "stock"): 1,
    }  # fmt: skip
    assert found == sorted(found)


def test_a_merchant_that_did_not_enter_has_one_attempt_open_on_a_channel() -> None:
    found = slots_of([Request("elan", "email", "stock", 4)], limits())
    assert all(later.at - earlier.at >= timedelta(days=7) for earlier, later in pairwise(found))


def test_a_gap_that_is_longer_than_an_attempt_is_open_holds_for_everybody() -> None:
    pace = Pace(OFFICE, timedelta(days=3), timedelta(hours=1))
    for entered in (True, False):
        found = slots_of([Request("elan", "email", "stock", 6, entered=entered)], limits(3, pace))
        assert all(later.at - earlier.at >= timedelta(days=3) for earlier, later in pairwise(found))
    (short,) = refused([Request("elan", "email", "stock", 20)], limits(3, pace)).shortfalls
    assert short.limit is Limit.GAP


def test_a_merchant_that_entered_has_several_open_and_still_a_gap_between_them() -> None:
    found = slots_of([Request("elan", "email", "stock", 30, entered=True)], limits())
    gaps = [later.at - earlier.at for earlier, later in pairwise(found)]
    assert min(gaps) >= timedelta(hours=4)
    assert min(gaps) < timedelta(days=2)


def test_channels_of_one_merchant_do_not_wait_for_each_other() -> None:
    requests = [Request("elan", channel, "stock", 4) for channel in ("email", "form")]
    assert len(slots_of(requests, limits(4, WEEKLY, 1000, 1000, "email", "form"))) == 8


def test_nothing_leaves_in_quiet_hours_on_week_ends_or_on_public_holidays() -> None:
    easter = Limits(
        datetime(2026, 4, 2, 15, 20, tzinfo=PARIS),
        datetime(2026, 4, 8, 10, 40, tzinfo=PARIS),
        {"email": WEEKLY},
        50,
        50,
    )
    found = slots_of([Request(f"m{number}", "email", "stock") for number in range(60)], easter)
    assert not any(is_quiet(slot.at, OFFICE) for slot in found)
    assert {slot.at.astimezone(PARIS).day for slot in found} == {2, 3, 7, 8}
    assert all(easter.start <= slot.at < easter.end for slot in found)


def test_each_channel_keeps_its_own_hours() -> None:
    night = Calendar((((0, 360),),) * 7, country=None)
    both = limits()._replace(paces={"email": WEEKLY, "form": WEEKLY._replace(calendar=night)})
    found = slots_of([Request("elan", "email", "stock", 3), Request("elan", "form", "stock", 3)], both)
    assert {slot.channel for slot in found if slot.at.astimezone(PARIS).hour < 6} == {"form"}
    assert {slot.channel for slot in found if slot.at.astimezone(PARIS).hour >= 9} == {"email"}


def test_no_day_carries_more_than_its_caps() -> None:
    requests = [Request(f"m{number}", "email", "stock", 2, f"host{number % 3}.test") for number in range(45)]
    found = slots_of(requests, limits(4, WEEKLY, 6, 3))
    days = Counter(slot.at.astimezone(PARIS).date() for slot in found)
    domains = Counter((slot.at.astimezone(PARIS).date(), slot.domain) for slot in found)
    assert max(days.values()) <= 6
    assert max(domains.values()) <= 3


def test_attempts_cover_weekdays_and_hours_evenly_for_merchant_channel_and_scenario() -> None:
    channels = ("email", "form", "x")
    requests = [
        Request("elan", channel, scenario, 5, entered=True) for channel in channels for scenario in ("a", "b", "c")
    ]
    found = slots_of(requests, limits(5, WEEKLY, 1000, 1000, *channels))
    assert weekdays(found) == dict.fromkeys(range(5), 9)
    assert clock_hours(found) == dict.fromkeys(range(9, 18), 5)
    for channel in channels:
        mine = [slot for slot in found if slot.channel == channel]
        assert weekdays(mine) == dict.fromkeys(range(5), 3)
        hours = clock_hours(mine)
        assert max(hours.values()) - min(hours[hour] for hour in range(9, 18)) <= 1
        for scenario in ("a", "b", "c"):
            days = weekdays([slot for slot in mine if slot.scenario == scenario])
            assert max(days.values()) <= 2


def test_few_attempts_cover_the_whole_time_and_every_weekday() -> None:
    found = slots_of([Request("elan", "email", "stock", 5)], limits(10))
    assert weekdays(found) == dict.fromkeys(range(5), 1)
    weeks = [(slot.at - MONDAY.astimezone(UTC)) / timedelta(weeks=2) for slot in found]
    assert all(number - 0.5 <= week <= number + 1.5 for number, week in enumerate(weeks))


def test_single_attempts_of_many_merchants_fill_the_days_alike() -> None:
    found = slots_of([Request(f"m{number}", "email", "stock") for number in range(200)], limits(4))
    days = Counter(slot.at.astimezone(PARIS).date() for slot in found)
    assert set(days.values()) == {10}
    assert len(days) == 20


@settings(deadline=None, max_examples=25)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_requests_makes_no_difference(chance: object) -> None:
    requests = [Request(f"m{number}", "email", scenario, 2) for number in range(6) for scenario in ("a", "b")]
    within = limits(8, WEEKLY, 4, 4)
    expected = slots_of(requests, within)
    chance.shuffle(requests)  # type: ignore[attr-defined]
    assert slots_of(requests, within) == expected
    split = [request._replace(attempts=1) for request in requests for _ in range(2)]
    assert slots_of(split, within) == expected


def test_another_seed_gives_other_slots() -> None:
    requests = [Request("elan", "email", "stock", 3)]
    assert slots_of(requests, limits(), "spring") == slots_of(requests, limits(), "spring")
    assert slots_of(requests, limits(), "spring") != slots_of(requests, limits(), "autumn")


def test_another_process_finds_the_same_slots() -> None:
    script = (
        "from tests.schedules.test_slots import *\n"
        "print([slot.at.isoformat() for slot in slots_of([Request('élan', 'email', 's', 4)], limits())])"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": salt}, capture_output=True, text=True, check=True
        ).stdout
        for salt in ("1", "2")
    }
    here = [slot.at.isoformat() for slot in slots_of([Request("élan", "email", "s", 4)], limits())]
    assert printed == {f"{here}\n"}


def test_attempts_that_leave_anyway_keep_their_distance_and_count_for_the_day() -> None:
    wednesday = MONDAY + timedelta(days=2, hours=11)
    before = Slot(MONDAY - timedelta(days=3), "elan", "email", "old", "elan.test")
    between = Slot(wednesday + timedelta(days=14), "elan", "email", "old", "elan.test")
    found = slots_of([Request("elan", "email", "stock", 2)], limits(), taken=(before, between))
    for slot in found:
        assert min(abs(slot.at - other.at) for other in (before, between)) >= timedelta(days=7)
    full = tuple(Slot(wednesday, f"m{number}", "form", "old", "") for number in range(3))
    others = slots_of(
        [Request(f"n{number}", "email", "stock") for number in range(12)], limits(1, WEEKLY, 3), taken=full
    )
    assert weekdays(others) == {0: 3, 1: 3, 3: 3, 4: 3}


def test_too_many_attempts_for_one_merchant_are_refused_with_the_sum() -> None:
    """From Monday 9:00 on every Monday at 9:00, or as well later: four weeks hold four, and a fifth does not end in them."""
    found = refused([Request("elan", "email", "stock", 6), Request("brise", "email", "stock", 4)], limits())
    assert (found.wanted, found.fit) == (10, 8)
    (short,) = found.shortfalls
    assert (short.limit, short.subject, short.wanted, short.fit) == (Limit.ONE_OPEN, "elan email", 6, 4)
    assert short.sum == "6 wanted; one at a time, each open for 7 days: 4 from the first open hour to the last"


def test_the_gap_binds_where_several_may_be_open() -> None:
    """Nine hours a day with four between two attempts hold three: 9:00, 13:00 and 17:00."""
    assert len(slots_of([Request("elan", "email", "stock", 15, entered=True)], limits(1))) == 15
    found = refused([Request("elan", "email", "stock", 16, entered=True)], limits(1))
    assert [(short.limit, short.fit) for short in found.shortfalls] == [(Limit.GAP, 15)]


def test_the_day_s_cap_is_refused_with_the_sum() -> None:
    requests = [Request(f"m{number}", "email", "stock") for number in range(101)]
    assert len(slots_of(requests[:100], limits(4, WEEKLY, 5))) == 100
    found = refused(requests, limits(4, WEEKLY, 5))
    assert (found.wanted, found.fit) == (101, 100)
    assert [(short.limit, short.sum) for short in found.shortfalls] == [
        (Limit.PER_DAY, "101 wanted; 20 days of 5 make 100")
    ]


def test_what_is_taken_is_part_of_the_sum() -> None:
    taken = tuple(Slot(MONDAY + timedelta(hours=10), f"n{number}", "email", "old", "") for number in range(7))
    found = refused([Request(f"m{number}", "email", "stock") for number in range(96)], limits(4, WEEKLY, 5), taken)
    assert [short.sum for short in found.shortfalls] == ["96 wanted; 20 days of 5, less 5 already taken, make 95"]


def test_the_cap_of_a_domain_is_refused_by_its_name() -> None:
    requests = [Request(f"m{number}", "email", "stock", 1, "host.test") for number in range(41)]
    found = refused([*requests, Request("elan", "email", "stock", 1, "elan.test")], limits(4, WEEKLY, 100, 2))
    assert (found.wanted, found.fit) == (42, 41)
    assert [(short.limit, short.subject, short.fit) for short in found.shortfalls] == [
        (Limit.PER_DAY_AND_DOMAIN, "host.test", 40)
    ]


def test_a_time_without_an_open_hour_is_refused_as_such() -> None:
    sunday = limits()._replace(start=MONDAY - timedelta(days=1), end=MONDAY)
    found = refused([Request("elan", "email", "stock")], sunday)
    assert Limit.HOURS in {short.limit for short in found.shortfalls}
    assert found.fit == 0


def test_the_worst_shortfall_comes_first() -> None:
    found = refused([Request("elan", "email", "stock", 6), Request("brise", "email", "stock", 9)], limits())
    assert [short.subject for short in found.shortfalls] == ["brise email", "elan email"]


def test_limits_that_fit_one_by_one_and_not_together_are_refused_too() -> None:
    """Five days of one attempt hold three, but both forms can leave on the Monday only."""
    mondays = WEEKLY._replace(calendar=Calendar((((540, 1080),), *((),) * 6)))
    within = limits(1, WEEKLY, 1)._replace(paces={"email": WEEKLY, "form": mondays})
    requests = [Request("elan", "form", "stock"), Request("brise", "form", "stock"), Request("cap", "email", "stock")]
    found = refused(requests, within)
    assert (found.wanted, found.fit) == (3, 2)
    assert [short.limit for short in found.shortfalls] == [Limit.TOGETHER]


@settings(deadline=None)
@given(st.lists(st.integers(-200, 900), max_size=4), st.integers(1, 40))
def test_the_hours_left_are_those_that_keep_their_distance(taken_hours: list[int], apart: int) -> None:
    week = open_hours(MONDAY, MONDAY + timedelta(weeks=2), OFFICE)
    begin, spacing = int(MONDAY.timestamp()), apart * 1800
    taken = [begin + 1800 * number for number in taken_hours]
    left = without(week, taken, spacing)
    inside = {second for hour in left.hours for second in range(hour.start, hour.end, 60)}
    every = {second for hour in week.hours for second in range(hour.start, hour.end, 60)}
    assert inside == {second for second in every if all(abs(second - moment) >= spacing for moment in taken)}
    assert left.before[-1] == sum(hour.end - hour.start for hour in left.hours)


@pytest.mark.parametrize(
    ("request_", "change"),
    [
        (Request("elan", "phone", "stock"), {}),
        (Request("elan", "email", "stock", 0), {}),
        (Request("elan", "email", "stock"), {"end": MONDAY}),
        (Request("elan", "email", "stock"), {"end": MONDAY + timedelta(days=2000)}),
        (Request("elan", "email", "stock"), {"start": MONDAY.replace(tzinfo=None)}),
        (Request("elan", "email", "stock"), {"paces": {}}),
        (Request("elan", "email", "stock"), {"per_day": -1}),
        (Request("elan", "email", "stock"), {"paces": {"email": WEEKLY._replace(gap=timedelta(-1))}}),
    ],
)
def test_a_request_or_a_limit_that_makes_no_sense_is_refused(request_: Request, change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"pace|none|spread|negative|zone"):
        spread([request_], limits()._replace(**change), "spring")  # type: ignore[arg-type]


def test_requests_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="contradict"):
        spread([Request("a", "email", "s"), Request("a", "email", "t", entered=True)], limits(), "spring")


requests_lists = st.lists(
    st.builds(
        Request,
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from(["email", "form"]),
        st.sampled_from(["stock", "return"]),
        st.integers(1, 4),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=150)
@given(
    requests_lists,
    st.integers(3, 40),
    st.integers(0, 20),
    st.integers(1, 240),
    st.integers(1, 4),
    st.integers(1, 3),
    st.booleans(),
)
def test_whatever_is_asked_no_limit_is_ever_passed(
    requests: list[Request], days: int, hour: int, open_hours: int, per_day: int, per_domain: int, entered: bool
) -> None:
    requests = [request._replace(domain=f"{request.merchant}.test", entered=entered) for request in requests]
    pace = Pace(OFFICE, timedelta(hours=3), timedelta(hours=open_hours))
    start = MONDAY + timedelta(days=18, hours=hour, minutes=20)
    within = Limits(start, start + timedelta(days=days), {"email": pace, "form": pace}, per_day, per_domain)
    found = spread(requests, within, "seed")
    wanted = Counter()
    for request in requests:
        wanted[request[:3]] += request.attempts
    if isinstance(found, DoesNotFit):
        assert found.wanted == wanted.total()
        assert 0 <= found.fit < found.wanted
        assert all(short.fit < short.wanted for short in found.shortfalls)
        return
    assert Counter(slot[1:4] for slot in found.slots) == wanted
    assert all(within.start <= slot.at < within.end and not is_quiet(slot.at, OFFICE) for slot in found.slots)
    by_channel = defaultdict(list)
    for slot in found.slots:
        by_channel[slot.merchant, slot.channel].append(slot.at)
    apart = pace.gap if entered else max(pace.gap, pace.open_for)
    for moments in by_channel.values():
        assert all(later - earlier >= apart for earlier, later in pairwise(moments))
    per_date = Counter(slot.at.astimezone(PARIS).date() for slot in found.slots)
    per_date_and_domain = Counter((slot.at.astimezone(PARIS).date(), slot.domain) for slot in found.slots)
    assert max(per_date.values(), default=0) <= per_day
    assert max(per_date_and_domain.values(), default=0) <= per_domain


@pytest.mark.slow
def test_the_plan_of_a_whole_contest_is_even_for_every_merchant() -> None:
    """400 merchants that entered, 225 attempts each over five channels, in twelve weeks with four public holidays."""
    channels = ("email", "form", "phone", "x", "facebook")
    requests = [
        Request(f"m{number}", channel, scenario, 5, f"m{number}.test", entered=True)
        for number in range(400)
        for channel in channels
        for scenario in "abcdefghi"
    ]
    found = slots_of(requests, limits(12, WEEKLY, 2000, 20, *channels))
    assert len(found) == 90_000
    mine = defaultdict(list)
    for slot in found:
        mine[slot.merchant].append(slot)
    assert {tuple(sorted(weekdays(slots).items())) for slots in mine.values()} == {
        tuple(dict.fromkeys(range(5), 45).items())
    }
    assert {max(clock_hours(slots).values()) for slots in mine.values()} <= {25, 26}
