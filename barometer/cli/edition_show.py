"""``barometer edition list`` and ``show``: how editions stand, who did what, and for analysts every mark and place."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from barometer.campaign_status import iso
from barometer.cli.console import json_text, printable, stderr
from barometer.cli.edition_options import AsJson, Name, Revision
from barometer.cli.root import current_settings, opened_database

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from barometer.grids.grid import Grid
    from barometer.ranking import Ranking
    from barometer.scoring import Score
    from storage.records import Edition

WHY_NO_PODIUM = {"too_few": "too few eligible merchants", "none_above": "nobody above the threshold"}


def attach(group: typer.Typer) -> None:
    """Add the commands of this module to the group ``barometer edition``."""
    group.command("list")(list_editions)
    group.command()(show)


def list_editions(as_json: AsJson = False) -> None:
    """List the editions, newest first, every revision on its own line.

    Example: [bold]barometer edition list[/bold]
    """
    from barometer.edition import listed

    with opened_database(current_settings()) as database, database.reading() as session:
        found = listed(session)
    if as_json:
        sys.stdout.write(json_text([_edition(one) for one in found]) + "\n")
        return
    if not found:
        stderr.print("no edition yet; open one with: barometer edition open")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("edition", "rev.", "state", "title", "tests", "grid", "scored (UTC)"):
        table.add_column(column, overflow="fold")
    for one in found:
        told = _edition(one)
        cells = (
            one.name, str(one.revision), str(one.state), one.title, f"{told['tests_from']} to {told['tests_until']}",
            one.grid, f"{one.scored_at:%Y-%m-%d %H:%M}" if one.scored_at else "-",
        )  # fmt: skip
        table.add_row(*(Text(printable(cell)) for cell in cells))
    Console(highlight=False).print(table)


def show(
    name: Name,
    revision: Revision = None,
    marks: Annotated[
        bool, typer.Option("--marks", help="Also every merchant with its place, score and marks. Confidential.")
    ] = False,
    category: Annotated[str | None, typer.Option("--category", help="Only this category, with its marks.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how an edition stands: state, dates, who did what, counts by category, and what is left to do.

    Example: [bold]barometer edition show 2027 --category shoes[/bold]
    """
    from barometer.edition import grid_of, named, rankings
    from barometer.editions.life import events
    from barometer.editions.obstacles import obstacles
    from barometer.errors import UserError
    from storage.evidence import EvidenceStore
    from storage.records import EditionState, utc_now

    settings = current_settings()
    store = EvidenceStore(settings.evidence)
    with opened_database(settings) as database, database.reading() as session:
        edition = named(session, name, revision)
        scored = edition.scored_at is not None
        ranked = rankings(session, store, edition) if scored else []
        grid = grid_of(session, store, edition)
        left = ["it was not scored yet: barometer edition score"]
        if scored:
            open_still = edition.state is not EditionState.PUBLISHED
            left = obstacles(session, store, edition, utc_now()) if open_still else []
        happened = [
            {
                "at": iso(one.at),
                "step": str(one.step),
                "by": printable(one.actor),
                "why": one.why and printable(one.why),
            }
            for one in events(session, edition)
        ]  # fmt: skip
        campaigns = _campaigns(session, edition)
    if category is not None:
        known = ", ".join(one.category for one in ranked) or "none"
        ranked = [one for one in ranked if one.category == category]
        if not ranked:
            raise UserError(f"edition '{edition.name}' has no category '{category[:80]}'", f"known are: {known}")
    told = {
        **_edition(edition),
        "campaigns": campaigns,
        "left_to_do": [printable(line) for line in left],
        "events": happened,
        "categories": [_category(one) for one in ranked],
    }
    if marks or category is not None:
        told["marks"] = [row for one in ranked for row in _rows(one)]
    if as_json:
        sys.stdout.write(json_text(told) + "\n")
    else:
        _print(told, ranked if marks or category is not None else [], grid)


def _edition(edition: "Edition") -> dict[str, Any]:
    from barometer.edition import days_of_tests

    first, last = days_of_tests(edition)
    return {
        "edition": printable(edition.name), "revision": edition.revision, "state": str(edition.state),
        "title": printable(edition.title), "year": edition.year, "tests_from": first.isoformat(),
        "tests_until": last.isoformat(), "grid": edition.grid, "grid_sha256": edition.grid_hash,
        "correction": edition.correction and printable(edition.correction), "tool": edition.tool_version,
        "scored_at": iso(edition.scored_at), "reviewed_at": iso(edition.reviewed_at),
        "reviewed_by": edition.reviewed_by, "published_at": iso(edition.published_at),
        "published_by": edition.published_by,
    }  # fmt: skip


def _campaigns(session: "Session", edition: "Edition") -> list[str]:
    from sqlalchemy import select

    from barometer.edition import campaigns_of
    from storage.records import Campaign

    query = select(Campaign.name).where(Campaign.id.in_(campaigns_of(edition)))
    return sorted(printable(name) for name in session.scalars(query))


def _category(ranking: "Ranking") -> dict[str, Any]:
    from barometer.podium import Podium

    scores = [*(one.score for one in ranking.placed), *ranking.unplaced]
    return {
        "category": printable(ranking.category),
        "merchants": len(scores),
        "eligible": sum(not score.ineligible and score.score is not None for score in scores),
        "podium": len(Podium(ranking).laureates),
        "labelled": sum(score.labelled is True for score in scores),
        "why_no_podium": ranking.why_no_podium,
    }


def _rows(ranking: "Ranking") -> list[dict[str, Any]]:
    placed = [_row(one.score, ranking.category, one.place, one.stability) for one in ranking.placed]
    return placed + [_row(score, ranking.category, None, None) for score in ranking.unplaced]


def _row(score: "Score", category: str, place: int | None, stability: object) -> dict[str, Any]:
    return {
        "category": printable(category), "merchant": printable(score.merchant.key), "name": printable(score.merchant.name),
        "place": place, "score": None if score.score is None else str(score.score),
        "interval": None if score.interval is None else [str(end) for end in score.interval],
        "stability": None if stability is None else str(stability), "coverage": str(score.coverage),
        "ineligible": list(score.ineligible), "labelled": score.labelled, "unmet": list(score.unmet),
        "marks": {
            mark.criterion: None if mark.points is None else round(float(mark.points), 3) for mark in score.marks
        },
    }  # fmt: skip


def _print(told: dict[str, Any], ranked: Sequence["Ranking"], grid: "Grid") -> None:
    out = Console(highlight=False)
    lines = [
        f"{told['edition']}, revision {told['revision']}: {told['state']}",
        f"title      {told['title']} ({told['year']})",
        f"tests      {told['tests_from']} to {told['tests_until']}, the last day included",
        f"grid       {grid.name} {grid.version} ({told['grid_sha256'][:12]})",
        f"campaigns  {', '.join(told['campaigns']) or 'none: only what sites show'}",
        *([f"corrects   {told['correction']}"] if told["correction"] else []),
        *([f"scored     {told['scored_at']} by barometer {told['tool']}"] if told["scored_at"] else []),
        *([f"reviewed   {told['reviewed_at']} by {told['reviewed_by']}"] if told["reviewed_at"] else []),
        *([f"published  {told['published_at']} by {told['published_by']}"] if told["published_at"] else []),
    ]
    for line in lines:
        out.print(Text(printable(line)), soft_wrap=True)
    if told["categories"]:
        out.print()
        out.print(_counts(told["categories"]))
    for ranking in ranked:
        out.print()
        out.print(_places(ranking))
    out.print()
    for event in told["events"]:
        why = f": {event['why']}" if event["why"] else ""
        out.print(Text(f"{event['at']}  {event['step']} by {event['by']}{why}"), soft_wrap=True)
    for line in told["left_to_do"]:
        out.print(Text(f"left to do: {line}", "yellow"), soft_wrap=True)


def _counts(categories: Sequence[dict[str, Any]]) -> Table:
    table = Table("category", box=None, pad_edge=False, header_style="bold")
    for column in ("merchants", "eligible", "on the podium", "labelled"):
        table.add_column(column, justify="right")
    table.add_column("")
    for one in categories:
        counts = (one["merchants"], one["eligible"], one["podium"], one["labelled"])
        why = WHY_NO_PODIUM.get(one["why_no_podium"] or "", one["why_no_podium"] or "")
        table.add_row(Text(one["category"]), *map(str, counts), Text(why))
    return table


def _places(ranking: "Ranking") -> Table:
    """Return every merchant of a category, those without a place last: confidential, for analysts."""
    table = Table(
        title=f"{printable(ranking.category)} (confidential)", title_justify="left", box=None, pad_edge=False,
        header_style="bold",
    )  # fmt: skip
    for column in ("place", "score", "95 % interval", "stands", "coverage"):
        table.add_column(column, justify="right")
    table.add_column("merchant", overflow="fold")
    table.add_column("")
    for row in _rows(ranking):
        interval = "-" if row["interval"] is None else " to ".join(row["interval"])
        stands = "-" if row["stability"] is None else f"{100 * float(row['stability']):.0f} %"
        remark = ", ".join(row["ineligible"]) or ("label" if row["labelled"] else "")
        numerator, _, denominator = row["coverage"].partition("/")
        coverage = f"{100 * int(numerator) / int(denominator or 1):.0f} %"
        cells = (str(row["place"] or "-"), row["score"] or "-", interval, stands, coverage, row["name"][:60], remark)
        table.add_row(*map(Text, cells))
    return table
