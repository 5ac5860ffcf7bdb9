"""The container file and the compose file: what can be known of them without building anything."""

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.test_service import DEPLOY, ROOT

CONTAINER = DEPLOY / "container"


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the container file, continued lines joined."""
    text = (CONTAINER / "Containerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


def last_stage() -> dict[str, str]:
    found = instructions()
    begin = max(number for number, (word, _) in enumerate(found) if word == "FROM")
    return dict(found[begin:])


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((CONTAINER / "compose.yaml").read_text("utf-8")))


def test_every_instruction_is_one() -> None:
    known = {
        "ARG",
        "FROM",
        "RUN",
        "COPY",
        "ENV",
        "USER",
        "WORKDIR",
        "VOLUME",
        "STOPSIGNAL",
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    }
    assert {word for word, _ in instructions()} <= known


def test_what_runs_is_no_root_under_a_first_process_that_takes_orphans_in() -> None:
    stage = last_stage()
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", stage["USER"])
    assert "tini" in stage["ENTRYPOINT"]
    assert stage["STOPSIGNAL"] == "SIGTERM"
    assert "barometer" in stage["HEALTHCHECK"]


def test_the_numbers_that_run_are_those_of_the_user_and_group_that_may_read_the_settings() -> None:
    stage = last_stage()
    user, group = stage["USER"].split(":")
    assert re.search(rf"groupadd [^&]*--gid {group} barometer", stage["RUN"])
    assert re.search(rf"useradd [^&]*--uid {user} --gid {group} [^&]*barometer", stage["RUN"])
    assert "--chown=root:barometer --chmod=0640" in stage["COPY"]


def test_whatever_is_copied_is_there_and_not_left_out_of_the_context() -> None:
    kept = [line[1:] for line in ignored() if line.startswith("!")]
    for word, rest in instructions():
        if word != "COPY" or "--from=" in rest:
            continue
        for source in [part for part in rest.split() if not part.startswith("--")][:-1]:
            assert source == "." or ((ROOT / source).exists() and source in kept), source
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert all(
        f'"{room}' in project and room in kept for room in ("barometer", "probes", "spiders", "storage", "schedules")
    )


def test_no_records_and_no_secrets_get_into_the_context() -> None:
    kept = [line[1:] for line in ignored() if line.startswith("!")]
    for name in ("var", ".git", ".venv", "barometer.toml", "deploy/container/secrets.env", "requirements.lock"):
        assert not any(fnmatch(name, pattern) for pattern in kept), name


def ignored() -> list[str]:
    podman, docker = (CONTAINER / f"Containerfile.{kind}ignore" for kind in ("container", "docker"))
    assert podman.read_text("utf-8") == docker.read_text("utf-8")
    lines = [line for line in podman.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    return lines


def test_compose_pins_the_server_and_shows_it_to_nobody(compose: dict[str, Any]) -> None:
    database = compose["services"]["database"]
    assert re.fullmatch(r".*/postgres:\d+", database["image"])
    assert "ports" not in database
    assert any(place.startswith("database:") for place in database["volumes"])


def test_compose_lets_the_service_write_to_its_volumes_alone(compose: dict[str, Any]) -> None:
    service = compose["services"]["barometer"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    mounted = {place.split(":")[1] for place in service["volumes"]}
    assert set(re.findall(r"/var/[a-z/]+", last_stage()["VOLUME"])) <= mounted
    assert (ROOT / "deploy" / "container" / service["build"]["context"]).resolve() == ROOT


def test_everything_that_compose_reads_from_files_is_named_in_its_head(compose: dict[str, Any]) -> None:
    head = (CONTAINER / "compose.yaml").read_text("utf-8").partition("\nname:")[0]
    for service in compose["services"].values():
        for file in service.get("env_file", []):
            assert file in head
    assert "barometer.toml" in head
    assert Path("/usr/share/containers/seccomp.json").name in str(compose)
