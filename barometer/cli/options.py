"""Options that several commands share, and what they make of the settings."""

from typing import Annotated

import typer

from barometer.country_codes import country_code
from barometer.errors import UserError
from barometer.settings import Settings
from spiders.browser.executable import find_browser
from spiders.frontier import Budget
from spiders.mirrors import Mirrors
from spiders.orders import CrawlOptions, SiteOrder
from spiders.plan import Plan
from storage.evidence_location import Location
from storage.vocabulary import Basis, Channel

__all__ = ["CrawlOptions", "Plan", "SiteOrder", "behaviour", "channel_set", "plan"]

Country = Annotated[
    str | None,
    typer.Option(
        "--country",
        metavar="CC",
        help="Country whose phone numbers are written without a prefix. Default: the settings', FR.",
    ),
]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private", help="Also read loopback and private addresses, which are refused otherwise.")
]
MapHost = Annotated[
    list[str] | None,
    typer.Option(
        "--map-host",
        metavar="HOST=ADDRESS:PORT",
        help="Read this host from another address (a mirror, a staging server). May be repeated.",
    ),
]
Channels = Annotated[
    str | None,
    typer.Option("--channels", metavar="NAMES", help="Look only for these, such as phone,email. Default: all twelve."),
]
Pages = Annotated[int | None, typer.Option("--pages", min=1, max=100_000, help="Pages read at most on a site.")]
Depth = Annotated[int | None, typer.Option("--depth", min=0, max=20, help="Clicks from home at most.")]
Seconds = Annotated[float | None, typer.Option("--seconds", min=1, max=86_400, help="Time spent on a site at most.")]
Delay = Annotated[
    float | None,
    typer.Option(
        "--delay", min=0, max=3600, help="Seconds between two pages of a public host. Default: the settings', 1."
    ),
]
BasisOption = Annotated[
    str | None,
    typer.Option(
        "--basis",
        help="complete reads every page that could shorten a path; templates reads a sample of each URL template; "
        "by default only large sites are sampled.",
    ),
]
Exhaustive = Annotated[
    bool, typer.Option("--exhaustive", help="Read every page within the budget, whatever was found.")
]


Static = Annotated[
    bool | None,
    typer.Option(
        "--static/--rendered",
        help="Read only the sources of pages, a hundred times cheaper: what style sheets hide counts as seen, what scripts "
        "add is missing, and there is no proof. Default: the settings', rendered.",
        show_default=False,
    ),
]


def plan(
    settings: Settings, country: str | None, channels: str | None, pages: int | None, depth: int | None,
    seconds: float | None, basis: str | None, exhaustive: bool, static: bool | None = None,
) -> Plan:  # fmt: skip
    """Return what to look for on a site: the options where they are given, else the settings.

    Raises :class:`UserError` for a word that is none of the vocabulary, and where pages are to be shown and there is no
    browser.
    """
    render = settings.render if static is None else not static
    if render and find_browser() is None:
        raise UserError("there is no Chromium to show pages with", "install one with make browser, or give --static")
    budgets = settings.budgets
    budget = Budget(
        pages or budgets.pages, budgets.depth if depth is None else depth, budgets.bytes, seconds or budgets.seconds
    )
    try:
        code = country_code(country) if country else settings.country
    except UserError as error:
        raise UserError(f"--country: {error.what}", error.remedy) from None
    return Plan(code, channel_set(channels), budget, _basis(basis), exhaustive, render)


def behaviour(
    settings: Settings, delay: float | None, allow_private: bool, map_host: list[str] | None,
    sites_at_once: int | None = None, evidence: Location | None = None,
) -> CrawlOptions:  # fmt: skip
    """Return how a crawl behaves: the options where they are given, else the settings."""
    try:
        Mirrors.parse(map_host or [])
    except ValueError as error:
        raise UserError(*str(error).split("; ", 1)) from None
    return CrawlOptions(
        user_agent=settings.user_agent,
        delay=settings.delay if delay is None else delay,
        sites_at_once=sites_at_once or settings.sites_at_once,
        allow_private=allow_private,
        map_hosts=tuple(map_host or ()),
        evidence=evidence,
        renders_at_once=settings.renders_at_once,
    )


def channel_set(words: str | None) -> frozenset[Channel]:
    """Return the channels that *words* name, all of them where it names none; raises :class:`UserError` for another word."""
    names = [word.strip() for word in (words or "").split(",") if word.strip()]
    for name in names:
        if name not in Channel.__members__.values():
            raise UserError(f"--channels: {name!r} is no channel", f"choose from {', '.join(Channel)}")
    return frozenset(map(Channel, names)) or frozenset(Channel)


def _basis(word: str | None) -> Basis | None:
    if word is None:
        return None
    try:
        return Basis(word)
    except ValueError:
        raise UserError(f"--basis: {word!r} is no basis", "give complete or templates") from None
