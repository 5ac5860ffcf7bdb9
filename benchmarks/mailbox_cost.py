"""What one look at a mailbox costs, as the wire shows it: it must grow with the new messages, not with those read before.

``python -m benchmarks.mailbox_cost`` fills a mailbox of a private Dovecot with old messages, notes how far it was read, lets
new ones arrive, and takes these in. Printed are commands, bytes in both directions and seconds, for several sizes.
"""

import argparse
import asyncio
import json
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from probes.mail.imap import ImapFolder
from probes.mail.server import MailServer, Protection
from tests.mail_servers import OPERATOR, PASSWORD, MailServers, mail_servers, missing

LETTER = (
    b"From: contact@lampes.test\r\nTo: %d@answers.test\r\nSubject: Re: question %d\r\n\r\nBonjour,\r\n" + b"Oui. " * 200
)


@dataclass
class Cost:
    """One look: what lay there, what came, what was said and answered."""

    old: int
    new: int
    read: int = 0
    commands: int = 0
    bytes_asked: int = 0
    bytes_answered: int = 0
    seconds: float = 0.0


def measure(mail: MailServers, old: int, new: int) -> Cost:
    """Return what taking in *new* messages costs beside *old* ones that were read before."""
    shutil.rmtree(mail.operator().home / "Maildir", ignore_errors=True)
    _fill(mail, 0, old)
    with _metered(mail.ports.imap) as meter:
        position = asyncio.run(_look(meter.port, old, None))[0]
        _fill(mail, old, new)
        before = meter.told()
        begun = time.perf_counter()
        _, read = asyncio.run(_look(meter.port, old, position))
        seconds = time.perf_counter() - begun
        commands, asked, answered = (after - was for after, was in zip(meter.told(), before, strict=True))
    return Cost(old, new, read, commands, asked, answered, round(seconds, 3))


async def _look(port: int, old: int, after: str | None) -> tuple[str | None, int]:
    """Read what lies after *after*; without it, only note how far the mailbox would have been read."""
    folder = ImapFolder(MailServer("127.0.0.1", port, Protection.NONE, OPERATOR, PASSWORD))
    try:
        await folder.validity()
        if after is None:
            return str(old), 0
        return after, len([arrival async for arrival in folder.arrivals(after)])
    finally:
        await folder.close()


def _fill(mail: MailServers, start: int, count: int) -> None:
    """Put messages into the mailbox as files, which is how Dovecot keeps them, and let it give them their UIDs."""
    folder = mail.operator().home / "Maildir" / "new"
    for inner in ("cur", "tmp", "new"):
        (folder.parent / inner).mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        (folder / f"{1_700_000_000 + number}.M{number}.host").write_bytes(LETTER % (number, number))
    for path in (folder.parent, *folder.parent.rglob("*")):
        shutil.chown(path, "nobody", "nogroup")
    with mail.operator().opened() as box:
        assert box.folder.status("INBOX", ["MESSAGES"])["MESSAGES"] == start + count


class Meter:
    """Passes an IMAP conversation on and counts it."""

    def __init__(self, upstream: int) -> None:
        self.port = 0
        self.commands = self.asked = self.answered = 0
        self._upstream = upstream
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()

    def told(self) -> tuple[int, int, int]:
        """Return commands, bytes asked and bytes answered so far."""
        return self.commands, self.asked, self.answered

    def run(self) -> None:
        """Serve until :meth:`stop`."""
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()

    def wait(self) -> None:
        """Return once it listens."""
        self._ready.wait(30)

    def stop(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream)

        async def asking() -> None:
            while piece := await reader.read(65_536):
                self.commands += piece.count(b"\n")
                self.asked += len(piece)
                up_writer.write(piece)
            up_writer.close()

        async def answering() -> None:
            while piece := await up_reader.read(65_536):
                self.answered += len(piece)
                writer.write(piece)
                await writer.drain()
            writer.close()

        await asyncio.gather(asking(), answering(), return_exceptions=True)


@contextmanager
def _metered(upstream: int) -> Iterator[Meter]:
    meter = Meter(upstream)
    thread = threading.Thread(target=meter.run, daemon=True)
    thread.start()
    meter.wait()
    try:
        yield meter
    finally:
        meter.stop()
        thread.join(30)


def main() -> int:
    """Run from the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mailbox_cost", description=__doc__.partition("\n")[0])
    parser.add_argument("--old", type=int, nargs="*", default=[100, 5_000, 50_000])
    parser.add_argument("--new", type=int, nargs="*", default=[100, 10])
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    reason = missing()
    if reason:
        sys.stderr.write(f"{reason}\n")
        return 2
    with mail_servers() as mail:
        costs = [measure(mail, old, new) for new in chosen.new for old in chosen.old]
    if chosen.json:
        sys.stdout.write(json.dumps([asdict(cost) for cost in costs]) + "\n")
        return 0
    sys.stdout.write(
        f"{'old':>7} {'new':>5} {'read':>5} {'commands':>9} {'asked':>9} {'answered':>10} {'seconds':>8}\n"
    )
    for cost in costs:
        sys.stdout.write(
            f"{cost.old:>7} {cost.new:>5} {cost.read:>5} {cost.commands:>9} {cost.bytes_asked:>9} {cost.bytes_answered:>10}"
            f" {cost.seconds:>8.2f}\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
