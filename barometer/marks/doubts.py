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
from barometer.marks.counted_attempts import NOT_RATED
from barometer.marks.counted_nights import NightFound, NightLeftOut, Nights
from barometer.marks.points import plain, worth_of
from barometer.marks.sentence import finding_in_words, title_of
from barometer.observations import ChannelSeen, Night, Observed, Seen
from barometer.ranking import Placed, Ranking
from barometer.scoring import Score
from storage.vocabulary import Channel, OutcomeKind, Searched

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
    SEARCH_CUT = "search_cut"
    OPEN_ATTEMPTS = "open_attempts"
    UNRATED = "unrated"
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
                yield _attempts(DoubtKind.OPEN_ATTEMPTS, category, score, criterion, mark.open)
            if mark.left_out.get(NOT_RATED):
                yield _attempts(DoubtKind.UNRATED, category, score, criterion, mark.left_out[NOT_RATED])
            continue
        for doubt in _of_nights(category, criterion, observed, grid):
            if (doubt.kind, doubt.subject_id) not in seen:
                seen.add((doubt.kind, doubt.subject_id))
                yield doubt


def _of_nights(category: str, criterion: Criterion, observed: Observed, grid: Grid) -> Iterator[Doubt]:
    nights = counted_nights.counting(criterion, observed.nights, grid.nights)
    if not nights.measured:
        return
    median = nights.median
    night = next(night for night in observed.nights if night.day == median.day)
    title, best_channel = title_of(criterion, "en"), median.channel or criterion.channels[0]
    finding = finding_in_words(median.finding, "en")

    def doubt(kind: DoubtKind, value: object, channel: Channel = best_channel, say: str = "", **told: object) -> Doubt:
        why = _say(say or kind, title=title, **told)
        subject_id = f"{observed.merchant.id}/{channel}"
        key = _key(kind, DEPTH, subject_id, value)
        return Doubt(kind, observed.merchant.id, category, criterion.key, channel, why, DEPTH, subject_id, key)

    earned = {one.worth.points if isinstance(one, NightFound) else None for one in nights.measured}
    if len(earned) > 1:
        values, points = _values(nights), [one.worth.points for one in nights.found]
        told: dict[str, Any] = {
            "best": _decimals(max(points)),
            "worst": _decimals(min(points)),
            "maximum": plain(criterion.maximum),
        }
        say = "flapping_left_out" if None in earned else ""
        yield doubt(DoubtKind.FLAPPING, values, say=say, values=values, n=len(nights.measured), **told)
    count = len(nights.measured)
    if count < min(FEWEST_NIGHTS, grid.nights) or 2 * count < grid.nights:
        yield doubt(DoubtKind.FEW_NIGHTS, count, n=count, wanted=grid.nights)
    if median.channel is None:
        for channel in criterion.channels:
            if _is_cut(night.channels[channel]):
                yield doubt(
                    DoubtKind.SEARCH_CUT, Searched.BUDGET.value, channel, other=_plainly(channel), day=median.day
                )
        return
    seen = night.channels[median.channel]
    if seen.confidence is not None and seen.confidence < LOW_CONFIDENCE:
        confidence = _percent(Decimal(str(seen.confidence)))
        sure = (median.finding, seen.confidence)
        yield doubt(DoubtKind.LOW_CONFIDENCE, sure, confidence=confidence, finding=finding, day=median.day)
    if criterion.measure is not Measure.DEPTH:
        return
    for channel, value, at_least in _nearer(criterion, median, night):
        say, least = "", finding_in_words(Seen(Decimal(at_least or 0)), "en")
        if channel is not best_channel:
            say = "at_most_unmeasured" if at_least is None else "at_most_other"
        told = {"clicks": finding, "at_least": least, "other": _plainly(channel)}
        yield doubt(DoubtKind.AT_MOST, value, channel, say, **told, day=median.day)


def _is_cut(seen: ChannelSeen) -> bool:
    """Tell whether the search that did not find the channel ended on its budget, and no reviewer decided since."""
    return seen.kind is OutcomeKind.NOT_FOUND and seen.searched == Searched.BUDGET and not seen.overruled


def _nearer(
    criterion: Criterion, median: NightFound | NightLeftOut, night: Night
) -> Iterator[tuple[Channel, object, int | None]]:
    """Yield the channels on which a shorter path, which the search did not rule out, would earn other points.

    Of each the value that is doubted, and the clicks that a path takes at least; ``None`` where the channel was not measured.
    """
    points = median.worth.points if isinstance(median, NightFound) else None
    clicks = median.finding.value if isinstance(median.finding, Seen) else None
    for channel in criterion.channels:
        seen = night.channels.get(channel)
        value: object
        if seen is None or seen.overruled:
            continue
        if seen.kind is OutcomeKind.NOT_MEASURED:
            at_least, value = None, (clicks, seen.reason)
        elif seen.kind is OutcomeKind.AT_MOST:
            at_least = seen.at_least or 0
            value = (seen.clicks, seen.at_least)
        else:
            continue
        if isinstance(clicks, Decimal) and (at_least or 0) >= clicks:
            continue
        nearest = worth_of(criterion, Seen(Decimal(at_least or 0)))
        if nearest is None or nearest.points != points:
            yield channel, value, at_least


def _plainly(channel: Channel) -> str:
    return channel.replace("_", " ")


def _values(nights: Nights) -> str:
    """Return what was found on how many nights, best first."""
    times = Counter(finding_in_words(night.finding, "en") for night in nights.measured)
    return ", ".join(_count("times", n, value=value) for value, n in times.items())


def _attempts(kind: DoubtKind, category: str, score: Score, criterion: Criterion, count: int) -> Doubt:
    counted = "answers" if kind is DoubtKind.UNRATED else "attempts"
    why = _say(kind, title=title_of(criterion, "en"), n=_count(counted, count))
    subject_id = f"{score.merchant.id}/{criterion.key}"
    key = _key(kind, ATTEMPTS, subject_id, count)
    channel = criterion.channels[0] if len(criterion.channels) == 1 else None
    merchant = score.merchant.id
    return Doubt(kind, merchant, category, criterion.key, channel, why, ATTEMPTS, subject_id, key)


def _place(kind: DoubtKind, category: str, placed: Placed, why: str, value: Iterable[object]) -> Doubt:
    merchant = placed.score.merchant.id
    subject_id = f"{category}/{merchant}"
    key = _key(kind, PLACE, subject_id, tuple(value))
    return Doubt(kind, merchant, category, None, None, why, PLACE, subject_id, key)


def _key(kind: DoubtKind, subject: str, subject_id: str, value: object) -> str:
    told = "\0".join((kind, subject, subject_id, repr(value)))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _say(key: str, **told: object) -> str:
    text: str = _words()[key]
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
