"""The nightly job of the settings on a cluster: it waits until that is there, and its evidence lies in a bucket."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from storage.evidence import EvidenceStore
from storage.records import Page, Run, Visit
from storage.vocabulary import RunState
from tests.barometer.cluster.dask_cluster import dask_cluster
from tests.barometer.command_line import ROOT
from tests.barometer.live import LoggedSite, serving, wait_until
from tests.barometer.night_market import PAGES, NightMarket
from tests.s3_server import s3_server

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]
ON_LOOPBACK_AND_HASTY = """
from functools import partial
from barometer import night
night.run_night = partial(night.run_night, wishes=night.Wishes(allow_private=True))
from barometer.clusters import connecting
from barometer.jobs import night as job
connecting.CONNECT_SECONDS, job.LOOK_AGAIN_SECONDS = 3.0, 0.5
from barometer.cli import main
main()
"""


def test_a_nightly_job_waits_for_the_cluster_of_the_settings_and_fills_a_bucket(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites = [LoggedSite(PAGES) for _ in range(2)]
    client = tmp_path / "client"
    client.mkdir()
    with s3_server() as s3, serving(sites, "127.73.2.1") as addresses:
        market = NightMarket(database_url, client, addresses, sites)
        market.environment |= {**s3.environment, "BAROMETER_EVIDENCE": f"{s3.bucket('nights')}/panel"}
        with dask_cluster(tmp_path / "cluster", market.environment) as cluster:
            cluster.address = f"tcp://127.0.0.1:{free_port()}"
            settings = f'[night]\nbatch_size = 1\nwait_workers = 1\nscheduler = "{cluster.address}"\n'
            (client / "barometer.toml").write_text(settings, "utf-8")
            said = client / "said"
            with said.open("wb") as out:
                triggered = subprocess.Popen(
                    [sys.executable, "-c", ON_LOOPBACK_AND_HASTY, "schedule", "trigger", "night"],
                    cwd=client, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                    env={**os.environ, "PYTHONPATH": str(ROOT), "BAROMETER_RENDER": "false", **market.environment},
                )  # fmt: skip
            try:
                wait_until(lambda: f"waits: no Dask scheduler answers at {cluster.address}" in said.read_text("utf-8"))
                cluster.start()
                wait_until(lambda: f"waits: there is no worker at {cluster.address}" in said.read_text("utf-8"))
                worker = cluster.add(threads=2)
                code = triggered.wait(300)
            finally:
                triggered.kill()
                triggered.wait()
        told = said.read_text("utf-8")
        assert code == 0 and "2 of 2 sites closed" in told and "Traceback" not in told, told
        assert told.count("waiting up to 1 s for a worker") == 1, told
        assert market.closed() == market.all_complete()
        with market.database.reading() as session:
            jobs = {run.kind: run.state for run in session.scalars(select(Run))}
            kept = {*session.scalars(select(Page.evidence)), *session.scalars(select(Visit.robots))} - {None}
        assert jobs["job:night"] is RunState.CLOSED and set(jobs.values()) == {RunState.CLOSED}
        assert len(list((worker.folder / "var" / "logs").glob("night-*/*/batch-*.log"))) == 2
        for name, value in s3.environment.items():
            monkeypatch.setenv(name, value)
        # The file by which the worker knew the store went with the night.
        assert kept and set(EvidenceStore("s3://nights/panel")) == kept
        market.database.close()


def free_port() -> int:
    """Return a port that nothing listens on for now."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])
