"""What is installed can be run by the service's user, whatever root hides from others on that machine."""

import os
import subprocess
from pathlib import Path

import pytest

INSTALL = Path(__file__).parents[2] / "deploy" / "install.sh"
STAND_INS = {
    "id": "echo 0", "getent": "exit 0", "install": "exit 0", "rm": "exit 0",
    "python3": 'case "$1" in -c) exit 0;; *) umask > "$TOLD"; exit 1;; esac',
}  # fmt: skip
"""Programs that would change this machine; the one that makes the environment says with which rights, and fails."""


@pytest.mark.parametrize("umask", ["077", "027", "022"])
def test_files_are_installed_readable_for_the_service(tmp_path: Path, umask: str) -> None:
    for name, words in STAND_INS.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{words}\n", "utf-8")
        program.chmod(0o755)
    told = tmp_path / "told"
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "TOLD": str(told)}
    environment.pop("PYTHON", None)
    done = subprocess.run(
        ["sh", "-c", f'umask {umask}; exec sh "$0"', INSTALL],
        env=environment,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert told.read_text("utf-8").strip() == "0022"
