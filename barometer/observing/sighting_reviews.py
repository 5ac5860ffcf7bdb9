"""What reviewers decided about the sightings and depths of merchants, for all nights of an edition at once.

A review of a sighting speaks of its channel and value wherever this merchant shows it; one of a depth, of the whole channel.
Later reviews outweigh earlier ones, and nothing is ever changed in what was recorded.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.errors import UserError
from barometer.in_batches import in_batches
from storage.records import Review, Sighting, Verdict, Visit
from storage.vocabulary import Channel, OutcomeKind, SetAsideReason

SIGHTING = "sighting"
"""What reviews of sightings name as their subject; their ``subject_id`` is the sighting's key."""
DEPTH = "depth"
"""What reviews of depths name as their subject; their ``subject_id`` is made by :func:`depth_subject`."""
OWN = "own"
"""The replacement that says: what was set aside is the merchant's after all."""
DEEPEST = 99
"""The most clicks that a reviewer can say (*ours*)."""

Value = tuple[str, Channel, str]
"""A merchant's key, a channel, and a value as it is compared."""


class ValueDecision(NamedTuple):
    """Whether a value is the merchant's ``own`` or set aside, and the review that says so."""

    own: bool
    review: str


class DepthDecision(NamedTuple):
    """What a channel's depth is on every night, and the review that says so; ``clicks`` are set for ``exact`` only."""

    kind: OutcomeKind
    clicks: int | None
    review: str


class Decisions(NamedTuple):
    """What reviewers decided, by value and by merchant and channel; what they upheld is not in it."""

    values: Mapping[Value, ValueDecision]
    depths: Mapping[tuple[str, Channel], DepthDecision]


class _Reviewed(NamedTuple):
    """What a reviewed sighting is of; ``own`` is what the program took it for."""

    value: Value
    own: bool


def value_of(merchant_id: str, channel: Channel, value: str) -> Value:
    """Return what tells a merchant's values apart: upper and lower case are one."""
    return merchant_id, channel, value.casefold()


def depth_subject(merchant_id: str, channel: Channel) -> str:
    """Return what a review of this channel's depth names as its subject's key."""
    return f"{merchant_id}/{channel}"


def decisions(session: Session, reviews: Iterable[Review]) -> Decisions:
    """Return what *reviews* decide about sightings and depths; those of other subjects are passed over.

    Only the review that stands is interpreted: a later one mends whatever an earlier one says. Raises :class:`UserError` for
    a reviewed sighting that is gone, and for a replacement that means nothing.
    """
    ordered = sorted(reviews, key=lambda review: (review.reviewed_at, review.id))
    about_sightings = [review for review in ordered if review.subject == SIGHTING]
    reviewed = _reviewed(session, {review.subject_id for review in about_sightings})
    values: dict[Value, Review] = {}
    for review in about_sightings:
        what = reviewed.get(review.subject_id)
        if what is None:
            said = f"sighting {review.subject_id:.40}, which review {review.id} is about, is gone from the database"
            raise UserError(said, "put the record back from a backup, or score the edition again")
        _decide(values, what, review)
    depths = {review.subject_id: review for review in ordered if review.subject == DEPTH}
    return Decisions(
        {value: ValueDecision(says_own(review), review.id) for value, review in values.items()},
        {
            _merchant_and_channel(review): depth_decision(review)
            for review in depths.values()
            if review.verdict is Verdict.OVERRULED
        },
    )


def says_own(review: Review) -> bool:
    """Return whether *review*, which overrules a sighting, says that its value is the merchant's own.

    Raises :class:`UserError` when its replacement is neither :data:`OWN` nor empty nor a reason to set it aside.
    """
    if review.replacement == OWN:
        return True
    if review.replacement is None or review.replacement in set(SetAsideReason):
        return False
    raise _meaningless(review, f"give '{OWN}', nothing, or one of {', '.join(SetAsideReason)}")


def depth_decision(review: Review) -> DepthDecision:
    """Return what *review*, which overrules a depth, says; raises :class:`UserError` when its replacement means nothing."""
    said = review.replacement or ""
    if said in (OutcomeKind.NOT_FOUND, OutcomeKind.NOT_MEASURED):
        return DepthDecision(OutcomeKind(said), None, review.id)
    if said.isascii() and said.isdigit() and len(said) <= len(str(DEEPEST)):
        return DepthDecision(OutcomeKind.EXACT, int(said), review.id)
    raise _meaningless(review, f"give clicks from 0 to {DEEPEST}, not_found or not_measured")


def _decide(values: dict[Value, Review], what: _Reviewed, review: Review) -> None:
    """Let *review* decide about the value; one that upholds undoes only what says otherwise than the program did."""
    if review.verdict is Verdict.OVERRULED:
        values[what.value] = review
    elif what.value in values and not _says_the_same(values[what.value], what.own):
        del values[what.value]


def _says_the_same(review: Review, own: bool) -> bool:
    try:
        return says_own(review) is own
    except UserError:
        return False


def _reviewed(session: Session, keys: Iterable[str]) -> dict[str, _Reviewed]:
    found: dict[str, _Reviewed] = {}
    for batch in in_batches(sorted(keys)):
        query = (
            select(Sighting.id, Visit.merchant_id, Sighting.channel, Sighting.value, Sighting.set_aside)
            .join(Visit, Visit.id == Sighting.visit_id)
            .where(Sighting.id.in_(batch))
        )
        for key, merchant_id, channel, value, set_aside in session.execute(query):
            found[key] = _Reviewed(value_of(merchant_id or "", channel, value), set_aside is None)
    return found


def _merchant_and_channel(review: Review) -> tuple[str, Channel]:
    merchant_id, _, channel = review.subject_id.rpartition("/")
    if channel not in set(Channel):
        raise UserError(
            f"review {review.id} is about the depth of no channel: {review.subject_id[:60]!r}", "record it anew"
        )
    return merchant_id, Channel(channel)


def _meaningless(review: Review, remedy: str) -> UserError:
    said = (review.replacement or "")[:40]
    return UserError(f"review {review.id} replaces what it overrules by {said!r}, which means nothing there", remedy)
