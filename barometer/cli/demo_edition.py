"""The part of ``barometer demo`` that marks the market, and publishes who stands on its podiums."""

import contextlib
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from barometer import podium as public
from barometer.cli import edition as editions
from barometer.cli import podium as podiums
from barometer.cli import review as reviews
from barometer.cli.console import stderr
from barometer.cli.report_edition import report_edition
from barometer.cli.report_merchant import merchant
from barometer.cli.root import current_settings, opened_database
from barometer.edition import named, public_result
from barometer.editions.queue import queue
from storage.evidence import EvidenceStore
from storage.records import utc_now

NAME = "demo"
TITLE = "Prix de la démonstration"
GRID = "open-to-dialog"
WHO = "Camille Durand"
"""An invented reviewer: a real edition is reviewed by a person who looks."""
WHY = "demonstration: the makers of the market know that this is so"
SINCE = timedelta(days=60)
"""How long before today the tests begin: the market's clock lies some weeks back (*ours*)."""


def hold(campaign: str, out: Path | None, as_json: bool) -> dict[str, Any]:
    """Open, score, review and publish an edition with *campaign*; return its podiums by category, as names.

    With *out*, every report and every file of the podium is written below that folder.
    """
    today = date.today()
    with _quietly(as_json):
        _told(f"barometer edition open {NAME} --grid {GRID}, score, review, publish")
        editions.open_edition(
            NAME, GRID, f"{TITLE} {today.year + 1}", today.year + 1, str(today - SINCE), str(today), [campaign]
        )
        editions.score(NAME)
        _uphold_all()
        editions.review(NAME, WHO)
        editions.publish(NAME, WHO)
        _told(f"barometer podium show {NAME}")
        podiums.show(NAME)
        if out is not None:
            _write(out)
    result = _result()
    return {"edition": NAME, "podiums": {podium.category: _names(podium) for podium in result.podiums}}


def _uphold_all() -> None:
    """Say of every doubt that what was found stands."""
    settings = current_settings()
    with opened_database(settings) as database, database.reading() as session:
        items = queue(session, EvidenceStore(settings.evidence), named(session, NAME), utc_now())
        doubts = dict.fromkeys(item.ref for item in items if item.is_open and item.until is None)
    if doubts:
        stderr.print(f"{len(doubts)} doubts were queued by themselves; a reviewer would look at each:")
        reviews.uphold(NAME, WHO, WHY, list(doubts))


def _write(out: Path) -> None:
    _told(f"barometer podium export {NAME}; report edition; report merchant")
    podiums.export(NAME, out / "podium", lang="fr,en")
    report_edition(NAME, out / "barometer")
    first = next((laureate for podium in _result().podiums for laureate in podium.laureates), None)
    if first is not None:
        merchant(NAME, first.merchant.key, out=out / "merchant")


def _result() -> public.PublicResult:
    settings = current_settings()
    with opened_database(settings) as database, database.reading() as session:
        return public_result(session, EvidenceStore(settings.evidence), named(session, NAME))


def _names(podium: public.Podium) -> list[dict[str, Any]]:
    return [{"place": one.place, "merchant": one.merchant.name, "score": str(one.score)} for one in podium.laureates]


@contextlib.contextmanager
def _quietly(as_json: bool) -> Iterator[None]:
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        yield


def _told(command: str) -> None:
    stderr.print(f"\n[bold]{command}[/bold]")
