"""The service as systemd sees it, and what it is installed with: checked by systemd's own tools where these are."""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from barometer.checks.database import sqlite_file
from barometer.jobs.scheduling import GRACE_SECONDS
from barometer.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "systemd" / "barometer.service"
SETTINGS = DEPLOY / "systemd" / "barometer.toml"
WORST_EXPOSURE = 25
"""Tenths of what ``systemd-analyze security`` counts up; 2.3 when this was written, 9.6 for a unit that restricts nothing."""


def directives() -> dict[str, str]:
    """Return what stands in the section ``[Service]``; the last of several wins."""
    lines = UNIT.read_text("utf-8").partition("[Service]")[2].partition("[Install]")[0].splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def gigabytes(text: str) -> int:
    assert text.endswith("G")
    return int(text[:-1]) * 2**30


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("UNITS NOT CHECKED: systemd-analyze not found; install systemd")
    return found


def test_systemd_understands_every_line_of_the_unit(analyze: str, tmp_path: Path) -> None:
    program = directives()["ExecStart"].split()[0]
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text("utf-8").replace(program, "/bin/true"), "utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", copy], capture_output=True, text=True, timeout=60, check=False
    )
    ours = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert (done.returncode, ours) == (0, [])
    copy.write_text(copy.read_text("utf-8").replace("NoNewPrivileges=yes", "NoNewPrivilege=yes"), "utf-8")
    wrong = subprocess.run(
        [analyze, "verify", "--man=no", copy], capture_output=True, text=True, timeout=60, check=False
    )
    assert "NoNewPrivilege" in wrong.stderr


def test_the_unit_shuts_out_what_it_can(analyze: str) -> None:
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", f"--threshold={WORST_EXPOSURE}", UNIT],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


def test_the_service_gives_its_jobs_time_to_end_and_room_to_work() -> None:
    told, settings = directives(), Settings()
    assert int(told["TimeoutStopSec"]) > 2 * GRACE_SECONDS + 30
    night = settings.night.at_once * settings.night.memory_mb
    other = max(job.memory_mb for job in settings.schedule.timed.values())
    assert gigabytes(told["MemoryMax"]) >= (night + other) * 1_000_000
    assert told["KillMode"] == "mixed"
    assert told["OOMPolicy"] == "continue"


def test_nothing_is_asked_of_the_service_that_its_browser_cannot_live_with() -> None:
    told = directives()
    assert "MemoryDenyWriteExecute" not in told
    assert {"user", "pid", "net"} <= set(told["RestrictNamespaces"].split())
    assert {"chroot", "seccomp"} <= set(told["SystemCallFilter"].split())


def test_the_settings_of_the_service_name_no_place_that_depends_on_a_working_directory() -> None:
    settings = load_settings(SETTINGS, {})
    file = sqlite_file(settings.database)
    assert file is not None
    relative = [name for name, path in [("database", file), *_paths(settings)] if not path.is_absolute()]
    assert relative == []


def _paths(table: BaseModel, above: str = "") -> Iterator[tuple[str, Path]]:
    for name in type(table).model_fields:
        value = getattr(table, name)
        if isinstance(value, BaseModel):
            yield from _paths(value, f"{above}{name}.")
        elif isinstance(value, Path):
            yield above + name, value


def test_the_service_may_write_where_its_settings_say() -> None:
    settings, told = load_settings(SETTINGS, {}), directives()
    writable = [Path("/var/lib") / told["StateDirectory"], Path("/var/log") / told["LogsDirectory"]]
    for name, path in _paths(settings):
        assert any(path.is_relative_to(folder) for folder in writable), f"{name}: {path}"


def test_the_services_pins_are_the_projects_own_without_the_tools_of_developers() -> None:
    ours, all_of_them = pins(DEPLOY / "requirements.lock"), pins(ROOT / "requirements.lock")
    assert {name: one for name, one in ours.items() if all_of_them.get(name) != one} == {}, "make lock makes both"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    wanted += [
        one for extra in ("postgres", "cluster", "s3") for one in project["project"]["optional-dependencies"][extra]
    ]
    assert {canonical(one) for one in wanted} <= set(ours)
    assert not set(ours) & {"pytest", "mypy", "ruff", "hypothesis", "crawlee", "moto"}


def canonical(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name.group()).lower()


def pins(lock: Path) -> Mapping[str, tuple[str, frozenset[str]]]:
    """Return version and hashes of every pin, by name; what it is for is left out, since fewer packages ask for it."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock.read_text("utf-8"))
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for entry in entries:
        pinned = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", entry)
        if pinned:
            hashes = frozenset(re.findall(r"--hash=(sha256:[0-9a-f]{64})", entry))
            assert hashes, f"{pinned.group()} has no hash"
            found[canonical(pinned.group(1))] = (pinned.group(2), hashes)
    return found


def as_nobody(*words: str | Path, **environment: str) -> Any:
    if os.geteuid() != 0:
        return subprocess.run(
            words, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment}
        )
    return subprocess.run(
        words, capture_output=True, text=True, timeout=60, check=False, user="nobody", env={**os.environ, **environment}, cwd="/"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("script", "said"), [("install.sh", "run it as root"), ("barometer.sh", "sudo barometer status")]
)
def test_a_script_that_a_user_may_not_run_says_so_in_one_line(script: str, said: str, tmp_path: Path) -> None:
    # Where nobody may read it: the checkout may be a folder of root's.
    text = (DEPLOY / script).read_text("utf-8")
    done = as_nobody("/bin/sh", "-c", text, script, "status")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_scripts_are_read_by_a_plain_shell() -> None:
    for script in ("install.sh", "barometer.sh"):
        subprocess.run(["/bin/sh", "-n", DEPLOY / script], check=True, timeout=60)


def test_scripts_unit_and_settings_name_the_same_places() -> None:
    install, wrapper, told = (
        (DEPLOY / "install.sh").read_text("utf-8"),
        (DEPLOY / "barometer.sh").read_text("utf-8"),
        directives(),
    )
    program = told["ExecStart"].split()[0]
    assert program in wrapper
    assert "home=/opt/barometer" in install
    assert told["Environment"].removeprefix("BAROMETER_SETTINGS=") == "/etc/barometer/barometer.toml"
    assert f"useradd --system --user-group --home-dir {told['WorkingDirectory']}" in install
