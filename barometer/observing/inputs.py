"""What a category of an edition is computed from: which records count, by key, and by value what may change in them.

Written as canonical JSON, so that the same records give the same bytes on every machine and database.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from barometer.errors import UserError
from barometer.observations import MerchantFact
from storage.vocabulary import AttemptState, BlockedBy, Profile, ReplyKind

SCHEMA = "barometer-inputs/1"
"""Name of the file's form; a key that changes its meaning changes this."""

YEARS = range(1900, 2300)
"""Years in which a moment of an edition may lie (*ours*)."""

Json = dict[str, Any]
Read = TypeVar("Read")


class MerchantInput(NamedTuple):
    """A merchant as the panel held it; ``hours`` are its opening hours, which answers are timed by."""

    fact: MerchantFact
    hours: str | None = None


class AttemptInput(NamedTuple):
    """An attempt as it stood; ``published`` tells that the merchant itself gives the target out, as far as was known."""

    id: str
    state: AttemptState
    t0: datetime | None = None
    blocked_by: BlockedBy | None = None
    published: bool = True


class ReplyInput(NamedTuple):
    """A reply as the program saw it; what reviewers decided about it stands in the reviews."""

    id: str
    attempt_id: str | None
    kind: ReplyKind


class Inputs(NamedTuple):
    """The frozen inputs of one category.

    ``visits`` are one a merchant and day, by the profile of the window; ``profile`` is the one that is marked. Among the
    ``attempts`` are the reminders of first ones, which end the waiting for these. ``collected_until`` is up to when replies
    were collected, by campaign. All else are keys of records.
    """

    category: str
    profile: Profile
    merchants: tuple[MerchantInput, ...] = ()
    visits: Mapping[Profile, tuple[str, ...]] = {}
    attempts: tuple[AttemptInput, ...] = ()
    replies: tuple[ReplyInput, ...] = ()
    ratings: tuple[str, ...] = ()
    stamps: tuple[str, ...] = ()
    reviews: tuple[str, ...] = ()
    collected_until: Mapping[str, datetime] = {}

    def to_bytes(self) -> bytes:
        """Return the inputs as canonical JSON: keys sorted, no spaces, UTF-8, records by key."""
        told = {
            "schema": SCHEMA,
            "category": self.category,
            "profile": str(self.profile),
            "merchants": [_merchant_json(one) for one in sorted(self.merchants, key=lambda one: one.fact.id)],
            "visits": {str(profile): sorted(keys) for profile, keys in self.visits.items()},
            "attempts": [_attempt_json(one) for one in sorted(self.attempts, key=lambda one: one.id)],
            "replies": [one._asdict() for one in sorted(self.replies, key=lambda one: one.id)],
            "ratings": sorted(self.ratings),
            "stamps": sorted(self.stamps),
            "reviews": sorted(self.reviews),
            "collected_until": {key: _moment(at) for key, at in self.collected_until.items()},
        }
        return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def read(cls, content: bytes) -> "Inputs":
        """Return the inputs that :meth:`to_bytes` wrote; raises :class:`UserError` for what it did not."""
        try:
            return _inputs(_storable(json.loads(content), content))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            why = f"{type(error).__name__} {error}".encode("ascii", "replace").decode()[:80]
            raise UserError(
                f"the inputs of an edition are damaged ({' '.join(why.split())})",
                "put the file back from a backup of the evidence folder, or score the edition again",
            ) from None


def _merchant_json(one: MerchantInput) -> Json:
    return {**one.fact._asdict(), "hours": one.hours}


def _attempt_json(one: AttemptInput) -> Json:
    return {
        "id": one.id,
        "state": one.state,
        "t0": _moment(one.t0),
        "blocked_by": one.blocked_by,
        "published": one.published,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _inputs(told: Json) -> Inputs:
    if told["schema"] != SCHEMA:
        raise ValueError(f"schema {told['schema']!r} instead of {SCHEMA!r}")
    return Inputs(
        category=_text(told["category"]),
        profile=Profile(told["profile"]),
        merchants=_each(told["merchants"], _merchant),
        visits={Profile(profile): _texts(keys) for profile, keys in told["visits"].items()},
        attempts=_each(told["attempts"], _attempt),
        replies=_each(told["replies"], _reply),
        ratings=_texts(told["ratings"]),
        stamps=_texts(told["stamps"]),
        reviews=_texts(told["reviews"]),
        collected_until={_text(key): _instant(at) for key, at in told["collected_until"].items()},
    )


def _storable(told: Json, content: bytes) -> Json:
    """Refuse halves of characters, which JSON can write and nothing can store."""
    if b"\\ud" in content.lower():
        json.dumps(told, ensure_ascii=False).encode()
    return told


def _each(listed: Iterable[Any], read: Callable[[Any], Read]) -> tuple[Read, ...]:
    if not isinstance(listed, list):
        raise TypeError("a list is missing")
    return tuple(read(one) for one in listed)


def _texts(listed: list[Any]) -> tuple[str, ...]:
    """Return a list of keys; there may be hundreds of thousands of them."""
    if not isinstance(listed, list) or not all(type(one) is str for one in listed):
        raise TypeError("a list of keys is missing")
    return tuple(listed)


def _merchant(told: Json) -> MerchantInput:
    fact = MerchantFact(
        id=_text(told["id"]),
        key=_text(told["key"]),
        name=_text(told["name"]),
        url=_text(told["url"]),
        category=_text(told["category"]),
        country=_text(told["country"]),
        entered=_flag(told["entered"]),
        logo=_text_or_none(told["logo"]),
    )
    return MerchantInput(fact, _text_or_none(told["hours"]))


def _attempt(told: Json) -> AttemptInput:
    return AttemptInput(
        _text(told["id"]),
        AttemptState(told["state"]),
        None if told["t0"] is None else _instant(told["t0"]),
        None if told["blocked_by"] is None else BlockedBy(told["blocked_by"]),
        _flag(told["published"]),
    )


def _reply(told: Json) -> ReplyInput:
    return ReplyInput(_text(told["id"]), _text_or_none(told["attempt_id"]), ReplyKind(told["kind"]))


def _text(told: object) -> str:
    if not isinstance(told, str):
        raise TypeError(f"{told!r:.40} is no text")
    return told


def _text_or_none(told: object) -> str | None:
    return None if told is None else _text(told)


def _flag(told: object) -> bool:
    if not isinstance(told, bool):
        raise TypeError(f"{told!r:.40} is neither true nor false")
    return told


def _instant(told: object) -> datetime:
    moment = datetime.fromisoformat(_text(told))
    if moment.tzinfo is None:
        raise ValueError(f"{told!r:.40} names no time zone")
    if moment.year not in YEARS:
        raise ValueError(f"{told!r:.40} is too far away")
    return moment
