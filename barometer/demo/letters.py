"""What an invented merchant writes back: real mails, with the headers that tell people, machines and mail systems apart."""

import tomllib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple
from zlib import crc32

from barometer.demo.merchant import DemoMerchant
from storage.vocabulary import Channel, ReplyKind


class Received(NamedTuple):
    """A message as a merchant got it: where to answer, and, where it came by mail, its identity, subject and words."""

    answer_to: str
    message_id: str | None = None
    subject: str | None = None
    words: str = ""


class Letter(NamedTuple):
    """A letter of the file, its placeholders unfilled."""

    subject: str
    body: str


class Letters(NamedTuple):
    """The whole file: letters by kind, the people who sign them, and prices with the sum above which there is none."""

    by_kind: Mapping[ReplyKind, Sequence[Letter]]
    people: Sequence[str]
    prices: Sequence[tuple[str, str]]


def written(kind: ReplyKind, merchant: DemoMerchant, received: Received) -> bytes:
    """Return the mail of *kind* with which *merchant* answers *received*, always the same words for the same merchant."""
    words = _words(kind, merchant)
    if kind is ReplyKind.BOUNCE:
        return _notice(words, merchant, received)
    message = EmailMessage(policy=SMTP)
    who = _of(letters().people, merchant)
    message["From"] = f'"{who if kind is ReplyKind.HUMAN else merchant.name}" <{address_of(merchant)}>'
    message["To"] = received.answer_to
    message["Message-ID"] = f"<{kind}.{crc32(received.answer_to.encode()):08x}@{merchant.host}>"
    body = words.body
    if received.message_id is not None and kind is not ReplyKind.OTHER_AUTOMATIC:
        message["In-Reply-To"] = message["References"] = received.message_id
    if kind is ReplyKind.HUMAN and received.subject:
        message["Subject"] = f"Re: {received.subject}"
        body += f"\n{_quoted(received.words)}"
    else:
        message["Subject"] = words.subject
    for name, value in _MACHINES.get(kind, {}).items():
        message[name] = value
    message.set_content(body, charset="utf-8", cte="quoted-printable")
    return message.as_bytes()


def address_of(merchant: DemoMerchant) -> str:
    """Return the address that *merchant* writes from: the one on its site, else one that is not to be found there."""
    shown = (one.value for one in merchant.shown if one.channel is Channel.EMAIL)
    return next(shown, f"bonjour@{merchant.host}")


_MACHINES = {
    ReplyKind.OUT_OF_OFFICE: {"Auto-Submitted": "auto-replied (vacation)"},
    ReplyKind.OTHER_AUTOMATIC: {"Auto-Submitted": "auto-generated", "Precedence": "bulk"},
}
"""Headers of mails that machines write. As with most shops' ticket systems, nothing marks an acknowledgement as one."""


def _notice(words: Letter, merchant: DemoMerchant, received: Received) -> bytes:
    """Return a report of a failed delivery (RFC 3464)."""
    target = address_of(merchant)
    report = MIMEMultipart("report", report_type="delivery-status", policy=SMTP)
    report["From"] = f"MAILER-DAEMON@mx.{merchant.host}"
    report["To"] = received.answer_to
    report["Subject"] = words.subject
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText(words.body, "plain", "utf-8"))
    status = MIMEBase("message", "delivery-status")
    for fields in (
        {"Reporting-MTA": f"dns; mx.{merchant.host}"},
        {
            "Final-Recipient": f"rfc822; {target}", "Action": "failed", "Status": "5.1.1",
            "Diagnostic-Code": f"smtp; 550 5.1.1 <{target}>: User unknown",
        },
    ):  # fmt: skip
        block = Message()
        for name, value in fields.items():
            block[name] = value
        status.attach(block)
    report.attach(status)
    return report.as_bytes()


def _quoted(text: str) -> str:
    lines = "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())
    return f"Vous avez écrit :\n\n{lines}\n"


def _words(kind: ReplyKind, merchant: DemoMerchant) -> Letter:
    """Return the letter that *merchant* sends, filled in."""
    letter = _of(letters().by_kind[kind], merchant)
    price, free_from = _of(letters().prices, merchant)
    told = {
        "merchant": merchant.name, "person": _of(letters().people, merchant), "price": price, "free_from": free_from,
        "target": address_of(merchant), "host": f"mx.{merchant.host}",
    }  # fmt: skip
    return Letter(letter.subject.format(**told), letter.body.format(**told))


def _of(choices: Sequence[Any], merchant: DemoMerchant) -> Any:
    return choices[crc32(merchant.slug.encode()) % len(choices)]


@cache
def letters() -> Letters:
    """Return the letters of the market; raises ``ValueError`` when their file is wrong."""
    table = tomllib.loads((files("barometer.demo") / "letters.toml").read_text("utf-8"))
    try:
        found = Letters(
            {kind: tuple(Letter(one["subject"], one["body"]) for one in table.pop(kind)) for kind in ReplyKind},
            tuple(table.pop("people")),
            tuple((price, free_from) for price, free_from in table.pop("prices")),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise ValueError(f"letters.toml: {problem!r}") from problem
    if table or not all((*found.by_kind.values(), found.people, found.prices)):
        raise ValueError(f"letters.toml: a list is empty, or nobody reads {', '.join(table)}")
    return found
