"""The ceremony deck: category by category, third, second, first place, each its slide, and what the speaker says."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from barometer.grids.grid import Grid
from barometer.podium import PublicEdition, PublicResult
from barometer.reports.podium_palette import INK, PAPER, QUIET, SHADE, SOFT, Accent, accent_of
from barometer.reports.podium_view import CategoryView, Holders, Honoured, PodiumView, Step, view_of
from barometer.reports.podium_words import PodiumWords, podium_words
from barometer.reports.slides import HEIGHT, Anchor, Box, Deck, Slide, Style
from barometer.reports.wording import Language

NAMES_A_SLIDE = 6
"""Laureates that share a place and stand on one slide (*ours*): more go on to the next one."""
LINES_A_COLUMN, FEWEST_LINES, COLUMNS = 13, 7, 3
"""What a slide of the label holds (*ours*): few names are set larger, in columns of equal length."""

_LEFT, _ACROSS = 0.9, 7.9
_NAMES_TOP, _NAMES_HEIGHT = 2.25, 3.55
_BARS = {2: (9.45, 2.7), 1: (10.6, 4.1), 3: (11.75, 1.75)}
_BAR_WIDTH = 1.1


def deck_of(result: PublicResult, grid: Grid, language: Language, logos: Mapping[str, bytes] | None = None) -> bytes:
    """Return the deck of *result* as a .pptx file; *logos* are pictures (PNG) by the panel key of their merchant.

    The same result is the same bytes.
    """
    words = podium_words(language)
    return _Ceremony(view_of(result, grid, words), words, logos or {}).deck(result.edition)


def made_on(edition: PublicEdition) -> datetime:
    """Return the date that a document of *edition* bears: when it was published, else when its tests ended."""
    day = edition.published_on or edition.tests_until
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def subject_of(view: PodiumView, words: PodiumWords) -> str:
    """Return what a document is about, with the dates of the edition, for its properties."""
    return words["edition.subject"].format(title=view.title, year=view.year, period=view.period)


class _Line(NamedTuple):
    """A line of the label's slides: a category, or a merchant."""

    text: str
    is_category: bool
    number: int


class _Ceremony:
    """Makes the slides, in the order of the evening."""

    def __init__(self, view: PodiumView, words: PodiumWords, logos: Mapping[str, bytes]) -> None:
        self._view, self._words, self._logos = view, words, logos
        self._names_rule = words["note.no_more" if view.label is not None else "note.no_more_alone"]
        self._footer = f"{view.title} · {words['edition.both_dates'].format(year=view.year, period=view.period)}"

    def deck(self, edition: PublicEdition) -> bytes:
        self._deck = Deck(
            f"{self._view.title} {self._view.year}" if str(self._view.year) not in self._view.title else self._view.title,
            self._words.language.value,
            subject=subject_of(self._view, self._words),
            keywords=f"{self._view.grid} {self._view.version}",
            made_on=made_on(edition),
        )  # fmt: skip
        self._opening()
        for category in self._view.categories:
            self._category(category)
            for step in reversed(category.steps):
                self._step(category, step)
        if self._view.label:
            self._label(self._view.label)
        self._closing()
        return self._deck.to_bytes()

    def _opening(self) -> None:
        words, view, accent = self._words, self._view, accent_of(0)
        slide = self._deck.slide(INK)
        _bars(slide, accent, None)
        slide.text(words["edition.kicker"].upper(), Box(_LEFT, 1.0, _ACROSS, 0.4), _kicker(accent.bright))
        slide.title(view.title, Box(_LEFT, 1.6, _ACROSS, 3.1), Style(60, PAPER, 24, bold=True))
        slide.text(words["edition.year"].format(year=view.year), Box(_LEFT, 5.1, _ACROSS, 0.55), Style(30, PAPER))
        slide.text(words["edition.tests"].format(period=view.period), Box(_LEFT, 5.75, _ACROSS, 0.8), Style(20, SOFT))
        said = [view.title, words["edition.both_dates"].format(year=view.year, period=view.period)]
        if view.correction:
            said.append(words["edition.correction"].format(revision=view.revision, correction=view.correction))
        slide.notes("\n".join([*said, words["note.opening"], self._names_rule]))

    def _category(self, category: CategoryView) -> None:
        words, accent = self._words, accent_of(category.number)
        kicker = words["category.kicker"].format(number=category.number, count=len(self._view.categories))
        slide = self._deck.slide(accent.deep)
        slide.text(kicker.upper(), Box(_LEFT, 1.0, 11.5, 0.4), _kicker(PAPER))
        slide.title(category.name, Box(_LEFT, 1.7, 11.5, 4.1), Style(72, PAPER, 24, bold=True, anchor=Anchor.MIDDLE))
        self._foot(slide, PAPER)
        slide.notes(words["note.category"].format(category=category.name))
        if not category.steps:
            self._no_laureate(category, accent)

    def _no_laureate(self, category: CategoryView, accent: Accent) -> None:
        words = self._words
        slide = self._deck.slide(INK)
        slide.text(category.name, Box(_LEFT, 0.95, 11.5, 0.75), Style(24, SOFT, 14))
        slide.block(Box(_LEFT, 2.35, 0.9, 0.07), accent.bright)
        slide.title(words["category.no_laureate"], Box(_LEFT, 2.75, 11.5, 1.1), Style(60, PAPER, 24, bold=True))
        slide.text(words["category.no_laureate_told"], Box(_LEFT, 4.05, 9.5, 1.0), Style(24, SOFT, 16))
        self._foot(slide, SOFT)
        slide.notes(words["category.no_laureate_note"])

    def _step(self, category: CategoryView, step: Step) -> None:
        """Add the slides of one place: one, but where very many share it."""
        for start in range(0, len(step.honoured), NAMES_A_SLIDE):
            honoured = step.honoured[start : start + NAMES_A_SLIDE]
            place = self._words.place(step.place, step.shared)
            accent = accent_of(category.number)
            slide = self._deck.slide(INK)
            _bars(slide, accent, step.place)
            slide.text(category.name, Box(_LEFT, 0.95, _ACROSS, 0.42), Style(20, SOFT, 12), "category")
            title = place if not start else self._words["place.continued"].format(place=place)
            slide.title(title, Box(_LEFT, 1.4, _ACROSS, 0.62), Style(34, accent.bright, 20, bold=True))
            if step.shared:
                self._rows(slide, honoured)
            else:
                self._alone(slide, honoured[0])
            self._foot(slide, SOFT)
            slide.notes("\n".join(self._said(category, place, honoured)))

    def _alone(self, slide: Slide, honoured: Honoured) -> None:
        top, height = _NAMES_TOP, _NAMES_HEIGHT
        logo = self._logos.get(honoured.who.key)
        if logo is not None:
            slide.block(Box(_LEFT, top, 3.3, 1.65), PAPER, 0.06)
            slide.picture(logo, Box(_LEFT + 0.2, top + 0.2, 2.9, 1.25), honoured.who.name)
            top, height = top + 1.9, height - 1.9
        largest = 66 if logo is None else 48
        slide.text(
            honoured.who.name, Box(_LEFT, top, _ACROSS, height - 0.6), Style(largest, PAPER, 14, bold=True), "name"
        )
        score = self._words["place.score"].format(score=self._words.mark(honoured.score))
        slide.text(score, Box(_LEFT, 5.45, _ACROSS, 0.7), Style(36, PAPER), "score")

    def _rows(self, slide: Slide, honoured: Sequence[Honoured]) -> None:
        height = min(1.5, (_NAMES_HEIGHT + 0.6) / len(honoured))
        for number, one in enumerate(honoured):
            top = _NAMES_TOP + number * height
            left, logo = _LEFT, self._logos.get(one.who.key)
            if logo is not None:
                card = min(height - 0.12, 0.95)
                slide.block(Box(left, top + (height - card) / 2, 1.7, card), PAPER, 0.08)
                slide.picture(logo, Box(left + 0.1, top + (height - card) / 2 + 0.08, 1.5, card - 0.16), one.who.name)
                left += 1.95
            name = Box(left, top + 0.06, _LEFT + _ACROSS - 1.75 - left, height - 0.12)
            slide.text(one.who.name, name, Style(40, PAPER, 11, bold=True, anchor=Anchor.MIDDLE), "name")
            score = self._words["place.score"].format(score=self._words.mark(one.score))
            place = Box(_LEFT + _ACROSS - 1.6, top + 0.06, 1.6, height - 0.12)
            slide.text(score, place, Style(24, PAPER, 14, anchor=Anchor.MIDDLE), "score")

    def _said(self, category: CategoryView, place: str, honoured: Sequence[Honoured]) -> Iterator[str]:
        words = self._words
        yield words["note.category"].format(category=category.name)
        for one in honoured:
            score = words["place.score_spoken"].format(score=words.mark(one.score))
            yield words["note.place"].format(place=place, name=one.who.name, score=score)
            if one.facts:
                yield words["note.facts"]
                yield from (f"– {fact}" for fact in one.facts)
        yield words["edition.both_dates"].format(year=self._view.year, period=self._view.period)

    def _label(self, label: Sequence[Holders]) -> None:
        words = self._words
        title = self._view.label_title or words["label.title"]
        pages = _columns(label)
        for number, columns in enumerate(pages, 1):
            slide = self._deck.slide(PAPER)
            slide.text(words["label.kicker"].upper(), Box(_LEFT, 0.6, 11.5, 0.35), _kicker(accent_of(0).deep, 14))
            heading = (
                words["label.page"].format(title=title, page=number, pages=len(pages)) if len(pages) > 1 else title
            )
            slide.title(heading, Box(_LEFT, 0.95, 11.5, 0.6), Style(32, INK, 16, bold=True))
            count = sum(len(holders.named) for holders in label)
            told = f"{words.count('label.count', count)}. {words['label.told']}" if count else words["label.none"]
            slide.text(told, Box(_LEFT, 1.6, 11.5, 0.4), Style(15, QUIET, 11))
            longest = max((len(column) for page in pages for column in page), default=1)
            for across, column in enumerate(columns):
                _column(slide, column, _LEFT + across * 3.95, min(0.55, 4.42 / longest))
            self._foot(slide, QUIET)
            names = [line.text for column in columns for line in column if not line.is_category]
            slide.notes("\n".join([told, *names, self._names_rule]))

    def _closing(self) -> None:
        words, view, accent = self._words, self._view, accent_of(0)
        slide = self._deck.slide(INK)
        slide.title(words["method.title"], Box(_LEFT, 1.0, 11.5, 0.7), Style(36, accent.bright, 20, bold=True))
        sentence = words["method.sentence"].format(grid=view.grid, version=view.version, threshold=view.threshold)
        slide.text(sentence, Box(_LEFT, 2.0, 11.5, 2.8), Style(30, PAPER, 14))
        dates = f"{words['edition.year'].format(year=view.year)}. {words['method.dates'].format(period=view.period)}"
        slide.text(dates, Box(_LEFT, 5.1, 11.5, 1.0), Style(22, SOFT, 14))
        slide.notes("\n".join([sentence, dates, self._names_rule]))

    def _foot(self, slide: Slide, colour: str) -> None:
        slide.text(self._footer, Box(_LEFT, 6.85, 7.9, 0.25), Style(11, colour, 9), "footer")


def _kicker(colour: str, size: float = 16) -> Style:
    return Style(size, colour, 10, bold=True, spacing=2)


def _bars(slide: Slide, accent: Accent, raised: int | None) -> None:
    """Draw the steps of a podium, the one that is spoken of in colour; all of them where none is."""
    for place, (left, height) in _BARS.items():
        is_lit = raised is None or place == raised
        slide.block(Box(left, HEIGHT - height, _BAR_WIDTH, height), accent.bright if is_lit else SHADE)
        numeral = Style(54, INK if is_lit else "6F7D89", 30, bold=True)
        slide.text(str(place), Box(left + 0.2, HEIGHT - height + 0.15, _BAR_WIDTH - 0.2, 0.95), numeral, "step")


def _columns(label: Sequence[Holders]) -> list[list[list[_Line]]]:
    """Return the lines of the label's slides: pages of columns; a category that goes on is named again."""
    total = sum(1 + len(holders.named) for holders in label)
    # Two lines more than an even share, since a heading never stands alone at the foot of a column.
    most = min(LINES_A_COLUMN, max(FEWEST_LINES, -(-total // COLUMNS) + 2))
    columns: list[list[_Line]] = [[]]
    for holders in label:
        heading = _Line(holders.category, True, holders.number)
        if len(columns[-1]) > most - 2:
            columns.append([])
        columns[-1].append(heading)
        for one in holders.named:
            if len(columns[-1]) >= most:
                columns.append([heading])
            columns[-1].append(_Line(one.name, False, holders.number))
    filled = [column for column in columns if column]
    return [filled[start : start + COLUMNS] for start in range(0, len(filled), COLUMNS)]


def _column(slide: Slide, lines: Sequence[_Line], left: float, height: float) -> None:
    """Set one column, its lines *height* apart."""
    for number, line in enumerate(lines):
        # A category stands closer to its first name than to what is above it.
        box = Box(left, 2.3 + number * height + (0.04 if line.is_category else 0), 3.6, height * 0.94)
        colour = accent_of(line.number).deep if line.is_category else INK
        size = min(20, height * 45)
        style = Style(
            size * 0.78 if line.is_category else size, colour, 10, bold=line.is_category, anchor=Anchor.MIDDLE
        )
        slide.text(line.text, box, style, "category" if line.is_category else "name")
