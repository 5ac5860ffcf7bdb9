"""What a night left behind, and whether it is right: depths against the truth, bytes of evidence, rows of the database."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session

from barometer.result import audit_result
from barometer.stored_visits import stored_reading
from benchmarks.night_shops import ENDLESS, Case
from storage.database import Database
from storage.records import Batch, Merchant, Visit
from storage.vocabulary import Channel

Truth = Mapping[Channel, int | None]


class Site(NamedTuple):
    """How one shop was read: status and reason, pages read and shown, pictures, seconds, what our own reading took of the
    processor, and the pairs of channel and words that are wrong or unsure; *right* counts the others.
    """

    case: Case
    status: str
    reason: str | None
    read: int
    rendered: int
    states: int
    seconds: float
    cpu: float
    right: int
    wrong: Mapping[Channel, str]
    unsure: Mapping[Channel, str]


class Kept(NamedTuple):
    """Bytes and files of evidence by ending, bytes of the database, and rows by table."""

    evidence: Mapping[str, tuple[int, int]]
    database: int
    rows: Mapping[str, int]


class Batches(NamedTuple):
    """The batches of a night: most bytes each of the first pass held (resident, as the guardian sampled), and seconds of the
    second pass.
    """

    peaks: Sequence[int]
    second_seconds: float
    second: int


def sites(
    database: Database,
    cases: Mapping[str, Case],
    truth_of: Callable[[Case], Truth | None],
) -> list[Site]:
    """Return how each shop was read; *cases* by the address of the home page."""
    found = []
    with database.reading() as session:
        for visit in session.scalars(select(Visit).where(Visit.finished_at.is_not(None)).order_by(Visit.started_at)):
            case = cases[visit.url]
            found.append(_site(session, visit, case, truth_of(case)))
            session.expunge_all()
    return found


def _site(session: Session, visit: Visit, case: Case, truth: Truth | None) -> Site:
    reading = stored_reading(session, visit)
    right, wrong, unsure = compared(audit_result(reading)["channels"], truth or {}, case.ailment in ENDLESS)
    seconds = (visit.finished_at - visit.started_at).total_seconds() if visit.finished_at else 0.0
    return Site(
        case, str(visit.status), str(visit.status_reason) if visit.status_reason else None, visit.pages_read,
        visit.pages_rendered, sum(state.picture is not None for state in reading.states), seconds, visit.cpu_seconds,
        right, wrong, unsure,
    )  # fmt: skip


def compared(
    channels: Mapping[str, Any], truth: Truth, endless: bool = False
) -> tuple[int, dict[Channel, str], dict[Channel, str]]:
    """Return how many of *channels* (of an audit result) are right, and in words those that are wrong, and unsure.

    A depth is right when it is the true one and given as certain, wrong when it is certain and another. Of an *endless* shop
    nobody can say for certain that something stands nowhere: there it is right that it was not found within the budget.
    """
    right, wrong, unsure = 0, {}, {}
    for channel, clicks in truth.items():
        told = channels[channel]
        certain = told["outcome"] == "exact" or told["searched"] in ("complete", "templates")
        certain = certain or (endless and clicks is None and told["outcome"] == "not_found")
        said = (
            f"{told['outcome']} {told['clicks']} ({told['basis'] or told['searched'] or told['reason']}), true {clicks}"
        )
        if not certain:
            unsure[channel] = said
        elif (told["clicks"] if told["outcome"] == "exact" else None) == clicks:
            right += 1
        else:
            wrong[channel] = said
    return right, wrong, unsure


def kept(database: Database, evidence: Path, file: Path | None) -> Kept:
    """Return what lies in the folder *evidence* and in the database, which is *file* where it is SQLite."""
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in evidence.rglob("*"):
        if one.is_file():
            ending = one.name.partition(".")[2]
            counted[ending].update(files=1, bytes=one.stat().st_size)
    with database.reading() as session:
        tables = inspect(session.get_bind()).get_table_names()
        rows = {name: session.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in sorted(tables)}
        if file is not None:
            size = sum(one.stat().st_size for one in file.parent.glob(f"{file.name}*"))
        else:
            size = session.execute(select(func.pg_database_size(func.current_database()))).scalar_one()
    return Kept({ending: (one["files"], one["bytes"]) for ending, one in sorted(counted.items())}, size, rows)


def batches(database: Database) -> Batches:
    """Return what the batches held, and how long the second pass took."""
    with database.reading() as session:
        found = session.scalars(select(Batch).order_by(Batch.number)).all()
        first = [batch.peak_bytes or 0 for batch in found if not batch.retry_pass]
        second = [batch for batch in found if batch.retry_pass and batch.started_at and batch.finished_at]
        begun: list[datetime] = [batch.started_at for batch in second if batch.started_at]
        ended: list[datetime] = [batch.finished_at for batch in second if batch.finished_at]
    seconds = (max(ended) - min(begun)).total_seconds() if second else 0.0
    return Batches(first, seconds, len(second))


def unread(database: Database) -> list[str]:
    """Return the addresses of the panel that have no closed visit."""
    with database.reading() as session:
        read = select(Visit.merchant_id).where(Visit.finished_at.is_not(None))
        return list(session.scalars(select(Merchant.url).where(Merchant.id.not_in(read))))
