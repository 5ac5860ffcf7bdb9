"""A job is claimed once for a time, on both databases, whoever asks at the same moment and whoever dies on the way."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from barometer.jobs import claims as job_claims
from barometer.jobs.claims import AlreadyDone, BeingDone, Claimed, ClaimLost, Free, claim, finish, give_up, standing
from storage.database import Database, open_database
from storage.records import Run, utc_now
from storage.vocabulary import RunState
from tests.barometer.command_line import ROOT
from tests.storage.processes import all_at_once

ROUNDS = 20
DIES = """
import os, signal, sys
from barometer.jobs.claims import claim
from storage.database import open_database
print(claim(open_database(sys.argv[1]), "night", "K"), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def claimed(database: Database, name: str = "night", due: str = "K") -> Claimed:
    got = claim(database, name, due)
    assert isinstance(got, Claimed)
    return got


def rows(database: Database) -> list[Run]:
    with database.reading() as session:
        return list(session.scalars(select(Run).order_by(Run.started_at)))


def by_another_machine(database: Database, lease: timedelta) -> None:
    with database.session() as session:
        session.execute(
            update(Run).values(
                claimed_by="elsewhere:17", parameters={"process": "another/1:5"}, lease_until=utc_now() + lease
            )
        )


def _rounds(url: str, barrier: Any, kept: str) -> None:
    with open_database(url) as database:
        for number in range(ROUNDS):
            barrier.wait(60)
            got = claim(database, "night", f"K{number}")
            if isinstance(got, Claimed):
                with Path(kept).open("a", encoding="utf-8") as lines:
                    lines.write(f"K{number}\n")
                finish(database, got, RunState.CLOSED, "done", {})
            else:
                assert isinstance(got, BeingDone | AlreadyDone)


@pytest.mark.slow
def test_of_three_processes_that_ask_at_once_one_does_it_twenty_times_over(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    barrier, kept = get_context("spawn").Barrier(3), tmp_path / "done"
    assert all_at_once(_rounds, [(database_url, barrier, str(kept))] * 3) == [0, 0, 0]
    assert sorted(kept.read_text().split()) == sorted(f"K{number}" for number in range(ROUNDS))
    assert [run.token for run in rows(database)] == [1] * ROUNDS


def test_what_is_being_done_is_left_alone_and_what_is_done_too(database: Database) -> None:
    first = claimed(database)
    other = claim(database, "night", "K")
    assert isinstance(other, BeingDone) and other.holder.endswith(f":{os.getpid()}")
    finish(database, first, RunState.CLOSED, "all read", {"sites": 3})
    assert claim(database, "night", "K") == AlreadyDone(RunState.CLOSED, "all read", {"sites": 3, "said": "all read"})
    assert claimed(database, due="L").token == 1


def test_what_failed_is_not_begun_again_for_the_same_time(database: Database) -> None:
    finish(database, claimed(database), RunState.FAILED, "no", {})
    assert isinstance(claim(database, "night", "K"), AlreadyDone)


def test_a_job_never_runs_beside_another_time_of_itself_nor_beside_one_it_must_not_meet(database: Database) -> None:
    backup = claimed(database, "backup")
    assert claim(database, "backup", "manual:1") == standing(database, "backup", "L")
    waits = claim(database, "retention", "K", apart=["backup"])
    assert isinstance(waits, BeingDone) and (waits.kind, waits.due) == ("backup", "K")
    assert isinstance(claim(database, "expiry", "K"), Claimed)
    finish(database, backup, RunState.CLOSED, "", {})
    assert isinstance(claim(database, "retention", "K", apart=["backup"]), Claimed)


def test_who_was_killed_on_this_machine_is_taken_over_from_at_once(database: Database, database_url: str) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", DIES, database_url], env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60, check=False
    )
    assert dead.returncode == -signal.SIGKILL
    assert standing(database, "night", "K") == Free(True)
    again = claimed(database)
    assert (again.token, again.again) == (2, True)


def test_a_process_that_got_the_number_of_a_dead_one_is_not_taken_for_it(database: Database) -> None:
    mine = claimed(database)
    with database.session() as session:
        run = session.get_one(Run, mine.run_id)
        machine = str(run.parameters["process"]).rpartition(":")[0]
        run.parameters = {"process": f"{machine}:1"}
    assert standing(database, "night", "K") == Free(True)


def test_another_machine_is_left_alone_until_its_lease_runs_out(database: Database) -> None:
    claimed(database)
    by_another_machine(database, timedelta(minutes=2))
    assert claim(database, "night", "K") == BeingDone("elsewhere:17", "night", "K")
    by_another_machine(database, timedelta(seconds=-1))
    assert claimed(database).token == 2


def test_a_lease_from_before_the_clock_was_set_back_binds_nobody(database: Database) -> None:
    claimed(database)
    by_another_machine(database, timedelta(hours=1))
    assert standing(database, "night", "K") == Free(True)
    assert claimed(database).token == 2


def test_a_living_process_of_this_machine_keeps_its_job_though_the_clock_was_set_back(database: Database) -> None:
    mine = claimed(database)
    with database.session() as session:
        session.get_one(Run, mine.run_id).lease_until = utc_now() + timedelta(hours=1)
    assert isinstance(claim(database, "night", "K"), BeingDone)


def test_who_was_taken_over_from_can_write_nothing_more(database: Database) -> None:
    first = claimed(database)
    by_another_machine(database, timedelta(seconds=-1))
    second = claimed(database)
    for late in (
        lambda: finish(database, first, RunState.CLOSED, "late", {}),
        lambda: job_claims.renew(database, first),
        lambda: job_claims.release(database, first),
    ):
        with pytest.raises(ClaimLost):
            late()
    finish(database, second, RunState.CLOSED, "in time", {})
    assert (rows(database)[0].outcome or {})["said"] == "in time"


def test_a_heartbeat_prolongs_the_lease_and_tells_when_it_is_lost(database: Database) -> None:
    first, told, lost = claimed(database), [], threading.Event()

    def lose(why: str) -> None:
        told.append(why)
        lost.set()

    with database.session() as session:
        session.get_one(Run, first.run_id).lease_until = utc_now() + timedelta(seconds=5)
    with job_claims.heard_of(database, first, lose, beat=0.05):
        while (rows(database)[0].lease_until or utc_now()) < utc_now() + timedelta(seconds=60):
            pass
        assert not lost.is_set()
        # In one step: a beat between its lease's end and the other's claim would rightly prolong it.
        with database.session() as session:
            session.execute(update(Run).values(token=Run.token + 1, claimed_by="elsewhere:17"))
        assert lost.wait(30)
    assert told == ["another process took it over"]


def test_what_was_broken_off_and_never_taken_up_is_closed_by_its_next_time(database: Database) -> None:
    job_claims.release(database, claimed(database, due="monday"))
    claimed(database, due="tuesday")
    monday = rows(database)[0]
    assert (monday.due, monday.state) == ("monday", RunState.FAILED)
    assert "not taken up" in (monday.outcome or {})["said"]


def test_a_time_that_nobody_could_begin_is_given_up_and_one_at_work_is_not(database: Database) -> None:
    assert give_up(database, "night", "K", "could not be started", {})
    assert isinstance(standing(database, "night", "K"), AlreadyDone)
    claimed(database, due="L")
    assert not give_up(database, "night", "L", "no", {})


def test_the_last_run_is_told_from_one_that_was_broken_off(database: Database) -> None:
    def last() -> job_claims.LastRun | None:
        with database.reading() as session:
            return job_claims.last_run(session, "night")

    assert last() is None
    mine = claimed(database)
    at_work = last()
    assert at_work is not None and at_work.holder is not None
    job_claims.release(database, mine)
    broken_off = last()
    assert broken_off is not None and (broken_off.holder, broken_off.state) == (None, RunState.OPEN)


def test_old_rows_of_jobs_go_and_others_stay(database: Database) -> None:
    finish(database, claimed(database), RunState.CLOSED, "", {})
    claimed(database, due="L")
    with database.session() as session:
        session.add(Run(kind="crawl", finished_at=utc_now()))
    with database.session() as session:
        assert job_claims.forget_before(session, utc_now() + timedelta(minutes=1)) == 1
    assert sorted(run.kind for run in rows(database)) == ["crawl", "job:night"]
