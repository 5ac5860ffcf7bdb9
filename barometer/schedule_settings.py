"""When the jobs run that nobody starts by hand; table ``[schedule]`` of the settings.

How a night is worked through is in ``[night]``, what an attempt may not pass in ``[probes]``: here stand times. A running
scheduler keeps the settings it began with; start it again after a change.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from schedules.clock import BadTime, Job, next_times


def _number(given: object) -> object:
    """Refuse true and false, which Python would take for 1 and 0."""
    if isinstance(given, bool):
        raise ValueError("is not a number; write digits, without quotation marks")
    return given


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        near = get_close_matches(name, available_timezones(), n=1, cutoff=0.6)
        remedy = f"do you mean {near[0]}?" if near else "Europe/Paris is one"
        raise ValueError(f"is no time zone; {remedy}") from None
    return name


def _times(cron: str) -> str:
    remedy = 'write minute, hour, day, month and day of the week, such as "15 2 * * *"'
    try:
        if next_times(Job("", cron, ZoneInfo("UTC")), datetime.now(UTC)):
            return cron
    except BadTime as problem:
        raise ValueError(f"{problem}; {remedy}") from None
    raise ValueError(f"'{cron[:80]}' never comes; {remedy}")


def _folder(path: Path) -> Path:
    if path == Path():
        raise ValueError('is empty; name a folder, such as "var/backups"')
    return path


def _textfile(path: Path | None) -> Path | None:
    if path is not None and path.suffix != ".prom":
        raise ValueError("is no name that node_exporter reads; let it end in .prom")
    return path


Count = Annotated[int, BeforeValidator(_number)]
Cron = Annotated[str, AfterValidator(_times)]
Minutes = Annotated[Count, Field(ge=1, le=10_080)]
"""Up to a week."""
Folder = Annotated[Path, AfterValidator(_folder)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Timed(_Table):
    """A job: ``cron`` says when it begins (five fields, days of the week by name) in the time zone of the schedule.

    It may begin up to ``grace_minutes`` late, where the machine slept. It is ended after ``deadline_minutes``, and when all its
    processes hold more than ``memory_mb`` (resident, millions of bytes; 0: any). Times and amounts are *ours*.
    """

    enabled: bool = True
    cron: Cron
    grace_minutes: Minutes = 60
    deadline_minutes: Minutes = 60
    memory_mb: Annotated[Count, Field(ge=0, le=1_000_000)] = 2000


class NightTimes(Timed):
    """The nightly crawl; its processes have limits of memory of their own, and it ends itself by ``night.deadline_hours``."""

    cron: Cron = "15 2 * * *"
    grace_minutes: Minutes = 360
    deadline_minutes: Minutes = 600
    memory_mb: Annotated[Count, Field(ge=0, le=1_000_000)] = 0


class ReplyTimes(Timed):
    """The reading of what came back."""

    cron: Cron = "*/10 * * * *"
    deadline_minutes: Minutes = 30


class AttemptTimes(Timed):
    """The sending of what is due; whether it may leave is decided by ``[probes]``, whenever this begins."""

    cron: Cron = "*/5 9-18 * * mon-fri"
    deadline_minutes: Minutes = 300
    memory_mb: Annotated[Count, Field(ge=0, le=1_000_000)] = 3000


class ExpiryTimes(Timed):
    """The closing of what time has ended."""

    cron: Cron = "7 * * * *"
    deadline_minutes: Minutes = 15


class RetentionTimes(Timed):
    """The removal of what is too old: evidence of visits after ``days``, raw replies after ``probes.retention_days``."""

    cron: Cron = "15 7 * * *"
    grace_minutes: Minutes = 720
    deadline_minutes: Minutes = 120
    days: Annotated[Count, Field(ge=1, le=36_500)] = 365


class BackupTimes(Timed):
    """The backup into ``folder``, of which the newest ``keep`` stay."""

    cron: Cron = "30 6 * * *"
    grace_minutes: Minutes = 720
    deadline_minutes: Minutes = 180
    folder: Folder = Path("var/backups")
    keep: Annotated[Count, Field(ge=1, le=10_000)] = 7


class Notify(_Table):
    """Who is told, and of what: addresses that apprise knows, one a line of ``urls_file``; nobody unless one is given.

    Such an address holds a password or a token: it is given by that file or by ``BAROMETER_SCHEDULE__NOTIFY__URLS``
    (separated by white space) and never shown, logged or stored.
    """

    urls: Annotated[SecretStr | None, Field(exclude=True)] = None
    urls_file: Path | None = None
    failures: bool = True
    summary: bool = True


class Schedule(_Table):
    """All jobs; ``logs`` is the folder under which each has its log, ``jobs/NAME.log``.

    ``metrics_textfile`` is rewritten after every job and once a minute, for node_exporter.
    """

    timezone: Annotated[str, AfterValidator(_zone)] = "Europe/Paris"
    logs: Folder = Path("var/logs")
    metrics_textfile: Annotated[Path | None, AfterValidator(_textfile)] = None
    night: NightTimes = NightTimes()
    replies: ReplyTimes = ReplyTimes()
    attempts: AttemptTimes = AttemptTimes()
    expiry: ExpiryTimes = ExpiryTimes()
    retention: RetentionTimes = RetentionTimes()
    backup: BackupTimes = BackupTimes()
    notify: Notify = Notify()

    @property
    def timed(self) -> Mapping[str, Timed]:
        """The jobs by name, in the order of the table."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: table for name, table in found.items() if isinstance(table, Timed)}

    def clock_job(self, name: str) -> Job:
        """Return the job *name* as the clock wants it, enabled or not; raises ``KeyError`` for a name that is none."""
        table = self.timed[name]
        return Job(name, table.cron, ZoneInfo(self.timezone), timedelta(minutes=table.grace_minutes))

    def enabled_jobs(self) -> list[Job]:
        """Return the jobs that the clock is to begin."""
        return [self.clock_job(name) for name, table in self.timed.items() if table.enabled]
