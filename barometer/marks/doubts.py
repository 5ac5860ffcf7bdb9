"""What a person should look at before an edition is published. Pure.

A doubt names what is doubted and the value that was found: when the value changes, it is another doubt.
"""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from barometer.grids.grid import Criterion, Grid, Measure
from barometer.marks import counted_nights
from barometer.marks.counted_nights import NightFound, Nights
from barometer.marks.points import plain, worth_of
from barometer.marks.sentence import finding_in_words, title_of
from barometer.observations import ChannelSeen, Observed, Seen
from barometer.ranking import Placed, Ranking
from barometer.scoring import CriterionMark, Score
from storage.vocabulary import Channel, OutcomeKind

LOW_CONFIDENCE = 0.7
"""Below this a sighting is looked at by a person (*ours*)."""
FEWEST_NIGHTS = 3
"""So many nights have a median that one bad night cannot decide (*ours*)."""
MARGIN = Decimal("0.1")
"""How near to the threshold a score is doubted: the step that scores are rounded to."""
LAST_PODIUM_PLACE = 3
DEPTH, PLACE, ATTEMPTS = "depth", "place", "attempts"
"""What a review of a doubt is about."""


class DoubtKind(StrEnum):
    """Why something is doubted."""

    FLAPPING = "flapping"
    FEW_NIGHTS = "few_nights"
    LOW_CONFIDENCE = "low_confidence"
    AT_MOST = "at_most"
    OPEN_ATTEMPTS = "open_attempts"
    UNSTABLE_PLACE = "unstable_place"
    NEAR_THRESHOLD = "near_threshold"


class Doubt(NamedTuple):
    """Something that a person should look at, and ``why``, in English.

    ``subject`` and ``subject_id`` are what a review of it is about: ``depth`` with ``MERCHANT_ID/CHANNEL``, ``attempts`` with
    ``MERCHANT_ID/CRITERION``, ``place`` with ``CATEGORY/MERCHANT_ID``. ``key`` is 16 hexadecimal digits made from all that is
    doubted and the value found. Where several criteria raise the same doubt on a channel, the first of the grid is named.
    """

    kind: DoubtKind
    merchant_id: str | None
    category: str
    criterion: str | None
    channel: Channel | None
    why: str
    subject: str
    subject_id: str
    key: str


def doubts_of(ranking: Ranking, observed: Mapping[str, Observed], grid: Grid) -> list[Doubt]:
    """Return the doubts about a category, places first, then by merchant as ranked; *observed* is by merchant id.

    Only what can change a score is doubted: criteria that weigh something.
    """
    found = [doubt for placed in ranking.placed for doubt in _of_place(ranking, placed, grid)]
    for score in (*(placed.score for placed in ranking.placed), *ranking.unplaced):
        found += _of_merchant(ranking.category, score, observed[score.merchant.id], grid)
    return found


def _of_place(ranking: Ranking, placed: Placed, grid: Grid) -> Iterator[Doubt]:
    """Doubt a place that could be on the podium: too unsure, or too near to the threshold on either side."""
    last = max(one.place for one in ranking.placed)
    score, award = placed.score.score, grid.award
    if placed.place > LAST_PODIUM_PLACE or placed.place == last or score is None:
        return
    told: dict[str, object] = {"place": placed.place, "category": ranking.category, "score": score}
    if placed.rewarded and placed.stability is not None and placed.stability < grid.stability:
        low, high = placed.score.interval or (score, score)
        share = {"share": _percent(placed.stability), "wanted": _percent(grid.stability), "low": low, "high": high}
        why = _say(DoubtKind.UNSTABLE_PLACE, **told, **share)
        yield _place(DoubtKind.UNSTABLE_PLACE, ranking.category, placed, why, (placed.place, placed.stability))
    if abs(score - award.above) <= MARGIN:
        why = _say(DoubtKind.NEAR_THRESHOLD, **told, margin=MARGIN, above=plain(award.above))
        yield _place(DoubtKind.NEAR_THRESHOLD, ranking.category, placed, why, (placed.place, score))


def _of_merchant(category: str, score: Score, observed: Observed, grid: Grid) -> Iterator[Doubt]:
    seen: set[tuple[DoubtKind, str]] = set()
    for mark in score.marks:
        criterion = grid.criterion(mark.criterion)
        if not criterion.weight:
            continue
        if not criterion.measure.nightly:
            if mark.open:
                yield _attempts(category, score, criterion, mark)
            continue
        for doubt in _of_nights(category, criterion, observed, grid):
            if (doubt.kind, doubt.subject_id) not in seen:
                seen.add((doubt.kind, doubt.subject_id))
                yield doubt


def _of_nights(category: str, criterion: Criterion, observed: Observed, grid: Grid) -> Iterator[Doubt]:
    nights = counted_nights.counting(criterion, observed.nights, grid.nights)
    if not nights.found:
        return
    median = nights.median
    channel = median.channel or criterion.channels[0]
    title = title_of(criterion, "en")

    def doubt(kind: DoubtKind, value: object, **told: object) -> Doubt:
        why = _say(kind, title=title, **told)
        subject_id = f"{observed.merchant.id}/{channel}"
        key = _key(kind, DEPTH, subject_id, value)
        return Doubt(kind, observed.merchant.id, category, criterion.key, channel, why, DEPTH, subject_id, key)

    best, worst = nights.found[0].worth.points, nights.found[-1].worth.points
    if best != worst:
        values = _values(nights)
        points = {"best": _decimals(best), "worst": _decimals(worst), "maximum": plain(criterion.maximum)}
        yield doubt(DoubtKind.FLAPPING, values, values=values, n=len(nights.found), **points)
    count = len(nights.found)
    if count < min(FEWEST_NIGHTS, grid.nights) or 2 * count < grid.nights:
        yield doubt(DoubtKind.FEW_NIGHTS, count, n=count, wanted=grid.nights)
    seen = _seen(observed, median)
    if seen is None:
        return
    if seen.confidence is not None and seen.confidence < LOW_CONFIDENCE:
        told = {
            "confidence": _percent(Decimal(str(seen.confidence))),
            "finding": finding_in_words(median.finding, "en"),
        }
        yield doubt(DoubtKind.LOW_CONFIDENCE, (median.finding, seen.confidence), **told, day=median.day)
    if criterion.measure is Measure.DEPTH and _could_be_nearer(criterion, median, seen):
        least = finding_in_words(Seen(Decimal(seen.at_least or 0)), "en")
        told = {"clicks": finding_in_words(median.finding, "en"), "at_least": least}
        yield doubt(DoubtKind.AT_MOST, (seen.clicks, seen.at_least), **told, day=median.day)


def _could_be_nearer(criterion: Criterion, median: NightFound, seen: ChannelSeen) -> bool:
    """Tell whether a shorter path, which the search did not rule out, would earn other points."""
    if seen.kind is not OutcomeKind.AT_MOST:
        return False
    nearest = worth_of(criterion, Seen(Decimal(seen.at_least or 0)))
    return nearest is None or nearest.points != median.worth.points


def _seen(observed: Observed, median: NightFound) -> ChannelSeen | None:
    if median.channel is None:
        return None
    return next(night.channels[median.channel] for night in observed.nights if night.day == median.day)


def _values(nights: Nights) -> str:
    """Return what was found on how many nights, best first."""
    times = Counter(finding_in_words(night.finding, "en") for night in nights.found)
    return ", ".join(_count("times", n, value=value) for value, n in times.items())


def _attempts(category: str, score: Score, criterion: Criterion, mark: CriterionMark) -> Doubt:
    why = _say(DoubtKind.OPEN_ATTEMPTS, title=title_of(criterion, "en"), n=_count("attempts", mark.open))
    subject_id = f"{score.merchant.id}/{criterion.key}"
    key = _key(DoubtKind.OPEN_ATTEMPTS, ATTEMPTS, subject_id, mark.open)
    channel = criterion.channels[0] if len(criterion.channels) == 1 else None
    merchant = score.merchant.id
    return Doubt(DoubtKind.OPEN_ATTEMPTS, merchant, category, criterion.key, channel, why, ATTEMPTS, subject_id, key)


def _place(kind: DoubtKind, category: str, placed: Placed, why: str, value: Iterable[object]) -> Doubt:
    merchant = placed.score.merchant.id
    subject_id = f"{category}/{merchant}"
    key = _key(kind, PLACE, subject_id, tuple(value))
    return Doubt(kind, merchant, category, None, None, why, PLACE, subject_id, key)


def _key(kind: DoubtKind, subject: str, subject_id: str, value: object) -> str:
    told = "\0".join((kind, subject, subject_id, repr(value)))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _say(kind: DoubtKind, **told: object) -> str:
    text: str = _words()[kind]
    return text.format(**told)


def _count(key: str, n: int, **told: object) -> str:
    text: str = _words()[key]["one" if n == 1 else "other"]
    return text.format(n=n, **told)


def _percent(share: Decimal) -> str:
    return f"{plain((100 * share).quantize(Decimal('0.1')))} %"


def _decimals(points: Fraction) -> str:
    return plain(Decimal(round(points * 100)).scaleb(-2))


@cache
def _words() -> Mapping[str, Any]:
    """Return the words; raises ``ValueError`` when a kind of doubt has none."""
    words = tomllib.loads((files("barometer.marks") / "doubts.toml").read_text("utf-8"))
    missing = [kind.value for kind in DoubtKind if not isinstance(words.get(kind), str)]
    if missing:
        raise ValueError(f"doubts.toml lacks {', '.join(missing)}")
    return words
