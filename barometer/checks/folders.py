"""The folders beside the evidence: records, logs, backups and what is short-lived; can they be written, have they room?"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from barometer.checks.check import Check, Health
from barometer.checks.database import nearest_folder, sqlite_file
from barometer.settings import Settings

LITTLE_ROOM = 500_000_000
"""Free bytes below which a folder is spoken of (*ours*): a night's logs and a day's growth of the database."""
FEW_FILES = 50_000
"""Free places for files below which a disk is spoken of (*ours*): a night of 400 sites keeps some 5,000 files."""


def check_folders(settings: Settings) -> Check:
    """Return whether each folder can be written and its disk has room; a file is made in each, and removed."""
    folders = list(_folders(settings))
    broken = [f"{what} {folder}: {why}" for what, folder in folders if (why := _unwritable(folder))]
    if broken:
        return Check("folders", Health.FAIL, "; ".join(broken), "make them writable for this user, or name others")
    tight = [f"{what} {folder}: {why}" for what, folder in folders if (why := _tight(nearest_folder(folder)))]
    if tight:
        return Check("folders", Health.WARN, "; ".join(tight), "make room, or name folders on another disk")
    return Check("folders", Health.OK, ", ".join(f"{what} {folder}" for what, folder in folders))


def _folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    file = sqlite_file(settings.database)
    if file is not None:
        yield "database", file.parent
    yield "logs", settings.night.logs
    if settings.schedule.logs != settings.night.logs:
        yield "logs of jobs", settings.schedule.logs
    if settings.schedule.backup.enabled:
        yield "backups", settings.schedule.backup.folder
    yield "temporary files", Path(tempfile.gettempdir())


def _unwritable(folder: Path) -> str | None:
    try:
        with tempfile.TemporaryFile(dir=nearest_folder(folder)) as file:
            file.write(b"barometer")
    except OSError as error:
        return error.strerror or str(error)
    return None


def _tight(folder: Path) -> str | None:
    free = shutil.disk_usage(folder).free
    if free < LITTLE_ROOM:
        return f"{free / 1e6:.0f} MB free"
    places = os.statvfs(folder)
    # File systems that make places as they go say that they have none at all.
    if places.f_files and places.f_favail < FEW_FILES:
        return f"room for {places.f_favail} more files"
    return None
