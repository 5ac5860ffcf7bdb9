"""``barometer doctor --repair``: records and evidence brought in step again, and what was found said in lines."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from barometer.cli.console import json_text, plain_error, printable, stderr
from barometer.cli.root import opened_database
from barometer.settings import Settings

if TYPE_CHECKING:
    from barometer.backups.repair import Repaired

SHOWN = 20
"""Missing files named on a screen; ``--json`` names more."""


def repair(
    settings: Settings,
    *,
    dry_run: bool = False,
    strangers: bool = False,
    source: Path | None = None,
    as_json: bool = False,
) -> None:
    """Repair, print what was found and done, and end with exit code 1 where files are missing that a person must bring back."""
    from barometer.backups.manifest import read_backup
    from barometer.backups.repair import repair as mend

    copies = read_backup(source).evidence if source is not None else None
    with opened_database(settings) as database, stderr.status("looking", spinner="line") as shown:

        def told(what: str, count: int) -> None:
            shown.update(f"{what}: {count} looked at" if count else what)

        found = mend(database, settings, dry_run=dry_run, strangers=strangers, copies=copies, told=told)
    if as_json:
        sys.stdout.write(printable(json_text(found.as_json())) + "\n")
    else:
        for line in lines(found):
            sys.stdout.write(printable(line) + "\n")
    if not found.whole:
        plain_error(
            f"{_count(found.missing, 'file')} of evidence missing; bring them back from a backup: "
            "barometer doctor --repair --from BACKUP. Until then the rows stay, and nothing is shown as proof without its file"
        )
        raise typer.Exit(1)


def lines(found: "Repaired") -> list[str]:
    """Return what was found and done, one line each; always at least one."""
    did = "would be removed" if found.dry_run else "removed"
    said = []
    if found.visits:
        said.append(f"{_count(found.visits, 'visit')} that never ended: {did}")
    let_go = "would be released" if found.dry_run else "released"
    said += [f"{one}, is dead: {let_go}" for one in found.released]
    if found.orphans.files:
        said.append(f"{_count(found.orphans.files, 'file')} without a row, {found.orphans.bytes / 1e6:.1f} MB: {did}")
    if found.leftovers.files:
        said.append(
            f"{_count(found.leftovers.files, 'half-written file')}, {found.leftovers.bytes / 1e6:.1f} MB: {did}"
        )
    if found.brought_back:
        back = "would be brought back" if found.dry_run else "brought back"
        said.append(f"{_count(found.brought_back, 'missing file')} {back} from the backup")
    if found.retired:
        said.append(f"{_count(found.retired, 'file')} of old visits retired by age, as it should be")
    for one in found.references[:SHOWN]:
        where = f" ({one.url})" if one.url else ""
        visit = f" of visit {one.visit_id[:12]}" if one.visit_id and one.table != "visit" else ""
        said.append(f"missing: {one.evidence}, {one.column} of {one.table} {one.row[:12]}{visit}{where}")
    if len(found.references) > SHOWN:
        said.append("more rows miss their files; see them with --json")
    return said or ["rows and files are in step"]


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"
