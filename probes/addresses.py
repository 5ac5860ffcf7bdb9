"""Addresses of an attempt's own, by which its answer is told from all others."""

from secrets import token_hex
from typing import NamedTuple

LONGEST_NAME = 64 - 1 - 16
"""Characters before the @ that leave room for + and a token (RFC 5321, section 4.5.3.1.1, allows 64)."""


class Addresses(NamedTuple):
    """Where answers go: to any name at *reply_domain*, or, without one, to ``name+TOKEN`` of *from_address*."""

    from_address: str
    reply_domain: str | None

    def reply_address(self, token: str) -> str:
        """Return the address that answers to the attempt with *token* are sent to."""
        if self.reply_domain is not None:
            return f"{token}@{self.reply_domain.lower()}"
        local, _, host = self.from_address.rpartition("@")
        return f"{local}+{token}@{host.lower()}"

    def message_id(self, token: str) -> str:
        """Return a Message-ID of our own for the attempt with *token*; it does not look like its reply address."""
        host = self.reply_domain or self.from_address.rpartition("@")[2]
        return f"<{token}.{token_hex(4)}@{host.lower()}>"
