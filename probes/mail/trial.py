"""A visit to the operator's mail server that hands nothing over: is it there, does it prove who it is, does it let us in?"""

import asyncio

from aiosmtplib import SMTP, SMTPException

from probes.api_answer import plain
from probes.mail.server import MailServer, Protection
from probes.probe import Unreachable


async def shake_hands(server: MailServer, seconds: float) -> None:
    """Connect, log in where there is a user, and take leave; each answer may take *seconds*, the visit three times as long.

    Raises :class:`~probes.probe.Unreachable`, which says what the server said and never the password.
    """
    client = SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        timeout=seconds,
        use_tls=server.protection is Protection.TLS,
        start_tls=server.protection is Protection.STARTTLS,
        tls_context=None if server.protection is Protection.NONE else server.trust(),
    )
    try:
        async with asyncio.timeout(3 * seconds):
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
            await client.quit()
    except (SMTPException, OSError, ValueError) as error:
        raise Unreachable(f"mail server {server}: {plain(str(error) or type(error).__name__)}") from error
    finally:
        client.close()
