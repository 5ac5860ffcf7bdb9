"""The tables that are made from an edition: categories, scores, places, marks, nights, attempts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from barometer.observations import (
    Finding,
    MerchantFact,
    Missing,
    Nothing,
    Observed,
    Seen,
    Tried,
    Unknown,
)
from barometer.podium import Podium
from barometer.ranking import Ranking
from barometer.scoring import CriterionMark, Score
from barometer.tables.table import Row, Source
from barometer.tables.words import result_tables

Told = Iterator[tuple[str, Sequence[Row]]]

CATEGORY, SCORE, PLACE, MARK = "result_category", "result_score", "result_place", "result_mark"
NIGHT, ATTEMPT = "result_night", "result_attempt"


def result_sources(
    edition: str,
    revision: int,
    rankings: Callable[[], Iterable[Ranking]],
    observed: Callable[[], Iterable[tuple[str, list[Observed]]]],
    hidden: frozenset[str],
) -> list[Source]:
    """Return the sources of an edition's tables; merchants whose keys are *hidden* are left out.

    *rankings* and *observed* are asked for once each, when their tables are read, and a category at a time.
    """
    tables = result_tables()
    head = (edition, revision)

    def marks() -> Told:
        for ranking in rankings():
            yield from _of_ranking((*head, ranking.category), ranking, hidden)

    def facts() -> Told:
        for category, everyone in observed():
            for one in everyone:
                if one.merchant.id not in hidden:
                    yield from _of_observed((*head, category), one)

    return [
        Source(tuple(tables[name] for name in (CATEGORY, SCORE, PLACE, MARK)), marks, lambda: None),
        Source(tuple(tables[name] for name in (NIGHT, ATTEMPT)), facts, lambda: None),
    ]


def _of_ranking(head: tuple[Any, ...], ranking: Ranking, hidden: frozenset[str]) -> Told:
    everyone = [*(placed.score for placed in ranking.placed), *ranking.unplaced]
    scores = [score for score in everyone if score.merchant.id not in hidden]
    eligible = sum(not score.ineligible for score in everyone)
    rewarded = sum(placed.rewarded for placed in ranking.placed)
    yield CATEGORY, [(*head, len(everyone), eligible, rewarded, ranking.why_no_podium)]
    yield SCORE, [(*head, *_who(score.merchant), *_score(score)) for score in scores]
    named = {laureate.merchant.id for laureate in Podium(ranking).laureates}
    yield (
        PLACE,
        [
            (
                *head, *_who(placed.score.merchant), placed.place, placed.score.score, placed.rewarded,
                placed.score.merchant.id in named, placed.stability,
            )
            for placed in ranking.placed
            if placed.score.merchant.id not in hidden
        ],
    )  # fmt: skip
    for score in scores:
        yield MARK, [(*head, *_who(score.merchant), *_mark(mark)) for mark in score.marks]


def _of_observed(head: tuple[Any, ...], one: Observed) -> Told:
    start = (*head, *_who(one.merchant))
    yield (
        NIGHT,
        [
            (
                *start, night.day, str(channel), str(seen.kind), seen.clicks, seen.at_least, seen.clearly_visible,
                _word(seen.price_class), seen.confidence, seen.reason, seen.overruled, list(seen.evidence),
            )
            for night in one.nights
            for channel, seen in night.channels.items()
        ],
    )  # fmt: skip
    yield ATTEMPT, [(*start, *_attempt(tried)) for tried in one.attempts]


def _who(merchant: MerchantFact) -> tuple[str, str, str]:
    return merchant.id, merchant.key, merchant.name


def _score(score: Score) -> tuple[Any, ...]:
    low, high = score.interval or (None, None)
    return (
        score.score, low, high, *_both(score.coverage), not score.ineligible, list(score.ineligible), score.labelled,
        list(score.unmet),
    )  # fmt: skip


def _mark(mark: CriterionMark) -> tuple[Any, ...]:
    best, worst = mark.spread or (None, None)
    return (
        mark.criterion, *_both(mark.points), mark.maximum, *_both(mark.weight), mark.units, mark.open, dict(mark.tally),
        dict(mark.left_out), mark.reason, _found(mark.found), _found(best), _found(worst), mark.rule, list(mark.evidence),
    )  # fmt: skip


def _attempt(tried: Tried) -> tuple[Any, ...]:
    ending = tried.ending
    lasted = (None, None) if isinstance(ending, Missing) else (ending.seconds, ending.business_seconds)
    return (
        tried.attempt, str(tried.channel), tried.scenario, type(ending).__name__.lower(),
        *lasted, ending.reason if isinstance(ending, Missing) else None, tried.acknowledged,
        {criterion: str(value) for criterion, value in tried.ratings.items()}, list(tried.evidence),
    )  # fmt: skip


def _both(value: Fraction | None) -> tuple[float | None, str | None]:
    """Return *value* as a number to compute with and as the exact fraction that it is."""
    return (None, None) if value is None else (float(value), str(value))


def _found(finding: Finding | None) -> str | None:
    """Return a finding as a word or a number, ``nothing``, or ``unknown:`` and why."""
    match finding:
        case Seen(value):
            return str(value)
        case Nothing():
            return "nothing"
        case Unknown(reason):
            return f"unknown:{reason}"
        case _:
            return None


def _word(word: object) -> str | None:
    return None if word is None else str(word)
