"""Whether the records of an edition are still those that its marks rest on: chosen again, and compared, record by record."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

from barometer import observing
from barometer.edition import grid_of
from storage.evidence import EvidenceStore
from storage.records import Edition

NAMED = 5
"""Categories that a sentence names (*ours*)."""
_KINDS = {
    "merchants": ("merchant", "merchants"),
    "visits": ("visit", "visits"),
    "attempts": ("attempt", "attempts"),
    "replies": ("reply", "replies"),
    "ratings": ("rating", "ratings"),
    "stamps": ("stamp", "stamps"),
    "reviews": ("review", "reviews"),
}


def outdated(
    session: Session, store: EvidenceStore, edition: Edition, frozen: Mapping[str, "observing.Inputs"]
) -> Iterator[str]:
    """Yield a sentence where the records of *edition*, by category, are not those of its *frozen* inputs any more.

    Up to when replies were collected is not compared: that moves on while windows are open, and these are told apart.
    """
    grid = grid_of(session, store, edition)
    count: Counter[str] = Counter()
    changed: list[str] = []
    for category in observing.categories(session, edition):
        if category not in frozen:
            changed.append(category)
    for category, before in frozen.items():
        differing = _differing(before, observing.choose(session, edition, grid, category))
        count.update(differing)
        changed += [category] if differing else []
    if changed:
        yield f"what {_named(sorted(changed))} on changed since it was scored{_counted(count)}; score it again"


def _differing(before: "observing.Inputs", now: "observing.Inputs") -> Counter[str]:
    """Return how many records of each kind came, went, or say something else."""
    found: Counter[str] = Counter()
    for kind in _KINDS:
        was, is_ = (_by_key(kind, getattr(one, kind)) for one in (before, now))
        found[kind] = sum(was.get(key) != is_.get(key) for key in {*was, *is_})
    return +found


def _by_key(kind: str, records: Any) -> Mapping[str, Any]:
    match kind:
        case "merchants":
            return {one.fact.id: one for one in records}
        case "visits":
            return {key: profile for profile, keys in records.items() for key in keys}
        case "attempts" | "replies":
            return {one.id: one for one in records}
    return dict.fromkeys(records, True)


def _named(categories: Collection[str]) -> str:
    shown = [f"'{name[:60]}'" for name in list(categories)[:NAMED]]
    if len(categories) == 1:
        return f"category {shown[0]} rests"
    more = f" and {len(categories) - NAMED} more" if len(categories) > NAMED else ""
    return f"categories {', '.join(shown)}{more} rest"


def _counted(count: Mapping[str, int]) -> str:
    told = [f"{count[kind]} {one if count[kind] == 1 else many}" for kind, (one, many) in _KINDS.items() if count[kind]]
    return f" ({', '.join(told)})" if told else ""
