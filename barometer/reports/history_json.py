"""What moved, as plain values: the contracts ``barometer-changes/1`` and ``barometer-history/1`` (``docs/changes.md``)."""

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from barometer.cli.console import printable
from barometer.history.asked import Asked
from barometer.history.changes import Change, Unsettled
from barometer.history.found import Found, Owner, Told
from barometer.history.night import ABSENT, ChannelNight, Condition, Depth, Night, Site
from barometer.history.stored_nights import Outage
from barometer.reports.history_words import HistoryWords
from storage.vocabulary import Channel, OutcomeKind, PriceClass

CHANGES_SCHEMA = "barometer-changes/1"
HISTORY_SCHEMA = "barometer-history/1"
_IDS = uuid5(NAMESPACE_URL, "urn:barometer:changes")

Json = dict[str, Any]


def change_id(change: Change) -> UUID:
    """Return what names *change* for good: the visit that saw it first, and what moved."""
    return uuid5(_IDS, f"{change.first.visit}/{change.facet}/{change.channel or ''}")


def feed_id(*parts: str | None) -> UUID:
    """Return what names the feed of a selection for good."""
    return uuid5(_IDS, "/".join(part or "" for part in parts))


def changes_json(found: Found, asked: Asked, words: HistoryWords, category: str | None) -> Json:
    """Return everything ``barometer changes`` says."""
    return {
        "schema": CHANGES_SCHEMA,
        **_asked(asked),
        "category": category,
        "merchants": found.merchants,
        "nights": found.nights,
        "left_alone": found.left_alone,
        "waiting": found.waiting,
        "changes": [change_json(one.owner, one.change, words) for one in found.moved],
        "unsettled": [_unsettled(one.owner, one.unsettled, words) for one in found.restless],
        "conditions": [
            {"day": turn.day.isoformat(), **_condition(turn.condition), "merchants": turn.merchants}
            for turn in found.turns
        ],
        "outages": [_outage(one) for one in found.outages],
    }


def history_json(told: Told, asked: Asked, words: HistoryWords) -> Json:
    """Return everything ``barometer history`` says, with every night."""
    return {
        "schema": HISTORY_SCHEMA,
        **_asked(asked),
        **_owner(told.owner),
        "waiting": told.news.waiting,
        "nights": [_night(night) for night in told.nights],
        "changes": [change_json(told.owner, change, words) for change in told.news.changes],
        "unsettled": [_unsettled(told.owner, one, words) for one in told.news.unsettled],
        "outages": [_outage(one) for one in told.outages],
    }


def change_json(owner: Owner, change: Change, words: HistoryWords) -> Json:
    """Return one change."""
    return {
        "id": change_id(change).urn,
        **_owner(owner),
        "kind": str(change.kind),
        "facet": str(change.facet),
        "channel": None if change.channel is None else str(change.channel),
        "before": state_json(change.before),
        "after": state_json(change.after),
        "last_before": change.last.day.isoformat(),
        "first_on": change.first.day.isoformat(),
        "confirmed_on": change.confirmed.day.isoformat(),
        "reason": None if change.first.reason is None else str(change.first.reason),
        "cause": "unknown" if change.conditions else "merchant",
        "conditions": [_condition(one) for one in change.conditions],
        "tool_version": change.first.conditions.tool_version,
        "visits": {"before": change.last.visit, "after": change.first.visit},
        "sentence": printable(words.whole(change, owner.name)),
    }


def state_json(state: Any) -> Json:
    """Return a state of any facet as an object whose keys tell the facet."""
    match state:
        case Depth():
            return depth_json(state)
        case PriceClass():
            return {"price_class": str(state)}
        case Site():
            return {"site": str(state)}
        case _:
            return {"values": sorted(state)}


def depth_json(depth: Depth) -> Json:
    """Return a depth in the words of the method; of what was not found, ``at_least`` says how far the search had come."""
    if depth.most == ABSENT:
        least = None if depth.least == ABSENT else depth.least
        return {"outcome": str(OutcomeKind.NOT_FOUND), "clicks": None, "at_least": least}
    kind = OutcomeKind.EXACT if depth.least == depth.most else OutcomeKind.AT_MOST
    return {"outcome": str(kind), "clicks": depth.most, "at_least": depth.least}


def state_word(state: Any) -> str:
    """Return a state as one cell: ``exact 1``, ``not_found``, a price class, values one after the other."""
    told = state_json(state)
    if "outcome" in told:
        return told["outcome"] if told["clicks"] is None else f"{told['outcome']} {told['clicks']}"
    if "values" in told:
        return " ".join(told["values"])
    return str(next(iter(told.values())))


def moment(at: datetime) -> str:
    """Return *at* in UTC, to the second (RFC 3339)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _asked(asked: Asked) -> Json:
    return {
        "since": asked.since.isoformat(), "until": asked.until.isoformat(), "timezone": asked.zone.key,
        "confirm": asked.confirm, "profile": str(asked.profile),
    }  # fmt: skip


def _owner(owner: Owner) -> Json:
    return {"merchant": owner.key, "name": owner.name, "url": owner.url, "category": owner.category}


def _condition(condition: Condition) -> Json:
    return {"what": condition.what, "before": condition.before, "after": condition.after}


def _outage(outage: Outage) -> Json:
    return {"day": outage.day.isoformat(), "unreachable": outage.unreachable, "of": outage.of}


def _unsettled(owner: Owner, one: Unsettled, words: HistoryWords) -> Json:
    return {
        **_owner(owner),
        "facet": str(one.facet),
        "channel": None if one.channel is None else str(one.channel),
        "times": one.times,
        "since": one.since.isoformat(),
        "until": one.until.isoformat(),
        "states": [state_json(state) for state in one.states],
        "sentence": printable(words.unsettled(one, owner.name)),
    }


def _night(night: Night) -> Json:
    return {
        "day": night.day.isoformat(),
        "visit": night.visit,
        "began": moment(night.began),
        "site": None if night.site is None else str(night.site),
        "reason": None if night.reason is None else str(night.reason),
        "tool_version": night.conditions.tool_version,
        "mode": night.conditions.mode,
        "channels": {str(name): _channel(name, one) for name, one in night.channels.items()},
    }


def _channel(name: Channel, one: ChannelNight) -> Json:
    return {
        **depth_json(one.depth),
        "values": sorted(one.values),
        "price_class": None if one.price is None else str(one.price),
    }
