"""What a crawl is asked for: which sites, how far, how politely; known without loading the crawler."""

from collections.abc import Sequence
from dataclasses import dataclass

from spiders.plan import Plan
from storage.evidence_location import Location
from storage.vocabulary import Profile


@dataclass(frozen=True, slots=True)
class SiteOrder:
    """A site to read: its address, the plan, and the records the visit belongs to."""

    url: str
    plan: Plan = Plan()
    profile: Profile = Profile.DESKTOP
    language: str | None = None
    merchant_id: str | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A page was read: what a progress bar shows."""

    order: SiteOrder
    url: str
    pages: int
    bytes: int


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """How a crawl behaves towards every site: ``delay`` in seconds between two requests to one public site.

    ``renders_at_once`` pages are shown by the browser side by side, where the plan of a site asks for it.
    """

    user_agent: str
    delay: float = 1.0
    sites_at_once: int = 16
    allow_private: bool = False
    map_hosts: Sequence[str] = ()
    evidence: Location | None = None
    renders_at_once: int = 2
