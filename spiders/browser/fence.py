"""The fence around the browser: the one way out that Chromium has, and it leads through this process.

Chromium looks names up by itself, follows redirects by itself, and opens connections that no page handler ever sees
(WebSockets, prefetches, certificates' issuers). Rules given at its launch are fixed for all sites, and a check of a
name before the request is worth nothing once the name resolves to something else. So every context of Chromium gets a
:class:`Gate`: a SOCKS 5 proxy on loopback, for one site, told to Chromium as the only way to reach anything, loopback
included, with Chromium's own resolver switched off. The gate looks the name up, checks *the address it then connects
to*, puts a mirror in a host's place, counts bytes, and cuts off what is too much or says nothing for too long.

SOCKS and not HTTP: a tunnel has no grammar, so nothing a server answers can confuse it, keep-alive and WebSockets
work by themselves, and the browser hands names over without looking them up. With ``https`` the bytes stay encrypted
end to end, but for mirrors (:mod:`spiders.browser.certificate`).
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from spiders.addresses import is_host_name, is_public, literal_address
from spiders.browser.certificate import Certificate, make_certificate
from spiders.browser.names import LookUp, Names
from spiders.browser.socks import Answer, Destination, SocksError, answer, asked_for
from spiders.failures import Refusal
from spiders.mirrors import Mirrors
from storage.vocabulary import Reason

MAX_TUNNELS = 128
"""Connections of one site at a time; Chromium opens at most 32 through a proxy, and replaces them."""
_CHUNK = 65_536
_ADDRESSES_TRIED = 3
_ENCRYPTED = frozenset({443, 8443})
"""Ports of a mirrored host at which the browser speaks TLS; a mirror itself never does."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the fence waits, in seconds: to connect, and for the next byte (both *ours*).

    The site's own host gets what the crawl gives it. Others get little: a page must not wait for a stranger's script
    longer than a person would.
    """

    connect: float = 10.0
    byte: float = 20.0
    stranger_connect: float = 3.0
    stranger_byte: float = 6.0


class Refused(Refusal):
    """The fence does not connect, for :attr:`reason`."""

    def __init__(self, reason: Reason, how: Answer) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.how = how


class Fence:
    """The rules that hold for all sites of a crawl; makes the gates.

    *look_up* takes the place of the system's resolver. Close it once its gates are closed.
    """

    def __init__(
        self, *, allow_private: bool = False, mirrors: Mirrors | None = None, look_up: LookUp | None = None
    ) -> None:
        self.allow_private = allow_private
        self.mirrors = mirrors or Mirrors()
        self.names = Names(look_up)
        self.certificate: Certificate | None = make_certificate() if self.mirrors else None

    async def open_gate(self, page_bytes: int = 0, patience: Patience | None = None) -> "Gate":
        """Return a gate, listening on loopback; *page_bytes* is what a page may receive in all, 0 for no limit."""
        gate = Gate(self, page_bytes, patience or Patience())
        await gate.open()
        return gate

    def close(self) -> None:
        """Stop looking names up."""
        self.names.close()

    async def connect(self, to: Destination, seconds: float) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bool]:
        """Return a connection to *to*, or to its mirror, and whether it is a mirror; raise :class:`Refused`."""
        host = to.host.strip("[]").rstrip(".").lower()
        mirror = self.mirrors.of(host)
        if mirror is not None:
            places, port = await self._places(mirror.address, seconds, trusted=True), mirror.port
        else:
            places, port = await self._places(host, seconds, trusted=self.allow_private), to.port
        for address in places[:_ADDRESSES_TRIED]:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(seconds):
                    return *await asyncio.open_connection(address, port, limit=_CHUNK), mirror is not None
        raise Refused(Reason.CONNECT, Answer.REFUSED)

    async def _places(self, host: str, seconds: float, *, trusted: bool) -> Sequence[str]:
        """Return the addresses of *host* that may be connected to."""
        literal = literal_address(host)
        if literal is None and not is_host_name(host):
            raise Refused(Reason.DNS, Answer.UNREACHABLE)
        try:
            found = (literal,) if literal else await self.names.addresses(host, seconds)
        except TimeoutError:
            raise Refused(Reason.TIMEOUT, Answer.UNREACHABLE) from None
        except (OSError, UnicodeError):
            raise Refused(Reason.DNS, Answer.UNREACHABLE) from None
        allowed = [address for address in found if trusted or is_public(address)]
        if not allowed:
            raise Refused(Reason.PRIVATE_ADDRESS, Answer.NOT_ALLOWED)
        return allowed


class Gate:
    """One site's way out.

    ``received`` counts the bytes that came in since :meth:`begin`, headers and encryption included, content still
    compressed; ``total`` since the gate opened. ``refused`` says for each host that could not be reached why;
    ``addresses`` holds, for each host that was, the IP address connected to. ``exhausted`` tells that the page got
    all it may have.
    """

    def __init__(self, fence: Fence, page_bytes: int, patience: Patience) -> None:
        self._fence = fence
        self._page_bytes = page_bytes
        self._patience = patience
        self._server: asyncio.Server | None = None
        self._tunnels: set[asyncio.Task[None]] = set()
        self._own: set[str] = set()
        self.port = 0
        self.received = self.total = 0
        self.full = asyncio.Event()
        self.refused: dict[str, Reason] = {}
        self.addresses: dict[str, str] = {}

    async def open(self) -> None:
        """Listen on a free port of the loopback address."""
        self._server = await asyncio.start_server(self._welcome, "127.0.0.1", 0, limit=_CHUNK)
        self.port = int(self._server.sockets[0].getsockname()[1])

    @property
    def address(self) -> str:
        """The gate as a proxy's address."""
        return f"socks5://127.0.0.1:{self.port}"

    def begin(self, url: str) -> None:
        """Start counting for a new page, the one at *url*."""
        self.be_patient_with(url)
        self.received = 0
        self.full.clear()
        self.refused.clear()

    def be_patient_with(self, url: str) -> None:
        """Give the host of *url*, which the visitor is at, the time that a site's own host gets."""
        self._own.add((urlsplit(url).hostname or "").rstrip("."))

    def stop(self) -> None:
        """Let nothing more in for this page."""
        self.full.set()
        for tunnel in self._tunnels:
            tunnel.cancel()

    @property
    def exhausted(self) -> bool:
        """Whether the page got all it may have; ``full`` is the event."""
        return self.full.is_set()

    async def close(self) -> None:
        """End every connection and stop listening."""
        if self._server is not None:
            self._server.close()
        self.stop()
        await asyncio.gather(*self._tunnels, return_exceptions=True)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._tunnels) >= MAX_TUNNELS:
            writer.close()
            return
        self._tunnels.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError, SocksError, TimeoutError, asyncio.CancelledError):
            pass
        finally:
            self._tunnels.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(self._patience.connect):
            to = await asked_for(reader, writer)
        own = to.host in self._own
        try:
            if self.exhausted:
                raise Refused(Reason.TOO_LARGE, Answer.NOT_ALLOWED)
            if not own and to.host in self.refused:
                raise Refused(self.refused[to.host], Answer.UNREACHABLE)
            far_reader, far_writer, mirrored = await self._fence.connect(
                to, self._patience.connect if own else self._patience.stranger_connect
            )
        except Refused as refused:
            self.refused[to.host] = refused.reason
            answer(writer, refused.how)
            return
        try:
            # A server that is gone again by now has no name any more.
            if peer := far_writer.get_extra_info("peername"):
                self.addresses[to.host] = str(peer[0])
            answer(writer, Answer.CONNECTED)
            if mirrored and self._fence.certificate is not None and to.port in _ENCRYPTED:
                await writer.start_tls(self._fence.certificate.context)
            await self._relay((reader, writer), (far_reader, far_writer), to.host, own)
        finally:
            far_writer.close()

    async def _relay(
        self,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        host: str,
        own: bool,
    ) -> None:
        """Pass bytes on in both directions until one side ends."""
        upward = asyncio.create_task(_pass_on(near[0], far[1]))
        try:
            await self._pass_in(far[0], near[1], host, own)
        finally:
            upward.cancel()
            await asyncio.gather(upward, return_exceptions=True)

    async def _pass_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, own: bool) -> None:
        patience = self._patience.byte if own else self._patience.stranger_byte
        heard = False
        try:
            while True:
                async with asyncio.timeout(patience):
                    chunk = await reader.read(_CHUNK)
                if not chunk:
                    return
                heard = True
                self.received += len(chunk)
                self.total += len(chunk)
                if self._page_bytes and self.received > self._page_bytes:
                    self.stop()
                    return
                writer.write(chunk)
                await writer.drain()
        except TimeoutError:
            # A stranger that took the request and never answered will not answer the next one either.
            if not heard and not own:
                self.refused[host] = Reason.TIMEOUT


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
