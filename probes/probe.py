"""What every channel's probe promises: what it is given, what may come of it, and when it must speak up.

A probe makes one contact attempt and says what became of it. It never decides whether the attempt may be made (that is
:mod:`probes.guard`) and writes no record (that is :mod:`probes.journal`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from storage.vocabulary import BlockedBy, Channel


class Outgoing(NamedTuple):
    """An attempt as a probe sees it: where it goes, its words, and what its answer will be known by.

    ``in_reply_to`` is the Message-ID of the first message where this one is its reminder.
    """

    attempt_id: str
    target: str
    subject: str
    body: str
    token: str
    language: str
    reply_address: str | None
    message_id: str | None
    in_reply_to: str | None = None


class Sender(NamedTuple):
    """The person who writes: real, and reached at what is given here. ``phone`` is E.164 or as it is written at home."""

    name: str
    address: str
    phone: str | None = None


class Sent(NamedTuple):
    """The other side accepted it at ``t0`` (UTC); ``evidence`` names the files that prove it, ``said`` its words."""

    t0: datetime
    said: str
    evidence: tuple[str, ...] = ()
    link: str | None = None


class NotSent(NamedTuple):
    """It surely did not leave, for a reason of ours or of the moment; it may be tried again at or after ``again_at``."""

    why: str
    again_at: datetime | None = None


class Blocked(NamedTuple):
    """The merchant's side does not take it: a person may try (the desk), the program does not."""

    by: BlockedBy
    why: str
    evidence: tuple[str, ...] = ()


class Unclear(NamedTuple):
    """It may or may not have been accepted: never sent again by itself, a person decides."""

    why: str
    evidence: tuple[str, ...] = ()


Delivery = Sent | NotSent | Blocked | Unclear


class Checked(NamedTuple):
    """Whether a target can be written to, and why not."""

    good: bool
    why: str | None = None


class Unreachable(Exception):
    """Our own server, browser or interface does not work: no attempt may be made, none is to blame."""


class Probe(Protocol):
    """One channel's way to make an attempt; used as an asynchronous context, by one task at a time."""

    channel: Channel

    async def __aenter__(self) -> Self:
        """Open what the probe needs, a browser for example; raises :class:`Unreachable`."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""

    async def check(self, target: str) -> Checked:
        """Return whether *target* can be written to, without writing to it; raises :class:`Unreachable`."""

    async def deliver(self, outgoing: Outgoing, handing_over: Callable[[], Awaitable[None]]) -> Delivery:
        """Make the attempt and return what became of it.

        Awaits *handing_over* exactly before the step after which it can no longer say that nothing was sent. An
        exception, or the end of the process, before that call means "not sent", after it "unclear". Raises
        :class:`Unreachable` when our own side fails before that step.
        """


class Arrival(NamedTuple):
    """A message as it lay in a mailbox or an interface, unread.

    ``raw`` is at most what the source may hold of it, ``received_at`` its arrival at our own server (UTC), ``position``
    how far the source has been read with it.
    """

    raw: bytes
    received_at: datetime
    position: str


class Source(Protocol):
    """A place where answers arrive; reading it changes nothing there."""

    name: str

    async def validity(self) -> str:
        """Return what positions are valid for (IMAP's UIDVALIDITY); another value than stored: read from the start."""

    def arrivals(self, after: str | None) -> AsyncIterator[Arrival]:
        """Give what arrived after position *after*, oldest first; raises :class:`Unreachable`."""
