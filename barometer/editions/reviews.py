"""A reviewer's word on what an edition rests on: upheld or overruled, always as a record of its own, never as a change."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.edition import command
from barometer.editions.life import back_to_draft, locked, storable
from barometer.editions.queue import DOUBT, Item, ItemKind, doubt_subject
from barometer.errors import UserError
from barometer.observing.chosen_nights import VALID
from barometer.observing.sighting_reviews import DEEPEST, DEPTH, OWN, SIGHTING, depth_subject
from probes import reviewing
from probes.journal import OutOfStep
from probes.replies_reviewed import ATTEMPT, NO_ATTEMPT, BadReplacement, kind_of
from probes.replies_reviewed import SUBJECT as REPLY
from probes.reviewing import Decision, NoSuchReply
from storage.records import Edition, EditionState, Merchant, Review, Sighting, Verdict, Visit
from storage.vocabulary import Channel, OutcomeKind, SetAsideReason

SHORTEST_PREFIX = 4
"""Fewest digits that name a doubt, a sighting or a reply (*ours*)."""


class Target(NamedTuple):
    """What a review is about; ``item`` is the queue's, where it stands there."""

    subject: str
    subject_id: str
    item: Item | None = None


def target(session: Session, ref: str, items: Callable[[], Sequence[Item]]) -> Target:
    """Return what *ref* names: an item of the queue, or any ``depth:MERCHANT/CHANNEL``, ``sighting:KEY``, ``reply:KEY``.

    *items* gives the queue, which is only computed where it is needed. Raises :class:`UserError` where there is no such thing.
    """
    if ref != storable(ref):
        raise UserError(f"{ref[:40]!r} names nothing", "list what is there with: barometer review list EDITION")
    kind, colon, key = ref.partition(":")
    if colon and kind == DEPTH:
        return Target(DEPTH, _depth(session, key))
    if colon and kind == SIGHTING:
        return Target(SIGHTING, _sighting(session, key).id)
    if colon and kind == REPLY:
        return Target(REPLY, _reply(session, key))
    remedy = "list what is there with: barometer review list EDITION"
    if len(ref) < SHORTEST_PREFIX:
        raise UserError(f"'{ref[:40]}' names nothing", f"give {SHORTEST_PREFIX} signs or more; {remedy}")
    found = [item for item in items() if item.ref.startswith(ref)]
    if len(found) != 1:
        raise UserError(f"there is {'more than one' if found else 'no'} item '{ref[:60]}' in the queue", remedy)
    return Target(found[0].subject, found[0].subject_id, found[0])


def doubts_called(items: Sequence[Item], what: str, category: str | None = None) -> list[Target]:
    """Return the open doubts of *items* that are of the kind *what*; raises :class:`UserError` where there is none."""
    doubts = [item for item in items if item.is_open and item.kind is ItemKind.DOUBT]
    found = [item for item in doubts if item.what == what and category in (None, item.category)]
    if not found:
        known = ", ".join(sorted({item.what for item in doubts})) or "none"
        raise UserError(f"there is no open doubt of the kind '{what[:40]}'", f"open are: {known}")
    return [Target(item.subject, item.subject_id, item) for item in found]


def uphold(session: Session, edition: Edition, named: Target, by: str, why: str) -> None:
    """Record that what was found stands; of a depth, sighting or reply it undoes what a reviewer overruled before.

    Raises :class:`UserError` for what a person cannot decide, and for a published edition.
    """
    current = _reviewable(session, edition, by)
    _require_decidable(named)
    if named.subject == REPLY:
        _decide_reply(session, named, Decision(None, None, by, why))
    elif named.item is not None and named.item.kind is ItemKind.DOUBT:
        subject_id = doubt_subject(named.subject, named.subject_id, named.item.ref)
        _record(session, current, DOUBT, subject_id, Verdict.UPHELD, None, by, why)
    else:
        _record(session, current, named.subject, named.subject_id, Verdict.UPHELD, None, by, why)


def overrule(session: Session, edition: Edition, named: Target, value: str, by: str, why: str) -> None:
    """Record that *value* is true instead of what was found; it counts from the next scoring on.

    Raises :class:`UserError` for a value that means nothing there, for what a person cannot decide, and for a published
    edition.
    """
    current = _reviewable(session, edition, by)
    _require_decidable(named)
    if named.subject == REPLY:
        _decide_reply(session, named, _reply_decision(session, value, by, why))
        return
    if named.subject == DEPTH:
        replacement = _depth_value(value)
        _require_a_night(session, current, named.subject_id.rpartition("/")[0])
    elif named.subject == SIGHTING:
        replacement = _sighting_value(session.get_one(Sighting, named.subject_id), value)
    else:
        what = f"a doubt about {named.subject} has no value that could be replaced"
        raise UserError(what, "uphold it, or overrule the depth, sighting or reply that it rests on")
    _record(session, current, named.subject, named.subject_id, Verdict.OVERRULED, replacement, by, why)


def history(session: Session, named: Target) -> list[Review]:
    """Return the reviews of what *named* names, oldest first."""
    subjects = [(named.subject, named.subject_id)]
    if named.item is not None and named.item.kind is ItemKind.DOUBT:
        subjects.append((DOUBT, doubt_subject(named.subject, named.subject_id, named.item.ref)))
    found = [
        review
        for subject, subject_id in subjects
        for review in session.scalars(select(Review).where(Review.subject == subject, Review.subject_id == subject_id))
    ]
    return sorted(found, key=lambda review: (review.reviewed_at, review.id))


def merchant_named(session: Session, name: str) -> Merchant:
    """Return the merchant by its key in the panel or the key of its record; raises :class:`UserError` where there is none."""
    query = select(Merchant).where((Merchant.id == name) | (Merchant.key == name.strip().lower()))
    found = session.scalars(query.limit(1)).first() if name == storable(name) else None
    if found is None:
        raise UserError(f"the panel has no merchant '{name[:80]}'", "see: barometer panel list")
    return found


def _reviewable(session: Session, edition: Edition, by: str) -> Edition:
    current = locked(session, edition)
    if current.state is EditionState.PUBLISHED:
        what = f"revision {edition.revision} of edition '{edition.name}' is published and stays as it is"
        raise UserError(what, f"correct it by a new revision: {command('revise', edition)}")
    back_to_draft(session, current, by, "a reviewer decided anew")
    return current


def _require_a_night(session: Session, edition: Edition, merchant_id: str) -> None:
    """Refuse a depth of a merchant without a night in the tests: there is nothing for it to hold of."""
    query = select(Visit.id).where(
        Visit.merchant_id == merchant_id, Visit.status.in_(VALID), Visit.finished_at.is_not(None),
        Visit.started_at >= edition.tests_from, Visit.started_at < edition.tests_until,
    )  # fmt: skip
    if session.scalars(query.limit(1)).first() is None:
        what = f"{session.get_one(Merchant, merchant_id).key[:80]} has no night in the tests for a depth to hold of"
        raise UserError(what, "nothing was recorded: read its site during the tests, and score the edition again")


def _require_decidable(named: Target) -> None:
    item = named.item
    if item is not None and item.until is not None:
        raise UserError(f"{item.why}: nobody can decide that", "wait, and score the edition again")
    if item is not None and item.kind is ItemKind.DISPUTE:
        command_line = f"barometer edition resolve-dispute {named.subject_id[:12]} --founded (or --unfounded)"
        raise UserError("an objection is founded or unfounded", f"say which: {command_line}")


def _record(
    session: Session, edition: Edition, subject: str, subject_id: str, verdict: Verdict, replacement: str | None,
    by: str, why: str,
) -> None:  # fmt: skip
    session.add(
        Review(
            edition_id=edition.id,
            subject=subject,
            subject_id=subject_id,
            verdict=verdict,
            replacement=replacement,
            why=why,
            reviewer=by,
        )
    )
    session.flush()


def _depth(session: Session, key: str) -> str:
    merchant, slash, channel = key.rpartition("/")
    if not slash or channel not in set(Channel):
        raise UserError(
            f"'depth:{key[:80]}' names no depth", f"write depth:MERCHANT/CHANNEL, one of {', '.join(Channel)}"
        )
    return depth_subject(merchant_named(session, merchant).id, Channel(channel))


def _sighting(session: Session, key: str) -> Sighting:
    remedy = "take its key from: barometer review show, or an evidence export"
    if len(key) < SHORTEST_PREFIX:
        raise UserError(f"'{key[:40]}' is too short for a sighting", f"give {SHORTEST_PREFIX} digits or more")
    query = select(Sighting).where(Sighting.id.startswith(key.lower(), autoescape=True)).limit(2)
    found = session.scalars(query).all()
    if len(found) != 1:
        raise UserError(f"there is {'more than one' if found else 'no'} sighting '{key[:40]}'", remedy)
    return found[0]


def _reply(session: Session, key: str) -> str:
    try:
        return reviewing.find(session, key).reply.id
    except NoSuchReply as error:
        raise UserError(str(error), "see: barometer replies list") from None


def _depth_value(value: str) -> str:
    if value in (OutcomeKind.NOT_FOUND, OutcomeKind.NOT_MEASURED):
        return value
    if value.isascii() and value.isdigit() and len(value) <= len(str(DEEPEST)):
        return str(int(value))
    raise UserError(f"--as: '{value[:40]}' is no depth", f"give clicks, 0 to {DEEPEST}, or not_found, or not_measured")


def _sighting_value(sighting: Sighting, value: str) -> str:
    if sighting.set_aside is not None:
        if value == OWN:
            return OWN
        what = (
            f"--as: the sighting was set aside as {sighting.set_aside} already, and '{value[:40]}' does not change that"
        )
        raise UserError(what, f"give '{OWN}' if it is the merchant's after all, or uphold it")
    if value in set(SetAsideReason):
        return value
    raise UserError(f"--as: '{value[:40]}' is no reason to set it aside", f"give one of {', '.join(SetAsideReason)}")


def _reply_decision(session: Session, value: str, by: str, why: str) -> Decision:
    try:
        if value == NO_ATTEMPT:
            return Decision(None, NO_ATTEMPT, by, why)
        if value.startswith(ATTEMPT):
            return Decision(None, ATTEMPT + reviewing.attempt_named(session, value.removeprefix(ATTEMPT)).id, by, why)
        return Decision(kind_of(value), None, by, why)
    except BadReplacement as error:
        raise UserError(f"--as: {error}", f"or give attempt:KEY, or {NO_ATTEMPT}") from None
    except NoSuchReply as error:
        raise UserError(f"--as: {error}", f"give the first digits of its key, or {NO_ATTEMPT}") from None


def _decide_reply(session: Session, named: Target, decision: Decision) -> None:
    try:
        reviewing.decide(session, reviewing.find(session, named.subject_id).reply, decision)
    except OutOfStep as error:
        raise UserError(str(error), "try again: another process wrote at the same time") from None
