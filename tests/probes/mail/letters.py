"""An attempt to send, and probes and sources that point at servers of a test."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from probes.mail.domains import Domains
from probes.mail.imap import ImapFolder
from probes.mail.server import MailServer, Protection
from probes.mail.smtp import EmailProbe, Patience
from probes.probe import Arrival, Outgoing, Sender, Source
from storage.evidence import EvidenceStore
from tests.mail_servers import OPERATOR, PASSWORD, MailServers

SENDER = Sender("Camille Moreau", OPERATOR, "01 02 03 04 05")
HURRIED = Patience(answer=1.0, envelope=3.0, farewell=0.2, final_dot=1.0)


def outgoing(target: str = "contact@lampes.test", token: str = "k3xq7v2m", **changes: object) -> Outgoing:
    """Return an attempt on *target* as a probe sees it."""
    plain = Outgoing(
        attempt_id="a" * 32,
        target=target,
        subject="Une lampe pour un couloir étroit",
        body="Bonjour,\n\nLivrez-vous aussi en Corse ?\n\nCordialement\nCamille Moreau",
        token=token,
        language="fr",
        reply_address=f"{token}@answers.test",
        message_id=f"<{token}.1@answers.test>",
    )
    return plain._replace(**changes)


def parsed(raw: bytes) -> EmailMessage:
    """Return *raw* as a receiving program reads it."""
    return message_from_bytes(raw, policy=policy.default)  # type: ignore[return-value]


def probe_to(port: int, folder: Path, *, patience: Patience = HURRIED, copy_to_self: bool = True) -> EmailProbe:
    """Return a probe that sends to *port* of this machine in the clear, its evidence in *folder*."""
    server = MailServer("127.0.0.1", port, Protection.NONE)
    store = EvidenceStore(folder / "evidence")
    return EmailProbe(server, SENDER, store, domains=Domains(), copy_to_self=copy_to_self, patience=patience)


def operators_folder(mail: MailServers, folder: str = "INBOX", **options: object) -> ImapFolder:
    """Return a folder of the operator's mailbox, read over TLS."""
    server = MailServer("127.0.0.1", mail.ports.imaps, Protection.TLS, OPERATOR, PASSWORD, mail.certificate)
    return ImapFolder(server, folder, **options)  # type: ignore[arg-type]


async def read(source: Source, after: str | None = None) -> list[Arrival]:
    """Return what *source* gives after *after*."""
    await source.validity()
    return [arrival async for arrival in source.arrivals(after)]
