"""The attempts that an edition rests on, how they ended, and what people thought of the answers."""

from datetime import timedelta
from fractions import Fraction

import pytest

from barometer.errors import UserError
from barometer.last_reading import remember_reading
from barometer.observations import Answered, Ending, Missing, Never, Pending
from probes.replies_reviewed import NO_ATTEMPT
from storage.records import Attempt, Rating, Reply, Review, Stamp
from storage.vocabulary import AttemptState, BlockedBy, Channel, ReplyKind, SetAsideReason, StampKind
from tests.barometer.edition_records import FORTNIGHT, FROM, LATER, NOON, UNTIL, Records, sighting

pytest_plugins = ["tests.barometer.edition_database"]

HOUR = 3_600.0
K = StampKind


def test_a_person_s_answer_is_timed_by_the_clock_and_in_business_time(records: Records) -> None:
    attempt = records.attempt(records.merchant())
    receipt, answer = records.reply(attempt, 0.5, ReplyKind.ACKNOWLEDGEMENT), records.reply(attempt, 24)
    tried = records.tried()
    assert tried.ending == Answered(24 * HOUR, 9 * HOUR)
    assert tried.acknowledged == 1_800
    assert (tried.attempt, tried.channel, tried.scenario) == (attempt, Channel.EMAIL, "opening-hours")
    assert tried.evidence == (f"attempt:{attempt}", f"reply:{receipt}", f"reply:{answer}")


def test_a_merchant_that_never_closes_is_timed_by_its_own_hours(records: Records) -> None:
    records.reply(records.attempt(records.merchant(hours="24/7")), 24)
    assert records.tried().ending == Answered(24 * HOUR, 24 * HOUR)


def test_silence_is_never_once_the_window_is_closed_and_pending_before(records: Records) -> None:
    records.attempt(records.merchant())
    ending = records.tried().ending
    assert isinstance(ending, Never)
    assert ending.seconds == FORTNIGHT
    (one,) = records.observed(records.chosen(now=NOON + timedelta(hours=3)))
    assert one.attempts[0].ending == Pending(3 * HOUR, 3 * HOUR)


def test_what_came_after_the_replies_were_collected_is_not_known(records: Records) -> None:
    records.reply(records.attempt(records.merchant()), 24)
    (one,) = records.observed(records.chosen(now=NOON + timedelta(hours=3)))
    assert one.attempts[0].ending == Pending(3 * HOUR, 3 * HOUR)


def test_silence_is_known_as_far_as_the_mailbox_was_read_and_no_longer(records: Records) -> None:
    attempt = records.attempt(records.merchant())
    with records.database.session() as session:
        remember_reading(session, NOON + timedelta(hours=3))
        remember_reading(session, NOON + timedelta(hours=2))
    assert records.tried().ending == Pending(3 * HOUR, 3 * HOUR)
    with records.database.session() as session:
        remember_reading(session, LATER)
    assert isinstance(records.tried().ending, Never)
    assert records.tried().attempt == attempt


def test_what_a_person_times_waits_for_no_mailbox(records: Records) -> None:
    with records.database.session() as session:
        remember_reading(session, NOON - timedelta(days=300))
    records.attempt(records.merchant(), channel=Channel.FACEBOOK)
    assert isinstance(records.tried().ending, Never)


def test_a_demonstration_says_itself_up_to_when_replies_were_collected(records: Records) -> None:
    until = NOON + timedelta(hours=2)
    with records.database.session() as session:
        campaign = session.merge(records.campaign)
        campaign.parameters = {"demonstration": {"factor": 60, "collected_until": until.isoformat()}}
    records.attempt(records.merchant())
    assert records.tried().ending == Pending(2 * HOUR, 2 * HOUR)


@pytest.mark.parametrize(
    ("source", "shown", "ending"),
    [
        ("sighting 1", False, Never),
        ("panel", False, Missing("bounced_elsewhere")),
        ("panel", True, Never),
    ],
)
def test_a_bounce_counts_where_the_merchant_gives_the_address_out(
    records: Records, source: str, shown: bool, ending: Ending | type
) -> None:
    shop = records.merchant()
    if shown:
        records.visit(shop, 4, sighting(Channel.EMAIL, "Hello@elan.test"))
    attempt = records.attempt(shop, target_source=source, state=AttemptState.BOUNCED)
    records.reply(attempt, 0.1, ReplyKind.BOUNCE)
    found = records.tried().ending
    assert isinstance(found, ending) if isinstance(ending, type) else found == ending


def test_an_address_that_the_site_shows_later_changes_nothing(records: Records) -> None:
    shop = records.merchant()
    records.reply(records.attempt(shop, target_source="panel", state=AttemptState.BOUNCED), 0.1, ReplyKind.BOUNCE)
    inputs = records.chosen()
    before = records.observed(inputs)
    records.visit(shop, 4, sighting(Channel.EMAIL, "hello@elan.test"))
    assert records.observed(inputs) == before


@pytest.mark.parametrize(
    ("state", "blocked_by", "reason"),
    [
        (AttemptState.BLOCKED, BlockedBy.CAPTCHA, "blocked:captcha"),
        (AttemptState.BLOCKED, BlockedBy.NO_ADDRESS, "blocked:no_address"),
        (AttemptState.CANCELLED, None, "cancelled"),
        (AttemptState.RELEASED, None, "not_sent"),
        (AttemptState.UNKNOWN, None, "unknown"),
    ],
)
def test_what_was_not_accepted_is_missing_with_its_reason(
    records: Records, state: AttemptState, blocked_by: BlockedBy | None, reason: str
) -> None:
    records.attempt(records.merchant(), state=state, blocked_by=blocked_by, t0=None)
    assert records.tried().ending == Missing(reason)


@pytest.mark.parametrize("channel", [Channel.PHONE, Channel.CHAT])
def test_a_call_or_chat_that_could_not_be_made_is_missing_with_its_reason(records: Records, channel: Channel) -> None:
    shop = records.merchant()
    blocked = {"state": AttemptState.BLOCKED, "blocked_by": BlockedBy.NO_ADDRESS}
    for given in (blocked, {"state": AttemptState.RELEASED}, {"state": AttemptState.CANCELLED}):
        records.attempt(shop, channel, t0=None, **given)
    (one,) = records.observed()
    waiting = "not_dialled" if channel is Channel.PHONE else "not_sent"
    assert [tried.ending for tried in one.attempts] == [
        Missing("blocked:no_address"), Missing(waiting), Missing("cancelled")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("presses", "ending"),
    [
        ([(K.DIALLED, 0), (K.RINGING, 4), (K.HUMAN, 21), (K.HUNG_UP, 200, "answered")], Answered(21, 21)),
        ([(K.DIALLED, 0), (K.RINGING, 4), (K.GAVE_UP, 180, "rang_out")], Never(180, 180)),
        ([(K.DIALLED, 0), (K.HUNG_UP, 9, "our_failure")], Missing("our_failure")),
        ([(K.DIALLED, 0), (K.RINGING, 4)], Missing("not_ended")),
    ],
)
def test_a_call_is_timed_by_its_stamps(
    records: Records, presses: list[tuple[StampKind, float]], ending: Ending
) -> None:
    records.stamps(records.attempt(records.merchant(), Channel.PHONE), *presses)
    assert records.tried().ending == ending


def test_a_stamp_that_was_undone_does_not_count(records: Records) -> None:
    attempt = records.attempt(records.merchant(), Channel.PHONE)
    records.stamps(attempt, (K.DIALLED, 0), (K.HUMAN, 5))
    undo = Stamp(id=records.key(), attempt_id=attempt, sequence=2, kind=K.UNDO, at=NOON, actor="Camille", undoes=1)
    human, hung_up = (
        Stamp(
            id=records.key(),
            attempt_id=attempt,
            sequence=3 + number,
            kind=kind,
            at=NOON + timedelta(seconds=at),
            actor="C",
        )
        for number, (kind, at) in enumerate([(K.HUMAN, 40), (K.HUNG_UP, 90)])
    )
    records.add(undo, human, hung_up)
    assert records.tried().ending == Answered(40, 40)


@pytest.mark.parametrize(
    ("channel", "presses", "ending"),
    [
        (Channel.CHAT, [(K.STARTED, 0), (K.SENT, 10), (K.ANSWERED, 70, "answered")], Answered(60, 60)),
        (Channel.CHAT, [(K.SENT, 0), (K.GAVE_UP, 300, "left")], Never(300, 300)),
        (Channel.CHAT, [(K.SENT, 0)], Missing("not_ended")),
        (Channel.CHAT, [(K.GAVE_UP, 0, "login_wanted")], Missing("blocked:login")),
        (Channel.CONTACT_PAGE, [(K.STARTED, 0), (K.ANSWERED, 95, "answered")], Answered(95, 95)),
        (Channel.CONTACT_PAGE, [(K.STARTED, 0), (K.GAVE_UP, 600, "not_on_the_site")], Never(600, 600)),
        (Channel.INSTAGRAM, [(K.SENT, 0, "posted"), (K.ANSWERED, 7_200, "answered")], Answered(7_200, 7_200)),
        (Channel.FACEBOOK, [(K.SENT, 0, "posted"), (K.ANSWERED, 7_200, "answered")], Answered(7_200, 7_200)),
        (Channel.X, [(K.SENT, 0, "our_mistake")], Missing("our_mistake")),
    ],
)
def test_chats_navigations_and_posts_by_hand_are_timed_by_their_stamps(
    records: Records, channel: Channel, presses: list[tuple[StampKind, float]], ending: Ending
) -> None:
    state = AttemptState.ANSWERED if isinstance(ending, Answered) else AttemptState.SENT
    records.stamps(records.attempt(records.merchant(), channel, state=state), *presses)
    assert records.tried().ending == ending


def test_a_navigation_at_night_is_no_shorter_for_it(records: Records) -> None:
    midnight = 12 * HOUR
    records.stamps(
        records.attempt(records.merchant(), Channel.CONTACT_PAGE), (K.STARTED, midnight), (K.ANSWERED, midnight + 60)
    )
    assert records.tried().ending == Answered(60, 60)


def test_a_chat_that_answers_out_of_hours_took_no_business_time(records: Records) -> None:
    midnight = 12 * HOUR
    records.stamps(records.attempt(records.merchant(), Channel.CHAT), (K.SENT, midnight), (K.ANSWERED, midnight + 60))
    assert records.tried().ending == Answered(60, 0)


def test_silence_after_a_request_to_be_called_back_says_nothing(records: Records) -> None:
    records.attempt(records.merchant(), Channel.CALLBACK)
    assert records.tried().ending == Missing("not_heard")


def test_an_attempt_belongs_to_the_tests_by_when_it_was_accepted(records: Records) -> None:
    shop, second = records.merchant(), timedelta(seconds=1)
    inside = [
        records.attempt(shop, t0=FROM),
        records.attempt(shop, t0=UNTIL - second, planned_for=UNTIL + second),
        records.attempt(shop, t0=None, state=AttemptState.RELEASED, planned_for=FROM),
    ]
    begun = records.attempt(shop, Channel.PHONE, t0=None, state=AttemptState.SENDING, planned_for=FROM - second)
    records.stamps(begun, (K.DIALLED, 0))
    for outside in (FROM - second, UNTIL):
        records.attempt(shop, t0=outside)
        records.attempt(shop, t0=None, state=AttemptState.RELEASED, planned_for=outside)
    assert [one.id for one in records.chosen().attempts] == sorted([*inside, begun])


def test_attempts_of_other_campaigns_do_not_count(records: Records) -> None:
    shop = records.merchant()
    records.attempt(shop)
    records.edition.parameters = {"campaigns": ["another"]}
    assert records.chosen().attempts == ()
    records.edition.parameters = {}
    assert records.chosen().attempts == ()


def test_a_reminder_ends_the_waiting_and_is_no_attempt_of_its_own(records: Records) -> None:
    shop = records.merchant()
    first = records.attempt(shop)
    reminder = records.attempt(shop, t0=NOON + timedelta(days=7), reminder_of=first)
    records.reply(first, 8 * 24)
    assert {one.id for one in records.chosen().attempts} == {first, reminder}
    tried = records.tried()
    assert tried.attempt == first
    assert isinstance(tried.ending, Never)
    assert tried.ending.seconds == 7 * 24 * HOUR


def test_a_reviewer_decides_what_a_reply_is_and_whose(records: Records) -> None:
    shop = records.merchant()
    first, second = records.attempt(shop), records.attempt(shop)
    robot, stray = records.reply(first, 1), records.reply(None, 2)
    records.review("reply", robot, ReplyKind.OTHER_AUTOMATIC, of_no_edition=True)
    records.review("reply", stray, f"attempt:{second}", of_no_edition=True)
    (one,) = records.observed()
    silent, answered = one.attempts
    assert isinstance(silent.ending, Never)
    assert answered.ending == Answered(2 * HOUR, 2 * HOUR)
    assert f"reply:{stray}" in answered.evidence


def test_a_reply_that_a_reviewer_took_away_answers_nothing(records: Records) -> None:
    first = records.attempt(records.merchant())
    records.review("reply", records.reply(first, 1), NO_ATTEMPT, of_no_edition=True)
    assert isinstance(records.tried().ending, Never)


def test_a_review_of_a_reply_that_means_nothing_is_told_in_one_line(records: Records) -> None:
    reply = records.reply(records.attempt(records.merchant()), 1)
    records.review("reply", reply, "perhaps", of_no_edition=True)
    inputs = records.chosen()
    with pytest.raises(UserError, match=f"review of reply {reply} means nothing"):
        records.observed(inputs)


def test_a_rating_is_the_exact_mean_of_what_each_rater_said_last(records: Records) -> None:
    attempt = records.attempt(records.merchant(), Channel.PHONE)
    records.rating(attempt, "phone.courtesy", "0", "Alix", hours=1)
    kept = [
        records.rating(attempt, "phone.courtesy", "2", "Alix", hours=2),
        records.rating(attempt, "phone.courtesy", "1", "Bao"),
        records.rating(attempt, "phone.courtesy", "1", "Camille"),
        records.rating(attempt, "phone.welcome", "2", "Bao"),
    ]
    records.rating(attempt, "phone.closing", "2", "Bao", hours=1)
    records.rating(attempt, "phone.closing", None, "Bao", hours=2)
    tried = records.tried()
    assert tried.ratings == {"phone.courtesy": Fraction(4, 3), "phone.welcome": Fraction(2)}
    assert {one for one in tried.evidence if one.startswith("rating:")} == {f"rating:{key}" for key in kept}


def test_what_was_recorded_since_changes_nothing(records: Records) -> None:
    shop, seen = records.merchant(), sighting()
    records.visit(shop, 4, seen)
    attempt, call = records.attempt(shop), records.attempt(shop, Channel.PHONE)
    records.stamps(call, (K.DIALLED, 0), (K.HUMAN, 9), (K.HUNG_UP, 60))
    reply = records.reply(attempt, 30)
    records.rating(attempt, "email.writing", "1")
    inputs = records.chosen()
    before = records.observed(inputs)
    records.visit(shop, 5)
    records.attempt(shop)
    records.reply(attempt, 1)
    records.rating(attempt, "email.writing", "0", hours=9)
    records.review("reply", reply, ReplyKind.OTHER_AUTOMATIC)
    records.review("sighting", seen.id, SetAsideReason.FAX)
    records.add(Stamp(id=records.key(), attempt_id=call, sequence=3, kind=K.UNDO, at=LATER, actor="C", undoes=1))
    with records.database.session() as session:
        session.get_one(Attempt, attempt).state = AttemptState.CANCELLED
        session.get_one(Reply, reply).attempt_id = None
    assert records.observed(inputs) == before
    assert records.observed() != before


@pytest.mark.parametrize("record", [Attempt, Reply, Rating, Review])
def test_a_record_that_is_gone_is_named(records: Records, record: type[Attempt | Reply | Rating | Review]) -> None:
    attempt = records.attempt(records.merchant())
    reply = records.reply(attempt, 1)
    keys = {Reply: reply, Rating: records.rating(attempt, "email.writing", "1"), Attempt: attempt}
    keys[Review] = records.review("reply", reply, ReplyKind.HUMAN)
    inputs = records.chosen()
    if record is Attempt:
        records.remove(Reply, reply)
        records.remove(Rating, keys[Rating])
    records.remove(record, keys[record])
    with pytest.raises(UserError, match=f"{record.__name__.lower()} {keys[record]}.*is gone"):
        records.observed(inputs)


def test_inputs_that_name_an_attempt_and_not_its_merchant_are_refused(records: Records) -> None:
    records.attempt(records.merchant())
    inputs = records.chosen()._replace(merchants=())
    with pytest.raises(UserError, match="and not its merchant"):
        records.observed(inputs)
