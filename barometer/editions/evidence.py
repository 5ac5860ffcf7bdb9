"""What a reviewer looks at: the nights, sightings, attempts and replies behind an item of the queue, as plain rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer import observing
from barometer.campaign_status import iso
from barometer.edition import frozen_inputs, rankings, require_scored
from barometer.editions.reviews import Target
from barometer.marks.doubts import ATTEMPTS, PLACE
from barometer.observations import Answered, ChannelSeen, Ending, Missing, Observed, Pending, Tried
from barometer.observing.sighting_reviews import DEPTH, SIGHTING
from probes.replies_reviewed import SUBJECT as REPLY
from storage.evidence import EvidenceStore
from storage.records import Edition, Reply, Sighting, Visit
from storage.vocabulary import Channel

SHOWN = 600
"""Characters of a reply that a reviewer is shown (*ours*); all of them: barometer replies review."""

Rows = list[dict[str, Any]]


def evidence_of(session: Session, store: EvidenceStore, edition: Edition, named: Target) -> Mapping[str, Rows]:
    """Return the rows to be looked at for *named*, by what they are; all are plain values, texts as they were recorded.

    Raises :class:`UserError` where the marks, or the records they rest on, are gone.
    """
    if named.subject == SIGHTING:
        return {"sighting": [_sighting(session, session.get_one(Sighting, named.subject_id))]}
    if named.subject == REPLY:
        return {"reply": [_reply(session.get_one(Reply, named.subject_id))]}
    if named.subject == DEPTH:
        merchant, _, channel = named.subject_id.rpartition("/")
        seen = _observed(session, store, edition, merchant)
        return _nights(session, seen, Channel(channel)) if seen else {"nights": []}
    if named.subject == ATTEMPTS:
        seen = _observed(session, store, edition, named.subject_id.partition("/")[0])
        tried = [one for one in seen.attempts if isinstance(one.ending, Pending)] if seen else []
        return {"attempts": [_attempt(one) for one in tried]}
    if named.subject == PLACE:
        return {"places": _places(session, store, edition, named.subject_id.rpartition("/")[0])}
    return {}


def _observed(session: Session, store: EvidenceStore, edition: Edition, merchant: str) -> Observed | None:
    """Return what was observed of one merchant, by the key of its record; ``None`` where it is not in the edition."""
    require_scored(edition)
    for _, inputs in frozen_inputs(session, store, edition):
        if any(one.fact.id == merchant for one in inputs.merchants):
            return next((one for one in observing.observe(session, inputs) if one.merchant.id == merchant), None)
    return None


def _nights(session: Session, seen: Observed, channel: Channel) -> Mapping[str, Rows]:
    rows: Rows = []
    sightings: list[str] = []
    for night in seen.nights:
        one = night.channels.get(channel)
        if one is not None:
            rows.append({"night": night.day.isoformat(), **_seen(one)})
            sightings += _references(one.evidence, "sighting")
    found = session.scalars(select(Sighting).where(Sighting.id.in_(sightings[:500]))).all()
    by_value: dict[str, Sighting] = {}
    for one_sighting in sorted(found, key=lambda sighting: sighting.id):
        by_value.setdefault(one_sighting.value, one_sighting)
    return {"nights": rows, "sightings": [_sighting(session, by_value[value]) for value in sorted(by_value)]}


def _seen(one: ChannelSeen) -> dict[str, Any]:
    return {
        "outcome": str(one.kind),
        "clicks": one.clicks,
        "at least": one.at_least if one.at_least != one.clicks else None,
        "visible": one.clearly_visible,
        "price": one.price_class and str(one.price_class),
        "sure": None if one.confidence is None else round(one.confidence, 2),
        "reason": one.reason,
        "overruled": one.overruled or None,
        "visit": next(iter(_references(one.evidence, "visit")), None),
    }


def _sighting(session: Session, one: Sighting) -> dict[str, Any]:
    visit = session.get_one(Visit, one.visit_id)
    return {
        "sighting": one.id,
        "channel": str(one.channel),
        "value": one.value,
        "context": " ".join(one.context.split())[:160] or None,
        "page": one.page_url,
        "clicks": one.depth,
        "sure": round(one.confidence, 2),
        "set aside": one.set_aside and str(one.set_aside),
        "visit": visit.id,
    }


def _reply(one: Reply) -> dict[str, Any]:
    return {
        "reply": one.id,
        "received": iso(one.received_at),
        "kind": str(one.kind),
        "rule": one.rule,
        "attempt": one.attempt_id,
        "text": " ".join((one.text or "").split())[:SHOWN] or None,
    }


def _attempt(one: Tried) -> dict[str, Any]:
    return {"attempt": one.attempt, "channel": str(one.channel), "scenario": one.scenario, "ended": _ending(one.ending)}


def _ending(ending: Ending) -> str:
    match ending:
        case Answered(seconds=seconds):
            return f"answered after {seconds:.0f} s"
        case Pending(seconds=seconds):
            return f"open for {seconds:.0f} s"
        case Missing(reason=reason):
            return f"not measured: {reason}"
    return f"no answer in {ending.seconds:.0f} s"


def _places(session: Session, store: EvidenceStore, edition: Edition, category: str) -> Rows:
    """Return the places of a category, best first."""
    return [
        {
            "place": one.place,
            "merchant": one.score.merchant.name[:60],
            "score": str(one.score.score),
            "interval": " to ".join(str(end) for end in one.score.interval) if one.score.interval else None,
            "stands": None if one.stability is None else str(one.stability),
        }
        for ranking in rankings(session, store, edition)
        if ranking.category == category
        for one in ranking.placed
    ]


def _references(evidence: Iterable[str], kind: str) -> list[str]:
    return [one.removeprefix(f"{kind}:") for one in evidence if one.startswith(f"{kind}:")]
