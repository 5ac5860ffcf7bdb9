"""``barometer schedule``: what runs by itself, and when."""

import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from barometer.cli.console import as_room_allows, json_text, plain_error, printable, stderr, stderr_line
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.monitoring.log import about, about_all, teller
from barometer.settings import Settings

app = typer.Typer(
    help="What runs by itself: the night, replies, attempts, expiry, retention, backup.", no_args_is_help=True
)

COMMAND = (sys.executable, "-P", "-c", "from barometer.cli import main; main()")
"""The words that start ``barometer`` in a process of its own, whatever lies in the working directory."""

_SHOWN = {
    "closed": "done",
    "failed": "FAILED",
    "at work": "at work",
    "broken off": "broken off",
    "never begun": "never begun",
}
Name = Annotated[str, typer.Argument(metavar="NAME", help="night, replies, attempts, expiry, retention or backup.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command()
def run(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Begin what is due now or was missed, wait for its end, and end.")
    ] = False,
) -> None:
    """Begin each job at its times, until Ctrl-C or SIGTERM; one line an event on standard error.

    The database says what is done: two schedulers on one database do nothing twice, and stand by for each other. What was missed
    while the machine was off or slept is made up for, once, within the job's grace. Each job is a process of its own with a
    deadline and a log, logs/jobs/NAME.log, and ends with the scheduler. Settings are read at the start: start it again after
    a change.

    Exit code 0; with --once 1 when a job failed.

    Example: [bold]barometer schedule run[/bold]
    """
    from barometer.jobs.notifying import notifier
    from barometer.jobs.scheduling import Scheduler, require_sense

    settings = current_settings()
    require_sense(settings, _now())
    tell = teller(settings, _timed(settings))
    told = notifier(settings.schedule.notify)
    with opened_database(settings) as database:
        scheduler = Scheduler(database, settings, _command(context), tell, told)
        _stop_by_signal(scheduler.stopping, tell)
        _introduce(settings, len(told), tell)
        if once:
            scheduler.run_once()
        else:
            scheduler.run()
    with about("scheduler_ended"):
        tell("ended")
    if once and scheduler.failed:
        raise typer.Exit(1)


@app.command("list")
def list_jobs(as_json: AsJson = False) -> None:
    """List the jobs: when they run, when next, and how the last time went.

    Example: [bold]barometer schedule list --json[/bold]
    """
    from barometer.jobs.claims import last_run

    settings = current_settings()
    with opened_database(settings) as database, database.reading() as session:
        last = {name: last_run(session, name) for name in settings.schedule.timed}
    rows = [_row(settings, name, last[name]) for name in settings.schedule.timed]
    if as_json:
        sys.stdout.write(json_text(rows) + "\n")
        return
    from barometer.jobs.cron_words import in_words

    table = Table("job", "when", "next", "last", "", box=None, pad_edge=False)
    zone = ZoneInfo(settings.schedule.timezone)
    for row in rows:
        when = in_words(row["cron"]) if row["enabled"] else "switched off"
        told: dict[str, Any] = row["last"] or {"started_at": None, "result": "never begun"}
        cells = (row["job"], when, _local(row["next"], zone), _local(told["started_at"], zone), _SHOWN[told["result"]])
        table.add_row(*(Text(printable(cell)) for cell in cells))
    shown = Console(file=sys.stdout, highlight=False)
    shown.print(table)
    for row in rows:
        if row["last"] and (said := row["last"]["said"] or row["last"]["holder"]):
            shown.print(Text(printable(f"{row['job']}: {said}")), soft_wrap=True)
    stderr.print(f"times of {settings.schedule.timezone}", highlight=False)


@app.command("next")
def next_times(
    count: Annotated[int, typer.Option("--count", min=1, max=10_000, help="How many times to show.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show what begins next, in order; nothing is begun.

    Example: [bold]barometer schedule next --count 20[/bold]
    """
    from schedules import clock

    settings, now = current_settings(), _now()
    coming = sorted(
        (moment, job.name, clock.key_of(job, moment))
        for job in settings.schedule.enabled_jobs()
        for moment in clock.next_times(job, now, count)
    )[:count]
    if as_json:
        rows = [{"at": moment.isoformat(), "job": name, "due": key} for moment, name, key in coming]
        sys.stdout.write(json_text(rows) + "\n")
        return
    table = Table("at", "job", box=None, pad_edge=False)
    zone = ZoneInfo(settings.schedule.timezone)
    for moment, name, _ in coming:
        table.add_row(f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M %z}", name)
    Console(file=sys.stdout, highlight=False).print(table)


@app.command()
def trigger(context: typer.Context, name: Name) -> None:
    """Do a job now, here, whether or not it is switched on; its times stay as they are.

    Exit code 0: it went well; 1: it failed; 2: something is in the way, or it is being done; 130: broken off.

    Example: [bold]barometer schedule trigger backup[/bold]
    """
    from barometer.jobs.claims import BeingDone
    from barometer.jobs.running import manual_key

    due, tell = manual_key(), teller(current_settings(), stderr_line)
    with about(job=name, due=due):
        ended = _run(context, name, due, tell)
    if isinstance(ended, BeingDone):
        raise UserError(f"{ended.holder} does the {ended.kind} of {ended.due} now", "wait for it to end")
    with about("job_over", job=name, due=due):
        raise typer.Exit(_told(ended, name, tell))


@app.command()
def notify() -> None:
    """Send a trial message to every address that is told of failures and of the morning.

    Exit code 0: every address took it; 1: one did not.

    Example: [bold]barometer schedule notify[/bold]
    """
    from barometer.jobs.notifying import Message, notifier

    told = notifier(current_settings().schedule.notify)
    if not len(told):
        raise UserError("nobody is to be told", "give addresses in a file, and name it in schedule.notify.urls_file")
    if not told.tell(Message("barometer: a trial", "If you can read this, messages arrive."), stderr_line):
        raise typer.Exit(1)
    stderr_line(f"taken by {len(told)} of {len(told)} addresses")


@app.command(hidden=True)
def job(
    context: typer.Context,
    name: Name,
    due: Annotated[str, typer.Option("--due", metavar="KEY", help="The key of the time it is done for.")],
) -> None:
    """Do a job for one of its times, unless that is done or being done; the scheduler starts it so."""
    from barometer.jobs.claims import AlreadyDone, BeingDone

    settings = current_settings()
    tell = teller(settings, _timed(settings))
    about_all(job=name, due=due)
    with about("job_at_work"):
        tell(f"{name} for {due}")
    ended = _run(context, name, due, tell)
    with about("job_over"):
        if isinstance(ended, AlreadyDone):
            tell(f"nothing to do: {ended.state} before: {ended.said}")
        elif isinstance(ended, BeingDone):
            tell(f"nothing to do: {ended.holder} does the {ended.kind} of {ended.due}")
        else:
            raise typer.Exit(_told(ended, name, tell))


def _run(context: typer.Context, name: str, due: str, tell: Callable[[str], None]) -> Any:
    """Do the job in this process; SIGTERM ends it as Ctrl-C does."""
    from barometer.jobs.running import JOBS, Work, run_job

    if name not in JOBS:
        raise UserError(f"there is no job {name[:60]!r}", f"there are: {', '.join(JOBS)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = current_settings()
    with opened_database(settings) as database:
        return run_job(Work(database, settings, due, _command(context), tell), name)


def _told(ended: Any, name: str, tell: Callable[[str], None]) -> int:
    """Tell how a job ended and return the exit code."""
    from barometer.jobs.running import LOST_CODE, Interrupted, Lost

    if isinstance(ended, Interrupted):
        tell(f"{name}: {ended.said}")
        return 130
    if isinstance(ended, Lost):
        plain_error(f"{name}: left unfinished: {ended.said}")
        return LOST_CODE
    tell(f"{name}: {'done' if ended.well else 'FAILED'}: {ended.said}")
    return 0 if ended.well else 1


def _command(context: typer.Context) -> tuple[str, ...]:
    """Return the words that start ``barometer`` with the same settings file."""
    file = context.find_root().params.get("settings")
    return (*COMMAND, "--settings", str(file.absolute())) if file is not None else COMMAND


def _timed(settings: Settings) -> Callable[[str], None]:
    """Return what writes a line with its time, whole, whichever thread it comes from."""
    zone = ZoneInfo(settings.schedule.timezone)

    def tell(line: str) -> None:
        with as_room_allows(sys.stderr):
            sys.stderr.write(f"{_now().astimezone(zone):%Y-%m-%d %H:%M:%S} {printable(' '.join(line.split()))}\n")
            sys.stderr.flush()

    return tell


def _introduce(settings: Settings, addresses: int, tell: Callable[[str], None]) -> None:
    from schedules.clock import next_times

    told = f"{addresses} addresses are told" if addresses else "nobody is told"
    zone = ZoneInfo(settings.schedule.timezone)
    with about("scheduler_begun", timezone=zone.key):
        tell(f"scheduler begun, times of {zone.key}; {told}; Ctrl-C ends it")
    for one in settings.schedule.enabled_jobs():
        coming = next_times(one, _now())
        at = f"next at {coming[0].astimezone(zone):%Y-%m-%d %H:%M}" if coming else "never"
        with about("job_next", job=one.name, at=coming[0].isoformat() if coming else None):
            tell(f"{one.name}: {at}")


def _stop_by_signal(stopping: threading.Event, tell: Callable[[str], None]) -> None:
    """Let Ctrl-C, SIGTERM and the end of the terminal stop the scheduler."""

    def stop(number: int, _: object) -> None:
        if not stopping.is_set():
            with about("scheduler_stopping", signal=signal.Signals(number).name):
                tell(f"{signal.Signals(number).name}: ending, and what was begun")
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _now() -> datetime:
    return datetime.now(UTC)


def _row(settings: Settings, name: str, last: Any) -> dict[str, Any]:
    from barometer.jobs.running import JOBS
    from schedules.clock import next_times

    terms = settings.schedule.timed[name]
    coming = next_times(settings.schedule.clock_job(name), _now()) if terms.enabled else []
    told = None
    if last is not None:
        result = "at work" if last.holder else "broken off" if last.state == "open" else str(last.state)
        told = {
            "due": last.due, "result": result, "started_at": last.started_at.isoformat(),
            "finished_at": last.finished_at.isoformat() if last.finished_at else None,
            "said": printable(last.said), "holder": last.holder,
        }  # fmt: skip
    return {
        "job": name, "purpose": JOBS[name].purpose, "enabled": terms.enabled, "cron": terms.cron,
        "timezone": settings.schedule.timezone, "next": coming[0].isoformat() if coming else None, "last": told,
    }  # fmt: skip


def _local(moment: str | None, zone: ZoneInfo) -> str:
    return "" if moment is None else f"{datetime.fromisoformat(moment).astimezone(zone):%m-%d %H:%M}"
