"""The ground that nights are killed on: small slow sites in a process of their own, a panel of them, settings, a database.

Of every twenty sites one refuses connections, one always answers 503 and one is overloaded at first, so that each night has
a second look; every fifth fills its footer by script, so that a browser has something to prove.
"""

import asyncio
import ctypes
import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

from storage.database import Database
from storage.records import Merchant

ROOT = Path(__file__).resolve().parents[1]
FIRST = IPv4Address("127.74.0.1")
OVERLOADED_ANSWERS = 3
_SETTINGS = """database = "{database}"
evidence = "{folder}/evidence"
delay = 0.05
render = {render}
[budgets]
seconds = 60
[night]
batch_size = {batch_size}
second_batch_size = 3
deadline_hours = 0.5
logs = "{folder}/logs"
[schedule]
timezone = "UTC"
logs = "{folder}/logs"
[schedule.night]
cron = "{minute} {hour} * * *"
[schedule.expiry]
cron = "*/10 * * * *"
[schedule.replies]
enabled = false
[schedule.attempts]
enabled = false
[schedule.retention]
enabled = false
[schedule.backup]
enabled = false
"""
_FOOTER = "<footer></footer><script>document.querySelector('footer').innerHTML='<a href=\"tel:+33199{0}\">01 99 {1}</a>'</script>"


def settings_file(folder: Path, database: str, due: datetime, *, render: bool, batch_size: int) -> Path:
    """Write the settings of a night that is due at *due*, and return their file."""
    file = folder / "barometer.toml"
    file.write_text(
        _SETTINGS.format(
            database=database, folder=folder, render=str(render).lower(), minute=due.minute, hour=due.hour, batch_size=batch_size
        ),
        "utf-8",
    )  # fmt: skip
    return file


def plant_panel(database: Database, addresses: list[str]) -> None:
    """Put a merchant for each of *addresses* into the panel."""
    with database.session() as session:
        session.add_all(
            Merchant(key=address.removeprefix("http://"), name=f"Boutique {number:02}", url=f"{address}/", sample_order=number)
            for number, address in enumerate(addresses)
        )  # fmt: skip


@contextmanager
def market(sites: int, seed: int) -> Iterator[list[str]]:
    """Serve *sites* from a process that ends with the context, or with this process; yield their addresses."""
    command = [sys.executable, "-m", "benchmarks.soak_night_market", str(sites), str(seed)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        assert server.stdin is not None and server.stdout is not None
        addresses: list[str] = json.loads(server.stdout.readline())
        try:
            yield addresses
        finally:
            server.stdin.close()
            server.wait(30)


def die_with_parent() -> None:
    """Let the system end this process when its parent ends, however that comes."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)


class _Site:
    def __init__(self, number: int, seed: int) -> None:
        chance = random.Random(f"{seed}/{number}")
        self.seconds = chance.uniform(0.02, 0.25)
        self.number, self.asked = number, 0

    @property
    def shut(self) -> bool:
        """Whether nobody answers at its address."""
        return self.number % 20 == 7

    def answer(self, target: str) -> tuple[int, str]:
        if target == "/robots.txt":
            return 404, ""
        self.asked += 1
        if self.number % 20 == 13 or (self.number % 20 == 17 and self.asked <= OVERLOADED_ANSWERS):
            return 503, "<p>Trop de visiteurs</p>"
        phone = f"01 99 00 {self.number // 100 % 100:02} {self.number % 100:02}"
        foot = _FOOTER.format(phone.replace(" ", "")[4:], phone[6:]) if self.number % 5 == 0 else ""
        chrome = f"<title>Boutique {self.number}</title><a href=/>Accueil</a> <a href=/a>Qui sommes-nous</a> <a href=/b>CGV</a>"
        pages = {
            "/": f"<h1>Boutique {self.number}</h1>",
            "/a": "<p>Depuis 1924.</p> <a href=/contact>Contact</a>",
            "/b": f"<p>{'Les retours sont offerts. ' * 200}</p>",
            "/contact": f"<p>Service clients : {phone}</p>",
        }
        known = pages.get(target)
        if known is None:
            return 404, "<h1>Page introuvable</h1>"
        return 200, f"<!doctype html><html lang=fr>{chrome}{known}{foot}</html>"

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                await asyncio.sleep(self.seconds)
                status, body = self.answer(head.split(" ", 2)[1])
                told = body.encode()
                fields = f"HTTP/1.1 {status} X\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(told)}\r\n\r\n"
                writer.write(fields.encode() + (b"" if head.startswith("HEAD") else told))
                await writer.drain()
        writer.close()


async def _serve(count: int, seed: int) -> None:
    sites = [_Site(number, seed) for number in range(count)]
    port = 0
    for site in sites:
        if not site.shut:
            server = await asyncio.start_server(site.converse, str(FIRST + site.number), port)
            port = server.sockets[0].getsockname()[1]
    print(json.dumps([f"http://{FIRST + site.number}:{port}" for site in sites]), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def minute_of(moment: datetime) -> str:
    """Return the key that a daily job at *moment* has in a schedule of UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}"


if __name__ == "__main__":
    die_with_parent()
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
