"""A web API on loopback that does as it is told: what Prism cannot do (lost connections, stalls, floods, sequences).

It runs in threads of its own, and remembers every request.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

MOST_BYTES = 64 * 1024


class Asked(NamedTuple):
    """A request as it arrived; header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode()))


class Told(NamedTuple):
    """An answer. ``stalls`` sends the head and then nothing, ``drips`` a byte now and then, ``drops`` not a word."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = {}
    stalls: bool = False
    drips: bool = False
    drops: bool = False


class Loopback:
    """The address of the API, and all that was asked of it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[Asked] = []


def told(document: object, status: int = 200, **headers: str) -> Told:
    """Return the answer with *document* as JSON; underscores in the names of *headers* stand for hyphens."""
    return Told(status, json.dumps(document).encode(), {name.replace("_", "-"): text for name, text in headers.items()})


@contextmanager
def answering(*answers: Told | Callable[[Asked], Told]) -> Iterator[Loopback]:
    """Serve *answers* one after another, the last of them for good."""
    closing = threading.Event()
    remaining = list(answers)

    class Conversation(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST_BYTES))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
            api.asked.append(asked)
            answer = remaining.pop(0) if len(remaining) > 1 else remaining[0]
            reply = answer if isinstance(answer, Told) else answer(asked)
            self.close_connection = True
            if not reply.drops:
                self._send(reply)

        def _send(self, reply: Told) -> None:
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if reply.stalls:
                closing.wait()
                return
            with suppress(OSError):
                if reply.drips:
                    for byte in reply.body:
                        self.wfile.write(bytes([byte]))
                        if closing.wait(0.05):
                            return
                else:
                    self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Conversation)
    server.daemon_threads = True
    api = Loopback(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
