"""The merchant's own report: one confidential HTML file, and the same on paper.

It loads nothing and runs nothing: styles and pictures are inside, and its own content security policy forbids all else. That
it is confidential stands on the screen wherever one scrolls, and on every sheet of paper.
"""

from functools import cache

from barometer.reports.merchant_comparison import FEWEST
from barometer.reports.merchant_drawings import (
    BAR_HEIGHT,
    BAR_WIDTH,
    PLOT_HEIGHT,
    PLOT_WIDTH,
    SCALE_HEIGHT,
    SCALE_WIDTH,
)
from barometer.reports.merchant_view import View
from barometer.reports.merchant_words import MerchantWords
from barometer.reports.page import render_page, style_sheet


def merchant_report(view: View, words: MerchantWords, nights: int, version: str) -> str:
    """Return the report *view* as one HTML document; *nights* are those that the grid counts, *version* is of this tool."""
    style = _style(words["page.margin"])
    return render_page(
        "merchant.html",
        style,
        view=view,
        words=words,
        nights=words.number(nights),
        fewest=words.number(FEWEST),
        bar_size=(BAR_WIDTH, BAR_HEIGHT),
        scale_size=(SCALE_WIDTH, SCALE_HEIGHT),
        plot_size=(PLOT_WIDTH, PLOT_HEIGHT),
        version=version,
    )


def document_title(view: View, words: MerchantWords) -> str:
    """Return what the document is called: it names nobody but its merchant."""
    return f"{words.plain('page.title', merchant=view.merchant)} ({words['page.confidential'].lower()})"


@cache
def _style(margin: str) -> str:
    """Return the style sheet; *margin* is what every sheet of paper says in its margin."""
    source = style_sheet("merchant.css")
    said = margin.replace("\\", "").replace('"', "").replace("<", "")
    return source.replace("MARGIN-WORDS", said)
