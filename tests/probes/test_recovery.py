"""What a dead sender leaves behind, what proves that something left, and what a person finds out."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from probes.journal import HANDING_OVER, INTENT, OutOfStep, Step, take
from probes.lease import Busy, LeaseLost, held_lease
from probes.recovery import decide_unknown, prove_sent, recover
from storage.database import Database, open_database
from storage.records import Attempt
from storage.vocabulary import AttemptState
from tests.probes.campaigning import TUESDAY, events
from tests.probes.test_journal import bare_attempt

S = AttemptState
DEAD = "sender dead:1#0"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def state_of(database: Database, key: str) -> AttemptState:
    with database.reading() as session:
        return session.get_one(Attempt, key).state


def test_after_the_intent_it_is_released_again_and_after_the_hand_over_unknown(database: Database) -> None:
    intended, handed = bare_attempt(database), bare_attempt(database)
    for key in (intended, handed):
        take(database, key, Step(S.SENDING, DEAD, INTENT))
    take(database, handed, Step(S.SENDING, DEAD, HANDING_OVER))
    with held_lease(database) as lease:
        assert recover(database, lease) == ((intended,), (handed,))
        assert recover(database, lease) == ((), ())
    assert (state_of(database, intended), state_of(database, handed)) == (S.RELEASED, S.UNKNOWN)


def test_what_a_person_is_at_work_on_is_left_alone(database: Database) -> None:
    key = bare_attempt(database)
    take(database, key, Step(S.SENDING, "Camille Durand", HANDING_OVER))
    with held_lease(database) as lease:
        assert recover(database, lease) == ((), ())
    assert state_of(database, key) is S.SENDING


def test_a_sender_that_lost_its_lease_recovers_nothing(database: Database) -> None:
    key = bare_attempt(database)
    take(database, key, Step(S.SENDING, DEAD, HANDING_OVER))
    with held_lease(database) as lease, pytest.raises(LeaseLost):
        recover(database, lease._replace(token=lease.token - 1))
    assert state_of(database, key) is S.SENDING


def test_two_senders_do_not_work_at_once_and_the_next_one_has_another_name(database: Database) -> None:
    with held_lease(database) as first, pytest.raises(Busy, match="another sender is at work"), held_lease(database):
        pass
    with held_lease(database) as second:
        assert second.actor != first.actor
        assert second.token == first.token + 1


@pytest.mark.parametrize("state", [S.UNKNOWN, S.RELEASED, S.BLOCKED])
def test_a_copy_proves_that_what_we_did_not_count_had_left(database: Database, state: AttemptState) -> None:
    key = bare_attempt(database, state)
    proof = Step(S.SENT, "intake", "its copy came in", "e" * 64, at=TUESDAY, t0=TUESDAY)
    with database.session() as session:
        assert prove_sent(session, key, proof)
    with database.session() as session:
        assert not prove_sent(session, key, proof)
    with database.reading() as session:
        assert session.get_one(Attempt, key).t0 == TUESDAY
    assert events(database, key)[-1] == (S.SENT, "its copy came in")


def test_a_copy_that_is_read_before_the_sender_has_written_does_no_harm(database: Database) -> None:
    key = bare_attempt(database)
    take(database, key, Step(S.SENDING, DEAD, INTENT), Step(S.SENDING, DEAD, HANDING_OVER))
    copied_at = TUESDAY + timedelta(seconds=2)
    with database.session() as session:
        assert prove_sent(session, key, Step(S.SENT, "intake", "its copy came in", t0=copied_at))
    take(database, key, Step(S.SENT, DEAD, "250 accepted", t0=TUESDAY))
    with database.reading() as session:
        assert session.get_one(Attempt, key).t0 == TUESDAY


@pytest.mark.parametrize("state", [S.SENT, S.ACKNOWLEDGED, S.ANSWERED, S.EXPIRED, S.CANCELLED, S.PLANNED])
def test_a_copy_changes_nothing_where_there_is_nothing_to_prove(database: Database, state: AttemptState) -> None:
    key = bare_attempt(database, state)
    with database.session() as session:
        assert not prove_sent(session, key, Step(S.SENT, "intake", t0=TUESDAY))
    assert len(events(database, key)) == 1


def test_a_proof_can_only_say_that_it_was_sent(database: Database) -> None:
    key = bare_attempt(database, S.UNKNOWN)
    with pytest.raises(OutOfStep), database.session() as session:
        prove_sent(session, key, Step(S.RELEASED, "intake", by_person=True))


def test_the_clock_of_what_a_person_finds_sent_starts_at_the_hand_over(database: Database) -> None:
    key = bare_attempt(database)
    take(database, key, Step(S.SENDING, DEAD, INTENT, at=TUESDAY))
    handed_over_at = TUESDAY + timedelta(seconds=3)
    take(database, key, Step(S.SENDING, DEAD, HANDING_OVER, at=handed_over_at), Step(S.UNKNOWN, DEAD))
    with database.session() as session:
        decide_unknown(session, key, "Camille Durand", "in the log", was_sent=True, at=TUESDAY + timedelta(days=1))
    with database.reading() as session:
        attempt = session.get_one(Attempt, key)
    assert (attempt.state, attempt.t0) == (S.SENT, handed_over_at)


def test_what_a_person_finds_not_sent_may_be_sent_again(database: Database) -> None:
    key = bare_attempt(database, S.UNKNOWN)
    with database.session() as session:
        decide_unknown(session, key, "Camille Durand", "not in the log", was_sent=False, at=TUESDAY)
    take(database, key, Step(S.SENDING, "sender b", INTENT), Step(S.SENDING, "sender b", HANDING_OVER))
    with pytest.raises(OutOfStep, match="is sending, not unknown"), database.session() as session:
        decide_unknown(session, key, "Camille Durand", "again", was_sent=False, at=TUESDAY)
