"""Whether a target can be written to, looked at once before its first use and kept."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from probes.probe import Checked, Probe
from storage.database import Database
from storage.records import Attempt, Campaign, TargetCheck, utc_now
from storage.vocabulary import AttemptState, Channel


class Place(NamedTuple):
    """A target on a channel."""

    channel: Channel
    target: str


def known_check(session: Session, place: Place) -> Checked | None:
    """Return what was found when *place* was looked at, or ``None`` where nobody has looked."""
    found = _record(session, place)
    return None if found is None else Checked(found.good, found.why)


async def check(database: Database, probe: Probe, place: Place) -> Checked:
    """Look at *place*, keep what was found, and return it; raises :class:`~probes.probe.Unreachable`."""
    checked = await probe.check(place.target)
    with database.session() as session:
        record = _record(session, place)
        if record is None:
            session.add(TargetCheck(channel=place.channel, target=place.target, good=checked.good, why=checked.why))
        else:
            record.good, record.why, record.checked_at = checked.good, checked.why, utc_now()
    return checked


def unchecked(
    session: Session, channels: Collection[Channel], campaign: str | None = None, again: bool = False
) -> list[Place]:
    """Return the targets of attempts still to be made that nobody has looked at; all of them with *again*."""
    query = (
        select(Attempt.channel, Attempt.target)
        .join(Campaign, Campaign.id == Attempt.campaign_id)
        .where(
            Attempt.state.in_((AttemptState.PLANNED, AttemptState.RELEASED)),
            Attempt.channel.in_(channels),
            Attempt.target.is_not(None),
        )
        .distinct()
    )
    if campaign is not None:
        query = query.where(Campaign.name == campaign)
    places = {Place(channel, target) for channel, target in session.execute(query) if target is not None}
    if not again:
        places -= {Place(one.channel, one.target) for one in session.scalars(select(TargetCheck))}
    return sorted(places)


def _record(session: Session, place: Place) -> TargetCheck | None:
    query = select(TargetCheck).where(TargetCheck.channel == place.channel, TargetCheck.target == place.target)
    return session.scalar(query)
