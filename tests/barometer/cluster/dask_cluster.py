"""A Dask scheduler and workers as processes of their own on loopback, gone at the end of the test."""

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.barometer.command_line import ROOT
from tests.barometer.live import wait_until

_PDEATHSIG = 1
_OLDER = "import distributed.versions as v; v.version = lambda name: '2020.1.0'\n"


class DaskProcess:
    """A scheduler, or a nanny with its worker; all of it is one process group, and dies with the test."""

    def __init__(
        self, command: str, words: Sequence[str], folder: Path, environment: Mapping[str, str], before: str = ""
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.printed = folder / "printed"
        start = f"{before}from distributed.cli.dask_{command} import main; main()"
        with self.printed.open("ab") as out:
            self.process = psutil.Popen(
                [sys.executable, "-c", start, *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True, preexec_fn=lambda: ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL),
                env={
                    **os.environ, "PYTHONPATH": str(ROOT), "BAROMETER_RENDER": "false",
                    "DASK_DISTRIBUTED__ADMIN__LOG_LEVEL": "info", **environment,
                },
            )  # fmt: skip

    def worker(self) -> psutil.Process:
        """Return the worker that the nanny keeps."""

        wait_until(self._workers)
        return self.living_worker()

    def living_worker(self) -> psutil.Process:
        """Return it without waiting; ``IndexError`` while there is none."""
        return self._workers()[0]

    def batches(self) -> list[psutil.Process]:
        """Return the processes that read a batch for this worker."""
        return [one for one in self._family() if _reads_a_batch(one)]

    def guardians(self) -> list[psutil.Process]:
        """Return the guardians of these processes."""
        return [one for one in self._family() if "schedules.guardian" in _words(one)]

    def end(self) -> None:
        """Kill the group, and wait until nothing of it is left."""
        family = self._family()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for one in family:
            with suppress(psutil.Error):
                one.send_signal(signal.SIGCONT)
        wait_until(lambda: not any(_lives(one) for one in family))

    def _workers(self) -> list[psutil.Process]:
        with suppress(psutil.Error):
            return [one for one in self.process.children() if "spawn_main" in " ".join(_words(one)) and _lives(one)]
        return []

    def _family(self) -> list[psutil.Process]:
        with suppress(psutil.Error):
            return list(self.process.children(recursive=True))
        return []


class DaskCluster:
    """One scheduler, which may be killed and started again, and workers, each in a folder of its own as on a machine."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, dict(environment)
        self._scheduler: DaskProcess | None = None
        self.workers: list[DaskProcess] = []
        self.address = ""

    def start(self, *words: str, before: str = "", environment: Mapping[str, str] | None = None) -> "DaskCluster":
        """Start the scheduler; at the second time, on the port of the first."""
        port = self.address.rpartition(":")[2] or "0"
        file = self._folder / "scheduler.json"
        file.unlink(missing_ok=True)
        listed = ["--host", "127.0.0.1", "--port", port, "--no-dashboard", "--scheduler-file", str(file), *words]
        self._scheduler = DaskProcess(
            "scheduler", listed, self._folder / "scheduler", {**self._environment, **(environment or {})}, before
        )
        wait_until(lambda: file.exists() and file.stat().st_size)
        self.address = json.loads(file.read_text())["address"]
        return self

    def start_older(self) -> "DaskCluster":
        """Start a scheduler that says it is of a version long gone."""
        return self.start(before=_OLDER)

    def kill_scheduler(self) -> None:
        """Kill the scheduler as ``kill -9`` does."""
        assert self._scheduler is not None
        self._scheduler.end()

    def scheduler_is_gone(self) -> bool:
        """Tell whether the scheduler was killed."""
        return self._scheduler is None or not _lives(self._scheduler.process)

    def add(self, *words: str, threads: int = 1, before: str = "", **environment: str) -> DaskProcess:
        """Start a worker with its nanny, and what *environment* changes for it."""
        number = len(self.workers)
        folder = self._folder / f"worker-{number}"
        listed = [
            self.address, "--nanny", "--nworkers", "1", "--nthreads", str(threads), "--no-dashboard", "--host", "127.0.0.1",
            "--local-directory", str(folder / "dask"), "--death-timeout", "30", *words,
        ]  # fmt: skip
        worker = DaskProcess("worker", listed, folder, {**self._environment, **environment}, before)
        self.workers.append(worker)
        return worker

    def batches(self) -> list[psutil.Process]:
        """Return the processes that read a batch on any worker."""
        return [one for worker in self.workers for one in worker.batches()]

    def end(self) -> None:
        """End all of it."""
        for worker in self.workers:
            worker.end()
        if self._scheduler is not None:
            self._scheduler.end()


@contextmanager
def dask_cluster(folder: Path, environment: Mapping[str, str]) -> Iterator[DaskCluster]:
    """Give a cluster whose processes have *environment*; none of them outlives the block."""
    cluster = DaskCluster(folder, environment)
    try:
        yield cluster
    finally:
        cluster.end()


def _words(one: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return list(one.cmdline())
    return []


def _reads_a_batch(one: psutil.Process) -> bool:
    words = _words(one)
    return "batch" in words[3:] and "schedules.guardian" not in words and _lives(one)


def _lives(one: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(one.is_running()) and one.status() != psutil.STATUS_ZOMBIE
    return False
