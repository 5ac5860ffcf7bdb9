"""All that an edition says of merchants in public, as files: made from its public result and its grid, and nothing else."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from enum import StrEnum

from barometer.grids.grid import Grid
from barometer.podium import PublicResult
from barometer.reports.pdf import pngs_of, press
from barometer.reports.podium_badge import PIXELS, badges_of
from barometer.reports.podium_csv import csv_of
from barometer.reports.podium_deck import deck_of
from barometer.reports.podium_files import Artefact, badge_name
from barometer.reports.podium_json import json_of
from barometer.reports.podium_page import page_of, paper_of
from barometer.reports.wording import Language


class Format(StrEnum):
    """What podiums are exported as."""

    HTML = "html"
    PDF = "pdf"
    PPTX = "pptx"
    CSV = "csv"
    JSON = "json"
    BADGES = "badges"


PRINTED = frozenset({Format.PDF, Format.BADGES})
"""Formats that need a browser."""


def artefacts(
    result: PublicResult,
    grid: Grid,
    formats: Collection[Format],
    languages: Sequence[Language],
    logos: Mapping[str, bytes] | None = None,
) -> list[Artefact]:
    """Return the files of *formats* in *languages*; *logos* are pictures for the deck, by the panel key of their merchant.

    The same result gives the same bytes. Raises :class:`UserError` where something is to be printed and no browser prints.
    """
    wanted = [one for one in Format if one in formats]
    with press() if PRINTED & set(wanted) else nullcontext():
        made = [
            artefact
            for one in wanted
            for language in (languages if one is not Format.JSON else languages[:1])
            for artefact in _made(one, result, grid, language, logos or {})
        ]
    return made


def _made(
    wanted: Format, result: PublicResult, grid: Grid, language: Language, logos: Mapping[str, bytes]
) -> Iterator[Artefact]:
    name = f"podium.{language}.{wanted}"
    match wanted:
        case Format.HTML:
            yield Artefact(name, page_of(result, grid, language).encode())
        case Format.PDF:
            yield Artefact(name, paper_of(result, grid, language))
        case Format.PPTX:
            yield Artefact(name, deck_of(result, grid, language, logos))
        case Format.CSV:
            yield Artefact(name, csv_of(result, grid, language))
        case Format.JSON:
            yield Artefact("podium.json", json_of(result, grid).encode())
        case Format.BADGES:
            yield from _badges(result, grid, language)


def _badges(result: PublicResult, grid: Grid, language: Language) -> Iterator[Artefact]:
    badges = badges_of(result, grid, language)
    pictures = pngs_of([badge.svg for badge in badges], PIXELS, PIXELS)
    for badge, picture in zip(badges, pictures, strict=True):
        for ending, content in (("svg", badge.svg.encode()), ("png", picture)):
            name = badge_name(language.value, badge.number, badge.category, badge.place, badge.key, ending)
            yield Artefact(name, content)
