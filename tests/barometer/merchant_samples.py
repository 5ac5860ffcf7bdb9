"""A category of invented merchants, observed, scored and ranked, and the report on any of them: no database is needed."""

import random
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from barometer import grids
from barometer.grids.grid import Grid
from barometer.marks.stability import drawn
from barometer.observations import ChannelSeen, Ending, Observed
from barometer.podium import PublicEdition
from barometer.ranking import Ranking, rank
from barometer.reports.merchant_documents import Document
from barometer.reports.merchant_figures import CategoryFigures, MerchantFigures, figures_of
from barometer.reports.merchant_proof import Proof
from barometer.reports.merchant_report import merchant_report
from barometer.reports.merchant_slides import merchant_slides
from barometer.reports.merchant_view import About, View, view_of
from barometer.reports.merchant_words import merchant_words
from barometer.reports.wording import Language
from barometer.scoring import Score, score
from storage.vocabulary import Channel, PriceClass
from tests.barometer.editions import (
    CATEGORY,
    a_merchant,
    a_public_edition,
    answered,
    attempts,
    hidden,
    never,
    nights,
    shown,
    unmeasured,
)

FRENCH, ENGLISH = Language.FRENCH, Language.ENGLISH
NAMES = (
    "Maison Lumen",
    "Atelier Argile",
    "Osier & Fils",
    "Rotin Rouge",
    "Bois Clair",
    "Laine Douce",
    "Verre Vif",
    "Papier Plié",
    "Cuir Tanné",
    "Fil d’Or",
)
VERSION = "0.5.0"


def a_visit(name: str, seed: int) -> Observed:
    """Return what was observed of a merchant: nine nights, 40 calls and 24 messages, drawn by *seed*."""
    draw = random.Random(seed)
    good = draw.random()
    clicks = 0 if good > 0.7 else None if good < 0.12 else 1
    each: list[Mapping[Channel, ChannelSeen]] = []
    for night in range(9):
        seen = dict.fromkeys(Channel, hidden())
        if clicks is not None:
            at = clicks if good > 0.7 else draw.choice([1, 2, 2, 1, 2, 3])
            price = PriceClass.PREMIUM if good < 0.4 else PriceClass.ORDINARY
            seen[Channel.PHONE] = shown(at, clearly_visible=good > 0.6, price_class=price)
        if night == 6:
            seen[Channel.PHONE] = unmeasured()
        seen[Channel.EMAIL] = shown(draw.choice([1, 1, 2]))
        seen[Channel.CONTACT_PAGE] = shown(1 if good > 0.5 else 2)
        each.append(seen)
    calls: list[Ending] = [
        never(300.0) if draw.random() < 0.3 - 0.25 * good else answered(draw.lognormvariate(4.8 - 1.6 * good, 0.8))
        for _ in range(40)
    ]
    mails: list[Ending] = [
        never() if draw.random() < 0.4 * (1 - good) else answered(draw.lognormvariate(11.3 - 3 * good, 1.6))
        for _ in range(24)
    ]
    tried = (*attempts(Channel.EMAIL, *mails), *attempts(Channel.PHONE, *calls))
    return Observed(a_merchant(name), nights(*each), tried)


class Category(NamedTuple):
    """A ranked category and all that was observed of it."""

    grid: Grid
    ranking: Ranking
    observed: Mapping[str, Observed]

    def score(self, name: str) -> Score:
        """Return the score of the merchant *name*."""
        everybody = [*(placed.score for placed in self.ranking.placed), *self.ranking.unplaced]
        return next(one for one in everybody if one.merchant.name == name)

    def figures(self, name: str, *, is_public: bool = True) -> MerchantFigures:
        """Return the figures of the report on *name*."""
        own = self.score(name)
        shared = CategoryFigures(self.ranking, self.grid)
        seen = self.observed.get(own.merchant.id)
        return figures_of(own, self.ranking, seen, self.grid, shared, is_public=is_public)

    def view(
        self, name: str, language: Language = FRENCH, *, edition: PublicEdition | None = None,
        proofs: Mapping[str, Proof] | None = None,
    ) -> View:  # fmt: skip
        """Return what the report on *name* says."""
        about = About(edition or a_public_edition(), self.grid.sha256, VERSION)
        figures = self.figures(name, is_public=about.is_published)
        return view_of(figures, self.grid, about, merchant_words(language), proofs or {})

    def page(self, name: str, language: Language = FRENCH, **more: object) -> str:
        """Return the page on *name*."""
        view = self.view(name, language, **more)  # type: ignore[arg-type]
        return merchant_report(view, merchant_words(language), self.grid.nights, VERSION)

    def documents(self, name: str, language: Language = FRENCH) -> list[Document]:
        """Return the page and the slides on *name*."""
        slides = merchant_slides(self.view(name, language), merchant_words(language))
        return [Document("report.html", self.page(name, language).encode()), Document("report.pptx", slides)]


@cache
def a_category(names: Sequence[str] = NAMES, seed: int = 3, draws: int = 50) -> Category:
    """Return a category of merchants called *names* under the grid open-to-dialog."""
    return ranked([a_visit(name, number + seed) for number, name in enumerate(names)], draws)


def ranked(observed: Sequence[Observed], draws: int = 0, grid: Grid | None = None) -> Category:
    """Return *observed* as a category, its intervals drawn where *draws* says so."""
    grid = grid or grids.load("open-to-dialog")
    by_id = {one.merchant.id: one for one in observed}
    ranking = rank(CATEGORY, [score(one, grid) for one in observed], grid)
    return Category(grid, drawn(ranking, by_id, grid, "seed", draws) if draws else ranking, by_id)
