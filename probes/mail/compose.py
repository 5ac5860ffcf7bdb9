"""The message as it leaves: honest headers, plain text, and nothing in a header but what was meant.

A name outside ASCII is written as an encoded word (RFC 2047), a domain as A-labels (RFC 5890). Only a local part outside
ASCII needs SMTPUTF8 (RFC 6531): the message is then written in UTF-8, and :mod:`probes.mail.smtp` hands it over only where
the server takes that.
"""

import re
import unicodedata
from datetime import datetime
from email import message_from_bytes, policy
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from probes.mail.address import Address, NoAddress, mail_address
from probes.probe import Outgoing, Sender

MAX_SUBJECT, MAX_NAME, MAX_BODY = 200, 100, 20_000
"""Characters of a subject, of the sender's name and of the words that are sent (*ours*)."""

_MESSAGE_ID = re.compile(r"<?([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,120}@[A-Za-z0-9.-]{1,253})>?")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_READ_BACK = ("From", "To", "Reply-To", "Subject", "Message-ID")


class Unwritable(ValueError):
    """The words or addresses cannot be made a message; the message says which, and never repeats what was given."""


def compose(outgoing: Outgoing, sender: Sender, at: datetime) -> bytes:
    """Return the message of *outgoing* as it travels, dated *at*, with CRLF line ends; ASCII unless a local part is not.

    Raises :class:`Unwritable` for a control character in anything that becomes a header, for what is no address or
    Message-ID, and for words that are empty or too long: a header is refused, never mended.
    """
    if outgoing.reply_address is None or outgoing.message_id is None:
        raise Unwritable("the attempt has no reply address or no Message-ID of its own")
    from_, to = _address(sender.address, "the sender's address"), _address(outgoing.target, "the target")
    reply_to = _address(outgoing.reply_address, "the reply address")
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = _mailbox(from_, _one_line(sender.name, "the sender's name", MAX_NAME))
    message["To"] = _mailbox(to)
    message["Reply-To"] = _mailbox(reply_to)
    message["Subject"] = _one_line(outgoing.subject, "the subject", MAX_SUBJECT)
    message["Message-ID"] = message_id(outgoing.message_id)
    if outgoing.in_reply_to is not None:
        message["In-Reply-To"] = message["References"] = message_id(outgoing.in_reply_to)
    message["Date"] = format_datetime(at)
    message.set_content(_words(outgoing.body), charset="utf-8", cte="quoted-printable")
    if _LANGUAGE.fullmatch(outgoing.language):
        message["Content-Language"] = outgoing.language
    international = from_.is_international or to.is_international or reply_to.is_international
    return _read_back(message, policy.SMTPUTF8 if international else policy.SMTP)


def message_id(given: str) -> str:
    """Return the Message-ID *given* with its angle brackets; raises :class:`Unwritable` when it is none."""
    match = _MESSAGE_ID.fullmatch(given)
    if not match:
        raise Unwritable("the Message-ID is none")
    return f"<{match[1]}>"


def _one_line(given: str, what: str, longest: int) -> str:
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in given):
        raise Unwritable(f"{what} holds a line break or a control character")
    text = given.strip()
    if not 0 < len(text) <= longest:
        raise Unwritable(f"{what} is empty or longer than {longest} characters")
    return text


def _address(given: str, what: str) -> Address:
    try:
        return mail_address(given)
    except NoAddress as error:
        raise Unwritable(f"{what} {error}") from None


def _mailbox(address: Address, name: str = "") -> Mailbox:
    return Mailbox(display_name=name, username=address.local_part, domain=address.domain)


def _words(body: str) -> str:
    text = body.replace("\r\n", "\n").strip("\n")
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in text):
        raise Unwritable("the words hold a control character")
    if not text.strip() or len(text) > MAX_BODY:
        raise Unwritable(f"the words are empty or longer than {MAX_BODY} characters")
    return text + "\n"


def _read_back(message: EmailMessage, way: "EmailPolicy[EmailMessage]") -> bytes:
    """Return the bytes of *message*, once they say the same when they are read.

    The standard library folds long headers, and some of its versions lose or split what they fold.
    """
    raw = message.as_bytes(policy=way)
    found = message_from_bytes(raw, policy=policy.default)
    if found.keys() != message.keys() or any(str(found[name]) != str(message[name]) for name in _READ_BACK):
        raise Unwritable("the headers do not read as they were written")
    return raw
