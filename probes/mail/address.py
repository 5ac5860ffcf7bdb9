"""Mail addresses in the form in which they travel: checked, the domain in ASCII."""

import re
from typing import NamedTuple

import idna

MAX_LOCAL_PART, MAX_DOMAIN = 64, 253
"""Longest local part and domain, in octets (RFC 5321, 4.5.3.1; RFC 1035)."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff\U00010000-\U0010ffff-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_HOST = re.compile(r"(?=[^.]{1,63}(?:\.|$))[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")


class NoAddress(ValueError):
    """What was given is no address that mail can be sent to; the message says why."""


class Address(NamedTuple):
    """An address as it goes into an envelope: *domain* is in ASCII (A-labels) and lower case."""

    local_part: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local_part}@{self.domain}"

    @property
    def is_international(self) -> bool:
        """Whether only servers with SMTPUTF8 (RFC 6531) take it; the domain alone never needs that."""
        return not self.local_part.isascii()


def mail_address(text: str) -> Address:
    """Return the address *text*; raises :class:`NoAddress`.

    Quoted local parts and address literals are refused: no merchant publishes one, and both are ways to smuggle. A name
    with a local part outside ASCII stays as it is.
    """
    local_part, at, host = text.strip().rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local_part) or not local_part.isprintable():
        raise NoAddress("is no mail address")
    if len(local_part.encode("utf-8", "replace")) > MAX_LOCAL_PART or "\ufffd" in local_part:
        raise NoAddress("has a local part that no server takes")
    return Address(local_part, _ascii_domain(host))


def _ascii_domain(host: str) -> str:
    host = host.removesuffix(".").lower()
    try:
        domain = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise NoAddress("has a domain that cannot be written in ASCII") from None
    labels = domain.split(".")
    if len(labels) < 2 or len(domain) > MAX_DOMAIN or not all(_HOST.fullmatch(label) for label in labels):
        raise NoAddress("has no valid domain")
    return domain
