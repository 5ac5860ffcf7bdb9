"""What the barometer report says, arranged for its page: key figures, tables and notes, all in the words of one language."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from barometer.figures import Figures
from barometer.figures.disclosure import Disclosed, Figure, Told, Withheld
from barometer.figures.of_answers import HORIZONS, key_of, question_of
from barometer.figures.reference_series import MEASURES, reference_series
from barometer.reports.barometer_words import LONGEST_NAME, BarometerWords
from barometer.reports.chart_answers import median_words, read
from barometer.reports.chart_history import ours
from barometer.reports.merchant_text import legible
from storage.vocabulary import Channel

SITES = (
    ("phone", "shown", "phone_shown"), ("phone", "home", "phone_home"), ("phone", "one_click", "phone_one_click"),
    ("phone", "visible", "phone_visible_of"), ("phone", "premium", "phone_premium_of"),
    ("writing", "shown", "writing_shown"), ("writing", "email", "writing_email"), ("writing", "form", "writing_form"),
    ("contact_page", "shown", "contact_page_shown"), ("chat", "shown", "chat_shown"),
    ("callback", "shown", "callback_shown"), ("social", "shown", "social_shown"),
    ("social", "facebook", "social_facebook"), ("social", "x", "social_x"),
)  # fmt: skip
"""Rows of the table of what sites show: family, question, and the words for it."""
BY_CATEGORY = (
    ("phone", "shown", "phone_shown"), ("phone", "home", "phone_home"), ("phone", "visible", "phone_visible"),
    ("phone", "premium", "phone_premium"), ("writing", "shown", "writing_shown"), ("writing", "email", "writing_email"),
    ("chat", "shown", "chat_shown"), ("social", "shown", "social_shown"),
)  # fmt: skip
"""Columns of the table of sites by category."""
SPOKEN_AND_MAIL = (Channel.PHONE, Channel.EMAIL, Channel.CHAT)
FORM_AND_SOCIAL = (Channel.FORM, Channel.X, Channel.FACEBOOK)
"""Channels whose answers by category share a table, so that it fits a page."""
_DASH = "\u2013"


class KeyFigure(NamedTuple):
    """A number in large print: the share, what it is of, its interval and its denominator."""

    share: str
    what: str
    interval: str
    base: str


class Line(NamedTuple):
    """A row of a table: what, and its cells."""

    label: str
    cells: tuple[str, ...]


class Table(NamedTuple):
    """A table with its heads, the first over the labels."""

    caption: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]


class Published(NamedTuple):
    """A published figure of others, with its source."""

    measure: str
    year: int
    share: str
    of: str
    sites: str
    source: str
    link: str
    note: str


def key_figures(figures: Figures, words: BarometerWords) -> list[KeyFigure]:
    """Return the figures that a newspaper would print first; those that may not be told are left out."""
    asked = (
        ("phone", "shown", "shown", "of_sites"),
        ("phone", "visible", "visible", "of_shown"),
        ("phone", "premium", "premium", "of_shown"),
        (key_of(Channel.PHONE), question_of(30), "within_30", "of_called"),
        (key_of(Channel.EMAIL), question_of(86_400), "email_day", "of_written"),
    )
    found = []
    for family, question, what, base in asked:
        figure = overall(figures, family, question)
        if not isinstance(figure, Withheld):
            found.append(
                KeyFigure(
                    words.figure(figure),
                    words[f"key.{what}"],
                    words["key.interval"].format(low=words.percent(figure.low), high=words.percent(figure.high)),
                    words[f"key.{base}"].format(n=words.number(figure.base)),
                )
            )
    return found


def overall(figures: Figures, family: str, question: str) -> Figure:
    """Return a figure of the edition as a whole; one that was never asked is withheld like any other."""
    found = figures.families.get(family)
    return Withheld() if found is None else found.overall.get(question, Withheld())


def sites_table(figures: Figures, words: BarometerWords) -> Table:
    """Return what sites show, as a whole."""
    heads = ("column.figure", "column.share", "column.interval", "column.base")
    lines = [(words[f"row.{name}"], overall(figures, family, question)) for family, question, name in SITES]
    return Table(
        words["section.shown"], tuple(words[head] for head in heads), tuple(_line(*line, words) for line in lines)
    )


def answers_table(figures: Figures, words: BarometerWords) -> Table:
    """Return how each channel was answered, as a whole; the last line of a channel says who did not answer in time."""
    heads = ("column.figure", "column.share", "column.interval", "column.base")
    lines: list[Line] = []
    for channel, family in _answered(figures):
        name = words[f"answer.{channel}"]
        for seconds in HORIZONS[channel]:
            if question_of(seconds) in family.overall:
                within = words["answer.within"].format(horizon=words.horizon(seconds))
                lines.append(_line(f"{name}, {within}", family.overall[question_of(seconds)], words))
        last = HORIZONS[channel][-1]
        late = _not(family.overall.get(question_of(last)))
        if late is not None:
            lines.append(_line(f"{name}, {words['answer.never'].format(horizon=words.horizon(last))}", late, words))
        if "acknowledged" in family.overall:
            lines.append(_line(f"{name}, {words['answer.acknowledged']}", family.overall["acknowledged"], words))
    return Table(words["section.answers"], tuple(words[head] for head in heads), tuple(lines))


def answer_notes(figures: Figures, words: BarometerWords) -> list[str]:
    """Return what each channel's answers rest on, and when half had one."""
    notes = []
    for channel, family in _answered(figures):
        if family.attempts is not None and family.base is not None:
            rests = words["answer.attempts"].format(
                n=words.number(family.attempts), merchants=words.number(family.base)
            )
            half = median_words(read(figures, channel), words)
            notes.append(f"{words[f'answer.{channel}']}: {rests}" + (f"; {half}" if half else ""))
    return notes


def category_tables(figures: Figures, words: BarometerWords) -> list[Table]:
    """Return the figures of every category: what their sites show, and how they answer; none where there is but one."""
    if len(figures.categories) < 2:
        return []
    sites = [(words[f"row.{name}"], family, question) for family, question, name in BY_CATEGORY]
    tables = [(words["section.shown"], sites)]
    answered = _answer_columns(figures, words)
    for pair in (SPOKEN_AND_MAIL, FORM_AND_SOCIAL):
        columns = [(label, family, question) for channel, label, family, question in answered if channel in pair]
        names = dict.fromkeys(words[f"answer.{channel}"] for channel, *_ in answered if channel in pair)
        tables.append((f"{words['section.answers']}: {', '.join(names)}", columns))
    return [_categories(caption, columns, figures, words) for caption, columns in tables if columns]


def _answer_columns(figures: Figures, words: BarometerWords) -> list[tuple[Channel, str, str, str]]:
    """Return each share answered that there is: channel, label, family and question."""
    return [
        (
            channel,
            f"{words[f'answer.{channel}']}, {words['answer.within'].format(horizon=words.horizon(seconds))}",
            key_of(channel),
            question_of(seconds),
        )
        for channel, _ in _answered(figures)
        for seconds in HORIZONS[channel]
    ]


def years_table(figures: Figures, earlier: Figures, words: BarometerWords) -> Table:
    """Return our figures beside those of an *earlier* edition, each with its interval."""
    rows = [(words[f"row.{name}"], family, question) for family, question, name in SITES]
    rows += [(label, family, question) for _, label, family, question in _answer_columns(figures, words)]
    lines = []
    for label, family, question in rows:
        before, now = overall(earlier, family, question), overall(figures, family, question)
        if not (isinstance(before, Withheld) and isinstance(now, Withheld)):
            cells = (words.figure(before), words.interval(before), words.figure(now), words.interval(now))
            lines.append(Line(label, cells))
    edition = words["column.earlier"].format(edition=legible(earlier.edition.title, LONGEST_NAME))
    heads = (words["column.figure"], edition, words["column.interval"], words["column.now"], words["column.interval"])
    return Table(words["section.years"], heads, tuple(lines))


def history(figures: Figures, words: BarometerWords) -> list[tuple[str, str, list[Published]]]:
    """Return each published measure with our figure for it, and what was published, year by year."""
    found = []
    for measure in MEASURES:
        own = ours(figures, measure)
        published = [
            Published(
                words[f"measure.{measure}"], one.year, f"{'≈ ' if one.approximate else ''}{words.percent(one.percent / 100)}",
                words[f"of.{one.of}"], _sites(one.sites, words), one.source.title, one.source.url,
                one.note.get(words.language.value, ""),
            )
            for one in reference_series().of(measure)
        ]  # fmt: skip
        found.append((words[f"measure.{measure}"], words.figure(own) if own else _DASH, published))
    return found


def _sites(told: str, words: BarometerWords) -> str:
    number = told.removeprefix("about ")
    return words["sites.about"].format(n=number) if number != told else number


def _answered(figures: Figures) -> Iterable[tuple[Channel, Disclosed]]:
    return [(channel, figures.families[key_of(channel)]) for channel in HORIZONS if key_of(channel) in figures.families]


def _not(figure: Figure | None) -> Told | None:
    """Return the other side of a share, which says no more than the share does."""
    if not isinstance(figure, Told):
        return None
    return figure._replace(share=1 - figure.share, low=1 - figure.high, high=1 - figure.low)


def _line(label: str, figure: Figure, words: BarometerWords) -> Line:
    base = _DASH if isinstance(figure, Withheld) else words.number(figure.base)
    return Line(label, (words.figure(figure), words.interval(figure), base))


def _categories(
    caption: str, columns: Sequence[tuple[str, str, str]], figures: Figures, words: BarometerWords
) -> Table:
    lines = []
    for category in figures.categories:
        rows = [figures.families[family].by_category.get(category, {}).get(question) for _, family, question in columns]
        told = [row for row in rows if row is not None and not isinstance(row, Withheld)]
        # Families differ by the few sites that could not be measured; the largest is told once for all columns.
        base = words.number(max(row.base for row in told)) if told else _DASH
        cells = (base, *(_DASH if row is None else words.short(row) for row in rows))
        lines.append(Line(legible(category, LONGEST_NAME) or "?", cells))
    return Table(
        caption, (words["column.category"], words["column.base"], *(label for label, _, _ in columns)), tuple(lines)
    )
