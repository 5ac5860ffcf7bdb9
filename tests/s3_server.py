"""A real S3 API server on loopback, as a process of its own, and the wire to it, which a test may cut."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

KEYS = {"AWS_ACCESS_KEY_ID": "loopback", "AWS_SECRET_ACCESS_KEY": "loopback-secret", "AWS_REGION": "eu-west-3"}
_SERVE = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


class Wire:
    """Carries connections to the server; cut, it refuses new ones and breaks those it carries off."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._open: set[socket.socket] = set()
        self.asked = 0
        """How many connections were made."""
        self._listener: socket.socket | None = None
        self.port = 0
        self.mend()

    def mend(self) -> None:
        """Carry connections, again."""
        self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Refuse and break off."""
        if self._listener is not None:
            # Closing alone does not wake the thread that waits for a connection.
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for one in list(self._open):
            _end(one)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            self.asked += 1
            try:
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                _end(near)
                continue
            self._open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while some := one.recv(1 << 16):
                other.sendall(some)
        for end in (one, other):
            self._open.discard(end)
            _end(end)


class S3Server(NamedTuple):
    """A running server: the wire to it, what a client needs in its environment, and a client that asks it directly."""

    wire: Wire
    environment: Mapping[str, str]
    client: Any

    def bucket(self, name: str) -> str:
        """Make a bucket and return its address."""
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
        return f"s3://{name}"

    def keys(self, bucket: str) -> list[str]:
        """Return every key of *bucket*."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [one["Key"] for page in pages for one in page.get("Contents", ())]


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Start a server that ends with the block, and with this process."""
    import boto3

    words = [sys.executable, "-c", _SERVE]
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=quiet
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        wire = Wire(port)
        client = boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name=KEYS["AWS_REGION"],
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"], aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip
        try:
            yield S3Server(wire, {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{wire.port}"}, client)
        finally:
            client.close()
            wire.cut()
            process.kill()


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
