"""``barometer night`` and ``barometer status``: a night of the whole panel, what came of it, and where things stand."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from barometer.cli import cluster_options, night_progress, options, root
from barometer.cli.console import as_room_allows, json_text, plain_error, printable, stderr_line
from barometer.cli.root import current_settings, opened_database
from barometer.monitoring.log import about_all, teller
from barometer.monitoring.log import as_json as as_json_log

if TYPE_CHECKING:
    from barometer.nights.report import NightReport
    from barometer.nights.status import Due

app = typer.Typer(help="Read the whole panel in one night, whatever dies on the way, and report.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def attach(group: typer.Typer) -> None:
    """Add ``night`` and ``status`` to *group*."""
    group.add_typer(app, name="night")
    group.command("status")(status)


@app.command("run")
def run(
    due: Annotated[
        str | None,
        typer.Option(
            "--due", metavar="KEY",
            help="The time this night stands for, such as 2026-11-22T02:30: there is one night a key. Default: a night by hand.",
        ),
    ] = None,
    category: Annotated[str | None, typer.Option("--category", help="Only merchants of this category.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many merchants.")] = None,
    batch_size: Annotated[
        int | None,
        typer.Option("--batch-size", min=1, max=1000, help="Sites that one process reads. Default: the settings', 40."),
    ] = None,
    at_once: Annotated[
        int | None, typer.Option("--at-once", min=1, max=64, help="Processes side by side. Default: the settings', 2.")
    ] = None,
    deadline: Annotated[
        float | None,
        typer.Option(
            "--deadline", metavar="HOURS", min=0.001, max=48,
            help="End the night after so many hours, and report what is not closed. Default: the settings', 8.",
        ),
    ] = None,
    batch_minutes: Annotated[
        float | None,
        typer.Option("--batch-minutes", min=0.01, max=1440, help="End a batch after so many minutes. Default: by the budgets."),
    ] = None,
    memory_mb: Annotated[
        int | None,
        typer.Option(
            "--memory-mb", min=100, max=1_000_000,
            help="End a batch whose process and browser hold more, in millions of bytes. Default: the settings', 2000.",
        ),
    ] = None,
    scheduler: cluster_options.Scheduler = None,
    wait_workers: cluster_options.WaitWorkers = None,
    as_json: AsJson = False,
    allow_private: options.AllowPrivate = False,
    map_host: options.MapHost = None,
    channels: options.Channels = None,
    pages: options.Pages = None,
    depth: options.Depth = None,
    seconds: options.Seconds = None,
    delay: options.Delay = None,
    basis: options.BasisOption = None,
    static: options.Static = None,
) -> None:  # fmt: skip
    """Read the site of every merchant in batches, each in a process of its own, look again at what failed, and report.

    Killed at any moment, the same command goes on: no site is read twice, none is left out. Merchants who opt out meanwhile
    are left alone at once. The report is also written as report.json and report.html beside the logs.

    With --scheduler the workers of a Dask cluster read the batches, as many at once as these have threads; --at-once is for this
    machine alone. They share one PostgreSQL and one evidence store, and each has its own settings and logs.

    Exit codes: 0 all sites are closed, or another process is at work on this night; 1 some sites are not closed; 2 bad input or
    settings, or nothing could go on; 130 stopped with Ctrl-C, to be taken up again.

    Example: [bold]barometer night run --due 2026-11-22T02:30[/bold]
    """
    from barometer import night

    settings = current_settings()
    given = {
        "batch_size": batch_size, "at_once": at_once, "deadline_hours": deadline, "batch_minutes": batch_minutes,
        "memory_mb": memory_mb, "scheduler": cluster_options.checked(scheduler), "wait_workers": wait_workers,
    }  # fmt: skip
    terms = night.night_settings(settings).model_copy(
        update={key: value for key, value in given.items() if value is not None}
    )
    wishes = night.Wishes(
        category, limit, channels, pages, depth, seconds, delay, basis, static, allow_private, tuple(map_host or ())
    )
    executor = cluster_options.executor(settings, wishes, terms)
    tell = teller(settings, stderr_line)
    with opened_database(settings) as database, night_progress.shown(tell, lines=as_json_log(settings)) as told:
        end = night.run_night(database, settings, due, told, wishes, terms=terms, command=command(), executor=executor)
    if end.report is not None:
        _print_report(end.report, as_json)
    elif as_json:
        sys.stdout.write(json_text({"night": end.key, "run": end.run_id, "state": end.state, "said": end.said}) + "\n")
    if end.said:
        plain_error(f"night {end.key}: {end.said}")
    raise typer.Exit(end.exit_code)


def command() -> tuple[str, ...]:
    """Return the words that start ``barometer`` in a process of its own with the settings file of this one."""
    from barometer import night

    file = root._settings_file.get()
    return night.COMMAND if file is None else (*night.COMMAND, "--settings", str(file.absolute()))


@app.command("show")
def show(
    wanted: Annotated[
        str | None,
        typer.Argument(metavar="[NIGHT]", help="Its key, or the first digits of its run. Default: the last one."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the report of a night, computed again from its records; of one that is not over, how far it is.

    Example: [bold]barometer night show 2026-11-22T02:30 --json[/bold]
    """
    from barometer.nights.report import report_of
    from barometer.nights.status import night_run

    with opened_database(current_settings()) as database, database.reading() as session:
        report = report_of(session, night_run(session, wanted))
    _print_report(report, as_json)


@app.command("batch", hidden=True)
def batch(
    batch_id: Annotated[str, typer.Argument(metavar="BATCH", help="The key of the batch.")],
    token: Annotated[int, typer.Option("--token", help="The token it was handed out with.")],
    at_once: Annotated[
        int | None,
        typer.Option("--at-once", min=1, help="Processes that share this machine. Default: as the run says."),
    ] = None,
    wishes: Annotated[
        str | None, typer.Option("--wishes", metavar="JSON", help="How sites are read. Default: as the run says.")
    ] = None,
) -> None:
    """Read one batch of a night; started by it, one process a batch.

    Exit codes: 0 nothing is left of it; 1 sites are left; 2 settings, database or disk are in the way; 3 it is another
    process's; 130 it was asked to end.
    """
    from barometer.errors import UserError
    from barometer.night import reading_terms
    from barometer.nights.batch_child import read_batch
    from barometer.nights.terms import terms_of, wishes_of
    from storage.records import Batch

    settings = current_settings()
    tell = teller(settings, _to_log)
    with opened_database(settings) as database:
        with database.reading() as session:
            found = session.get(Batch, batch_id)
            if found is None:
                raise UserError(f"there is no batch {batch_id[:40]!r}", "batches are begun by: barometer night run")
            if at_once is None or wishes is None:
                plan, behaviour = reading_terms(session, settings, found.run_id)
            else:
                plan, behaviour = terms_of(settings, wishes_of(json.loads(wishes)), at_once)
        about_all(run=found.run_id, batch=found.number)
        code = read_batch(database, batch_id, token, plan, behaviour, tell)
    raise typer.Exit(code)


def status(as_json: AsJson = False) -> None:
    """Say whether a night is running and how far it is, how the last one ended, what is due next, and what is open.

    Example: [bold]barometer status[/bold]
    """
    from rich.console import Console

    from barometer.nights.status import status_of
    from barometer.reports.status_terminal import status_lines

    settings = current_settings()
    with opened_database(settings) as database, database.reading() as session:
        found = status_of(session, _due(settings))
    if as_json:
        sys.stdout.write(printable(json_text(found.as_json())) + "\n")
    else:
        Console(file=sys.stdout, highlight=False).print(status_lines(found))


def _due(settings: object) -> "list[Due] | None":
    """Return when each job of the schedule begins next, ``None`` where the settings know no schedule."""
    from datetime import UTC, datetime

    from barometer.nights.status import Due
    from schedules.clock import next_times

    schedule = getattr(settings, "schedule", None)
    if schedule is None:
        return None
    now = datetime.now(UTC)
    return sorted(
        (Due(job.name, next(iter(next_times(job, now)), None)) for job in schedule.enabled_jobs()),
        key=lambda due: due.at or datetime.max.replace(tzinfo=UTC),
    )


def _to_log(line: str) -> None:
    from storage.records import utc_now

    with as_room_allows(sys.stdout):
        sys.stdout.write(f"{utc_now():%H:%M:%S} {printable(' '.join(line.split()))}\n")
        sys.stdout.flush()


def _print_report(report: "NightReport", as_json: bool) -> None:
    if as_json:
        sys.stdout.write(printable(json_text(report.as_json())) + "\n")
        return
    from rich.console import Console

    from barometer.reports.night_terminal import night_summary

    Console(file=sys.stdout, highlight=False).print(night_summary(report))
