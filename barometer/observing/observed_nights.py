"""What the chosen visits of an edition saw, night by night and channel by channel."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, load_only

from barometer.errors import UserError
from barometer.in_batches import in_batches
from barometer.measures.depth import Outcome
from barometer.observations import ChannelSeen, MerchantFact, Night
from barometer.observing.chosen_nights import broken_off, day_of, looked_for
from barometer.observing.sighting_reviews import Decisions, DepthDecision, value_of
from barometer.result import WINDOW_HEIGHT, best_sightings, outcomes
from spiders.reading import SiteReading
from storage.records import Click, Sighting, Visit
from storage.vocabulary import Channel, OutcomeKind, PriceClass, Profile, Reason

SCREENS = 2
"""Screens, from the top of a page, within which a sighting is clearly visible (method, section 1; *ours*)."""
OVERRULED = "overruled"
"""Why a channel was not measured whose only sightings a reviewer set aside: the search had stopped for them."""

_OF_VISITS = load_only(
    Visit.id, Visit.merchant_id, Visit.profile, Visit.url, Visit.final_url, Visit.started_at, Visit.status,
    Visit.status_reason, Visit.search, raiseload=True,
)  # fmt: skip
_OF_CLICKS = load_only(
    Click.id, Click.visit_id, Click.from_url, Click.to_url, Click.action, Click.label, Click.selector, Click.box,
    Click.hovered, Click.seconds, raiseload=True,
)  # fmt: skip
_OF_SIGHTINGS = load_only(
    Sighting.id, Sighting.visit_id, Sighting.page_url, Sighting.depth, Sighting.channel, Sighting.value,
    Sighting.readable, Sighting.confidence, Sighting.price_class, Sighting.set_aside, Sighting.box,
    Sighting.in_header, raiseload=True,
)  # fmt: skip
_Of = TypeVar("_Of", Click, Sighting)


class _Reviewed(NamedTuple):
    """What a visit shows once its values count as reviewers decided; ``touched`` are their reviews, ``dropped`` the channels
    that lost a sighting."""

    reading: SiteReading
    touched: Mapping[Channel, tuple[str, ...]]
    dropped: frozenset[Channel]


def observed_nights(
    session: Session, visits: Iterable[str], merchants: Mapping[str, MerchantFact], decided: Decisions
) -> dict[str, list[Night]]:
    """Return what the visits saw of each of *merchants* (by the record's key), oldest night first.

    Raises :class:`UserError` for a visit that is gone.
    """
    nights: dict[str, list[Night]] = {}
    for reading in _readings(session, visits):
        owner = merchants.get(reading.visit.merchant_id or "")
        if owner is None:
            what = f"visit {reading.visit.id} is of another merchant than when it was chosen"
            raise UserError(what, "put the database back from a backup, or score the edition again")
        nights.setdefault(owner.id, []).append(night(reading, owner, decided))
    return {key: sorted(listed, key=lambda one: one.day) for key, listed in nights.items()}


def night(reading: SiteReading, merchant: MerchantFact, decided: Decisions) -> Night:
    """Return what one visit to *merchant* saw, as reviewers left it; channels that were not looked for are left out.

    Of equally good sightings of a channel, one that is clearly visible is its best.
    """
    reviewed = _reviewed(reading, merchant, decided)
    found, best = outcomes(reviewed.reading), best_sightings(reviewed.reading)
    listed = looked_for(reading.visit.search)
    seen: dict[Channel, ChannelSeen] = {}
    for channel in Channel:
        decision = decided.depths.get((merchant.id, channel))
        if channel not in listed and decision is None:
            continue
        one = _seen(reviewed, channel, found[channel], best.get(channel))
        seen[channel] = one if decision is None else _decided(one, decision)
    return Night(day_of(reading.visit.started_at), seen)


def clearly_visible(sighting: Sighting, profile: Profile) -> bool | None:
    """Return whether *sighting* lies in its page's header or within the first screens; ``None`` where no browser looked."""
    if sighting.in_header:
        return True
    if sighting.box is None:
        return None
    _, top, _, height = sighting.box
    return bool(top + height <= SCREENS * WINDOW_HEIGHT[profile])


def _readings(session: Session, visits: Iterable[str]) -> Iterator[SiteReading]:
    """Give the visits with their clicks and sightings, and of these no more than a night is made of."""
    for batch in in_batches(sorted(visits)):
        query = select(Visit).where(Visit.id.in_(batch)).options(_OF_VISITS)
        readings = {visit.id: SiteReading(visit) for visit in session.scalars(query)}
        gone = [key for key in batch if key not in readings]
        if gone:
            what = f"visit {gone[0]}, which the edition rests on, is gone from the database"
            raise UserError(what, "put the record back from a backup, or score the edition again")
        for click in _rows(session, select(Click).where(Click.visit_id.in_(batch)).options(_OF_CLICKS)):
            readings[click.visit_id].clicks.append(click)
        for sighting in _rows(session, select(Sighting).where(Sighting.visit_id.in_(batch)).options(_OF_SIGHTINGS)):
            readings[sighting.visit_id].sightings.append(sighting)
        yield from readings.values()


def _rows(session: Session, query: Select[_Of]) -> Iterable[_Of]:
    return session.scalars(query)


def _reviewed(reading: SiteReading, merchant: MerchantFact, decided: Decisions) -> _Reviewed:
    """Return *reading* in one order on every database, its values as reviewers decided; no record is changed."""
    profile = reading.visit.profile
    touched: dict[Channel, list[str]] = {}
    dropped: set[Channel] = set()
    counting: list[Sighting] = []
    for sighting in reading.sightings:
        own = sighting.set_aside is None
        decision = (
            decided.values.get(value_of(merchant.id, sighting.channel, sighting.value)) if decided.values else None
        )
        if decision is not None and decision.own is not own:
            touched.setdefault(sighting.channel, []).append(decision.review)
            if own:
                dropped.add(sighting.channel)
            else:
                counting.append(_as_own(sighting, merchant.country))
        elif own:
            counting.append(sighting)
    counting.sort(key=lambda one: (clearly_visible(one, profile) is not True, one.page_url, one.value, one.id))
    kept = SiteReading(reading.visit, clicks=reading.clicks, sightings=counting)
    reviews = {channel: tuple(sorted(set(keys))) for channel, keys in touched.items()}
    return _Reviewed(kept, reviews, frozenset(dropped))


def _as_own(sighting: Sighting, country: str) -> Sighting:
    """Return a copy of what was set aside that counts, never to be stored."""
    return Sighting(
        id=sighting.id, visit_id=sighting.visit_id, page_url=sighting.page_url, depth=sighting.depth,
        channel=sighting.channel, value=sighting.value, readable=sighting.readable, confidence=sighting.confidence,
        price_class=sighting.price_class or _price_class(sighting, country), box=sighting.box, in_header=sighting.in_header,
    )  # fmt: skip


def _price_class(sighting: Sighting, country: str) -> PriceClass | None:
    """Return what a call to the value costs: of what was set aside, nobody asked."""
    if sighting.channel is not Channel.PHONE:
        return None
    # The tables of numbers take a quarter of a second to load, and few editions need them here.
    from spiders.detect.tariffs import tariff_of_value

    try:
        return tariff_of_value(sighting.value, country).price_class
    except ValueError:
        return None


def _seen(reviewed: _Reviewed, channel: Channel, outcome: Outcome, best: Sighting | None) -> ChannelSeen:
    visit, reviews = reviewed.reading.visit, reviewed.touched.get(channel, ())
    evidence = (f"visit:{visit.id}", *(f"review:{key}" for key in reviews))
    overruled = bool(reviews)
    if outcome.kind is OutcomeKind.NOT_MEASURED:
        reason = str(outcome.reason) if outcome.reason else None
        return ChannelSeen(outcome.kind, reason=reason, overruled=overruled, evidence=evidence)
    if best is None:
        if channel in reviewed.dropped and visit.search.get("proven") is not None:
            return ChannelSeen(OutcomeKind.NOT_MEASURED, reason=OVERRULED, overruled=True, evidence=evidence)
        if outcome.kind is OutcomeKind.NOT_FOUND and broken_off(visit.status, visit.status_reason):
            return ChannelSeen(OutcomeKind.NOT_MEASURED, reason=Reason.TIMEOUT, overruled=overruled, evidence=evidence)
        searched = None if outcome.searched is None else str(outcome.searched)
        return ChannelSeen(outcome.kind, overruled=overruled, evidence=evidence, searched=searched)
    return ChannelSeen(
        outcome.kind,
        clicks=outcome.clicks,
        at_least=outcome.at_least,
        clearly_visible=clearly_visible(best, visit.profile),
        price_class=best.price_class,
        confidence=best.confidence,
        overruled=overruled,
        evidence=(evidence[0], f"sighting:{best.id}", *evidence[1:]),
    )


def _decided(seen: ChannelSeen, decision: DepthDecision) -> ChannelSeen:
    """Return what a reviewer said of the depth, with what was seen of the channel where it is still there."""
    evidence = (*seen.evidence, f"review:{decision.review}")
    if decision.clicks is None:
        reason = OVERRULED if decision.kind is OutcomeKind.NOT_MEASURED else None
        return ChannelSeen(decision.kind, reason=reason, overruled=True, evidence=evidence)
    return seen._replace(
        kind=decision.kind,
        clicks=decision.clicks,
        at_least=decision.clicks,
        reason=None,
        searched=None,
        overruled=True,
        evidence=evidence,
    )
