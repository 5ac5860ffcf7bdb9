"""The mail of the demo market: a real SMTP server on loopback, merchants who answer in their time, a Maildir for us.

It never connects to anything. What is handed in goes to a merchant of the market or into the operator's Maildir, what a
merchant writes goes into that Maildir, and everybody else is an unknown user.
"""

import asyncio
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from barometer.demo.clock import FACTOR, DemoClock
from barometer.demo.letters import Received, address_of, written
from barometer.demo.merchant import DemoMerchant
from storage.vocabulary import Channel

HOST = "127.0.0.1"
REPLY_DOMAIN = "answers.barometer-demo.test"
"""Where all answers go: every name there is delivered to the operator's Maildir."""
MAX_MESSAGES, MAX_BYTES = 2_000, 1_000_000
"""Messages that are taken in all, and bytes of one (*ours*): other programs of this machine can reach the server too."""
_OURS = re.compile(rf"[a-z0-9]{{1,40}}@{re.escape(REPLY_DOMAIN)}")


class PostOffice:
    """Takes what is sent to the merchants, by mail or by form, and delivers what they answer into *maildir*.

    Every delivery carries the time of *clock* at which it happened, as any mail server stamps its own.
    """

    def __init__(self, clock: DemoClock, maildir: Path, market: Sequence[DemoMerchant]) -> None:
        self.maildir = maildir
        self.port = 0
        self.clock = clock
        self._at = {address_of(merchant).lower(): merchant for merchant in market}
        self._loop = asyncio.new_event_loop()
        self._taken = self._delivered = 0

    @contextmanager
    def opened(self) -> Iterator["PostOffice"]:
        """Listen on a free port of loopback, in a thread of its own, while the context is open; yield this office."""
        for name in ("tmp", "new", "cur"):
            (self.maildir / name).mkdir(parents=True, exist_ok=True)
        thread = threading.Thread(target=self._loop.run_forever, name="demo-post-office", daemon=True)
        thread.start()
        server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(_closed(server), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    def take_form(self, merchant: DemoMerchant, address: str, words: str) -> None:
        """Let *merchant* answer what was written by its form; to an address that is not ours nothing is ever sent."""
        if _OURS.fullmatch(address):
            self._loop.call_soon_threadsafe(self._answer, merchant, Channel.FORM, Received(address))

    async def handle_RCPT(  # noqa: N802 - the server calls it by this name
        self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Accept a recipient who exists."""
        if self._taken >= MAX_MESSAGES:
            return "452 4.3.1 no room left"
        if address.lower() not in self._at and not _OURS.fullmatch(address.lower()):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        """Accept a message for its recipients."""
        self._taken += 1
        message = message_from_bytes(envelope.content, policy=policy.default)
        words = message.get_body(("plain",))
        received = Received(
            str(envelope.mail_from).lower(),
            str(message["Message-ID"]).strip(),
            str(message["Subject"]),
            words.get_content() if words is not None else "",
        )
        for recipient in map(str.lower, envelope.rcpt_tos):
            if recipient in self._at:
                self._answer(self._at[recipient], Channel.EMAIL, received)
            else:
                self._deliver(recipient, envelope.content, HOST)
        return "250 2.0.0 taken"

    async def _listen(self) -> asyncio.Server:
        server = await self._loop.create_server(
            lambda: SMTP(self, hostname="localhost", data_size_limit=MAX_BYTES, loop=self._loop), HOST, 0
        )
        self.port = int(server.sockets[0].getsockname()[1])
        return server

    def _answer(self, merchant: DemoMerchant, channel: Channel, received: Received) -> None:
        """Let *merchant* answer as its file says, each reply in its time; a merchant without a word there is silent."""
        behaviour = merchant.behaviour.get(channel)
        if behaviour is None or not _OURS.fullmatch(received.answer_to):
            return
        for kind, minutes in behaviour.replies:
            raw = written(kind, merchant, received)
            self._loop.call_later(minutes * 60 / FACTOR, self._deliver, received.answer_to, raw, f"mx.{merchant.host}")

    def _deliver(self, recipient: str, raw: bytes, sender: str) -> None:
        """Put a mail into the Maildir, as a delivery agent does: written aside, stamped, then renamed."""
        self._delivered += 1
        now: datetime = self.clock.now()
        head = (
            f"Delivered-To: {recipient}\r\nReceived: from {sender} by {REPLY_DOMAIN} with ESMTP;\r\n"
            f"\t{format_datetime(now)}\r\n"
        )
        name = f"{now.timestamp():.6f}.{os.getpid()}_{self._delivered}.demo"
        aside = self.maildir / "tmp" / name
        aside.write_bytes(head.encode("ascii") + raw)
        os.utime(aside, (now.timestamp(), now.timestamp()))
        aside.rename(self.maildir / "new" / name)


async def _closed(server: asyncio.Server) -> None:
    server.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
