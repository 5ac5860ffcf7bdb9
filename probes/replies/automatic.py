"""What the headers of a mail say about who made it: a person's mail program, or a machine."""

from enum import StrEnum

from probes.replies.machines import List, listed
from probes.replies.message import Message


class Origin(StrEnum):
    """Who made a mail, as far as its headers tell."""

    UNTOLD = "untold"
    REPLIED = "auto-replied"
    """A responder answered our mail."""
    GENERATED = "auto-generated"
    """A machine made it, for whatever reason."""
    LIST = "list"
    """It was sent to many."""


def origin_of(message: Message) -> tuple[Origin, str]:
    """Return who made *message* as its headers say, and the header that says so (empty for ``UNTOLD``).

    ``X-Auto-Response-Suppress`` alone says nothing: it only asks others not to answer, and ticket systems set it on what
    their agents write.
    """
    submitted = message.header("auto-submitted").lower()
    precedence = message.header("precedence").lower().replace("-", "_")
    responder = _first(message, "vacation") or _first(message, "responders") or _responder(message)
    if submitted and not submitted.startswith("no"):
        origin, header = Origin.REPLIED if submitted.startswith("auto-replied") else Origin.GENERATED, "auto-submitted"
    elif responder or precedence in ("auto_reply", "autoreply"):
        origin, header = Origin.REPLIED, responder or "precedence"
    elif _first(message, "lists") and not is_ticket_system(message):
        origin, header = Origin.LIST, _first(message, "lists")
    elif precedence in ("bulk", "junk", "list"):
        origin, header = Origin.GENERATED, "precedence"
    else:
        origin, header = Origin.UNTOLD, ""
    return origin, header


def is_ticket_system(message: Message) -> bool:
    """Tell whether a ticket system sent *message*, by its own headers; a person may have written it there."""
    mailer = message.header("x-mailer").lower()
    return bool(_first(message, "ticket_systems")) or any(name in mailer for name in listed("ticket_mailers"))


def is_vacation(message: Message) -> bool:
    """Tell whether a header says that somebody is away, and not only that a responder answered."""
    header = _first(message, "vacation")
    return "vacation" in message.header("auto-submitted").lower() or (
        bool(header) and (header != "x-apple-action" or "vacation" in message.header(header).lower())
    )


def _first(message: Message, name: List) -> str:
    """Return the first header of list *name* that *message* has and that does not say no; empty where there is none."""
    for header in listed(name):
        if header in message.headers and message.header(header).lower() not in ("no", "0", "false"):
            return header
    return ""


def _responder(message: Message) -> str:
    if "autoresponder" in message.header("delivered-to").lower():
        return "delivered-to"
    rules = "rules agent" in message.header("x-ms-exchange-generated-message-source").lower()
    return "x-ms-exchange-generated-message-source" if rules else ""
