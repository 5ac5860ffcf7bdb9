"""Records that an edition is made of, stored in a line each; keys are counted, so that two databases can hold the same."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from barometer.grids.grid import Award, Grid
from barometer.observations import ChannelSeen, Observed, Tried
from barometer.observing import Inputs, choose, observe
from storage.database import Database
from storage.records import (
    Attempt,
    Campaign,
    Click,
    Edition,
    Merchant,
    Rating,
    Record,
    Reply,
    Review,
    Run,
    Sighting,
    Stamp,
    Verdict,
    Visit,
)
from storage.vocabulary import (
    AttemptState,
    Channel,
    Profile,
    ReplyKind,
    SetAsideReason,
    StampKind,
    VisitStatus,
)

FROM = datetime(2026, 9, 1, tzinfo=UTC)
UNTIL = datetime(2026, 10, 1, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)
"""When every window of the tests has closed."""
NOON = datetime(2026, 9, 7, 10, tzinfo=UTC)
"""A Monday noon in Paris."""
FORTNIGHT = 14 * 86_400
HASH = "0" * 64
NOTHING_LEFT: dict[str, Any] = dict.fromkeys(("proven", "complete", "sample", "robots", "why", "lost"))


def a_grid(nights: int = 2, profile: Profile = Profile.DESKTOP) -> Grid:
    """Return a grid as far as observing goes by it."""
    return Grid(
        "test", "1", {}, "ours", HASH, profile, nights, Decimal("0.7"), 1, Decimal("0.8"), (), (), Award(), None, {}
    )


class Records:
    """A database with one campaign and one edition, to which records are added."""

    def __init__(self, database: Database, nights: int = 2) -> None:
        self.database, self.grid = database, a_grid(nights)
        self._count = 0
        self.campaign = Campaign(id=self.key(), name="autumn", starts_at=FROM, ends_at=UNTIL)
        self.edition = self._edition(1)
        self.add(self.campaign, self.edition)

    def key(self) -> str:
        self._count += 1
        return f"{self._count:032x}"

    def add(self, *records: Record) -> None:
        with self.database.session() as session:
            session.add_all(records)

    def remove(self, record: type[Record], key: str) -> None:
        with self.database.session() as session:
            session.delete(session.get_one(record, key))

    def merchant(self, name: str = "elan", category: str | None = "shoes", **values: Any) -> str:
        record = Merchant(
            id=self.key(),
            key=f"{name}.test",
            name=name.title(),
            url=f"https://{name}.test/",
            category=category,
            **values,
        )
        self.add(record)
        return record.id

    def run(self) -> str:
        record = Run(id=self.key(), kind="crawl")
        self.add(record)
        return record.id

    def visit(
        self, merchant: str, day: int | date, *seen: Sighting, at: time = time(2), search: Mapping[str, Any] | None = None,
        clicks: tuple[tuple[str, str], ...] = (), **values: Any,
    ) -> str:  # fmt: skip
        """Store a closed visit of that day of September (02:00 UTC unless *at*), which saw *seen* and read all there was."""
        when = datetime.combine(date(2026, 9, day) if isinstance(day, int) else day, at, UTC)
        given: dict[str, Any] = {
            "status": VisitStatus.COMPLETE,
            "started_at": when,
            "finished_at": when + timedelta(minutes=1),
            **values,
        }
        searched = {**NOTHING_LEFT, "channels": sorted(Channel), **(search or {})}
        record = Visit(id=self.key(), merchant_id=merchant, url="https://shop.test/", search=searched, **given)
        for sighting in seen:
            sighting.id, sighting.visit_id = self.key(), record.id
        edges = [
            Click(id=self.key(), visit_id=record.id, from_url=start, to_url=end, position=position)
            for position, (start, end) in enumerate(clicks)
        ]
        self.add(record, *seen, *edges)
        return record.id

    def attempt(self, merchant: str, channel: Channel = Channel.EMAIL, **values: Any) -> str:
        """Store an attempt that was accepted at :data:`NOON`, at an address that the site shows."""
        key = self.key()
        given: dict[str, Any] = {
            "campaign_id": self.campaign.id, "state": AttemptState.SENT, "target": "hello@elan.test",
            "target_source": "sighting 1", "scenario": "opening-hours", "language": "fr", "body": "Bonjour ?", "token": key,
            "planned_for": NOON, "window_seconds": FORTNIGHT, "t0": NOON, **values,
        }  # fmt: skip
        self.add(Attempt(id=key, merchant_id=merchant, channel=channel, **given))
        return key

    def reply(self, attempt: str | None, hours: float, kind: ReplyKind = ReplyKind.HUMAN) -> str:
        """Store what came back so many hours after :data:`NOON`."""
        key = self.key()
        record = Reply(
            id=key, attempt_id=attempt, kind=kind, rule="test", received_at=NOON + timedelta(hours=hours), source="maildir",
            evidence=f"{self._count:064x}", text="Oui.",
        )  # fmt: skip
        self.add(record)
        return key

    def stamps(self, attempt: str, *presses: tuple[StampKind, float] | tuple[StampKind, float, str]) -> list[str]:
        """Store stamps, each so many seconds after :data:`NOON` and with its note."""
        records = [
            Stamp(
                id=self.key(), attempt_id=attempt, sequence=sequence, kind=press[0], at=NOON + timedelta(seconds=press[1]),
                actor="Camille", note=press[2] if len(press) > 2 else None,
            )
            for sequence, press in enumerate(presses)
        ]  # fmt: skip
        self.add(*records)
        return [one.id for one in records]

    def rating(self, attempt: str, criterion: str, value: str | None, rater: str = "Camille", hours: float = 1) -> str:
        record = Rating(
            id=self.key(), attempt_id=attempt, criterion=criterion, rater=rater,
            value=None if value is None else Decimal(value), why="inaudible" if value is None else None,
            given_at=NOON + timedelta(hours=hours),
        )  # fmt: skip
        self.add(record)
        return record.id

    def review(
        self, subject: str, subject_id: str, replacement: str | None = None, *, upheld: bool = False, hours: float = 0,
        edition: Edition | None = None, of_no_edition: bool = False,
    ) -> str:  # fmt: skip
        """Store a review, by default one that overrules, made for the edition so many hours after :data:`LATER`."""
        record = Review(
            id=self.key(), edition_id=None if of_no_edition else (edition or self.edition).id, subject=subject,
            subject_id=subject_id, verdict=Verdict.UPHELD if upheld else Verdict.OVERRULED, replacement=replacement,
            why="I looked", reviewer="Alix Martin", reviewed_at=LATER + timedelta(hours=hours),
        )  # fmt: skip
        self.add(record)
        return record.id

    def edition_named(self, name: str, revision: int = 1) -> Edition:
        record = self._edition(revision, name)
        self.add(record)
        return record

    def chosen(self, category: str = "shoes", now: datetime = LATER, grid: Grid | None = None) -> Inputs:
        with self.database.reading() as session:
            return choose(session, self.edition, grid or self.grid, category, now)

    def observed(self, inputs: Inputs | None = None, profile: Profile | None = None) -> list[Observed]:
        with self.database.reading() as session:
            return observe(session, self.chosen() if inputs is None else inputs, profile)

    def channel(self, channel: Channel) -> list[ChannelSeen | None]:
        """Return what the nights of the only merchant say of *channel*."""
        (one,) = self.observed()
        return [night.channels.get(channel) for night in one.nights]

    def tried(self) -> Tried:
        """Return the only attempt of the only merchant."""
        (one,) = self.observed()
        (attempt,) = one.attempts
        return attempt

    def _edition(self, revision: int, name: str = "2027") -> Edition:
        return Edition(
            id=self.key(), name=name, revision=revision, grid="test", grid_hash=HASH, title="Prix 2027", year=2027,
            tests_from=FROM, tests_until=UNTIL, parameters={"campaigns": [self.campaign.id], "categories": None},
        )  # fmt: skip


def sighting(
    channel: Channel = Channel.PHONE, value: str = "+33199001122", page: str = "https://shop.test/", depth: int = 0,
    set_aside: SetAsideReason | None = None, **values: Any,
) -> Sighting:  # fmt: skip
    """Return a sighting that no visit has yet."""
    return Sighting(
        visit_id="", page_url=page, depth=depth, channel=channel, value=value, set_aside=set_aside, **values
    )
