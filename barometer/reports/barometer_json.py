"""The published figures as JSON (``docs/figures.schema.json``): all that may be told, and no digit that the page has not."""

import json
from importlib.metadata import version
from typing import Any

from barometer.figures import Figures
from barometer.figures.disclosure import Bounded, Disclosed, Figure, Level, Told, Withheld
from barometer.figures.disclosure_tables import LEAST, WIDTH
from barometer.figures.reference_series import reference_series
from barometer.reports.merchant_text import legible
from barometer.statistics import CONFIDENCE

SCHEMA = "barometer-figures/1"
LONGEST = 300
"""Characters of a name that are kept (*ours*)."""


def json_of(figures: Figures, nights: int, earlier: Figures | None = None) -> str:
    """Return the figures as one JSON object; *earlier* is another edition to compare with."""
    told = {
        "schema": SCHEMA,
        "tool": {"version": version("barometer")},
        **_edition(figures),
        "rules": {
            "least_merchants": LEAST,
            "hidden_within": WIDTH,
            "confidence": CONFIDENCE,
            "interval": "wilson over merchants, from the rounded share and base",
            "nights": nights,
        },
        "earlier": None if earlier is None else _edition(earlier),
        "reference": [
            {
                "measure": one.measure, "year": one.year, "share": one.percent / 100, "approximate": one.approximate,
                "of": one.of, "sites": one.sites, "source": one.source.title, "url": one.source.url,
            }
            for one in reference_series().figures
        ],
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _edition(figures: Figures) -> dict[str, Any]:
    edition = figures.edition
    return {
        "edition": {
            "name": legible(edition.name, LONGEST),
            "title": legible(edition.title, LONGEST),
            "year": edition.year,
            "revision": edition.revision,
            "correction": None if edition.correction is None else legible(edition.correction, 2 * LONGEST),
            "tests_from": edition.tests_from.isoformat(),
            "tests_until": edition.tests_until.isoformat(),
            "published_on": None if edition.published_on is None else edition.published_on.isoformat(),
            "draft": edition.published_on is None,
        },
        "merchants": figures.merchants,
        "categories": [legible(category, LONGEST) for category in figures.categories],
        "families": {key: _family(family, figures) for key, family in figures.families.items()},
    }


def _family(family: Disclosed, figures: Figures) -> dict[str, Any]:
    return {
        "merchants": family.base,
        "attempts": family.attempts,
        "overall": {question: _figure(figure) for question, figure in family.overall.items()},
        "distributions": {block: [_level(level) for level in levels] for block, levels in family.distributions.items()},
        "by_category": [
            {
                "category": legible(category, LONGEST),
                "figures": {question: _figure(figure) for question, figure in family.by_category[category].items()},
            }
            for category in figures.categories
            if category in family.by_category
        ],
    }


def _level(level: Level) -> dict[str, Any]:
    return {"levels": list(level.atoms), **_figure(level.figure)}


def _figure(figure: Figure) -> dict[str, Any]:
    match figure:
        case Told():
            return {
                "told": "share", "share": round(figure.share, 2), "low": round(figure.low, 2),
                "high": round(figure.high, 2), "base": figure.base, "rounded_to": figure.step / 100,
            }  # fmt: skip
        case Bounded(at_least=bound, at_most=other):
            told, share = ("at_least", bound) if other is None else ("at_most", other)
            assert share is not None
            return {
                "told": told, "share": round(share, 2), "low": round(figure.low, 2), "high": round(figure.high, 2),
                "base": figure.base,
            }  # fmt: skip
        case Withheld():
            # One word for nobody, a few, and what others need hidden: telling them apart would tell of a few.
            return {"told": "nothing", "why": "too_few"}
