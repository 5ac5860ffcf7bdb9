"""What must hold after a night, whatever was killed; each violation is a sentence.

A trigger in the database notes every change of tokens, states and visits, so that what was mended afterwards is seen too.
"""

import gzip
import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from storage.database import Database
from storage.records import Batch, Run, Visit
from storage.vocabulary import RunState

_TWO_DAYS = 2 * 86_400.0
_WATCHED = {"run": ("token", "state"), "batch": ("token", "state")}
_EVIDENCE = {
    "visit": ("robots",), "page": ("evidence",), "page_state": ("html", "layout", "picture"),
}  # fmt: skip

Command = Callable[..., tuple[int, str, str]]
"""Runs ``barometer`` with words; returns exit code, output and errors."""


class Night(NamedTuple):
    """How a night ended: sites closed of all, how many were reported as not closed, batches that ended badly, second looks."""

    sites: int
    closed: int
    not_closed: int
    bad_batches: int
    begun_again: int
    second_looks: int


def watch(database: Database) -> None:
    """Let the database note what happens to runs, batches and visits."""
    postgresql = database.engine.dialect.name == "postgresql"
    number = "BIGSERIAL PRIMARY KEY" if postgresql else "INTEGER PRIMARY KEY"
    with database.session() as session:
        session.execute(text(f"CREATE TABLE soak_seen (number {number}, what TEXT, row TEXT, before TEXT, after TEXT)"))
        for table, columns in _WATCHED.items():
            for column in columns:
                _trigger(
                    session,
                    table,
                    f"UPDATE OF {column}",
                    f"{table}.{column}",
                    "NEW.id",
                    f"OLD.{column}",
                    f"NEW.{column}",
                )
        key = "NEW.run_id || '/' || NEW.merchant_id"
        _trigger(session, "visit", "INSERT", "visit+", key, "NULL", "NEW.id")
        _trigger(session, "visit", "DELETE", "visit-", key.replace("NEW", "OLD"), "OLD.id", "NULL")


def _trigger(session: Session, table: str, event: str, what: str, row: str, before: str, after: str) -> None:
    name = "soak_" + what.replace(".", "_").replace("+", "_in").replace("-", "_out")
    step = f"INSERT INTO soak_seen (what, row, before, after) VALUES ('{what}', {row}, {before}, {after})"
    if session.get_bind().dialect.name == "postgresql":
        body = f"BEGIN {step}; RETURN NULL; END"
        session.execute(text(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"))
        session.execute(text(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"))
    else:
        session.execute(text(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {step}; END"))


def check_night(database: Database, key: str, command: Command) -> tuple[Night, list[str]]:
    """Return how the night *key* ended, and what is wrong with it."""
    code, out, err = command("night", "show", key, "--json")
    if code:
        return Night(0, 0, 0, 0, 0, 0), [f"night show {key} ended with {code}: {err.strip()[-300:]}"]
    told = json.loads(out)
    wrong = []
    with database.reading() as session:
        run = session.scalars(select(Run).where(Run.kind == "crawl", Run.due == key)).one()
        visits = session.scalars(select(Visit).where(Visit.run_id == run.id)).all()
        batches = session.scalars(select(Batch).where(Batch.run_id == run.id)).all()
    closed = {visit.merchant_id for visit in visits if visit.finished_at is not None}
    if run.state is not RunState.CLOSED or told["state"] != "closed":
        wrong.append(f"the run of {key} is {run.state}, its report says {told['state']}")
    wrong += [f"visit {visit.id} of {visit.url} was never closed" for visit in visits if visit.finished_at is None]
    if len(visits) != len(closed):
        wrong.append(f"{len(visits)} visits for {len(closed)} merchants in the night {key}")
    if told["closed"] != len(closed):
        wrong.append(f"the report of {key} says {told['closed']} sites closed, the database holds {len(closed)}")
    reported = len(told["not_closed"]) + len(told["left_alone"]) + len(told["gone"])
    if told["closed"] + reported != told["sites"]:
        wrong.append(f"in {key} {told['sites'] - told['closed'] - reported} sites are neither closed nor reported")
    wrong += [f"{site['url']} is reported without a reason" for site in told["not_closed"] if not site["why"]]
    wrong += [f"batch {one.number} of {key} is {one.state}" for one in batches if one.state is RunState.OPEN]
    wrong += [f"batch {one.number} of {key} is still held by {one.claimed_by}" for one in batches if one.claimed_by]
    return Night(
        told["sites"], told["closed"], len(told["not_closed"]), len(told["bad_batches"]), told["begun_again"],
        told["second_look"]["failed"],
    ), wrong  # fmt: skip


def check_history(database: Database) -> list[str]:
    """Return what should not have happened at any moment: a smaller token, a second end, a site stored once too often."""
    with database.reading() as session:
        seen = [
            (row.what, row.row, row.before, row.after)
            for row in session.execute(text("SELECT * FROM soak_seen ORDER BY number"))
        ]
        second = {
            f"{run.id}/{merchant}"
            for run in session.scalars(select(Run).where(Run.kind == "crawl"))
            for merchant in run.parameters.get("second_look", {})
        }
    wrong, there = [], Counter[str]()
    stored, ends = Counter[str](), Counter[tuple[str, str]]()
    for what, row, before, after in seen:
        if what.endswith(".token") and int(after) < int(before):
            wrong.append(f"the token of {what.partition('.')[0]} {row} went from {before} to {after}")
        if what.endswith(".state") and before != after:
            ends[what, row] += 1
            if before.lower() != "open":
                wrong.append(f"{what.partition('.')[0]} {row} went from {before} to {after}")
        if what == "visit+":
            there[row] += 1
            stored[row] += 1
        if what == "visit-":
            there[row] -= 1
        if there[row] > 1:
            wrong.append(f"{row} had two visits at once")
    wrong += [f"{what.partition('.')[0]} {row} ended {count} times" for (what, row), count in ends.items() if count > 1]
    wrong += [f"{row} was stored {count} times" for row, count in stored.items() if count > 1 + (row in second)]
    return wrong


def check_jobs(database: Database) -> tuple[Counter[str], list[str]]:
    """Return how the times of all jobs ended, and what is wrong: each ended once, but for the last that was broken off."""
    with database.reading() as session:
        rows = session.scalars(select(Run).where(Run.kind.like("job:%")).order_by(Run.started_at)).all()
    ended = Counter(f"{row.kind.removeprefix('job:')} {row.state}" for row in rows)
    last = {row.kind: row.id for row in rows}
    wrong = [
        f"{row.kind} of {row.due} was begun, broken off and forgotten"
        for row in rows
        if row.state is RunState.OPEN and (row.kind == "job:night" or row.id != last[row.kind])
    ]
    keys = Counter((row.kind, row.due) for row in rows)
    return ended, wrong + [f"{kind} has {count} rows for {due}" for (kind, due), count in keys.items() if count > 1]


def check_evidence(database: Database, evidence: Path, command: Command) -> list[str]:
    """Return which rows have no whole file; then repair, and return which files have no row."""
    named = _named(database)
    wrong = [
        f"the file of evidence {name} is missing or damaged" for name in sorted(named) if not _whole(evidence, name)
    ]
    # No crawl is at work; for files to count as old, their age is moved and not the clock.
    for file in _files(evidence):
        past = time.time() - _TWO_DAYS
        os.utime(file, (past, past))
    code, out, err = command("doctor", "--repair", "--json")
    if code:
        wrong.append(f"doctor --repair ended with {code}: {err.strip()[-300:]}")
    elif told := [
        f"{key}: {value}" for key, value in json.loads(out).items() if key in ("missing", "visits") and value
    ]:
        wrong.append(f"doctor --repair found {', '.join(told)}")
    left = {file.name.partition(".")[0] for file in _files(evidence)}
    wrong += [f"the file of evidence {name} belongs to no row, after the repair" for name in sorted(left - named)]
    return wrong + [f"the file of evidence {name} is gone after the repair" for name in sorted(named - left)]


def check_status(command: Command) -> list[str]:
    """Return whether ``status`` cannot tell how things stand."""
    code, out, err = command("status", "--json")
    if code:
        return [f"status ended with {code}: {err.strip()[-300:]}"]
    held: list[dict[str, Any]] = json.loads(out)["open_nights"]
    return [f"status says that the night {one['key']} is open" for one in held]


def _named(database: Database) -> set[str]:
    queries = [f"SELECT {column} AS name FROM {table}" for table, columns in _EVIDENCE.items() for column in columns]
    with database.reading() as session:
        return {row.name for row in session.execute(text(" UNION ".join(queries))) if row.name is not None}


def _files(evidence: Path) -> Iterator[Path]:
    return (file for file in evidence.rglob("*") if file.is_file())


def _whole(evidence: Path, name: str) -> bool:
    for file in (evidence / name[:2] / name[2:4]).glob(f"{name}.*"):
        packed = file.read_bytes()
        content = gzip.decompress(packed) if file.suffix == ".gz" else packed
        return hashlib.sha256(content).hexdigest() == name
    return False
