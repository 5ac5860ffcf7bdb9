"""Whose a reply is: tied to one attempt by evidence, or left to a person; never guessed.

The evidence is asked for in the order of its strength: the unique reply address that the mail was delivered to, the messages
it answers or returns, a ticket or token in its subject, the merchant's domain within the attempt's window. Each look-up costs
the same however many attempts wait.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from probes.replies.headers import Address
from probes.replies.message import Message
from probes.replies.providers import is_public_provider

_TICKET = re.compile(
    r"(?:#|n°|no\.?|nr\.?|num\w{0,4}|ticket|case|id|ref\w{0,7}|sav)[\s:#n°-]{0,4}([a-z]{0,6}-?\d[\w-]{1,20})", re.I
)
_BRACKETED = re.compile(r"\[([^\[\]]{2,60})\]")
_WORD = re.compile(r"[\w-]{4,64}")


@dataclass(frozen=True, slots=True)
class Expected:
    """An attempt that may still be answered, as far as tying a reply to it goes; texts are compared without case."""

    attempt_id: str
    reply_address: str
    message_id: str = ""
    token: str = ""
    """What our subject holds to know its answer by; empty where nothing stands there."""
    merchant_domains: tuple[str, ...] = ()
    t0: datetime | None = None
    window_end: datetime | None = None
    tickets: tuple[str, ...] = ()
    """Ticket numbers that earlier replies to this attempt gave, as :func:`tickets_of` reads them."""


@dataclass(frozen=True, slots=True)
class Match:
    """The one attempt that a reply belongs to, and the rule that says so."""

    attempt_id: str
    rule: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Attempts that a reply may belong to: a person decides."""

    candidates: tuple[str, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Nothing ties the reply to any attempt."""


Correlation = Match | Ambiguous | Unmatched


class Waiting:
    """The attempts that wait for a reply, indexed once; 90,000 of them take a second and each reply then a look-up or two."""

    def __init__(self, attempts: Iterable[Expected]) -> None:
        self._by_address = _Index()
        self._by_message = _Index()
        self._by_token = _Index()
        self._by_ticket = _Index()
        self._by_domain: defaultdict[str, list[Expected]] = defaultdict(list)
        for attempt in attempts:
            self._by_address.add(attempt.reply_address, attempt.attempt_id)
            self._by_message.add(attempt.message_id.strip("<> "), attempt.attempt_id)
            self._by_token.add(attempt.token, attempt.attempt_id)
            for ticket in attempt.tickets:
                self._by_ticket.add(ticket, attempt.attempt_id)
            for domain in set(attempt.merchant_domains):
                self._by_domain[domain.lower().removeprefix("www.")].append(attempt)

    def correlate(self, message: Message, arrived_at: datetime) -> Correlation:
        """Return the attempt that *message* belongs to; *arrived_at* is when our own server had it, whatever it claims."""
        for rule, found in self._evidence(message):
            if len(found) == 1:
                return Match(next(iter(found)), rule)
            if found:
                return Ambiguous(tuple(sorted(found)), rule)
        return self._by_merchant(message, arrived_at)

    def _evidence(self, message: Message) -> Iterator[tuple[str, set[str]]]:
        yield "address.delivered-to", self._by_address.all(_delivered_to(message))
        yield "address.to", self._by_address.all(address.email for address in message.recipients)
        yield "message-id.in-reply-to", self._by_message.all(message.references[:1])
        yield "message-id.references", self._by_message.all(message.references)
        returned = [identity.strip("<> ") for identity in message.returned.get("message-id", ())]
        yield "message-id.returned", self._by_message.all([message.original_message_id, *returned])
        subjects = [message.subject, *message.returned.get("subject", ())[:1]]
        yield "subject.token", self._by_token.all(word for text in subjects for word in _words(text))
        yield "subject.ticket", self._by_ticket.all(tickets_of(message.subject)) & self._of_sender(message)

    def _of_sender(self, message: Message) -> set[str]:
        """Return the attempts at the sender's merchant: another merchant's ticket may have the same number."""
        return {attempt.attempt_id for domain in _domains(message) for attempt in self._by_domain.get(domain, ())}

    def _by_merchant(self, message: Message, arrived_at: datetime) -> Correlation:
        candidates = {
            attempt.attempt_id
            for domain in _domains(message)
            for attempt in self._by_domain.get(domain, ())
            if attempt.t0 is not None
            and attempt.t0 <= arrived_at
            and (attempt.window_end is None or arrived_at <= attempt.window_end)
        }
        if len(candidates) == 1:
            return Match(candidates.pop(), "domain-and-time")
        return Ambiguous(tuple(sorted(candidates)), "domain-and-time") if candidates else Unmatched()


class _Index:
    """Attempts by a text, without case; an empty text is no key."""

    def __init__(self) -> None:
        self._attempts: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, key: str, attempt_id: str) -> None:
        if key.strip():
            self._attempts[key.strip().lower()].add(attempt_id)

    def all(self, keys: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for key in keys:
            found |= self._attempts.get(key.strip().lower(), set())
        return found


def tickets_of(subject: str) -> tuple[str, ...]:
    """Return what looks like a ticket's number in *subject*, in lower case, each once."""
    found = [match[1] for match in _TICKET.finditer(subject[:500])]
    found += [match[1] for match in _BRACKETED.finditer(subject[:500]) if any(map(str.isdigit, match[1]))]
    return tuple(dict.fromkeys(ticket.strip("#- ").lower() for ticket in found))


def _delivered_to(message: Message) -> list[str]:
    """Return where our own server says that it delivered the mail: the uppermost header of a kind, which is ours."""
    values = [message.headers.get(name, ("",))[0] for name in ("x-original-to", "delivered-to", "envelope-to")]
    return [value.strip("<> ") for value in values if value]


def _words(subject: str) -> list[str]:
    return _WORD.findall(subject[:500])


def _domains(message: Message) -> set[str]:
    """Return the domains of who wrote the mail and those above them, leaving out what anybody may write from."""
    writers: tuple[Address, ...] = (*message.senders[:3], *message.reply_to[:3])
    domains: set[str] = set()
    for writer in writers:
        if writer.domain and not is_public_provider(writer.domain):
            labels = writer.domain.split(".")
            domains.update(".".join(labels[number:]) for number in range(max(1, len(labels) - 1))[:6])
    return domains
