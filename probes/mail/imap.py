"""Answers from an IMAP server: what is new since the last UID that was read, and nothing changed there.

A folder is opened read-only (EXAMINE) and messages are fetched without marking them (BODY.PEEK), so that the cost is that of
the new messages, and neither read marks nor what a person does in the mailbox matter. ``received_at`` is the server's own
INTERNALDATE; no header is asked for a time.
"""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from functools import partial
from typing import Any, NamedTuple, TypeVar

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted

from probes.api_answer import plain
from probes.mail.server import MailServer, Protection
from probes.probe import Arrival, Unreachable
from storage.records import utc_now

MAX_BYTES = 10_000_000
"""Bytes of a message that are fetched; of a longer one its beginning (*ours*: words come first, attachments last)."""
ANSWER_SECONDS = 30.0
"""How long the server may keep silent within a command (*ours*)."""
COMMAND_SECONDS = 120.0
"""How long a command may take in all, a message of the greatest size included (*ours*)."""
IDLE_SECONDS = 1_500.0
"""How long one IDLE lasts; RFC 2177 asks for less than 29 minutes."""
LISTED_AT_ONCE, SEARCHED_AT_ONCE = 1_000, 100_000
"""New messages, and UIDs, asked for in one command: imaplib takes no line of more than a million characters (*ours*)."""

_UID = re.compile(rb"\bUID (\d{1,10})\b")
_INTERNALDATE = re.compile(rb'\bINTERNALDATE "([^"\r\n]{1,40})"')
_UIDVALIDITY = re.compile(rb"\d{1,10}")
_T = TypeVar("_T")


class _New(NamedTuple):
    uid: int
    received_at: datetime


class _Folder(NamedTuple):
    validity: str
    next_uid: int


class _Idling(Enum):
    BEGUN = auto()
    NEEDLESS = auto()
    IMPOSSIBLE = auto()


class ImapFolder:
    """One folder of a mailbox; its connection is opened when it is needed and kept until :meth:`close`.

    *since*: without a position, older messages are left alone (by the day): the operator's mail of other years is nobody's
    answer. ``name`` is ``imap:USER@HOST/FOLDER``.
    """

    def __init__(
        self,
        server: MailServer,
        folder: str = "INBOX",
        *,
        since: datetime | None = None,
        max_bytes: int = MAX_BYTES,
        answer_seconds: float = ANSWER_SECONDS,
        command_seconds: float = COMMAND_SECONDS,
    ) -> None:
        self.name = f"imap:{server.user}@{server.host}/{folder}"
        self._server, self._folder, self._since = server, folder, since
        self._max_bytes = max_bytes
        self._answer_seconds, self._command_seconds = answer_seconds, command_seconds
        self._box: BaseMailBox | None = None
        self._next_uid = 0

    async def validity(self) -> str:
        """Return the folder's UIDVALIDITY, opening it anew; raises :class:`Unreachable`."""
        was_connected = self._box is not None
        try:
            found = await self._call(self._examined)
        except Unreachable:
            if not was_connected:
                raise
            # Servers end connections that were quiet for a while; that is no failure.
            found = await self._call(self._examined)
        self._next_uid = found.next_uid
        return found.validity

    async def arrivals(self, after: str | None) -> AsyncIterator[Arrival]:
        """Give the messages with a UID above *after*, in the order of their UIDs; raises :class:`Unreachable`.

        A message that is gone before it was fetched is passed over.
        """
        for uids in await self._call(partial(self._uids, int(after or 0))):
            for new in await self._call(partial(self._listed, uids)):
                raw = await self._call(partial(self._fetched, new.uid))
                if raw is not None:
                    yield Arrival(raw, new.received_at, str(new.uid))

    async def wait(self, seconds: float) -> None:
        """Return when something may have arrived, at the latest after *seconds*.

        By IDLE where the server has it and keeps it up; otherwise this waits, and the next look is the poll.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        with suppress(Unreachable):
            state = await self._call(self._idling)
            if state is _Idling.BEGUN:
                end = min(until, loop.time() + IDLE_SECONDS)
                while loop.time() < end and not await self._call(self._told_of_something):
                    pass
                await self._call(self._end_idle)
            if state is not _Idling.IMPOSSIBLE:
                return
        await asyncio.sleep(max(0.0, until - loop.time()))

    async def close(self) -> None:
        """Log out; nothing happens when there is no connection."""
        if self._box is not None:
            with suppress(Unreachable):
                await self._call(self._opened().logout)
            self._hang_up()

    async def _call(self, work: Callable[[], _T]) -> _T:
        """Do *work*, which blocks, in a thread and within time; the connection is given up when it fails."""
        try:
            async with asyncio.timeout(self._command_seconds):
                return await asyncio.to_thread(work)
        except Exception as error:
            # imaplib answers a broken server with whatever goes wrong first.
            self._hang_up()
            raise Unreachable(f"{self.name}: {plain(str(error) or type(error).__name__)}") from error
        except BaseException:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        box, self._box = self._box, None
        if box is not None:
            # First the socket itself: this wakes a thread that still reads from it and holds its lock.
            with suppress(OSError, ValueError):
                box.client.sock.shutdown(socket.SHUT_RDWR)
            with suppress(OSError, ValueError):
                box.client.shutdown()

    def _opened(self) -> BaseMailBox:
        if self._box is None:
            server = self._server
            if server.user is None or server.password is None:
                raise ValueError("no user or no password is given")
            where = {"host": server.host, "port": server.port, "timeout": self._answer_seconds}
            box: BaseMailBox
            if server.protection is Protection.TLS:
                box = MailBox(**where, ssl_context=server.trust())
            elif server.protection is Protection.STARTTLS:
                box = MailBoxStartTls(**where, ssl_context=server.trust())
            else:
                box = MailBoxUnencrypted(**where)
            self._box = box
            if not (server.user + server.password).isascii():
                box.login_utf8(server.user, server.password, initial_folder=None)
            else:
                box.login(server.user, server.password, initial_folder=None)
        return self._box

    def _examined(self) -> _Folder:
        box = self._opened()
        box.folder.set(self._folder, readonly=True)
        _, told = box.client.response("UIDVALIDITY")
        if not told or not isinstance(told[-1], bytes) or not _UIDVALIDITY.fullmatch(told[-1]):
            raise ValueError("the server tells no UIDVALIDITY")
        _, following = box.client.response("UIDNEXT")
        number = following[-1] if following else None
        return _Folder(told[-1].decode(), int(number) if isinstance(number, bytes) and number.isdigit() else 0)

    def _uids(self, after: int) -> list[list[int]]:
        """Return the UIDs of what is new, in steps, so that no single answer is huge."""
        young = f" SINCE {_imap_date(self._since)}" if self._since is not None and not after else ""
        found: set[int] = set()
        for start in range(after + 1, max(self._next_uid, after + 2), SEARCHED_AT_ONCE):
            end = start + SEARCHED_AT_ONCE - 1
            upto = str(end) if end < self._next_uid else "*"
            for line in self._command("SEARCH", f"UID {start}:{upto}{young}"):
                found.update(map(int, line.split()))
        # "n:*" names the last message even when its UID is below n.
        uids = sorted(uid for uid in found if uid > after)
        return [uids[start : start + LISTED_AT_ONCE] for start in range(0, len(uids), LISTED_AT_ONCE)]

    def _listed(self, uids: list[int]) -> list[_New]:
        """Return those of *uids* that are still there, with the moment of their arrival."""
        found: dict[int, datetime | None] = {}
        for told in self._command("FETCH", f"{uids[0]}:{uids[-1]}", "(UID INTERNALDATE)"):
            uid, moment = _UID.search(told), _INTERNALDATE.search(told)
            if uid:
                found[int(uid[1])] = _moment(moment[1]) if moment else found.get(int(uid[1]))
        return [_New(uid, found[uid] or utc_now()) for uid in uids if uid in found]

    def _fetched(self, uid: int) -> bytes | None:
        told = self._raw_command("FETCH", str(uid), f"(UID BODY.PEEK[]<0.{self._max_bytes}>)")
        bodies = [part[1] for part in told if isinstance(part, tuple) and b"BODY[]" in part[0].upper()]
        if bodies:
            return bytes(bodies[0][: self._max_bytes])
        lines = [part for part in told if isinstance(part, bytes) and _UID.search(part)]
        if lines and not any(b"BODY[]" in line.upper() for line in lines):
            raise ValueError(f"the server does not give message {uid}")
        # Without a literal the message is there and empty.
        return b"" if lines else None

    def _command(self, *words: str) -> list[bytes]:
        return [line for line in self._raw_command(*words) if isinstance(line, bytes)]

    def _raw_command(self, *words: str) -> list[Any]:
        if self._box is None:
            raise ValueError("the connection was lost")
        status, told = self._box.client.uid(*words)
        if status != "OK":
            raise ValueError(f"UID {words[0]} was answered {status} {told[-1:]}")
        return told

    def _idling(self) -> _Idling:
        """Begin to be told of new messages."""
        if self._examined().next_uid != self._next_uid:
            # It came after the last look; IDLE tells only of what comes from now on.
            return _Idling.NEEDLESS
        box = self._opened()
        if "IDLE" not in box.client.capabilities:
            return _Idling.IMPOSSIBLE
        box.idle.start()  # type: ignore[no-untyped-call]
        return _Idling.BEGUN

    def _told_of_something(self) -> bool:
        """Listen for a second; a silence cut short counts too, since the connection may have ended."""
        begun = time.monotonic()
        told = self._opened().idle.poll(timeout=1)
        return time.monotonic() - begun < 0.9 if not told else any(b"EXISTS" in line.upper() for line in told)

    def _end_idle(self) -> None:
        self._opened().idle.stop()  # type: ignore[no-untyped-call]


def _moment(internal_date: bytes) -> datetime:
    """Return an INTERNALDATE (`` 5-Nov-2026 10:00:00 +0100``) in UTC; the present where it is none."""
    with suppress(ValueError, TypeError, OverflowError):
        return parsedate_to_datetime(internal_date.decode("ascii").replace("-", " ", 2)).astimezone(UTC)
    return utc_now()


def _imap_date(moment: datetime) -> str:
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    # The server counts days in a time zone of its own.
    day = moment.astimezone(UTC) - timedelta(days=1)
    return f"{day.day:02}-{months[day.month - 1]}-{day.year}"
