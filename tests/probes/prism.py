"""The official description of the X API, served on loopback by Prism, which checks every request against it.

Prism is looked for as BAROMETER_PRISM says, on the PATH, and in ``build/prism``.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("BAROMETER_CORPUS", ROOT.parent / "shared" / "corpus"))
DESCRIPTION = CORPUS / "api" / "x" / "openapi.json"
STARTS_WITHIN = 60


def executable() -> str:
    """Return the path of Prism; skips the test where there is none."""
    local = ROOT / "build" / "prism" / "node_modules" / ".bin" / "prism"
    found = os.environ.get("BAROMETER_PRISM") or shutil.which("prism") or (str(local) if local.exists() else "")
    if not found or not Path(found).exists():
        pytest.skip(
            "no Prism: npm install --prefix build/prism @stoplight/prism-cli@5.14.2, or give its path in BAROMETER_PRISM"
        )
    return found


@contextmanager
def served_by_prism(log: Path) -> Iterator[str]:
    """Serve the description and yield its address; skips the test where Prism or the description is missing."""
    if not DESCRIPTION.is_file():
        pytest.skip(f"no description of the X API at {DESCRIPTION}; give the corpus in BAROMETER_CORPUS")
    port = _free_port()
    command = [
        executable(),
        "mock",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--seed",
        "barometer",
        str(DESCRIPTION),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            _wait_until_it_answers(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse()
            connection.close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"Prism does not answer: {log.read_text(errors='replace')[-2000:]}")
