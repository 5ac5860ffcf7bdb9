"""What merchants are told before an edition is published: each its own facts, no marks, nobody else's."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.audit_files import json_file, prepare_folder, write_atomically
from barometer.campaign_status import iso
from barometer.edition import days_of_tests, frozen_inputs, observed, require_scored
from barometer.editions.basis import basis
from barometer.editions.life import happened, locked
from barometer.editions.obstacles import opted_out
from barometer.editions.queue import awaited_on
from barometer.errors import UserError
from barometer.in_batches import in_batches
from barometer.observations import Answered, ChannelSeen, Ending, Missing, Never, Observed, Pending, Tried
from barometer.reports.wording import Language
from barometer.settings import Operator
from storage.database import Database
from storage.evidence import EvidenceStore
from storage.records import Attempt, Edition, EditionState, EditionStep, Sighting, utc_now

SCHEMA = "barometer-notice/1"
LONGEST_SLUG = 40
"""Letters of a merchant's key in a file name (*ours*)."""

Json = dict[str, Any]


class Order(NamedTuple):
    """Which notices to write where; ``until`` is the last moment at which objections are taken, ``only`` are keys."""

    folder: Path
    language: Language
    until: datetime | None
    operator: Operator
    only: tuple[str, ...] = ()


class Written(NamedTuple):
    """The files, and how many merchants got none because they asked to be left alone."""

    files: tuple[Path, ...]
    left_alone: int


def write(
    database: Database, store: EvidenceStore, edition: Edition, order: Order, actor: str,
    told: Callable[[int, int, str], None],
) -> Written:  # fmt: skip
    """Write the notices of *edition*, a page and a JSON file a merchant, and record that they were written, with their sums.

    Raises :class:`UserError` while answers may still come, since who knows which messages were tests answers them
    differently; for a folder that cannot be written; for a merchant that is not in the edition.
    """
    from barometer.reports.notice_page import notice_page

    require_scored(edition)
    _require_a_time_to_object(order)
    prepare_folder(order.folder)
    files: list[Path] = []
    sums: dict[str, str] = {}
    with database.reading() as session:
        _require_over(session, store, edition)
        inputs = [one for _, one in frozen_inputs(session, store, edition)]
        known = {one.fact.id: one.fact.key for each in inputs for one in each.merchants}
        _require_known(order, known.values(), edition)
        alone = opted_out(session, known)
        wanted = [key for key, name in known.items() if key not in alone and (not order.only or name in order.only)]
        for notice in _notices(session, store, edition, order, set(wanted)):
            told(len(sums), len(wanted), notice["merchant"]["name"])
            text = json_file(notice)
            name = file_name(notice["merchant"]["key"])
            files.append(_written(order.folder / f"{name}.html", notice_page(notice, order.language)))
            files.append(_written(order.folder / f"{name}.json", text))
            sums[notice["merchant"]["key"]] = hashlib.sha256(text.encode()).hexdigest()
    told(len(sums), len(sums), "")
    with database.session() as session:
        until = None if order.until is None else order.until.isoformat()
        detail = {"until": until, "language": str(order.language), "notices": sums}
        happened(session, locked(session, edition), EditionStep.NOTIFIED, actor, detail=detail)
    return Written(tuple(files), len(alone) if not order.only else 0)


def file_name(key: str) -> str:
    """Return the name, without suffix, of the files for the merchant *key*: letters, digits, hyphens, whatever it holds."""
    plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_SLUG].strip("-")
    return f"{slug or 'merchant'}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _require_a_time_to_object(order: Order) -> None:
    if order.until is not None and order.until <= utc_now():
        raise UserError(f"--until: {order.until.date()} is over", "give merchants a day to come")


def _require_over(session: Session, store: EvidenceStore, edition: Edition) -> None:
    now, (_, last) = utc_now(), days_of_tests(edition)
    if now < edition.tests_until:
        what = f"the tests of edition '{edition.name}' run until {last}: who knows them answers them differently"
        raise UserError(what, "write the notices when they are over")
    for item in awaited_on(basis(session, store, edition).closing, now):
        raise UserError(item.why, "write the notices after that: who knows the tests answers them differently")


def _require_known(order: Order, known: Any, edition: Edition) -> None:
    missing = sorted(set(order.only) - set(known))
    if missing:
        what = f"edition '{edition.name}' has no merchant '{missing[0][:80]}'"
        raise UserError(what, "give its key in the panel: barometer panel list")


def _notices(
    session: Session, store: EvidenceStore, edition: Edition, order: Order, wanted: set[str]
) -> Iterator[Json]:
    for _, seen in observed(session, store, edition):
        chosen = [one for one in seen if one.merchant.id in wanted]
        sightings = _sightings(session, chosen)
        moments = _moments(session, chosen)
        for one in chosen:
            yield _notice(edition, order, one, sightings, moments)


def _notice(
    edition: Edition, order: Order, one: Observed, sightings: Mapping[str, Sighting], moments: Mapping[str, datetime]
) -> Json:
    """Return what one merchant is told: plain values, times in UTC."""
    first, last = days_of_tests(edition)
    return {
        "schema": SCHEMA,
        "confidential": True,
        "edition": {
            "name": edition.name, "title": edition.title, "year": edition.year, "revision": edition.revision,
            "tests_from": first.isoformat(), "tests_until": last.isoformat(), "scored_at": iso(edition.scored_at),
            "published": edition.state is EditionState.PUBLISHED,
        },
        "merchant": {"key": one.merchant.key, "name": one.merchant.name, "url": one.merchant.url},
        "object_until": None if order.until is None else order.until.date().isoformat(),
        "object_to": {"name": order.operator.name, "contact": order.operator.contact},
        "nights": [
            {
                "day": night.day.isoformat(),
                "visit": next(
                    (key for seen in night.channels.values() for key in _references(seen.evidence, "visit")), None
                ),
                "channels": {str(channel): _seen(seen) for channel, seen in night.channels.items()},
            }
            for night in one.nights
        ],
        "values": _values(one, sightings),
        "attempts": [_attempt(tried, moments) for tried in sorted(one.attempts, key=lambda tried: _order(tried, moments))],
    }  # fmt: skip


def _seen(seen: ChannelSeen) -> Json:
    return {
        "outcome": str(seen.kind), "clicks": seen.clicks, "at_least": seen.at_least,
        "clearly_visible": seen.clearly_visible, "price_class": seen.price_class and str(seen.price_class),
        "reason": seen.reason, "overruled": seen.overruled,
    }  # fmt: skip


def _values(one: Observed, sightings: Mapping[str, Sighting]) -> list[Json]:
    """Return every number and address that was taken for the merchant's, once, with the nights it was seen on."""
    found: dict[tuple[str, str], Json] = {}
    for night in one.nights:
        for channel, seen in night.channels.items():
            for key in _references(seen.evidence, "sighting"):
                sighting = sightings.get(key)
                if sighting is not None:
                    told = found.setdefault((str(channel), sighting.value), _value(sighting))
                    told["nights"].append(night.day.isoformat())
    return [found[key] for key in sorted(found)]


def _value(sighting: Sighting) -> Json:
    return {
        "channel": str(sighting.channel), "value": sighting.value, "display": sighting.display or sighting.value,
        "page": sighting.page_url, "price_class": sighting.price_class and str(sighting.price_class), "nights": [],
    }  # fmt: skip


def _attempt(tried: Tried, moments: Mapping[str, datetime]) -> Json:
    return {
        "attempt": tried.attempt, "channel": str(tried.channel), "at": iso(moments.get(tried.attempt)),
        **_ending(tried.ending), "acknowledged_seconds": tried.acknowledged,
    }  # fmt: skip


def _ending(ending: Ending) -> Json:
    match ending:
        case Answered(seconds=seconds):
            return {"ended": "answered", "seconds": seconds, "reason": None}
        case Never(seconds=seconds):
            return {"ended": "never", "seconds": seconds, "reason": None}
        case Pending(seconds=seconds):
            return {"ended": "open", "seconds": seconds, "reason": None}
        case Missing(reason=reason):
            return {"ended": "not_counted", "seconds": None, "reason": reason}


def _order(tried: Tried, moments: Mapping[str, datetime]) -> tuple[str, str, str]:
    return str(tried.channel), iso(moments.get(tried.attempt)) or "", tried.attempt


def _sightings(session: Session, chosen: list[Observed]) -> dict[str, Sighting]:
    keys = {
        key
        for one in chosen
        for night in one.nights
        for seen in night.channels.values()
        for key in _references(seen.evidence, "sighting")
    }
    found: dict[str, Sighting] = {}
    for batch in in_batches(sorted(keys)):
        found |= {one.id: one for one in session.scalars(select(Sighting).where(Sighting.id.in_(batch)))}
    return found


def _moments(session: Session, chosen: list[Observed]) -> dict[str, datetime]:
    """Return when each attempt was accepted, by its key."""
    found: dict[str, datetime] = {}
    for batch in in_batches(sorted({tried.attempt for one in chosen for tried in one.attempts})):
        for key, t0 in session.execute(select(Attempt.id, Attempt.t0).where(Attempt.id.in_(batch))):
            if t0 is not None:
                found[key] = t0
    return found


def _references(evidence: tuple[str, ...], kind: str) -> list[str]:
    return [one.removeprefix(f"{kind}:") for one in evidence if one.startswith(f"{kind}:")]


def _written(file: Path, text: str) -> Path:
    try:
        return write_atomically(file, text)
    except OSError as error:
        raise UserError(f"{file}: {error.strerror or error}", "give --out a folder that can be written") from None
