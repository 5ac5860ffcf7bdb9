"""The probes put together: what the settings say, the channels' own modules, the journal."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from barometer.errors import UserError
from barometer.probe_configuration import guard_of, sender, terms
from barometer.probe_settings import Encryption, secret
from barometer.settings import Settings
from probes.probe import Probe
from probes.rescheduling import Rescheduled, reschedule
from probes.sending import Outbox
from storage.database import Database
from storage.evidence import EvidenceStore
from storage.records import Attempt, Campaign
from storage.vocabulary import Channel

if TYPE_CHECKING:
    from probes.mail.imap import ImapFolder
    from probes.mail.maildir import Maildir
    from probes.mail.server import MailServer

ROUNDING = timedelta(seconds=2)
"""What a look and a write may take beside the gap between two messages (*ours*)."""

NOWHERE = frozenset({"test", "example", "invalid", "localhost"})
"""Top-level names that lead nowhere (RFC 2606, RFC 6761)."""


def written_channels(settings: Settings) -> tuple[Channel, ...]:
    """Return the channels on which the program itself makes attempts; on all others a person does."""
    return (Channel.EMAIL, Channel.FORM, *([Channel.X] if settings.x.may_post else []))


def probes_for(
    settings: Settings,
    channels: Collection[Channel],
    *,
    unchecked_domains: Collection[str] = (),
    allow_private: bool = False,
    map_hosts: tuple[str, ...] = (),
) -> Mapping[Channel, Callable[[], Probe]]:
    """Return what makes the probe of each of *channels*; its module is loaded when it is needed.

    *unchecked_domains* are taken to have mail without asking; *allow_private* and *map_hosts* concern forms, as they do a
    crawl. Raises :class:`UserError` for a channel that the program does not write on.
    """
    makers: dict[Channel, Callable[[], Probe]] = {
        Channel.EMAIL: partial(_email_probe, settings, unchecked_domains),
        Channel.FORM: partial(_form_probe, settings, allow_private, map_hosts),
        Channel.X: partial(_post_probe, settings),
    }
    possible = written_channels(settings)
    for channel in channels:
        if channel not in possible:
            raise UserError(f"a person makes the attempts on {channel}", "see: barometer desk")
    return {channel: makers[channel] for channel in channels}


def outbox(database: Database, settings: Settings, probes: Mapping[Channel, Callable[[], Probe]]) -> Outbox:
    """Return what the sending loop needs."""

    def another_time(session: Session, attempt_ids: list[str], now: datetime) -> Rescheduled:
        return reschedule(session, attempt_ids, terms(settings), now)

    return Outbox(
        database=database,
        guard=partial(guard_of, settings),
        probes=probes,
        stop_file=settings.probes.stop_file,
        reschedule=another_time,
        patience=timedelta(seconds=settings.probes.gap_seconds) + ROUNDING,
    )


def sources(settings: Settings, session: Session) -> "list[ImapFolder | Maildir]":
    """Return where answers arrive: each folder of the mailbox, and the Maildir.

    Mail from before the first campaign is nobody's answer, and is left unread. Raises :class:`UserError` for a secret that
    cannot be read.
    """
    from probes.mail.imap import ImapFolder
    from probes.mail.maildir import Maildir

    mail = settings.mail
    found: list[ImapFolder | Maildir] = []
    if mail.imap_host is not None:
        password = secret(mail.imap_password, mail.imap_password_file, "mail.imap_password_file")
        server = _mail_server(
            mail.imap_host, mail.imap_port, mail.imap_encryption, mail.imap_user, password, mail.ca_file
        )
        since = session.scalar(select(func.min(Campaign.created_at)))
        found += [ImapFolder(server, folder, since=since) for folder in mail.imap_folders]
    if mail.maildir is not None:
        found.append(Maildir(mail.maildir))
    return found


def require_operator(settings: Settings, session: Session) -> None:
    """Raise :class:`UserError` when a message is to leave for a public host and nobody answers for it."""
    settings.require_operator(target.rpartition("@")[2] for target in _targets(session))


def reserved_domains(settings: Settings, session: Session) -> frozenset[str]:
    """Return the mail domains of targets that exist nowhere but on this machine; none unless the mail server is on it.

    A test or a demonstration writes to names such as shop.example, which no name server knows (RFC 2606).
    """
    if not (settings.mail.smtp_host or "").startswith(("127.", "localhost", "::1")):
        return frozenset()
    domains = {target.rpartition("@")[2].lower() for target in _targets(session) if "@" in target}
    return frozenset(domain for domain in domains if domain.rpartition(".")[2] in NOWHERE)


def _targets(session: Session) -> list[str]:
    query = select(Attempt.target).where(Attempt.target.is_not(None), Attempt.assisted.is_(False)).distinct()
    return [target for target in session.scalars(query) if target]


def _email_probe(settings: Settings, unchecked: Collection[str]) -> Probe:
    from probes.mail.domains import Domains
    from probes.mail.smtp import EmailProbe

    mail = settings.mail
    password = secret(mail.smtp_password, mail.smtp_password_file, "mail.smtp_password_file")
    return EmailProbe(
        _mail_server(
            mail.smtp_host or "", mail.smtp_port, mail.smtp_encryption, mail.smtp_user, password, mail.ca_file
        ),
        sender(settings),
        EvidenceStore(settings.evidence),
        domains=Domains(unchecked=unchecked),
        copy_to_self=mail.copy_to_self,
    )


def _mail_server(
    host: str, port: int, encryption: Encryption, user: str | None, password: str | None, ca_file: Path | None
) -> "MailServer":
    from probes.mail.server import MailServer, Protection

    return MailServer(host, port, Protection(encryption.value), user, password, ca_file)


def _form_probe(settings: Settings, allow_private: bool, map_hosts: tuple[str, ...]) -> Probe:
    from probes.forms.send import FormProbe
    from probes.forms.writer import Particulars

    told = settings.particulars.model_dump()
    return FormProbe(
        sender(settings),
        EvidenceStore(settings.evidence),
        settings.user_agent,
        allow_private=allow_private,
        map_hosts=map_hosts,
        particulars=Particulars(**{**told, "country_names": tuple(told["country_names"])}),
    )


def _post_probe(settings: Settings) -> Probe:
    from probes.posting import PostProbe
    from probes.x.client import Account
    from probes.x.login import App
    from probes.x.token_file import TokenFile

    account = settings.x
    app = App(account.client_id or "", account.client_secret)
    return PostProbe(
        account.base_url,
        app,
        TokenFile(account.token_file),
        Account(account.user_id or "", account.may_post),
        {"User-Agent": settings.user_agent},
    )
