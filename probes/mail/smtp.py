"""The e-mail probe: one message in one conversation with the operator's own server.

The journal's note that the message is handed over is written when the server has everything but the final dot. Until the dot
no server may take a message for complete (RFC 5321, 4.1.1.4), so nothing has left; between the dot and its answer nobody can
know; after a 250 the server answers for the message (4.2.5), and that moment is ``t0``.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiosmtplib import SMTP, SMTPException, SMTPResponse, SMTPResponseException, SMTPStatus

from probes.api_answer import plain
from probes.mail.address import Address, NoAddress, mail_address
from probes.mail.compose import Unwritable, compose
from probes.mail.domains import Domains
from probes.mail.refusals import COME_BACK, Stage, refused
from probes.mail.server import MailServer, Protection
from probes.probe import Blocked, Checked, Delivery, NotSent, Outgoing, Sender, Sent, Unclear, Unreachable
from storage.evidence import EvidenceStore
from storage.problems import EvidenceProblem
from storage.records import utc_now
from storage.vocabulary import BlockedBy, Channel

_LEADING_DOT = re.compile(rb"(?m)^\.")
"""A line's first dot is doubled, so that none can be taken for the final one (RFC 5321, 4.5.2)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds (*ours*, but for the last): for one answer, for the talk before DATA, for a farewell, and for the final dot.

    RFC 5321 (4.5.3.2.6) wants ten minutes after the final dot, because who gives up early sends twice.
    """

    answer: float = 60
    envelope: float = 300
    farewell: float = 5
    final_dot: float = 600


class EmailProbe:
    """Sends by the operator's mail server; used as an asynchronous context, by one task at a time.

    The envelope's sender is the attempt's own reply address, so that bounces and automatic answers, which go there, name
    the attempt as well. With *copy_to_self* that address is also a recipient in the same transaction: when the copy lies in
    our mailbox, the merchant's was accepted too.
    """

    channel = Channel.EMAIL

    def __init__(
        self,
        server: MailServer,
        sender: Sender,
        store: EvidenceStore,
        *,
        domains: Domains | None = None,
        copy_to_self: bool = True,
        patience: Patience | None = None,
    ) -> None:
        self._server, self._sender, self._store = server, sender, store
        self._domains = domains or Domains()
        self._copies = copy_to_self
        self._patience = patience or Patience()
        self._farewell: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._said_farewell()

    async def check(self, target: str) -> Checked:
        """Return whether *target* is an address whose domain takes mail; raises :class:`Unreachable` without a name service."""
        try:
            address = mail_address(target)
        except NoAddress as error:
            return Checked(False, f"it {error}")
        return await self._domains.check(address.domain)

    async def deliver(self, outgoing: Outgoing, handing_over: Callable[[], Awaitable[None]]) -> Delivery:
        """Send one message and return what became of it (see :class:`~probes.probe.Probe`).

        It is kept as evidence, as it travels, before the server hears of it. Raises :class:`Unreachable` when that
        cannot be done, when the server cannot be reached or logged in to, or when it refuses us rather than the merchant.
        """
        try:
            target = mail_address(outgoing.target)
        except NoAddress as error:
            return Blocked(BlockedBy.NO_ADDRESS, f"the target {error}")
        try:
            message = compose(outgoing, self._sender, utc_now())
            own = mail_address(outgoing.reply_address or "")
        except (Unwritable, NoAddress) as error:
            return Blocked(BlockedBy.NOT_UNDERSTOOD, str(error))
        kept = (self._keep(message),)
        await self._said_farewell()
        client = await self._connected()
        try:
            obstacle = await self._envelope(client, own, target, international=not message.isascii())
            outcome = obstacle or await self._content(client, message, kept, handing_over)
        except BaseException:
            client.close()
            raise
        self._farewell = asyncio.create_task(_farewell(client, self._patience.farewell))
        return outcome

    def _keep(self, message: bytes) -> str:
        try:
            return self._store.put(message, ".eml")
        except EvidenceProblem as problem:
            raise Unreachable(str(problem)) from problem

    async def _connected(self) -> SMTP:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            local_hostname=mail_address(self._sender.address).domain,
            timeout=self._patience.answer,
            use_tls=server.protection is Protection.TLS,
            start_tls=server.protection is Protection.STARTTLS,
            tls_context=None if server.protection is Protection.NONE else server.trust(),
        )
        try:
            async with asyncio.timeout(self._patience.envelope):
                await client.connect()
                if client.is_ehlo_or_helo_needed:
                    await client.ehlo()
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise Unreachable(f"mail server {server}: {plain(_words(error))}") from error
        return client

    async def _envelope(
        self, client: SMTP, own: Address, target: Address, *, international: bool
    ) -> NotSent | Blocked | None:
        """Give the server sender and recipients; return what is in the way, or ``None``."""
        stage = Stage.SENDER
        if international and not client.supports_extension("smtputf8"):
            return Blocked(BlockedBy.NOT_UNDERSTOOD, "our mail server takes no address outside ASCII (SMTPUTF8)")
        encoding = "utf-8" if international else "ascii"
        try:
            async with asyncio.timeout(self._patience.envelope):
                await client.mail(str(own), options=["SMTPUTF8"] if international else [], encoding=encoding)
                stage = Stage.RECIPIENT
                await client.rcpt(str(target), encoding=encoding)
                if self._copies:
                    stage = Stage.REPLY_ADDRESS
                    await client.rcpt(str(own), encoding=encoding)
        except SMTPResponseException as error:
            return refused(stage, error.code, error.message, utc_now())
        except (SMTPException, OSError) as error:
            return NotSent(f"{stage}: {plain(_words(error))}", utc_now() + COME_BACK)
        return None

    async def _content(
        self, client: SMTP, message: bytes, kept: tuple[str, ...], handing_over: Callable[[], Awaitable[None]]
    ) -> Delivery:
        """Send all but the final dot, have the hand-over noted, send the dot, and return what the server says to it."""
        try:
            start = await client.execute_command(b"DATA")
            if start.code != SMTPStatus.start_input or client.protocol is None:
                return _answered(start, kept)
            if client.protocol._buffer:
                # The library would take what was said too early for the answer to the dot.
                return NotSent(f"{Stage.CONTENT}: the server speaks out of turn", utc_now() + COME_BACK)
            client.protocol.write(_LEADING_DOT.sub(b"..", message))
        except (SMTPException, OSError) as error:
            return NotSent(f"{Stage.CONTENT}: {plain(_words(error))}", utc_now() + COME_BACK)
        # The library's own call sends the dot with the words. Whoever hangs up here takes the words back.
        answer = asyncio.create_task(client.protocol.read_response(timeout=self._patience.final_dot))
        await asyncio.sleep(0)
        try:
            await handing_over()
            return await _final_dot(client, answer, kept)
        finally:
            answer.cancel()
            if not answer.done() or answer.cancelled() or answer.exception() is not None:
                client.close()

    async def _said_farewell(self) -> None:
        if self._farewell is not None:
            await self._farewell
            self._farewell = None


async def _final_dot(client: SMTP, answer: "asyncio.Task[SMTPResponse]", kept: tuple[str, ...]) -> Delivery:
    """Send the dot, unless the server has refused, hung up or spoken out of turn before it, and return what comes of it."""
    too_early = answer.done()
    try:
        if not too_early and client.protocol is not None:
            client.protocol.write(b".\r\n")
    except SMTPException:
        too_early = True
    try:
        return _answered(await answer, kept, to_the_dot=not too_early)
    except (SMTPException, OSError) as error:
        why = f"{Stage.CONTENT}: {plain(_words(error))}"
        return NotSent(why, utc_now() + COME_BACK) if too_early else Unclear(why, kept)


async def _farewell(client: SMTP, seconds: float) -> None:
    """Take leave politely, apart from the attempt: its fate must not wait for it."""
    with suppress(SMTPException, OSError):
        if client.is_connected:
            await client.quit(timeout=seconds)
    client.close()


def _answered(answer: SMTPResponse, kept: tuple[str, ...], *, to_the_dot: bool = False) -> Delivery:
    """Return what the server's *answer* to the content means; only one to the final dot can mean that it was accepted."""
    now = utc_now()
    words = f"{answer.code} {plain(answer.message)}"
    if answer.code >= 400:
        refusal = refused(Stage.CONTENT, answer.code, answer.message, now)
        return refusal._replace(evidence=kept) if isinstance(refusal, Blocked) else refusal
    if not to_the_dot:
        return NotSent(f"{Stage.CONTENT}: {words}", now + COME_BACK)
    return Sent(now, words, kept) if answer.code == SMTPStatus.completed else Unclear(f"{Stage.CONTENT}: {words}", kept)


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
