"""The report of a night beside its logs: ``report.json`` for programs, ``report.html`` for people."""

import json
from pathlib import Path

from barometer.nights.report import NightReport

JSON_NAME, PAGE_NAME = "report.json", "report.html"


def write_report(report: NightReport, logs: Path) -> str:
    """Write both files into the night's folder under *logs*; return what was in the way, an empty string where nothing was.

    The report stands in the database all the same: a full disk is no reason to call a night lost.
    """
    from barometer.reports.night_page import night_page

    folder = logs / report.logs
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / JSON_NAME, json.dumps(report.as_json(), indent=2) + "\n")
        _write(folder / PAGE_NAME, night_page(report))
    except OSError as error:
        return f"the report could not be written into {folder}: {error.strerror}; see it with: barometer night show"
    return ""


def _write(path: Path, text: str) -> None:
    """Write the whole file or none of it."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)
