"""Which merchants a night reads, and on which terms: options where they were given, else the settings."""

from math import ceil
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.night_settings import Night
from barometer.settings import Settings
from schedules.children import Limits
from spiders.orders import CrawlOptions
from spiders.plan import Plan
from storage.records import Run

START_SECONDS = 180.0
"""What a batch may take besides the budgets of its sites (*ours*): to start, and to end its browser."""
GRACE_SECONDS = 20.0
"""How long a process that is asked to end may take to close its browser (*ours*)."""


class Wishes(NamedTuple):
    """Which merchants a night reads and how: options where they were given, ``None`` where the settings decide.

    They are kept in the run, so that it is taken up as it was begun.
    """

    category: str | None = None
    limit: int | None = None
    channels: str | None = None
    pages: int | None = None
    depth: int | None = None
    seconds: float | None = None
    delay: float | None = None
    basis: str | None = None
    static: bool | None = None
    allow_private: bool = False
    map_host: tuple[str, ...] = ()

    @property
    def selection(self) -> dict[str, Any]:
        """What a night is known by among those begun by hand."""
        return {"night": True, **self._asdict(), "map_host": list(self.map_host)}


def night_settings(settings: Settings) -> Night:
    """Return the table ``[night]`` of *settings*, its defaults where it has none."""
    found = getattr(settings, "night", None)
    return found if isinstance(found, Night) else Night()


def reading_terms(session: Session, settings: Settings, run_id: str) -> tuple[Plan, CrawlOptions]:
    """Return what the processes of a run look for on a site, and how they behave.

    What settings allow the machine at once is shared among them. Raises
    :class:`~barometer.errors.UserError` where pages are to be shown and there is no browser.
    """
    # Not the whole row: with the merchants of a large panel in it, each process would read megabytes.
    kept, usual = session.execute(
        select(Run.parameters["selection"], Run.parameters["at_once"]).where(Run.id == run_id)
    ).one()
    return terms_of(settings, wishes_of(kept), int(usual))


def wishes_of(selection: dict[str, Any]) -> Wishes:
    """Return the wishes that a run keeps as its *selection*."""
    kept = {key: value for key, value in selection.items() if key in Wishes._fields}
    return Wishes(**{**kept, "map_host": tuple(kept["map_host"])})


def terms_of(settings: Settings, wishes: Wishes, at_once: int) -> tuple[Plan, CrawlOptions]:
    """Return what *wishes* and *settings* come to for one of *at_once* processes; raises :class:`~barometer.errors.UserError`."""
    from barometer.cli import options

    plan = options.plan(
        settings, None, wishes.channels, wishes.pages, wishes.depth, wishes.seconds, wishes.basis, False, wishes.static
    )
    shared = settings.model_copy(update={"renders_at_once": max(1, settings.renders_at_once // at_once)})
    sites_at_once = max(1, settings.sites_at_once // at_once)
    return plan, options.behaviour(
        shared, wishes.delay, wishes.allow_private, list(wishes.map_host), sites_at_once, settings.evidence
    )


def limits_of(settings: Settings, terms: Night, sites: int) -> Limits:
    """Return what the process of a batch may take on a machine where ``terms.at_once`` of them share the settings."""
    rounds = ceil(min(terms.batch_size, sites) / max(1, settings.sites_at_once // terms.at_once))
    usual = rounds * settings.budgets.seconds + START_SECONDS
    return Limits(terms.batch_minutes * 60 or usual, terms.memory_mb * 1_000_000, GRACE_SECONDS)
