"""The podiums as JSON, for programs: ``barometer-podium/1``, whose schema is ``docs/podium.schema.json``."""

import json
from typing import Any

from barometer.grids.grid import Grid
from barometer.observations import MerchantFact
from barometer.podium import Laureate, Podium, PublicResult
from barometer.reports.podium_view import named, spoken

SCHEMA = "barometer-podium/1"


def json_of(result: PublicResult, grid: Grid) -> str:
    """Return *result* as one JSON object, indented; scores are strings with one decimal, for no tenth is a binary number."""
    return json.dumps(told(result, grid), ensure_ascii=False, indent=2) + "\n"


def told(result: PublicResult, grid: Grid) -> dict[str, Any]:
    """Return what :func:`json_of` prints. ``label`` is ``None`` where the grid has none."""
    edition, award = result.edition, grid.award
    return {
        "schema": SCHEMA,
        "edition": {
            "name": spoken(edition.name),
            "title": spoken(edition.title),
            "year": edition.year,
            "revision": edition.revision,
            "correction": spoken(edition.correction) if edition.correction else None,
            "tests_from": edition.tests_from.isoformat(),
            "tests_until": edition.tests_until.isoformat(),
            "published_on": edition.published_on.isoformat() if edition.published_on else None,
        },
        "grid": {"name": spoken(edition.grid), "version": spoken(edition.grid_version), "title": _titles(grid.title)},
        "rule": {"scale": 20, "above": str(award.above), "strict": award.strict, "places": 3},
        "categories": [_category(podium) for podium in result.podiums],
        "label": _label(result, grid) if result.label is not None else None,
    }


def _category(podium: Podium) -> dict[str, Any]:
    places = [laureate.place for laureate in podium.laureates]
    return {
        "category": spoken(podium.category),
        "laureates": [_laureate(one, places.count(one.place) > 1) for one in podium.laureates],
    }


def _laureate(laureate: Laureate, shared: bool) -> dict[str, Any]:
    return {"place": laureate.place, "shared": shared, **_merchant(laureate.merchant), "score": f"{laureate.score:.1f}"}


def _label(result: PublicResult, grid: Grid) -> dict[str, Any]:
    merchants = result.label.merchants if result.label is not None else ()
    return {
        "title": _titles(grid.label.title) if grid.label else {},
        "merchants": [{"category": spoken(one.category), **_merchant(one)} for one in merchants],
    }


def _merchant(merchant: MerchantFact) -> dict[str, Any]:
    who = named(merchant)
    return {"key": spoken(who.key), "name": who.name, "url": who.link}


def _titles(titles: Any) -> dict[str, str]:
    return {language: spoken(titles[language]) for language in sorted(titles)}
