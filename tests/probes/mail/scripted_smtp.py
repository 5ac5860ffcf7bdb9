"""An SMTP server that follows a script: what it answers at each stage, or how it fails there."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

DROP = "drop"
STALL = "stall"
GOOD = {
    "greeting": "220 scripted.test ESMTP",
    "EHLO": "250-scripted.test\r\n250 8BITMIME",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "RCPT answers.test": "250 2.1.5 ok",
    "DATA": "354 go on",
    ".": "250 2.0.0 queued as 42",
    "QUIT": "221 bye",
    "RSET": "250 ok",
}
"""A server that takes everything. ``RCPT answers.test`` is the recipient that is our own reply address."""


class ScriptedSmtp:
    """What was said to it, and the messages whose final dot it saw."""

    def __init__(self, script: Mapping[str, str]) -> None:
        self.script = {**GOOD, **script}
        self.commands: list[str] = []
        self.contents: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one conversation."""
        with suppress(ConnectionError, asyncio.IncompleteReadError, EndOfScript):
            await self._say(writer, "greeting")
            while line := (await reader.readline()).decode("utf-8").strip():
                self.commands.append(line)
                stage = line.partition(" ")[0].upper()
                if stage == "RCPT" and line.endswith("@answers.test>"):
                    stage = "RCPT answers.test"
                await self._say(writer, stage)
                if stage == "DATA" and self.script["DATA"].startswith("354"):
                    headers = await reader.readuntil(b"\r\n\r\n")
                    if "words" in self.script:
                        await self._say(writer, "words")
                    self.contents.append(headers + await reader.readuntil(b"\r\n.\r\n"))
                    await self._say(writer, ".")
        writer.close()

    async def _say(self, writer: asyncio.StreamWriter, stage: str) -> None:
        words = self.script.get(stage, "502 5.5.1 not here")
        if words == STALL:
            await asyncio.sleep(60)
        if words == DROP:
            raise EndOfScript
        writer.write(words.encode() + b"\r\n")
        await writer.drain()


class EndOfScript(Exception):
    """The server hangs up."""


@asynccontextmanager
async def scripted_smtp(**script: str) -> AsyncIterator[ScriptedSmtp]:
    """Give a server on loopback that answers as *script* says; ``dot`` stands for the final dot, ``own`` for our address.

    ``words`` is said while the words of the message come in, before the dot.
    """
    names = {"dot": ".", "own": "RCPT answers.test"}
    scripted = ScriptedSmtp({names.get(stage, stage): words for stage, words in script.items()})
    tasks: set[asyncio.Task[None]] = set()

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(asyncio.CancelledError):
            await scripted.serve(reader, writer)
        tasks.discard(task)

    server = await asyncio.start_server(conversation, "127.0.0.1", 0)
    scripted.port = server.sockets[0].getsockname()[1]
    try:
        yield scripted
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
