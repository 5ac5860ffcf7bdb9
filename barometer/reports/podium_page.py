"""The page for the press: one HTML file that can be read, printed and sent; its PDF is this page, printed."""

from barometer.grids.grid import Grid
from barometer.podium import PublicResult
from barometer.reports.page import render_page, style_sheet
from barometer.reports.pdf import pdf_of
from barometer.reports.podium_deck import made_on, subject_of
from barometer.reports.podium_palette import ACCENTS
from barometer.reports.podium_view import view_of
from barometer.reports.podium_words import podium_words
from barometer.reports.wording import Language


def page_of(result: PublicResult, grid: Grid, language: Language) -> str:
    """Return the page of *result* as one HTML document that loads nothing and runs nothing."""
    words = podium_words(language)
    view, style, published = view_of(result, grid, words), style_sheet("podium.css"), result.edition.published_on
    return render_page(
        "podium.html",
        style,
        words=words,
        view=view,
        subject=subject_of(view, words),
        published=words.on(published) if published else None,
        accents=[f"accent-{(category.number - 1) % len(ACCENTS)}" for category in view.categories],
    )


def paper_of(result: PublicResult, grid: Grid, language: Language) -> bytes:
    """Return the page as a PDF, A4; raises :class:`UserError` where there is no browser to print it with."""
    words = podium_words(language)
    view = view_of(result, grid, words)
    return pdf_of(
        page_of(result, grid, language), f"{view.title}, {words['edition.year'].format(year=view.year)}", language.value,
        subject=subject_of(view, words), keywords=f"{view.grid} {view.version}", made_on=made_on(result.edition),
    )  # fmt: skip
