"""A clock that stands still until somebody sleeps."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class StillClock:
    """The present, and the naps that were taken (seconds)."""

    def __init__(self, start: datetime = START) -> None:
        self.present = start
        self.naps: list[float] = []

    def now(self) -> datetime:
        """Return the present."""
        return self.present

    async def sleep(self, seconds: float) -> None:
        """Let *seconds* pass at once."""
        self.naps.append(seconds)
        self.present += timedelta(seconds=seconds)
