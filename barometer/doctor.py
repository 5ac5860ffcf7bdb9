"""Is this machine ready? Each check says what it found and, where something is wrong, what to do.

The order of the checks is here; the checks themselves stand in :mod:`barometer.checks`, a file a subject.
"""

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from barometer.checks.browser import check_browser, check_fonts, check_rendering
from barometer.checks.check import Check, Health
from barometer.checks.database import check_database
from barometer.checks.evidence import check_disk, check_evidence
from barometer.checks.folders import check_folders
from barometer.checks.information_page import check_information_page
from barometer.checks.machine import (
    check_clock,
    check_files,
    check_memory,
    check_python,
    clock_is_synchronised,
    core_count,
    memory_bytes,
)
from barometer.checks.mail import check_mail
from barometer.checks.patience import Checking, all_at_once
from barometer.checks.schedule import check_backup, check_jobs, check_notify, check_schedule
from barometer.errors import UserError
from barometer.settings import Settings

__all__ = [
    "Check",
    "Health",
    "check_browser",
    "check_clock",
    "check_database",
    "check_disk",
    "check_evidence",
    "checkup",
]


def checkup(
    settings: Settings | UserError,
    now: datetime,
    environment: Mapping[str, str] | None = None,
    python: tuple[int, int, int] = sys.version_info[:3],
    *,
    offline: bool = False,
) -> Iterator[Check]:
    """Yield every check in its order; those that wait for a browser or a server are at work side by side.

    *settings* may be the error that loading them gave: it becomes a check of its own, and those that need settings are
    left out. *now* is compared with the years in which a clock may be right. With an *environment* given, that of this
    process aside, its browser is named and not opened. *offline* leaves out what asks a mail server or the public web.
    Nothing is written but files that go again at once, and nothing is sent to anybody.
    """
    yield check_python(python)
    yield check_clock(now, clock_is_synchronised())
    yield check_browser(environment)
    if isinstance(settings, UserError):
        yield Check("settings", Health.FAIL, settings.what, settings.remedy)
        return
    yield Check(
        "settings", Health.OK, f"valid; default country {settings.country}, {settings.delay:g} s between requests"
    )
    yield check_operator(settings)
    yield from all_at_once(_waiting(settings, now, opened=environment is None, offline=offline))


def _waiting(settings: Settings, now: datetime, *, opened: bool, offline: bool) -> list[tuple[str, Checking]]:
    """Return the checks that may have to wait, by name."""
    checks: list[tuple[str, Checking]] = [
        ("database", lambda: [check_database(settings.database)]),
        ("evidence", lambda: [check_evidence(settings.evidence)]),
        ("disk", lambda: [check_disk(settings.evidence)] if isinstance(settings.evidence, Path) else []),
        ("folders", lambda: [check_folders(settings)]),
        ("machine", lambda: [check_memory(settings, memory_bytes(), core_count()), check_files()]),
    ]
    if opened and settings.render:
        checks += [("rendering", lambda: [check_rendering()]), ("fonts", check_fonts)]
    checks += [
        ("schedule", lambda: [check_schedule(settings, now)]),
        ("scheduler", lambda: check_jobs(settings, now)),
        ("backup", lambda: check_backup(settings, now)),
        ("notify", lambda: [check_notify(settings)]),
    ]
    if not offline:
        checks.append(("mail", lambda: check_mail(settings)))
        page = settings.operator.information_url
        if page is not None and "information_url" not in settings.operator.missing():
            checks.append(("information page", lambda: check_information_page(page, settings.user_agent)))
    return checks


def check_operator(settings: Settings) -> Check:
    """Return whether the settings say who answers for the visits."""
    missing = settings.operator.missing()
    if missing:
        remedy = "fill in [operator] in barometer.toml before reading public sites (barometer settings --example)"
        return Check("operator", Health.WARN, f"not filled in: {', '.join(missing)}", remedy)
    return Check("operator", Health.OK, settings.user_agent)
