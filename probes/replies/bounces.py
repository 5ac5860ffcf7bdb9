"""Notices of a mail system: what was not delivered, what is late, and what was delivered after all."""

import re
from dataclasses import dataclass
from enum import StrEnum

from probes.replies.machines import listed
from probes.replies.message import DeliveryStatus, Message
from probes.replies.phrases import Hit, hits, sentences_of

_EXCHANGE = re.compile(r"microsoftexchange[0-9a-f]{3,}")
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_SMTP_CODE = re.compile(r"(?m)(?:^|[\s<(\[:;\"'])(421|45[0-9]|471|50[0-4]|52[0-9]|55[0-9]|57[0-9])(?:[- ](?=\S)|$)")
_ADDRESS = re.compile(r"[\w.+=-]{1,64}@[\w-]{1,63}\.[\w.-]{2,100}")
_RETURNED = re.compile(
    r"(?im)^[-_=*># \t]{0,80}(?:original message|returned message|unsent message|undelivered message|bounced e-?mail|"
    r"message headers?|"
    r"(?:this|below)[^\n]{0,20} (?:is|line)[^\n]{0,40} (?:copy|original|headers?)|"
    r"(?:copy of|your|the) (?:the |your )?(?:original )?(?:message|mail)[^\n]{0,20}(?:follows|below|headers|is)|"
    r"return-path: ?<|received: (?:from|by) |message-id: ?<|message d'origine|urspr\S{0,3}ngliche nachricht)"
)
"""Where a notice begins to repeat the message that it sends back."""
_CERTAIN = 3
"""Weight of a writer that is a mail system and nobody else (*ours*)."""
_OTHER_LETTERS = frozenset({"receipt", "promise", "ticket", "away", "left", "abandoned"})
"""Kinds of sentences that no mail system writes."""
_TEXT_TAGS = frozenset({"bounce", "delay", "delivered", "soft", "greeting", "personal"}) | _OTHER_LETTERS
_LOOKED_AT = 12_000
"""Characters of a notice that are looked at: its reason stands first (*ours*)."""


class Notice(StrEnum):
    """What a mail system says of a message."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Told:
    """A mail system's notice: what it says, by which rule it was read, and whether the failure is for good (if told)."""

    notice: Notice
    rule: str
    permanent: bool | None = None


def notice_of(message: Message) -> Told | None:
    """Return what a mail system says in *message*, or ``None`` where no mail system speaks.

    Machine-readable reports (RFC 3464) decide by themselves. Others are told by several signs together, since mail systems
    word their notices as they like: the writer, the empty return path, the subject, the reason, reply codes (RFC 5321,
    RFC 3463) and the message sent back.
    """
    by_report = _by_report(message)
    return by_report if by_report is not None else _by_signs(message)


def _by_report(message: Message) -> Told | None:
    is_report = message.report_type in ("delivery-status", "delivery-status-notification") or any(
        kind in ("message/delivery-status", "message/global-delivery-status") for kind in message.content_types
    )
    if not is_report:
        return None
    statuses = [status for status in message.statuses if status.action or status.status]
    permanent = _permanence(message, statuses)
    actions = {status.action for status in statuses}
    classes = {status.status[:1] for status in statuses}
    if actions & {"failed", "failure", "expired", "bounced", "undeliverable"} or (
        not actions - {""} and "5" in classes
    ):
        return Told(Notice.FAILED, "dsn.failed", permanent)
    if "delayed" in actions:
        return Told(Notice.DELAYED, "dsn.delayed")
    if actions and actions <= {"delivered", "relayed", "expanded", "deliverable"} and "5" not in classes:
        return Told(Notice.DELIVERED, "dsn.delivered")
    found = _tags(message)
    if "delay" in found and "4" in (classes or {"4"}) and not _says_failed(message):
        return Told(Notice.DELAYED, "dsn.delay-words")
    return Told(Notice.FAILED, "dsn.report", permanent)


def _by_signs(message: Message) -> Told | None:
    found = _tags(message)
    late = "delay" in found and not _says_failed(message)
    if "x-failed-recipients" in message.headers and not late:
        return Told(Notice.FAILED, "bounce.x-failed-recipients", _permanence(message, []))
    signs = _signs(message, found)
    told = signs["subject"] + signs["words"] + signs["code"]
    writer = signs["writer"]
    letter = bool(found & _OTHER_LETTERS) and not signs["code"] and not signs["subject"]
    sent_back = signs["returned"] or (signs["return-path"] and signs["words"])
    if late and (writer or (not letter and (signs["subject"] or sent_back))):
        return Told(Notice.DELAYED, "bounce.delay-words")
    if "delivered" in found and writer and not signs["words"] and not signs["code"]:
        return Told(Notice.DELIVERED, "bounce.delivered-words")
    if writer < _CERTAIN and ((letter and not writer) or _is_answer(message, found)):
        return None
    backed = writer or signs["subject"] or signs["code"] or signs["returned"]
    total = sum(signs.values())
    if writer < _CERTAIN and told < 5 and not (total >= 4 and total > told >= 2 and backed):
        return None
    rule = "bounce." + "+".join(name for name, weight in signs.items() if weight)
    return Told(Notice.FAILED, rule, _permanence(message, []))


def _signs(message: Message, found: set[str]) -> dict[str, int]:
    """Return how much each sign weighs that a mail system wrote *message* (weights are *ours*)."""
    text = message.text[:_LOOKED_AT]
    return {
        "writer": _writer(message),
        "return-path": 1 if _null_return_path(message) else 0,
        "subject": 2 if "bounce_subject" in found else 0,
        "words": 2 if "bounce" in found else 0,
        "code": 2 if _SMTP_CODE.search(text) and _STATUS.search(text) else 1 if _has_code(text) else 0,
        "returned": 1 if _has_returned(message, text) else 0,
        "address": 1 if _ADDRESS.search(text[:3_000]) else 0,
    }


def _is_answer(message: Message, found: set[str]) -> bool:
    """Tell whether a person answers, whose words may speak of a failure too, or of a parcel that was not delivered."""
    repeated = message.subject.lower().startswith(("re:", "re :", "aw:", "sv:", "antw:", "r:"))
    spoken = bool(found & {"greeting", "personal"}) or "bounce_subject" not in found
    return spoken and (repeated or bool(message.references))


def _writer(message: Message) -> int:
    """Return how much the writer looks like a mail system: 0 not at all, 2 perhaps, 3 certainly."""
    weight = 0
    for sender in message.senders[:3]:
        local, name = sender.local_part, sender.name.lower()
        if local.startswith(listed("daemons")) or _EXCHANGE.match(local):
            return _CERTAIN
        if local.startswith(listed("perhaps_daemons")) or local.endswith("-daemon") or "bounces" in local:
            weight = 2
        if any(shown in name for shown in listed("daemon_names")):
            weight = 2
    return weight


def _null_return_path(message: Message) -> bool:
    path = message.headers.get("return-path", ())
    return any(value.strip() in ("<>", "") or "mailer-daemon" in value.lower() for value in path)


def _tags(message: Message) -> set[str]:
    found = {hit.tag for hit in hits(sentences_of(message.subject)) if hit.tag in ("bounce_subject", "delay")}
    return found | {hit.tag for hit in _text_hits(message) if hit.tag in _TEXT_TAGS}


def _text_hits(message: Message) -> list[Hit]:
    text = message.text[:_LOOKED_AT]
    returned = _RETURNED.search(text)
    return hits(sentences_of(text[: returned.start()] if returned and returned.start() > 200 else text))


_FINAL = re.compile(
    r"(?i)permanent(?! error condition)|giv(?:en|ing) up|fatal|return(?:ed|ing) (?:to sender|mail|message)|unsent message|"
    r"undeliverable|has expired|retry time(?:out| limit)|(?<![\d.])5\.\d{1,3}\.\d{1,3}(?![\d.])|(?:^|\s)55\d[ -]|"
    r"\(failure\)|delivery (?:has )?failed|(?:was|were|has been|have been) not delivered|(?:was|has) not (?:been )?delivered[. ]"
)


def _says_failed(message: Message) -> bool:
    """Tell whether a notice that speaks of a delay also says that it is over."""
    return bool(_FINAL.search(message.subject) or _FINAL.search(message.text[:_LOOKED_AT]))


def _has_code(text: str) -> bool:
    return bool(_SMTP_CODE.search(text) or re.search(r"[#(\[]\s?[45]\.\d{1,3}\.\d{1,3}\s?[)\]]?", text))


def _has_returned(message: Message, text: str) -> bool:
    kinds = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers")
    return any(kind in message.content_types for kind in kinds) or bool(_RETURNED.search(text))


def _permanence(message: Message, statuses: list[DeliveryStatus]) -> bool | None:
    """Return whether the failure is for good: by enhanced status code (RFC 3463), else reply code, else words; else ``None``.

    A full mailbox passes, whatever class its code has (5.2.2).
    """
    text = " ".join([*(f"{status.status} {status.diagnostic}" for status in statuses), message.text[:_LOOKED_AT]])
    code = _STATUS.search(text)
    if "soft" in {hit.tag for hit in hits(sentences_of(text[:_LOOKED_AT]))} or (code and code.group() == "5.2.2"):
        return False
    if code and code[1] in "45":
        return code[1] == "5"
    reply = _SMTP_CODE.search(text)
    return reply[1].startswith("5") if reply else None
