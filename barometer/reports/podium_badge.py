"""Badges for laureates and holders of the label: a drawing with the edition's year and the dates of its tests on it."""

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from barometer.grids.grid import Grid
from barometer.podium import PublicResult
from barometer.reports.lettering import Face, ink_width, lettered, width_of
from barometer.reports.podium_palette import INK, PAPER, QUIET, SOFT, Accent, accent_of
from barometer.reports.podium_view import CategoryView, Named, PodiumView, Step, view_of
from barometer.reports.podium_words import PodiumWords, podium_words
from barometer.reports.text_fit import fitted
from barometer.reports.wording import Language

SIDE = 900
"""A badge is so many units wide and tall."""
PIXELS = 720
"""Width and height of its picture, in pixels."""
_MARGIN, _TOP, _INNER = 62, 392, SIDE - 2 * 62
_BARS = {2: (526, 196), 1: (624, 286), 3: (722, 132)}


class Badge(NamedTuple):
    """A badge: the category's number and name, the place (0 for the label), the merchant's panel key, and the drawing."""

    number: int
    category: str
    place: int
    key: str
    svg: str


def badges_of(result: PublicResult, grid: Grid, language: Language) -> list[Badge]:
    """Return a badge for each place of each podium, then one for each holder of the label."""
    words = podium_words(language)
    return list(_badges(view_of(result, grid, words), words))


def _badges(view: PodiumView, words: PodiumWords) -> Iterator[Badge]:
    for category in view.categories:
        for step in category.steps:
            for honoured in step.honoured:
                svg = _of_place(view, category, step, honoured.who, words)
                yield Badge(category.number, category.name, step.place, honoured.who.key, svg)
    for holders in view.label or ():
        for who in holders.named:
            yield Badge(holders.number, holders.category, 0, who.key, _of_label(view, holders.category, who, words))


def _of_place(view: PodiumView, category: CategoryView, step: Step, who: Named, words: PodiumWords) -> str:
    accent, place = accent_of(category.number), words.place(step.place, step.shared)
    told = words["badge.alt_place"].format(
        name=who.name, place=place, category=category.name, title=view.title, year=view.year, period=view.period
    )
    ordinal, numeral = words.ordinal(step.place), str(step.place)
    suffix = ordinal.removeprefix(numeral)
    across = _MARGIN + ink_width(numeral, Face.BOLD) * 260 + 10
    head = [
        *_bars(step.place, accent),
        lettered(words["badge.laureate"].upper(), _MARGIN, 106, 34, Face.HEAVY, accent.bright),
        lettered(numeral, _MARGIN - 8, 316, 260, Face.BOLD, PAPER),
        lettered(suffix, across, 190, 84, Face.BOLD, PAPER),
    ]
    if step.shared:
        head.append(lettered(words["place.shared_mark"], across, 316, 44, Face.BOOK, SOFT))
    return _card(view, told, head, accent, category.name, who, words)


def _of_label(view: PodiumView, category: str, who: Named, words: PodiumWords) -> str:
    accent, title = accent_of(0), view.label_title or words["label.title"]
    told = words["badge.alt_label"].format(
        name=who.name, label=title, title=view.title, year=view.year, period=view.period
    )
    found = fitted(title, _INNER - 190, 190, 84, 30, width_of=width_of(Face.BOLD), leading=1.08, most_lines=3)
    head = [
        lettered(words["badge.label"].upper(), _MARGIN, 106, 34, Face.HEAVY, accent.bright),
        *_lines(found.lines, 130 + found.size, found.size, 1.08, Face.BOLD, PAPER),
        f'<circle cx="762" cy="246" r="76" fill="#{accent.bright}"/>',
        f'<path d="M726 248l26 27 48-56" fill="none" stroke="#{INK}" stroke-width="19" stroke-linecap="round" '
        'stroke-linejoin="round"/>',
    ]
    return _card(view, told, head, accent, category, who, words)


def _card(
    view: PodiumView, told: str, head: list[str], accent: Accent, category: str, who: Named, words: PodiumWords
) -> str:
    """Return the whole badge: *head* on dark ground, and below it who, in which category, which year, tested when."""
    name = fitted(who.name, _INNER, 172, 100, 24, width_of=width_of(Face.BOLD), leading=1.1, most_lines=6)
    kind = fitted(category, _INNER, 48, 36, 22, width_of=width_of(Face.BOOK), leading=1.1, most_lines=1)
    title = fitted(view.title, _INNER, 34, 28, 20, width_of=width_of(Face.BOOK), leading=1.1, most_lines=1)
    tests = fitted(
        words["badge.tests"].format(period=view.period), _INNER, 38, 31, 18, width_of=width_of(Face.BOOK), most_lines=1
    )
    body = [
        *_lines(kind.lines, 468, kind.size, 1.1, Face.BOOK, accent.deep),
        *_lines(name.lines, 492 + name.size * 0.92, name.size, 1.1, Face.BOLD, INK),
        f'<path d="M{_MARGIN} 712H{SIDE - _MARGIN}" stroke="#{accent.deep}" stroke-width="3"/>',
        lettered(words["badge.edition"].format(year=view.year), _MARGIN, 764, 42, Face.BOLD, INK),
        *_lines(tests.lines, 806, tests.size, 1.1, Face.BOOK, INK),
        *_lines(title.lines, 846, title.size, 1.1, Face.BOOK, QUIET),
    ]
    text = escape(told)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" width="{PIXELS}" height="{PIXELS}" '
            f'role="img" aria-label="{text}" lang="{words.language.value}">',
            f"<title>{text}</title>",
            f'<rect x="4" y="4" width="892" height="892" rx="52" fill="#{PAPER}" stroke="#{INK}" stroke-width="8"/>',
            f'<path d="M4 {_TOP}V56a52 52 0 0 1 52-52H844a52 52 0 0 1 52 52V{_TOP}Z" fill="#{INK}"/>',
            *head,
            f'<rect x="4" y="{_TOP}" width="892" height="12" fill="#{accent.bright}"/>',
            *body,
            "</svg>\n",
        ]
    )


def _bars(place: int, accent: Accent) -> Iterator[str]:
    for number, (left, height) in _BARS.items():
        colour = accent.bright if number == place else "34414D"
        yield f'<rect x="{left}" y="{_TOP - height}" width="92" height="{height}" fill="#{colour}"/>'


def _lines(lines: tuple[str, ...], first: float, size: float, leading: float, face: Face, colour: str) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield lettered(line, _MARGIN, first + number * size * leading, size, face, colour)
