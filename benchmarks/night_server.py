"""Serve the market of a night on loopback, with the patience that shops ask for, from a process of its own.

``python -m benchmarks.night_server --shops 400 --seed 0 [--latency 1.0] [--pause 1]`` prints one line of JSON with the
address of every shop, answers until its standard input ends, and then prints how often it answered, with how many bytes.
It listens on 127.0.0.0/8 alone. A shop is grown when it is first asked for, and forgotten after many others.

*pause* is what robots.txt asks for as ``Crawl-delay``. Servers on loopback are spared the pause that the settings keep
between two requests to a public site; asking for it makes the night as slow as it would be there.
"""

import argparse
import asyncio
import json
import re
import resource
import sys
import zlib
from collections import deque
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv4Address
from itertools import count

from barometer.demo.loopback import Reply, Site
from benchmarks.night_shops import FARTHEST, NEAREST, Ailment, Case, grown, market, well
from benchmarks.scripted_shops import ShopSite

FIRST = IPv4Address("127.16.0.1")
GROWN_AT_ONCE = 96
"""Shops kept in memory; a night reads 16 at a time."""
_SPARE_SOCKETS = 2_000
_AWAY = Reply(503, b"<!doctype html><title>503</title><h1>Service indisponible</h1>")
_BROKEN = Reply(500, b"<!doctype html><title>500</title><h1>Erreur interne</h1>")
_MISSING = Reply(404, b"", "text/plain")
_VISITS = count(1)
_LINK = re.compile(r'href="(/[^"]*)"')
_MONTH = re.compile(r"/agenda/(\d+)(?:/(\d+))?")


class Ailing:
    """A shop with what is wrong with it; nothing is wrong with most."""

    def __init__(self, case: Case, pause: float) -> None:
        self._case = case
        shop, email, account = grown(case)
        self._shop: Site = ShopSite(shop, case.manner, email, account)
        self._pause = pause

    def __call__(self, method: str, target: str) -> Reply:
        """Return what stands at *target*."""
        case = self._case
        if case.ailment is Ailment.FAILS:
            # Half of them answer for robots.txt, as an application behind a front that still runs does.
            return _MISSING if target == "/robots.txt" and case.number % 2 else (_BROKEN if case.number % 2 else _AWAY)
        if target == "/robots.txt":
            return Reply(200, f"User-agent: *\nCrawl-delay: {self._pause:g}\n".encode(), "text/plain")
        return self._looping(method, target)

    def _looping(self, method: str, target: str) -> Reply:
        case = self._case
        match case.ailment:
            case Ailment.CIRCLE:
                turn = int(target.rpartition("=")[2] or 0) if "tour=" in target else 0
                return Reply(302, headers=(("Location", f"/?tour={turn + 1}"),))
            case Ailment.CALENDAR:
                return self._in_calendar(method, target)
            case Ailment.SESSIONS:
                return self._renamed(method, target, "PHPSESSID")
            case Ailment.LABYRINTH:
                return self._renamed(method, target, "passage")
            case _:
                return self._shop(method, target)

    def _in_calendar(self, method: str, target: str) -> Reply:
        found = _MONTH.fullmatch(target)
        if found is None:
            reply = self._shop(method, target)
            return reply._replace(
                body=reply.body.replace(b"</footer>", b'<a href="/agenda/24311">Agenda</a></footer>', 1)
            )
        month = int(found[1])
        days = "".join(f'<li><a href="/agenda/{month}/{day}">{day}</a></li>' for day in range(1, 29))
        body = f"""<!doctype html><html lang="fr"><title>Agenda</title><body><a href="/">Accueil</a>
<h1>Agenda {month % 12 + 1:02}/{month // 12}</h1><a href="/agenda/{month - 1}">Mois précédent</a>
<a href="/agenda/{month + 1}">Mois suivant</a><ul>{days}</ul><p>Rien de prévu {"ce jour" if found[2] else "ce mois"}.</p>"""
        return Reply(200, body.encode())

    def _renamed(self, method: str, target: str, name: str) -> Reply:
        """Answer for *target* whatever visit it names, and name another in every link."""
        reply = self._shop(method, re.sub(rf"[?&]{name}=\w+", "", target))
        if not reply.content_type.startswith("text/html"):
            return reply
        visit = next(_VISITS)

        def named(link: re.Match[str]) -> str:
            return f'href="{link[1]}{"&amp;" if "?" in link[1] else "?"}{name}=v{visit}"'

        return reply._replace(body=_LINK.sub(named, reply.body.decode()).encode())


class _House:
    """All shops of a market, and what they have answered."""

    def __init__(self, cases: list[Case], latency: float, pause: float) -> None:
        self.cases = cases
        self.answers = self.bytes = 0
        self._latency = latency
        self._grown = lru_cache(maxsize=GROWN_AT_ONCE)(lambda number: Ailing(cases[number], pause))

    def reply(self, number: int, method: str, target: str) -> Reply:
        """Return what shop *number* says."""
        return self._grown(number)(method, target)

    def seconds(self, number: int, target: str) -> float:
        """Return how long shop *number* thinks about *target*: its pace, and a third less or more, always the same."""
        share = zlib.crc32(f"{number}{target}".encode()) / 2**32
        paced = self.cases[number].pace * (0.67 + 0.66 * share)
        return self._latency * min(FARTHEST, max(NEAREST, paced))


class _Conversation(asyncio.Protocol):
    """One connection: requests come in, each is answered in its time, one after the other."""

    def __init__(self, house: _House, number: int) -> None:
        self._house, self._number = house, number
        self._heard = b""
        self._asked: deque[tuple[str, str]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._house.cases[self._number].ailment is Ailment.HANGS:
            return
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            method, _, rest = head.decode("latin-1").partition(" ")
            self._asked.append((method, rest.partition(" ")[0]))
            if len(self._asked) == 1:
                self._think()
        if len(self._heard) > 64_000:
            self._transport.close()

    def _think(self) -> None:
        seconds = self._house.seconds(self._number, self._asked[0][1])
        asyncio.get_running_loop().call_later(seconds, self._answer)

    def _answer(self) -> None:
        method, target = self._asked.popleft()
        if self._transport.is_closing():
            return
        wire = _wire(self._house.reply(self._number, "GET", target), with_body=method != "HEAD")
        self._house.answers += 1
        self._house.bytes += len(wire)
        self._transport.write(wire)
        if self._asked:
            self._think()


def _wire(reply: Reply, with_body: bool) -> bytes:
    fields = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(reply.body)}",
        *(f"{name}: {value}" for name, value in reply.headers),
    ]
    return "\r\n".join([*fields, "", ""]).encode("latin-1") + (reply.body if with_body else b"")


async def _serve(house: _House) -> None:
    """Listen on one address a shop, all at one port, until standard input ends."""
    loop = asyncio.get_running_loop()
    port, addresses = 0, [str(FIRST + case.number) for case in house.cases]
    for number, address in enumerate(addresses):
        server = await loop.create_server(
            lambda number=number: _Conversation(house, number), address, port, backlog=128
        )  # type: ignore[misc]
        port = server.sockets[0].getsockname()[1]
    print(json.dumps([f"http://{address}:{port}" for address in addresses]), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps({"answers": house.answers, "bytes": house.bytes}), flush=True)


def main() -> None:
    """Serve what the command line names."""
    options = argparse.ArgumentParser()
    options.add_argument("--shops", type=int, default=400)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--latency", type=float, default=1.0, help="times the latency of the shops; 0 answers at once")
    options.add_argument("--pause", type=float, default=1.0, help="seconds that robots.txt asks for between requests")
    options.add_argument("--well", action="store_true", help="no shop hangs, fails or loops")
    asked = options.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if asked.shops + _SPARE_SOCKETS > hard:
        raise SystemExit(
            f"{asked.shops} shops need as many open files, and {hard} are allowed; raise it with: ulimit -n"
        )
    cases = market(asked.shops, asked.seed)
    asyncio.run(_serve(_House([*map(well, cases)] if asked.well else cases, asked.latency, asked.pause)))


if __name__ == "__main__":
    main()
