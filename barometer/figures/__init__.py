"""The figures of the barometer report: how a market can be reached, without a name, a mark or a cell of a few. Pure.

What was observed is put into families of merchants that were all asked the same (:mod:`barometer.figures.of_sites`,
:mod:`barometer.figures.of_answers`); what of it may be printed :mod:`barometer.figures.disclosure` decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from barometer.alphabet import alphabetical
from barometer.figures.disclosure import Disclosed, rounded
from barometer.figures.disclosure_tables import LEAST
from barometer.figures.of_answers import answer_families
from barometer.figures.of_sites import site_families
from barometer.observations import Observed
from barometer.podium import PublicEdition


class Figures(NamedTuple):
    """All that a report may say of an edition.

    ``merchants`` is how many there are, to the nearest five, ``None`` where they are fewer than that; ``categories`` are
    the names of all, whatever may be told of them. ``families`` are by key.
    """

    edition: PublicEdition
    merchants: int | None
    categories: tuple[str, ...]
    families: Mapping[str, Disclosed]


def figures(edition: PublicEdition, observed: Iterable[tuple[str, Sequence[Observed]]], nights: int) -> Figures:
    """Return the figures of *edition*; of each site the median of its last *nights* measured nights counts.

    The order of categories, merchants and attempts makes no difference.
    """
    categories: dict[str, list[Observed]] = {}
    for category, merchants in observed:
        categories.setdefault(category, []).extend(merchants)
    categories = {category: categories[category] for category in sorted(categories, key=alphabetical)}
    count = sum(map(len, categories.values()))
    families = [*site_families(categories, nights), *answer_families(categories)]
    return Figures(
        edition,
        rounded(count, LEAST) if count >= LEAST else None,
        tuple(categories),
        {family.key: Disclosed(family) for family in families},
    )
