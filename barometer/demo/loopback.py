"""Many small sites on loopback addresses of this machine, all at one port, in one background thread.

A bounded HTTP/1.1 server: GET, HEAD and POST, requests of at most 64 kB, idle connections closed, never more than
:data:`MAX_CONNECTIONS` at once. It listens on 127.0.0.0/8 and nowhere else.
"""

import asyncio
import errno
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from ipaddress import IPv4Address
from typing import NamedTuple, Protocol, runtime_checkable

from barometer.errors import UserError

MAX_CONNECTIONS = 256
MAX_HEAD = 16 * 1024
MAX_BODY = 64 * 1024
IDLE_SECONDS = 15.0
_FREE_PORT_TRIES = 8


class Reply(NamedTuple):
    """What a site answers: status, body, media type, further headers."""

    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


Site = Callable[[str, str], Reply]
"""A site: called with the method (``GET`` or ``POST``) and the request target (path and query), it returns a reply."""


@runtime_checkable
class Receiver(Protocol):
    """A site that wants to know what was posted to it."""

    def receive(self, target: str, body: bytes) -> Reply:
        """Return the reply to a ``POST`` of *body*, at most :data:`MAX_BODY` bytes, to *target*."""


@contextmanager
def serving(sites: Sequence[Site], first_address: str, port: int = 0) -> Iterator[list[str]]:
    """Serve *sites* while the context is open; yield their base addresses without a trailing slash, in the same order.

    The first site listens on *first_address*, the next on the address after it, and so on, all on *port*; 0 takes one
    that is free on every address. Raises :class:`UserError` when an address is not loopback, not of this machine, or
    its port is taken.
    """
    addresses = _loopback_addresses(first_address, len(sites))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="loopback-sites", daemon=True)
    thread.start()
    house = _House(loop)
    try:
        bound = asyncio.run_coroutine_threadsafe(house.open(sites, addresses, port), loop).result()
        yield [f"http://{address}:{bound}" for address in addresses]
    finally:
        asyncio.run_coroutine_threadsafe(house.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _loopback_addresses(first: str, count: int) -> list[str]:
    try:
        start = IPv4Address(first)
        addresses = [start + number for number in range(count)]
    except ValueError:
        raise UserError(f"'{first}' is not an IPv4 address", "give one of 127.0.0.0/8, such as 127.9.0.1") from None
    if not all(address.is_loopback for address in addresses):
        raise UserError(f"'{first}' is not a loopback address", "give one of 127.0.0.0/8, such as 127.9.0.1")
    return [str(address) for address in addresses]


class _House:
    """The listening sockets and open connections of one :func:`serving`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self, sites: Sequence[Site], addresses: Sequence[str], port: int) -> int:
        """Listen on every address at one port and return it."""
        for attempt in range(_FREE_PORT_TRIES):
            bound = port
            try:
                for site, address in zip(sites, addresses, strict=True):
                    bound = await self._listen(site, address, bound)
                return bound
            except OSError as problem:
                await self._stop_listening()
                if port or problem.errno != errno.EADDRINUSE or attempt == _FREE_PORT_TRIES - 1:
                    raise _unusable(problem, address, bound) from problem
        return port

    async def close(self) -> None:
        """Stop listening and end every connection."""
        await self._stop_listening()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _stop_listening(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def _listen(self, site: Site, address: str, port: int) -> int:
        async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._converse(site, reader, writer)

        server = await asyncio.start_server(welcome, address, port, limit=MAX_HEAD, backlog=64)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _converse(self, site: Site, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= MAX_CONNECTIONS:
            writer.close()
            return
        self._connections.add(task)
        try:
            while await _answer_one(site, reader, writer):
                pass
        except (OSError, EOFError, TimeoutError, asyncio.CancelledError, asyncio.LimitOverrunError, ValueError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()


def _unusable(problem: OSError, address: str, port: int) -> UserError:
    if problem.errno == errno.EADDRNOTAVAIL:
        return UserError(f"{address} is not an address of this machine", f"add it: ifconfig lo0 alias {address} up")
    return UserError(
        f"cannot listen on {address} port {port}: {problem.strerror}", "give another port, or 0 for a free one"
    )


async def _answer_one(site: Site, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Read one request and answer it; tell whether the connection stays open."""
    async with asyncio.timeout(IDLE_SECONDS):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, _, rest = head.partition("\r\n")
        method, target, version = request.split(" ", 2)
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in rest.split("\r\n"))
        }
        length = int(headers.get("content-length") or 0)
        if length > MAX_BODY or "transfer-encoding" in headers:
            reply, keep = Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE), False
        else:
            body = await reader.readexactly(length)
            reply = _reply_of(site, method, target, body)
            keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        writer.write(_wire(reply, keep, with_body=method != "HEAD"))
        await writer.drain()
    return keep


def _reply_of(site: Site, method: str, target: str, body: bytes) -> Reply:
    if method not in {"GET", "HEAD", "POST"}:
        return Reply(HTTPStatus.METHOD_NOT_ALLOWED, headers=(("Allow", "GET, HEAD, POST"),))
    target = target if target.startswith("/") else "/"
    if method == "POST" and isinstance(site, Receiver):
        return site.receive(target, body)
    return site("POST" if method == "POST" else "GET", target)


def _wire(reply: Reply, keep: bool, with_body: bool) -> bytes:
    status = HTTPStatus(reply.status)
    fields = [
        ("Content-Type", reply.content_type),
        ("Content-Length", str(len(reply.body))),
        ("Connection", "keep-alive" if keep else "close"),
        *reply.headers,
    ]
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1") + (reply.body if with_body else b"")
