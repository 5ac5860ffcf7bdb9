"""The barometer report: one page without a name and without a mark, that loads nothing and runs nothing, and its PDF."""

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import NamedTuple

from barometer.figures import Figures
from barometer.figures.disclosure import Withheld
from barometer.figures.reference_series import reference_series
from barometer.reports import barometer_view as view
from barometer.reports.barometer_words import LONGEST_NAME, BarometerWords, barometer_words
from barometer.reports.chart_answers import answers_chart, curves_chart
from barometer.reports.chart_categories import categories_chart
from barometer.reports.chart_frame import Drawing
from barometer.reports.chart_history import history_chart
from barometer.reports.chart_sites import depth_chart, price_chart, shown_chart
from barometer.reports.merchant_text import legible
from barometer.reports.page import render_page, style_sheet
from barometer.reports.pdf import pdf_of
from barometer.reports.wording import Language

LONGEST_NOTE = 500
"""Characters of what a revision corrects (*ours*)."""
METHOD = ("cell", "attack", "rounding", "interval", "median", "pending", "marks")
"""What the page says of its method, in this order."""
_VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


class Shown(NamedTuple):
    """A drawing as the page holds it: a link that holds the drawing itself, its size, and what it shows in words."""

    link: str
    width: int
    height: int
    title: str
    description: str


class Report(NamedTuple):
    """What a report is made from: the figures, those of an earlier edition, and how many nights count of a site."""

    figures: Figures
    nights: int
    earlier: Figures | None = None


def drawings_of(figures: Figures, language: Language) -> list[Drawing]:
    """Return every drawing that there is something to draw for."""
    words = barometer_words(language)
    charts = (shown_chart, depth_chart, price_chart, answers_chart, curves_chart, categories_chart, history_chart)
    drawn = [chart(figures, words) for chart in charts]
    return [one for one in drawn if one is not None]


def page_of(report: Report, language: Language, drawings: Sequence[Drawing] | None = None) -> str:
    """Return the report as one HTML document; *drawings* are those of :func:`drawings_of`, if they are at hand."""
    words, figures, style = barometer_words(language), report.figures, style_sheet("barometer.css")
    drawn = drawings_of(figures, language) if drawings is None else drawings
    earlier = report.earlier
    return render_page(
        "barometer.html",
        style,
        words=words,
        title=title_of(figures),
        meta=_meta(figures, words),
        draft=figures.edition.published_on is None,
        correction=legible(figures.edition.correction or "", LONGEST_NOTE),
        empty=_empty(figures, words),
        keys=view.key_figures(figures, words),
        drawings={one.name: _shown(one) for one in drawn},
        sites=view.sites_table(figures, words),
        answers=view.answers_table(figures, words),
        answer_notes=view.answer_notes(figures, words),
        categories=view.category_tables(figures, words),
        years=view.years_table(figures, earlier, words) if earlier else None,
        earlier=legible(earlier.edition.title, LONGEST_NAME) if earlier else "",
        history=view.history(figures, words),
        context=_context(language),
        method=[words[f"method.{name}"].format(n=report.nights) for name in METHOD],
        version=version("barometer"),
    )


def paper_of(report: Report, language: Language, drawings: Sequence[Drawing] | None = None) -> bytes:
    """Return the report as a PDF, A4; raises :class:`UserError` where there is no browser to print it with."""
    words, edition = barometer_words(language), report.figures.edition
    day = edition.published_on or edition.tests_until
    return pdf_of(
        page_of(report, language, drawings), title_of(report.figures), language.value,
        subject=f"{words['page.kicker']}. {_tests(report.figures, words)}",
        made_on=datetime(day.year, day.month, day.day, tzinfo=UTC),
    )  # fmt: skip


def title_of(figures: Figures) -> str:
    """Return the edition's title, fit to be shown."""
    return legible(figures.edition.title, 2 * LONGEST_NAME)


def _tests(figures: Figures, words: BarometerWords) -> str:
    return words["page.tests"].format(period=words.period(figures.edition))


def _meta(figures: Figures, words: BarometerWords) -> str:
    edition = figures.edition
    parts = [_tests(figures, words)]
    if figures.merchants is None:
        parts.append(words["page.merchants_few"])
    else:
        categories = words.count("categories", len(figures.categories))
        parts.append(words["page.merchants"].format(n=words.number(figures.merchants), categories=categories))
    if edition.published_on is not None:
        day = edition.published_on
        published = words.day(datetime(day.year, day.month, day.day, tzinfo=UTC))
        parts.append(words["page.published"].format(day=published))
    if edition.revision > 1:
        parts.append(words["page.revision"].format(n=edition.revision))
    return ". ".join(parts) + "."


def _empty(figures: Figures, words: BarometerWords) -> str:
    """Return what is said where nothing may be told; nothing where something may."""
    told = (one for family in figures.families.values() for one in family.overall.values())
    if any(not isinstance(figure, Withheld) for figure in told):
        return ""
    return words["page.empty_note" if figures.categories else "page.empty_nobody"]


def _context(language: Language) -> list[Mapping[str, object]]:
    return [
        {"study": one.study, "year": one.year, "what": one.what[language.value]} for one in reference_series().context
    ]


def _shown(drawing: Drawing) -> Shown:
    size = _VIEW.search(drawing.svg)
    assert size is not None
    link = "data:image/svg+xml;base64," + base64.b64encode(drawing.svg.encode()).decode("ascii")
    return Shown(link, round(float(size[1])), round(float(size[2])), drawing.title, drawing.description)
