"""A mail server of the operator's: where it is, how the way to it is protected, and who logs in."""

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from probes.probe import Unreachable


class Protection(StrEnum):
    """How a connection is protected: from its first byte, from STARTTLS on, or (on loopback only) not at all."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Host and port, protection, and the account; ``ca_file`` holds the only authorities trusted, else the system's are."""

    host: str
    port: int
    protection: Protection = Protection.TLS
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        if self.protection is Protection.NONE and not self.is_loopback:
            raise ValueError(
                f"{self.host} is not this machine: messages and passwords go to it encrypted or not at all"
            )

    @property
    def is_loopback(self) -> bool:
        """Whether it runs on this machine."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    def trust(self) -> ssl.SSLContext:
        """Return the TLS context that checks its certificate and name; raises :class:`Unreachable` for a bad ``ca_file``."""
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ValueError) as error:
            raise Unreachable(f"the certificates in {self.ca_file} cannot be read: {error}") from None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"
