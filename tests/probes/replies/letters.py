"""The invented mails of the TOML files beside, as raw bytes with what each of them is."""

import tomllib
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

from storage.vocabulary import ReplyKind

HERE = Path(__file__).parent


class Letter(NamedTuple):
    """An invented mail: its name, what it is, and its bytes."""

    name: str
    kind: ReplyKind
    raw: bytes


def mail(
    body: str, subject: str = "Re: Question", sender: str = "Boutique <contact@valmont.example>", html: str = "",
    headers: Mapping[str, str] | None = None,
) -> bytes:  # fmt: skip
    """Return a mail to us."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "probe+1@barometer.example"
    message["Subject"] = subject
    message["Date"] = "Mon, 02 Nov 2026 09:30:00 +0100"
    message["Message-ID"] = "<reply-1@valmont.example>"
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def report(action: str, status: str, subject: str = "Undelivered Mail", original: str = "") -> bytes:
    """Return a delivery report (RFC 3464) on a message to ``contact@valmont.example``."""
    lines = ["Reporting-MTA: dns; mx.valmont.example", *([f"Original-Message-ID: <{original}>"] if original else [])]
    lines += ["", "Final-Recipient: rfc822; contact@valmont.example", f"Action: {action}", f"Status: {status}"]
    parts = [
        ("text/plain", "This is the mail system at host mx.valmont.example."),
        ("message/delivery-status", "\n".join(lines)),
        ("text/rfc822-headers", f"Message-ID: <{original or 'x@barometer.example'}>\nSubject: Question BQ-000009"),
    ]
    body = "".join(f"--cut\nContent-Type: {kind}\n\n{text}\n\n" for kind, text in parts)
    head = f"From: MAILER-DAEMON@mx.valmont.example\nTo: probe+1@barometer.example\nSubject: {subject}\nMIME-Version: 1.0\n"
    return (
        f'{head}Content-Type: multipart/report; report-type=delivery-status; boundary="cut"\n\n{body}--cut--\n'.encode()
    )


def invented() -> Iterator[Letter]:
    """Yield every invented mail of the TOML files."""
    for kind, languages in _read("mails.toml").items():
        for language, letters in languages.items():
            for number, (subject, body) in enumerate(letters):
                yield Letter(f"{kind}-{language}-{number}", ReplyKind(kind), mail(body, subject))
    for kind, notices in _read("bounces.toml").items():
        for name, (sender, subject, body) in notices.items():
            yield Letter(f"{kind}-{name}", ReplyKind(kind), mail(body, subject, sender))
    for name, letter in (_read("help_desks.toml") | _read("shops.toml") | _read("first_sight.toml")).items():
        raw = mail(
            letter["body"], letter["subject"], "Service <service@thimble.example>", headers=letter.get("headers")
        )
        yield Letter(name, ReplyKind(letter["kind"]), raw)


def _read(name: str) -> dict:  # type: ignore[type-arg]
    return tomllib.loads((HERE / name).read_text("utf-8"))
