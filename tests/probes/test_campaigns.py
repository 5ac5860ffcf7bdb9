"""Campaigns: who is asked what and when, who lets it go, what time ends, one reminder, another time for what is late."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from probes import campaign_life as life
from probes import campaigns
from probes.addresses import Addresses
from probes.campaigns import CannotPlan, Order
from probes.journal import Step, append, history, take
from probes.reminders import Reminded, plan_reminders
from probes.rescheduling import Rescheduled, reschedule
from probes.scenarios import scenarios
from schedules.calendars import OFFICE, is_quiet
from schedules.shortfalls import DoesNotFit, Limit
from storage.database import Database, open_database
from storage.records import Attempt, Campaign, Merchant, Sighting, Visit
from storage.vocabulary import AttemptState, BlockedBy, Channel, SetAsideReason, VisitStatus
from tests.probes.campaigning import LIMITS, TUESDAY, attempts, merchant, order, panel, planned, states, terms

S = AttemptState
DAY = timedelta(days=1)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def refusal(database: Database, wanted: Order, merchants: list[Merchant]) -> DoesNotFit:
    with database.session() as session:
        done = campaigns.plan(session, wanted, merchants, terms(), TUESDAY)
    assert isinstance(done, DoesNotFit)
    return done


def seen(merchant_id: str, *sightings: tuple[Channel, str, int], language: str = "fr", age: int = 1) -> list[object]:
    visit = Visit(
        merchant_id=merchant_id, url="https://x.test/", status=VisitStatus.COMPLETE, language=language,
        finished_at=TUESDAY - age * DAY,
    )  # fmt: skip
    return [
        visit,
        *(
            Sighting(visit_id=visit.id, page_url="https://x.test/p", depth=depth, channel=channel, value=value)
            for channel, value, depth in sightings
        ),
    ]


# Planning


def test_every_merchant_gets_its_attempts_in_open_hours_and_nothing_leaves_yet(database: Database) -> None:
    merchants = panel(database, merchant("elan.test"), merchant("bastide.test", country="GB"))
    done = planned(database, order(quotas={Channel.EMAIL: 2, Channel.FORM: 1}), merchants)
    assert (done.attempts, done.without_target, done.not_looked) == (4, 2, 2)
    mails = [one for one in attempts(database) if one.channel is Channel.EMAIL]
    assert Counter(one.merchant_id for one in mails) == {one.id: 2 for one in merchants}
    assert {one.state for one in mails} == {S.PLANNED}
    assert not any(is_quiet(one.planned_for, OFFICE) for one in mails)
    assert {one.language for one in mails} == {"fr", "en"}


def test_every_attempt_can_be_told_from_all_others(database: Database) -> None:
    merchants = panel(database, merchant("elan.test"), merchant("bastide.test"))
    planned(database, order(quotas={Channel.EMAIL: 3, Channel.PHONE: 1}), merchants)
    found = attempts(database)
    assert len({one.token for one in found}) == len(found)
    for one in found:
        assert len(one.token) == 16
        if one.channel is Channel.EMAIL:
            assert one.reply_address == f"{one.token}@answers.probe.example"
            assert one.message_id and one.message_id.endswith("@answers.probe.example>")
            assert one.reply_address not in one.message_id
        else:
            assert (one.reply_address, one.message_id, one.assisted) == (None, None, True)


def test_without_a_domain_of_ones_own_the_token_goes_behind_a_plus() -> None:
    addresses = Addresses("camille@Probe.Example", None)
    assert addresses.reply_address("abc") == "camille+abc@probe.example"
    assert addresses.message_id("abc").endswith("@probe.example>")


def test_the_same_seed_gives_the_same_plan_and_new_tokens_another_seed_another_plan(database: Database) -> None:
    merchants = panel(database, *(merchant(f"m{number}.test") for number in range(5)))
    plans, tokens = [], set()
    for seed, listed in (("7", merchants), ("7", merchants[::-1]), ("8", merchants)):
        with database.session() as session:
            done = campaigns.plan(session, order(quotas={Channel.EMAIL: 3}, seed=seed), listed, terms(), TUESDAY)
            assert not isinstance(done, DoesNotFit)
            session.flush()
            found = session.scalars(select(Attempt).order_by(Attempt.planned_for, Attempt.merchant_id)).all()
            plans.append([(one.merchant_id, one.planned_for, one.scenario, one.variant, one.body) for one in found])
            tokens |= {one.token for one in found}
            session.rollback()
    assert plans[0] == plans[1] != plans[2]
    assert len(tokens) == 45


def test_a_merchant_is_asked_the_same_first_questions_on_every_channel(database: Database) -> None:
    (one,) = panel(database, merchant("elan.test", phone="+33199001234"))
    planned(database, order(quotas={Channel.EMAIL: 2, Channel.PHONE: 3}), [one])
    asked = {
        channel: {attempt.scenario for attempt in attempts(database) if attempt.channel is channel}
        for channel in (Channel.EMAIL, Channel.PHONE)
    }
    assert asked[Channel.EMAIL] < asked[Channel.PHONE]
    stages = {scenarios()[key].stage for key in asked[Channel.PHONE]}
    assert len(stages) == 3


def test_a_question_asked_again_is_asked_in_other_words(database: Database) -> None:
    (one,) = panel(database, merchant("elan.test", entered=True))
    planned(database, order(quotas={Channel.EMAIL: 50}, contest=True), [one])
    texts = Counter((attempt.scenario, attempt.variant) for attempt in attempts(database))
    assert len(texts) == 50


def test_a_scenario_of_another_category_is_not_asked(database: Database) -> None:
    (one,) = panel(database, merchant("elan.test", category="Jouets"))
    with pytest.raises(CannotPlan, match=r"none of the scenarios fits elan\.test"):
        planned(database, order(scenarios=[scenarios()["allergens"]]), [one])


def test_two_attempts_are_not_open_at_a_time_unless_the_merchant_entered_the_contest(database: Database) -> None:
    plain, entered = panel(database, merchant("elan.test"), merchant("bastide.test", entered=True))
    quota = order(quotas={Channel.EMAIL: 10}, contest=True)
    unfit = refusal(database, quota, [plain, entered])
    assert [(short.limit, short.subject) for short in unfit.shortfalls] == [(Limit.ONE_OPEN, "elan.test email")]
    assert "10 wanted" in unfit.shortfalls[0].sum
    assert attempts(database) == []
    assert planned(database, quota, [entered]).attempts == 10


def test_a_plan_keeps_clear_of_what_other_campaigns_do(database: Database) -> None:
    (one,) = panel(database, merchant("elan.test"))
    planned(database, order(quotas={Channel.EMAIL: 2}), [one])
    planned(database, order(name="summer", quotas={Channel.EMAIL: 1}, seed="8"), [one])
    times = sorted(attempt.planned_for for attempt in attempts(database))
    assert min(later - earlier for earlier, later in pairwise(times)) >= 14 * DAY


def test_a_campaign_larger_than_the_ceiling_is_refused_with_the_sum(database: Database) -> None:
    merchants = panel(database, merchant("elan.test"), merchant("bastide.test"))
    small = terms(LIMITS._replace(per_campaign=5))
    with pytest.raises(CannotPlan, match=r"2 merchants x \(2 email \+ 1 phone\) make 6 attempts, and .* may have 5"):
        planned(database, order(quotas={Channel.EMAIL: 2, Channel.PHONE: 1}), merchants, small)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"quotas": {}}, "no channel was named"),
        ({"quotas": {Channel.INSTAGRAM: 1}}, "no attempts are made on instagram"),
        ({"quotas": {Channel.EMAIL: 0}}, "0 attempts on email"),
        ({"end": TUESDAY}, "attempts cannot leave from"),
        ({"end": TUESDAY + 900 * DAY}, "attempts cannot leave from"),
        ({"language": "de"}, "no scenario is written in 'de'"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(database: Database, changed: dict[str, object], said: str) -> None:
    merchants = panel(database, merchant("elan.test"))
    with pytest.raises(CannotPlan, match=said):
        planned(database, order(**changed), merchants)


def test_a_name_is_given_once_and_a_panel_is_needed(database: Database) -> None:
    merchants = panel(database, merchant("elan.test"))
    planned(database, order(), merchants)
    with pytest.raises(CannotPlan, match="there is a campaign 'spring' already"):
        planned(database, order(), merchants)
    with pytest.raises(CannotPlan, match="there is no merchant to contact"):
        planned(database, order(name="summer"), [])


# Targets


def test_a_merchant_without_a_target_is_counted_as_blocked_with_the_reason(database: Database) -> None:
    looked, not_looked = panel(database, merchant("elan.test", email=None), merchant("bastide.test", email=None))
    with database.session() as session:
        session.add_all(seen(looked.id, (Channel.PHONE, "+33199001234", 0)))
    done = planned(database, order(quotas={Channel.EMAIL: 2}), [looked, not_looked])
    assert (done.attempts, done.without_target, done.not_looked) == (0, 4, 2)
    whys = set()
    for one in attempts(database):
        assert (one.state, one.blocked_by, one.target) == (S.BLOCKED, BlockedBy.NO_ADDRESS, None)
        with database.reading() as session:
            whys.add(history(session, one.id)[-1].detail)
    assert whys == {
        "the panel names no email, and the site shows none",
        "the panel names no email, and the site was not read",
    }


def test_the_panel_wins_over_the_site_and_the_newest_visit_over_older_ones(database: Database) -> None:
    (one,) = panel(database, merchant("elan.test", facebook="https://www.facebook.com/elan"))
    with database.session() as session:
        session.add_all(
            seen(one.id, (Channel.FORM, "https://elan.test/old", 0), (Channel.EMAIL, "z@elan.test", 0), age=9)
        )
        session.add_all(
            seen(one.id, (Channel.FORM, "https://elan.test/contact", 1), (Channel.FORM, "https://elan.test/far", 2))
        )
        unread = Visit(
            merchant_id=one.id, url="https://elan.test/", status=VisitStatus.UNREACHABLE, finished_at=TUESDAY
        )
        session.add(unread)
    planned(database, order(quotas={Channel.EMAIL: 1, Channel.FORM: 1, Channel.FACEBOOK: 1}), [one])
    found = {
        attempt.channel: (attempt.target, (attempt.target_source or "").split()[0]) for attempt in attempts(database)
    }
    assert found == {
        Channel.EMAIL: ("contact@elan.test", "panel"),
        Channel.FORM: ("https://elan.test/contact", "sighting"),
        Channel.FACEBOOK: ("https://www.facebook.com/elan", "panel"),
    }


@pytest.mark.parametrize(
    ("addresses", "chosen"),
    [
        ([("bonjour@elan.test", 2), ("jobs@elan.test", 0)], "bonjour@elan.test"),
        ([("dpo@elan.test", 1), ("press@elan.test", 0)], "press@elan.test"),
        ([("elan@gmail.com", 0), ("contact@elan.test", 0)], "contact@elan.test"),
        ([("b@elan.test", 1), ("a@elan.test", 1)], "a@elan.test"),
        ([("no-reply@elan.test", 0)], None),
        ([("service.client-noreply@elan.test", 0)], None),
    ],
)
def test_the_address_is_the_one_a_customer_would_write_to(
    database: Database, addresses: list[tuple[str, int]], chosen: str | None
) -> None:
    (one,) = panel(database, merchant("elan.test", email=None))
    with database.session() as session:
        session.add_all(seen(one.id, *((Channel.EMAIL, value, depth) for value, depth in addresses)))
    planned(database, order(), [one])
    assert [attempt.target for attempt in attempts(database)] == [chosen]


def test_a_target_whose_owner_opted_out_is_blocked_even_if_the_panel_does_not_know_it(database: Database) -> None:
    (one,) = panel(database, merchant("elan.test", email=None))
    with database.session() as session:
        session.add_all(seen(one.id, (Channel.PHONE, "+33199005678", 0)))
    with database.session() as session:
        quota = order(quotas={Channel.PHONE: 1})
        done = campaigns.plan(session, quota, [one], terms(), TUESDAY, lambda target: target.value == "+33199005678")
        assert not isinstance(done, DoesNotFit)
    assert [(attempt.state, attempt.blocked_by) for attempt in attempts(database)] == [(S.BLOCKED, BlockedBy.OPT_OUT)]


def test_what_was_set_aside_is_no_target(database: Database) -> None:
    (one,) = panel(database, merchant("elan.test", email=None))
    with database.session() as session:
        visit, sighting = seen(one.id, (Channel.EMAIL, "mediator@other.test", 0))
        sighting.set_aside = SetAsideReason.MEDIATOR  # type: ignore[attr-defined]
        session.add_all([visit, sighting])
    assert planned(database, order(), [one]).attempts == 0


def test_a_site_in_another_language_is_written_to_in_english(database: Database) -> None:
    (one,) = panel(database, merchant("elan.test"))
    with database.session() as session:
        session.add_all(seen(one.id, (Channel.EMAIL, "a@elan.test", 0), language="nl"))
    planned(database, order(), [one])
    assert [attempt.language for attempt in attempts(database)] == ["en"]


# Letting go, stopping, ending


def test_nothing_is_let_go_without_a_name_that_is_kept(database: Database) -> None:
    planned(database, order(), panel(database, merchant("elan.test")))
    with database.session() as session:
        assert life.release(session, "spring", "Camille Durand", TUESDAY) == 1
    (one,) = attempts(database)
    with database.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
        assert (campaign.released_by, campaign.released_at) == ("Camille Durand", TUESDAY)
        assert [(event.state, event.actor) for event in history(session, one.id)] == [
            (S.PLANNED, "planner"),
            (S.RELEASED, "Camille Durand"),
        ]


def test_a_campaign_is_let_go_once_and_not_when_it_is_stopped_over_or_unknown(database: Database) -> None:
    planned(database, order(), panel(database, merchant("elan.test")))
    with database.session() as session:
        with pytest.raises(life.NoCampaign):
            life.release(session, "autumn", "Camille Durand", TUESDAY)
        with pytest.raises(life.CannotChange, match="ended on"):
            life.release(session, "spring", "Camille Durand", TUESDAY + 90 * DAY)
        life.stop(session, "spring", "Lou Petit", TUESDAY)
        with pytest.raises(life.CannotChange, match="was stopped by Lou Petit"):
            life.release(session, "spring", "Camille Durand", TUESDAY)
        life.resume(session, "spring", "Lou Petit", TUESDAY + DAY)
        life.release(session, "spring", "Camille Durand", TUESDAY + DAY)
        with pytest.raises(life.CannotChange, match="has no planned attempt"):
            life.release(session, "spring", "Camille Durand", TUESDAY + DAY)


def test_that_a_campaign_was_stopped_is_remembered_after_it_goes_on(database: Database) -> None:
    planned(database, order(), panel(database, merchant("elan.test")))
    with database.session() as session:
        life.stop(session, "spring", "Lou Petit", TUESDAY)
        with pytest.raises(life.CannotChange, match="already"):
            life.stop(session, "spring", "Camille Durand", TUESDAY)
        campaign = life.resume(session, "spring", "Camille Durand", TUESDAY + DAY)
        with pytest.raises(life.CannotChange, match="is not stopped"):
            life.resume(session, "spring", "Camille Durand", TUESDAY)
        (stop,) = campaign.parameters["stops"]
    assert (stop["by"], stop["resumed_by"]) == ("Lou Petit", "Camille Durand")


def sent(database: Database, at: object = TUESDAY, **changed: object) -> list[Attempt]:
    """Plan, let go and send one e-mail to each of two merchants."""
    merchants = panel(database, merchant("elan.test"), merchant("bastide.test"))
    planned(database, order(**changed), merchants)
    with database.session() as session:
        life.release(session, "spring", "Camille Durand", TUESDAY)
        for key in session.scalars(select(Attempt.id)).all():
            append(session, key, Step(S.SENDING, "sender a", "intent"))
            append(session, key, Step(S.SENT, "sender a", t0=TUESDAY))
    return attempts(database)


def test_silence_becomes_no_answer_when_the_window_has_passed(database: Database) -> None:
    second = sent(database)[1]
    take(database, second.id, Step(S.ANSWERED, "intake"))
    with database.session() as session:
        assert life.sweep(session, TUESDAY + 14 * DAY)[S.EXPIRED] == 0
    with database.session() as session:
        assert life.sweep(session, TUESDAY + 14 * DAY + timedelta(seconds=1))[S.EXPIRED] == 1
    assert states(database) == [S.ANSWERED, S.EXPIRED]


def test_what_never_left_is_cancelled_when_its_campaign_is_over_and_the_campaign_is_closed(database: Database) -> None:
    planned(database, order(), panel(database, merchant("elan.test")))
    with database.session() as session:
        life.sweep(session, TUESDAY + 59 * DAY)
        assert session.scalars(select(Campaign)).one().closed_at is None
    over = TUESDAY + 60 * DAY
    with database.session() as session:
        assert life.sweep(session, over)[S.CANCELLED] == 1
    with database.reading() as session:
        assert session.scalars(select(Campaign)).one().closed_at == over


def test_a_campaign_with_an_unknown_attempt_is_not_closed(database: Database) -> None:
    first, second = sent(database)
    for key, state in ((first.id, S.ANSWERED), (second.id, S.CANCELLED)):
        take(database, key, Step(state, "x"))
    with database.session() as session:
        session.get_one(Attempt, second.id).state = S.UNKNOWN
    with database.session() as session:
        life.sweep(session, TUESDAY + 90 * DAY)
        assert session.scalars(select(Campaign)).one().closed_at is None


# Reminders


def remind(database: Database, at: object, **changed: object) -> Reminded:
    with database.session() as session:
        done = plan_reminders(session, "spring", 7 * DAY, terms(), at, lambda one: one.key == "no.test")  # type: ignore[arg-type]
    assert isinstance(done, Reminded)
    return done


def test_silence_is_recalled_once_and_an_answer_never(database: Database) -> None:
    first, second = sent(database)
    take(database, second.id, Step(S.ANSWERED, "intake"))
    assert remind(database, TUESDAY + 7 * DAY - timedelta(seconds=1)) == Reminded(0, 0)
    assert remind(database, TUESDAY + 8 * DAY) == Reminded(1, 0)
    assert remind(database, TUESDAY + 9 * DAY) == Reminded(0, 0)
    (again,) = [one for one in attempts(database) if one.reminder_of]
    assert (again.reminder_of, again.state, again.target) == (first.id, S.PLANNED, first.target)
    assert again.subject == f"Re: {first.subject}"
    assert again.token != first.token
    assert again.planned_for > TUESDAY + 8 * DAY
    with database.session() as session:
        assert life.release(session, "spring", "Lou Petit", TUESDAY + 8 * DAY) == 1


def test_no_reminder_goes_to_who_asked_to_be_left_alone_or_after_the_campaign(database: Database) -> None:
    sent(database)
    with database.session() as session:
        session.scalars(select(Merchant).where(Merchant.key == "elan.test")).one().key = "no.test"
    assert remind(database, TUESDAY + 8 * DAY) == Reminded(1, 1)
    with pytest.raises(life.CannotChange, match="ended on"):
        remind(database, TUESDAY + 60 * DAY)


# Another time for what is late


def late(database: Database, count: int, **changed: object) -> list[str]:
    (one,) = panel(database, merchant("elan.test", entered=True))
    planned(database, order(quotas={Channel.EMAIL: count}, contest=True, **changed), [one])
    with database.session() as session:
        life.release(session, "spring", "Camille Durand", TUESDAY)
        for attempt in session.scalars(select(Attempt)):
            attempt.planned_for = TUESDAY
    return [one.id for one in attempts(database)]


def test_late_attempts_do_not_leave_in_a_burst(database: Database) -> None:
    keys = late(database, 4)
    now = TUESDAY + 10 * DAY
    with database.session() as session:
        assert reschedule(session, keys, terms(), now) == Rescheduled(4, 0)
    times = sorted(one.planned_for for one in attempts(database))
    assert min(times) >= now
    assert min(later - earlier for earlier, later in pairwise(times)) > DAY
    assert not any(is_quiet(at, OFFICE) for at in times)


def test_what_finds_no_room_before_the_end_is_cancelled_with_the_reason(database: Database) -> None:
    keys = late(database, 4)
    with database.session() as session:
        session.scalars(select(Merchant)).one().entered = False
    with database.session() as session:
        assert reschedule(session, keys, terms(), TUESDAY + 40 * DAY) == Rescheduled(2, 2)
    assert states(database) == [S.CANCELLED, S.CANCELLED, S.RELEASED, S.RELEASED]
    with database.session() as session:
        assert reschedule(session, keys, terms(), TUESDAY + 61 * DAY) == Rescheduled(0, 2)
    with database.reading() as session:
        assert "no room is left" in (history(session, keys[0])[-1].detail or "")


# Size


@pytest.mark.slow
def test_the_whole_contest_is_planned_for_four_hundred_merchants(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'large.db'}") as database:
        database.migrate()
        merchants = panel(
            database,
            *(merchant(f"m{number}.test", entered=True, phone="+33199001234") for number in range(400)),
        )
        wide = terms(LIMITS._replace(per_day=5_000, per_day_and_domain=50))
        quotas = {Channel.EMAIL: 50, Channel.PHONE: 80, Channel.CONTACT_PAGE: 95}
        done = planned(database, order(quotas=quotas, contest=True, end=TUESDAY + 120 * DAY), merchants, wide)
        assert done.attempts == 90_000
        with database.session() as session:
            assert life.release(session, "spring", "Camille Durand", TUESDAY) == 90_000


@given(st.text(min_size=1, max_size=30), st.integers(1, 40))
def test_which_questions_are_asked_depends_on_seed_and_merchant_alone(seed: str, quota: int) -> None:
    one = merchant("elan.test")
    wanted = order(seed=seed)
    first = campaigns._sequence(wanted, one, quota)
    shuffled = campaigns._sequence(wanted._replace(scenarios=list(wanted.scenarios)[::-1]), one, quota)
    assert [scenario.key for scenario in first] == [scenario.key for scenario in shuffled]
    assert len(first) == quota
    assert max(Counter(scenario.key for scenario in first).values()) <= -(-quota // 27)
