"""The criteria that people mark, and the marks they give."""

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.records import Rating
from storage.vocabulary import Channel

FILE = "criteria.toml"
VALUES = (Decimal(0), Decimal(1), Decimal(2))
"""The marks there are (scale of the award "Élu Service Client de l'Année")."""
LONGEST_REASON = 500
"""Characters of a reason that are kept (*ours*)."""


class Criterion(NamedTuple):
    """One thing that is marked: on which channels, what it asks, and what 0, 1 and 2 mean."""

    key: str
    channels: frozenset[Channel]
    needs_answer: bool
    asks: str
    levels: tuple[str, str, str]


class Given(NamedTuple):
    """A mark."""

    value: Decimal


class NotJudged(NamedTuple):
    """Why there is no mark: the criterion could not be judged, which is never a zero."""

    why: str


Judgement = Given | NotJudged


@cache
def criteria() -> Mapping[str, Criterion]:
    """Return every criterion by its key; raises ``ValueError`` when the file does not hold what it should."""
    table = tomllib.loads((files("probes") / FILE).read_text("utf-8"))
    return {key: _read(key, entry) for key, entry in table.items()}


def criteria_of(channel: Channel, *, answered: bool) -> list[Criterion]:
    """Return what is marked on *channel*, in the order of the file, where somebody *answered* or nobody did."""
    return [one for one in criteria().values() if channel in one.channels and (answered or not one.needs_answer)]


def judgement(text: str) -> Judgement:
    """Return what *text* says: 0, 1 or 2 is a mark, words are why there is none. Raises ``ValueError`` for the rest."""
    text = " ".join(text.split())
    if text in {"0", "1", "2"}:
        return Given(Decimal(text))
    if sum(sign.isalpha() for sign in text) < 3:
        raise ValueError("must be 0, 1 or 2, or words that say why it cannot be judged")
    return NotJudged(text[:LONGEST_REASON])


def rating(attempt_id: str, key: str, rater: str, judged: Judgement) -> Rating:
    """Return the record of what *rater* thinks of an attempt by the criterion *key*; ``KeyError`` where there is none."""
    criterion = criteria()[key].key
    if isinstance(judged, Given):
        return Rating(attempt_id=attempt_id, criterion=criterion, rater=rater, value=judged.value)
    return Rating(attempt_id=attempt_id, criterion=criterion, rater=rater, value=None, why=judged.why)


def give(session: Session, attempt_id: str, rater: str, judged: Mapping[str, Judgement]) -> int:
    """Add what *rater* thinks of an attempt, by criterion, and return how many ratings are new.

    What the rater has said already, in the same words, is not said again.
    """
    standing = {one.criterion: judgement_of(one) for one in latest(session, attempt_id) if one.rater == rater}
    new = [rating(attempt_id, key, rater, one) for key, one in judged.items() if standing.get(key) != one]
    session.add_all(new)
    return len(new)


def latest(session: Session, attempt_id: str) -> list[Rating]:
    """Return the ratings of an attempt that count: each rater's last one a criterion."""
    return latest_of(session.scalars(select(Rating).where(Rating.attempt_id == attempt_id)))


def latest_of(ratings: Iterable[Rating]) -> list[Rating]:
    """Return those of *ratings* that count: each rater's last one an attempt and criterion."""
    counting: dict[tuple[str, str, str], Rating] = {}
    for one in sorted(ratings, key=lambda given: (given.given_at, given.id)):
        counting[one.attempt_id, one.criterion, one.rater] = one
    return list(counting.values())


def judgement_of(one: Rating) -> Judgement:
    """Return what a rating's record says."""
    return NotJudged(one.why or "") if one.value is None else Given(one.value)


def _read(key: str, entry: Mapping[str, object]) -> Criterion:
    channels, levels = entry.get("channels"), entry.get("levels")
    asks, needs = entry.get("asks"), entry.get("needs_answer")
    if not isinstance(channels, list) or not channels or not isinstance(needs, bool) or not isinstance(asks, str):
        raise ValueError(f"{FILE}: {key}: needs channels, needs_answer (true or false) and asks")
    if not isinstance(levels, list) or len(levels) != len(VALUES) or not all(isinstance(one, str) for one in levels):
        raise ValueError(f"{FILE}: {key}: levels must be three sentences, for 0, 1 and 2")
    try:
        known = frozenset(map(Channel, channels))
    except ValueError as error:
        raise ValueError(f"{FILE}: {key}: channels: {error}") from None
    return Criterion(key, known, needs, asks, (levels[0], levels[1], levels[2]))
