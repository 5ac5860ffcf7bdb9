"""Figures of nights: the last one that is over, from what its run kept, and the one at work.

The visits of a night are not read again: its run holds their counts, so that a night of 100,000 sites costs what one of 400 does.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, load_only

from barometer.crawl import KIND, worked_on
from barometer.monitoring.samples import Metric, Sample
from schedules.children import Ended
from storage.records import Batch, Run, Visit
from storage.vocabulary import RunState, VisitStatus

BY_HAND = "by-hand-"
"""How the key of a night begins that is nobody's time: a trial over three sites must not pass for the night."""
_LAST = "barometer_night_last_"
_NOW = "barometer_night_running_"

STARTED = Metric(f"{_LAST}start_timestamp_seconds", "When the last night that is over began.")
FINISHED = Metric(f"{_LAST}end_timestamp_seconds", "When the last night that is over ended.")
DURATION = Metric(f"{_LAST}duration_seconds", "How long the last night that is over took, by the clock.")
LATE = Metric(f"{_LAST}late", "1 where the deadline ended the last night before it was through, else 0.")
SITES = Metric(
    f"{_LAST}sites",
    "Sites of the last night that is over: closed visits by their status, and not_closed, left_alone (opt-out), gone (from the "
    "panel).",
    ("status",),
)
BATCHES = Metric(
    f"{_LAST}batches",
    "Batches of the last night that is over: well, or failed by how their process ended; given_up where none ended.",
    ("ended",),
)
CPU = Metric(f"{_LAST}cpu_seconds", "CPU time of the processes of the last night that is over, browsers included.")
PEAK = Metric(
    f"{_LAST}peak_bytes", "The most memory that the batches at work at one moment of the last night held (resident)."
)
BATCH_PEAK = Metric(f"{_LAST}batch_peak_bytes", "The most memory that one batch of the last night held (resident).")
RECEIVED = Metric(f"{_LAST}received_bytes", "Bytes that the sites of the last night sent.")
PAGES_READ = Metric(f"{_LAST}pages_read", "Pages that were read in the last night.")
PAGES_SHOWN = Metric(f"{_LAST}pages_rendered", "Pages that a browser showed in the last night.")

RUNNING = Metric("barometer_night_running", "1 while a process is at work on a night, else 0.")
OPEN = Metric(
    "barometer_nights_open", "Nights that were begun and are not over, whether anybody is at work on them or not."
)
NOW_STARTED = Metric(f"{_NOW}start_timestamp_seconds", "When the youngest open night began.")
NOW_SITES = Metric(f"{_NOW}sites", "Sites of the youngest open night.")
NOW_CLOSED = Metric(f"{_NOW}sites_closed", "Sites of the youngest open night whose visit is closed.")
NOW_BATCHES = Metric(f"{_NOW}batches", "Batches of the youngest open night, as far as they are cut.")
NOW_ENDED = Metric(f"{_NOW}batches_ended", "Batches of the youngest open night that have ended.")

METRICS = (
    STARTED, FINISHED, DURATION, LATE, SITES, BATCHES, CPU, PEAK, BATCH_PEAK, RECEIVED, PAGES_READ, PAGES_SHOWN,
    RUNNING, OPEN, NOW_STARTED, NOW_SITES, NOW_CLOSED, NOW_BATCHES, NOW_ENDED,
)  # fmt: skip
_OTHER_SITES = ("not_closed", "left_alone", "gone")
_OTHER_ENDS = ("well", "given_up")


def of_nights(session: Session) -> Iterator[Sample]:
    """Yield the figures of the last night that is over, where there is one, and of the one that is not."""
    nights = select(Run).where(Run.kind == KIND, Run.due.is_not(None), Run.due.not_like(f"{BY_HAND}%"))
    # The parameters of a run hold the whole panel: they are left in the database.
    newest = nights.order_by(Run.started_at.desc()).options(
        load_only(Run.state, Run.started_at, Run.finished_at, Run.outcome, Run.claimed_by, Run.lease_until)
    )
    last = session.scalar(newest.where(Run.state != RunState.OPEN).limit(1))
    if last is not None:
        yield from _last(session, last)
    unfinished = session.scalars(newest.where(Run.state == RunState.OPEN)).all()
    yield RUNNING(any(worked_on(run) for run in unfinished))
    yield OPEN(len(unfinished))
    if unfinished:
        yield from _now(session, unfinished[0])


def _last(session: Session, run: Run) -> Iterator[Sample]:
    told: dict[str, Any] = run.outcome or {}
    yield from STARTED.at(run.started_at)
    yield from FINISHED.at(run.finished_at)
    if run.finished_at is not None:
        yield DURATION(max(0.0, (run.finished_at - run.started_at).total_seconds()))
    yield LATE(bool(told.get("late")))
    visits = told.get("visits", {})
    for status in VisitStatus:
        yield SITES(visits.get(str(status), 0), str(status))
    for other in _OTHER_SITES:
        yield SITES(told.get(other, 0), other)
    yield from _batches(session, run)
    cost = told.get("cost", {})
    for metric, key in (
        (CPU, "cpu_seconds"), (PEAK, "at_most_bytes"), (BATCH_PEAK, "largest_batch_bytes"), (RECEIVED, "bytes"),
        (PAGES_READ, "pages_read"), (PAGES_SHOWN, "pages_rendered"),
    ):  # fmt: skip
        if key in cost:
            yield metric(cost[key])


def _batches(session: Session, run: Run) -> Iterator[Sample]:
    query = select(Batch.state, Batch.ended, func.count()).where(Batch.run_id == run.id)
    counts: Counter[str] = Counter()
    for state, ended, count in session.execute(query.group_by(Batch.state, Batch.ended)):
        counts["well" if state is RunState.CLOSED else ended or "given_up"] += count
    for how in (*_OTHER_ENDS, *Ended):
        yield BATCHES(counts[str(how)], str(how))


def _now(session: Session, run: Run) -> Iterator[Sample]:
    closed = select(func.count()).where(Visit.run_id == run.id, Visit.finished_at.is_not(None))
    batches = select(Batch.state, func.count()).where(Batch.run_id == run.id).group_by(Batch.state)
    counts = {state: int(count) for state, count in session.execute(batches)}
    sites = select(func.sum(func.json_array_length(Batch.merchants))).where(
        Batch.run_id == run.id, Batch.retry_pass == 0
    )
    yield from NOW_STARTED.at(run.started_at)
    yield NOW_SITES(session.scalar(sites) or 0)
    yield NOW_CLOSED(session.scalar(closed) or 0)
    yield NOW_BATCHES(sum(counts.values()))
    yield NOW_ENDED(sum(counts.values()) - counts.get(RunState.OPEN, 0))
