"""One snapshot of the database and of this machine's disks, as text that Prometheus reads."""

import platform
import time
from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client import Metric as Family
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from barometer.monitoring import of_contacts, of_jobs, of_nights, of_storage
from barometer.monitoring.samples import Metric, Sample, families
from barometer.settings import Settings, tool_version
from storage.database import Database
from storage.problems import DatabaseProblem
from storage.records import utc_now

UP = Metric("barometer_up", "1 where the settings and the database could be read, else 0; then most others are absent.")
BUILD = Metric(
    "barometer_build_info", "Always 1; its labels say which version ran, on which Python, over tables of which revision.",
    ("version", "python", "revision"),
)  # fmt: skip
TAKEN = Metric("barometer_snapshot_timestamp_seconds", "When these figures were read, by the clock of this machine.")
TOOK = Metric("barometer_snapshot_duration_seconds", "How long reading them took.")

METRICS: tuple[Metric, ...] = (
    UP, BUILD, TAKEN, TOOK, *of_nights.METRICS, *of_jobs.METRICS, *of_contacts.METRICS, *of_storage.METRICS,
)  # fmt: skip
"""Every metric there is, in the order in which it is printed; the table of ``docs/monitoring.md``."""


def read(database: Database, settings: Settings) -> str:
    """Return the figures of *database*, of one moment of it; raises :class:`~storage.problems.DatabaseProblem`."""
    began, now = time.perf_counter(), utc_now()
    samples: list[Sample] = []
    try:
        with database.reading() as session:
            for part in (
                of_nights.of_nights(session),
                of_jobs.of_jobs(session, settings.schedule, now),
                of_contacts.of_contacts(session, now),
                of_storage.of_database(session),
            ):
                samples += part
            revision = of_storage.revision(session)
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise DatabaseProblem(f"the database cannot be read: {said}", "see: barometer doctor") from error
    samples += [UP(1), *_about(settings, revision), TOOK(time.perf_counter() - began)]
    return _text(samples)


def unreadable(settings: Settings | None) -> str:
    """Return what is left to tell where the database, or even the settings, cannot be read: that, and the disks."""
    return _text([UP(0), *_about(settings, "")])


def _about(settings: Settings | None, revision: str) -> Iterator[Sample]:
    yield BUILD(1, tool_version(), platform.python_version(), revision)
    yield from TAKEN.at(utc_now())
    if settings is not None:
        yield from of_storage.of_disks(settings)


class _Told(Collector):
    """Gives a registry what was read before."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples

    def collect(self) -> Iterator[Family]:
        return families(METRICS, self._samples)


def _text(samples: Sequence[Sample]) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(samples))
    return generate_latest(registry).decode("utf-8")
