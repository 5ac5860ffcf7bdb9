"""The headers of a mail as words, addresses, identities and a date; what is malformed is read as far as it can be."""

import codecs
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header
from email.message import Message as Part
from email.utils import getaddresses, parsedate_to_datetime

MAX_HEADERS, MAX_VALUES, MAX_LENGTH = 300, 50, 4_000
"""Headers of a message, values or addresses of one of them, and characters of a value that are looked at (*ours*)."""
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,500})>")
_ADDRESS = re.compile(r"[\w.+=-]{1,64}@[\w.-]{1,255}")
SLOW_CODECS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"})
"""Codecs that no mail program uses, and whose time grows faster than their text."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mail address in lower case, and the name shown with it (may be empty)."""

    email: str
    name: str = ""

    @property
    def local_part(self) -> str:
        """What stands before the last @."""
        return self.email.rpartition("@")[0] or self.email

    @property
    def domain(self) -> str:
        """What stands behind the last @; empty where there is none."""
        return self.email.rpartition("@")[2] if "@" in self.email else ""


def headers_of(part: Part) -> dict[str, tuple[str, ...]]:
    """Return the decoded header values of *part* by name in lower case, in order and within bounds."""
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in list(part.raw_items())[:MAX_HEADERS]:
        folded = name.lower()[:80]
        if len(headers.get(folded, ())) < MAX_VALUES:
            headers[folded] = (*headers.get(folded, ()), decoded_header(str(value)))
    return headers


def decoded_header(value: str) -> str:
    """Return the words of a header: encoded words decoded, raw bytes guessed, line folds and control characters gone."""
    value = value[:MAX_LENGTH]
    if not value.isascii():
        with suppress(UnicodeError):
            value = decoded(value.encode("ascii", "surrogateescape"))
    if "=?" in value:
        with suppress(ValueError, LookupError, TypeError, AssertionError):
            pieces = decode_header(value)
            value = "".join(
                decoded(piece, charset or "") if isinstance(piece, bytes) else piece for piece, charset in pieces
            )
    value = value.encode("utf-8", "replace").decode()
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value).split())


def addresses_of(headers: Mapping[str, tuple[str, ...]], *names: str) -> tuple[Address, ...]:
    """Return the addresses that stand in the headers *names*."""
    values = [value for name in names for value in headers.get(name, ())][:MAX_VALUES]
    pairs: list[tuple[str, str]] = []
    with suppress(ValueError, IndexError, TypeError, RecursionError):
        pairs = [(name, email) for name, email in getaddresses(values) if email][:MAX_VALUES]
    if not pairs:
        # Newer Pythons give nothing at all for a header that does not add up.
        pairs = [("", found) for value in values for found in _ADDRESS.findall(value)][:MAX_VALUES]
    return tuple(Address(email.lower()[:320], name[:200]) for name, email in pairs)


def message_ids(headers: Mapping[str, tuple[str, ...]], *names: str) -> tuple[str, ...]:
    """Return the message identities that stand in the headers *names*, without angle brackets, each once."""
    found = (wanted for name in names for value in headers.get(name, ()) for wanted in _MESSAGE_ID.findall(value))
    return tuple(dict.fromkeys(found))[:MAX_VALUES]


def date_of(value: str) -> datetime | None:
    """Return the time that a Date header claims, in UTC; ``None`` where it tells none."""
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        claimed = parsedate_to_datetime(value)
        return (claimed if claimed.tzinfo else claimed.replace(tzinfo=UTC)).astimezone(UTC)
    return None


def decoded(content: bytes, charset: str = "") -> str:
    """Return *content* as text: by *charset*, else as UTF-8, else as Windows-1252; always without surrogates."""
    for name in (charset, "utf-8"):
        with suppress(LookupError, ValueError):
            if name and codecs.lookup(name).name.replace("-", "_") not in SLOW_CODECS:
                return content.decode(name).encode("utf-8", "replace").decode()
    return content.decode("cp1252", "replace")
