"""What a night brought and what it cost, computed from its records: the terminal, the JSON and the page say the same."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from barometer.crawl import merchants_with
from barometer.nights.batches import MOST_STARTS, SECOND_LOOK
from barometer.optout import optouts
from barometer.outage import was_ours
from schedules.children import Ended
from storage.records import Batch, Merchant, Run, Visit, utc_now
from storage.vocabulary import RunState, VisitStatus

SCHEMA = "barometer-night/1"
_NEEDED = (
    Visit.merchant_id, Visit.url, Visit.status, Visit.status_reason, Visit.started_at, Visit.finished_at, Visit.pages_read,
    Visit.pages_rendered, Visit.bytes, Visit.cpu_seconds,
)  # fmt: skip
SLOWEST = 10
"""Sites that a report lists as the slowest (*ours*)."""


class Site(NamedTuple):
    """A merchant's site as a report names it."""

    name: str
    url: str


class NotClosed(NamedTuple):
    """A site without a closed visit, why, and the batch that was the last to try, with its log."""

    name: str
    url: str
    why: str
    batch: int | None
    log: str | None


class Slow(NamedTuple):
    """A site that took long: seconds by the clock, and pages."""

    name: str
    url: str
    seconds: float
    status: str
    pages_read: int
    pages_rendered: int


class BadBatch(NamedTuple):
    """A batch that ended badly: how, with which exit code, how often it was begun, and its log under the folder of logs."""

    number: int
    second_look: bool
    sites: int
    why: str
    exit_code: int | None
    starts: int
    log: str | None


class Cost(NamedTuple):
    """What was read, and what it took.

    ``cpu_seconds`` are those of the processes, browsers included, ``reading_cpu_seconds`` the part our own reading took.
    ``largest_batch_bytes`` is the most that one process with its browser held (resident, as sampled), ``at_most_bytes`` the sum
    over batches that ran side by side, each at its own peak: memory was never fuller.
    """

    pages_read: int
    pages_rendered: int
    bytes: int
    cpu_seconds: float
    reading_cpu_seconds: float
    largest_batch_bytes: int
    at_most_bytes: int


class SecondLook(NamedTuple):
    """The retry pass: sites that had failed for a passing reason, how many of them could then be read, sites without a visit that
    were read alone, and how many of those were closed.
    """

    failed: int
    recovered: int
    unread: int
    closed: int


@dataclass(frozen=True)
class NightReport:
    """One night; ``visits`` counts closed visits by status, ``reasons`` those not read to the end by status and reason."""

    run: str
    night: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    seconds: float
    late: bool
    tool_version: str | None
    sites: int
    closed: int
    visits: dict[str, int]
    reasons: dict[str, dict[str, int]]
    not_closed: list[NotClosed]
    left_alone: list[Site]
    gone: list[str]
    cost: Cost
    second_look: SecondLook
    batches: int
    begun_again: int
    bad_batches: list[BadBatch]
    slowest: list[Slow]
    logs: str

    @property
    def cut_off(self) -> bool:
        """Whether so many sites were out of reach that our own connection must have been away."""
        return was_ours(self.visits.get(VisitStatus.UNREACHABLE, 0), self.closed)

    @property
    def went_well(self) -> bool:
        """Whether every site is closed, and what closed them was not our own connection."""
        return self.state == "closed" and not self.not_closed and not self.cut_off

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values, by the contract ``barometer-night/1``; times are UTC."""
        told = asdict(self)
        for name in ("not_closed", "left_alone", "bad_batches", "slowest"):
            told[name] = [entry._asdict() for entry in getattr(self, name)]
        told["cost"], told["second_look"] = self.cost._asdict(), self.second_look._asdict()
        told["started_at"] = self.started_at.isoformat()
        told["finished_at"] = self.finished_at.isoformat() if self.finished_at is not None else None
        return {"schema": SCHEMA, **told}

    def summary(self) -> dict[str, Any]:
        """Return the counts alone, as they are kept in the run."""
        return {
            "sites": self.sites, "closed": self.closed, "visits": self.visits, "not_closed": len(self.not_closed),
            "left_alone": len(self.left_alone), "gone": len(self.gone), "cost": self.cost._asdict(),
            "second_look": self.second_look._asdict(), "batches": self.batches, "bad_batches": len(self.bad_batches),
        }  # fmt: skip


def report_of(session: Session, run: Run) -> NightReport:
    """Return the report on the night *run*, as its records stand; of one that is not over it says how far it is."""
    closed = select(Visit).where(Visit.run_id == run.id, Visit.finished_at.is_not(None)).options(load_only(*_NEEDED))
    visits = {str(visit.merchant_id): visit for visit in session.scalars(closed)}
    batches = session.scalars(select(Batch).where(Batch.run_id == run.id).order_by(Batch.number)).all()
    merchants = {merchant.id: merchant for merchant in merchants_with(session, run.parameters["merchants"])}
    waiting = optouts(session).honoured(one for one in merchants.values() if one.id not in visits)
    late = bool((run.outcome or {}).get("late"))
    end = run.finished_at or utc_now()
    return NightReport(
        run=run.id, night=str(run.due), state=str(run.state), started_at=run.started_at, finished_at=run.finished_at,
        seconds=max(0.0, round((end - run.started_at).total_seconds(), 1)), late=late, tool_version=run.tool_version,
        sites=len(run.parameters["merchants"]), closed=len(visits),
        visits={str(status): count for status, count in sorted(Counter(v.status for v in visits.values() if v.status).items())},
        reasons=_reasons(visits.values()),
        not_closed=_not_closed(waiting.allowed, batches, late) if run.state is not RunState.OPEN else [],
        left_alone=[Site(merchant.name, merchant.url) for merchant, _ in waiting.left_alone],
        gone=[
            key
            for merchant_id, key in zip(run.parameters["merchants"], run.parameters["keys"], strict=True)
            if merchant_id not in merchants
        ],
        cost=_cost(visits.values(), batches), second_look=_second_look(run, visits, batches),
        batches=len(batches), begun_again=sum(max(0, batch.starts - 1) for batch in batches),
        bad_batches=_bad(batches), slowest=_slowest(visits, merchants), logs=folder_of(str(run.due)),
    )  # fmt: skip


def folder_of(key: str) -> str:
    """Return the name of a night's folder under that of the logs."""
    return f"night-{key.replace(':', '-')}"


def _reasons(visits: Iterable[Visit]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for visit in visits:
        if visit.status is not None and visit.status is not VisitStatus.COMPLETE:
            found[visit.status][_reason(visit)] += 1
    return {status: dict(sorted(reasons.items())) for status, reasons in sorted(found.items())}


def _reason(visit: Visit) -> str:
    if visit.status_reason is not None:
        return str(visit.status_reason)
    return "robots" if visit.status is VisitStatus.REFUSED else "budget"


def _not_closed(merchants: Sequence[Merchant], batches: Sequence[Batch], late: bool) -> list[NotClosed]:
    last = {str(merchant): batch for batch in batches for merchant in batch.merchants}
    found = []
    for merchant in merchants:
        batch = last.get(merchant.id)
        found.append(
            NotClosed(
                merchant.name,
                merchant.url,
                _why(batch, late) if batch is not None else "never begun",
                batch.number if batch is not None else None,
                batch.log if batch is not None else None,
            )
        )
    return found


def _why(batch: Batch, late: bool) -> str:
    """Return in words why *batch* did not come to its end."""
    code = batch.exit_code
    if batch.ended == Ended.EXITED and code is not None and code < 0:
        return f"killed (signal {-code})"
    words = {
        Ended.DEADLINE: "deadline of its batch",
        Ended.MEMORY: "memory",
        Ended.LOST: "killed with its guardian",
        Ended.NOT_STARTED: "its process could not be started",
        Ended.STOPPED: "deadline of the night" if late else "stopped",
        Ended.EXITED: f"its process ended with exit code {code}",
    }
    if batch.ended is not None:
        return words[Ended(batch.ended)]
    if late:
        return "deadline of the night"
    return (
        f"killed {batch.starts} times"
        if batch.starts >= MOST_STARTS
        else "never begun"
        if not batch.starts
        else "killed"
    )


def _bad(batches: Sequence[Batch]) -> list[BadBatch]:
    return [
        BadBatch(
            batch.number, bool(batch.retry_pass), len(batch.merchants), _why(batch, False), batch.exit_code, batch.starts,
            batch.log,
        )
        for batch in batches
        if batch.state is RunState.FAILED and batch.starts
    ]  # fmt: skip


def _cost(visits: Iterable[Visit], batches: Sequence[Batch]) -> Cost:
    visits = list(visits)
    return Cost(
        sum(visit.pages_read for visit in visits),
        sum(visit.pages_rendered for visit in visits),
        sum(visit.bytes for visit in visits),
        # What a killed process took is known by its visits only.
        round(max(sum(batch.cpu_seconds or 0.0 for batch in batches), sum(visit.cpu_seconds for visit in visits)), 1),
        round(sum(visit.cpu_seconds for visit in visits), 1),
        max((batch.peak_bytes or 0 for batch in batches), default=0),
        _most_together(batches),
    )


def _most_together(batches: Sequence[Batch]) -> int:
    """Return the largest sum of peaks over batches that ran at the same moment (by their last start)."""
    steps: list[tuple[datetime, int]] = []
    for batch in batches:
        if batch.started_at is not None and batch.finished_at is not None and batch.peak_bytes:
            steps += [(batch.started_at, batch.peak_bytes), (batch.finished_at, -batch.peak_bytes)]
    most = now = 0
    for _, change in sorted(steps):
        now += change
        most = max(most, now)
    return most


def _second_look(run: Run, visits: dict[str, Visit], batches: Sequence[Batch]) -> SecondLook:
    failed = run.parameters.get(SECOND_LOOK, {})
    read = [visits[merchant] for merchant in failed if merchant in visits]
    recovered = sum(visit.status not in (VisitStatus.UNREACHABLE, VisitStatus.REFUSED) for visit in read)
    again = {str(merchant) for batch in batches if batch.retry_pass for merchant in batch.merchants}
    unread = again - set(failed)
    return SecondLook(len(failed), recovered, len(unread), len(unread & set(visits)))


def _slowest(visits: dict[str, Visit], merchants: dict[str, Merchant]) -> list[Slow]:
    def seconds(visit: Visit) -> float:
        return ((visit.finished_at or visit.started_at) - visit.started_at).total_seconds()

    slow = sorted(visits.items(), key=lambda entry: (-seconds(entry[1]), entry[0]))[:SLOWEST]
    return [
        Slow(
            merchants[key].name if key in merchants else visit.url, visit.url, round(seconds(visit), 1), str(visit.status),
            visit.pages_read, visit.pages_rendered,
        )
        for key, visit in slow
    ]  # fmt: skip
