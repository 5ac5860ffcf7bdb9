"""The files of a barometer report: pages, documents, drawings and figures, by name."""

from collections.abc import Collection, Iterator
from contextlib import nullcontext
from enum import StrEnum

from barometer.reports.barometer_json import json_of
from barometer.reports.barometer_page import Report, drawings_of, page_of, paper_of
from barometer.reports.pdf import press
from barometer.reports.wording import Language


class Format(StrEnum):
    """What a report is written as; ``svg`` is each of its drawings as a file of its own."""

    HTML = "html"
    PDF = "pdf"
    JSON = "json"
    SVG = "svg"


def report_files(
    report: Report, formats: Collection[Format], languages: Collection[Language]
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each file; no name holds a word that anybody typed.

    Raises :class:`UserError` where a PDF is wanted and no browser prints.
    """
    with press() if Format.PDF in formats else nullcontext():
        for language in languages:
            drawings = drawings_of(report.figures, language) if set(formats) - {Format.JSON} else []
            if Format.HTML in formats:
                yield f"barometer.{language}.html", page_of(report, language, drawings).encode()
            if Format.PDF in formats:
                yield f"barometer.{language}.pdf", paper_of(report, language, drawings)
            if Format.SVG in formats:
                for drawing in drawings:
                    yield f"chart-{drawing.name}.{language}.svg", drawing.svg.encode()
    if Format.JSON in formats:
        yield "figures.json", json_of(report.figures, report.nights, report.earlier).encode()
