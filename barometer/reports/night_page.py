"""The report of a night as one small HTML file: it loads nothing, runs nothing, and what merchants wrote stands in it as text."""

from collections.abc import Callable, Mapping
from typing import Any

from barometer.nights.report import NightReport
from barometer.reports.merchant_text import bare_address, legible, web_link
from barometer.reports.night_words import cost_lines, duration, site_lines, size, verdict
from barometer.reports.page import render_page, style_sheet

MOST_LISTED = 500
"""Sites that one list of a page shows (*ours*); all stand in the JSON."""
FILTERS: Mapping[str, Callable[..., Any]] = {
    "legible": legible, "bare": bare_address, "link": web_link, "duration": duration, "size": size,
}  # fmt: skip


def night_page(report: NightReport) -> str:
    """Return the report as one HTML document."""
    return render_page(
        "night.html",
        style_sheet("night.css"),
        FILTERS,
        report=report,
        verdict=verdict(report),
        good=report.went_well,
        sites=site_lines(report),
        costs=cost_lines(report),
        most=MOST_LISTED,
    )
