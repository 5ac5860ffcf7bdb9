"""The report of a night as one small HTML file: it loads nothing, runs nothing, and what merchants wrote stands in it as text."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from barometer.nights.report import NightReport
from barometer.reports.merchant_text import bare_address, legible, web_link
from barometer.reports.night_words import cost_lines, duration, site_lines, size, verdict

MOST_LISTED = 500
"""Sites that one list of a page shows (*ours*); all stand in the JSON."""


def night_page(report: NightReport) -> str:
    """Return the report as one HTML document."""
    style = _style()
    return (
        _environment()
        .get_template("night.html")
        .render(
            report=report,
            style=Markup(style),  # noqa: S704 (a file of this package)
            style_digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii"),
            verdict=verdict(report),
            good=report.state == "closed" and not report.not_closed,
            sites=site_lines(report),
            costs=cost_lines(report),
            most=MOST_LISTED,
        )
    )


@cache
def _style() -> str:
    return files("barometer.reports").joinpath("templates", "night.css").read_text("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("barometer.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "legible": legible, "bare": bare_address, "link": web_link, "duration": duration, "size": size,
    }  # fmt: skip
    return environment
