"""What would earn more, as sentences: each step of a gain in the words of the grid's own bands."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from barometer.grids.grid import Criterion, Measure
from barometer.reports.merchant_gains import Change, Gain, Step
from barometer.reports.merchant_words import MerchantWords

LEAST = Fraction(1, 20)
"""On /20, what rounds to a tenth (*ours*): less is no step to take for the score's sake."""
_NOUNS: Mapping[Measure, str] = {
    Measure.WAITING: "calls",
    Measure.DELAY: "messages",
    Measure.BUSINESS_DELAY: "messages",
    Measure.RATING: "tests",
}


class Told(NamedTuple):
    """A step in words, and what it would add to the score."""

    what: str
    plus: str


def told(gain: Gain, words: MerchantWords) -> list[Told]:
    """Return the steps of *gain* in words, the nearest first; none where the grid's bands say nothing of them.

    What would not move the score by a tenth is left out beside steps that would.
    """
    steps = [step for step in gain.steps if step.gain >= LEAST] or gain.steps
    return [Told(_what(step, gain.criterion, words), _plus(step, words)) for step in steps]


def _plus(step: Step, words: MerchantWords) -> str:
    plus = words.gain(step.gain)
    return words["gain.up_to"].format(plus=plus) if step.change is Change.REACHABLE else plus


def _what(step: Step, criterion: Criterion, words: MerchantWords) -> str:
    match step.change:
        case Change.NEARER | Change.SHOWN_AT:
            return _clicks(step, words)
        case Change.PRICE:
            return _price(step, words)
        case Change.SHOWN | Change.VISIBLE | Change.SHOWN_VISIBLE | Change.REACHABLE:
            return words[f"step.{step.change}"]
        case Change.MARKED:
            return _marked(step, criterion, words)
    then = words.span(step.then) if isinstance(step.then, Decimal) else ""
    count = words.counted(_NOUNS[criterion.measure], step.many)
    return words[f"step.{step.change}"].format(count=count, total=words.number(step.total), then=then)


def _clicks(step: Step, words: MerchantWords) -> str:
    then = step.then if isinstance(step.then, Decimal) else None
    now = words.clicks(int(step.now)) if isinstance(step.now, Decimal) else ""
    if then is None:
        return words["step.shown"]
    kind = "nearer" if step.change is Change.NEARER else "shown"
    if then == 0:
        return words[f"step.{kind}_home"].format(now=now)
    key = "step.nearer" if kind == "nearer" else "step.shown_at"
    return words[key].format(then=words.clicks(int(then)), now=now)


def _price(step: Step, words: MerchantWords) -> str:
    """Say the classes that earn as much as names of the vocabulary; a number that is not shown has no price yet."""
    classes = [words[f"tariff.{word}"] for word in step.then] if isinstance(step.then, tuple) else []
    then = f" {words['step.or']} ".join((", ".join(classes[:-1]), classes[-1]) if len(classes) > 1 else classes)
    if step.now is None:
        return words["step.price_any"].format(then=then)
    return words["step.price"].format(then=then, now=words[f"tariff.{step.now}"])


def _marked(step: Step, criterion: Criterion, words: MerchantWords) -> str:
    then = words.points(step.then) if isinstance(step.then, Decimal) else ""
    if step.then == criterion.scale and step.many == step.total:
        return words["step.marked_all"].format(then=then)
    count = words.counted("tests", step.many)
    return words["step.marked"].format(count=count, total=words.number(step.total), then=then)
