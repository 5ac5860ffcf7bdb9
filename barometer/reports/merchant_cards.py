"""The cards of the merchant's report: one criterion each, in words and numbers ready to be set."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from barometer.grids.grid import Criterion, Measure
from barometer.marks.sentence import sentence, title_of
from barometer.observations import Nothing, Seen, Unknown
from barometer.reports.merchant_comparison import Compared, Comparison
from barometer.reports.merchant_drawings import Bar, Plot, bar, level_of, plot
from barometer.reports.merchant_figures import CriterionFigure, NightCell, Timed
from barometer.reports.merchant_gains import Gain
from barometer.reports.merchant_proof import Proof
from barometer.reports.merchant_steps import Told, told
from barometer.reports.merchant_text import legible
from barometer.reports.merchant_words import MerchantWords
from barometer.reports.wording import capital

_KEY = 12
_MOST_KEYS = 3


class NightView(NamedTuple):
    """One night of the strip: what stands in it, how good it is in tenths (``None``: does not count), and in full."""

    short: str
    level: int | None
    full: str
    is_median: bool


class Reference(NamedTuple):
    """Where a proof is kept, and the command that brings it out, empty where there is none."""

    name: str
    command: str


class CriterionView(NamedTuple):
    """One criterion, as the report tells it."""

    anchor: str
    title: str
    points: str
    weight: str
    fact: str
    bar: Bar
    compared: str
    nights: tuple[NightView, ...]
    nights_told: str
    plot: Plot | None
    plot_told: str
    steps: tuple[Told, ...]
    whole: str
    references: tuple[Reference, ...]
    proof: Proof | None


def card(
    one: CriterionFigure, gain: Gain | None, proof: Proof | None, anchor: str, words: MerchantWords
) -> CriterionView:  # fmt: skip
    """Return the card of one criterion; *gain* is what it still holds, *anchor* where it stands on the page."""
    criterion = one.criterion
    return CriterionView(
        anchor=anchor,
        title=legible(title_of(criterion, words.language)),
        points=points_of(one, words),
        weight=_weight(one, words),
        fact=fact_of(one, words),
        bar=bar(one.part, one.compared),
        compared=compared_in_words(one.compared, criterion.maximum, words),
        nights=tuple(_night(cell, criterion, words) for cell in one.nights),
        nights_told=_nights_told(one.nights, words),
        plot=plot(one.times, criterion, words) if one.times else None,
        plot_told=_times_told(one.times, criterion, words),
        steps=tuple(told(gain, words)) if gain else (),
        whole=words["gain.unknown"].format(plus=words.gain(gain.whole)) if gain and not gain.steps else "",
        references=tuple(_references(one.mark.evidence, words)),
        proof=proof,
    )


def points_of(one: CriterionFigure, words: MerchantWords) -> str:
    """Return the points of a criterion of its maximum, in words."""
    if one.mark.points is None:
        return words["family.not_measured"]
    return words["criterion.points"].format(
        points=words.points(one.mark.points), maximum=words.points(one.criterion.maximum)
    )


def fact_of(one: CriterionFigure, words: MerchantWords) -> str:
    """Return the rule's sentence without the title, which stands above it."""
    said = sentence(one.mark, one.criterion, words.language)
    title = title_of(one.criterion, words.language)
    return capital(legible(said.removeprefix(title).lstrip("\u00a0 :"), 600))


def compared_in_words(category: Compared, maximum: Decimal | None, words: MerchantWords) -> str:
    """Return mean and best in words, of *maximum* points or, where there is none, in percent."""
    if not isinstance(category, Comparison):
        return ""
    figures = (category.mean, category.best)
    mean, best = (words.part(part) if maximum is None else words.points(part * Fraction(maximum)) for part in figures)
    return words["criterion.compared"].format(
        mean=words["score.about"].format(score=mean), best=words["score.about"].format(score=best)
    )


def _weight(one: CriterionFigure, words: MerchantWords) -> str:
    if not one.possible:
        return words["criterion.no_weight"]
    return words["criterion.weight"].format(part=words.part(one.possible / 20), possible=words.points(one.possible))


def _night(cell: NightCell, criterion: Criterion, words: MerchantWords) -> NightView:
    day = words.short_date(cell.day)
    match cell.finding:
        case Seen(value=str(word)):
            short, what = "●" if cell.points else "○", _word(word, criterion, words)
        case Seen(value=value):
            short, what = str(value), words.clicks(int(value))
        case Nothing():
            short, what = "–", words["nights.absent"]
        case Unknown():
            return NightView("·", None, words["nights.cell_none"].format(day=day), False)
    level = None if cell.points is None else level_of(cell.points, criterion.maximum)
    return NightView(short, level, words["nights.cell"].format(day=day, what=what), cell.is_median)


def _word(word: str, criterion: Criterion, words: MerchantWords) -> str:
    if criterion.measure is Measure.PRICE_CLASS:
        return words[f"tariff.{word}"]
    return words[f"nights.{word}"]


def _nights_told(cells: Sequence[NightCell], words: MerchantWords) -> str:
    median = next((cell.day for cell in cells if cell.is_median), None)
    if median is None:
        return ""
    return words["nights.caption"].format(
        first=words.short_date(cells[0].day),
        last=words.short_date(cells[-1].day),
        median=words.short_date(median),
    )


def _times_told(times: Sequence[Timed], criterion: Criterion, words: MerchantWords) -> str:
    if not times:
        return ""
    noun = "calls" if criterion.measure is Measure.WAITING else "messages"
    answered = [one.seconds for one in times if one.seconds is not None]
    silent = len(times) - len(answered)
    if not answered:
        return words["times.described_none"].format(never=words.counted(noun, silent))
    return words["times.described"].format(
        answered=words.counted(noun, len(answered)),
        median=words.span(float(answered[(len(answered) - 1) // 2])),
        never=words.number(silent),
    )


def _references(evidence: Iterable[str], words: MerchantWords) -> Iterable[Reference]:
    """Yield where the proofs are: visits with their command, then sightings, attempts and replies, a few of many."""
    keys: dict[str, list[str]] = {}
    for reference in evidence:
        kind, _, key = reference.partition(":")
        keys.setdefault(kind, []).append(legible(key, 40)[:_KEY])
    for key in keys.get("visit", [])[:_MOST_KEYS]:
        yield Reference(words["evidence.visit"].format(key=key), words["evidence.visit_command"].format(key=key))
    for key in keys.get("sighting", [])[:_MOST_KEYS]:
        yield Reference(words["evidence.sighting"].format(key=key), "")
    if found := keys.get("attempt", []):
        shown, more = ", ".join(found[:_MOST_KEYS]), len(found) - _MOST_KEYS
        if more > 0:
            yield Reference(words["evidence.attempts_more"].format(keys=shown, count=words.number(more)), "")
        else:
            yield Reference(words["evidence.attempts"].format(keys=shown), "")
