"""A server on loopback that does, path by path, what hostile and broken servers do."""

import asyncio
import contextlib
import gzip
import ipaddress
import socket
import ssl
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import brotli
from backports import zstd
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PAGE = b"<!doctype html><html lang=fr><title>Atelier Exemple</title><p>Service clients : 01 99 00 12 34</p></html>"
BOMB_BYTES = 60_000_000

Answer = Callable[["Exchange"], Awaitable[None]]


class Exchange:
    """One request and the means to answer it, well or badly."""

    def __init__(
        self, path: str, headers: dict[str, str], writer: asyncio.StreamWriter, server: "HostileServer"
    ) -> None:
        self.path = path
        self.headers = headers
        self.writer = writer
        self.server = server

    async def send(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    async def respond(
        self, body: bytes = PAGE, status: str = "200 OK", content_type: str | None = "text/html", *more: str
    ) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *more]
        if content_type is not None:
            lines.append(f"Content-Type: {content_type}")
        await self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    async def redirect(self, to: str, *more: str) -> None:
        await self.respond(b"", "302 Found", "text/html", f"Location: {to}", *more)

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        found = self.writer.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


async def _page(at: Exchange) -> None:
    await at.respond()


async def _drip(at: Exchange) -> None:
    await at.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>")
    while True:
        await at.send(b"x")
        await asyncio.sleep(0.3)


async def _drip_headers(at: Exchange) -> None:
    await at.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await at.send(b"X-More: 1\r\n")
        await asyncio.sleep(0.3)


async def _endless_headers(at: Exchange) -> None:
    await at.send(b"HTTP/1.1 200 OK\r\n")
    for number in range(5_000_000):
        await at.send(b"X-%d: %s\r\n" % (number, b"a" * 200))


async def _long_header(at: Exchange) -> None:
    await at.respond(PAGE, "200 OK", "text/html", "X-Long: " + "a" * 5_000_000)


async def _endless_interim(at: Exchange) -> None:
    while True:
        await at.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")


async def _silent(at: Exchange) -> None:
    await asyncio.sleep(3600)


async def _large_announced(at: Exchange) -> None:
    await at.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 50000000\r\n\r\n")
    await _pour(at)


async def _large_unannounced(at: Exchange) -> None:
    await at.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
    await _pour(at)


async def _large_film(at: Exchange) -> None:
    await at.send(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n")
    await _pour(at)


async def _pour(at: Exchange) -> None:
    for _ in range(500):
        await at.send(b"<p>lorem</p>" * 8334)


@cache
def bomb(encoding: str) -> bytes:
    """Return :data:`BOMB_BYTES` of nothing, compressed; ``gzip-gzip`` is packed twice."""
    return {
        "gzip": lambda: gzip.compress(b" " * BOMB_BYTES, 6),
        "gzip, gzip": lambda: gzip.compress(gzip.compress(b" " * BOMB_BYTES, 6), 6),
        "deflate": lambda: zlib.compress(b" " * BOMB_BYTES, 6),
        "br": lambda: brotli.compress(b" " * BOMB_BYTES, quality=2),
        "zstd": lambda: zstd.compress(b" " * BOMB_BYTES, 3),
    }[encoding]()


def _bomb(encoding: str) -> Answer:
    async def answer(at: Exchange) -> None:
        await at.respond(bomb(encoding), "200 OK", "text/html", f"Content-Encoding: {encoding}")

    return answer


def _encoded(encoding: str, body: bytes) -> Answer:
    async def answer(at: Exchange) -> None:
        await at.respond(body, "200 OK", "text/html", f"Content-Encoding: {encoding}")

    return answer


def _fixed(body: bytes, content_type: str | None = "text/html", status: str = "200 OK", *more: str) -> Answer:
    async def answer(at: Exchange) -> None:
        await at.respond(body, status, content_type, *more)

    return answer


def _raw(reply: bytes) -> Answer:
    async def answer(at: Exchange) -> None:
        await at.send(reply)
        at.writer.close()

    return answer


def _to(target: str) -> Answer:
    async def answer(at: Exchange) -> None:
        await at.redirect(target.format(port=at.server.port, canary=at.server.canary_port))

    return answer


async def _growing(at: Exchange) -> None:
    await at.redirect(at.path + "x")


async def _cookie_gate(at: Exchange) -> None:
    if "seen=1" in at.headers.get("cookie", ""):
        await at.respond()
    else:
        await at.redirect(at.path, "Set-Cookie: seen=1; Path=/")


async def _huge_cookies(at: Exchange) -> None:
    many = [f"Set-Cookie: c{number}={'v' * 3000}; Path=/" for number in range(60)]
    await at.respond(PAGE, "200 OK", "text/html", "Set-Cookie: big=" + "v" * 50_000, *many)


async def _reset(at: Exchange) -> None:
    at.reset()


async def _reset_in_body(at: Exchange) -> None:
    await at.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n<html><p>half a page")
    await asyncio.sleep(0.05)
    at.reset()


async def _fail_once(at: Exchange) -> None:
    if at.server.hits[at.path] == 1:
        at.reset()
    else:
        await at.respond()


async def _calendar(at: Exchange) -> None:
    month = int(at.path.rpartition("/")[2] or 0)
    links = "".join(f'<a href="/calendar/{month + step}">mois</a>' for step in (-1, 1, 12))
    await at.respond(f"<html><h1>{month}</h1>{links}</html>".encode())


async def _echo(at: Exchange) -> None:
    await at.respond(("<html>" + "".join(f"<p>{name}: {value}</p>" for name, value in at.headers.items())).encode())


_PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
_HALF = len(PAGE) // 2

ANSWERS: dict[str, Answer] = {
    "/": _page,
    "/drip": _drip,
    "/drip-headers": _drip_headers,
    "/endless-headers": _endless_headers,
    "/long-header": _long_header,
    "/endless-interim": _endless_interim,
    "/silent": _silent,
    "/large-announced": _large_announced,
    "/large-unannounced": _large_unannounced,
    "/film": _large_film,
    "/bomb-gzip": _bomb("gzip"),
    "/bomb-gzip-twice": _bomb("gzip, gzip"),
    "/bomb-deflate": _bomb("deflate"),
    "/bomb-br": _bomb("br"),
    "/bomb-zstd": _bomb("zstd"),
    "/gzip": _encoded("gzip", gzip.compress(PAGE)),
    "/deflate-bare": _encoded("deflate", zlib.compress(PAGE)[2:-4]),
    "/br": _encoded("br", brotli.compress(PAGE)),
    "/zstd": _encoded("zstd", zstd.compress(PAGE)),
    "/gzip-pretended": _encoded("gzip", PAGE),
    "/gzip-garbage": _encoded("gzip", b"\x07" * 500),
    "/gzip-cut": _encoded("gzip", gzip.compress(PAGE)[:-8]),
    "/encoding-unknown": _encoded("utf-8", PAGE),
    "/encoding-stack": _encoded(", ".join(["gzip"] * 9), gzip.compress(PAGE)),
    "/redirect-loop": _to("/redirect-loop"),
    "/redirect-growing": _growing,
    "/redirect-private": _to("http://127.0.0.1:{canary}/"),
    "/redirect-private-decimal": _to("http://2130706433:{canary}/"),
    "/redirect-private-name": _to("http://inside.test:{canary}/"),
    "/redirect-file": _to("file:///etc/hostname"),
    "/redirect-ftp": _to("ftp://ftp.example.com/"),
    "/redirect-nowhere": _to("http://[broken"),
    "/redirect-relative": _to("landing"),
    "/redirect-mirror": _to("http://127.0.0.1:{port}/landing"),
    "/redirect-credentials": _to("http://user:secret@www.shop.test/landing"),
    "/landing": _page,
    "/cookie-gate": _cookie_gate,
    "/huge-cookies": _huge_cookies,
    "/reset": _reset,
    "/reset-in-body": _reset_in_body,
    "/fail-once": _fail_once,
    "/hang-up": _raw(b""),
    "/empty": _fixed(b""),
    "/pdf": _fixed(b"%PDF-1.7 ...", "application/pdf"),
    "/pdf-as-html": _fixed(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "text/html"),
    "/png-as-html": _fixed(_PNG, "text/html; charset=utf-8"),
    "/png-untyped": _fixed(_PNG, None),
    "/json": _fixed(b'{"phone": null}', "application/json"),
    "/html-untyped": _fixed(PAGE, None),
    "/xhtml-as-xml": _fixed(b"<?xml version='1.0'?>" + PAGE, "application/xml"),
    "/feed-as-xml": _fixed(b"<?xml version='1.0'?><rss><channel/></rss>", "application/xml"),
    "/wrong-charset": _fixed("<html><p>Téléphone</p></html>".encode("cp1252"), "text/html; charset=utf-8"),
    "/unknown-charset": _fixed(PAGE, "text/html; charset=klingon-8"),
    "/nul-bytes": _fixed(b"<html>\0\0<p>\0T\0el\0</p></html>", "text/html"),
    "/utf-16": _fixed(PAGE.decode().encode("utf-16"), "text/html"),
    "/chunked-garbage": _raw(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\nnot a chunk"
    ),
    "/chunk-size-huge": _raw(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 900_000
    ),
    "/length-garbage": _raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: many\r\n\r\n" + PAGE),
    "/length-too-long": _raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n" + PAGE),
    "/cut": _raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n" + PAGE[:_HALF]),
    "/http-0.9": _raw(PAGE + b"\n" + PAGE),
    "/status-garbage": _raw(b"HTTP/1.1 banana split\r\n\r\n"),
    "/403": _fixed(PAGE, "text/html", "403 Forbidden"),
    "/404": _fixed(PAGE, "text/html", "404 Not Found"),
    "/429": _fixed(PAGE, "text/html", "429 Too Many Requests", "Retry-After: 86400"),
    "/500": _fixed(PAGE, "text/html", "500 Internal Server Error"),
    "/503": _fixed(PAGE, "text/html", "503 Service Unavailable"),
    "/echo": _echo,
    "/open/page": _page,
    "/closed/page": _page,
    "/redirect-closed": _to("/closed/page"),
}

ROBOTS: dict[str, Answer] = {
    "closed.test": _fixed(b"User-agent: *\nDisallow: /", "text/plain"),
    "partly.test": _fixed(
        b"User-agent: greedybot\nDisallow: /\n\nUser-agent: Barometer\nDisallow: /closed\nCrawl-delay: 99\n",
        "text/plain",
    ),
    "failing.test": _fixed(b"", "text/html", "503 Service Unavailable"),
    "busy.test": _fixed(b"", "text/html", "429 Too Many Requests"),
    "forbidden.test": _fixed(b"", "text/html", "403 Forbidden"),
    "circling.test": _to("/robots.txt"),
    "endless.test": _large_unannounced,
    "hanging.test": _silent,
    "page.test": _page,
}
"""How /robots.txt is answered, by host; any other host has none."""


class HostileServer:
    """Serves :data:`ANSWERS` on loopback in a thread of its own; ``hits`` counts requests by path.

    ``tls`` gives the port of each kind of certificate, ``canary_port`` a listener nobody may ever connect to (
    ``canary_hits`` counts who did), ``closed_port`` a port that refuses.
    """

    def __init__(self, certificates: Path) -> None:
        self.hits: Counter[str] = Counter()
        self.canary_hits = 0
        self.tls: dict[str, int] = {}
        self.port = self.canary_port = self.closed_port = 0
        self._certificates = certificates
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> "HostileServer":
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda *_: None)
        self._loop.run_until_complete(self._listen())
        started.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self._loop), return_exceptions=True))
        self._loop.close()

    async def _listen(self) -> None:
        self.port = await self._open(self._serve)
        self.canary_port = await self._open(self._count_intruder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.closed_port = free.getsockname()[1]
        for kind, (chain, key) in certificates(self._certificates).items():
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(chain, key)
            self.tls[kind] = await self._open(self._serve, context)
        self.tls["plain"] = await self._open(self._speak_http)
        self.tls["hang-up"] = await self._open(self._hang_up)

    @staticmethod
    async def _open(answer: Callable[..., Awaitable[None]], context: ssl.SSLContext | None = None) -> int:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
        return int(server.sockets[0].getsockname()[1])

    async def _hang_up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def _speak_http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async def _count_intruder(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.canary_hits += 1
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name
                }
                path = head[0].split(" ")[1]
                self.hits[path] += 1
                await self._answer(path, headers)(Exchange(path, headers, writer, self))
        writer.close()

    @staticmethod
    def _answer(path: str, headers: dict[str, str]) -> Answer:
        if path == "/robots.txt":
            return ROBOTS.get(headers.get("host", "").partition(":")[0], _fixed(b"", "text/plain", "404 Not Found"))
        if path.startswith("/calendar/"):
            return _calendar
        if path.startswith("/redirect-growing"):
            return _growing
        return ANSWERS.get(path, _fixed(b"", "text/html", "404 Not Found"))


def certificates(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Write certificates into *folder* and return chain and key by kind; ``ca.pem`` is the authority to trust."""
    now = datetime.now(UTC)
    far, past = now + timedelta(days=2), now - timedelta(days=1)
    authority, authority_key = _certificate("Test Authority", None, None, far, is_authority=True)
    middle, middle_key = _certificate("Test Intermediate", authority, authority_key, far, is_authority=True)
    (folder / "ca.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    kinds = {
        "good": _certificate("secure.test", authority, authority_key, far),
        "chain-incomplete": _certificate("secure.test", middle, middle_key, far),
        "wrong-name": _certificate("elsewhere.test", authority, authority_key, far),
        "wrong-name-chain-incomplete": _certificate("elsewhere.test", middle, middle_key, far),
        "expired": _certificate("secure.test", authority, authority_key, past),
        "expired-chain-incomplete": _certificate("secure.test", middle, middle_key, past),
        "self-signed": _certificate("secure.test", None, None, far),
    }
    written = {}
    for kind, (certificate, key) in kinds.items():
        chain, secret = folder / f"{kind}.pem", folder / f"{kind}.key"
        chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        written[kind] = chain, secret
    return written


def _certificate(
    name: str,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey | None,
    until: datetime,
    *,
    is_authority: bool = False,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=5))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(name.replace(" ", "")), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]
            ),
            critical=False,
        )
    )
    return builder.sign(issuer_key or key, hashes.SHA256()), key
