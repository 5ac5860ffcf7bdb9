"""Can evidence be written where it goes, and has that room?"""

import shutil
import tempfile
from pathlib import Path
from uuid import uuid4

from barometer.checks.check import Check, Health
from barometer.checks.database import nearest_folder
from storage.evidence import Bucket, EvidenceStore, Location
from storage.problems import StorageProblem

LITTLE_DISK = 2_000_000_000
"""Free bytes below which the doctor warns (*ours*: about 1,000 merchants' evidence)."""
NO_DISK = 200_000_000
"""Free bytes below which a night cannot end well (*ours*)."""


def check_evidence(location: Location) -> Check:
    """Return whether evidence can be written: a file is made where it would go, and removed; in a bucket it is read, too."""
    return _of_folder(location) if isinstance(location, Path) else _of_bucket(location)


def check_disk(folder: Path) -> Check:
    """Return whether the disk that evidence goes to has room."""
    free = shutil.disk_usage(nearest_folder(folder)).free
    found = f"{free / 1e9:.1f} GB free"
    if free >= LITTLE_DISK:
        return Check("disk", Health.OK, found)
    return Check(
        "disk", Health.FAIL if free < NO_DISK else Health.WARN, found, "make room, or move the evidence folder"
    )


def _of_folder(folder: Path) -> Check:
    place = nearest_folder(folder)
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"barometer")
    except OSError as error:
        return Check(
            "evidence", Health.FAIL, f"{folder}: {error.strerror}", "make it writable, or choose another folder"
        )
    return Check("evidence", Health.OK, str(folder) if place == folder else f"{folder} will be made at first use")


def _of_bucket(bucket: Bucket) -> Check:
    store, content = EvidenceStore(bucket), f"barometer doctor {uuid4().hex}".encode()
    try:
        name = store.put(content, ".txt")
        store.get(name)
        store.remove(name)
    except StorageProblem as problem:
        return Check("evidence", Health.FAIL, problem.what, problem.remedy)
    return Check("evidence", Health.OK, f"{bucket}: a file was put, read and removed")
