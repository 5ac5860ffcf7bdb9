"""A mail as plain values, read within bounds: whatever the bytes are, reading ends soon and never raises.

Mail is hostile input. Only the first ``MAX_BYTES`` and ``MAX_LINES`` are looked at, a header block, a header, the number of
parts and their nesting are bounded (all *ours*), and what is broken is read as far as it can be. The standard library's
``compat32`` policy reads the structure, because ``policy.default`` raises on some malformed headers when they are asked for
and costs ten times as much.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message as Part
from types import MappingProxyType

from probes.replies.headers import (
    SLOW_CODECS,
    Address,
    addresses_of,
    date_of,
    decoded,
    decoded_header,
    headers_of,
    message_ids,
)
from probes.replies.markup import is_markup, text_of_html

MAX_BYTES = 2_000_000
"""Bytes of a mail that are looked at: more than the words of any letter, less than most attachments (*ours*)."""
MAX_LINES = 50_000
"""Lines that are looked at (*ours*)."""
MAX_HEADER_LINES = 1_000
"""Lines of a header block that are looked at (*ours*)."""
MAX_PARTS, MAX_DEPTH, MAX_MULTIPARTS = 100, 10, 60
"""Parts read, their nesting, and multiparts before a mail is read as plain text instead (*ours*)."""
MAX_TEXT = 100_000
"""Characters of readable text kept (*ours*)."""

_MAX_RAW = 8 * MAX_TEXT
_HEADER_LINE = re.compile(rb"([!-9;-~]{1,80})[ \t]*:")
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:[ \t]*(.{0,2000})")
_KNOWN_HEADERS = frozenset(
    b"from to cc subject date received return-path message-id mime-version content-type content-transfer-encoding"
    b" delivered-to envelope-to x-original-to reply-to sender in-reply-to references auto-submitted delivery-date".split()
)
_RECIPIENT_HEADERS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "resent-to")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is no text of the letter: its file name (empty if it has none) and content type."""

    name: str
    content_type: str


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """One block of a machine-readable delivery report (RFC 3464); a field that is absent is empty."""

    action: str = ""
    status: str = ""
    final_recipient: str = ""
    original_recipient: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as a person and a machine would read it. ``text`` is what a person sees, quotes and signature included."""

    headers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Decoded values by lower-case name, in order."""
    subject: str = ""
    senders: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    recipients: tuple[Address, ...] = ()
    """To, Cc, and where the mail servers say that they delivered it."""
    date_claimed: datetime | None = None
    """What the Date header says, in UTC; never to be used for a delay."""
    message_id: str = ""
    references: tuple[str, ...] = ()
    """In-Reply-To, then References, without angle brackets."""
    content_types: tuple[str, ...] = ()
    report_type: str = ""
    text: str = ""
    is_html: bool = False
    """Whether ``text`` comes from an HTML part, which ``html`` holds."""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    statuses: tuple[DeliveryStatus, ...] = ()
    original_message_id: str = ""
    """Of the message that a delivery report is about."""
    returned: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Headers of the message that was sent back."""

    def header(self, name: str) -> str:
        """Return the first value of header *name* (lower case); empty where there is none."""
        return self.headers.get(name, ("",))[0]


def parse_message(raw: bytes) -> Message:
    """Return what the mail *raw* holds; never raises. Bytes without headers are read as a bare body, text or HTML."""
    raw = _bounded(raw)
    if not _begins_with_headers(raw):
        text, html = _shown(decoded(raw[:_MAX_RAW]))
        return Message(text=text, is_html=bool(html), html=html)
    try:
        root = message_from_bytes(raw)
        parts = list(_parts(root))
        return _assembled(root, parts)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError, MessageError):
        # What the standard library cannot parse is still shown by any mail program.
        text, html = _shown(decoded(raw[:_MAX_RAW]))
        return Message(text=text, is_html=bool(html), html=html)


def _bounded(raw: bytes) -> bytes:
    """Return the part of *raw* that is looked at, with line feeds alone as line ends."""
    raw = raw[:MAX_BYTES]
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raw = raw.decode("utf-16", "replace").encode()
    raw = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    raw = raw.replace(b"\0", b"").lstrip(b"\n")
    lines = raw.split(b"\n", MAX_LINES)[:MAX_LINES]
    end = next((number for number, line in enumerate(lines) if not line.strip()), len(lines))
    if end > MAX_HEADER_LINES and _begins_with_headers(raw):
        lines = lines[:MAX_HEADER_LINES] + lines[end:]
    raw = b"\n".join(lines)
    if raw.lower().count(b"multipart/") > MAX_MULTIPARTS:
        raw = re.sub(rb"(?i)multipart/", b"text/x-nested-", raw)
    return raw


def _begins_with_headers(raw: bytes) -> bool:
    """Tell whether *raw* begins with a header block, and not with the words of a body."""
    known = 0
    for number, line in enumerate(raw.split(b"\n", 60)[:60]):
        if not line.strip():
            break
        found = _HEADER_LINE.match(line)
        if found:
            known += found[1].lower() in _KNOWN_HEADERS
        elif not line[:1].isspace() and not (number == 0 and line.startswith((b"From ", b">From "))):
            return known > 1
    return known > 0


def _parts(root: Part) -> Iterator[Part]:
    """Yield the leaves of *root* in order; what a report returns (``message/*``) is a leaf."""
    waiting = [(root, 0)]
    count = 0
    while waiting and count < MAX_PARTS:
        part, depth = waiting.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            if depth < MAX_DEPTH:
                waiting += [(child, depth + 1) for child in reversed(_children(part))]
        else:
            count += 1
            yield part


def _assembled(root: Part, parts: list[Part]) -> Message:
    headers = headers_of(root)
    plain: list[str] = []
    marked: list[str] = []
    attachments: list[Attachment] = []
    statuses: list[DeliveryStatus] = []
    original_id, returned = "", dict[str, tuple[str, ...]]()
    for part in parts:
        kind = part.get_content_type()
        if kind in ("message/delivery-status", "message/global-delivery-status"):
            found, original = _statuses(_text_of(part))
            statuses += found
            original_id = original_id or original
        elif kind in (
            "message/rfc822",
            "text/rfc822-headers",
            "message/global",
            "message/rfc822-headers",
            "message/partial",
        ):
            returned = returned or _returned(part)
        elif kind in ("text/plain", "text/html") and not _is_attached(part):
            (plain if kind == "text/plain" else marked).append(_text_of(part))
        elif part.get_content_maintype() == "text" and not _is_attached(part):
            plain.append(_text_of(part))
        elif part.get_content_maintype() == "multipart":
            # Its boundary stands nowhere: what a person sees is the raw text, a delivery report may be in it.
            plain.append(_text_of(part))
            statuses += _statuses(_text_of(part))[0]
        elif kind != "message/feedback-report":
            attachments.append(Attachment(decoded_header(str(part.get_filename() or ""))[:200], kind[:100]))
    text, html = _readable("\n\n".join(plain)[: MAX_TEXT * 2], "\n".join(marked)[: MAX_TEXT * 4])
    return Message(
        headers=MappingProxyType(headers),
        subject=_first(headers, "subject"),
        senders=addresses_of(headers, "from") or addresses_of(headers, "sender"),
        reply_to=addresses_of(headers, "reply-to"),
        recipients=addresses_of(headers, *_RECIPIENT_HEADERS),
        date_claimed=date_of(_first(headers, "date")),
        message_id=next(iter(message_ids(headers, "message-id")), ""),
        references=message_ids(headers, "in-reply-to", "references"),
        content_types=tuple(dict.fromkeys([root.get_content_type(), *(part.get_content_type() for part in parts)])),
        report_type=_parameter(root, "report-type"),
        text=text, is_html=bool(html), html=html,
        attachments=tuple(attachments),
        statuses=tuple(statuses),
        original_message_id=original_id or next(iter(message_ids(returned, "message-id")), ""),
        returned=MappingProxyType(returned),
    )  # fmt: skip


def _statuses(text: str) -> tuple[list[DeliveryStatus], str]:
    """Return the recipients' blocks of a delivery report, and the Message-ID that it names."""
    found, original = [], ""
    for block in re.split(r"\n[ \t]*\n", text[:MAX_TEXT])[:MAX_PARTS]:
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            told = _FIELD.match(line)
            if told:
                fields.setdefault(told[1].lower(), told[2].strip())
        original = original or fields.get("original-message-id", "").strip("<> ")[:500]
        status = DeliveryStatus(
            action=fields.get("action", "").partition(" ")[0].strip(";,").lower(),
            status=fields.get("status", "").partition(" ")[0],
            final_recipient=_recipient(fields.get("final-recipient", "")),
            original_recipient=_recipient(fields.get("original-recipient", "")),
            diagnostic=fields.get("diagnostic-code", ""),
        )
        if status != DeliveryStatus():
            found.append(status)
    return found, original


def _recipient(value: str) -> str:
    return value.rpartition(";")[2].strip().strip("<>").lower()[:320]


def _children(part: Part) -> list[Part]:
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Part)][: MAX_PARTS + 1] if isinstance(payload, list) else []


def _returned(part: Part) -> dict[str, tuple[str, ...]]:
    children = _children(part)
    return headers_of(children[0] if children else message_from_bytes(_text_of(part).encode("utf-8", "replace")))


def _readable(plain: str, marked: str) -> tuple[str, str]:
    """Return what a person reads, and the HTML it comes from (empty for plain text).

    Plain text wins, unless it is so much shorter that it only says that there is HTML.
    """
    if plain.strip() and is_markup(plain):
        return _shown(plain)
    shown = text_of_html(marked)[:MAX_TEXT] if marked.strip() else ""
    if not shown.strip() or len(plain.strip()) * 4 > len(shown.strip()):
        return plain[:MAX_TEXT], ""
    return shown, marked


def _shown(text: str) -> tuple[str, str]:
    if is_markup(text):
        return text_of_html(text[: MAX_TEXT * 4])[:MAX_TEXT], text[: MAX_TEXT * 4]
    return text[:MAX_TEXT], ""


def _text_of(part: Part) -> str:
    if part.is_multipart():
        return "\n\n".join(child.as_string()[:MAX_TEXT] for child in _children(part))
    charset = _parameter(part, "charset")
    if charset.replace("-", "_") in SLOW_CODECS:
        # The standard library would decode raw bytes by it.
        part.del_param("charset")
    content = part.get_payload(decode=True)
    return decoded(content[:_MAX_RAW], charset) if isinstance(content, bytes) else ""


def _is_attached(part: Part) -> bool:
    return part.get_content_disposition() == "attachment"


def _parameter(part: Part, name: str) -> str:
    with suppress(ValueError, LookupError, TypeError, UnicodeError):
        value = part.get_param(name)
        return str(value[2] if isinstance(value, tuple) else value or "").strip().lower()[:100]
    return ""


def _first(headers: Mapping[str, tuple[str, ...]], name: str) -> str:
    return headers.get(name, ("",))[0]
