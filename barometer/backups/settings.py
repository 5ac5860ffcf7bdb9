"""Where backups go and how long evidence stays, by the settings; the defaults where they say nothing of it."""

from datetime import datetime, timedelta
from pathlib import Path

from barometer.schedule_settings import Schedule
from barometer.settings import Settings


def backup_folder(settings: Settings) -> Path:
    """Return the folder that backups go to unless a command names another."""
    return _schedule(settings).backup.folder


def retired_before(settings: Settings, now: datetime) -> datetime:
    """Return the time before which retention has taken the evidence of visits away."""
    return now - timedelta(days=_schedule(settings).retention.days)


def _schedule(settings: Settings) -> Schedule:
    found = getattr(settings, "schedule", None)
    return found if isinstance(found, Schedule) else Schedule()
