"""What the operator decides about contact attempts: the mailbox they leave from, the limits that nobody may pass, accounts.

Secrets are given by the environment (``BAROMETER_MAIL__SMTP_PASSWORD``) or by files that only the operator reads
(``smtp_password_file``); they are never shown, logged or stored.
"""

from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, SecretStr, model_validator

from barometer.errors import UserError


class Encryption(StrEnum):
    """How a connection to a mail server is protected; ``NONE`` is accepted on loopback only."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


def _number(given: object) -> object:
    """Refuse true and false, which Python would take for 1 and 0."""
    if isinstance(given, bool):
        raise ValueError("is not a number; write digits, without quotation marks")
    return given


def _local_time(given: object) -> object:
    """Accept a time of day only as text: TOML's own times and numbers would be read as something else."""
    if isinstance(given, str) and len(given) == 5 and given[2] == ":":
        return given
    if isinstance(given, time):
        return given
    raise ValueError('is no time of day; write it like "20:00"')


Count = Annotated[int, BeforeValidator(_number)]
Port = Annotated[int, BeforeValidator(_number), Field(ge=1, le=65_535)]
LocalTime = Annotated[time, BeforeValidator(_local_time), PlainSerializer(lambda moment: f"{moment:%H:%M}")]
Secret = Annotated[SecretStr | None, Field(exclude=True)]
"""A secret given by the environment; it is in nothing that is written out."""
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mail(_Table):
    """The operator's mail account: where messages are handed over and where answers are read.

    Every attempt gets a reply address of its own: ``TOKEN@reply_domain`` where that whole domain is delivered to the
    mailbox, else ``name+TOKEN@host`` of ``from_address``. Answers are read from ``imap_host`` or from the folder
    ``maildir``. ``copy_to_self`` adds the reply address to the envelope of each message: its arrival proves, after a
    crash, that the message had been handed over.
    """

    from_name: Name | None = None
    from_address: Annotated[str | None, Field(pattern=r"^[^\s@<>]+@[^\s@<>]+$")] = None
    phone: Name | None = None
    reply_domain: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9.-]+$")] = None
    copy_to_self: bool = True
    smtp_host: Name | None = None
    smtp_port: Port = 465
    smtp_encryption: Encryption = Encryption.TLS
    smtp_user: Name | None = None
    smtp_password: Secret = None
    smtp_password_file: Path | None = None
    imap_host: Name | None = None
    imap_port: Port = 993
    imap_encryption: Encryption = Encryption.TLS
    imap_user: Name | None = None
    imap_password: Secret = None
    imap_password_file: Path | None = None
    imap_folders: Annotated[list[Name], Field(min_length=1)] = ["INBOX"]
    maildir: Path | None = None
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _encrypted_beyond_loopback(self) -> "Mail":
        for kind in ("smtp", "imap"):
            host, encryption = getattr(self, f"{kind}_host"), getattr(self, f"{kind}_encryption")
            if (
                host
                and encryption is Encryption.NONE
                and host not in {"localhost", "::1"}
                and not host.startswith("127.")
            ):
                raise ValueError(
                    f"{kind}_encryption = none would send the password in the clear; write tls or starttls"
                )
        return self


class Particulars(_Table):
    """What some forms insist on knowing of the person who writes; true, and given only where it is needed."""

    salutation: Name | None = None
    company: Name | None = None
    street: Name | None = None
    postal_code: Name | None = None
    city: Name | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "FR"
    country_names: list[Name] = ["France"]


class Limits(_Table):
    """What no campaign may pass, whatever was planned (*ours*); seconds, messages, local times of day.

    ``timezone`` and ``holidays`` (a country) say what a quiet hour and a public holiday are; nothing is sent then, nor
    while ``stop_file`` exists.
    """

    per_day: Annotated[Count, Field(ge=0, le=100_000)] = 500
    per_day_and_domain: Annotated[Count, Field(ge=0, le=10_000)] = 10
    per_campaign: Annotated[Count, Field(ge=0, le=1_000_000)] = 100_000
    gap_seconds: Annotated[Count, Field(ge=0, le=86_400)] = 20
    merchant_gap_seconds: Annotated[Count, Field(ge=0, le=8_640_000)] = 14_400
    quiet_from: LocalTime = time(19, 0)
    quiet_until: LocalTime = time(9, 0)
    weekends: bool = False
    timezone: Name = "Europe/Paris"
    holidays: Annotated[str | None, Field(pattern=r"^[A-Z]{2}$")] = "FR"
    stop_file: Path = Path("var/STOP")
    late_seconds: Annotated[Count, Field(ge=60, le=864_000)] = 86_400
    window_days: Annotated[Count, Field(ge=1, le=90)] = 14
    retention_days: Annotated[Count, Field(ge=1, le=3_650)] = 365

    @model_validator(mode="after")
    def _is_a_calendar(self) -> "Limits":
        if not self.model_fields_set & {"quiet_from", "quiet_until", "weekends", "timezone", "holidays"}:
            return self
        from schedules.calendars import BadCalendar, outside_quiet_hours  # loads the holidays of the world

        try:
            outside_quiet_hours(self.quiet_from, self.quiet_until, self.weekends, self.timezone, self.holidays)
        except BadCalendar as problem:
            raise ValueError(str(problem)) from None
        return self


class XAccount(_Table):
    """The operator's account on X; without ``may_post`` and ``may_dm`` a person posts and the program only reads."""

    base_url: Name = "https://api.x.com"
    client_id: Name | None = None
    client_secret: Secret = None
    token_file: Path = Path("var/x-token.json")
    user_id: Annotated[str | None, Field(pattern=r"^[0-9]{1,19}$")] = None
    may_post: bool = False
    may_dm: bool = False


class FacebookAccount(_Table):
    """The operator's page on Facebook; the program only reads, a person writes."""

    base_url: Name = "https://graph.facebook.com"
    version: Annotated[str, Field(pattern=r"^v[1-9][0-9]?\.[0-9]$")] = "v26.0"
    page_id: Annotated[str | None, Field(pattern=r"^[0-9]{1,20}$")] = None
    token: Secret = None
    token_file: Path | None = None
    app_secret: Secret = None


def secret(given: SecretStr | None, file: Path | None, what: str) -> str | None:
    """Return the secret that was *given*, else the first line of *file*, else ``None``.

    Raises :class:`UserError`, which names *what* and never the secret, when the file cannot be read or is empty.
    """
    if given is not None:
        return given.get_secret_value()
    if file is None:
        return None
    try:
        with file.open(encoding="utf-8") as lines:
            found = lines.readline(10_000).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "is no text"
        raise UserError(f"{what}: {file}: {said}", "give a text file that holds the secret in its first line") from None
    if not found:
        raise UserError(f"{what}: {file} is empty", "write the secret in its first line")
    return found
