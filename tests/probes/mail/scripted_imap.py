"""An IMAP server that misbehaves on order: it holds messages, and fails at the command that the script names."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

DROP = "drop"
STALL = "stall"


class ScriptedImap:
    """Messages by UID, the validity of these, and what to do at a command (its name in upper case)."""

    def __init__(self, messages: dict[int, bytes], **script: str) -> None:
        self.messages = messages
        self.validity = 7
        self.script = script
        self.once: dict[str, str] = {}
        self.capabilities = "IMAP4rev1 IDLE"
        self.tells_dates = self.gives_bodies = True
        self.commands: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one conversation."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._say(writer, f"* OK [CAPABILITY {self.capabilities}] ready")
            while line := (await reader.readline()).decode("utf-8").strip():
                tag, _, command = line.partition(" ")
                self.commands.append(command)
                name = command.removeprefix("UID ").partition(" ")[0].upper()
                if not await self._obey(name, tag, command, reader, writer):
                    break
        writer.close()

    async def _obey(
        self, name: str, tag: str, command: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        told = self.once.pop(name, None) or self.script.get(name)
        if told == DROP:
            return False
        if told == STALL:
            await asyncio.sleep(60)
        elif told is not None:
            await self._say(writer, told.replace("TAG", tag))
        elif name == "IDLE":
            await self._say(writer, "+ idling")
            await reader.readline()
            await self._say(writer, f"{tag} OK done")
        else:
            await self._say(writer, *self._answer(name, command), f"{tag} OK {name} done")
        return True

    def _answer(self, name: str, command: str) -> list[str]:
        if name == "CAPABILITY":
            return [f"* CAPABILITY {self.capabilities}"]
        if name == "EXAMINE":
            following = max(self.messages, default=0) + 1
            return [
                f"* {len(self.messages)} EXISTS",
                f"* OK [UIDVALIDITY {self.validity}] valid",
                f"* OK [UIDNEXT {following}] next",
            ]
        if name == "SEARCH":
            return ["* SEARCH " + " ".join(str(uid) for uid in self._named(command.split()[3]))]
        return self._fetched(command) if name == "FETCH" else []

    def _fetched(self, command: str) -> list[str]:
        _, _, uids, items = command.split(" ", 3)
        lines = []
        for uid in self._named(uids):
            number = sorted(self.messages).index(uid) + 1
            asked = self.gives_bodies if "BODY" in items else self.tells_dates
            if not asked:
                lines.append(f"* {number} FETCH (UID {uid} FLAGS (\\Seen))")
            elif "BODY" in items:
                raw = self.messages[uid][: int(items.rpartition(".")[2].rstrip(">)"))].decode("latin-1")
                # The UID may follow the literal, and news of other messages may stand in between.
                lines += [
                    f"* {number} FETCH (FLAGS (\\Seen))",
                    f"* {number} FETCH (BODY[]<0> {{{len(raw)}}}\r\n{raw} UID {uid})",
                ]
            else:
                lines.append(f'* {number} FETCH (UID {uid} INTERNALDATE " 4-Nov-2026 10:30:00 +0100")')
        return lines

    def _named(self, words: str) -> list[int]:
        first, _, last = words.partition(":")
        highest = max(self.messages, default=0)
        end = highest if last == "*" else int(last or first)
        found = [uid for uid in sorted(self.messages) if int(first) <= uid <= end]
        return found or ([highest] if last == "*" and self.messages else [])

    async def _say(self, writer: asyncio.StreamWriter, *lines: str) -> None:
        writer.write("".join(f"{line}\r\n" for line in lines).encode("latin-1"))
        await writer.drain()


@asynccontextmanager
async def scripted_imap(messages: dict[int, bytes], **script: str) -> AsyncIterator[ScriptedImap]:
    """Give a server on loopback that holds *messages* and follows *script*."""
    scripted = ScriptedImap(messages, **script)
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
