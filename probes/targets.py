"""Where an attempt goes: what the panel says, else what the newest visit to the merchant's site saw."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.records import Merchant, Sighting, Visit
from storage.vocabulary import BlockedBy, Channel, VisitStatus

AT_ONCE = 500
"""Merchants looked up with one question (*ours*: SQLite takes at most 32,766 values in one)."""
CHANNELS = (
    Channel.EMAIL,
    Channel.FORM,
    Channel.PHONE,
    Channel.X,
    Channel.FACEBOOK,
    Channel.CHAT,
    Channel.CALLBACK,
    Channel.WHATSAPP,
    Channel.CONTACT_PAGE,
)
"""Channels on which attempts are made; ``contact_page`` is a person who looks for the answer on the site alone."""

_PANEL = {Channel.EMAIL: "email", Channel.PHONE: "phone", Channel.X: "x", Channel.FACEBOOK: "facebook"}
_READ = (VisitStatus.COMPLETE, VisitStatus.PARTIAL)
_ADDRESS_WORDS = re.compile(r"[a-z]+(?:-[a-z]+)*")


class Target(NamedTuple):
    """Where an attempt goes, and who says so: ``panel``, ``site`` or ``sighting ID``."""

    value: str
    source: str


class NoTarget(NamedTuple):
    """There is nowhere to go, and why: the merchant shows nothing, or, with ``looked`` false, nobody has looked.

    ``by`` is what attempts are blocked by: no address, or one whose owner asked to be left alone.
    """

    why: str
    looked: bool
    by: BlockedBy = BlockedBy.NO_ADDRESS


class Seen(NamedTuple):
    """What a channel's sighting says, as far as it matters here."""

    id: str
    channel: Channel
    value: str
    page_url: str
    depth: int


def targets(
    session: Session, merchants: Sequence[Merchant], channels: Collection[Channel]
) -> dict[tuple[str, Channel], Target | NoTarget]:
    """Return where each of *merchants* is reached on each of *channels*, by the merchant's key in the database.

    The panel wins over the newest closed visit that could read the site. Values that were set aside do not count.
    """
    visits = _newest_visits(session, [merchant.id for merchant in merchants])
    seen = _seen(session, visits, channels)
    return {
        (merchant.id, channel): _target(merchant, channel, seen[visits.get(merchant.id, "")], merchant.id in visits)
        for merchant in merchants
        for channel in channels
    }


def languages(session: Session, merchants: Sequence[Merchant]) -> dict[str, str | None]:
    """Return the language of each of *merchants*' sites, by key: the panel's word, else the newest visit's."""
    visits = _newest_visits(session, [merchant.id for merchant in merchants])
    spoken: dict[str, str | None] = {}
    for part in _parts(list(visits.values())):
        rows = session.execute(select(Visit.id, Visit.language).where(Visit.id.in_(part)))
        spoken |= {visit_id: language for visit_id, language in rows}  # noqa: C416 - rows are no pairs to mypy
    return {one.id: one.language or spoken.get(visits.get(one.id, "")) for one in merchants}


def domain_of(channel: Channel, target: str | None) -> str:
    """Return the registered domain that *target* burdens, for the cap of a day and domain; empty where it has none."""
    if not target:
        return ""
    if channel is Channel.EMAIL:
        return _registered(target.rpartition("@")[2])
    if channel in (Channel.FORM, Channel.CHAT, Channel.CALLBACK, Channel.CONTACT_PAGE):
        try:
            return _registered(urlsplit(target).hostname or "")
        except ValueError:
            return ""
    return ""


def _target(merchant: Merchant, channel: Channel, seen: Iterable[Seen], visited: bool) -> Target | NoTarget:
    if channel is Channel.CONTACT_PAGE:
        return Target(merchant.url, "site")
    known = getattr(merchant, _PANEL[channel]) if channel in _PANEL else None
    if known:
        return Target(known, "panel")
    found = sorted((one for one in seen if one.channel is channel), key=lambda one: _place(one, merchant))
    if channel is Channel.EMAIL:
        found = [one for one in found if not _read_by(one.value, "nobody")]
    if found:
        first = found[0]
        value = first.page_url if channel in (Channel.CHAT, Channel.CALLBACK) else first.value
        return Target(value, f"sighting {first.id}")
    if visited:
        return NoTarget(f"the panel names no {channel}, and the site shows none", looked=True)
    return NoTarget(f"the panel names no {channel}, and the site was not read", looked=False)


def _place(seen: Seen, merchant: Merchant) -> tuple[bool, int, bool, str]:
    """Return what comes first: an address for customers, few clicks away, at the merchant's own domain."""
    if seen.channel is not Channel.EMAIL:
        return False, seen.depth, False, seen.value
    own = _registered(urlsplit(merchant.url).hostname or "")
    return (
        _read_by(seen.value, "others"),
        seen.depth,
        _registered(seen.value.rpartition("@")[2]) != own,
        seen.value,
    )


def _registered(host: str) -> str:
    # The list of public suffixes takes a quarter of a second to load, which --help need not pay.
    from spiders.scope import registered_domain

    return registered_domain(host)


def _read_by(address: str, readers: str) -> bool:
    local = address.rpartition("@")[0].lower().replace("_", "-").replace(".", "-")
    words = _local_parts()[readers]
    return any(local == word or local.startswith(f"{word}-") or local.endswith(f"-{word}") for word in words)


@cache
def _local_parts() -> Mapping[str, tuple[str, ...]]:
    table = tomllib.loads((files("probes") / "targets.toml").read_text("utf-8"))
    if set(table) != {"others", "nobody"}:
        raise ValueError("targets.toml: must hold others and nobody")
    for key, words in table.items():
        if not words or not all(isinstance(word, str) and _ADDRESS_WORDS.fullmatch(word) for word in words):
            raise ValueError(f"targets.toml: {key}: must be a list of words in lower case")
    return {key: tuple(words) for key, words in table.items()}


def _newest_visits(session: Session, merchant_ids: Sequence[str]) -> dict[str, str]:
    """Return the key of each merchant's newest closed visit that read the site."""
    found: dict[str, str] = {}
    for part in _parts(merchant_ids):
        closed = (Visit.merchant_id.in_(part), Visit.finished_at.is_not(None), Visit.status.in_(_READ))
        newest = (
            select(Visit.merchant_id, func.max(Visit.finished_at).label("at"))
            .where(*closed)
            .group_by(Visit.merchant_id)
        ).subquery()
        query = select(Visit.merchant_id, Visit.id).join(
            newest, (newest.c.merchant_id == Visit.merchant_id) & (newest.c.at == Visit.finished_at)
        )
        found |= {str(merchant_id): visit_id for merchant_id, visit_id in session.execute(query.order_by(Visit.id))}
    return found


def _seen(session: Session, visits: Mapping[str, str], channels: Collection[Channel]) -> defaultdict[str, list[Seen]]:
    found: defaultdict[str, list[Seen]] = defaultdict(list)
    for part in _parts(list(visits.values())):
        query = select(
            Sighting.visit_id, Sighting.id, Sighting.channel, Sighting.value, Sighting.page_url, Sighting.depth
        ).where(Sighting.visit_id.in_(part), Sighting.channel.in_(channels), Sighting.set_aside.is_(None))
        for visit_id, key, channel, value, page, depth in session.execute(query):
            found[visit_id].append(Seen(key, channel, value, page, depth))
    return found


def _parts(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))
