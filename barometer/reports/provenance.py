"""Where a report comes from: the tool, the window, the times, the amounts, and the digests that tie it to its files."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from barometer.audit_files import EVIDENCE_FOLDER
from barometer.reports.audit_contract import AuditResult
from barometer.reports.audit_folder import AuditFile
from barometer.reports.merchant_text import legible
from barometer.reports.page_names import PageLink, page_link
from barometer.reports.wording import Words, capital


class Row(NamedTuple):
    """One line of the table: its name and its value in each result, as text or as an address."""

    name: str
    cells: tuple[str | PageLink, ...]
    is_code: bool = False


class Visited(NamedTuple):
    """What one visit read, and how it ended; no mode where it read nothing."""

    profile: str
    mode: str
    mode_note: str
    status: str
    status_note: str
    amounts: str


def visited(result: AuditResult, words: Words) -> Visited:
    """Return what was read, and how, in words."""
    browser = result.tool.browser
    mode = "static" if browser is None else "rendered"
    pages = [words.count("pages_read", result.pages.read)]
    if result.pages.rendered:
        pages.append(words.count("pages_rendered", result.pages.rendered))
    notes = [words[f"status.{result.status}_note"]]
    # A reason that stopped everything stands beside all channels already.
    if result.status_reason is not None and any(
        channel.reason is not result.status_reason for channel in result.channels.values()
    ):
        notes.append(words[f"reason.{result.status_reason}"])
    return Visited(
        capital(words[f"profile.{result.profile}"]),
        words[f"mode.{mode}"] if result.pages.read else "",
        words.plain(f"mode.{mode}_note", browser=browser or ""),
        words[f"status.{result.status}"],
        " ".join(notes),
        ", ".join([*pages, words.size(result.pages.bytes)]),
    )


def provenance(audit: AuditFile, words: Words) -> list[Row]:
    """Return the lines of the table, one cell a result."""
    results = audit.results
    return [
        *_places(results, words),
        _row("profile", [words[f"profile.{result.profile}_window"] for result in results], words),
        _row("started", [words.moment(result.started_at) for result in results], words),
        _row("finished", [words.moment(result.finished_at) for result in results], words),
        *_amounts(results, words),
        *_makers(results, words),
        Row(words["provenance.schema"], tuple(result.schema_name for result in results), True),
        Row(words["provenance.result"], (audit.sha256,), True),
        _row("folder", [_folder(audit.folder, words)], words),
    ]


def _places(results: Sequence[AuditResult], words: Words) -> list[Row]:
    reached = [
        page_link(result.site.final_url) if result.site.final_url else words["provenance.no_final_url"]
        for result in results
    ]
    languages = [legible(result.site.language or words["provenance.unknown"], 60) for result in results]
    return [
        _row("url", [page_link(result.site.url) for result in results], words),
        _row("final_url", reached, words),
        _row("country", [legible(result.site.country, 60) for result in results], words),
        _row("language", languages, words),
    ]


def _amounts(results: Sequence[AuditResult], words: Words) -> list[Row]:
    ends = []
    for result in results:
        reason = f" ({words[f'reason.{result.status_reason}'].rstrip('.')})" if result.status_reason else ""
        ends.append(words[f"status.{result.status}"] + reason)
    cpu = [
        words["provenance.not_kept"] if result.pages.cpu_seconds is None else words.seconds(result.pages.cpu_seconds)
        for result in results
    ]
    return [
        _row("status", ends, words),
        _row("pages", [_pages(result, words) for result in results], words),
        _row("bytes", [words.size(result.pages.bytes) for result in results], words),
        _row("cpu", cpu, words),
    ]


def _pages(result: AuditResult, words: Words) -> str:
    read = words.count("pages_read", result.pages.read)
    return read if result.pages.rendered is None else f"{read}, {words.count('pages_rendered', result.pages.rendered)}"


def _makers(results: Sequence[AuditResult], words: Words) -> list[Row]:
    versions = [words.plain("provenance.tool_version", version=result.tool.version) for result in results]
    browsers = [legible(result.tool.browser or words["provenance.no_browser"]) for result in results]
    grids = [legible(result.tool.grid or words["provenance.no_grid"]) for result in results]
    agents = [legible(result.tool.user_agent or words["provenance.not_kept"]) for result in results]
    return [
        _row("tool", versions, words),
        _row("browser", browsers, words),
        *([_row("user_agent", agents, words)] if any(result.tool.user_agent for result in results) else []),
        _row("grid", grids, words),
    ]


def _folder(folder: Path, words: Words) -> str:
    """Return the name of the audit's folder, without the path to it, which is nobody's business, and what it holds."""
    key = "provenance.folder_evidence" if (folder / EVIDENCE_FOLDER).is_dir() else "provenance.folder_plain"
    return words.plain(key, folder=folder.resolve().name)


def _row(name: str, cells: Sequence[str | PageLink], words: Words) -> Row:
    """Return a line; cells that are all the same are one."""
    same = all(cell == cells[0] for cell in cells)
    return Row(words[f"provenance.{name}"], (cells[0],) if same else tuple(cells))
