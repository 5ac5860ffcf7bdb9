"""Runs ``barometer`` as a user would: in this process for speed, or as a process of its own.

Pages are not rendered unless a test asks for it, with ``--rendered``.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import typer
from typer.testing import CliRunner

from barometer.cli import commands
from barometer.errors import UserError

ROOT = Path(__file__).parents[2]


class Finished(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def run(*words: str | Path) -> Finished:
    """Run ``barometer`` with *words* in this process and in its working directory."""
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode="rich")
    commands.register(app)
    result = CliRunner(env={"BAROMETER_RENDER": "false"}).invoke(app, [str(word) for word in words])
    if isinstance(result.exception, UserError):
        return Finished(2, result.stdout, f"{result.stderr}barometer: {result.exception}\n")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Finished(result.exit_code, result.stdout, result.stderr)


def run_process(*words: str, cwd: Path, environment: Mapping[str, str] | None = None) -> Finished:
    """Run ``barometer`` with *words* as a process of its own in *cwd*."""
    done = subprocess.run(
        [sys.executable, "-c", "from barometer.cli import main; main()", *words],
        cwd=cwd,
        env={
            **os.environ,
            "BAROMETER_RENDER": "false",
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
            **(environment or {}),
        },
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Finished(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
