"""What a reply is: the method's five kinds, each verdict with the rule that reached it."""

import re
from dataclasses import dataclass, field

from probes.replies.automatic import Origin, is_ticket_system, is_vacation, origin_of
from probes.replies.bounces import Notice, notice_of
from probes.replies.message import Message
from probes.replies.text import new_words
from probes.replies.words import Reading, kind_by_words
from spiders.detect.lexicon import fold
from storage.vocabulary import ReplyKind

TOO_FAST = 20.0
"""Seconds within which nobody can have read a message and written an answer (*ours*)."""
_SAME_BODY_LENGTH = 40
"""Letters that two bodies must share to be called the same (*ours*): "ok" is no form letter."""
_TICKET = re.compile(
    r"[\[(]?(?:ticket|case|incident|request|ref|sav|dossier|demande|#)[\s:#-]*[a-z]{0,5}-?\d{2,}[\])]?", re.I
)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known beside the mail itself; everything may be missing."""

    earlier_acknowledgements: frozenset[str] = field(default_factory=frozenset)
    """Fingerprints of this merchant's earlier acknowledgements, as :func:`fingerprint` gives them."""
    seconds_since_sent: float | None = None
    """From ``t0`` to the arrival at our own server, by our clock; ``None`` where the attempt is not known."""
    sent_text: str = ""
    """Our own message, which an acknowledgement may repeat."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply is, by which rule, and for a bounce whether the failure is for good (``None`` where it is not told)."""

    kind: ReplyKind
    rule: str
    permanent: bool | None = None


NOTHING_KNOWN = Context()
_KINDS = {
    Notice.FAILED: ReplyKind.BOUNCE,
    Notice.DELAYED: ReplyKind.OTHER_AUTOMATIC,
    Notice.DELIVERED: ReplyKind.OTHER_AUTOMATIC,
}
"""A delivery that is only late may still arrive, so that it ends no attempt (method, 3)."""


def classify(message: Message, context: Context = NOTHING_KNOWN) -> Verdict:
    """Return what *message* is: reports first, then what headers say, then words, then what is known beside it.

    What no rule tells to be a machine's is ``human``.
    """
    if message.report_type == "feedback-report" or "message/feedback-report" in message.content_types:
        return Verdict(ReplyKind.OTHER_AUTOMATIC, "report.feedback")
    told = notice_of(message)
    if told is not None:
        return Verdict(_KINDS[told.notice], told.rule, told.permanent)
    if message.report_type == "disposition-notification" or "message/disposition-notification" in message.content_types:
        return Verdict(ReplyKind.OTHER_AUTOMATIC, "report.disposition")
    reading = Reading(message.subject, _without_ours(new_words(message), context.sent_text))
    origin, header = origin_of(message)
    if origin is not Origin.UNTOLD:
        return _machine_made(message, reading, origin, header)
    by_words = kind_by_words(reading, automatic=False) or _by_subject(reading)
    if by_words is not None:
        return Verdict(*by_words)
    return _by_context(message, context)


def fingerprint(message: Message) -> str:
    """Return what stays the same when a merchant's form letter is sent again: its words without numbers and addresses.

    Empty for a body too short to be told from another.
    """
    words = re.findall(r"[^\W\d_]+", re.sub(r"\S*[@/\d]\S*", " ", fold(new_words(message))))
    joined = " ".join(words)
    return joined[:2_000] if len(joined) >= _SAME_BODY_LENGTH else ""


def _machine_made(message: Message, reading: Reading, origin: Origin, header: str) -> Verdict:
    """Return what a mail is whose headers say that a machine made it: by its words if they tell, else by the header."""
    told = kind_by_words(reading, automatic=True)
    if is_vacation(message) and (told is None or told[0] is not ReplyKind.HUMAN):
        return Verdict(ReplyKind.OUT_OF_OFFICE, f"header.{header}+vacation")
    told = told or _by_subject(reading)
    if told is not None:
        return Verdict(told[0], f"header.{header}+{told[1]}")
    return _untold(message, reading, origin, header)


def _untold(message: Message, reading: Reading, origin: Origin, header: str) -> Verdict:
    """Return what a machine's mail is whose words tell nothing."""
    if is_ticket_system(message) or _TICKET.search(message.subject):
        # A ticket system marks its agents' answers as made by a machine too; its form letters are told by their words.
        answered = bool(reading.answers and reading.substance)
        return Verdict(ReplyKind.HUMAN if answered else ReplyKind.ACKNOWLEDGEMENT, f"header.{header}+ticket")
    if origin is Origin.REPLIED:
        # RFC 3834 responders without telling words are people's: they are away.
        return Verdict(ReplyKind.OUT_OF_OFFICE, f"header.{header}")
    sent_on = origin is Origin.LIST or header == "precedence"
    if sent_on and (message.references or message.subject.lower().startswith("re:")) and reading.substance:
        # People answer through mailing lists and groups too.
        return Verdict(ReplyKind.HUMAN, f"header.{header}+answer")
    return Verdict(ReplyKind.OTHER_AUTOMATIC, f"header.{header}")


def _by_subject(reading: Reading) -> tuple[ReplyKind, str] | None:
    """Return what a subject says that a mail program writes by itself: "Automatic reply: ...", "Out of office"."""
    tags = reading.subject_tags
    if "auto_subject" in tags:
        if "away_subject" in tags or _answers_subject(reading.subject):
            return ReplyKind.OUT_OF_OFFICE, "subject.automatic-reply"
        return ReplyKind.ACKNOWLEDGEMENT, "subject.automatic"
    if "away_subject" in tags and len(reading.substance) <= 3 and not reading.answers:
        return ReplyKind.OUT_OF_OFFICE, "subject.absence"
    return None


def _answers_subject(subject: str) -> bool:
    """Tell whether a subject repeats ours behind a colon, as an out-of-office assistant does and an acknowledgement may not."""
    return bool(re.search(r":\s*\S", subject))


def _by_context(message: Message, context: Context) -> Verdict:
    if context.earlier_acknowledgements and fingerprint(message) in context.earlier_acknowledgements:
        return Verdict(ReplyKind.ACKNOWLEDGEMENT, "context.same-body")
    if context.seconds_since_sent is not None and 0 <= context.seconds_since_sent <= TOO_FAST:
        return Verdict(ReplyKind.ACKNOWLEDGEMENT, "context.too-fast")
    return Verdict(ReplyKind.HUMAN, "default.human")


def _without_ours(text: str, sent: str) -> str:
    """Return *text* without the lines of our own message that it repeats."""
    ours = {fold(line.strip()) for line in sent.split("\n") if len(line.strip()) > 15}
    return "\n".join(line for line in text.split("\n") if fold(line.strip(" >\t")) not in ours) if ours else text
