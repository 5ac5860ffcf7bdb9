"""The nights that an edition rests on, and what each says of a channel."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barometer.errors import UserError
from barometer.observations import ChannelSeen
from barometer.observing.chosen_nights import chosen_visits
from barometer.observing.sighting_reviews import depth_subject
from storage.records import Sighting, Visit
from storage.vocabulary import Channel, OutcomeKind, PriceClass, Profile, Reason, SetAsideReason, VisitStatus
from tests.barometer.edition_records import Records, a_grid, sighting

PHONE, EMAIL = Channel.PHONE, Channel.EMAIL
HOME, CONTACT = "https://shop.test/", "https://shop.test/contact"


pytest_plugins = ["tests.barometer.edition_database"]


def days(records: Records, profile: Profile | None = None) -> list[int]:
    (one,) = records.observed(profile=profile)
    return [night.day.day for night in one.nights]


def kinds(seen: list[ChannelSeen | None]) -> list[tuple[OutcomeKind, int | None] | None]:
    return [None if one is None else (one.kind, one.clicks) for one in seen]


def test_the_last_nights_count_and_no_more_than_the_grid_asks_for(records: Records) -> None:
    shop = records.merchant()
    for day in (3, 5, 8, 9):
        records.visit(shop, day, sighting())
    assert days(records) == [8, 9]
    assert len(records.chosen(grid=a_grid(3)).visits[Profile.DESKTOP]) == 3


def test_of_several_visits_on_a_day_in_paris_the_last_valid_one_counts(records: Records) -> None:
    shop = records.merchant()
    records.visit(shop, 4, sighting(), at=time(1))
    kept = records.visit(shop, 4, sighting(EMAIL, "a@b.test"), at=time(5), status=VisitStatus.PARTIAL)
    records.visit(shop, 4, at=time(8), status=VisitStatus.BLOCKED, status_reason=Reason.BOT_WALL)
    late = records.visit(shop, 4, at=time(22, 30))
    assert records.chosen().visits[Profile.DESKTOP] == tuple(sorted((kept, late)))
    assert days(records) == [4, 5]


def test_a_day_without_a_valid_visit_does_not_count(records: Records) -> None:
    shop = records.merchant()
    records.visit(shop, 4, sighting())
    records.visit(shop, 5, status=VisitStatus.UNREACHABLE, status_reason=Reason.TIMEOUT)
    records.visit(shop, 6, finished_at=None)
    assert days(records) == [4]


def test_nights_before_and_after_the_tests_do_not_count(records: Records) -> None:
    shop = records.merchant()
    inside = [records.visit(shop, date(2026, 9, 1), at=time(0)), records.visit(shop, 30, at=time(23, 59))]
    records.visit(shop, date(2026, 8, 31), at=time(23, 59))
    records.visit(shop, date(2026, 10, 1), at=time(0))
    assert records.chosen(grid=a_grid(9)).visits[Profile.DESKTOP] == tuple(sorted(inside))


def test_an_older_night_counts_where_a_channel_was_not_measured_since(records: Records) -> None:
    shop = records.merchant()
    records.visit(shop, 1, sighting())
    for day in (2, 3, 4):
        records.visit(shop, day, sighting())
    for day in (5, 6):
        records.visit(shop, day, sighting(EMAIL, "a@b.test"), search={"robots": 1, "proven": 1, "why": "robots"})
    assert days(records) == [3, 4, 5, 6]
    assert kinds(records.channel(PHONE))[:2] == [(OutcomeKind.EXACT, 0), (OutcomeKind.EXACT, 0)]
    assert [one.reason for one in records.channel(PHONE)[2:] if one] == ["robots", "robots"]


def test_a_channel_that_can_never_be_measured_brings_no_night_with_it(records: Records) -> None:
    shop = records.merchant()
    for day in range(1, 13):
        records.visit(shop, day, sighting(), search={"robots": 1, "proven": 1, "why": "robots"})
    assert days(records) == [11, 12]


def test_how_far_back_is_looked_at_once_does_not_change_the_choice(records: Records) -> None:
    shop = records.merchant()
    for day in range(1, 25):
        seen = [sighting()] if day in (2, 5, 11) else []
        records.visit(shop, day, *seen, search={"robots": 1, "proven": 1})
    assert days(records) == [5, 11, 23, 24]


def test_a_channel_that_a_reviewer_decided_needs_no_older_night(records: Records) -> None:
    shop, closed = records.merchant(), {"robots": 1, "proven": 1}
    records.visit(shop, 1, sighting(), search=closed)
    for day in (5, 6):
        records.visit(shop, day, search=closed)
    assert days(records) == [1, 5, 6]
    records.review("depth", depth_subject(shop, PHONE), "not_measured")
    assert days(records) == [5, 6]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    told=st.lists(st.sampled_from(["", "phone", "email", "phone email"]), max_size=12),
    nights=st.integers(min_value=1, max_value=4),
)
def test_each_channel_has_its_last_measured_nights_whatever_the_others_had(
    records: Records, told: list[str], nights: int
) -> None:
    category = records.key()
    shop = records.merchant(records.key(), category=category)
    visits = [
        records.visit(
            shop, day, *(sighting(Channel(word)) for word in words.split()), search={"robots": 1, "proven": 1}
        )
        for day, words in enumerate(told, 1)
    ]
    newest = list(zip(visits, told, strict=True))[::-1]
    wanted = {visit for visit, _ in newest[:nights]}
    for channel in ("phone", "email"):
        wanted |= set([visit for visit, words in newest if channel in words][:nights])
    assert set(records.chosen(category, grid=a_grid(nights)).visits[Profile.DESKTOP]) == wanted


def test_visits_through_the_other_window_are_kept_apart(records: Records) -> None:
    shop = records.merchant()
    records.visit(shop, 4, sighting())
    records.visit(shop, 5, sighting(), profile=Profile.MOBILE)
    assert days(records) == [4]
    assert days(records, Profile.MOBILE) == [5]


def test_the_depth_is_the_shortest_path_of_clicks(records: Records) -> None:
    shop = records.merchant()
    clicks = ((HOME, f"{HOME}aide"), (f"{HOME}aide", CONTACT), (HOME, CONTACT))
    records.visit(shop, 4, sighting(page=CONTACT, depth=2), clicks=clicks)
    (seen,) = records.channel(PHONE)
    assert seen is not None
    assert (seen.kind, seen.clicks, seen.at_least) == (OutcomeKind.EXACT, 1, 1)


def test_what_was_not_looked_for_is_not_in_the_night(records: Records) -> None:
    shop = records.merchant()
    records.visit(shop, 4, sighting(), search={"channels": ["phone", "email"]})
    (one,) = records.observed()
    assert sorted(one.nights[0].channels) == ["email", "phone"]


def test_a_night_names_its_visit_and_its_best_sighting(records: Records) -> None:
    shop = records.merchant()
    best = sighting(price_class=PriceClass.PREMIUM, confidence=0.75)
    visit = records.visit(shop, 4, sighting(page=CONTACT, depth=1), best, clicks=((HOME, CONTACT),))
    (seen,) = records.channel(PHONE)
    assert seen is not None
    assert (seen.price_class, seen.confidence) == (PriceClass.PREMIUM, 0.75)
    assert seen.evidence == (f"visit:{visit}", f"sighting:{best.id}")


@pytest.mark.parametrize(
    ("place", "visible"),
    [
        ({"box": [10, 1700, 200, 100], "in_header": False}, True),
        ({"box": [10, 1701, 200, 100], "in_header": False}, False),
        ({"box": [10, 4000, 200, 100], "in_header": True}, True),
        ({"box": None, "in_header": None}, None),
    ],
)
def test_clearly_visible_is_in_the_header_or_within_two_screens(
    records: Records, place: dict[str, Any], visible: bool | None
) -> None:
    records.visit(records.merchant(), 4, sighting(**place))
    (seen,) = records.channel(PHONE)
    assert seen is not None
    assert seen.clearly_visible is visible


def test_of_two_equal_sightings_the_one_that_is_clearly_visible_is_the_best(records: Records) -> None:
    low = sighting(value="+33100000001", box=[0, 5000, 9, 9], in_header=False)
    high = sighting(value="+33199999999", box=[0, 20, 9, 9], in_header=True)
    records.visit(records.merchant(), 4, low, high)
    (seen,) = records.channel(PHONE)
    assert seen is not None
    assert seen.clearly_visible is True
    assert seen.evidence[1] == f"sighting:{high.id}"


def test_a_sighting_that_was_overruled_counts_on_no_night(records: Records) -> None:
    shop, wrong = records.merchant(), sighting(value="+33199001122")
    records.visit(shop, 4, sighting(value="+33199001122"), sighting(value="+33155", page=CONTACT, depth=1))
    records.visit(shop, 5, wrong)
    review = records.review("sighting", wrong.id, SetAsideReason.MEDIATOR)
    first, second = records.channel(PHONE)
    assert first is not None and second is not None
    assert (first.kind, first.clicks, first.overruled) == (OutcomeKind.EXACT, 1, True)
    assert (second.kind, second.overruled) == (OutcomeKind.NOT_FOUND, True)
    assert f"review:{review}" in first.evidence


def test_where_the_search_had_stopped_for_an_overruled_sighting_nothing_is_known(records: Records) -> None:
    shop, wrong = records.merchant(), sighting()
    records.visit(shop, 4, wrong, search={"proven": 1, "why": "budget"})
    records.review("sighting", wrong.id)
    (seen,) = records.channel(PHONE)
    assert seen is not None
    assert (seen.kind, seen.reason, seen.overruled) == (OutcomeKind.NOT_MEASURED, "overruled", True)


def test_an_overruled_sighting_makes_older_nights_count_that_say_more(records: Records) -> None:
    shop, wrong = records.merchant(), sighting()
    records.visit(shop, 1)
    for day in (4, 5):
        records.visit(shop, day, sighting(), search={"proven": 1})
    records.visit(shop, 6, wrong, search={"proven": 1})
    assert days(records) == [5, 6]
    records.review("sighting", wrong.id)
    assert days(records) == [1, 5, 6]


def test_what_was_set_aside_can_be_the_merchants_after_all(records: Records) -> None:
    shop = records.merchant()
    aside = sighting(value="+33826000000", set_aside=SetAsideReason.MEDIATOR, box=[0, 10, 9, 9])
    records.visit(shop, 4, sighting(value="+33826000000", set_aside=SetAsideReason.FAX, page=CONTACT, depth=1))
    records.visit(shop, 5, aside)
    records.review("sighting", aside.id, "own")
    assert kinds(records.channel(PHONE)) == [(OutcomeKind.EXACT, 1), (OutcomeKind.EXACT, 0)]
    assert [one.price_class for one in records.channel(PHONE) if one] == [PriceClass.PREMIUM] * 2
    with records.database.reading() as session:
        assert session.get_one(Sighting, aside.id).set_aside is SetAsideReason.MEDIATOR


def test_the_latest_review_wins_whichever_night_it_was_made_on(records: Records) -> None:
    shop, first, second = records.merchant(), sighting(), sighting()
    records.visit(shop, 4, first)
    records.visit(shop, 5, second)
    records.review("sighting", first.id, hours=2)
    assert kinds(records.channel(PHONE)) == [(OutcomeKind.NOT_FOUND, None)] * 2
    records.review("sighting", second.id, upheld=True, hours=1)
    assert kinds(records.channel(PHONE)) == [(OutcomeKind.NOT_FOUND, None)] * 2
    records.review("sighting", second.id, upheld=True, hours=3)
    assert kinds(records.channel(PHONE)) == [(OutcomeKind.EXACT, 0)] * 2


def test_upholding_that_a_value_was_set_aside_somewhere_does_not_bring_it_back(records: Records) -> None:
    shop, wrong, aside = records.merchant(), sighting(), sighting(set_aside=SetAsideReason.FAX)
    records.visit(shop, 4, wrong, aside)
    records.review("sighting", wrong.id, hours=1)
    records.review("sighting", aside.id, upheld=True, hours=2)
    assert kinds(records.channel(PHONE)) == [(OutcomeKind.NOT_FOUND, None)]


def test_a_value_is_overruled_however_its_letters_are_written(records: Records) -> None:
    shop, wrong = records.merchant(), sighting(EMAIL, "Contact@Agency.test")
    records.visit(shop, 4, wrong)
    records.visit(shop, 5, sighting(EMAIL, "contact@agency.test"))
    records.review("sighting", wrong.id, SetAsideReason.AGENCY)
    assert kinds(records.channel(EMAIL)) == [(OutcomeKind.NOT_FOUND, None)] * 2


def test_a_sighting_that_was_overruled_for_another_edition_counts(records: Records) -> None:
    seen = sighting()
    records.visit(records.merchant(), 4, seen)
    records.review("sighting", seen.id, edition=records.edition_named("2026"))
    assert kinds(records.channel(PHONE)) == [(OutcomeKind.EXACT, 0)]
    records.review("sighting", seen.id, of_no_edition=True)
    assert kinds(records.channel(PHONE)) == [(OutcomeKind.NOT_FOUND, None)]


def test_only_reviews_of_the_category_are_in_its_inputs(records: Records) -> None:
    here, there = sighting(), sighting()
    shops = [records.merchant(), records.merchant("saba", category="hats")]
    for shop, seen in zip(shops, (here, there), strict=True):
        records.visit(shop, 4, seen)
    own = [records.review("depth", depth_subject(shops[0], PHONE), "1"), records.review("sighting", here.id)]
    records.review("depth", depth_subject(shops[1], PHONE), "1"), records.review("sighting", there.id)
    records.review("reply", records.reply(records.attempt(shops[1]), 1), "human")
    assert records.chosen().reviews == tuple(sorted(own))


def test_a_sighting_is_overruled_for_its_merchant_and_channel_alone(records: Records) -> None:
    shop, other, wrong = records.merchant(), records.merchant("saba"), sighting()
    records.visit(shop, 4, wrong, sighting(Channel.CALLBACK))
    records.visit(other, 4, sighting())
    records.review("sighting", wrong.id)
    first, second = records.observed()
    assert first.nights[0].channels[PHONE].kind is OutcomeKind.NOT_FOUND
    assert first.nights[0].channels[Channel.CALLBACK].kind is OutcomeKind.EXACT
    assert second.nights[0].channels[PHONE].kind is OutcomeKind.EXACT


@pytest.mark.parametrize(
    ("replacement", "becomes"),
    [
        ("3", (OutcomeKind.EXACT, 3)),
        ("0", (OutcomeKind.EXACT, 0)),
        ("not_found", (OutcomeKind.NOT_FOUND, None)),
        ("not_measured", (OutcomeKind.NOT_MEASURED, None)),
    ],
)
def test_a_depth_that_was_overruled_is_so_on_every_night(
    records: Records, replacement: str, becomes: tuple[OutcomeKind, int | None]
) -> None:
    shop = records.merchant()
    records.visit(shop, 4, sighting(box=[0, 5, 9, 9]))
    records.visit(shop, 5)
    review = records.review("depth", depth_subject(shop, PHONE), replacement)
    assert kinds(records.channel(PHONE)) == [becomes, becomes]
    assert all(one and one.overruled and f"review:{review}" in one.evidence for one in records.channel(PHONE))
    assert all(one and not one.overruled for one in records.channel(EMAIL))


def test_a_depth_that_was_upheld_stays_and_undoes_what_was_said_before(records: Records) -> None:
    shop = records.merchant()
    records.visit(shop, 4, sighting())
    records.review("depth", depth_subject(shop, PHONE), "3", hours=1)
    records.review("depth", depth_subject(shop, PHONE), upheld=True, hours=2)
    (seen,) = records.channel(PHONE)
    assert seen is not None
    assert (seen.clicks, seen.overruled) == (0, False)


def test_reviews_count_for_later_revisions_and_never_for_another_edition(records: Records) -> None:
    shop = records.merchant()
    records.visit(shop, 4, sighting())
    records.review("depth", depth_subject(shop, PHONE), "5", edition=records.edition_named("2026"))
    assert kinds(records.channel(PHONE)) == [(OutcomeKind.EXACT, 0)]
    records.review("depth", depth_subject(shop, PHONE), "3")
    first, records.edition = records.edition, records.edition_named("2027", 2)
    assert kinds(records.channel(PHONE)) == [(OutcomeKind.EXACT, 3)]
    records.review("depth", depth_subject(shop, PHONE), "4", hours=1)
    records.edition = first
    assert kinds(records.channel(PHONE)) == [(OutcomeKind.EXACT, 3)]


@pytest.mark.parametrize(
    ("subject", "replacement"),
    [("depth", "100"), ("depth", "-1"), ("depth", "²"), ("sighting", "+33199"), ("depth", None)],
)
def test_a_review_that_means_nothing_is_refused_by_name(
    records: Records, subject: str, replacement: str | None
) -> None:
    shop, seen = records.merchant(), sighting()
    records.visit(shop, 4, seen)
    key = depth_subject(shop, PHONE) if subject == "depth" else seen.id
    review = records.review(subject, key, replacement)
    with pytest.raises(UserError, match=review):
        records.chosen()


def test_a_visit_that_is_gone_is_named(records: Records) -> None:
    visit = records.visit(records.merchant(), 4, sighting())
    inputs = records.chosen()
    records.remove(Visit, visit)
    with pytest.raises(UserError, match=f"visit {visit}.*gone"):
        records.observed(inputs)


def test_a_reviewed_sighting_that_is_gone_is_named(records: Records) -> None:
    seen = sighting()
    records.visit(records.merchant(), 4, seen)
    records.review("sighting", seen.id)
    inputs = records.chosen()
    records.remove(Sighting, seen.id)
    with pytest.raises(UserError, match=f"sighting {seen.id}.*gone"):
        records.observed(inputs)


def test_many_nights_are_asked_for_in_few_questions(records: Records) -> None:
    from sqlalchemy import event

    asked: list[str] = []
    for number in range(12):
        shop = records.merchant(f"shop-{number}")
        for day in range(1, 5):
            records.visit(shop, day, sighting())
    event.listen(records.database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    inputs = records.chosen()
    records.observed(inputs)
    assert len([one for one in asked if one.startswith("SELECT")]) < 40


def test_nobody_to_look_at_is_no_question_too_many(records: Records) -> None:
    with records.database.reading() as session:
        from barometer.observing.chosen_nights import Period
        from barometer.observing.sighting_reviews import Decisions

        period = Period(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
        assert chosen_visits(session, [], Profile.DESKTOP, period, 3, Decisions({}, {})) == []


TIMED_OUT: dict[str, Any] = {"status": VisitStatus.PARTIAL, "status_reason": Reason.TIMEOUT}


def test_a_visit_that_ran_out_of_time_measured_what_it_saw_and_nothing_else(records: Records) -> None:
    shop = records.merchant()
    records.visit(shop, 5, sighting(), search={"proven": 1, "why": "budget"}, **TIMED_OUT)
    assert kinds(records.channel(PHONE)) == [(OutcomeKind.EXACT, 0)]
    (unseen,) = records.channel(EMAIL)
    assert unseen is not None
    assert (unseen.kind, unseen.reason) == (OutcomeKind.NOT_MEASURED, "timeout")


def test_an_older_night_counts_where_the_newer_ones_ran_out_of_time(records: Records) -> None:
    shop = records.merchant()
    for day in (3, 4):
        records.visit(shop, day)
    for day in (5, 6):
        records.visit(shop, day, **TIMED_OUT)
    assert days(records) == [3, 4, 5, 6]


def test_what_was_not_found_says_how_far_was_looked(records: Records) -> None:
    shop = records.merchant()
    records.visit(shop, 5)
    records.visit(shop, 6, search={"proven": 1, "why": "budget"})
    assert [one and one.searched for one in records.channel(PHONE)] == ["complete", "budget"]
