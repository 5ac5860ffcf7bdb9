"""The operator's mail servers: reached, trusted and logged in to, and nothing is sent or marked as read."""

import asyncio
import os
from pathlib import Path

from barometer.checks.check import Check, Health
from barometer.errors import UserError
from barometer.probe_configuration import WRITTEN, problems
from barometer.probe_settings import secret
from barometer.settings import Settings
from probes.probe import Unreachable

ANSWER_SECONDS = 8.0
"""How long a mail server may take for one answer here (*ours*); a healthy one takes a fraction of a second."""


def check_mail(settings: Settings) -> list[Check]:
    """Return whether messages could be handed over and answers read, a check a server; one alone where nothing is set up."""
    mail = settings.mail
    if not mail.model_fields_set:
        return [Check("mail", Health.OK, "not set up: nothing is written to merchants by mail or form")]
    lacking = problems(settings, WRITTEN)
    found = (
        [Check("mail", Health.WARN, "; ".join(lacking), "fill it in before a campaign; see [mail] in the settings")]
        if lacking
        else []
    )
    if mail.smtp_host is not None:
        found.append(_check_smtp(settings))
    if mail.imap_host is not None:
        found += _check_imap(settings)
    if mail.maildir is not None:
        found.append(_check_maildir(mail.maildir))
    return found


def _check_smtp(settings: Settings) -> Check:
    from probes.mail.server import MailServer, Protection
    from probes.mail.trial import shake_hands

    mail = settings.mail
    where = f"{mail.smtp_host}:{mail.smtp_port}"
    try:
        password = secret(mail.smtp_password, mail.smtp_password_file, "mail.smtp_password_file")
        server = MailServer(
            mail.smtp_host or "",
            mail.smtp_port,
            Protection(mail.smtp_encryption.value),
            mail.smtp_user,
            password,
            mail.ca_file,
        )
        asyncio.run(shake_hands(server, ANSWER_SECONDS))
    except (UserError, Unreachable) as problem:
        return Check("mail out", Health.FAIL, str(problem), _remedy("smtp", str(problem)))
    who = f"as {mail.smtp_user}" if mail.smtp_user else "without a user"
    return Check("mail out", Health.OK, f"{where} takes us {who} ({mail.smtp_encryption})")


def _check_imap(settings: Settings) -> list[Check]:
    from probes.mail.imap import ImapFolder
    from probes.mail.server import MailServer, Protection

    mail = settings.mail
    try:
        password = secret(mail.imap_password, mail.imap_password_file, "mail.imap_password_file")
        server = MailServer(
            mail.imap_host or "",
            mail.imap_port,
            Protection(mail.imap_encryption.value),
            mail.imap_user,
            password,
            mail.ca_file,
        )
        for name in mail.imap_folders:
            asyncio.run(
                _opened(ImapFolder(server, name, answer_seconds=ANSWER_SECONDS, command_seconds=ANSWER_SECONDS))
            )
    except (UserError, Unreachable) as problem:
        return [Check("mail in", Health.FAIL, str(problem), _remedy("imap", str(problem)))]
    folders = ", ".join(mail.imap_folders)
    return [Check("mail in", Health.OK, f"{server} opens {folders} for {mail.imap_user} ({mail.imap_encryption})")]


async def _opened(folder: "ImapFolder") -> None:  # type: ignore[name-defined]  # noqa: F821
    try:
        await folder.validity()
    finally:
        await folder.close()


def _check_maildir(folder: Path) -> Check:
    lacking = [name for name in ("new", "cur") if not os.access(folder / name, os.R_OK | os.X_OK)]
    if lacking:
        remedy = "name the folder that holds new and cur, and let this user read it"
        return Check("mail in", Health.FAIL, f"{folder}: {' and '.join(lacking)} cannot be read", remedy)
    return Check("mail in", Health.OK, str(folder))


def _remedy(kind: str, said: str) -> str:
    """Return what most likely helps; the servers' own words, in *said*, are nowhere the same."""
    said = said.lower()
    if "password" in said and "file" in said:
        return "write the password in the first line of that file, readable for this user"
    if "certificate" in said or "ssl" in said:
        return (
            f"give the name on its certificate as mail.{kind}_host, the port that fits mail.{kind}_encryption, "
            "and mail.ca_file for an authority of your own"
        )
    if any(word in said for word in ("auth", "login", "credential", "535", "no user")):
        return f"mend mail.{kind}_user, or the password"
    if any(word in said for word in ("mailbox", "folder", "exist")):
        return "mend mail.imap_folders"
    return f"mend mail.{kind}_host, mail.{kind}_port and mail.{kind}_encryption; does a firewall let us through?"
