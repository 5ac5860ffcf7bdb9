"""``barometer mark``: what people think of the answers, blind, and how far they agree."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from sqlalchemy import select

from barometer import mark_file
from barometer.agreement import Alpha, agreement
from barometer.cli.ask_marks import ask_marks
from barometer.cli.console import plain_error, printable, stderr
from barometer.cli.keyboard import at_the_terminal
from barometer.cli.root import current_settings, opened_database
from barometer.desk import person
from barometer.errors import UserError
from barometer.filled_csv import read_rows, write_rows
from barometer.panel_csv import file_content
from probes.criteria import Judgement, give, judgement, latest
from probes.marking import RATERS_EACH, Answer, answers, to_mark
from storage.database import Database
from storage.records import Rating

app = typer.Typer(
    help="Marks of 0, 1 or 2 for answers by e-mail and form, given blind: no merchant, no other mark is shown.",
    no_args_is_help=True,
)

INSTEAD = (
    "take the answers along with: barometer mark export FILE.csv --rater NAME, and bring them back with mark import"
)

Rater = Annotated[str, typer.Option("--rater", metavar="NAME", help="Who marks: your name.")]
Raters = Annotated[int, typer.Option("--raters", min=1, max=20, help="Raters that see each answer.")]


@app.command("next")
def mark_next(rater: Rater, raters: Raters = RATERS_EACH) -> None:
    """Show one answer after another and ask for its marks, until none is left or you stop.

    Names and addresses of people are taken out of the answers. The order is another one for each rater.

    Example: [bold]barometer mark next --rater "A. Martin"[/bold]
    """
    keyboard = at_the_terminal(INSTEAD)
    name = person(rater, "--rater")
    console = Console(highlight=False)
    done = 0
    with opened_database(current_settings()) as database:
        with database.reading() as session:
            waiting = to_mark(session, name, raters)
        for answer in waiting:
            _show(console, answer)
            known = _marked_by(database, answer, name)
            wanted = [one for one in answer.criteria if one.key not in known]
            if not ask_marks(console, keyboard, wanted, partial(_keep, database, answer.attempt_id, name)):
                break
            done += 1
    console.print(f"marked: {done}; left: {len(waiting) - done}")


@app.command("give")
def give_marks(
    attempt: Annotated[str, typer.Argument(metavar="ATTEMPT", help="The attempt whose answer is marked: its key.")],
    marks: Annotated[
        list[str],
        typer.Argument(metavar="CRITERION=MARK...", help="Marks of 0, 1 or 2, or words that say why there is none."),
    ],
    rater: Rater,
) -> None:
    """Give marks to one answer without being asked; a later mark of the same rater replaces the earlier one.

    Example: [bold]barometer mark give KEY email.writing=2 email.technical=1 --rater "A. Martin"[/bold]
    """
    name = person(rater, "--rater")
    with opened_database(current_settings()) as database, database.session() as session:
        answer = next((one for one in answers(session) if one.attempt_id == attempt), None)
        if answer is None:
            raise UserError(f"there is no answer to mark for {attempt[:40]!r}", "see: barometer mark export")
        new = give(session, attempt, name, dict(_mark(word, answer) for word in marks))
    sys.stdout.write(f"{new} new, {len(marks) - new} unchanged\n")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The file to write.")],
    rater: Rater,
    raters: Raters = RATERS_EACH,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write what one rater has still to mark as a CSV file, with a column for each criterion.

    Example: [bold]barometer mark export answers.csv --rater "A. Martin"[/bold]
    """
    name = person(rater, "--rater")
    with opened_database(current_settings()) as database, database.reading() as session:
        waiting = to_mark(session, name, raters)
    write_rows(file, mark_file.columns(), mark_file.exported(waiting, name), force=force)
    stderr.print(f"{len(waiting)} answers written to {printable(str(file))}", soft_wrap=True, markup=False)


@app.command("import", epilog="Exit code 2 when anything is wrong; then nothing was imported.")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The file, filled in.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Bring marks back: all of them, or nothing and a line for everything that is wrong. Twice changes nothing.

    Example: [bold]barometer mark import answers.csv[/bold]
    """
    reading = read_rows(file_content(file), str(file), mark_file.columns(), ("attempt", "rater"))
    rows, empty, problems = mark_file.marked(reading.rows)
    with opened_database(current_settings()) as database, database.session() as session:
        done = mark_file.import_rows(session, rows)
        wrong = sorted([*reading.problems, *problems, *done.problems])
        if wrong or dry_run:
            session.rollback()
    for problem in wrong:
        plain_error(problem.written(str(file)))
    if wrong:
        raise UserError(f"nothing imported: {len(wrong)} problems", "mend them, and import the file again")
    would = "would be: " if dry_run else ""
    sys.stdout.write(f"{would}{done.new} new, {done.unchanged} unchanged, {empty} left open\n")


@app.command("agreement")
def show_agreement(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array instead of a table.")] = False,
) -> None:
    """Say how far raters agree on each criterion: Krippendorff's alpha for ordinal marks, and over how many attempts.

    1 is full agreement, 0 what chance would give; 0.8 is the customary bar.

    Example: [bold]barometer mark agreement[/bold]
    """
    with opened_database(current_settings()) as database, database.reading() as session:
        found = agreement(session.scalars(select(Rating)))
    rows: list[dict[str, Any]] = [
        {
            "criterion": one.criterion,
            "n": one.n,
            "raters": len(one.raters),
            "alpha": round(one.alpha.value, 3) if isinstance(one.alpha, Alpha) else None,
            "why_not": None if isinstance(one.alpha, Alpha) else one.alpha.why,
        }
        for one in found
    ]
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return
    if not rows:
        stderr.print("nobody has marked anything yet")
        return
    table = Table("criterion", "alpha", "n", "raters", box=None, pad_edge=False)
    for row in rows:
        shown = row["why_not"] if row["alpha"] is None else f"{row['alpha']:.3f}"
        table.add_row(row["criterion"], shown, str(row["n"]), str(row["raters"]))
    Console(highlight=False).print(table)


def _keep(database: Database, attempt_id: str, rater: str, key: str, judged: Judgement) -> None:
    with database.session() as session:
        give(session, attempt_id, rater, {key: judged})


def _marked_by(database: Database, answer: Answer, rater: str) -> set[str]:
    with database.reading() as session:
        return {one.criterion for one in latest(session, answer.attempt_id) if one.rater == rater}


def _mark(word: str, answer: Answer) -> tuple[str, Judgement]:
    key, _, said = word.partition("=")
    known = [one.key for one in answer.criteria]
    if key not in known:
        raise UserError(f"{key[:40]!r} is not marked here", f"what is: {', '.join(known)}")
    try:
        return key, judgement(said)
    except ValueError as error:
        raise UserError(f"{key}: {said[:40]!r} {error}", None) from None


def _show(console: Console, answer: Answer) -> None:
    asked = "\n".join(filter(None, [answer.subject, answer.question]))
    console.print(Panel(Text(printable(asked), style="dim"), title="asked", title_align="left"))
    console.print(Panel(Text(printable(answer.text)), title="answer", title_align="left"))
