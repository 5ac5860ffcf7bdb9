"""A visit wherever it is kept: in the database, in an audit folder, or in an evidence file."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from barometer.audit_files import EVIDENCE_FOLDER, RESULT_FILE, VISIT_FILE
from barometer.errors import UserError
from barometer.reports.audit_folder import read_folder
from barometer.result import audit_result
from barometer.settings import Settings
from barometer.stored_visits import stored_visit
from barometer.visit_file import read_visit_file
from spiders.reading import SiteReading
from storage.database import open_database
from storage.evidence import EvidenceStore
from storage.problems import StorageProblem

Json = dict[str, Any]


class Recorded(NamedTuple):
    """Readings of one site, one a profile, the results they were recorded with, and where their evidence is."""

    readings: list[SiteReading]
    results: list[Json]
    evidence: EvidenceStore


@contextmanager
def opened(named: str, settings: Settings) -> Iterator[Recorded]:
    """Give the visit that *named* names: an audit folder, an evidence file, or a key that begins with these digits.

    Raises :class:`UserError` where there is none, or it cannot be read.
    """
    path = Path(named)
    kind = _kind(path)
    if kind == "folder":
        yield _in_folder(path)
    elif kind == "file":
        # Evidence files are checked and unpacked by a module that reads visits itself.
        from barometer.evidence_zip import unpacked

        with unpacked(path) as recorded:
            yield recorded
    elif re.fullmatch(r"[0-9a-fA-F]{1,32}", named):
        yield _in_database(named, settings)
    else:
        raise UserError(
            f"{named[:200]}: no folder, no file and no visit", "list the visits with: barometer evidence list"
        )


def _kind(path: Path) -> str | None:
    """Return whether there is a folder or a file at *path*; what is no path at all is neither."""
    try:
        return "folder" if path.is_dir() else "file" if path.is_file() else None
    except OSError:
        return None


def paired(readings: list[SiteReading], results: list[Json], name: str) -> list[Json]:
    """Return the result of each of *readings*, in their order; raises :class:`UserError` where one lacks."""
    by_profile = {result["profile"]: result for result in results}
    missing = [reading.visit.profile for reading in readings if str(reading.visit.profile) not in by_profile]
    if missing or len(results) != len(readings):
        raise UserError(
            f"{name}: {VISIT_FILE} and {RESULT_FILE} are not of the same visits",
            "write both again: barometer audit URL --out DIR",
        )
    return [by_profile[str(reading.visit.profile)] for reading in readings]


def results_of(content: bytes) -> list[Json]:
    """Return the results in *content*, a result file that was checked, as plain JSON."""
    found = json.loads(content)
    return found if isinstance(found, list) else [found]


def _in_folder(folder: Path) -> Recorded:
    readings = read_visit_file(folder / VISIT_FILE)
    file = read_folder(folder).path
    results = paired(readings, results_of(file.read_bytes()), str(folder))
    return Recorded(readings, results, EvidenceStore(folder / EVIDENCE_FOLDER))


def _in_database(key: str, settings: Settings) -> Recorded:
    try:
        with open_database(settings.database) as database:
            database.migrate()
            with database.reading() as session:
                reading = stored_visit(session, key)
    except StorageProblem as problem:
        raise UserError(problem.what, problem.remedy) from problem
    return Recorded([reading], [audit_result(reading)], EvidenceStore(settings.evidence))
