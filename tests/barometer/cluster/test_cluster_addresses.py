"""A scheduler that is none, not there, of another version, or without workers: one line with the remedy, within seconds."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from barometer.clusters import connecting
from barometer.clusters.address import scheduler_address
from barometer.clusters.crew import rallied
from barometer.errors import UserError
from barometer.nights.executor import CannotGoOn
from tests.barometer.cluster.dask_cluster import DaskCluster, dask_cluster
from tests.barometer.command_line import Finished, run_process
from tests.barometer.live import LoggedSite, serving

POSTGRESQL = {"BAROMETER_DATABASE": "postgresql://nobody@127.0.0.1:1/none", "BAROMETER_EVIDENCE": "/nowhere"}
"""A database that is not asked: what is wrong with the scheduler is said before."""


def night(folder: Path, address: str, *words: str, **environment: str) -> Finished:
    return run_process(
        "night", "run", "--scheduler", address, *words, cwd=folder, environment={**POSTGRESQL, **environment}
    )


def is_one_line(ended: Finished, *said: str) -> None:
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), ended.err
    assert all(word in ended.err for word in said), ended.err


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Give a scheduler without workers."""
    with dask_cluster(tmp_path_factory.mktemp("dask"), {}) as cluster:
        yield cluster.start()


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.5:8786", "tls://dask.internal:1", "tcp://[::1]:8786", " tcp://a:1/ "]
)
def test_addresses_as_dask_prints_them_are_taken(address: str) -> None:
    assert scheduler_address(address) == address.strip().rstrip("/")


@pytest.mark.parametrize(
    "address",
    ["http://10.0.0.5:8786", "10.0.0.5:8786", "tcp://10.0.0.5", "tcp://:8786", "tcp://a:0", "tcp://a:70000", "tcp://a:1/x",
     "tcp://u:p@a:1", "inproc://a/1/2", "tcp://\x1b[2J:1", ""],
)  # fmt: skip
def test_what_is_no_address_of_a_scheduler_is_refused(address: str) -> None:
    with pytest.raises(UserError, match="is no address of a Dask scheduler; give one such as tcp://"):
        scheduler_address(address)


def test_a_wrong_address_is_said_in_one_line_for_option_and_setting(tmp_path: Path) -> None:
    is_one_line(night(tmp_path, "http://127.0.0.1:8786"), "--scheduler: 'http://127.0.0.1:8786'", "tcp://10.0.0.5:8786")
    (tmp_path / "barometer.toml").write_text('[night]\nscheduler = "\\u001b[2J"\n')
    refused = run_process("status", cwd=tmp_path, environment={})
    is_one_line(refused, "night.scheduler", "is no address")
    assert "\x1b" not in refused.err


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"tcp://127.0.0.1:{deaf.getsockname()[1]}"
        is_one_line(night(tmp_path, address), "no Dask scheduler answers at", "dask scheduler")


@pytest.mark.slow
def test_a_night_can_wait_for_a_scheduler_that_is_not_there_yet_or_not_alone_at_its_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 1.0)

    def refused(address: str) -> None:
        with pytest.raises(CannotGoOn, match=f"no Dask scheduler answers at {address} .*dask scheduler"):
            asyncio.run(rallied(address, False, 0, pytest.fail))

    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = f"tcp://127.0.0.1:{gone.getsockname()[1]}"
    refused(address)
    with serving([LoggedSite({})], "127.73.1.1") as (site,):
        refused(site.replace("http", "tcp"))


@pytest.mark.slow
def test_a_scheduler_of_another_version_is_said_in_one_line(tmp_path: Path) -> None:
    with dask_cluster(tmp_path, {}) as cluster:
        cluster.start_older()
        is_one_line(night(tmp_path, cluster.address), "runs distributed 2020.1.0", "install the same version")


@pytest.mark.slow
def test_without_a_worker_a_night_says_what_it_waits_for_and_then_how_to_start_one(
    lonely: DaskCluster, tmp_path: Path
) -> None:
    ended = night(tmp_path, lonely.address, "--wait-workers", "1")
    waiting, last = ended.err.splitlines()
    assert ended.code == 2 and f"waiting up to 1 s for a worker at {lonely.address}" in waiting
    assert f"there is no worker at {lonely.address}; start one on each machine with: dask worker" in last
    is_one_line(night(tmp_path, lonely.address, "--rendered", "--wait-workers", "0"), '--resources "browser=2"')


def test_a_database_that_other_machines_cannot_reach_is_refused(tmp_path: Path) -> None:
    sqlite = {"BAROMETER_DATABASE": f"sqlite:///{tmp_path}/b.sqlite3"}
    is_one_line(night(tmp_path, "tcp://127.0.0.1:1", **sqlite), "SQLite", "postgresql://")
    crawled = run_process("crawl", "--scheduler", "tcp://127.0.0.1:1", cwd=tmp_path, environment=sqlite)
    is_one_line(crawled, "SQLite", "postgresql://")


def test_without_the_library_it_is_said_how_to_install_it(tmp_path: Path) -> None:
    (tmp_path / "distributed.py").write_text("raise ModuleNotFoundError('No module named distributed')\n")
    is_one_line(
        run_process(
            "night", "run", "--scheduler", "tcp://127.0.0.1:1", cwd=tmp_path,
            environment={**POSTGRESQL, "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[3]}"},
        ),
        "distributed", 'pip install "barometer[cluster]"',
    )  # fmt: skip
