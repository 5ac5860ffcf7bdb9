"""Replies of our own making, and the attempts that they answer."""

import hashlib
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from probes import journal
from storage.database import Database
from storage.records import Attempt, Reply
from storage.vocabulary import AttemptState, Channel, ReplyKind
from tests.probes.desk_samples import NOON, at, attempt, campaign, merchant


def reply(attempt_id: str | None = None, **values: Any) -> Reply:
    """Return a person's reply that arrived a minute after noon."""
    given: dict[str, Any] = {
        "kind": ReplyKind.HUMAN,
        "rule": "default.human",
        "received_at": at(60),
        "source": "maildir",
        "evidence": hashlib.sha256(uuid4().bytes).hexdigest(),
        "text": "Bonjour, oui, le samedi aussi.",
        **values,
    }
    return Reply(attempt_id=attempt_id, **given)


def sent(session: Session, channel: Channel = Channel.EMAIL, shop_key: str = "elan.test") -> Attempt:
    """Add an attempt that left at noon, in a campaign of its own, and return it."""
    owner, shop = campaign(uuid4().hex), merchant(shop_key)
    session.add_all([owner, shop])
    record = attempt(session, owner, shop, channel, assisted=False, subject="Livraison", body="Livrez-vous le samedi ?")
    for note in (journal.INTENT, journal.HANDING_OVER):
        journal.append(session, record.id, journal.Step(AttemptState.SENDING, "barometer", note))
    journal.append(session, record.id, journal.Step(AttemptState.SENT, "barometer", at=NOON, t0=NOON))
    return record


def answered_mails(database: Database, count: int, **values: Any) -> list[str]:
    """Store so many e-mails, each answered by a person, and return the attempts' keys."""
    with database.session() as session:
        keys = []
        for number in range(count):
            record = sent(session, shop_key=f"shop-{number}.test")
            session.add(reply(record.id, **{"text": f"Oui, réponse {number}.", **values}))
            keys.append(record.id)
        return keys
