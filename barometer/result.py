"""The audit result: the public contract ``barometer-audit/1``, built from the records of one visit and nothing else."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from barometer.measures.depth import Edge, Outcome, Proven, clicks_of, outcome, paths
from barometer.measures.effort import Effort, Reached, Step, effort
from barometer.settings import tool_version
from spiders.reading import SiteReading
from storage.records import Click, PageState, Sighting
from storage.vocabulary import Action, Channel, OutcomeKind, Profile, Reason, VisitStatus

SCHEMA = "barometer-audit/1"
"""Name of the contract; a key that changes its meaning changes this."""

Json = dict[str, Any]


def audit_result(reading: SiteReading, cpu_seconds: float | None = None) -> Json:
    """Return the contract's JSON object for one closed visit (``docs/method.md``, section 5; ``docs/audit.schema.json``).

    *cpu_seconds* replaces the visit's own figure where the whole process worked for this visit alone.
    """
    visit = reading.visit
    by_channel: dict[Channel, list[Sighting]] = {channel: [] for channel in Channel}
    for sighting in reading.sightings:
        if sighting.set_aside is None:
            by_channel[sighting.channel].append(sighting)
    routes = _routes(reading)
    return {
        "schema": SCHEMA,
        "tool": {"version": visit.tool_version or tool_version(), "grid": None, "browser": visit.browser},
        "site": {"url": visit.url, "final_url": visit.final_url, "country": visit.country, "language": visit.language},
        "profile": str(visit.profile),
        "started_at": _moment(visit.started_at),
        "finished_at": _moment(visit.finished_at),
        "status": _word(visit.status),
        "status_reason": _word(visit.status_reason),
        "pages": {
            "read": visit.pages_read,
            "rendered": visit.pages_rendered,
            "bytes": visit.bytes,
            "cpu_seconds": round(visit.cpu_seconds if cpu_seconds is None else cpu_seconds, 3),
        },
        "channels": {str(channel): _channel(reading, channel, found, routes) for channel, found in by_channel.items()},
        "set_aside": _set_aside(reading.sightings),
        "warnings": list(visit.warnings),
    }


def outcomes(reading: SiteReading) -> dict[Channel, Outcome]:
    """Return the outcome of every channel of one closed visit."""
    routes = _routes(reading)
    nearest: dict[Channel, int] = {}
    for sighting in reading.sightings:
        if sighting.set_aside is None:
            depth = _depth(sighting, routes)
            nearest[sighting.channel] = min(depth, nearest.get(sighting.channel, depth))
    return {channel: _outcome(reading, channel, nearest.get(channel)) for channel in Channel}


def _routes(reading: SiteReading) -> Mapping[str, list[Edge]]:
    home = reading.visit.final_url or reading.visit.url
    return paths(home, map(_edge, reading.clicks))


def _edge(click: Click) -> Edge:
    box = (click.box[0], click.box[1], click.box[2], click.box[3]) if click.box else None
    return Edge(
        click.from_url,
        click.to_url,
        Action(click.action),
        click.label,
        click.selector,
        box,
        click.hovered,
        click.seconds,
    )


def state_of(reading: SiteReading, sighting: Sighting) -> PageState | None:
    """Return the state that *sighting* was seen in, ``None`` where no browser showed it."""
    return next((state for state in reading.states if state.id == sighting.state_id), None)


def best_sightings(reading: SiteReading) -> dict[Channel, Sighting]:
    """Return, for each channel that was seen, the sighting that its outcome, path and proof are about."""
    routes = _routes(reading)
    found: dict[Channel, list[Sighting]] = {}
    for sighting in reading.sightings:
        if sighting.set_aside is None:
            found.setdefault(sighting.channel, []).append(sighting)
    return {channel: _ranked(sightings, routes)[0] for channel, sightings in found.items()}


def _ranked(found: Iterable[Sighting], routes: Mapping[str, list[Edge]]) -> list[Sighting]:
    return sorted(found, key=lambda sighting: (_depth(sighting, routes), not sighting.readable, -sighting.confidence))


def _outcome(reading: SiteReading, channel: Channel, nearest: int | None) -> Outcome:
    visit = reading.visit
    if channel not in visit.search.get("channels", Channel):
        return Outcome(OutcomeKind.NOT_MEASURED, reason=Reason.BUDGET)
    proven = Proven(**{key: visit.search.get(key) for key in Proven._fields})
    proven = proven._replace(why=_reason(proven.why), lost=_reason(proven.lost))
    status = VisitStatus(visit.status) if visit.status is not None else VisitStatus.PARTIAL
    return outcome(nearest, proven, status, _reason(visit.status_reason))


def _reason(word: str | None) -> Reason | None:
    return Reason(word) if word is not None else None


def _depth(sighting: Sighting, routes: Mapping[str, list[Edge]]) -> int:
    path = routes.get(sighting.page_url)
    return sighting.depth if path is None else clicks_of(path)


def _channel(
    reading: SiteReading, channel: Channel, found: Iterable[Sighting], routes: Mapping[str, list[Edge]]
) -> Json:
    ranked = _ranked(found, routes)
    nearest = _depth(ranked[0], routes) if ranked else None
    state = _outcome(reading, channel, nearest)
    shown = state.kind in (OutcomeKind.EXACT, OutcomeKind.AT_MOST)
    path = routes.get(ranked[0].page_url, []) if shown else []
    spent = _effort(reading, ranked[0], path) if shown else None
    return {
        "outcome": str(state.kind),
        "clicks": state.clicks,
        "at_least": state.at_least,
        "basis": _word(state.basis),
        "reason": _word(state.reason),
        "effort_seconds": spent.seconds if spent else None,
        "effort": {"parts": [part._asdict() for part in spent.parts]} if spent else None,
        "values": _values(ranked, routes) if shown else [],
        "searched": _word(state.searched),
        "template_sample": state.template_sample,
        "path": [_step(edge) for edge in path],
        "proof": {"screenshot": None, "box": ranked[0].box} if shown and ranked[0].box is not None else None,
    }


WINDOW_HEIGHT = {Profile.DESKTOP: 900, Profile.MOBILE: 915}
"""Height of the window of each profile, in CSS pixels (``docs/method.md``, click depth)."""


def _effort(reading: SiteReading, sighting: Sighting, path: list[Edge]) -> Effort | None:
    """Return what it takes to get to *sighting* by *path*; ``None`` where no browser looked."""
    home = next((state for state in reading.states if state.page_url == state.url and state.depth == 0), None)
    if home is None:
        return None
    steps = [
        Step(
            Reached(edge.box, hovered=edge.hovered), edge.seconds, stays=edge.action is Action.PRESS,
            free=edge.action is Action.REDIRECT,
        )
        for edge in path
    ]  # fmt: skip
    box = sighting.box
    seen = Reached((box[0], box[1], box[2], box[3]) if box else None, bool(sighting.fixed), sighting.hovered)
    consent = _is(home.consent, "closed")
    return effort(steps, seen, WINDOW_HEIGHT[reading.visit.profile], consent, _is(home.age_gate, "answered"))


def _is(outcome: Mapping[str, Any] | None, *kinds: str) -> bool:
    return outcome is not None and outcome.get("kind") in kinds


def _values(ranked: list[Sighting], routes: Mapping[str, list[Edge]]) -> list[Json]:
    """Return every distinct value, shallowest first."""
    values: dict[str, Json] = {}
    for sighting in ranked:
        values.setdefault(sighting.value.casefold(), _value(sighting, routes))
    return list(values.values())


def _value(sighting: Sighting, routes: Mapping[str, list[Edge]]) -> Json:
    entry: Json = {
        "value": sighting.value,
        "display": sighting.display,
        "readable": sighting.readable,
        "tariff": _tariff(sighting),
        "page": sighting.page_url.partition("#:~:")[0],
        "depth": _depth(sighting, routes),
        "context": sighting.context,
    }
    if sighting.channel is Channel.FORM:
        entry["kind"] = _word(sighting.kind)
    if sighting.channel is Channel.CHAT:
        entry["automatic"] = sighting.automatic
    return entry


def _tariff(sighting: Sighting) -> Json | None:
    if sighting.price_class is None:
        return None
    return {
        "class": str(sighting.price_class),
        "max_eur_per_min": _euros(sighting.max_eur_per_min),
        "max_eur_per_call": _euros(sighting.max_eur_per_call),
    }


def _step(edge: Edge) -> Json:
    return {
        "from": edge.source,
        "to": edge.target,
        "action": str(edge.action),
        "label": edge.label,
        "selector": edge.selector,
        "box": list(edge.box) if edge.box else None,
        "screenshot": None,
    }


def _set_aside(sightings: Iterable[Sighting]) -> list[Json]:
    """Return what was set aside, each value once a channel and reason, as first met; not what is the merchant's elsewhere."""
    listed = list(sightings)
    own = {(sighting.channel, sighting.value.casefold()) for sighting in listed if sighting.set_aside is None}
    entries: dict[tuple[str, str, str], Json] = {}
    for sighting in listed:
        if sighting.set_aside is not None and (sighting.channel, sighting.value.casefold()) not in own:
            channel, why = str(sighting.channel), str(sighting.set_aside)
            entry = {"channel": channel, "value": sighting.value, "page": sighting.page_url, "why": why}
            entries.setdefault((channel, sighting.value, why), entry)
    return list(entries.values())


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _word(word: object) -> str | None:
    return None if word is None else str(word)


def _euros(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
