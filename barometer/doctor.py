"""Is this machine ready? Each check says what it found and, where something is wrong, what to do."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from barometer.errors import UserError
from barometer.settings import Settings
from spiders.browser.executable import find_browser
from storage.database import open_database
from storage.problems import StorageProblem
from storage.schema import newest

OLDEST_PYTHON = (3, 11)
LITTLE_DISK = 2_000_000_000
"""Free bytes below which the doctor warns (*ours*: about 1,000 merchants' evidence)."""
NO_DISK = 200_000_000
"""Free bytes below which a night cannot end well (*ours*)."""
YEARS = range(2026, 2100)
"""Years in which the clock may be right: this program was not written before."""
VERSION_PATIENCE_SECONDS = 20
"""How long a browser may take to print its version; a cold one on a slow disk needs several seconds."""


class Health(StrEnum):
    """How a check ended; only ``fail`` keeps the barometer from working."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Check(NamedTuple):
    """One check: its name, how it ended, what was found, and what to do when it is not well."""

    name: str
    health: Health
    found: str
    remedy: str | None = None


def checkup(
    settings: Settings | UserError,
    now: datetime,
    environment: Mapping[str, str] | None = None,
    python: tuple[int, int, int] = sys.version_info[:3],
) -> Iterator[Check]:
    """Yield every check in the order it is made.

    *settings* may be the error that loading them gave: it becomes a check of its own, and those that need settings are
    left out. *now* is compared with the years in which a clock may be right. Nothing is written but a file that goes
    again at once.
    """
    yield check_python(python)
    yield check_clock(now)
    yield check_browser(environment)
    if isinstance(settings, UserError):
        yield Check("settings", Health.FAIL, settings.what, settings.remedy)
        return
    yield Check(
        "settings", Health.OK, f"valid; default country {settings.country}, {settings.delay:g} s between requests"
    )
    yield check_operator(settings)
    yield check_database(settings.database)
    yield check_evidence(settings.evidence)
    yield check_disk(settings.evidence)


def check_python(version: tuple[int, int, int]) -> Check:
    """Return whether this Python is new enough."""
    found = ".".join(map(str, version))
    if version[:2] < OLDEST_PYTHON:
        return Check("python", Health.FAIL, found, "install Python 3.11 or later")
    return Check("python", Health.OK, found)


def check_clock(now: datetime) -> Check:
    """Return whether *now* can be right: every delay is measured with this clock."""
    found = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if now.year not in YEARS:
        return Check("clock", Health.FAIL, found, "set the date; delays and certificates depend on it")
    return Check("clock", Health.OK, found)


def check_browser(environment: Mapping[str, str] | None = None) -> Check:
    """Return which browser would be used; it is asked for its version and not opened."""
    browser = find_browser(environment)
    if browser is None:
        remedy = "install Chromium (playwright install chromium, or the system's package); static audits work without"
        return Check("browser", Health.WARN, "no Chromium, Chrome or Edge", remedy)
    try:
        asked = subprocess.run(  # noqa: S603 - the path is one that find_browser tested, and no word is a user's
            [browser.path, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=VERSION_PATIENCE_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        what = "no answer" if isinstance(error, subprocess.TimeoutExpired) else error.strerror
        return Check("browser", Health.WARN, f"{browser.path} does not start: {what}", "install it anew")
    version = " ".join(asked.stdout.split())[:80]
    if asked.returncode or not version:
        return Check("browser", Health.WARN, f"{browser.path} does not start", "install it anew")
    return Check("browser", Health.OK, f"{version} ({browser.origin}, {browser.path})")


def check_operator(settings: Settings) -> Check:
    """Return whether the settings say who answers for the visits."""
    missing = settings.operator.missing()
    if missing:
        remedy = "fill in [operator] in barometer.toml before reading public sites (barometer settings --example)"
        return Check("operator", Health.WARN, f"not filled in: {', '.join(missing)}", remedy)
    return Check("operator", Health.OK, settings.user_agent)


def check_database(url: str) -> Check:
    """Return whether the database can be reached and is at the newest revision; a SQLite file is not made for this."""
    file = _sqlite_file(url)
    if file is not None and not file.exists():
        folder = _nearest_folder(file.parent)
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            return Check("database", Health.FAIL, f"{file} cannot be made", f"make {folder} a folder you may write to")
        return Check("database", Health.OK, f"{file} will be made at first use")
    try:
        with open_database(url) as database:
            revision, address = database.revision(), database.address
    except StorageProblem as problem:
        return Check("database", Health.FAIL, problem.what, problem.remedy)
    if revision is None:
        return Check("database", Health.OK, f"{address}, empty; its tables will be made at first use")
    if revision != newest():
        return Check("database", Health.OK, f"{address}, at revision {revision}; brought up to date at next use")
    return Check("database", Health.OK, f"{address}, at revision {revision}")


def check_evidence(folder: Path) -> Check:
    """Return whether evidence can be written: a file is made where it would go, and removed."""
    place = _nearest_folder(folder)
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"barometer")
    except OSError as error:
        return Check(
            "evidence", Health.FAIL, f"{folder}: {error.strerror}", "make it writable, or choose another folder"
        )
    return Check("evidence", Health.OK, str(folder) if place == folder else f"{folder} will be made at first use")


def check_disk(folder: Path) -> Check:
    """Return whether the disk that evidence goes to has room."""
    free = shutil.disk_usage(_nearest_folder(folder)).free
    found = f"{free / 1e9:.1f} GB free"
    if free >= LITTLE_DISK:
        return Check("disk", Health.OK, found)
    return Check(
        "disk", Health.FAIL if free < NO_DISK else Health.WARN, found, "make room, or move the evidence folder"
    )


def _sqlite_file(url: str) -> Path | None:
    scheme, _, name = url.partition(":///")
    named = scheme in {"sqlite", "sqlite+pysqlite"} and name not in {"", ":memory:"} and not name.startswith("file:")
    return Path(name.partition("?")[0]) if named else None


def _nearest_folder(path: Path) -> Path:
    """Return *path*, or the nearest folder above it that is there."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())
