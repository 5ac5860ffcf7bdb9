"""Figures of what records and evidence rest on: the database, work that was left open in it, and the disks."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from barometer.jobs.claims import KIND as JOB
from barometer.monitoring.samples import Metric, Sample
from barometer.settings import Settings
from storage.records import Merchant, Run, utc_now
from storage.vocabulary import RunState

MERCHANTS = Metric("barometer_merchants", "Merchants of the panel.")
OPEN_RUNS = Metric("barometer_runs_open", "Crawls, nights and jobs that were begun and are not over.", ("kind",))
LEFT_RUNS = Metric(
    "barometer_runs_abandoned", "Of those, the ones that nobody is at work on: their lease has run out.", ("kind",)
)
SIZE = Metric("barometer_database_size_bytes", "Size of the database; of SQLite, its file and its write-ahead log.")
OFFSET = Metric(
    "barometer_database_clock_offset_seconds",
    "By how much the clock of the database's server is ahead of this machine's.",
)
FREE = Metric("barometer_disk_free_bytes", "Room left on the disk that a folder of ours is on.", ("place",))
DISK = Metric("barometer_disk_size_bytes", "Size of the disk that a folder of ours is on.", ("place",))

METRICS = (MERCHANTS, OPEN_RUNS, LEFT_RUNS, SIZE, OFFSET, FREE, DISK)
_KINDS = ("crawl", "job", "night")


def of_database(session: Session) -> Iterator[Sample]:
    """Yield the figures of the database, and of what was left open in it."""
    yield MERCHANTS(session.scalar(select(func.count()).select_from(Merchant)) or 0)
    unfinished, left, now = Counter[str](), Counter[str](), utc_now()
    rows = select(Run.kind, Run.due, Run.lease_until).where(Run.state == RunState.OPEN)
    for kind, due, lease_until in session.execute(rows):
        word = "job" if kind.startswith(JOB) else "night" if kind == "crawl" and due else kind
        unfinished[word] += 1
        left[word] += lease_until is None or lease_until <= now
    for word in sorted({*_KINDS, *unfinished}):
        yield OPEN_RUNS(unfinished[word], word)
        yield LEFT_RUNS(left[word], word)
    if session.get_bind().dialect.name == "postgresql":
        yield SIZE(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
        told: datetime = session.scalar(select(func.clock_timestamp()))  # type: ignore[assignment]
        yield OFFSET((told - utc_now()).total_seconds())
    else:
        pages, each = session.scalar(text("PRAGMA page_count")), session.scalar(text("PRAGMA page_size"))
        yield SIZE((pages or 0) * (each or 0) + _log_bytes(session))


def revision(session: Session) -> str:
    """Return the revision of the tables."""
    return str(session.scalar(text("SELECT version_num FROM alembic_version")) or "")


def of_disks(settings: Settings) -> Iterator[Sample]:
    """Yield the room on the disks of this machine that we write to; what lies elsewhere is watched there."""
    for place, folder in _folders(settings):
        try:
            usage = shutil.disk_usage(next(one for one in (folder, *folder.absolute().parents) if one.exists()))
        except (OSError, StopIteration):
            continue
        yield FREE(usage.free, place)
        yield DISK(usage.total, place)


def _folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield "backups", settings.schedule.backup.folder
    file = _sqlite_file(settings)
    if file is not None:
        yield "database", file.parent
    if "://" not in str(settings.evidence):
        yield "evidence", Path(settings.evidence)
    yield "logs", settings.schedule.logs


def _sqlite_file(settings: Settings) -> Path | None:
    address = make_url(settings.database)
    name = address.database or ""
    named = address.get_backend_name() == "sqlite" and name not in {"", ":memory:"} and not name.startswith("file:")
    return Path(name) if named else None


def _log_bytes(session: Session) -> int:
    name = session.get_bind().engine.url.database
    try:
        return Path(f"{name}-wal").stat().st_size
    except OSError:
        return 0
