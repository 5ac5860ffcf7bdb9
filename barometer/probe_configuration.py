"""What the settings say to the probes, and everything in them that would keep an attempt from leaving or coming back."""

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from barometer.errors import UserError
from barometer.optout import optouts
from barometer.probe_settings import secret
from barometer.settings import FILE_NAME, Settings
from probes import guard
from probes.addresses import LONGEST_NAME, Addresses
from probes.probe import Sender
from probes.terms import Terms
from schedules.calendars import BadCalendar, Calendar, outside_quiet_hours
from storage.vocabulary import Channel

WRITTEN = frozenset({Channel.EMAIL, Channel.FORM})
"""Channels that the program writes on, and whose answers come by mail."""


def require_configured(settings: Settings, channels: Collection[Channel], contest: bool = False) -> None:
    """Raise :class:`UserError`, which names everything that is wrong at once, where *channels* cannot be written on."""
    found = problems(settings, channels, contest)
    if found:
        raise UserError(f"nothing can be sent: {'; '.join(found)}", f"mend it in {FILE_NAME}")


def problems(settings: Settings, channels: Collection[Channel], contest: bool = False) -> list[str]:
    """Return what keeps attempts on *channels* from being made and answered, one text each; empty when nothing does."""
    found = [*_of_limits(settings)]
    written = WRITTEN & set(channels)
    if written:
        found += _of_sender(settings, contest)
        found += _of_mailbox(settings)
    if Channel.EMAIL in written:
        found += _of_server(settings)
    if Channel.X in channels and settings.x.may_post:
        missing = [key for key in ("client_id", "user_id") if getattr(settings.x, key) is None]
        found += [f"x.{key} is missing, which x.may_post needs" for key in missing]
    return found


def terms(settings: Settings) -> Terms:
    """Return the terms on which attempts are made; raises :class:`UserError` for what cannot be read as such."""
    limits, mail = settings.probes, settings.mail
    return Terms(
        limits=guard_limits(settings),
        calendar=calendar(settings),
        window=timedelta(days=limits.window_days),
        sender=mail.from_name or settings.operator.name or "",
        addresses=Addresses(mail.from_address or "", mail.reply_domain),
        may_post_on_x=settings.x.may_post,
    )


def guard_limits(settings: Settings) -> guard.Limits:
    """Return the limits as the guard wants them."""
    limits = settings.probes
    return guard.Limits(
        limits.per_day,
        limits.per_day_and_domain,
        limits.per_campaign,
        timedelta(seconds=limits.gap_seconds),
        timedelta(seconds=limits.merchant_gap_seconds),
        timedelta(seconds=limits.late_seconds),
    )


def calendar(settings: Settings) -> Calendar:
    """Return when attempts may leave; raises :class:`UserError` where the settings leave no such time."""
    limits = settings.probes
    try:
        return outside_quiet_hours(
            limits.quiet_from, limits.quiet_until, limits.weekends, limits.timezone, limits.holidays
        )
    except BadCalendar as error:
        raise UserError(
            f"probes: {error}", f"mend quiet_from, quiet_until, timezone or holidays in {FILE_NAME}"
        ) from None


def guard_of(settings: Settings, session: Session) -> guard.Guard:
    """Return the guard by the settings and by the opt-out list as it stands in *session*."""
    wishes = optouts(session)

    def covers(url: str | None, email: str | None, phone: str | None) -> bool:
        return wishes.covers(url, email, phone) is not None

    return guard.Guard(guard_limits(settings), calendar(settings), covers)


def sender(settings: Settings) -> Sender:
    """Return who writes; the settings were looked at by :func:`require_configured`."""
    mail = settings.mail
    return Sender(mail.from_name or "", mail.from_address or "", mail.phone)


def _of_limits(settings: Settings) -> list[str]:
    limits = settings.probes
    found = [
        f"probes.{key} is 0, which allows nothing"
        for key in ("per_day", "per_day_and_domain", "per_campaign")
        if getattr(limits, key) == 0
    ]
    try:
        calendar(settings)
    except UserError as error:
        found.append(error.what)
    return found


def _of_sender(settings: Settings, contest: bool) -> list[str]:
    mail = settings.mail
    found = [f"mail.{key} is missing" for key in ("from_name", "from_address") if getattr(mail, key) is None]
    local = (mail.from_address or "").rpartition("@")[0]
    if mail.reply_domain is None and len(local) > LONGEST_NAME:
        found.append(f"mail.from_address has more than {LONGEST_NAME} characters before the @, too many to add a token")
    if mail.reply_domain is None and contest:
        found.append("mail.reply_domain is missing, which a contest needs for its many addresses")
    return found


def _of_mailbox(settings: Settings) -> list[str]:
    mail = settings.mail
    if mail.imap_host is None and mail.maildir is None:
        return ["mail.imap_host or mail.maildir is missing, without which no answer is read"]
    if mail.imap_host is None:
        return []
    missing = [] if mail.imap_user else ["mail.imap_user is missing"]
    return missing + _of_secret(mail.imap_password is not None, mail.imap_password_file, "imap")


def _of_server(settings: Settings) -> list[str]:
    mail = settings.mail
    found = [] if mail.smtp_host else ["mail.smtp_host is missing"]
    if mail.smtp_user is not None:
        found += _of_secret(mail.smtp_password is not None, mail.smtp_password_file, "smtp")
    if mail.ca_file is not None and not mail.ca_file.is_file():
        found.append(f"mail.ca_file: there is no file {mail.ca_file}")
    return found


def _of_secret(given: bool, file: Path | None, kind: str) -> list[str]:
    if given:
        return []
    if file is None:
        return [f"mail.{kind}_password_file is missing, or BAROMETER_MAIL__{kind.upper()}_PASSWORD"]
    try:
        secret(None, file, f"mail.{kind}_password_file")
    except UserError as error:
        return [error.what]
    return []
