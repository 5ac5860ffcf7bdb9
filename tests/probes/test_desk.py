"""What is on the desk, what a person may stamp, and what the journal says in the end."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from probes import desk, journal
from probes.desk_card import BadLink, asks, drafts, posted
from probes.desk_outcomes import Ends, as_note, offered, outcomes, told
from probes.stamping import StampRefused, annotate, close, stamp, undo
from probes.stamps import LADDERS, Press, TaskKind, following, live
from storage.database import Database, open_database
from storage.records import Attempt, Stamp
from storage.vocabulary import AttemptState, BlockedBy, Channel, PriceClass, StampKind
from tests.probes.desk_samples import NOON, at, attempt, block, campaign, merchant, one, stamped_kinds, states

K = StampKind
S = AttemptState
ME = "Camille"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def press(database: Database, attempt_id: str, *stamps: tuple[StampKind, float], actor: str = ME) -> None:
    for kind, seconds in stamps:
        with database.session() as session:
            stamp(session, attempt_id, kind, actor, at(seconds))


def end(database: Database, attempt_id: str, word: str, note: str = "", actor: str = ME) -> None:
    with database.session() as session:
        close(session, attempt_id, outcomes()[word], actor, at(600), note=note)


def listed(database: Database, **wanted: object) -> list[str]:
    with database.reading() as session:
        return [task.attempt.id for task in desk.tasks(session, NOON, **wanted)]  # type: ignore[arg-type]


# What is on the desk


def test_only_what_is_due_and_waits_for_a_person_is_on_the_desk_in_its_order(database: Database) -> None:
    with database.session() as session:
        owner, shop = campaign(), merchant()
        session.add_all([owner, shop])
        later = attempt(session, owner, shop, Channel.CHAT, planned_for=NOON - timedelta(minutes=5))
        sooner = attempt(session, owner, shop, Channel.PHONE)
        attempt(session, owner, shop, Channel.PHONE, planned_for=NOON + timedelta(seconds=1))
        attempt(session, owner, shop, Channel.FORM, assisted=False)
        attempt(session, owner, shop, Channel.EMAIL)
        wanted = [sooner.id, later.id]
    assert listed(database) == wanted
    assert listed(database, limit=1) == wanted[:1]


@pytest.mark.parametrize("by", list(BlockedBy))
def test_a_form_that_stopped_the_program_is_a_persons_task_unless_nobody_may_send_it(
    database: Database, by: BlockedBy
) -> None:
    with database.session() as session:
        owner, shop = campaign(), merchant()
        session.add_all([owner, shop])
        blocked = attempt(session, owner, shop, Channel.FORM, assisted=False)
        block(session, blocked, by)
        key = blocked.id
    assert listed(database) == ([] if by in {BlockedBy.NO_ADDRESS, BlockedBy.OPT_OUT} else [key])


@pytest.mark.parametrize(
    "values",
    [
        {"released_at": None},
        {"stopped_at": NOON},
        {"closed_at": NOON},
        {"starts_at": NOON + timedelta(hours=1)},
        {"ends_at": NOON - timedelta(hours=1)},
    ],
)
def test_nothing_of_a_campaign_that_does_not_run_is_on_the_desk(database: Database, values: dict[str, object]) -> None:
    with database.session() as session:
        owner, shop = campaign(**values), merchant()
        session.add_all([owner, shop])
        attempt(session, owner, shop, Channel.PHONE)
    assert listed(database) == []


def test_what_is_not_wanted_is_passed_over_for_what_comes_after_it(database: Database) -> None:
    with database.session() as session:
        owner, shop, other = campaign(), merchant(), merchant("bastide.test")
        session.add_all([owner, shop, other])
        for _ in range(5):
            attempt(session, owner, shop, Channel.PHONE)
        last = attempt(session, owner, other, Channel.PHONE, planned_for=NOON).id
    assert listed(database, wanted=lambda task: task.merchant.key == "bastide.test", limit=2) == [last]


def test_what_somebody_began_comes_first_and_is_not_given_to_anybody_else(database: Database) -> None:
    with database.session() as session:
        owner, shop = campaign(), merchant()
        session.add_all([owner, shop])
        first = attempt(session, owner, shop, Channel.PHONE, planned_for=NOON - timedelta(hours=2)).id
        second = attempt(session, owner, shop, Channel.PHONE).id
    press(database, second, (K.DIALLED, 0))
    assert listed(database) == [second, first]
    assert listed(database, actor=ME) == [second, first]
    assert listed(database, actor="Dominique") == [first]


def test_a_task_carries_its_number_what_the_call_costs_the_words_and_what_a_good_answer_holds(
    database: Database,
) -> None:
    key = one(database, target="+33826000000")
    with database.reading() as session:
        task = desk.find(session, key[:12])
        assert (task.kind, task.attempt.target, drafts(task)[0].text) == (
            TaskKind.CALL, "+33826000000", "Bonjour, livrez-vous le samedi ?",
        )  # fmt: skip
        assert task.price is not None
        assert (task.price.price_class, str(task.price.max_eur_per_call)) == (PriceClass.PREMIUM, "0.50")
        assert asks(task)


def test_a_number_that_is_none_has_no_price_rather_than_a_wrong_one(database: Database) -> None:
    key = one(database, target="call us")
    with database.reading() as session:
        assert desk.find(session, key).price is None


def test_an_unknown_or_ambiguous_key_is_refused(database: Database) -> None:
    with database.session() as session:
        owner, shop = campaign(), merchant()
        session.add_all([owner, shop])
        for _ in range(40):
            attempt(session, owner, shop, Channel.PHONE)
    with database.reading() as session:
        with pytest.raises(desk.NoSuchTask, match="no task"):
            desk.find(session, "%")
        with pytest.raises(desk.NoSuchTask, match="several"):
            desk.find(session, "")


# Stamps


def test_a_call_that_is_answered_ends_as_answered_with_the_moment_of_dialling_as_its_clock(database: Database) -> None:
    key = one(database)
    press(database, key, (K.DIALLED, 0), (K.RINGING, 3), (K.MENU, 9), (K.ON_HOLD, 20), (K.HUMAN, 75), (K.HUNG_UP, 200))
    end(database, key, "answered", "yes, on Saturdays")
    with database.reading() as session:
        record = session.get_one(Attempt, key)
        assert (record.state, record.t0) == (S.ANSWERED, at(0))
        assert states(session, key) == [S.SENDING, S.SENDING, S.SENT, S.ANSWERED]
        last = journal.history(session, key)[-1]
        assert (last.at, last.actor, last.detail) == (at(75), ME, "answered: yes, on Saturdays")


def test_a_call_that_nobody_answers_is_over_when_it_ends(database: Database) -> None:
    key = one(database)
    press(database, key, (K.DIALLED, 0), (K.RINGING, 3), (K.GAVE_UP, 180))
    end(database, key, "rang_out")
    with database.reading() as session:
        assert states(session, key) == [S.SENDING, S.SENDING, S.SENT, S.EXPIRED]
        assert journal.history(session, key)[-1].at == at(180)
    assert listed(database) == []


def test_while_a_call_goes_on_the_journal_says_that_it_may_have_reached_the_merchant(database: Database) -> None:
    key = one(database)
    press(database, key, (K.DIALLED, 0), (K.HUMAN, 5))
    with database.reading() as session:
        assert journal.history(session, key)[-1].detail == journal.HANDING_OVER
        assert session.get_one(Attempt, key).t0 is None


def test_a_call_that_failed_on_our_side_is_not_held_against_the_merchant(database: Database) -> None:
    key = one(database)
    press(database, key, (K.DIALLED, 0), (K.GAVE_UP, 4))
    end(database, key, "our_failure")
    with database.reading() as session:
        assert session.get_one(Attempt, key).state is S.CANCELLED


def test_stamps_come_in_their_order_and_may_be_skipped_but_not_repeated(database: Database) -> None:
    key = one(database)
    with pytest.raises(StampRefused, match="what can: dialled"):
        press(database, key, (K.RINGING, 0))
    press(database, key, (K.DIALLED, 0), (K.ON_HOLD, 5))
    for earlier in (K.DIALLED, K.RINGING, K.MENU, K.ON_HOLD, K.SENT):
        with pytest.raises(StampRefused):
            press(database, key, (earlier, 9))
    with pytest.raises(StampRefused, match="lies before"):
        press(database, key, (K.HUMAN, 4))
    press(database, key, (K.HUMAN, 9))
    with pytest.raises(StampRefused):
        press(database, key, (K.GAVE_UP, 10))


def test_an_undone_stamp_stays_on_record_and_the_attempt_goes_back_when_none_is_left(database: Database) -> None:
    key = one(database)
    press(database, key, (K.DIALLED, 0), (K.RINGING, 3))
    for _ in range(2):
        with database.session() as session:
            undo(session, key, ME, at(5))
    with database.session() as session:
        assert stamped_kinds(session, key) == [K.DIALLED, K.RINGING, K.UNDO, K.UNDO]
        assert session.get_one(Attempt, key).state is S.RELEASED
        with pytest.raises(StampRefused, match="nothing to undo"):
            undo(session, key, ME, at(6))
    press(database, key, (K.DIALLED, 60), (K.HUMAN, 70), (K.HUNG_UP, 90))
    end(database, key, "answered")
    with database.reading() as session:
        assert session.get_one(Attempt, key).t0 == at(60)


def test_what_another_person_began_is_theirs_until_it_is_taken_over(database: Database) -> None:
    key = one(database)
    press(database, key, (K.DIALLED, 0))
    with pytest.raises(StampRefused, match="Camille is at work"):
        press(database, key, (K.HUMAN, 4), actor="Dominique")
    with database.session() as session:
        stamp(session, key, K.HUMAN, "Dominique", at(4), take_over=True)
        stamp(session, key, K.HUNG_UP, "Dominique", at(9))
    end(database, key, "answered", actor="Dominique")
    with database.reading() as session:
        assert session.get_one(Attempt, key).state is S.ANSWERED


def test_the_call_of_another_person_can_be_withdrawn_and_the_journal_says_by_whom(database: Database) -> None:
    key = one(database)
    press(database, key, (K.DIALLED, 0))
    with database.session() as session:
        with pytest.raises(StampRefused, match="Camille is at work"):
            undo(session, key, "Dominique", at(60))
        undo(session, key, "Dominique", at(60), take_over=True)
    with database.reading() as session:
        assert states(session, key)[2:] == [S.UNKNOWN, S.RELEASED]
        assert journal.history(session, key)[-2].detail == "taken over from Camille"


def test_the_end_of_a_task_is_told_once_and_must_fit_its_stamps(database: Database) -> None:
    key = one(database)
    press(database, key, (K.DIALLED, 0))
    with pytest.raises(StampRefused):
        end(database, key, "rang_out")
    press(database, key, (K.HUNG_UP, 9))
    with pytest.raises(StampRefused, match="answered does not fit"):
        end(database, key, "answered")
    end(database, key, "engaged")
    with pytest.raises(StampRefused):
        end(database, key, "engaged")
    with database.session() as session, pytest.raises(StampRefused, match="end was told"):
        undo(session, key, ME, at(700))
    with pytest.raises(StampRefused, match="the attempt is expired"):
        press(database, key, (K.DIALLED, 800))


def test_a_note_is_added_to_the_last_stamp_without_moving_it(database: Database) -> None:
    key = one(database)
    with database.session() as session, pytest.raises(StampRefused):
        annotate(session, key, "too soon", ME, at(0))
    press(database, key, (K.DIALLED, 0), (K.MENU, 4))
    for words in ("six choices", "none fits"):
        with database.session() as session:
            annotate(session, key, words, ME, at(8))
    with database.reading() as session:
        counting = desk.find(session, key).counting
    assert [(one.kind, one.at, one.note) for one in counting] == [
        (K.DIALLED, at(0), None),
        (K.MENU, at(4), "six choices; none fits"),
    ]


def test_a_blocked_form_sent_by_a_person_is_sent_from_the_moment_of_the_stamp(database: Database) -> None:
    with database.session() as session:
        owner, shop = campaign(), merchant()
        session.add_all([owner, shop])
        form = attempt(session, owner, shop, Channel.FORM, assisted=False)
        block(session, form, BlockedBy.CAPTCHA)
        key = form.id
    press(database, key, (K.STARTED, 0), (K.SENT, 40))
    with database.reading() as session:
        assert session.get_one(Attempt, key).state is S.BLOCKED
    end(database, key, "accepted")
    with database.reading() as session:
        record = session.get_one(Attempt, key)
        assert (record.state, record.t0, record.blocked_by) == (S.SENT, at(40), None)


def test_a_form_that_a_person_cannot_send_either_stays_blocked_and_leaves_the_desk(database: Database) -> None:
    with database.session() as session:
        owner, shop = campaign(), merchant()
        session.add_all([owner, shop])
        form = attempt(session, owner, shop, Channel.FORM, assisted=False)
        block(session, form, BlockedBy.CAPTCHA)
        key = form.id
    press(database, key, (K.STARTED, 0), (K.GAVE_UP, 90))
    end(database, key, "login_wanted")
    with database.reading() as session:
        record = session.get_one(Attempt, key)
        assert (record.state, record.blocked_by) == (S.BLOCKED, BlockedBy.LOGIN)
    assert listed(database) == []


def test_a_post_is_sent_with_its_link_and_answered_later(database: Database) -> None:
    key = one(database, Channel.FACEBOOK, target="https://www.facebook.com/elan.test")
    press(database, key, (K.STARTED, 0), (K.SENT, 30))
    link = "https://www.facebook.com/elan.test/posts/123456"
    with database.session() as session:
        close(session, key, outcomes()["posted"], ME, at(40), link=link)
    with database.reading() as session:
        record = session.get_one(Attempt, key)
        assert (record.state, record.t0, record.link) == (S.SENT, at(30), link)
        assert [task.attempt.id for task in desk.awaiting(session)] == [key]
    assert listed(database) == []
    press(database, key, (K.ANSWERED, 4000))
    end(database, key, "answered")
    with database.reading() as session:
        assert session.get_one(Attempt, key).state is S.ANSWERED
        assert desk.awaiting(session) == []


def test_an_answer_to_a_post_may_come_after_its_window(database: Database) -> None:
    key = one(database, Channel.X, target="@elan")
    press(database, key, (K.SENT, 0))
    end(database, key, "posted")
    with database.session() as session:
        journal.append(session, key, journal.Step(S.EXPIRED, "barometer"))
    press(database, key, (K.ANSWERED, 500_000))
    end(database, key, "answered_in_part")
    with database.reading() as session:
        assert session.get_one(Attempt, key).state is S.ANSWERED


def test_a_navigation_runs_from_its_start_to_the_answer(database: Database) -> None:
    key = one(database, Channel.CONTACT_PAGE)
    press(database, key, (K.STARTED, 0), (K.ANSWERED, 48))
    end(database, key, "answered")
    with database.reading() as session:
        record = session.get_one(Attempt, key)
        assert (record.state, record.t0) == (S.ANSWERED, at(0))


def test_a_chat_that_nobody_answers_is_unanswered(database: Database) -> None:
    key = one(database, Channel.CHAT)
    press(database, key, (K.STARTED, 0), (K.SENT, 20), (K.GAVE_UP, 620))
    end(database, key, "left")
    with database.reading() as session:
        assert (session.get_one(Attempt, key).state, session.get_one(Attempt, key).t0) == (S.EXPIRED, at(20))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"released_at": None}, "not released"),
        ({"released_at": NOON + timedelta(hours=1)}, "not released then"),
        ({"stopped_at": NOON}, "stopped"),
        ({"ends_at": NOON - timedelta(hours=1)}, "outside the dates"),
    ],
)
def test_nothing_is_begun_while_the_campaign_does_not_run(
    database: Database, values: dict[str, object], why: str
) -> None:
    with database.session() as session:
        owner, shop = campaign(**values), merchant()
        session.add_all([owner, shop])
        key = attempt(session, owner, shop, Channel.PHONE).id
    with pytest.raises(StampRefused, match=why):
        press(database, key, (K.DIALLED, 60))


def test_a_person_does_not_make_an_attempt_that_the_program_makes(database: Database) -> None:
    key = one(database, Channel.FORM, assisted=False)
    with pytest.raises(StampRefused, match="makes this attempt itself"):
        press(database, key, (K.SENT, 0))


def test_the_database_refuses_two_stamps_with_one_number_and_any_change(database: Database) -> None:
    key = one(database)
    press(database, key, (K.DIALLED, 0))
    with pytest.raises(IntegrityError), database.session() as session:
        session.add(Stamp(attempt_id=key, sequence=0, kind=K.RINGING, at=at(1), actor=ME))
    with pytest.raises(Exception, match=r"(?i)append|change"), database.session() as session:
        session.query(Stamp).update({"note": "better"})


# Cards and links


def task_of(database: Database, channel: Channel, target: str) -> desk.Task:
    key = one(database, channel, target=target)
    with database.reading() as session:
        return desk.find(session, key)


def test_a_post_comes_with_a_link_that_opens_it_ready_to_be_sent(database: Database) -> None:
    (draft,) = drafts(task_of(database, Channel.X, "https://x.com/elan"))
    assert draft.text == "@elan Bonjour, livrez-vous le samedi ?"
    assert draft.link.startswith("https://x.com/intent/post?text=%40elan")


def test_on_facebook_a_person_may_post_or_open_a_conversation(database: Database) -> None:
    links = [draft.link for draft in drafts(task_of(database, Channel.FACEBOOK, "https://www.facebook.com/elan.test"))]
    assert links[0] == "https://www.facebook.com/elan.test"
    assert links[1].startswith("https://m.me/elan.test?")


@pytest.mark.parametrize("target", ["not an account!", "https://www.facebook.com/groups/1/2/3/4", ""])
def test_an_odd_account_is_shown_as_it_is_with_the_words(database: Database, target: str) -> None:
    (draft,) = drafts(task_of(database, Channel.FACEBOOK, target))
    assert draft.text == "Bonjour, livrez-vous le samedi ?"


def test_the_clock_of_a_post_on_x_is_read_from_its_link(database: Database) -> None:
    task = task_of(database, Channel.X, "@elan")
    number = int(at(0).timestamp() * 1000 - 1288834974657) << 22
    found = posted(task, f" https://x.com/me/status/{number} ", at(5))
    assert found.made_at == at(0)
    with pytest.raises(BadLink, match="right one"):
        posted(task, f"https://x.com/me/status/{number}", at(-3600))


@pytest.mark.parametrize(
    "link",
    [
        "",
        "x.com/me/status/1",
        "javascript:alert(1)",
        "https://x.com/me",
        "https://evil.test/status/1",
        "https://x.com/me/status/1\u202e",
    ],
)
def test_what_is_no_link_of_a_post_is_refused(database: Database, link: str) -> None:
    with pytest.raises(BadLink):
        posted(task_of(database, Channel.X, "@elan"), link, at(5))


# The state machine as such


@given(st.sampled_from(TaskKind), st.data())
def test_every_way_through_a_task_comes_to_an_end_with_an_outcome(kind: TaskKind, drawn: st.DataObject) -> None:
    counting: list[Press] = []
    while following(kind, counting):
        chosen = drawn.draw(st.sampled_from(following(kind, counting)))
        counting.append(Press(len(counting), chosen, at(len(counting))))
    assert {one.ends for one in offered(kind, counting)} > {Ends.NOT_MEASURED}


@given(st.lists(st.booleans(), max_size=30))
def test_undoing_takes_back_the_last_stamp_that_counts_and_no_other(choices: list[bool]) -> None:
    presses: list[Press] = []
    expected: list[Press] = []
    for is_undo in choices:
        if is_undo and expected:
            presses.append(Press(len(presses), K.UNDO, at(0), undoes=expected.pop().sequence))
        else:
            presses.append(Press(len(presses), K.DIALLED, at(0)))
            expected.append(presses[-1])
    assert live(presses) == expected


@given(st.sampled_from(sorted(outcomes())), st.text(max_size=60))
def test_what_was_told_is_read_back_from_the_note(word: str, note: str) -> None:
    found = told([Press(0, K.HUNG_UP, at(0), note=as_note(outcomes()[word], note))])
    assert found == (outcomes()[word], note)


def test_every_task_can_begin_be_answered_or_fail_and_every_outcome_belongs_to_one() -> None:
    assert {kind for one in outcomes().values() for kind in one.kinds} == set(TaskKind)
    for kind, ladder in LADDERS.items():
        assert ladder.begins in {stamp for stamps in ladder.after.values() for stamp in stamps}, kind
