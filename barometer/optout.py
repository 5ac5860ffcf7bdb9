"""The opt-out list: who asked to be left alone, and whether an address or a number is theirs.

A domain covers the host it names, every host below it, and the mail addresses at both. An e-mail address and a phone
number cover themselves, and every merchant of the panel that publishes them.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.contact_values import email_address, phone_number
from barometer.errors import UserError
from barometer.site_address import host_name, site_url, without_www
from storage.records import Merchant, OptOut, OptOutKind

if TYPE_CHECKING:
    import tldextract

_PHONE = re.compile(r"[+(]?[0-9][0-9 .()/\-\u00a0\u202f]*")


class Wish(NamedTuple):
    """What an opt-out names, in the form it is kept and compared in."""

    kind: OptOutKind
    value: str


class Honoured(NamedTuple):
    """Merchants split by the opt-out list: those that may be visited, and those that may not, with the reason."""

    allowed: list[Merchant]
    left_alone: list[tuple[Merchant, OptOut]]


class Optouts:
    """The opt-out list in memory; asking it takes time in the length of the host name, not of the list."""

    def __init__(self, records: Iterable[OptOut]) -> None:
        self._records = {Wish(record.kind, record.value): record for record in records}

    def __len__(self) -> int:
        return len(self._records)

    def covers(self, url: str | None = None, email: str | None = None, phone: str | None = None) -> OptOut | None:
        """Return the opt-out that covers any of the three, or ``None``.

        *url* may be a bare host; *phone* is E.164 or the digits of a short number. What is no address at all is not
        covered.
        """
        return self._of_host(_host(url)) or self._of_email(email) or self._of_phone(phone)

    def honoured(self, merchants: Iterable[Merchant]) -> Honoured:
        """Return *merchants*, in their order, split into those that may be visited and those that are left alone."""
        honoured = Honoured([], [])
        for merchant in merchants:
            record = self.covers(merchant.url, merchant.email, merchant.phone)
            if record is None:
                honoured.allowed.append(merchant)
            else:
                honoured.left_alone.append((merchant, record))
        return honoured

    def _of_host(self, host: str) -> OptOut | None:
        while host:
            record = self._records.get(Wish(OptOutKind.DOMAIN, host))
            if record is not None:
                return record
            host = host.partition(".")[2]
        return None

    def _of_email(self, email: str | None) -> OptOut | None:
        local, _, domain = (email or "").strip().lower().rpartition("@")
        domain = _host(domain)
        if not domain:
            return None
        record = self._records.get(Wish(OptOutKind.EMAIL, f"{local}@{domain}"))
        return record or (None if domain in _mailbox_providers() else self._of_host(domain))

    def _of_phone(self, phone: str | None) -> OptOut | None:
        return self._records.get(Wish(OptOutKind.PHONE, phone)) if phone else None


def read_wish(text: str, country: str) -> Wish:
    """Return what *text* names: a domain or web address, an e-mail address, or a phone number of *country*.

    Raises :class:`UserError` when it is none of them, or a suffix such as ``co.uk`` under which anybody may register.
    """
    text = " ".join(text.split())
    if not text:
        raise UserError("nothing to opt out", "give a domain, an e-mail address or a phone number")
    if "@" in text and "/" not in text:
        return Wish(OptOutKind.EMAIL, email_address(text).lower())
    if _PHONE.fullmatch(text) and not _is_ip(text):
        return Wish(OptOutKind.PHONE, phone_number(text, country))
    host = without_www(urlsplit(site_url(text)).hostname or "")
    if not _is_ip(host) and host != "localhost" and not _suffixes()(host).domain:
        raise UserError(f"'{host}' is not the domain of one merchant but of everybody", "give a domain below it")
    return Wish(OptOutKind.DOMAIN, host)


def optouts(session: Session) -> Optouts:
    """Return the whole list as it stands in the database."""
    return Optouts(all_optouts(session))


def all_optouts(session: Session) -> Sequence[OptOut]:
    """Return every opt-out, by kind and value."""
    return session.scalars(select(OptOut).order_by(OptOut.kind, OptOut.value)).all()


def find(session: Session, wish: Wish) -> OptOut | None:
    """Return the opt-out that names exactly *wish*, or ``None``."""
    return session.scalar(select(OptOut).where(OptOut.kind == wish.kind, OptOut.value == wish.value))


def record_wish(session: Session, wish: Wish, reason: str | None, recorded_by: str | None) -> tuple[OptOut, bool]:
    """Return the opt-out of *wish* and whether it is new; one that stands already keeps its date and reason."""
    standing = find(session, wish)
    if standing is not None:
        return standing, False
    record = OptOut(kind=wish.kind, value=wish.value, reason=reason, recorded_by=recorded_by)
    session.add(record)
    return record, True


def _host(url: str | None) -> str:
    """Return the host of *url* as opt-outs hold it, an empty string where it has none."""
    if not url:
        return ""
    try:
        host = urlsplit(url).hostname if "//" in url else url.partition("/")[0].rpartition("@")[2]
        return host_name(_without_port(host or ""))
    except (UserError, ValueError):
        return ""


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() and ":" not in name else host


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@cache
def _mailbox_providers() -> frozenset[str]:
    table = tomllib.loads((files("barometer") / "optout.toml").read_text("utf-8"))
    return frozenset(table["mailbox_providers"])


@cache
def _suffixes() -> "tldextract.TLDExtract":
    """Return the public suffix list bundled with tldextract, shops' platforms included; it is never fetched."""
    # It takes a quarter of a second to import, and only one command needs it.
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
