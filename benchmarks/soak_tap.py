"""A wire tap between the sender and Postfix: it passes everything on, a little late, and knows how far a talk has come."""

import asyncio
import random
import re
import threading
from dataclasses import dataclass
from enum import StrEnum

_RECIPIENT = re.compile(rb"RCPT TO:<([^@>]+)@answers\.test>", re.I)
_END = b"\r\n.\r\n"


class Stage(StrEnum):
    """How far the latest conversation has come, as the wire shows it."""

    CONNECTED = "connected"
    DATA = "data"
    DOTTED = "dotted"
    ACCEPTED = "accepted"
    TOLD = "told"
    OVER = "over"


@dataclass
class Talk:
    """One conversation: its stage, and the token of the attempt it is about once that was said."""

    stage: Stage = Stage.CONNECTED
    token: str | None = None
    pending: bytes = b""


class Tap:
    """Listens on ``port`` of loopback and talks to *upstream*; every piece is held back up to *lag* seconds."""

    def __init__(self, upstream: int, lag: float, seed: int) -> None:
        self.port = 0
        self.talks = 0
        self.latest: Talk | None = None
        self._upstream, self._lag = upstream, lag
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Tap":
        self._thread.start()
        self._ready.wait(30)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = self.latest = Talk()
        self.talks += 1
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        try:
            await asyncio.gather(
                self._pass(reader, server_writer, talk, self._said),
                self._pass(server_reader, writer, talk, self._heard),
            )
        except OSError:
            pass
        finally:
            if talk.stage is Stage.TOLD:
                talk.stage = Stage.OVER
            for one in (writer, server_writer):
                one.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, talk: Talk, note) -> None:  # type: ignore[no-untyped-def]
        while piece := await reader.read(65_536):
            await asyncio.sleep(self._random.uniform(0, self._lag))
            after = note(talk, piece)
            writer.write(piece)
            await writer.drain()
            if after is not None:
                talk.stage = after
        if writer.can_write_eof():
            writer.write_eof()

    def _said(self, talk: Talk, piece: bytes) -> Stage | None:
        """Note what the sender says."""
        named = _RECIPIENT.search(piece)
        if named:
            talk.token = named[1].decode()
        talk.pending = (talk.pending + piece)[-len(_END) :]
        if talk.stage is Stage.CONNECTED and piece.startswith(b"DATA\r\n"):
            talk.stage = Stage.DATA
        elif talk.stage is Stage.DATA and talk.pending == _END:
            talk.stage = Stage.DOTTED
        return None

    def _heard(self, talk: Talk, piece: bytes) -> Stage | None:
        """Note what the server answers."""
        if talk.stage is Stage.DOTTED and piece.startswith(b"250"):
            talk.stage = Stage.ACCEPTED
            return Stage.TOLD
        return None
