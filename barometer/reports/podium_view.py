"""What a public export says, before it is put on a page or a slide: made from a public result and its grid, nothing else.

Every name is made harmless here, once for all exports.
"""

import re
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from barometer.grids.grid import Grid
from barometer.observations import MerchantFact
from barometer.podium import Laureate, Podium, PublicResult
from barometer.reports.merchant_text import bare_address, host_of, legible, web_link
from barometer.reports.podium_words import PodiumWords

MAX_NAME = 600
"""Characters of a name that are kept (*ours*); on a slide or badge it is shortened further where it must be."""
MOST_FACTS = 3
"""Facts of a laureate that a speaker is given (*ours*)."""
_UNSEEN = re.compile("[\ufffd\ufdd0-\ufdef\ufffe\uffff\U0001fffe\U0001ffff]")


class Named(NamedTuple):
    """A merchant that may be named: its panel key, its name, its site as people write it and, if harmless, its link."""

    key: str
    name: str
    site: str
    link: str | None


class Honoured(NamedTuple):
    """A laureate: who, its score on /20, and what may be said of it, best first."""

    who: Named
    score: Decimal
    facts: tuple[str, ...]


class Step(NamedTuple):
    """A place on a podium, 1 to 3, and who stands on it, by name; more than one share it."""

    place: int
    honoured: tuple[Honoured, ...]

    @property
    def shared(self) -> bool:
        """Whether more than one stands on it."""
        return len(self.honoured) > 1


class CategoryView(NamedTuple):
    """A category: its number, counted from 1, its name, and its places, first place first."""

    number: int
    name: str
    steps: tuple[Step, ...]


class Holders(NamedTuple):
    """The holders of the label in one category; ``number`` is the category's, 0 where it has no podium of its own."""

    number: int
    category: str
    named: tuple[Named, ...]


class PodiumView(NamedTuple):
    """All that an export says. ``label`` is ``None`` where the grid has none; ``threshold`` as it is worded."""

    title: str
    year: int
    period: str
    revision: int
    correction: str | None
    grid: str
    version: str
    threshold: str
    categories: tuple[CategoryView, ...]
    label_title: str
    label: tuple[Holders, ...] | None


def view_of(result: PublicResult, grid: Grid, words: PodiumWords) -> PodiumView:
    """Return what the exports of *result* say in the language of *words*."""
    edition = result.edition
    categories = tuple(_category(number, podium, grid, words) for number, podium in enumerate(result.podiums, 1))
    threshold = "method.strict" if grid.award.strict else "method.at_least"
    return PodiumView(
        title=spoken(edition.title) or spoken(edition.name),
        year=edition.year,
        period=words.period(edition),
        revision=edition.revision,
        correction=spoken(edition.correction) if edition.correction else None,
        grid=spoken(grid.title.get(words.language, "") or edition.grid),
        version=spoken(edition.grid_version),
        threshold=words[threshold].format(above=_plain(grid.award.above, words)),
        categories=categories,
        label_title=spoken(grid.label.title.get(words.language, "")) if grid.label else "",
        label=_holders(result, words) if result.label is not None else None,
    )


def named(merchant: MerchantFact) -> Named:
    """Return *merchant* as the public may read it; where nothing of its name can be read, its panel key."""
    name = spoken(merchant.name) or spoken(merchant.key) or "-"
    return Named(merchant.key, name, legible(bare_address(host_of(merchant.url)), 120), web_link(merchant.url))


def spoken(text: str) -> str:
    """Return *text* on one line, without what cannot be seen, steers the direction of writing, or is no character."""
    return " ".join(_UNSEEN.sub("", legible(text, MAX_NAME)).split())


def facts_of(laureate: Laureate, grid: Grid, words: PodiumWords) -> tuple[str, ...]:
    """Return what a speaker may say of *laureate*, from its own marks: where it did best, what weighs most first."""
    from barometer.marks.sentence import sentence

    order = {criterion.key: number for number, criterion in enumerate(grid.criteria)}
    praised = [
        (mark.points / Fraction(mark.maximum), mark.weight, -order[mark.criterion], mark)
        for mark in laureate.marks
        if mark.points and mark.maximum and mark.weight and mark.criterion in order
    ]
    best = sorted(praised, key=lambda one: one[:3], reverse=True)[:MOST_FACTS]
    told = [sentence(mark, grid.criterion(mark.criterion), words.language.value) for *_, mark in best]
    return tuple(dict.fromkeys(spoken(text) for text in told))


def _category(number: int, podium: Podium, grid: Grid, words: PodiumWords) -> CategoryView:
    steps: dict[int, list[Honoured]] = {}
    for laureate in podium.laureates:
        honoured = Honoured(named(laureate.merchant), laureate.score, facts_of(laureate, grid, words))
        steps.setdefault(laureate.place, []).append(honoured)
    name = spoken(podium.category) or words["category.none"]
    return CategoryView(
        number, name, tuple(Step(place, tuple(sorted(steps[place], key=_by_name))) for place in sorted(steps))
    )


def _holders(result: PublicResult, words: PodiumWords) -> tuple[Holders, ...]:
    numbers = {podium.category: number for number, podium in enumerate(result.podiums, 1)}
    groups: dict[str, list[MerchantFact]] = {}
    for merchant in result.label.merchants if result.label is not None else ():
        groups.setdefault(merchant.category, []).append(merchant)
    ordered = sorted(groups, key=lambda category: (numbers.get(category, len(numbers) + 1), category))
    return tuple(
        Holders(
            numbers.get(one, 0),
            spoken(one) or words["category.none"],
            tuple(sorted(map(named, groups[one]), key=lambda who: (who.name.casefold(), who.key))),
        )
        for one in ordered
    )


def _by_name(one: Honoured) -> tuple[str, str]:
    return one.who.name.casefold(), one.who.key


def _plain(number: Decimal, words: PodiumWords) -> str:
    """Return a threshold without zeros that say nothing: 12, or 12,5."""
    whole = number == number.to_integral_value()
    return words.number(float(number), 0 if whole else max(1, -int(number.as_tuple().exponent)))
