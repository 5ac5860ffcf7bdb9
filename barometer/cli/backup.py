"""``barometer backup`` and ``barometer restore``: a copy of the database and its evidence, and the way back."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barometer.cli.console import json_text, plain_error, printable, stderr
from barometer.cli.root import current_settings

if TYPE_CHECKING:
    from barometer.backups.backup import Progress
    from barometer.backups.manifest import Backup
    from storage.evidence_location import Location

app = typer.Typer(help="Backups of the database and its evidence: make, list, check.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]
From = Annotated[
    Path | None,
    typer.Option("--from", metavar="DIR", help="The folder of the backups. Default: the settings', var/backups."),
]
Named = Annotated[
    str | None,
    typer.Argument(
        metavar="[BACKUP]", help="A backup: its folder, or its name in the folder of backups. Default: the newest."
    ),
]


@app.command()
def create(
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="The folder of the backups. Default: the settings', var/backups."),
    ] = None,
    keep: Annotated[
        int | None, typer.Option("--keep", min=1, max=10_000, help="Remove all but so many, the newest. Default: none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Back up the database and the evidence that it names, while crawls go on: all of one moment.

    SQLite is copied by its own backup, PostgreSQL by pg_dump (its password comes from the address, PGPASSWORD or .pgpass).
    Evidence is kept once for all backups of a folder, on the same disk as links: for the loss of a disk, name a folder on
    another. A backup holds what people wrote; its folder is for its owner alone.

    Example: [bold]barometer backup create --to /mnt/backups --keep 14[/bold]
    """
    from barometer.backups import backup
    from barometer.backups.settings import backup_folder

    settings = current_settings()
    with _shown() as told:
        made = backup.create(settings, to or backup_folder(settings), keep, told)
    for old in made.pruned:
        stderr.print(printable(f"removed {old}"), markup=False, soft_wrap=True)
    if as_json:
        plain = {"new_files": made.new_files, "new_bytes": made.new_bytes, "pruned": [str(old) for old in made.pruned]}
        sys.stdout.write(printable(json_text({**_plain(made.folder, made.manifest), **plain})) + "\n")
        return
    stderr.print(printable(made.said()), markup=False, soft_wrap=True)
    sys.stdout.write(f"{printable(str(made.folder))}\n")


@app.command("list")
def list_backups(folder: From = None, as_json: AsJson = False) -> None:
    """List the complete backups, oldest first; what is damaged is told on standard error, and the exit code is then 1.

    Example: [bold]barometer backup list[/bold]
    """
    from rich.console import Console
    from rich.table import Table

    from barometer.backups.manifest import backups
    from barometer.backups.settings import backup_folder

    place = folder or backup_folder(current_settings())
    found, damaged = backups(place)
    if as_json:
        sys.stdout.write(printable(json_text([_plain(one.folder, one.manifest) for one in found])) + "\n")
    elif found:
        table = Table("backup", "kind", "rows", "database", "evidence", box=None, pad_edge=False)
        for name in ("rows", "database", "evidence"):
            next(one for one in table.columns if one.header == name).justify = "right"
        for one in found:
            needs = one.manifest.evidence
            table.add_row(
                printable(one.folder.name), one.manifest.database.kind, str(sum(one.manifest.tables.values())),
                _size(one.manifest.database.bytes), f"{needs.files} files, {_size(needs.bytes)}",
            )  # fmt: skip
        Console(file=sys.stdout, highlight=False).print(table)
    else:
        stderr.print(
            printable(f"no backup in {place}; make one with: barometer backup create"), markup=False, soft_wrap=True
        )
    for problem in damaged:
        plain_error(str(problem))
    if damaged:
        raise typer.Exit(1)


@app.command()
def verify(backup: Named = None, folder: From = None, as_json: AsJson = False) -> None:
    """Check a backup: sums, the database itself, and that each file of evidence is there and what was stored.

    Exit code 0: it is whole; 1: it is not, each problem one line on standard output.

    Example: [bold]barometer backup verify[/bold]
    """
    from barometer.backups.backup import Progress
    from barometer.backups.check import check

    found = _backup(backup, folder)
    total = found.manifest.evidence.files
    with _shown() as told:
        checked = check(found, lambda done: told(Progress("evidence", done, total)))
    if as_json:
        sys.stdout.write(printable(json_text({"backup": str(found.folder), **checked._asdict()})) + "\n")
    else:
        for line in checked.problems:
            sys.stdout.write(printable(" ".join(line.split())) + "\n")
        for line in checked.left_out:
            stderr.print(printable(line), markup=False, soft_wrap=True)
        if not checked.wrong:
            whole = f"{found.folder}: whole, {checked.files} files of evidence read"
            sys.stdout.write(printable(whole) + "\n")
    if checked.wrong:
        plain_error(f"{found.folder}: {checked.wrong} problem{'s' if checked.wrong > 1 else ''}")
        raise typer.Exit(1)


def restore(
    backup: Annotated[
        str, typer.Argument(metavar="BACKUP", help="A backup: its folder, or its name in the folder of backups.")
    ],
    database: Annotated[
        str,
        typer.Option(
            "--database", metavar="URL", help="The address of an empty database, or of a file that is not there."
        ),
    ],
    evidence: Annotated[
        str,
        typer.Option(
            "--evidence",
            metavar="DIR",
            help="An empty folder for the evidence, or s3://BUCKET/PREFIX with nothing in it.",
        ),
    ],
    folder: From = None,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back into an empty place, and check that all of it is there. Nothing is ever overwritten.

    Broken off, the same command goes on. Exit code 1 when files of evidence were damaged in the backup: all the rest is back.

    Example: [bold]barometer restore 2026-11-22T053000Z --database sqlite:///new.sqlite3 --evidence new-evidence[/bold]
    """
    from barometer.backups.restore import restore as bring_back

    found, place = _backup(backup, folder), _location(evidence)
    with _shown() as told:
        done = bring_back(found, database, place, told)
    if as_json:
        sys.stdout.write(printable(json_text({"backup": str(found.folder), **done._asdict()})) + "\n")
    else:
        stderr.print(f"{done.rows} rows and {done.files} files of evidence are back")
        for name in done.damaged:
            stderr.print(f"damaged in the backup, and left out: {name}")
    if done.damaged_files:
        plain_error(f"{done.damaged_files} files of evidence could not be restored")
        raise typer.Exit(1)


def _location(evidence: str) -> "Location":
    from barometer.errors import UserError
    from storage.evidence_location import evidence_location

    try:
        return evidence_location(evidence)
    except ValueError as error:
        what, _, remedy = str(error).partition("; ")
        raise UserError(f"--evidence: {what}", remedy) from None


def _backup(named: str | None, folder: Path | None) -> "Backup":
    from barometer.backups.manifest import MANIFEST, backups, read_backup
    from barometer.backups.settings import backup_folder
    from barometer.errors import UserError

    if named is not None and _is_there(Path(named) / MANIFEST):
        return read_backup(Path(named))
    place = folder or backup_folder(current_settings())
    if named is not None:
        return read_backup(place / named)
    found = backups(place)[0]
    if not found:
        raise UserError(f"there is no backup in {place}", "make one with: barometer backup create")
    return found[-1]


def _is_there(file: Path) -> bool:
    """Tell whether *file* is one we may look at: the service's user cannot look into the folder that root types in."""
    try:
        return file.is_file()
    except OSError:
        return False


@contextmanager
def _shown() -> "Iterator[Callable[[Progress], None]]":
    """Give what shows progress: a bar for each stage on a terminal, nothing elsewhere."""
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[far]}"), TimeElapsedColumn())
    with Bar(*columns, console=stderr, disable=not stderr.is_terminal) as bar:
        tasks = {}

        def told(progress: "Progress") -> None:
            far = _far(progress)
            if progress.stage not in tasks:
                tasks[progress.stage] = bar.add_task(progress.stage, total=progress.total, far=far)
            bar.update(tasks[progress.stage], completed=progress.done, total=progress.total, far=far)

        yield told


def _far(progress: "Progress") -> str:
    amount = _size if progress.stage == "database" else str
    return amount(progress.done) if progress.total is None else f"{amount(progress.done)} of {amount(progress.total)}"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _plain(folder: Path, manifest: "object") -> dict[str, object]:
    from barometer.backups.manifest import Manifest

    assert isinstance(manifest, Manifest)
    return {"backup": str(folder), **manifest.model_dump(mode="json", by_alias=True)}
