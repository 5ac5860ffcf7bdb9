"""The report of a night as a person reads it on a terminal of 80 columns."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from barometer.nights.report import NightReport
from barometer.reports.merchant_text import bare_address, legible
from barometer.reports.night_words import Line, cost_lines, duration, site_lines, verdict

MOST_LISTED = 20
"""Sites and batches listed on a terminal (*ours*); all stand in the JSON."""


def night_summary(report: NightReport) -> RenderableType:
    """Return the verdict, how the sites ended, what it took, the slowest sites, and what went wrong."""
    good = report.went_well
    head = Text.assemble(("Night ", "bold"), (legible(report.night, 64), "bold"))
    parts: list[RenderableType] = [head, Text(verdict(report), "green" if good else "yellow"), ""]
    parts += [_lines(site_lines(report)), "", _lines(cost_lines(report))]
    if report.slowest:
        parts += ["", Text("Slowest sites", "bold"), _slowest(report)]
    if report.not_closed:
        parts += ["", Text("Not closed", "bold"), _not_closed(report)]
    if report.bad_batches:
        parts += ["", Text("Batches that ended badly", "bold"), _bad(report)]
    for title, names in (
        ("Left alone", [site.url for site in report.left_alone]),
        ("Gone from the panel", report.gone),
    ):
        if names:
            parts += [
                "",
                Text(title, "bold"),
                *(Text(f"  {_address(name)}") for name in names[:MOST_LISTED]),
                *_more(names),
            ]
    return Group(*parts)


def _lines(lines: list[Line]) -> Table:
    table = _table(("", False), ("", True), ("", False))
    table.columns[0].min_width = 20
    for line in lines:
        table.add_row(line.label, line.figure, Text(legible(line.remark), "dim"))
    return table


def _slowest(report: NightReport) -> Table:
    table = _table(("", False), ("", True), ("", True), ("", False))
    for site in report.slowest:
        pages = f"{site.pages_read} pages" if site.pages_read != 1 else "1 page"
        table.add_row(_address(site.url), duration(site.seconds), pages, site.status)
    return table


def _not_closed(report: NightReport) -> RenderableType:
    table = _table(("", False), ("", False), ("", False))
    for site in report.not_closed[:MOST_LISTED]:
        table.add_row(
            _address(site.url), Text(site.why, "yellow"), f"batch {site.batch}" if site.batch is not None else ""
        )
    return Group(table, *_more(report.not_closed))


def _bad(report: NightReport) -> RenderableType:
    table = _table(("", True), ("", False), ("", False))
    for batch in report.bad_batches[:MOST_LISTED]:
        sites = f"{batch.sites} sites" if batch.sites != 1 else "1 site"
        table.add_row(str(batch.number), Text(f"{batch.why} ({sites})", "yellow"), legible(batch.log or "no log", 120))
    return Group(table, *_more(report.bad_batches))


def _table(*columns: tuple[str, bool]) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for title, is_number in columns:
        table.add_column(title, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number)
    return table


def _address(url: str) -> str:
    return legible(bare_address(url), 60)


def _more(listed: Sequence[object]) -> list[Text]:
    return [Text(f"  and {len(listed) - MOST_LISTED} more; see --json", "dim")] if len(listed) > MOST_LISTED else []
