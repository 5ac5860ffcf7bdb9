"""Kills a real sender and a real reader at random points, and compares the journal with the mailboxes afterwards.

``python -m benchmarks.soak`` starts a private Postfix and Dovecot, writes a released campaign, and lets ``barometer probe send
--really`` and ``barometer probe poll --watch`` work on it while both are killed (SIGKILL) again and again and started anew.
A process is stopped for a moment, what it is at is read from the journal and from the wire, and then it is killed; most kills
come at random moments, the last ones wait for the states that were hit least. Exit code 1 when a message was sent twice or
forgotten, an answer was lost, or more than 5 % of the attempts are unknown.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from sqlalchemy import select

from benchmarks.soak_books import Verdict, compare, environment, plan, settings_file
from benchmarks.soak_nursery import ROOT, Child, Nursery
from benchmarks.soak_tap import Stage, Tap
from probes.journal import HANDING_OVER, last_event
from storage.database import Database, open_database
from storage.records import Attempt
from storage.vocabulary import AttemptState
from tests.mail_servers import MailServers, mail_servers, missing

KILLS = 200
AT_LEAST = 10
ATTEMPTS_A_KILL = 6
SHARE_AT_RANDOM = 0.6
"""Of the kills, how many come at any moment; the others wait for the state that was hit least."""
READER_EVERY = 4
"""Every so many kills, it is the reader that is killed."""
LAG_SECONDS = 0.006
"""The wire holds each piece back up to so long, as a network would: states last longer than on loopback."""
HUNT_SECONDS = 20


class State(StrEnum):
    """What a process was at when it was killed."""

    IDLE = "between attempts"
    INTENT = "intent written"
    TALKING = "connecting, envelope, words"
    HANDING_OVER = "handing over"
    ACCEPTED = "after the 250, not yet in the journal"
    POLLING = "polling"
    IN_TRANSACTION = "intake in mid-transaction"


SENDING = (State.IDLE, State.INTENT, State.TALKING, State.HANDING_OVER, State.ACCEPTED)
READING = (State.POLLING, State.IN_TRANSACTION)


@dataclass
class Report:
    """What was done and what came of it."""

    seed: int
    kills: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    verdict: Verdict = field(default_factory=Verdict)


class Soak:
    """The campaign, its servers, and the processes that are killed while they work on it."""

    def __init__(self, database: Database, tap: Tap, nursery: Nursery, seed: int) -> None:
        self.database, self.tap, self.nursery = database, tap, nursery
        self.random = random.Random(seed)
        self.kills: Counter[State] = Counter()
        self.sender, self.reader = nursery.child("send"), nursery.child("poll")

    def run(self, kills: int, at_least: int) -> None:
        """Kill until there were *kills*, and *at_least* so many in each state."""
        while sum(self.kills.values()) < kills or min(self.kills[state] for state in State) < at_least:
            number = sum(self.kills.values())
            at_random = number < kills * SHARE_AT_RANDOM
            lacking = min(State, key=lambda state: self.kills[state])
            aim = None if at_random else lacking
            if number % READER_EVERY == 0 if aim is None else aim in READING:
                self._kill_reader(aim)
            else:
                self._kill_sender(aim)
            _progress(self.kills)
            if not self._work_left():
                raise RuntimeError(f"all attempts are made and only {sum(self.kills.values())} kills were; plan more")

    def finish(self) -> None:
        """Let a last sender work until nothing is left, unharmed."""
        self.sender.kill()
        self.reader.kill()
        self.nursery.child("send").ended()

    def _kill_sender(self, aim: State | None) -> None:
        talks = self.tap.talks
        deadline = time.monotonic() + HUNT_SECONDS
        if aim is not None or self.random.random() > 0.1:
            # Nine times in ten it has begun to send; else it may still be starting.
            while self.tap.talks == talks and self.sender.is_alive and time.monotonic() < deadline:
                time.sleep(0.002)
        self._hunt(self.sender, aim, self._sender_state, 0.3)
        self.sender = self.nursery.child("send")

    def _kill_reader(self, aim: State | None) -> None:
        self._hunt(self.reader, aim, self._reader_state, 0.3)
        self.reader = self.nursery.child("poll")

    def _hunt(self, child: Child, aim: State | None, state_of, longest: float) -> None:  # type: ignore[no-untyped-def]
        """Stop *child* at random moments until it is at what is aimed at, or for the first time; then kill it."""
        deadline = time.monotonic() + HUNT_SECONDS
        time.sleep(self.random.uniform(0, longest))
        while True:
            child.signal(signal.SIGSTOP)
            state = state_of()
            if aim in (None, state) or not child.is_alive or time.monotonic() > deadline:
                break
            child.signal(signal.SIGCONT)
            time.sleep(self.random.uniform(0, 0.012))
        if child.is_alive:
            self.kills[state] += 1
            child.kill()
        else:
            child.ended()

    def _sender_state(self) -> State:
        """Return what the stopped sender is at: the journal tells, and the wire where the journal cannot."""
        with self.database.reading() as session:
            attempt = session.scalar(select(Attempt).where(Attempt.state == AttemptState.SENDING))
            last = last_event(session, attempt.id) if attempt is not None else None
        if attempt is None or last is None:
            return State.IDLE
        talk = self.tap.latest
        own = talk is not None and talk.stage is not Stage.OVER and talk.token in (None, attempt.token)
        if last.detail == HANDING_OVER:
            told = own and talk is not None and talk.stage in (Stage.ACCEPTED, Stage.TOLD)
            return State.ACCEPTED if told else State.HANDING_OVER
        return State.TALKING if own else State.INTENT

    def _reader_state(self) -> State:
        """Return what the stopped reader is at: in a transaction when nobody else gets to write for a while."""
        held = 0
        for _ in range(6):
            held += self._is_locked()
            if not held:
                break
            time.sleep(0.03)
        return State.IN_TRANSACTION if held == 6 else State.POLLING

    def _is_locked(self) -> bool:
        connection = sqlite3.connect(self.database.engine.url.database or "", timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            return False
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()

    def _work_left(self) -> bool:
        waiting = (AttemptState.RELEASED, AttemptState.SENDING)
        with self.database.reading() as session:
            return session.scalar(select(Attempt.id).where(Attempt.state.in_(waiting)).limit(1)) is not None


def soak(kills: int = KILLS, at_least: int = AT_LEAST, attempts: int | None = None, seed: int = 1) -> Report:
    """Run the crash test and return its report; raises ``RuntimeError`` when it cannot be carried out."""
    report = Report(seed)
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="barometer-soak-"))
    try:
        with mail_servers() as mail, Tap(mail.ports.smtp, LAG_SECONDS, seed) as tap:
            settings = settings_file(folder, mail, tap.port)
            with open_database(f"sqlite:///{folder / 'soak.sqlite3'}") as database:
                database.migrate()
                plan(database, mail, attempts or kills * ATTEMPTS_A_KILL)
                nursery = Nursery(settings, folder / "processes.log", environment(dict(os.environ)))
                test = Soak(database, tap, nursery, seed)
                try:
                    test.run(kills, at_least)
                finally:
                    test.finish()
                    nursery.close()
                report.kills = {str(state): test.kills[state] for state in State}
                _read_all(mail, settings)
                report.verdict = compare(database, mail)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report.seconds = round(time.monotonic() - begun, 1)
    return report


def _read_all(mail: MailServers, settings: Path) -> None:
    """Let everything that is on its way arrive, and take it in."""
    mail.settle()
    command = [
        sys.executable,
        "-c",
        "from barometer.cli import main; main()",
        "--settings",
        str(settings),
        "probe",
        "poll",
        "--json",
    ]
    while True:
        done = subprocess.run(
            command, cwd=ROOT, env=environment(dict(os.environ)), capture_output=True, check=True, timeout=300
        )
        told = json.loads(done.stdout)
        if not told["replies"] and not told["own_copies"]:
            return


def _progress(kills: Counter[State]) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{sum(kills.values())} kills: {', '.join(str(kills[state]) for state in State)}   ")


def _table(report: Report) -> str:
    verdict = report.verdict
    rows = [(f"killed: {state}", count) for state, count in report.kills.items()]
    rows += [("kills", sum(report.kills.values())), ("attempts", verdict.attempts)]
    rows += [(f"  {state}", count) for state, count in verdict.states.items()]
    rows += [
        ("sent twice", len(verdict.duplicates)),
        ("forgotten", len(verdict.lost) + len(verdict.unfinished) + len(verdict.left_unsaid)),
        ("proven to have left by the copy to ourselves", verdict.proven_by_copy),
        ("unknown, and had left", len(verdict.unknown_left)),
        ("unknown, and had not left", len(verdict.unknown_not_left)),
        ("answers in the mailbox", verdict.answers_in_mailbox),
        ("answers in the journal", verdict.answers_in_journal),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}} {count:>6}" for name, count in rows]
    unknown = verdict.unknown_left + verdict.unknown_not_left
    lines += [f"unknown: {token}" for token in unknown]
    lines += [f"WRONG: {complaint}" for complaint in verdict.complaints()]
    return "\n".join([*lines, f"seed {report.seed}, {report.seconds} s"])


def main() -> int:
    """Run from the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--at-least", type=int, default=None, help="kills in each state")
    parser.add_argument("--attempts", type=int, default=None)
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed makes the same choices; the machine does not"
    )
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    reason = missing()
    if reason:
        sys.stderr.write(f"{reason}\n")
        return 2
    at_least = AT_LEAST if chosen.at_least is None else chosen.at_least
    report = soak(chosen.kills, min(at_least, chosen.kills // len(State)), chosen.attempts, chosen.seed)
    if chosen.json:
        sys.stdout.write(json.dumps({**asdict(report), "complaints": report.verdict.complaints()}, indent=1) + "\n")
    else:
        sys.stdout.write(_table(report) + "\n")
    return 1 if report.verdict.complaints() else 0


if __name__ == "__main__":
    sys.exit(main())
