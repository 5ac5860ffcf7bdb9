"""What a mail server's refusal means: come back later, the merchant takes no mail there, or our own side is at fault.

The server that speaks is the operator's own. So a refusal of the sender, of the login or of relaying is ours, and only one that
names the recipient is the merchant's (method, section 3: our failure is never the merchant's).
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum

from probes.api_answer import plain
from probes.probe import Blocked, NotSent, Unreachable
from storage.vocabulary import BlockedBy

COME_BACK = timedelta(minutes=15)
"""How long a "not now" is heeded: most greylists open within minutes, RFC 5321 asks for half an hour in general (*ours*)."""

_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_BAD_ADDRESS = frozenset({"0", "1", "2", "3", "4", "6", "10"})
"""Details of class X.1 that speak of the recipient's address (RFC 3463, 3.2; RFC 7505); 7 and 8 speak of the sender's."""
_OUR_COMMANDS = frozenset({*range(500, 505), 530, 534, 535, 538, 555})
"""Codes about our commands and our login (RFC 5321, 4.2.3; RFC 4954)."""
_ABOUT_US = re.compile(r"(?i)\b(?:relay|authenticat|log ?in\b|sender\b|client host\b|helo\b)")


class Stage(StrEnum):
    """How far the conversation had come."""

    SENDER = "MAIL FROM"
    RECIPIENT = "RCPT TO"
    REPLY_ADDRESS = "RCPT TO our own reply address"
    CONTENT = "DATA"


def refused(stage: Stage, code: int, said: str, now: datetime) -> NotSent | Blocked:
    """Return what the answer *code* with the words *said* at *stage* means for the attempt.

    Raises :class:`Unreachable` where it speaks of us: then every other message would meet the same. Content is never
    refused because of us, since by then the journal has noted that the message was handed over.
    """
    words = f"{stage}: {code} {plain(said)}"
    if code < 500:
        return NotSent(words, now + COME_BACK)
    if stage is Stage.CONTENT:
        return Blocked(BlockedBy.REJECTED, words)
    if stage is not Stage.RECIPIENT or _is_ours(code, said):
        raise Unreachable(f"our mail server refuses us: {words}")
    return Blocked(BlockedBy.NO_ADDRESS if _is_no_address(code, said) else BlockedBy.REJECTED, words)


def _is_ours(code: int, said: str) -> bool:
    subject, detail = _status(said)
    if code in _OUR_COMMANDS or (subject == "1" and detail in ("7", "8")):
        return True
    return subject in ("", "7", "5") and bool(_ABOUT_US.search(plain(said)))


def _is_no_address(code: int, said: str) -> bool:
    subject, detail = _status(said)
    return code == 556 or (subject == "1" and detail in _BAD_ADDRESS) or (subject == "4" and detail == "4")


def _status(said: str) -> tuple[str, str]:
    """Return subject and detail of the enhanced status code (RFC 3463), empty where there is none."""
    found = _STATUS.match(said.strip())
    return (found[2], found[3]) if found else ("", "")
