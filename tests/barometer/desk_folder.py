"""A working directory with a campaign that runs now, at an hour at which the desk is open."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import holidays

from storage.database import Database, open_database
from storage.records import Attempt, Merchant
from storage.vocabulary import Channel
from tests.probes.desk_samples import attempt, campaign, merchant

ADDRESS = "sqlite:///barometer.db"


def write_settings(folder: Path, more: str = "") -> None:
    """Write settings under which no hour of today is quiet."""
    days = [datetime.now(UTC).date() + timedelta(days=number) for number in (-1, 0, 1)]
    country = next(
        code for code in ("FR", "JP", "BR", "IN") if not any(day in holidays.country_holidays(code) for day in days)
    )
    (folder / "barometer.toml").write_text(
        f'database = "{ADDRESS}"\n[probes]\nquiet_from = "00:00"\nquiet_until = "00:00"\nweekends = true\n'
        f'holidays = "{country}"\nstop_file = "STOP"\n{more}',
        "utf-8",
    )


def opened(folder: Path) -> Database:
    """Return the database of *folder*, its tables made."""
    database = open_database(f"sqlite:///{folder / 'barometer.db'}")
    database.migrate()
    return database


def plan(folder: Path, *channels: Channel, shop: Merchant | None = None, **values: Any) -> list[str]:
    """Store one attempt a channel, due an hour ago, in a campaign that runs; return their keys."""
    now = datetime.now(UTC)
    with opened(folder) as database, database.session() as session:
        owner = campaign(
            starts_at=now - timedelta(days=2), ends_at=now + timedelta(days=7), released_at=now - timedelta(days=1)
        )
        shop = shop or merchant()
        session.add_all([owner, shop])
        keys = []
        for number, channel in enumerate(channels):
            due = now - timedelta(minutes=60 - number)
            keys.append(attempt(session, owner, shop, channel, planned_for=due, **values).id)
        return keys


def stored(folder: Path, key: str) -> Attempt:
    """Return an attempt as it is stored."""
    with opened(folder) as database, database.reading() as session:
        return session.get_one(Attempt, key)
