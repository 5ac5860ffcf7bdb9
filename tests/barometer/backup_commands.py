"""``barometer`` with its commands for backups and repair alone, as a process: ``python -m tests.barometer.backup_commands``."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from barometer.cli import backup, root
from barometer.cli.console import plain_error
from barometer.cli.repair import repair
from barometer.errors import UserError
from storage.problems import StorageProblem
from tests.barometer.command_line import ROOT, Finished


def doctor(
    mend: Annotated[bool, typer.Option("--repair")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    strangers: Annotated[bool, typer.Option("--strangers")] = False,
    source: Annotated[Path | None, typer.Option("--from")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Stand where ``barometer doctor`` stands."""
    assert mend
    repair(root.current_settings(), dry_run=dry_run, strangers=strangers, source=source, as_json=as_json)


def words(*given: str | Path) -> list[str]:
    """Return the command line that runs ``barometer`` with *given*."""
    return [sys.executable, "-m", "tests.barometer.backup_commands", *map(str, given)]


def surroundings(database: str, evidence: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a process that works on *database* and *evidence*."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "BAROMETER_DATABASE": database,
        "BAROMETER_EVIDENCE": str(evidence),
        **(more or {}),
    }


def barometer(*given: str | Path, environment: Mapping[str, str], cwd: Path, out: int = subprocess.PIPE) -> Finished:
    """Run ``barometer`` with *given* to its end."""
    done = subprocess.run(
        words(*given), cwd=cwd, env=dict(environment), stdout=out, stderr=subprocess.PIPE, timeout=100, check=False
    )
    return Finished(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


def main() -> None:
    """Run the command line with the edge that all commands have."""
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback()(root.root)
    app.add_typer(backup.app, name="backup")
    app.command()(backup.restore)
    app.command()(doctor)
    try:
        app()
    except (UserError, StorageProblem) as error:
        plain_error(str(error))
        sys.exit(2)


if __name__ == "__main__":
    main()
