"""Serve the sites of a benchmark from a process of its own, so that what serving costs is not counted.

``python -m benchmarks.serving farm --shops 200 --pages 200 [--silent-outliers]``, ``... corpus FOLDER`` or
``... tiny --sites 10000`` listens on loopback alone, prints one line of JSON with the port and the address of every
site (of a farm also the truth), and ends when its standard input does, so that no server outlives its benchmark.
"""

import argparse
import asyncio
import gzip
import json
import mimetypes
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from benchmarks.farm import nearest_phone, plant
from benchmarks.farm_pages import Rendering

ROOT = Path(__file__).parents[1]
FARM = IPv4Address("127.11.0.1")
TINY = IPv4Address("127.12.0.1")
CORPUS = IPv4Address("127.13.0.1")
LONGEST_HEAD = 16_384
_SPARE_SOCKETS = 2_000


class Answer(NamedTuple):
    """What a site says: status, body, media type (empty: none is sent) and where it sends the visitor, if anywhere."""

    status: int
    body: bytes
    kind: str = "text/html; charset=utf-8"
    location: str = ""


Site = Callable[[str], Answer]
"""A site: called with the request target (path and query)."""
_MISSING = Answer(404, b"<!doctype html><title>404</title><h1>Page introuvable</h1>")
_PHRASES = {200: "OK", 301: "Moved Permanently", 404: "Not Found"}


class Served(NamedTuple):
    """A site that is served: its address without a trailing slash, and the clicks to its telephone, if known."""

    address: str
    clicks: int | None


@contextmanager
def served(*arguments: str) -> Iterator[list[Served]]:
    """Serve what *arguments* name, in a process that ends with the context; yield the sites in order.

    The truth comes from that process too, so that this one stays small: Linux counts the peak memory of whoever starts
    a process as that process's own.
    """
    command = [sys.executable, "-m", "benchmarks.serving", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None and server.stdout is not None
        line = server.stdout.readline()
        if not line:
            raise SystemExit(f"the server did not start: {' '.join(command)}")
        told = json.loads(line)
        try:
            sites = zip(told["addresses"], told["truth"], strict=True)
            yield [Served(f"http://{address}:{told['port']}", clicks) for address, clicks in sites]
        finally:
            server.stdin.close()
            server.wait(timeout=30)


class FarmSite:
    """A shop of the farm as a site."""

    def __init__(self, number: int, pages: int, silent: bool, seed: int) -> None:
        shop = plant(number, pages, silent, seed)
        self.clicks = nearest_phone(shop)
        self._rendering = Rendering(shop)

    def __call__(self, target: str) -> Answer:
        """Return the page at *target*."""
        page = self._rendering.page(target)
        return _MISSING if page is None else Answer(200, page)


class Folder:
    """A saved site: a path is looked up as given, then with ``/index.html``, then with ``.html``.

    ``NAME.gz`` is sent as ``NAME``, unpacked.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def __call__(self, target: str) -> Answer:
        """Return the file at *target*; no charset is sent, since saved pages declare their own."""
        path = unquote(urlsplit(target).path)
        bare = path.strip("/")
        for name in (bare, f"{bare}/index.html".lstrip("/"), f"{bare}.html"):
            for file in (self._root / name, self._root / f"{name}.gz"):
                if not file.is_file() or self._root not in file.resolve().parents:
                    continue
                if name.endswith("/index.html") and not path.endswith(("/", ".html")):
                    return Answer(301, b"", "text/plain", f"{path}/")
                body = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
                return Answer(200, body, mimetypes.guess_type(name)[0] or "application/octet-stream")
        return _MISSING


def tiny(number: int) -> Site:
    """Return a site of four small pages, whose telephone is two clicks away."""
    phone = f"01 99 00 {number // 100 % 100:02} {number % 100:02}"
    about = f"<a href=/a-propos>Qui sommes-nous</a> <a href=/cgv>Conditions</a> <p>Boutique {number}</p>"
    pages = {
        "/": about,
        "/a-propos": f"{about}<a href=/contact>Contact</a>",
        "/cgv": f"{about}<p>Les retours sont offerts pendant trente jours.</p>",
        "/contact": f"{about}<p>Service clients : {phone}</p>",
    }

    def answer(target: str) -> Answer:
        body = pages.get(target)
        return (
            _MISSING if body is None else Answer(200, f"<!doctype html><title>Boutique {number}</title>{body}".encode())
        )

    return answer


class _Conversation(asyncio.Protocol):
    """One connection: requests without a body come in, answers go out, in order."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            self._transport.write(_wire(self._site, head.decode("latin-1")))
        if len(self._heard) > LONGEST_HEAD:
            self._transport.close()


def _wire(site: Site, head: str) -> bytes:
    method, _, rest = head.partition(" ")
    answer = site(rest.partition(" ")[0])
    fields = [f"HTTP/1.1 {answer.status} {_PHRASES[answer.status]}", f"Content-Length: {len(answer.body)}"]
    fields += [f"Content-Type: {answer.kind}"] if answer.kind else []
    fields += [f"Location: {answer.location}"] if answer.location else []
    return "\r\n".join([*fields, "", ""]).encode("latin-1") + (b"" if method == "HEAD" else answer.body)


async def _serve(sites: Sequence[Site], first: IPv4Address) -> None:
    """Listen on one address a site, all at one port, until standard input ends."""
    loop = asyncio.get_running_loop()
    port, addresses = 0, [str(first + number) for number in range(len(sites))]
    for site, address in zip(sites, addresses, strict=True):
        server = await loop.create_server(lambda site=site: _Conversation(site), address, port, backlog=128)  # type: ignore[misc]
        port = server.sockets[0].getsockname()[1]
    truth = [site.clicks if isinstance(site, FarmSite) else None for site in sites]
    print(json.dumps({"port": port, "addresses": addresses, "truth": truth}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def _named(asked: argparse.Namespace) -> tuple[list[Site], IPv4Address]:
    match asked.what:
        case "farm":
            shops = range(asked.shops)
            return [FarmSite(number, asked.pages, asked.silent_outliers, asked.seed) for number in shops], FARM
        case "corpus":
            return [Folder(folder) for folder in sorted(asked.folder.iterdir()) if folder.is_dir()], CORPUS
        case _:
            return [tiny(number) for number in range(asked.sites)], TINY


def main() -> None:
    """Serve what the command line names."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    what = options.add_subparsers(dest="what", required=True)
    farm = what.add_parser("farm")
    farm.add_argument("--shops", type=int, default=200)
    farm.add_argument("--pages", type=int, default=200)
    farm.add_argument("--seed", type=int, default=0)
    farm.add_argument("--silent-outliers", action="store_true")
    what.add_parser("corpus").add_argument("folder", type=Path)
    what.add_parser("tiny").add_argument("--sites", type=int, default=100)
    asked = options.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sites, first = _named(asked)
    if len(sites) + _SPARE_SOCKETS > hard and hard != resource.RLIM_INFINITY:
        raise SystemExit(
            f"{len(sites)} sites need as many open files, and {hard} are allowed; raise it with: ulimit -n"
        )
    asyncio.run(_serve(sites, first))


if __name__ == "__main__":
    main()
