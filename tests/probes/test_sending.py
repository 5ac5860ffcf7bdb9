"""The sending loop: one attempt at a time, written down before and after, whatever goes wrong."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from probes import campaign_life as life
from probes.delivering import MAX_TRIES, Courier, Told, outgoing_of
from probes.journal import Step
from probes.lease import LeaseLost, held_lease
from probes.probe import Blocked, Checked, NotSent, Outgoing, Probe, Sent, Unclear, Unreachable
from probes.recovery import prove_sent, recover
from probes.sending import Ended, Outbox, send_due
from storage.database import Database, open_database
from storage.records import Attempt, Event, TargetCheck
from storage.vocabulary import AttemptState, BlockedBy, Channel
from tests.probes.campaigning import (
    LIMITS,
    TUESDAY,
    KeepingProbe,
    accepted,
    attempts,
    events,
    merchant,
    order,
    outbox,
    panel,
    released,
    states,
    terms,
)
from tests.probes.clocks import StillClock

S = AttemptState
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SENT_LIFE = [(S.PLANNED, None), (S.RELEASED, "let go"), (S.SENDING, "intent"), (S.SENDING, "handing over")]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


@pytest.fixture
def clock() -> StillClock:
    return StillClock(TUESDAY)


@pytest.fixture
def stop_file(tmp_path: Path) -> Path:
    return tmp_path / "STOP"


def merchants(database: Database, count: int) -> Any:
    return panel(database, *(merchant(f"m{number}.test") for number in range(count)))


def run(box: Outbox, campaign: str | None = None, watch: bool = False) -> Ended:
    with held_lease(box.database) as lease:
        recover(box.database, lease)
        return asyncio.run(send_due(box, lease, campaign, watch))


def fail(_: Outgoing) -> Any:
    raise AssertionError("nothing was to be sent")


def test_what_is_due_is_sent_once_and_its_clock_starts(database: Database, clock: StillClock, stop_file: Path) -> None:
    released(database, order(), merchants(database, 3))
    probe = KeepingProbe(accepted(clock))
    assert run(outbox(database, probe, clock, stop_file)) == Ended("nothing is left to send")
    assert states(database) == [S.SENT] * 3
    assert sorted(one.attempt_id for one in probe.given) == sorted(one.id for one in attempts(database))
    for one in attempts(database):
        assert one.t0 == TUESDAY
        assert events(database, one.id) == [*SENT_LIFE, (S.SENT, "250 accepted")]
    run(outbox(database, probe, clock, stop_file))
    assert len(probe.given) == 3


def test_the_probe_is_given_the_words_and_the_addresses_of_the_plan(
    database: Database, clock: StillClock, stop_file: Path
) -> None:
    (one,) = released(database, order(), merchants(database, 1))
    probe = KeepingProbe(accepted(clock))
    run(outbox(database, probe, clock, stop_file))
    (given,) = probe.given
    assert (given.subject, given.body, given.target) == (one.subject, one.body, "contact@m0.test")
    assert (given.reply_address, given.message_id, given.token) == (one.reply_address, one.message_id, one.token)


def test_a_reminder_names_the_message_it_recalls(database: Database) -> None:
    first, second = released(database, order(), merchants(database, 2))
    with database.session() as session:
        session.get_one(Attempt, second.id).reminder_of = first.id
    with database.reading() as session:
        assert outgoing_of(session, second.id).in_reply_to == first.message_id
        assert outgoing_of(session, first.id).in_reply_to is None


def test_nothing_leaves_from_a_campaign_that_nobody_let_go(
    database: Database, clock: StillClock, stop_file: Path
) -> None:
    released(database, order(), merchants(database, 1))
    with database.session() as session:
        life.campaign_named(session, "spring").released_at = None
    run(outbox(database, KeepingProbe(fail), clock, stop_file))
    assert states(database) == [S.RELEASED]


def test_the_stop_file_ends_the_loop_before_the_next_send(
    database: Database, clock: StillClock, stop_file: Path
) -> None:
    released(database, order(), merchants(database, 2))
    probe = KeepingProbe(accepted(clock), after=lambda _: stop_file.touch())
    assert run(outbox(database, probe, clock, stop_file)) == Ended("the stop file exists")
    assert states(database) == [S.RELEASED, S.SENT]


def test_a_stop_that_comes_while_a_message_is_prepared_keeps_it_from_leaving(
    database: Database, clock: StillClock, stop_file: Path
) -> None:
    (one,) = released(database, order(), merchants(database, 1))

    def stop(_: Outgoing) -> None:
        with database.session() as session:
            life.stop(session, "spring", "Lou Petit", TUESDAY)

    probe = KeepingProbe(fail, before=stop)
    assert run(outbox(database, probe, clock, stop_file)).why == "nothing is left to send"
    assert probe.handed_over == []
    assert events(database, one.id)[-1] == (S.RELEASED, "the campaign was stopped by Lou Petit")


def test_somebody_who_opts_out_is_not_written_to_and_counted_as_such(
    database: Database, clock: StillClock, stop_file: Path
) -> None:
    released(database, order(), merchants(database, 2))
    probe = KeepingProbe(accepted(clock))
    run(outbox(database, probe, clock, stop_file, covers=["https://m0.test/"]))
    assert [one.target for one in probe.given] == ["contact@m1.test"]
    left_alone = next(one for one in attempts(database) if one.target == "contact@m0.test")
    assert (left_alone.state, left_alone.blocked_by) == (S.BLOCKED, BlockedBy.OPT_OUT)


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        (Blocked(BlockedBy.REJECTED, "550 no such user"), S.BLOCKED, "550 no such user"),
        (Unclear("the line went dead"), S.UNKNOWN, "the line went dead"),
        (NotSent("451 come back"), S.RELEASED, "not sent: 451 come back"),
    ],
)
def test_what_the_probe_says_is_what_the_journal_keeps(
    database: Database, clock: StillClock, stop_file: Path, answer: Any, state: AttemptState, said: str
) -> None:
    (one,) = released(database, order(), merchants(database, 1))
    run(outbox(database, KeepingProbe(lambda _: answer), clock, stop_file))
    assert events(database, one.id)[-1] == (state, said)
    run(outbox(database, KeepingProbe(fail), clock, stop_file))


def test_every_file_that_proves_it_is_named_by_an_event(database: Database, clock: StillClock, stop_file: Path) -> None:
    released(database, order(), merchants(database, 1))
    proofs = ("a" * 64, "b" * 64, "c" * 64)
    run(outbox(database, KeepingProbe(lambda _: Sent(TUESDAY, "thank you", proofs)), clock, stop_file))
    with database.reading() as session:
        named = session.scalars(select(Event.evidence).order_by(Event.sequence)).all()
    assert [name for name in named if name] == list(proofs)


def test_what_was_put_off_comes_again_later_and_not_for_ever(
    database: Database, clock: StillClock, stop_file: Path
) -> None:
    (one,) = released(database, order(), merchants(database, 1))
    probe = KeepingProbe(lambda _: NotSent("greylisted"))
    own = terms(LIMITS._replace(late=400 * DAY))
    assert run(outbox(database, probe, clock, stop_file, own), watch=True).why == "nothing is left to send"
    assert len(probe.given) == MAX_TRIES
    assert events(database, one.id)[-1] == (S.CANCELLED, f"not sent after {MAX_TRIES} tries: greylisted")
    assert clock.present > TUESDAY + 6 * HOUR


def test_a_server_that_names_a_time_is_taken_at_its_word_within_reason(
    database: Database, clock: StillClock, stop_file: Path
) -> None:
    released(database, order(), merchants(database, 1))
    run(outbox(database, KeepingProbe(lambda _: NotSent("later", TUESDAY + 3 * HOUR)), clock, stop_file))
    assert attempts(database)[0].planned_for == TUESDAY + 3 * HOUR
    clock.present = TUESDAY + 3 * HOUR
    run(outbox(database, KeepingProbe(lambda _: NotSent("never", TUESDAY + 300 * DAY)), clock, stop_file))
    assert attempts(database)[0].planned_for < TUESDAY + 3 * DAY


@pytest.mark.parametrize(("before", "state"), [(True, S.RELEASED), (False, S.UNKNOWN)])
@pytest.mark.parametrize("failure", [RuntimeError("a defect"), Unreachable("no route"), asyncio.CancelledError()])
def test_a_failure_before_the_hand_over_means_not_sent_and_after_it_unknown(
    database: Database, clock: StillClock, stop_file: Path, before: bool, state: AttemptState, failure: BaseException
) -> None:
    released(database, order(), merchants(database, 1))

    def break_down(_: Outgoing) -> None:
        raise failure

    nothing = lambda _: None  # noqa: E731
    probe = KeepingProbe(accepted(clock), break_down if before else nothing, nothing if before else break_down)
    try:
        run(outbox(database, probe, clock, stop_file))
    except asyncio.CancelledError:
        assert isinstance(failure, asyncio.CancelledError)
    assert states(database) == [state]


def test_when_our_own_server_is_gone_the_loop_ends_and_no_attempt_is_to_blame(
    database: Database, clock: StillClock, stop_file: Path
) -> None:
    released(database, order(), merchants(database, 3))

    def gone(_: Outgoing) -> None:
        raise Unreachable("mail server 127.0.0.1:25: connection refused")

    for _ in range(MAX_TRIES + 1):
        ended = run(outbox(database, KeepingProbe(fail, before=gone), clock, stop_file))
        assert ended == Ended("email: mail server 127.0.0.1:25: connection refused", broken=True)
    assert states(database) == [S.RELEASED] * 3
    assert {one.planned_for for one in attempts(database)} == {TUESDAY}


def test_a_copy_that_comes_in_first_wins_over_doubt(database: Database, clock: StillClock, stop_file: Path) -> None:
    (one,) = released(database, order(), merchants(database, 1))

    def copied(_: Outgoing) -> None:
        with database.session() as session:
            prove_sent(session, one.id, Step(S.SENT, "intake", "its copy came in", t0=TUESDAY))

    probe = KeepingProbe(lambda _: Unclear("no answer to the final dot"), after=copied)
    run(outbox(database, probe, clock, stop_file))
    assert states(database) == [S.SENT]


def test_a_target_is_looked_at_once_before_its_first_use(
    database: Database, clock: StillClock, stop_file: Path
) -> None:
    (one,) = panel(database, merchant("m0.test", entered=True))
    released(database, order(quotas={Channel.EMAIL: 3}, contest=True), [one])
    probe = KeepingProbe(accepted(clock))
    run(outbox(database, probe, clock, stop_file))
    assert (len(probe.given), probe.looked_at) == (3, ["contact@m0.test"])


def test_a_bad_target_is_blocked_and_never_written_to(database: Database, clock: StillClock, stop_file: Path) -> None:
    released(database, order(), merchants(database, 1))
    run(outbox(database, KeepingProbe(fail, checked=Checked(False, "takes no mail")), clock, stop_file))
    (one,) = attempts(database)
    assert (one.state, one.blocked_by) == (S.BLOCKED, BlockedBy.NO_ADDRESS)
    with database.reading() as session:
        assert session.scalars(select(TargetCheck)).one().why == "takes no mail"


def test_gaps_and_daily_caps_are_kept_and_a_new_process_knows_them(
    database: Database, clock: StillClock, stop_file: Path
) -> None:
    released(database, order(), merchants(database, 5))
    own = terms(LIMITS._replace(per_day=2, gap=timedelta(seconds=30)))
    probe = KeepingProbe(accepted(clock))
    box = outbox(database, probe, clock, stop_file, own)
    box.patience = timedelta(seconds=31)
    ended = run(box)
    assert "as many as a day may have" in ended.why
    assert [one.t0 for one in attempts(database) if one.t0] == [TUESDAY, TUESDAY + timedelta(seconds=30)]
    run(outbox(database, KeepingProbe(fail), clock, stop_file, own))
    assert run(outbox(database, probe, clock, stop_file, own), watch=True).why == "nothing is left to send"
    days = [one.t0.date() for one in attempts(database) if one.t0]
    assert sorted(days.count(day) for day in set(days)) == [1, 2, 2]


def test_late_attempts_are_spread_anew(database: Database, clock: StillClock, stop_file: Path) -> None:
    released(database, order(), merchants(database, 3))
    clock.present = TUESDAY + 6 * DAY
    told: list[Told] = []
    box = outbox(database, KeepingProbe(fail), clock, stop_file)
    box.tell = told.append
    run(box)
    assert [one.outcome.why for one in told] == ["3 late attempts moved, 0 cancelled"]
    assert len({one.planned_for for one in attempts(database)}) == 3
    assert all(one.planned_for > clock.present for one in attempts(database))


def test_only_the_named_campaign_is_sent(database: Database, clock: StillClock, stop_file: Path) -> None:
    released(database, order(), merchants(database, 1))
    released(database, order(name="summer"), panel(database, merchant("other.test")))
    probe = KeepingProbe(accepted(clock))
    run(outbox(database, probe, clock, stop_file), campaign="summer")
    assert [one.target for one in probe.given] == ["contact@other.test"]


def test_a_sender_whose_lease_was_taken_hands_nothing_over(
    database: Database, clock: StillClock, stop_file: Path
) -> None:
    (one,) = released(database, order(), merchants(database, 1))
    probe = KeepingProbe(fail)
    with held_lease(database) as lease:
        stale = lease._replace(token=lease.token - 1)
        with pytest.raises(LeaseLost):
            asyncio.run(send_due(outbox(database, probe, clock, stop_file), stale))
        courier = Courier(database, stale, lambda _: None, clock.now)
        with pytest.raises(LeaseLost):
            asyncio.run(courier.carry(probe, one.id))
    assert states(database) == [S.RELEASED]


def test_a_wish_to_stop_is_heard_after_the_attempt_in_hand(
    database: Database, clock: StillClock, stop_file: Path
) -> None:
    released(database, order(), merchants(database, 2))
    probe = KeepingProbe(accepted(clock))
    box = outbox(database, probe, clock, stop_file)
    box.stopping = lambda: bool(probe.given)
    assert run(box) == Ended("asked to stop")
    assert states(database) == [S.RELEASED, S.SENT]


# Killed for good


class KillingProbe(KeepingProbe):
    """Writes what it delivers to a file, as a mail server would keep it, and kills its own process at one point."""

    def __init__(self, file: Path, point: str, clock: StillClock) -> None:
        super().__init__(accepted(clock), lambda _: self._die("before"), lambda _: self._leave())
        self._file, self._point = file, point

    def _leave(self) -> None:
        self._die("handed over")
        with self._file.open("a") as kept:
            kept.write("delivered\n")
        self._die("delivered")

    def _die(self, point: str) -> None:
        if point == self._point:
            os.kill(os.getpid(), signal.SIGKILL)


def send_and_die(url: str, folder: Path, point: str) -> None:
    clock = StillClock(TUESDAY)
    with open_database(url) as database:
        probe: Probe = KillingProbe(folder / "mailbox", point, clock)
        run(outbox(database, probe, clock, folder / "STOP"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("point", "state", "delivered"), [("before", S.SENT, 1), ("handed over", S.UNKNOWN, 0), ("delivered", S.UNKNOWN, 1)]
)
def test_a_killed_sender_leaves_nothing_that_is_sent_twice_or_forgotten(
    database_url: str, tmp_path: Path, point: str, state: AttemptState, delivered: int
) -> None:
    with open_database(database_url) as database:
        database.migrate()
        released(database, order(), merchants(database, 1))
        child = multiprocessing.get_context("spawn").Process(target=send_and_die, args=(database_url, tmp_path, point))
        child.start()
        child.join(90)
        assert child.exitcode == -signal.SIGKILL
        assert states(database) == [S.SENDING]
        probe = KillingProbe(tmp_path / "mailbox", "", StillClock(TUESDAY))
        run(outbox(database, probe, StillClock(TUESDAY), tmp_path / "STOP"))
        assert states(database) == [state]
    mailbox = tmp_path / "mailbox"
    assert (mailbox.read_text().count("delivered") if mailbox.exists() else 0) == delivered
