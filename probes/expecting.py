"""Which attempts a mail may belong to, looked up by what it names, so that ninety thousand others cost nothing."""

import re
from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property
from urllib.parse import urlsplit

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from probes.replies.correlate import Expected, Waiting, tickets_of
from probes.replies.message import Message, parse_message
from probes.replies.providers import is_public_provider
from spiders.scope import registered_domain
from storage.evidence import EvidenceStore
from storage.problems import EvidenceProblem
from storage.records import Attempt, Merchant, Reply
from storage.vocabulary import Channel

MAX_EARLIER = 50
"""Earlier replies to an attempt in which its ticket number is looked for (*ours*)."""
BY_MAIL = (Channel.EMAIL, Channel.FORM)
"""Channels that are answered by mail."""
_WORD = re.compile(r"[\w-]{4,64}")


class Expecting:
    """The attempts of one database, asked about within *session*."""

    def __init__(self, session: Session, store: EvidenceStore) -> None:
        self._session, self._store = session, store

    def waiting_for(self, message: Message) -> Waiting:
        """Return every attempt that anything in *message* points to; none that it leaves out could be tied to it."""
        writers = {writer.domain for writer in (*message.senders, *message.reply_to)}
        domains = {registered_domain(domain) for domain in writers if domain and not is_public_provider(domain)}
        merchants = {key for domain in domains for key in self._merchants_at.get(domain, ())}
        named = [
            Attempt.reply_address.in_(_addresses(message)),
            Attempt.message_id.in_([f"<{identity}>" for identity in _identities(message)]),
            Attempt.token.in_(_words(message)),
        ]
        at_merchant = Attempt.merchant_id.in_(merchants) & Attempt.t0.is_not(None) & Attempt.channel.in_(BY_MAIL)
        attempts = self._session.scalars(select(Attempt).where(or_(*named, at_merchant)))
        return Waiting([self._expected(attempt, message) for attempt in attempts])

    def _expected(self, attempt: Attempt, message: Message) -> Expected:
        window = timedelta(seconds=attempt.window_seconds)
        return Expected(
            attempt_id=attempt.id,
            reply_address=attempt.reply_address or "",
            message_id=attempt.message_id or "",
            token=attempt.token,
            merchant_domains=self._domains_of(attempt),
            t0=attempt.t0,
            window_end=attempt.t0 + window if attempt.t0 else None,
            tickets=self._tickets(attempt) if tickets_of(message.subject) else (),
        )

    def _domains_of(self, attempt: Attempt) -> tuple[str, ...]:
        found = set(self._domains.get(attempt.merchant_id, ()))
        if attempt.channel is Channel.EMAIL and attempt.target:
            found.add(registered_domain(attempt.target.rpartition("@")[2].lower()))
        return tuple(sorted(found))

    def _tickets(self, attempt: Attempt) -> tuple[str, ...]:
        """Return the ticket numbers that earlier replies to *attempt* gave in their subjects."""
        query = (
            select(Reply.evidence)
            .where(Reply.attempt_id == attempt.id, Reply.purged_at.is_(None))
            .order_by(Reply.received_at)
            .limit(MAX_EARLIER)
        )
        found: list[str] = []
        for name in self._session.scalars(query):
            try:
                found += tickets_of(parse_message(self._store.get(name)).subject)
            except EvidenceProblem:
                continue
        return tuple(dict.fromkeys(found))

    @cached_property
    def _domains(self) -> dict[str, frozenset[str]]:
        """The registered domains of each merchant: of its site and of its published address."""
        rows = self._session.execute(select(Merchant.id, Merchant.url, Merchant.email))
        return {key: frozenset(_registered(url, email)) for key, url, email in rows}

    @cached_property
    def _merchants_at(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for key, domains in self._domains.items():
            for domain in domains:
                found.setdefault(domain, set()).add(key)
        return found


def _registered(url: str, email: str | None) -> Iterable[str]:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    for name in (host, (email or "").rpartition("@")[2]):
        if name:
            yield registered_domain(name.lower())


def _addresses(message: Message) -> list[str]:
    """Return where the mail was sent and delivered to, in lower case as our own addresses are."""
    told = [message.header(name).strip("<> ").lower() for name in ("x-original-to", "delivered-to", "envelope-to")]
    return list(dict.fromkeys([*filter(None, told), *(address.email for address in message.recipients)]))


def _identities(message: Message) -> list[str]:
    returned = [identity.strip("<> ") for identity in message.returned.get("message-id", ())]
    named = [message.message_id, *message.references, message.original_message_id, *returned]
    return list(dict.fromkeys(filter(None, named)))


def _words(message: Message) -> list[str]:
    subjects = [message.subject, *message.returned.get("subject", ())[:1]]
    return list(dict.fromkeys(word.lower() for subject in subjects for word in _WORD.findall(subject[:500])))
