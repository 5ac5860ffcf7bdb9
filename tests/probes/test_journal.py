"""The life of an attempt: which steps may follow, who may take them, and that nothing is ever handed over twice."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from probes import journal
from probes.journal import HANDING_OVER, INTENT, STEPS, OutOfStep, Step, history, take
from probes.lease import held_lease
from probes.recovery import decide_unknown, prove_sent, recover
from storage.database import Database, open_database
from storage.records import Attempt, Campaign, Event, new_id
from storage.vocabulary import AttemptState, BlockedBy, Channel
from tests.probes.campaigning import TUESDAY, merchant

S = AttemptState


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def bare_attempt(database: Database, state: AttemptState = S.RELEASED) -> str:
    """Store an attempt in *state*, with an event that says so, and return its key."""
    campaign = Campaign(name=new_id(), starts_at=TUESDAY, ends_at=TUESDAY + timedelta(days=30))
    one = merchant(f"{new_id()}.test")
    attempt = Attempt(
        campaign_id=campaign.id, merchant_id=one.id, channel=Channel.EMAIL, state=state, scenario="gift-card",
        language="fr", body="?", token=new_id(), planned_for=TUESDAY, window_seconds=60,
    )  # fmt: skip
    with database.session() as session:
        session.add_all([campaign, one, attempt, Event(attempt_id=attempt.id, sequence=0, state=state, at=TUESDAY)])
    return attempt.id


def told(database: Database, key: str) -> list[tuple[AttemptState, str | None]]:
    with database.reading() as session:
        return [(event.state, event.detail) for event in history(session, key)]


def test_every_state_has_its_steps_and_nothing_follows_a_cancellation() -> None:
    assert set(STEPS) == set(S)
    assert STEPS[S.CANCELLED] == frozenset()
    assert all(S.PLANNED not in following for following in STEPS.values())


@pytest.mark.parametrize("state", [state for state in S if S.SENDING not in STEPS[state] and state is not S.SENDING])
def test_only_a_released_attempt_can_be_taken_for_sending(database: Database, state: AttemptState) -> None:
    key = bare_attempt(database, state)
    with pytest.raises(OutOfStep, match=f"is {state} and cannot become sending"):
        take(database, key, Step(S.SENDING, "sender a", INTENT))
    assert told(database, key) == [(state, None)]


def test_a_second_sender_can_neither_take_over_nor_hand_over(database: Database) -> None:
    key = bare_attempt(database)
    take(database, key, Step(S.SENDING, "sender a", INTENT))
    for detail in (INTENT, HANDING_OVER):
        with pytest.raises(OutOfStep, match="being sent by somebody else"):
            take(database, key, Step(S.SENDING, "sender b", detail))
    take(database, key, Step(S.SENDING, "sender a", HANDING_OVER))
    with pytest.raises(OutOfStep, match="handed over already"):
        take(database, key, Step(S.SENDING, "sender a", HANDING_OVER))


def test_after_the_hand_over_only_its_own_sender_can_say_that_it_did_not_leave(database: Database) -> None:
    key = bare_attempt(database)
    take(database, key, Step(S.SENDING, "sender a", INTENT), Step(S.SENDING, "sender a", HANDING_OVER))
    with pytest.raises(OutOfStep, match="who alone knows"):
        take(database, key, Step(S.RELEASED, "recovery"))
    take(database, key, Step(S.RELEASED, "sender a", "451 come back"))
    assert told(database, key)[-1] == (S.RELEASED, "451 come back")


def test_an_unknown_attempt_is_let_go_again_by_a_person_only(database: Database) -> None:
    key = bare_attempt(database, S.UNKNOWN)
    with pytest.raises(OutOfStep, match="only a person can let it go again"):
        take(database, key, Step(S.RELEASED, "sender a"))
    take(database, key, Step(S.RELEASED, "Camille Durand", "not in the log", by_person=True))
    assert told(database, key)[-1] == (S.RELEASED, "not in the log")


def test_steps_are_written_all_or_none(database: Database) -> None:
    key = bare_attempt(database)
    with pytest.raises(OutOfStep):
        take(database, key, Step(S.SENDING, "sender a", INTENT), Step(S.ANSWERED, "sender a"))
    assert told(database, key) == [(S.RELEASED, None)]


def test_a_condition_that_does_not_hold_writes_nothing(database: Database) -> None:
    key = bare_attempt(database)

    def refuse(session: object) -> None:
        raise LookupError("the stop file exists")

    with pytest.raises(LookupError):
        take(database, key, Step(S.SENDING, "sender a", INTENT), provided=refuse)
    assert told(database, key) == [(S.RELEASED, None)]


def test_the_row_repeats_what_the_last_step_said(database: Database) -> None:
    key = bare_attempt(database)
    later = TUESDAY + timedelta(hours=1)
    take(database, key, Step(S.RELEASED, "planner", "it was late", planned_for=later))
    take(database, key, Step(S.SENDING, "sender a", INTENT))
    take(database, key, Step(S.BLOCKED, "sender a", "a captcha", blocked_by=BlockedBy.CAPTCHA))
    with database.reading() as session:
        attempt = session.get_one(Attempt, key)
        assert (attempt.state, attempt.blocked_by, attempt.planned_for) == (S.BLOCKED, BlockedBy.CAPTCHA, later)
    take(database, key, Step(S.SENT, "Camille Durand", at=later, t0=later, link="https://x.com/a/status/1"))
    with database.reading() as session:
        attempt = session.get_one(Attempt, key)
        assert (attempt.state, attempt.blocked_by, attempt.t0) == (S.SENT, None, later)
        assert attempt.link == "https://x.com/a/status/1"


def test_a_writer_who_comes_second_with_the_same_number_is_out_of_step(database: Database) -> None:
    key = bare_attempt(database)

    def take_the_number(session: Session) -> None:
        session.add(Event(attempt_id=key, sequence=0, state=S.SENDING, at=TUESDAY))
        session.flush()

    with pytest.raises(OutOfStep, match="another process took its next step"):
        take(database, key, Step(S.SENDING, "sender a", INTENT), provided=take_the_number)
    assert told(database, key) == [(S.RELEASED, None)]


def test_the_database_itself_refuses_to_change_or_forget_an_event(database: Database) -> None:
    bare_attempt(database)
    with pytest.raises(DatabaseError, match="only appended"), database.session() as session:
        session.scalars(select(Event)).one().detail = "changed"
    with pytest.raises(DatabaseError, match="only appended"), database.session() as session:
        session.delete(session.scalars(select(Event)).one())


def test_planning_by_rows_leaves_what_planning_by_records_leaves(database: Database) -> None:
    campaign = Campaign(name="c", starts_at=TUESDAY, ends_at=TUESDAY + timedelta(days=30))
    one = merchant("elan.test")
    attempt = Attempt(
        campaign_id=campaign.id, merchant_id=one.id, channel=Channel.EMAIL, scenario="gift-card", language="fr",
        body="?", token="t1", planned_for=TUESDAY, window_seconds=60, created_at=TUESDAY,
    )  # fmt: skip
    columns = [column.name for column in Attempt.__table__.columns]
    row = {name: getattr(attempt, name) for name in columns} | {"id": new_id(), "token": "t2"}
    with database.session() as session:
        session.add_all([campaign, one])
        session.flush()
        journal.plan(session, [attempt], "planner")
        session.flush()
        journal.plan_rows(session, [row], "planner", TUESDAY)
    with database.reading() as session:
        found = session.scalars(select(Attempt)).all()
        lives = [[(e.sequence, e.state, e.at, e.actor) for e in history(session, one.id)] for one in found]
    assert lives[0] == lives[1] == [(0, S.PLANNED, TUESDAY, "planner")]
    first, second = ({name: getattr(one, name) for name in columns if name not in ("id", "token")} for one in found)
    assert first == second


def test_what_is_planned_no_more_cannot_be_taken_by_the_many(database: Database) -> None:
    keys = [bare_attempt(database, S.PLANNED), bare_attempt(database, S.CANCELLED)]
    with pytest.raises(OutOfStep), database.session() as session:
        journal.take_planned(session, keys, Step(S.RELEASED, "Camille Durand"))
    assert told(database, keys[0]) == [(S.PLANNED, None)]
    with pytest.raises(OutOfStep), database.session() as session:
        journal.take_planned(session, keys[:1], Step(S.SENT, "Camille Durand"))


SENDERS = ("sender a#1", "sender b#2", "sender c#3")


class Lives(RuleBasedStateMachine):
    """Senders that stall, die and come back, recoveries, copies that come in, and a person who looks things up.

    The world knows what the journal cannot: whether a hand-over really left. Senders and the person tell the truth.
    """

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.key = bare_attempt(self.database)
        self.left = 0
        self.did_it_leave: dict[str, bool] = {}

    def try_to(self, *steps: Step) -> bool:
        try:
            take(self.database, self.key, *steps)
        except OutOfStep:
            return False
        return True

    @rule(sender=st.sampled_from(SENDERS))
    def writes_the_intent(self, sender: str) -> None:
        if self.try_to(Step(S.SENDING, sender, INTENT)):
            self.did_it_leave.pop(sender, None)

    @rule(sender=st.sampled_from(SENDERS), leaves=st.booleans())
    def hands_over(self, sender: str, leaves: bool) -> None:
        if self.try_to(Step(S.SENDING, sender, HANDING_OVER)):
            self.left += leaves
            self.did_it_leave[sender] = leaves

    @rule(sender=st.sampled_from(SENDERS), doubtful=st.booleans())
    def says_what_became_of_it(self, sender: str, doubtful: bool) -> None:
        if self.did_it_leave.get(sender):
            self.try_to(Step(S.UNKNOWN if doubtful else S.SENT, sender, t0=None if doubtful else TUESDAY))
        else:
            self.try_to(Step(S.UNKNOWN if doubtful and sender in self.did_it_leave else S.RELEASED, sender, "refused"))

    @rule()
    def somebody_recovers(self) -> None:
        with held_lease(self.database) as lease:
            recover(self.database, lease)

    @precondition(lambda self: self.left)
    @rule()
    def a_copy_comes_in(self) -> None:
        with self.database.session() as session:
            prove_sent(session, self.key, Step(S.SENT, "intake", "its copy came in", at=TUESDAY, t0=TUESDAY))

    @rule()
    def a_person_finds_out(self) -> None:
        try:
            with self.database.session() as session:
                decide_unknown(session, self.key, "Camille", "the log", was_sent=self.left > 0, at=TUESDAY)
        except OutOfStep:
            pass

    @invariant()
    def nothing_leaves_twice(self) -> None:
        assert self.left <= 1

    @invariant()
    def every_event_follows_the_one_before(self) -> None:
        with self.database.reading() as session:
            life = history(session, self.key)
            assert session.get_one(Attempt, self.key).state is life[-1].state
        assert [event.sequence for event in life] == list(range(len(life)))
        for before, after in pairwise(life):
            assert after.state in STEPS[before.state]

    @invariant()
    def between_two_hand_overs_somebody_who_knows_says_that_it_did_not_leave(self) -> None:
        with self.database.reading() as session:
            handed_by = None
            for event in history(session, self.key):
                if event.detail == HANDING_OVER:
                    assert handed_by is None
                    handed_by = event.actor
                elif event.state is S.RELEASED and event.actor in (handed_by, "Camille"):
                    handed_by = None


def test_however_steps_interleave_nothing_is_handed_over_twice(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'lives.db'}") as database:
        database.migrate()
        Lives.database = database
        machine = Lives.TestCase
        machine.settings = settings(
            max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        )
        machine("runTest").runTest()
