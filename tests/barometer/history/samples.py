"""Nights for the tests: as plain values, and stored in a database with the settings of a command beside it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from barometer.history.night import ABSENT, ChannelNight, Conditions, Depth, Night, Site
from storage.database import Database, open_database
from storage.records import Merchant, Sighting, Visit
from storage.vocabulary import Channel, PriceClass, Reason, VisitStatus

FIRST = date(2026, 11, 1)
NOTHING_LEFT: dict[str, Any] = dict.fromkeys(("proven", "complete", "sample", "robots", "why", "lost"))
GONE = Depth(ABSENT, ABSENT)
NUMBER, OTHER, PREMIUM = "+33199001122", "+33199003344", "+33892700000"


def exact(clicks: int) -> Depth:
    return Depth(clicks, clicks)


def night(
    number: int, channels: dict[Channel, ChannelNight] | None = None, site: Site | None = Site.READ,
    reason: Reason | None = None, version: str = "0.1.0", mode: str = "rendered",
) -> Night:  # fmt: skip
    """Return the night so many days after :data:`FIRST`."""
    day = FIRST + timedelta(days=number)
    began = datetime.combine(day, time(2), UTC)
    return Night(day, f"{number:032x}", began, site, reason, Conditions(version, mode, "FR"), channels or {})


def phone(
    depth: Depth, *values: str, price: PriceClass | None = PriceClass.ORDINARY, channel: Channel = Channel.PHONE
) -> dict[Channel, ChannelNight]:
    """Return a night's channels where only the phone, or *channel*, was measured."""
    return {channel: ChannelNight(depth, frozenset(values), price if values else None)}


def depths(*told: Depth | int | None) -> list[Night]:
    """Return a night a value: the depth of the form in clicks, ``None`` where it was not measured."""
    states = [exact(one) if isinstance(one, int) else one for one in told]
    return [night(number, {} if one is None else phone(one, channel=Channel.FORM)) for number, one in enumerate(states)]


class Books:
    """A database of merchants and their nights, with the settings that name it in the same folder."""

    def __init__(self, folder: Path, address: str | None = None) -> None:
        self.address = address or f"sqlite:///{folder / 'barometer.db'}"
        (folder / "barometer.toml").write_text(f'database = "{self.address}"\n', "utf-8")
        with self.opened() as database:
            database.migrate()
        self._shops: dict[str, str] = {}

    def opened(self) -> Database:
        return open_database(self.address)

    def merchant(self, name: str, category: str = "shoes", **values: Any) -> str:
        given = {"key": f"{name.lower()}.test", "name": name, "url": f"https://{name.lower()}.test/", **values}
        record = Merchant(category=category, **given)
        with self.opened() as database, database.session() as session:
            session.add(record)
        self._shops[name] = record.id
        return record.id

    def visit(self, name: str, number: int, *seen: Sighting, at: time = time(2), **values: Any) -> str:
        """Store what a visit saw, so many days after :data:`FIRST`; it read all there was unless *values* say otherwise."""
        if name not in self._shops:
            self.merchant(name)
        began = datetime.combine(FIRST + timedelta(days=number), at, UTC)
        search = {**NOTHING_LEFT, "channels": sorted(Channel), **values.pop("search", {})}
        given = {
            "status": VisitStatus.COMPLETE, "started_at": began, "finished_at": began + timedelta(minutes=1),
            "tool_version": "0.1.0", "browser": "Chromium 156.0", "url": f"https://{name.lower()}.test/", **values,
        }  # fmt: skip
        visit = Visit(merchant_id=self._shops[name], search=search, **given)
        for one in seen:
            one.visit_id = visit.id
        with self.opened() as database, database.session() as session:
            session.add_all([visit, *seen])
        return visit.id

    def phones(self, name: str, told: Sequence[int | None]) -> None:
        """Store a night a value: the phone's depth in clicks, ``None`` where it was not found."""
        for number, depth in enumerate(told):
            self.visit(name, number, *([] if depth is None else [seen(depth)]))


def seen(depth: int, value: str = NUMBER, channel: Channel = Channel.PHONE, **values: Any) -> Sighting:
    """Return a sighting that no visit has yet."""
    price = PriceClass.ORDINARY if channel is Channel.PHONE else None
    given = {"price_class": price, **values}
    return Sighting(
        visit_id="", page_url=f"https://shop.test/{depth}", depth=depth, channel=channel, value=value, **given
    )
