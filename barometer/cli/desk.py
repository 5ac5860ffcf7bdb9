"""``barometer desk``: attempts that a person makes, at the terminal or by CSV."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from barometer import desk_file
from barometer.cli.console import plain_error, printable, stderr
from barometer.cli.desk_card import moment, price_words
from barometer.cli.keyboard import at_the_terminal
from barometer.cli.root import current_settings, opened_database
from barometer.cli.sitting import Sitting
from barometer.desk import Doorkeeper, not_opted_out, person
from barometer.desk_times import zone_named
from barometer.errors import UserError
from barometer.filled_csv import read_rows, write_rows
from barometer.panel_csv import file_content
from probes import desk as on_desk
from probes.desk_card import asks, drafts
from probes.stamps import KIND_OF
from storage.records import utc_now
from storage.vocabulary import Channel

app = typer.Typer(invoke_without_command=True)

AT_MOST = 100
"""Tasks that a list or an export holds unless told otherwise (*ours*)."""
INSTEAD = "take the tasks along with: barometer desk export FILE.csv, and bring them back with: barometer desk import FILE.csv"

Limit = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many tasks.")]


@app.callback()
def sit_down(
    context: typer.Context,
    operator: Annotated[
        str | None, typer.Option("--operator", metavar="NAME", help="Who sits at the desk: your name.")
    ] = None,
    attempt: Annotated[
        str | None,
        typer.Option("--attempt", metavar="KEY", help="Only this one, by the first digits of its key; takes it over."),
    ] = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Go through the posts that wait for an answer instead.")
    ] = False,
) -> None:
    """Make the attempts that a person makes: calls, posts, chats, navigations, and forms that stop a program.

    Shows the next one, takes a stamp for each step at one key, asks how it ended, and then for the marks.

    A call: [bold]d[/bold] dialled, [bold]r[/bold] it rings, [bold]m[/bold] menu, [bold]o[/bold] on hold,
    [bold]h[/bold] a person speaks, [bold]x[/bold] call over, [bold]g[/bold] gave up. Everything else:
    [bold]b[/bold] begin, [bold]s[/bold] sent, [bold]a[/bold] answered, [bold]g[/bold] gave up. Always:
    [bold]u[/bold] undo, [bold]n[/bold] note, [bold]k[/bold] skip, [bold]q[/bold] quit. Steps may be left out. Every stamp
    is kept at once, so that a broken-off sitting goes on where it was.

    Example: [bold]barometer desk --operator "A. Martin"[/bold]
    """
    if context.invoked_subcommand is not None:
        return
    keyboard = at_the_terminal(INSTEAD)
    if operator is None:
        raise UserError("--operator is missing", 'say who you are, such as --operator "A. Martin"')
    name = person(operator, "--operator")
    settings = current_settings()
    console = Console(highlight=False)
    with opened_database(settings) as database:

        def next_task(seen: frozenset[str]) -> on_desk.Task | None:
            with database.reading() as session:
                door = Doorkeeper(session, settings, utc_now())
                if attempt is not None:
                    return None if seen else _named(session, attempt, door)
                return _next(session, door, name, waiting, seen)

        sitting = Sitting(database, name, console, keyboard, next_task, take_over=attempt is not None)
        try:
            ended = sitting.run()
        except KeyboardInterrupt:
            console.print("\nbroken off; every stamp is kept")
            raise typer.Exit(130) from None
    console.print(f"{_count(ended)} ended" if ended else "no task was ended; see: barometer desk list")


@app.command("list")
def list_tasks(
    waiting: Annotated[bool, typer.Option("--waiting", help="The posts that wait for an answer instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array instead of a table.")] = False,
    limit: Limit = AT_MOST,
) -> None:
    """List what is to be done at the desk now, in its order.

    Example: [bold]barometer desk list --json[/bold]
    """
    with opened_database(current_settings()) as database, database.reading() as session:
        found = _waiting(session)[:limit] if waiting else _due(session, limit)
        rows = [_as_json(task) for task in found]
        unclear = on_desk.unclear(session)
    if unclear:
        stderr.print(
            f"{unclear} sent by the program may or may not have left: look, and say so with barometer probe resolve"
        )
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return
    if not rows:
        stderr.print("nothing is to be done at the desk now")
        return
    table = Table("due", "task", "merchant", "where", "price", "at work", "key", box=None, pad_edge=False)
    for task in found:
        cells = (
            moment(task.attempt.planned_for), f"{task.kind} ({task.attempt.channel})", task.merchant.name,
            task.attempt.target or "", price_words(task.price), task.at_work or "", task.attempt.id[:8],
        )  # fmt: skip
        table.add_row(*(Text(printable(cell)) for cell in cells))
    Console(highlight=False).print(table)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    limit: Limit = AT_MOST,
) -> None:
    """Write what is to be done as a CSV file for a call centre, with columns to fill in.

    One row a task. The columns operator, dialled, ringing, menu, on_hold, human, hung_up, gave_up, started, sent, answered,
    outcome, note, link and one a criterion are filled in by the people who make the attempts, and imported again.

    Example: [bold]barometer desk export calls.csv --limit 40[/bold]
    """
    with opened_database(current_settings()) as database, database.reading() as session:
        found = _due(session, limit)
        rows = desk_file.exported(found, {task.attempt.id: price_words(task.price) for task in found})
    write_rows(file, desk_file.columns(), rows, force=force)
    stderr.print(f"{_count(len(rows))} written to {printable(str(file))}", soft_wrap=True, markup=False)


@app.command("import", epilog="Exit code 2 when anything is wrong; then nothing was imported.")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The file, filled in.")],
    timezone: Annotated[
        str | None,
        typer.Option("--timezone", metavar="ZONE", help="Where moments without an offset were written down."),
    ] = None,
    operator: Annotated[
        str | None, typer.Option("--operator", metavar="NAME", help="Who made the attempts of rows without a name.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Bring a filled CSV file back: all of it, or nothing and a line for everything that is wrong.

    Moments are ISO 8601, such as 2026-11-23 14:03:22, or day first with slashes, as French spreadsheets write them.
    Outcomes and what they mean are listed in docs/desk.md. A mark is 0, 1 or 2, or words that say why it cannot be
    given. Rows that nobody filled in are left open. Importing the same file twice changes nothing.

    Example: [bold]barometer desk import calls.csv --timezone Europe/Paris[/bold]
    """
    settings = current_settings()
    zone = zone_named(timezone) if timezone else None
    name = person(operator, "--operator") if operator else None
    now = utc_now()
    reading = read_rows(file_content(file), str(file), desk_file.columns(), ("attempt",))
    rows, empty, problems = desk_file.filled(reading.rows, zone, name, now)
    with opened_database(settings) as database, database.session() as session:
        done = desk_file.import_rows(session, rows, now)
        wrong = sorted([*reading.problems, *problems, *done.problems])
        if wrong or dry_run:
            session.rollback()
    for problem in wrong:
        plain_error(problem.written(str(file)))
    if wrong:
        raise UserError(f"nothing imported: {len(wrong)} problems", "mend them, and import the file again")
    would = "would be: " if dry_run else ""
    sys.stdout.write(f"{would}{_count(done.new)} new, {done.unchanged} unchanged, {empty} left open\n")


def _due(session: Session, limit: int) -> list[on_desk.Task]:
    return on_desk.tasks(session, utc_now(), wanted=not_opted_out(session), limit=limit)


def _waiting(session: Session) -> list[on_desk.Task]:
    return list(filter(not_opted_out(session), on_desk.awaiting(session)))


def _next(
    session: Session, door: Doorkeeper, operator: str, waiting: bool, seen: frozenset[str]
) -> on_desk.Task | None:
    """Return the next task that was not shown yet; raises :class:`UserError` where nobody may be contacted at all."""

    def wanted(task: on_desk.Task) -> bool:
        return task.attempt.id not in seen and door.admits(task)

    if waiting:
        return next(filter(wanted, on_desk.awaiting(session)), None)
    channels = (Channel.CONTACT_PAGE,) if door.closed else tuple(KIND_OF)
    found = on_desk.tasks(session, utc_now(), operator, wanted, limit=1, beginning=channels)
    if not found and door.closed:
        raise door.closed
    return found[0] if found else None


def _named(session: Session, key: str, door: Doorkeeper) -> on_desk.Task:
    try:
        task = on_desk.find(session, key)
    except on_desk.NoSuchTask as error:
        raise UserError(f"--attempt: {error}", "see: barometer desk list") from None
    why = door.why_not(task) or (None if task.counting else on_desk.refusal(task, utc_now()))
    if why or not (task.next_stamps or task.outcomes):
        raise UserError(f"attempt {key} is not to be made now: {why or 'it is over'}", "see: barometer desk list")
    return task


def _as_json(task: on_desk.Task) -> dict[str, Any]:
    attempt, merchant, price = task.attempt, task.merchant, task.price
    tariff = price and {
        "class": price.price_class,
        "max_eur_per_min": _euros(price.max_eur_per_min),
        "max_eur_per_call": _euros(price.max_eur_per_call),
    }
    return {
        "attempt": attempt.id, "task": task.kind, "channel": attempt.channel, "campaign": task.campaign.name,
        "merchant": printable(merchant.name), "site": merchant.url, "target": attempt.target, "tariff": tariff,
        "language": attempt.language, "words": [{"text": one.text, "link": one.link or None} for one in drafts(task)],
        "wanted": list(asks(task)), "due": _utc(attempt.planned_for), "state": attempt.state,
        "blocked_by": attempt.blocked_by, "at_work": task.at_work,
        "stamps": [{"kind": one.kind, "at": _utc(one.at), "by": one.actor, "note": one.note} for one in task.counting],
    }  # fmt: skip


def _euros(amount: object) -> str | None:
    return None if amount is None else str(amount)


def _utc(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _count(number: int) -> str:
    return f"{number} task" if number == 1 else f"{number} tasks"
