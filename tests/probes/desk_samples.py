"""A small campaign for the desk: merchants of our own making, attempts that a person is to make."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from probes import journal
from storage.database import Database
from storage.records import Attempt, Campaign, Merchant, Stamp
from storage.vocabulary import AttemptState, BlockedBy, Channel, StampKind

DAY = datetime(2026, 11, 23, tzinfo=UTC)
NOON = DAY.replace(hour=12)


def at(seconds: float) -> datetime:
    """Return the moment so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def campaign(name: str = "autumn", **values: Any) -> Campaign:
    """Return a released campaign around :data:`DAY`."""
    given: dict[str, Any] = {
        "starts_at": DAY - timedelta(days=1),
        "ends_at": DAY + timedelta(days=7),
        "released_by": "Alix Martin",
        "released_at": DAY - timedelta(days=1),
        **values,
    }
    return Campaign(name=name, **given)


def merchant(key: str = "elan.test", **values: Any) -> Merchant:
    """Return a merchant of our own making."""
    return Merchant(key=key, **{"name": "Élan", "url": f"https://{key}/", "phone": "+33199001234", **values})


def attempt(session: Session, owner: Campaign, shop: Merchant, channel: Channel, **values: Any) -> Attempt:
    """Add an attempt that was released to a person, and return it."""
    given: dict[str, Any] = {
        "target": shop.phone if channel is Channel.PHONE else shop.url,
        "scenario": "delivery-day",
        "language": "fr",
        "body": "Bonjour, livrez-vous le samedi ?",
        "token": uuid4().hex,
        "assisted": True,
        "planned_for": NOON - timedelta(hours=1),
        "window_seconds": 180,
        **values,
    }
    record = Attempt(campaign_id=owner.id, merchant_id=shop.id, channel=channel, **given)
    journal.plan(session, [record], "test")
    session.flush()
    journal.append(session, record.id, journal.Step(AttemptState.RELEASED, "Alix Martin"))
    return record


def block(session: Session, record: Attempt, by: BlockedBy) -> None:
    """Let the program fail at *record*."""
    journal.append(session, record.id, journal.Step(AttemptState.BLOCKED, "barometer", blocked_by=by))


def one(database: Database, channel: Channel = Channel.PHONE, **values: Any) -> str:
    """Store one attempt of one merchant, and return its key."""
    with database.session() as session:
        owner, shop = campaign(), merchant()
        session.add_all([owner, shop])
        return attempt(session, owner, shop, channel, **values).id


def states(session: Session, attempt_id: str) -> list[AttemptState]:
    """Return the states that an attempt went through after its release."""
    return [event.state for event in journal.history(session, attempt_id)[2:]]


def stamped_kinds(session: Session, attempt_id: str) -> list[StampKind]:
    """Return every stamp of an attempt, undone ones and undos included."""
    return [one.kind for one in session.query(Stamp).where(Stamp.attempt_id == attempt_id).order_by(Stamp.sequence)]
